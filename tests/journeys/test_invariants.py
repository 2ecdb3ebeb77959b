"""What must hold over everything, whichever source and screen: the acceptance file's cross-source invariants.

Numbered as there. 3 (units add up) and 4 (NAV is never rewritten) join with the trust, 7's orders with trading.
"""

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.brokers.base import Connection
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import Credentials, SyncStatus
from ibdesk.domain.settings import Origin, Settings, meta_of, names
from ibdesk.services.book import Book
from ibdesk.store import logs, secrets
from ibdesk.store import vault as vaults
from ibdesk.store.check import check
from ibdesk.store.database import open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.settings import load_settings
from ibdesk.ui.models.columns import FULL
from ibdesk.ui.models.positions import PositionModel
from tests.services.workshop import MAIN, PASSPHRASE, workshop
from tests.store.examples import SETTING_TEXTS

#: 309 digits, or the double's exponent in any spelling.
SENTINEL = re.compile(r"1797693134862315|\d{40}|[eE]\+?30[0-9]|\bNaN\b|Infinity", re.IGNORECASE)


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("portfolio/.*/positions", lambda page: page.rows[0].position.unrealized),
        ("portfolio/.*/summary", lambda page: page.summary.net_liquidation),
        ("ledger", lambda page: page.ledger[0].net_liquidation),
        ("pnl/partitioned", lambda page: page.pnl and page.pnl.daily),
    ],
)
def test_1_no_screen_shows_an_unset_number(
    path: str, unknown: Callable[[AccountPage], object], tmp_path: Path, dressed: QApplication
) -> None:
    async def journey() -> None:
        async with workshop(tmp_path) as bench:
            await bench.session.refresh()
            bench.gateway.bad_bytes("unset", path, times=50)
            await bench.sync.run()
            for page in await bench.book.pages():
                assert not SENTINEL.search(repr(page)), page.account.id
                assert unknown(page) is None  # the fault was there, and it is a gap and not a figure
                model = PositionModel(FULL)
                model.set_book(page.rows, page.account.currency)
                for row in range(model.rowCount(QModelIndex())):
                    for column in range(model.columnCount(QModelIndex())):
                        shown = str(model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole) or "")
                        assert not SENTINEL.search(shown), (row, column, shown)

    asyncio.run(journey())


def test_2_a_live_desk_never_holds_a_paper_account_nor_the_reverse(tmp_path: Path) -> None:
    """The gateway may be signed in with another user at any time: every sync looks again."""

    async def journey() -> None:
        async with workshop(tmp_path, environment=Environment.LIVE) as bench:
            await bench.session.refresh()
            outcome = await bench.sync.run()
            assert outcome.status is SyncStatus.FAILED
            assert {record.cause for record in outcome.records} == {Cause.WRONG_ENVIRONMENT.value}
            assert await bench.book.pages() == ()

    asyncio.run(journey())


def test_5_secrets_reach_no_log_and_no_file(tmp_path: Path) -> None:
    canaries = {
        "passphrase": "canary otters whisper 1971",
        "user name": "canaryuser83",
        "session": "9fe1c272dc44e023a3aefe52b71dcana",
    }

    async def journey() -> None:
        home = tmp_path / "home"
        vault, code = vaults.create(home, canaries["passphrase"], cost=LOWEST_COST)
        canaries["recovery code"] = code
        canaries["data key"] = vault.database_key().hex()
        database = open_database(vault)
        handler = logs.open_log(home)
        try:
            credentials = Credentials(
                environment=Environment.PAPER, gateway_url="https://localhost:5000",
                user_name=canaries["user name"], account=MAIN,
            )
            now = wiring.now()
            await database.write(lambda tx: secrets.save_credentials(tx, vault, credentials, now))
            log = logging.getLogger("ibdesk.canary")
            log.info("opened with passphrase=%s", canaries["passphrase"])
            log.info("GET /v1/api/tickle session=%s cookie: api=%s", canaries["session"], canaries["session"])
            log.info("PRAGMA key = \"x'%s'\"", canaries["data key"])
            log.info("account=%s synced", MAIN)
        finally:
            logs.close_log(handler)
            await database.close()
            vault.close()
        for path in home.rglob("*"):
            if path.is_file():
                content = path.read_bytes().lower()
                for name, secret in (*canaries.items(), ("account", MAIN)):
                    assert secret.lower().encode() not in content, f"the {name} lies open in {path.name}"

    asyncio.run(journey())


