"""What is done to a closed vault: off the caller's loop, told on it, and refused while a desk has it open."""

import asyncio
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.records import BackupReason
from ibdesk.store import backup, vault
from tests.services.workshop import NOON, PASSPHRASE
from tests.store.test_restore import fill, paths_of


def test_a_desk_is_closed_rekeyed_and_opened_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, PASSPHRASE, 3)

    async def run() -> None:
        told = []
        desk = await wiring.open_desk(home, PASSPHRASE, watching=False)
        with pytest.raises(Refused) as caught:
            await wiring.rekey(home, PASSPHRASE, clock=lambda: NOON)
        assert caught.value.cause is Cause.VAULT_IN_USE
        await desk.close()
        code = await wiring.rekey(
            home, PASSPHRASE, clock=lambda: NOON, progress=lambda stage, done: told.append(stage),
            overrides={"backup_folder": str(tmp_path / "kept")},
        )
        assert list(dict.fromkeys(told)) == ["backup", "copy", "check", "exchange"]
        desk = await wiring.open_desk(home, code, watching=False)
        await desk.care.look()
        assert desk.care.key_changed_at == NOON
        assert [each.call.method for each in await desk.activity.calls(limit=1)] == ["REKEY"]
        await desk.close()

    asyncio.run(run())
    (kept,) = (tmp_path / "kept").iterdir()
    assert backup.check(kept).reason is BackupReason.BEFORE_REKEY


def test_a_backup_of_an_open_desk_is_restored_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, PASSPHRASE, 3)

    async def run() -> None:
        desk = await wiring.open_desk(home, PASSPHRASE, watching=False)
        made = await desk.care.back_up(tmp_path / "b.ibdesk-backup")
        await desk.close()
        told = await wiring.restore(Path(made.path), tmp_path / "new", PASSPHRASE, clock=lambda: NOON)
        assert told.backup.made_at == made.made_at

    asyncio.run(run())
    assert len(paths_of(tmp_path / "new", PASSPHRASE)) == 4
    assert not vault.exists(tmp_path)
