"""A desk that is taken apart and put together again on the same open vault: how a mode is changed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.modes import Mode
from ibdesk.store import vault as vaults
from tests.services.workshop import PASSPHRASE, eventually
from tests.test_wiring import PAPER, result


def test_the_next_desk_opens_as_the_settings_say_without_a_passphrase_and_the_old_one_is_over(tmp_path: Path) -> None:
    async def run() -> None:
        first, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        await first.connector.save(result(replace(PAPER, environment=Environment.LIVE)))
        await first.preferences.change("default_environment", "live")
        assert first.reopen is not None
        second = await first.reopen()
        assert (second.environment, second.mode) == (Environment.LIVE, Mode.IBKR_LIVE)
        assert len(await second.preferences.credentials()) == 2
        with pytest.raises(DeskError):
            await first.preferences.credentials()
        await first.close()  # no more than a matter of form
        assert len(await second.preferences.credentials()) == 2
        with pytest.raises(DeskError) as refusal:
            await wiring.open_desk(tmp_path, PASSPHRASE, watching=False)
        assert refusal.value.cause is Cause.VAULT_IN_USE
        await second.close()
        await (await wiring.open_desk(tmp_path, PASSPHRASE, watching=False)).close()

    asyncio.run(run())


def test_one_that_cannot_be_built_lets_the_vault_go_and_never_deletes_it(tmp_path: Path) -> None:
    async def run() -> None:
        first, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        (tmp_path / "settings.toml").write_text('gateway_port = "nonsense"\n')
        assert first.reopen is not None
        with pytest.raises(Refused):
            await first.reopen()
        (tmp_path / "settings.toml").unlink()
        assert vaults.exists(tmp_path)
        await (await wiring.open_desk(tmp_path, PASSPHRASE, watching=False)).close()

    asyncio.run(run())


def test_the_demo_keeps_its_gateway_and_its_faults() -> None:
    async def run() -> None:
        first = await wiring.open_demo_desk()
        assert first.reopen is not None
        second = await first.reopen()
        session = second.session
        assert session is not None and second.gateway_url == first.gateway_url and second.faults == first.faults
        await eventually(lambda: session.session.is_ready, within=20)
        assert await second.check_passphrase("anything")
        await second.close()

    asyncio.run(run())