def test_6_without_network_everything_stored_opens_and_says_how_old_it_is(tmp_path: Path) -> None:
    async def journey() -> None:
        async with workshop(tmp_path) as bench:
            await bench.session.refresh()
            await bench.sync.run()
            before = await bench.book.pages()
            await bench.gateway.kill()
            outcome = await bench.sync.run()
            assert outcome.status in (SyncStatus.FAILED, SyncStatus.SKIPPED)
            after = await bench.book.pages()
            assert [page.rows for page in after] == [page.rows for page in before]
            assert [page.received_at for page in after] == [page.received_at for page in before]

    asyncio.run(journey())


KILLED_WHILE_SYNCING = """
import asyncio, sys
from pathlib import Path
from tests.services.workshop import workshop

async def main():
    async with workshop(Path(sys.argv[1])) as bench:
        await bench.session.refresh()
        while True:
            outcome = await bench.sync.run()
            print(outcome.status, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("syncs", [1, 2, 3])
def test_7_a_killed_desk_opens_again_with_its_last_whole_picture(syncs: int, tmp_path: Path) -> None:
    async def journey() -> None:
        killed = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED_WHILE_SYNCING, str(tmp_path),
            stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
        )
        assert killed.stdout is not None
        try:
            for _ in range(syncs):
                assert (await asyncio.wait_for(killed.stdout.readline(), 30)).strip() == b"success"
        finally:
            killed.send_signal(signal.SIGKILL)
            await killed.wait()
        vault = vaults.open(tmp_path / "home", PASSPHRASE)
        database = open_database(vault)
        try:
            assert (await check(database)).findings == ()
            pages = await Book(database, environment=Environment.DEMO, clock=wiring.now).pages()
            assert {len(page.rows) > 0 for page in pages} == {True}
            for page in pages:
                assert page.received_at == page.summary.received_at
        finally:
            await database.close()
            vault.close()

    asyncio.run(journey())


@pytest.mark.parametrize("name", names())
def test_8_every_settings_variable_works_and_shows_as_overriding(name: str, tmp_path: Path) -> None:
    default = getattr(Settings(), name)
    text = SETTING_TEXTS.get(name, "false" if default is True else "true")
    for variable in meta_of(name).env:
        sourced = load_settings(tmp_path, {variable: text}, {})
        assert getattr(sourced.settings, name) != default, variable
        assert sourced.origins[name] is Origin.ENVIRONMENT
        assert sourced.variables[name] == variable


def test_the_desk_has_one_connection_however_many_ask(tmp_path: Path) -> None:
    """A58: N callers, one fetch."""

    async def journey() -> None:
        async with workshop(tmp_path) as bench:
            await bench.session.refresh()
            await asyncio.gather(*(bench.sync.run() for _ in range(25)))
            assert bench.asked(f"portfolio/{MAIN}/summary") == 1

    asyncio.run(journey())


def test_a_gateway_is_only_spoken_to_over_its_pinned_certificate(tmp_path: Path) -> None:
    """A55: another certificate at the same address gets nothing, not even a first request."""

    async def journey() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off())
        await gateway.start()
        try:
            connection = Connection(
                url=gateway.url, environment=Environment.PAPER, certificate_sha256="AA" * 32
            )
            broker = wiring.open_broker(
                connection, on_call=lambda call: None, on_rate=lambda rate: None, clock=wiring.now
            )
            try:
                with pytest.raises(Exception, match="certificate") as refused:
                    await broker.open()
                    await broker.snapshot(AccountId(MAIN))
                assert getattr(refused.value, "cause", None) is Cause.CERTIFICATE_CHANGED
            finally:
                await broker.close()
            assert gateway.calls == ()
        finally:
            await gateway.stop()

    asyncio.run(journey())
