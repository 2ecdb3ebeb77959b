"""The way to an open desk: passphrases, and vaults that are missing, taken or somebody else's."""

import io
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ibdesk.cli import main
from ibdesk.cli.door import new_passphrase
from ibdesk.cli.grammar import parser
from ibdesk.cli.talk import Talk, code_of
from ibdesk.domain.errors import Refused
from ibdesk.store import vault as vaults
from ibdesk.store.header import LOWEST_COST
from tests.cli.conftest import PASSPHRASE, Ibdesk
from tests.store.fresh import fresh_vault


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A vault nobody is connected in."""
    made = fresh_vault(tmp_path / "home")
    made.close()
    return tmp_path / "home"


def test_without_a_vault_the_first_step_is_named(ibdesk: Ibdesk) -> None:
    answer = ibdesk("sync")

    assert answer.code == 5
    assert "account add" in answer.err and answer.out == ""


def test_a_wrong_passphrase_is_a_person_s_turn(ibdesk: Ibdesk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", "not the one")

    answer = ibdesk("--json", "db", "check")

    assert (answer.code, answer.json["status"], answer.json["cause"]) == (3, "error", "wrong_passphrase")


def test_the_passphrase_may_come_on_standard_input(
    ibdesk: Ibdesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSPHRASE + "\n"))
    assert ibdesk("db", "check").code == 0

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert ibdesk("db", "check").code == 3


def test_the_check_counts_both_chains(ibdesk: Ibdesk, home: Path) -> None:
    said = ibdesk("db", "check").out
    assert "0 audit rows and 0 rows of receipts chained" in said
    assert ibdesk("--json", "db", "check").json["receipts"] == 0


def test_a_short_encryption_key_in_the_environment_is_refused(
    ibdesk: Ibdesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setenv("VITE_ENCRYPTION_KEY", "x" * 31)

    answer = ibdesk("--json", "db", "check")

    assert (answer.code, answer.json["cause"]) == (5, "bad_setting")


def test_a_vault_an_open_desk_holds_is_refused_in_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)
    args = parser().parse_args(["--home", str(home), "db", "check"])
    args.words = ("db", "check")
    with closing(vaults.open(home, PASSPHRASE)), pytest.raises(Refused, match="has this vault open") as refused:
        replace(args.run, patience=0.3)(args, Talk(json=False, quiet=False))

    assert code_of(refused.value) == 5


def test_a_command_waits_for_another_that_has_the_vault(ibdesk: Ibdesk, home: Path) -> None:
    held = vaults.open(home, PASSPHRASE)
    ending = threading.Timer(1.0, held.close)
    ending.start()

    answer = ibdesk("db", "check")

    ending.join()
    assert answer.code == 0, answer.err


def test_connecting_an_account_waits_too(ibdesk: Ibdesk, home: Path) -> None:
    held = vaults.open(home, PASSPHRASE)
    ending = threading.Timer(1.0, held.close)
    ending.start()

    answer = ibdesk(
        "account", "add", "--gateway-url", "http://localhost:5000", "--id", "DU7654321", "--environment", "paper"
    )

    ending.join()
    assert answer.code == 0, answer.err
    assert ibdesk("account", "list").out.startswith("DU7654321")


def test_the_doctor_waits_too(ibdesk: Ibdesk, home: Path) -> None:
    held = vaults.open(home, PASSPHRASE)
    ending = threading.Timer(1.0, held.close)
    ending.start()
    assert "Only what needs no vault" not in ibdesk("doctor").out
    ending.join()


def test_the_doctor_examines_what_needs_no_vault_where_waiting_is_in_vain(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)
    args = parser().parse_args(["--home", str(home), "doctor"])
    args.words = ("doctor",)
    with closing(vaults.open(home, PASSPHRASE)):
        replace(args.run, patience=0.3)(args, Talk(json=False, quiet=False))

    told = capsys.readouterr().out
    assert "has this vault open" in told and "Only what needs no vault" in told


def test_an_account_is_needed_before_the_broker_is_asked(ibdesk: Ibdesk, home: Path) -> None:
    for verb in (["sync"], ["session", "status"], ["contract", "find", "AAPL"]):
        answer = ibdesk("--json", *verb)
        assert (answer.code, answer.json["cause"]) == (5, "unknown_account")
    assert ibdesk("health").code == 5
    assert ibdesk("account", "list").out.startswith("No account yet.\n")


def test_a_new_passphrase_comes_from_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)
    assert new_passphrase() == PASSPHRASE

    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
    assert new_passphrase() == "from a pipe"


def test_the_documents_database_path_is_heeded_and_home_wins(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("IBKR_DB_PATH", str(home / "ibkr.db"))
    assert main(["db", "check"]) == 0
    assert main(["--home", str(home / "other"), "db", "check"]) == 5

    monkeypatch.setenv("IBKR_DB_PATH", str(home / "other" / "ibkr.db"))
    capsys.readouterr()
    assert main(["db", "check"]) == 5
    assert str(home / "other") in capsys.readouterr().err


def test_a_long_encryption_key_is_the_passphrase(
    ibdesk: Ibdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "four and thirty characters of a key"
    made, _ = vaults.create(tmp_path / "home", key, cost=LOWEST_COST)
    made.close()
    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setenv("VITE_ENCRYPTION_KEY", key)

    assert ibdesk("db", "check").code == 0
