"""Settings and credentials, changed while the desk is open."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.modes import Mode
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin
from ibdesk.services.hub import Hub
from ibdesk.services.preferences import Preferences
from ibdesk.store import audit
from ibdesk.store.database import Database
from ibdesk.store.secrets import save_credentials
from ibdesk.store.vault import OpenVault
from tests.services.workshop import NOON, Dial, Heard, open_database_in

PAPER = Credentials(
    environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name="ursula",
    account=AccountId("DU1234567"), certificate_sha256="AA:BB",
)  # fmt: skip


def with_preferences(
    folder: Path,
    test: Callable[[Preferences, Heard, OpenVault, Database], Coroutine[None, None, None]],
    **variables: str,
) -> None:
    async def run() -> None:
        async with open_database_in(folder) as (vault, database):
            hub = Hub()
            heard = Heard(hub, SettingsChanged)
            preferences = Preferences(
                folder, vault=vault, database=database, hub=hub, clock=Dial(NOON), environment=variables,
                overrides={"benchmark": "QQQ"},
            )  # fmt: skip
            await test(preferences, heard, vault, database)

    asyncio.run(run())


def test_a_changed_setting_is_kept_in_force_and_told(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        sourced = await preferences.change("sync_interval", "45")
        assert sourced.settings.sync_interval == Decimal(45) == preferences.settings.sync_interval
        assert sourced.origins["sync_interval"] is Origin.FILE
        assert heard.events == [SettingsChanged(names=("sync_interval",))]
        assert (await preferences.reset("sync_interval")).settings.sync_interval == Decimal(30)

    with_preferences(tmp_path, test)


def test_a_value_out_of_range_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        with pytest.raises(Refused) as refusal:
            await preferences.change("sync_interval", "1")
        assert refusal.value.cause is Cause.BAD_SETTING
        assert preferences.settings.sync_interval == Decimal(30) and heard.events == []

    with_preferences(tmp_path, test)


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        sourced = await preferences.change("gateway_port", "5010")
        assert sourced.settings.gateway_port == 5001
        assert sourced.origins["gateway_port"] is Origin.ENVIRONMENT
        assert sourced.variables["gateway_port"] == "VITE_IBKR_GATEWAY_PORT"
        assert sourced.settings.benchmark == "QQQ" and sourced.origins["benchmark"] is Origin.COMMAND_LINE

    with_preferences(tmp_path, test, VITE_IBKR_GATEWAY_PORT="5001")


def test_deleted_credentials_are_gone_told_and_audited(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        await database.write(save_credentials, vault, replace(PAPER, options_level=2), NOON + timedelta())
        (stored,) = await preferences.credentials()
        assert stored.user_name == "ursula"
        levels = [await preferences.options_level(Environment.PAPER, AccountId(each))
                  for each in (PAPER.account, "DU9999999", "LP0000001")]  # fmt: skip
        assert levels == [2, None, 2], "it was entered for one account; Local Paper practises with it"
        await preferences.delete_credentials(Environment.PAPER)
        assert await preferences.credentials() == ()
        assert await preferences.options_level(Environment.PAPER, PAPER.account) is None
        (line,) = await database.read(lambda tx: audit.load_calls(tx))
        assert (line.call.channel, line.call.path) == ("desk", "credentials/paper")
        assert heard.events == [SettingsChanged(names=("credentials",))]
        await preferences.delete_credentials(Environment.PAPER)
        assert len(await database.read(lambda tx: audit.load_calls(tx))) == 1

    with_preferences(tmp_path, test)


def test_acknowledgments_are_read_once_and_a_new_one_is_among_them(tmp_path: Path) -> None:
    given = Acknowledgment(
        disclosure_id="options-risk", version="1", sha256="a", statement_sha256="b", shown_at=NOON,
        acknowledged_at=NOON, account_hash="c", app_version="1",
    )  # fmt: skip

    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        assert await preferences.acknowledgments() == ()
        await asyncio.gather(preferences.acknowledgments(), preferences.acknowledge((given,)))
        assert await preferences.acknowledgments() == (given,)
        assert await preferences.acknowledgments() is await preferences.acknowledgments()

    with_preferences(tmp_path, test)


def test_no_acknowledgment_is_invented(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        assert await preferences.acknowledgments() == ()

    with_preferences(tmp_path, test)


@pytest.mark.parametrize(
    ("mode", "environment", "is_local"),
    [
        (Mode.LOCAL_PAPER, Environment.LIVE, True), (Mode.IBKR_PAPER, Environment.PAPER, False),
        (Mode.IBKR_LIVE, Environment.LIVE, False), (Mode.DEMO, Environment.LIVE, False),
    ],
)  # fmt: skip
def test_a_chosen_mode_is_kept_and_local_paper_keeps_the_environment(
    tmp_path: Path, mode: Mode, environment: Environment, is_local: bool
) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        await preferences.change("default_environment", "live")
        await preferences.choose_mode(mode)
        settings = preferences.settings
        assert (settings.default_environment, settings.local_paper) == (environment, is_local)
        assert heard.events[-1] == SettingsChanged(names=("local_paper", "default_environment"))

    with_preferences(tmp_path, test)


def test_a_variable_that_holds_on_to_the_mode_is_named(tmp_path: Path) -> None:
    async def test(preferences: Preferences, heard: Heard, vault: OpenVault, database: Database) -> None:
        await preferences.choose_mode(Mode.LOCAL_PAPER)
        with pytest.raises(Refused, match="IBKR_DEFAULT_ENVIRONMENT"):
            await preferences.choose_mode(Mode.IBKR_LIVE)
        assert preferences.settings.local_paper, "the mode stays whole: nothing of the other one was kept"

    with_preferences(tmp_path, test, IBKR_DEFAULT_ENVIRONMENT="paper")
