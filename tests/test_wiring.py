"""Wiring: a desk is built from a vault, works over the real wire, and is taken apart without a trace."""

import asyncio
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.brokers.base import Connection
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.events import AccountChanged, QuotesChanged
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin, Settings, defaults, with_values
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from ibdesk.store import vault as vaults
from tests.services.workshop import MAIN, NOON, PASSPHRASE, Heard

NOWHERE = "https://127.0.0.1:9"
PAPER = Credentials(
    environment=Environment.PAPER, gateway_url=NOWHERE, user_name="ursula", account=AccountId("DU1234567"),
    certificate_sha256="AA:" * 31 + "AA",
)  # fmt: skip


def result(credentials: Credentials = PAPER) -> FirstRunResult:
    account = Account(id=credentials.account, title="Ursula", currency=USD, is_paper=True)
    yes = Acknowledgment(
        disclosure_id="options", version="1", sha256="ab", statement_sha256="cd", shown_at=NOON, acknowledged_at=NOON,
        account_hash="ef", app_version="0",
    )  # fmt: skip
    return FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=(yes,))


def test_a_new_desk_holds_what_the_wizard_found_and_opens_again(tmp_path: Path) -> None:
    call = ApiCall(
        at=NOON, channel="rest", method="GET", path="tickle", status=200, outcome="ok", milliseconds=1, bytes_out=0,
        bytes_in=2,
    )  # fmt: skip

    async def run() -> None:
        assert not wiring.vault_exists(tmp_path)
        desk, code = await wiring.create_desk(tmp_path, PASSPHRASE, result(), calls=[call], watching=False)
        assert code.count("-") == 7
        await desk.close()
        await desk.close()
        assert wiring.vault_exists(tmp_path)
        desk = await wiring.open_desk(tmp_path, code, watching=False)
        assert (desk.environment, desk.mode, desk.gateway_url) == (Environment.PAPER, Mode.IBKR_PAPER, NOWHERE)
        assert [each.user_name for each in await desk.preferences.credentials()] == ["ursula"]
        assert [each.id for each in await desk.book.accounts()] == ["DU1234567"]
        assert len(await desk.preferences.acknowledgments()) == 1
        assert [each.call.path for each in await desk.activity.calls()] == ["tickle"]
        assert await desk.check_passphrase(PASSPHRASE) and not await desk.check_passphrase("wrong")
        assert desk.database_bytes() > 0
        await desk.close()

    asyncio.run(run())


