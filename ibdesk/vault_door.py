"""What is done to the vault while its desk is closed: the window goes through it and comes back to an open desk.

Charter. What: changing the key and restoring a backup, each from closing the desk to opening it again. Beside
`desk_door` and not in it, for these two are rare, long and must not be left half way: the window takes no input and is
not closed while files are exchanged. Why not in a service: the desk with all its services is gone meanwhile.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from ibdesk.desk_door import DeskDoor
    from ibdesk.services.tasks import Tasks
    from ibdesk.ui.main_window import MainWindow
    from ibdesk.ui.vault.rekeying import RekeyScreen
    from ibdesk.ui.vault.restore import RestoreScreen

T = TypeVar("T")


class VaultDoor:
    """Works on the closed vault in `home`; `door` opens and closes the desk."""

    def __init__(
        self, door: DeskDoor, window: MainWindow, *, home: Path, overrides: Mapping[str, str], tasks: Tasks
    ) -> None:
        self._door, self._window, self._home = door, window, home
        self._overrides, self._tasks = overrides, tasks

    async def ask_for_new_key(self) -> None:
        """Explain what a new key means and ask for the passphrase; then close the desk and change it."""
        from ibdesk.domain.accounts import Environment
        from ibdesk.domain.errors import Cause, NeedsPerson
        from ibdesk.ui.vault.forms import PassphraseForm

        desk, bridge = self._door.desk, self._door.bridge
        if desk is None or bridge is None or desk.environment is Environment.DEMO:  # its vault is thrown away
            return
        given: list[str] = []

        async def check(form: PassphraseForm) -> None:
            secret = form.field.text()
            if not await desk.check_passphrase(secret):
                raise NeedsPerson(
                    "That is not the passphrase of this vault.", remedy="Try again, and mind Caps Lock.",
                    cause=Cause.WRONG_PASSPHRASE)
            given.append(secret)

        form = PassphraseForm(
            "Change the key of the vault",
            "Everything is encrypted anew under a fresh key, after a backup. The desk closes for it, a few seconds for "
            "most vaults, and opens again by itself. You get a new recovery code. Backups made before keep the old "
            "key: delete them if somebody may know it.",
            "Close the desk and change the key", start=bridge.start, deed=check, parent=self._window)
        if await bridge.ask(form) and given:
            self._tasks.start("change the key", self.change_key(given.pop()))

    async def change_key(self, passphrase: str) -> None:
        """Close the desk, change the key, show the new recovery code, and open the desk again."""
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError
        from ibdesk.ui.vault.rekeying import RekeyScreen

        screen = RekeyScreen()
        await self._door.drop()
        self._window.cover(screen)
        try:
            code = await self._undisturbed(wiring.rekey(
                self._home, passphrase, clock=wiring.now, overrides=self._overrides, progress=screen.progress.emit))
        except DeskError as error:
            self._door.ask_passphrase().refuse(error.message, error.remedy)
            return
        screen.show_code(code)
        screen.opened.connect(lambda: self._tasks.start("open the vault", self._open_after(screen, passphrase)))

    def restore(self, back: Callable[[], object]) -> RestoreScreen:
        """Cover the window with the page that restores; `back` is where it came from. No desk may be open."""
        from ibdesk import wiring
        from ibdesk.ui.vault.restore import RestoreScreen

        backups = self._home / "backups"
        screen = RestoreScreen(
            folder=self._home, has_vault=wiring.vault_exists(self._home),
            start_in=backups if backups.is_dir() else None)
        screen.looked_for.connect(lambda path: self._tasks.start("look at a backup", self._look(screen, path)))
        screen.given.connect(
            lambda path, secret: self._tasks.start("restore a backup", self._restore(screen, path, secret)))
        screen.cancelled.connect(back)
        self._window.cover(screen)
        screen.focus()
        return screen

    async def _undisturbed(self, work: Awaitable[T]) -> T:
        """A window that takes no input is not closed either: what begins here is finished, and its answer seen."""
        self._window.setEnabled(False)
        try:
            return await work
        finally:
            self._window.setEnabled(True)

    async def _look(self, screen: RestoreScreen, path: Path) -> None:
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError

        try:
            screen.show_backup(await wiring.look_at(path))
        except DeskError as error:
            screen.refuse(error.message, error.remedy)

    async def _restore(self, screen: RestoreScreen, path: Path, secret: str) -> None:
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError
        from ibdesk.ui import format as fmt
        from ibdesk.ui import start

        try:
            info = await self._undisturbed(wiring.restore(path, self._home, secret, clock=wiring.now))
        except DeskError as error:
            screen.refuse(error.message, error.remedy)
            return
        start.keep_window_settings(str(self._home))
        screen.forget()
        await self._open(secret)
        if self._door.bridge is not None and self._door.desk is not None:
            kept = f" What was there before is kept in {info.kept}." if info.kept else ""
            self._door.bridge.say(f"The backup of {fmt.moment(info.backup.made_at)} is restored.{kept}")

    async def _open_after(self, screen: RekeyScreen, passphrase: str) -> None:
        from ibdesk import wiring
        from ibdesk.domain.errors import DeskError

        screen.forget()
        with suppress(DeskError):  # then the desk asks for a new code, no more
            await wiring.code_seen(self._home)
        await self._open(passphrase)

    async def _open(self, secret: str) -> None:
        unlock = self._door.ask_passphrase()
        unlock.set_busy(True)
        await self._door.open(unlock, secret)
