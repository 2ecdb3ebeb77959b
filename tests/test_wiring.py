"""Wiring: a desk is built from a vault, works over the real wire, and is taken apart without a trace."""

import asyncio
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import AccountChanged, QuotesChanged
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from ibdesk.store import vault as vaults
from tests.demo.door import shared_identity
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


def test_a_desk_opened_anew_stays_in_the_penalty_box_and_sends_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        gateway = DemoGateway(identity=shared_identity(), limits=DemoLimits.off())
        await gateway.start()
        reached = replace(PAPER, gateway_url=gateway.url, certificate_sha256=gateway.certificate_sha256, account=MAIN)
        desk, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(reached), watching=False)
        gateway.limit()
        assert (await _problem(desk)).cause is Cause.PENALTY_BOX
        await desk.close()
        gateway.heal()
        asked = len(gateway.calls)
        # another budget of requests has an account of its own, as another process would
        desk = await wiring.open_desk(tmp_path, PASSPHRASE, overrides={"requests_per_second": "9"}, watching=False)
        problem = await _problem(desk)
        assert problem.cause is Cause.PENALTY_BOX
        assert isinstance(problem, Unavailable) and problem.retry_at is not None
        assert timedelta(minutes=14) < problem.retry_at - wiring.now() <= timedelta(minutes=15)
        assert len(gateway.calls) == asked
        await desk.close()
        await gateway.stop()

    asyncio.run(run())


async def _problem(desk: Desk) -> DeskError:
    assert desk.session is not None
    await desk.session.refresh()
    assert desk.session.problem is not None
    return desk.session.problem


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


def test_the_demo_desk_syncs_streams_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

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
    assert list(tmp_path.iterdir()) == []


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


def test_the_wizard_offers_the_address_that_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wiring.first_run_connector(home=tmp_path).default_url == "https://localhost:5000"
    monkeypatch.setenv("IBKR_GATEWAY_URL", "https://localhost:5055")
    assert wiring.first_run_connector(home=tmp_path).default_url == "https://localhost:5055"
    monkeypatch.setenv("IBKR_GATEWAY_URL", "nonsense")
    assert wiring.first_run_connector(home=tmp_path).default_url == "https://localhost:5000"
