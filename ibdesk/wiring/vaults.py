"""What is done to a vault while no desk has it open: a new key, and the return of a backup."""

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.domain.records import BackupInfo, RestoreInfo
from ibdesk.services.desk import Clock

if TYPE_CHECKING:
    from ibdesk.store.rekey import Progress


async def rekey(
    home: Path,
    passphrase: str,
    *,
    clock: Clock,
    overrides: Mapping[str, str] | None = None,
    progress: "Progress | None" = None,
    go_on: Callable[[str], None] = lambda stage: None,
) -> str:
    """Give the closed vault in `home` a new key; its new recovery code, to be shown once.

    `progress` hears, on the caller's loop, of "backup", "copy", "check" and "exchange" and the fraction done; `go_on`
    hears the same stages where the work is done, before each step, and may raise to stop it, at "exchange" for the last
    time. What was begun is finished even when the caller stops waiting. Call `code_seen` once the code was shown.
    Raises what `store.rekey.rekey` does; then nothing is changed.
    """
    from ibdesk.store import backup, keystore
    from ibdesk.store import rekey as changing
    from ibdesk.store.settings import load_settings

    chosen = load_settings(home, os.environ, overrides or {}).settings.backup_folder
    heard = _on_this_loop(progress) if progress is not None else _unheard
    now = clock()

    def tell(stage: str, done: float) -> None:
        go_on(stage)
        heard(stage, done)

    def change() -> str:
        return changing.rekey(
            home, passphrase, now=now, backups=backup.folder_of(chosen, home),
            key_store=keystore.system_key_store(), progress=tell,
        )  # fmt: skip

    return await asyncio.to_thread(change)


async def code_seen(home: Path) -> None:
    """Note that the new recovery code of the closed vault in `home` was shown to a person; as long as nobody could,
    each opening asks for a new one."""
    from ibdesk.store import vault

    await asyncio.to_thread(vault.note_code_seen, home)


async def restore(
    backup: Path, home: Path, secret: str, *, clock: Clock, go_on: Callable[[], None] = lambda: None
) -> RestoreInfo:
    """Make the vault in `home` what the backup holds. `secret` is the passphrase or recovery code it was made under.
    What was in `home` is kept. Raises what `store.restore.restore` does, and `go_on`, which is asked in the thread of
    the work before the exchange; then nothing is changed."""
    from ibdesk.store import restore as restoring

    return await asyncio.to_thread(partial(restoring.restore, backup, home, secret, now=clock(), go_on=go_on))


async def look_at(backup: Path) -> BackupInfo:
    """What a backup says of itself, nothing checked. BadData(VAULT_DAMAGED), Refused(VAULT_NEWER)."""
    from ibdesk.store import backup as backups

    return await asyncio.to_thread(backups.look, backup)


def _on_this_loop(progress: "Progress") -> "Progress":
    loop = asyncio.get_running_loop()

    def tell(stage: str, done: float) -> None:
        loop.call_soon_threadsafe(progress, stage, done)

    return tell


def _unheard(_stage: str, _done: float) -> None:
    """Nobody listens."""
