"""How a backup becomes the vault again: which file, its passphrase, what is kept of the vault that is there now.

A page of the door, not of a desk: the vault that is replaced must be closed.
"""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit

from ibdesk.domain.records import BackupInfo
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.vault.door_card import DoorCard
from ibdesk.ui.vault.fields import SecretField
from ibdesk.ui.widgets.buttons import Button, PrimaryButton
from ibdesk.ui.widgets.labels import Label

FILTER = "Backup of ibdesk (*.ibdesk-backup);;All files (*)"
_SENTENCE = "It holds a whole vault, encrypted. It opens with the passphrase or recovery code of the day it was made."


class RestoreScreen(DoorCard):
    """`looked_for(path)` asks what a file is: answer with `show_backup` or `refuse`. `given(path, secret)` asks to
    restore it: take the screen away, or `refuse`. `cancelled` goes back."""

    looked_for = Signal(object)
    given = Signal(object, str)
    cancelled = Signal()

    def __init__(self, *, folder: Path, has_vault: bool, start_in: Path | None = None) -> None:
        super().__init__("Restore a backup", _SENTENCE)
        self._folder, self._has_vault = folder, has_vault
        self._start_in = start_in or folder
        self._path: Path | None = None
        self.file = QLineEdit()
        self.file.setReadOnly(True)
        self.file.setPlaceholderText("No file chosen")
        self.file.setAccessibleName("Backup file")
        self.choose = Button("Choose…")
        self.choose.setAccessibleName("Choose the backup file")
        self.about = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.caption = Label("Passphrase or recovery code of the backup")
        self.field = SecretField(self.caption.text())
        self.kept = Label(self._what_is_kept(), kind=Text.CAPTION, tone="muted", wrap=True)
        self.error = Label("", tone="loss", wrap=True)
        self.restore, self.back = PrimaryButton("Restore and open"), Button("Back")
        self._lay_out()
        self._connect()
        self._look()

    def show_backup(self, info: BackupInfo) -> None:
        """Say what the chosen file is."""
        self._path = Path(info.path)
        self.file.setText(self._path.name)
        self.file.setToolTip(info.path)
        self.about.setText(
            f"Made {fmt.moment(info.made_at)} · {fmt.size(info.bytes)} · {info.rows:,} rows · {_why(info)}")
        self.about.show()
        self.refuse("")
        self.field.setFocus()

    def refuse(self, message: str, remedy: str = "") -> None:
        """Say why it cannot be done; nothing was changed."""
        self.set_busy(False)
        self.error.setText(f"{message} {remedy}".strip())
        self.error.setVisible(bool(self.error.text()))
        self.error.setAccessibleName(self.error.text())
        if message:
            self.field.clear()
            self.field.setFocus()

    def set_busy(self, busy: bool) -> None:
        """While the backup is unpacked and proved."""
        for widget in (self.field, self.choose, self.back):
            widget.setEnabled(not busy)
        self.restore.setText("Restoring…" if busy else "Restore and open")
        self._look()

    def forget(self) -> None:
        """Drop what was typed."""
        self.field.clear()

    def focus(self) -> None:
        """Put the cursor where one goes on."""
        (self.choose if self._path is None else self.field).setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.back.isEnabled():
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def ask_for_file(self) -> None:
        """The system's own dialog; nothing waits for it."""
        dialog = QFileDialog(self, "Choose a backup", str(self._start_in), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.looked_for.emit(Path(path)))
        dialog.open()

    def _give(self) -> None:
        if self.restore.isEnabled() and self._path is not None:
            self.refuse("")
            self.set_busy(True)
            self.given.emit(self._path, self.field.text())

    def _look(self) -> None:
        self.restore.setEnabled(
            self._path is not None and bool(self.field.text().strip()) and self.field.isEnabled())

    def _what_is_kept(self) -> str:
        if not self._has_vault:
            return f"The vault will be in {self._folder}."
        return (
            f"The vault that is in {self._folder} now is kept whole, in backups/replaced-… there, and can be opened "
            "again from that folder."
        )

    def _connect(self) -> None:
        self.choose.clicked.connect(self.ask_for_file)
        self.field.textChanged.connect(self._look)
        self.field.returnPressed.connect(self._give)
        self.restore.clicked.connect(self._give)
        self.back.clicked.connect(self.cancelled)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        self.card.add(row)
        self.card.add(self.about)
        self.about.hide()
        self.card.body.addSpacing(10)
        self.card.add(self.caption)
        self.card.add(self.field)
        self.card.body.addSpacing(6)
        self.card.add(self.kept)
        self.card.add(self.error)
        self.error.hide()
        self.card.body.addSpacing(10)
        end = QHBoxLayout()
        end.addWidget(self.back)
        end.addStretch(1)
        end.addWidget(self.restore)
        self.card.add(end)


def _why(info: BackupInfo) -> str:
    return {"schedule": "by the schedule", "person": "by hand"}.get(info.reason, info.reason)
