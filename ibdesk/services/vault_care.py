"""What a person does to the vault itself while the desk is open: ways in, backups, and when the keys were changed.

Changing the key itself copies the whole database, so it is done on the closed vault: `ibdesk.store.rekey`, from the
window by closing the desk, changing the key and opening it again (`wiring.rekey`). Restoring is likewise
(`wiring.restore`). Backups made before a change of key or passphrase open with what was valid when they were made.
"""

import asyncio
import logging
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused
from ibdesk.domain.events import BackupDone
from ibdesk.domain.records import BackupInfo, BackupReason
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.store import audit, backup, header, keystore, records, recovery, restore
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database
from ibdesk.store.exports import require_not_the_vaults
from ibdesk.store.files import named_errors
from ibdesk.store.header import DEFAULT_COST, Cost
from ibdesk.store.keystore import KeyStore
from ibdesk.store.passphrase import generate, require_acceptable
from ibdesk.store.vault import OpenVault, vault_closed

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

T = TypeVar("T")
#: Seconds that closing waits for a thread to notice.
PATIENCE = 30.0


class VaultCare:
    """The open vault's keeper. Everything slow runs in a thread; one thing at a time.

    `look` fills in `can_remember` (this computer has a key store that protects what it keeps), `is_remembered`,
    `key_changed_at` and `passphrase_changed_at` (when the vault was made, as long as they never were).
    """

    def __init__(
        self,
        vault: OpenVault,
        *,
        database: Database,
        hub: Hub,
        settings: Callable[[], Settings],
        clock: Clock,
        key_store: Callable[[], KeyStore | None] = keystore.system_key_store,
        cost: Cost = DEFAULT_COST,
    ) -> None:
        self.can_remember = False
        self.is_remembered = False
        self.key_changed_at: datetime | None = None
        self.passphrase_changed_at: datetime | None = None
        self._vault = vault
        self._database = database
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._key_store = key_store
        self._cost = cost
        self._turn = asyncio.Lock()
        self._closing = threading.Event()
        self._working: list[Future[None]] = []

    @property
    def folder(self) -> Path:
        """Where backups go when nobody says otherwise. Refused(BAD_SETTING) when the setting makes no sense."""
        return backup.folder_of(self._settings().backup_folder, self._vault.paths.folder)

    async def look(self) -> None:
        """Find out what the properties tell."""
        store = await asyncio.to_thread(self._key_store)
        self.can_remember = store is not None
        self.is_remembered = await asyncio.to_thread(vaults.has_slot, self._vault, header.KEYCHAIN)
        self.key_changed_at = await self._database.read(records.load_date, records.KEY_CHANGED)
        self.passphrase_changed_at = await self._database.read(records.load_date, records.PASSPHRASE_CHANGED)

    @staticmethod
    def suggest() -> str:
        """A strong random passphrase, to be written down."""
        return generate()

    async def change_passphrase(self, old: str, new: str) -> None:
        """Let the vault be opened with `new` instead of `old`, which may be the recovery code; the data stays as it is.

        NeedsPerson(WRONG_PASSPHRASE, WEAK_PASSPHRASE); nothing is changed then.
        """
        if old == new:
            raise NeedsPerson(
                "That is the passphrase the vault has now.", remedy="Choose another one.", cause=Cause.WEAK_PASSPHRASE
            )
        async with self._turn:
            await self._in_thread(partial(vaults.require_way_in, self._vault, old))
            require_acceptable(new)
            await self._in_thread(
                partial(
                    vaults.change_slot, self._vault, header.PASSPHRASE, header.passphrase_bytes(new), cost=self._cost
                )
            )
            await self._note("PASSPHRASE", "The passphrase was changed.", records.PASSPHRASE_CHANGED)

    async def new_recovery_code(self, passphrase: str) -> str:
        """A new recovery code, to be shown once; the old one opens nothing any more. NeedsPerson(WRONG_PASSPHRASE)."""
        async with self._turn:
            secret = recovery.new_secret()
            await self._in_thread(partial(vaults.require_way_in, self._vault, passphrase))
            await self._in_thread(partial(vaults.change_slot, self._vault, header.RECOVERY, secret))
            await self._note("RECOVERY", "A new recovery code was made; the old one opens nothing any more.")
        return recovery.render(secret)

    async def lacks_code(self) -> bool:
        """Whether the vault has a recovery code that perhaps nobody ever saw, and needs a new one."""
        return await asyncio.to_thread(vaults.is_code_unseen, self._vault)

    async def remember(self, wanted: bool) -> None:
        """Let this computer's key store open the vault without the passphrase, or end that.

        Refused(BAD_SETTING) where the system has no key store that protects what it keeps.
        """
        async with self._turn:
            await self._in_thread(partial(self._remember, wanted))
            told = "opens the vault without the passphrase" if wanted else "asks for the passphrase again"
            await self._note("REMEMBER" if wanted else "FORGET", f"This computer {told}.")

    def _remember(self, wanted: bool) -> None:
        store = self._key_store()
        if store is None:
            raise Refused(
                "This computer has no key store that protects what it keeps.",
                remedy="Go on typing the passphrase.",
                cause=Cause.BAD_SETTING,
            )
        (keystore.remember if wanted else keystore.forget)(self._vault, store)

    async def back_up(self, target: Path | None = None) -> BackupInfo:
        """Back the vault up to a new file: `target`, a dated one in the folder `target`, or one in `folder`.

        Publishes BackupDone either way. Raises what `store.backup.write` does.
        """
        try:
            info = await self.make_backup(BackupReason.PERSON, target)
        except DeskError as error:
            self._hub.publish(BackupDone(at=self._clock(), error=error))
            raise
        self._hub.publish(BackupDone(at=info.made_at, name=Path(info.path).name))
        return info

    async def make_backup(self, reason: BackupReason, target: Path | None = None) -> BackupInfo:
        """The same without telling anybody."""
        async with self._turn:
            at = self._clock()
            return await self._in_thread(partial(self._write_backup, reason, target or self.folder, at, target is None))

    def _write_backup(self, reason: BackupReason, target: Path, at: datetime, is_folder: bool) -> BackupInfo:
        with named_errors(target):
            is_folder = is_folder or target.is_dir()
        if is_folder:
            backup.clear_leftovers(target, self._vault)
            target = backup.free_place(target, self._vault, at)
        else:
            require_not_the_vaults(target, self._vault.paths.folder)
        return backup.write(self._vault, target, reason=reason, made_at=at, progress=self._go_on)

    async def backups(self) -> tuple[BackupInfo, ...]:
        """This vault's backups in `folder` and those made before upgrades, newest first. Nothing of them is checked."""
        return await asyncio.to_thread(self._list)

    def _list(self) -> tuple[BackupInfo, ...]:
        folders = dict.fromkeys((self._vault.paths.backups,))
        with suppress(Refused):  # a folder that makes no sense holds none; who makes a backup is told
            folders[self.folder] = None
        found = [info for folder in folders for info in backup.list_in(folder, self._vault.id)]
        return tuple(sorted(found, key=lambda info: info.made_at, reverse=True))

    async def test_restore(self, source: Path, passphrase: str) -> BackupInfo:
        """Prove that a backup can be restored with the passphrase or recovery code it was made under, without touching
        the vault. NeedsPerson(WRONG_PASSPHRASE), BadData(VAULT_DAMAGED), Refused(VAULT_NEWER)."""

        def prove() -> BackupInfo:
            with tempfile.TemporaryDirectory(prefix="ibdesk-trial-") as scratch:
                return restore.try_out(source, Path(scratch), passphrase)

        return await self._in_thread(prove)

    async def close(self) -> None:
        """Stop what runs and wait for it; before the database is closed."""
        self._closing.set()
        for work in self._working.copy():
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await asyncio.wrap_future(work)

    async def _note(self, method: str, detail: str, date: str = "") -> None:
        """Write it into the audit. It is done already: a full disk must not say otherwise."""

        def write(tx: "Connection", at: datetime) -> None:
            audit.append_doing(tx, at, method, "vault", detail)
            if date:
                records.note_date(tx, date, at)

        try:
            await self._database.write(write, self._clock(), urgent=True)
            await self.look()
        except DeskError as error:
            log.warning("What was done to the vault could not be written to the audit: %s", error.message)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run it where it may take its time. Whoever stops waiting does not stop it; `close` waits for it."""
        ended: Future[None] = Future()

        def run() -> T:
            try:
                return work()
            finally:
                self._working.remove(ended)
                ended.set_result(None)

        if self._closing.is_set():
            raise vault_closed()
        self._working.append(ended)
        return await asyncio.to_thread(run)

    def _go_on(self, _done: float) -> None:
        if self._closing.is_set():
            raise vault_closed()
