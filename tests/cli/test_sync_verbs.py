"""Reading the accounts from the command line: over the gateway, over the socket of TWS, and what a failure says."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.cli.channel_server import Channel
from ibdesk.desk_door import Shown
from tests.cli.conftest import PASSPHRASE, Ibdesk, Ran, Served, connect
from tests.cli.socket_demo import SocketDemo
from tests.store.fresh import fresh_vault

KEYS = {"status", "processed", "new", "updated", "removed", "skipped", "errors"}


@pytest.fixture
def connected(ibdesk: Ibdesk, served: Served) -> Ibdesk:
    connect(ibdesk, served)
    return ibdesk


@pytest.fixture
def tws() -> Iterator[SocketDemo]:
    demo = SocketDemo()
    yield demo
    demo.stop()


@pytest.fixture
def empty(ibdesk: Ibdesk, tmp_path: Path) -> Ibdesk:
    """Commands on a vault that no account is connected to."""
    vault = fresh_vault(tmp_path / "home")
    vault.close()
    return ibdesk


def test_a_sync_answers_with_the_documents_keys(connected: Ibdesk) -> None:
    synced = connected("--json", "sync", "--source", "portal")

    assert synced.code == 0
    answer = synced.json
    assert KEYS | {"accounts"} <= set(answer)
    assert (answer["status"], answer["processed"], answer["new"], answer["errors"]) == ("success", 24, 24, [])
    assert [row["account"] for row in answer["accounts"]] == ["DU7654321", "DU7654322"]
    assert connected("--json", "sync", "--account", "DU7654322").json["updated"] == 3


def test_a_sync_brings_the_equity_history_too(connected: Ibdesk) -> None:
    connected("--json", "sync")

    assert connected("--json", "db", "check").json["rows"]["equity_history"] > 250


def test_syncing_an_account_nobody_may_see_is_refused(connected: Ibdesk) -> None:
    synced = connected("--json", "account", "sync", "DU1234567")

    assert synced.code == 5
    assert synced.json["errors"][0]["cause"] == "unknown_account"


def test_over_the_socket_alone_accounts_are_found_and_read(empty: Ibdesk, tws: SocketDemo) -> None:
    synced = empty("--json", *tws.settings, "portfolio", "sync")

    assert synced.code == 0
    answer = synced.json
    assert (answer["status"], answer["source"], answer["errors"]) == ("success", "tws", [])
    assert answer["processed"] == answer["new"] == 24
    assert [row["account"] for row in answer["accounts"]] == ["DU7654321", "DU7654322"]
    for row in answer["accounts"]:
        assert set(row) >= KEYS
    assert sum(row["new"] for row in answer["accounts"]) == answer["new"]
    known = empty("--json", "account", "list").json["accounts"]
    assert [row["id"] for row in known] == ["DU7654321", "DU7654322"]
    assert [(row["source"], row["positions"]) for row in known] == [("tws", 21), ("tws", 3)]
    assert empty("account", "list").out.count(", over the socket\n") == 2


def test_one_account_over_the_socket_and_the_same_by_its_other_name(empty: Ibdesk, tws: SocketDemo) -> None:
    first = empty("--json", *tws.settings, "portfolio", "sync", "--account", "DU7654322").json
    again = empty("--json", *tws.settings, "sync", "--source", "tws", "--account", "DU7654322").json
    assert (first["processed"], first["new"], len(first["accounts"])) == (3, 3, 1)
    assert (again["processed"], again["new"], again["updated"]) == (3, 0, 3)
    other = empty("--json", *tws.settings, "portfolio", "sync", "--account", "DU1234567")
    assert (other.code, other.json["cause"], other.json["status"]) == (5, "unknown_account", "failed")
    text = empty(*tws.settings, "portfolio", "sync", "--account", "DU7654322").out
    assert text == "DU7654322  success  3 positions, 0 new, 3 updated, 0 gone, 0 skipped\n"


def test_a_tws_that_is_not_there_is_an_exit_code_and_a_sentence(empty: Ibdesk, tws: SocketDemo, tmp_path: Path) -> None:
    tws.kill()

    failed = empty("--json", *tws.settings, "portfolio", "sync")

    assert failed.code == 4
    answer = failed.json
    assert (answer["status"], answer["cause"], answer["processed"]) == ("failed", "tws_refused", 0)
    assert answer["message"] == f"Nothing answers at 127.0.0.1:{tws.service.port}."
    assert "API settings" in answer["remedy"]
    assert answer["errors"] == [{"account": None, "cause": "tws_refused", "message": answer["message"]}]
    log = (tmp_path / "home" / "logs" / "ibdesk.log").read_text()
    assert "Sync over tws asked for: all accounts" in log
    assert "Sync over tws: failed, 1 accounts, 0 processed" in log and answer["message"] in log
    spoken = empty(*tws.settings, "portfolio", "sync")
    assert spoken.code == 4 and "Nothing answers at" in spoken.out


def test_a_socket_that_is_switched_off_says_how_it_is_switched_on(empty: Ibdesk) -> None:
    refused = empty("--json", "portfolio", "sync")
    assert (refused.code, refused.json["status"]) == (5, "error")
    assert "tws_enabled=true" in refused.json["remedy"]


def test_an_open_window_reads_over_its_own_socket(empty: Ibdesk, tws: SocketDemo, tmp_path: Path) -> None:
    """The command's own client id would be the window's: it has to be done there."""
    home = tmp_path / "home"

    async def life() -> Ran:
        desk = await wiring.open_desk(
            home, PASSPHRASE, overrides={"tws_enabled": "true", "tws_port": str(tws.service.port)}, watching=False
        )
        channel = Channel(Shown(desk=desk, is_locked=lambda: False, come_forward=lambda: None))
        try:
            await channel.listening()
            assert desk.tws_sync is not None
            await desk.tws_sync.run()
            command = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ibdesk", "--home", str(home), "--json", "portfolio", "sync",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            out, err = await command.communicate()
            return Ran(code=command.returncode or 0, out=out.decode(), err=err.decode())
        finally:
            await channel.close()
            await desk.close()

    ran = asyncio.run(life())
    assert (ran.code, json.loads(ran.out)["updated"]) == (0, 24)