def test_a_desk_that_cannot_be_built_leaves_no_vault(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("sync_interval = 1")

    async def run() -> None:
        with pytest.raises(Refused) as refusal:
            await wiring.create_desk(tmp_path, PASSPHRASE, result())
        assert refusal.value.cause is Cause.BAD_SETTING
        assert not wiring.vault_exists(tmp_path)

    asyncio.run(run())


def test_a_second_desk_on_the_same_vault_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        desk, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        with pytest.raises(Refused) as refusal:
            await wiring.open_desk(tmp_path, PASSPHRASE)
        assert refusal.value.cause is Cause.VAULT_IN_USE
        await desk.close()

    asyncio.run(run())


def test_switched_off_or_not_connected_the_books_stay_readable(tmp_path: Path) -> None:
    async def run() -> None:
        desk, _ = await wiring.create_desk(
            tmp_path, PASSPHRASE, result(), overrides={"ibkr_enabled": "off"}, watching=False
        )
        assert (desk.session, desk.sync, desk.market, desk.live) == (None, None, None, None)
        assert len(await desk.book.accounts()) == 1
        await desk.close()
        desk = await wiring.open_desk(tmp_path, PASSPHRASE, environment=Environment.LIVE)
        assert desk.session is None and desk.mode is Mode.IBKR_LIVE
        await desk.close()

    asyncio.run(run())


def test_a_gateway_on_another_computer_that_nobody_allowed_is_reported_and_the_desk_opens(tmp_path: Path) -> None:
    reported: list[BaseException] = []

    async def run() -> None:
        desk, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        await desk.close()
        far = {"gateway_url": "https://192.0.2.7:5000"}
        desk = await wiring.open_desk(tmp_path, PASSPHRASE, overrides=far)
        desk.tasks.on_failure = lambda name, error: reported.append(error)
        await asyncio.sleep(0.01)
        assert desk.session is None and len(await desk.book.accounts()) == 1
        await desk.close()
        with pytest.raises(Refused):
            await wiring.open_desk(tmp_path, PASSPHRASE, overrides=far, watching=False)

    asyncio.run(run())
    (error,) = reported
    assert isinstance(error, DeskError) and error.cause is Cause.HOST_NOT_LOOPBACK


def test_the_demo_desk_syncs_streams_and_leaves_no_trace() -> None:
    before = _leftovers()

    async def run() -> None:
        desk = await wiring.open_demo_desk()
        assert (desk.environment, desk.mode) == (Environment.DEMO, Mode.DEMO)
        heard = Heard(desk.hub, AccountChanged, QuotesChanged)
        await heard.until(lambda event: isinstance(event, AccountChanged) and event.account == MAIN, within=30)
        await heard.until(lambda event: isinstance(event, QuotesChanged), within=30)
        assert await desk.check_passphrase("anything")
        assert abs(desk.clock() - (await _page(desk)).as_of) < timedelta(minutes=1)
        await desk.close()

    asyncio.run(run())
    assert _leftovers() == before


def test_the_wizard_s_demo_becomes_the_desk_s() -> None:
    async def run() -> None:
        connector = wiring.first_run_connector()
        address = await connector.begin_demo()
        assert await connector.known() == ()
        await address.sign_in()
        credentials = Credentials(
            environment=Environment.DEMO, gateway_url=address.url, user_name="demo", account=MAIN,
            certificate_sha256=address.certificate_sha256,
        )  # fmt: skip
        await connector.save(result(credentials))
        await connector.close()
        desk = await wiring.open_demo_desk(result(credentials), demo=connector.demo, watching=False)
        assert desk.gateway_url == address.url and desk.session is not None
        await desk.session.refresh()
        assert (await desk.connector.known())[0].account == MAIN
        assert (await desk.connector.fetch_certificate(address.url)).sha256 == address.certificate_sha256
        await desk.close()

    asyncio.run(run())


def test_an_open_desk_s_wizard_saves_into_its_vault(tmp_path: Path) -> None:
    async def run() -> None:
        desk, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        again = Credentials(
            environment=Environment.PAPER, gateway_url=NOWHERE, user_name="otto", account=AccountId("DU1234567")
        )
        await desk.connector.save(result(again))
        assert [each.user_name for each in await desk.preferences.credentials()] == ["otto"]
        await desk.close()

    asyncio.run(run())


def stored(*environments: Environment) -> list[Credentials]:
    return [
        Credentials(environment=each, gateway_url=NOWHERE, user_name="", account=AccountId("U1234567"))
        for each in environments
    ]


@pytest.mark.parametrize(
    ("connected", "chosen"),
    [
        ((), Environment.PAPER),
        ((Environment.PAPER, Environment.LIVE), Environment.PAPER),
        ((Environment.LIVE,), Environment.LIVE),
    ],
)
def test_the_desk_opens_with_the_setting_s_environment_or_the_only_one(
    connected: tuple[Environment, ...], chosen: Environment
) -> None:
    assert wiring.chosen_environment(Settings(), stored(*connected)) is chosen


def connection(**values: object) -> Connection:
    sourced = with_values(defaults(), values, Origin.ENVIRONMENT, {})
    return wiring.connection_to(sourced, PAPER, Environment.PAPER)


def test_the_stored_address_is_used_with_its_pin_until_a_person_sets_another() -> None:
    assert (connection().url, connection().certificate_sha256) == (NOWHERE, PAPER.certificate_sha256)
    moved = connection(gateway_port=5001)
    assert (moved.url, moved.certificate_sha256, moved.allow_remote) == ("https://localhost:5001", "", False)
    assert connection(gateway_url=NOWHERE + "/").certificate_sha256 == PAPER.certificate_sha256


def test_the_calendar_knows_holidays_and_half_days() -> None:
    calendar = wiring.exchange_calendar(2026)

    assert not calendar.is_trading_day(date(2026, 11, 26))
    assert calendar.close_time(date(2026, 11, 27)).hour == 13
    assert calendar.is_trading_day(date(2026, 11, 20))


def test_nothing_heavy_is_imported_with_it() -> None:
    heavy = "[name for name in ('PySide6', 'sqlalchemy', 'aiohttp', 'numpy', 'holidays') if name in sys.modules]"

    found = subprocess.run(
        [sys.executable, "-c", f"import sys, ibdesk.wiring; print({heavy})"], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_a_vault_nobody_remembers_needs_its_passphrase(tmp_path: Path) -> None:
    made, _ = vaults.create(tmp_path, PASSPHRASE)
    made.close()

    assert wiring.remembered(tmp_path) is None


async def _page(desk: Desk) -> AccountPage:
    page = await desk.book.page(MAIN)
    assert page is not None
    return page


def _leftovers() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("ibdesk-demo-*")}
