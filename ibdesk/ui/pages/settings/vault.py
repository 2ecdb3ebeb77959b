"""What happens when somebody looks after the vault in Settings: which form opens, who does it, what is said then."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Refused
from ibdesk.domain.events import BackupDone, SettingsChanged
from ibdesk.domain.records import BackupInfo
from ibdesk.ui import format as fmt
from ibdesk.ui.pages.settings.backups_card import BackupsCard
from ibdesk.ui.pages.settings.vault_card import VaultCard
from ibdesk.ui.vault.code import CodeDialog
from ibdesk.ui.vault.forms import PassphraseForm
from ibdesk.ui.vault.moving import MoveDialog
from ibdesk.ui.vault.passphrase import ChangePassphrase
from ibdesk.ui.vault.restore import FILTER
from ibdesk.ui.widgets.save_dialog import SaveDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: What somebody may type to find these cards.
VAULT_WORDS = "vault passphrase password recovery code key rekey encryption remember move another computer migrate"
BACKUP_WORDS = "vault backups backup restore test copy move another computer"


class VaultSection(QWidget):
    """The cards "Vault" and "Backups". Changing the key and restoring close the desk: the application does them."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self._desk, self._bridge, self._care = desk, bridge, desk.care
        self.card, self.backups = VaultCard(), BackupsCard()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.card)
        column.addWidget(self.backups)
        if desk.environment is Environment.DEMO:
            self.card.show_demo()
            self.backups.restore.hide()
        self._wire()

    def search_for(self, words: list[str]) -> bool:
        """Show the cards that match every word; whether one does."""
        shown = [all(word in about for word in words) for about in (VAULT_WORDS, BACKUP_WORDS)]
        for card, is_shown in zip((self.card, self.backups), shown, strict=True):
            card.setVisible(is_shown)
        self.setVisible(any(shown))
        return any(shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Read it all again. A desk that is closing has nothing more to show."""
        with suppress(Refused):
            self._bridge.start("look at the vault", self._read())

    async def _read(self) -> None:
        await self._care.look()
        settings, now = self._desk.preferences.sourced.settings, self._desk.clock()
        self.card.show_dates(
            passphrase=self._care.passphrase_changed_at, key=self._care.key_changed_at, now=now,
            reminder_days=settings.rekey_reminder)
        if self._desk.environment is not Environment.DEMO:
            self.card.show_remembered(can=self._care.can_remember, is_remembered=self._care.is_remembered)
        self.backups.show_failure(self._desk.backups.last_error)
        self.backups.show_backups(await self._care.backups(), now=now, hours=settings.backup_hours)

    def _wire(self) -> None:
        bridge, card, backups = self._bridge, self.card, self.backups
        card.passphrase_wanted.connect(lambda: bridge.start("change the passphrase", self._change_passphrase()))
        card.code_wanted.connect(lambda: bridge.start("new recovery code", self._new_code()))
        card.rekey_wanted.connect(lambda: bridge.command.emit("rekey"))
        card.remember_wanted.connect(lambda on: bridge.start("remember the vault", self._remember(on), card.remember))
        card.move_wanted.connect(lambda: bridge.start("move the vault", self._move()))
        backups.now_wanted.connect(lambda: bridge.start("back up", self._back_up(None), backups.now))
        backups.elsewhere_wanted.connect(lambda: bridge.start("back up", self._back_up_elsewhere(), backups.elsewhere))
        backups.test_wanted.connect(lambda: bridge.start("test a backup", self._test(), backups.test))
        backups.restore_wanted.connect(lambda: bridge.command.emit("restore"))
        backups.folder_wanted.connect(self._open_folder)
        bridge.backup_done.connect(self._backed_up)
        bridge.settings_changed.connect(self._settings_changed)

    async def _change_passphrase(self) -> None:
        async def change(form: ChangePassphrase) -> None:
            await self._care.change_passphrase(form.old.text(), form.new.passphrase)

        form = ChangePassphrase(
            start=self._bridge.start, deed=change, advise=self._desk.connector.advise, suggest=self._care.suggest,
            parent=self.window())
        if await self._bridge.ask(form):
            self._bridge.say("The passphrase is changed. From now on only the new one opens the vault.")
            self.reload()

    async def _new_code(self) -> None:
        made: list[str] = []

        async def make(form: PassphraseForm) -> None:
            made.append(await self._care.new_recovery_code(form.field.text()))

        form = PassphraseForm(
            "Make a new recovery code", "The old one opens nothing any more, as soon as there is a new one.",
            "Make a new code", start=self._bridge.start, deed=make, parent=self.window())
        if await self._bridge.ask(form) and made:
            await self._bridge.ask(CodeDialog(made.pop(), parent=self.window()))

    async def _remember(self, wanted: bool) -> None:
        try:
            await self._care.remember(wanted)
        finally:
            await self._read()

    async def _move(self) -> None:
        if await self._bridge.ask(MoveDialog(self.window())):
            await self._back_up_elsewhere()

    async def _back_up_elsewhere(self) -> None:
        formats = {"Backup of ibdesk (*.ibdesk-backup)": "ibdesk-backup"}
        dialog = SaveDialog(self.window(), "Back up to", formats, f"ibdesk-{self._desk.clock():%Y-%m-%d}")
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # a file that is there is never overwritten
        if await self._bridge.ask(dialog):
            await self._back_up(dialog.path)

    async def _back_up(self, target: Path | None) -> None:
        info = await self._care.back_up(target)
        self._bridge.say(f"Backed up and checked: {fmt.size(info.bytes)} in {info.path}")

    async def _test(self) -> None:
        dialog = QFileDialog(self.window(), "Choose the backup to test", str(self._care.folder), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if not await self._bridge.ask(dialog):
            return
        path, found = Path(dialog.selectedFiles()[0]), list[BackupInfo]()

        async def prove(form: PassphraseForm) -> None:
            found.append(await self._care.test_restore(path, form.field.text()))

        form = PassphraseForm(
            "Test a backup", f"{path.name} is unpacked, opened and checked in a folder of its own; the vault is not "
            "touched. It needs the passphrase or recovery code of the day it was made.", "Test it",
            start=self._bridge.start, deed=prove, caption="Passphrase or recovery code", parent=self.window())
        if await self._bridge.ask(form) and found:
            info = found.pop()
            self._bridge.say(f"{path.name} can be restored: {info.rows:,} rows, made {fmt.moment(info.made_at)}.")

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._care.folder)))

    def _backed_up(self, event: BackupDone) -> None:
        if self.isVisible():
            self.reload()
        self.backups.show_failure(event.error)

    def _settings_changed(self, event: SettingsChanged) -> None:
        if self.isVisible() and any(name.startswith(("backup_", "rekey_")) for name in event.names):
            self.reload()


