"""The door: a passphrase field before the vault is open, and over the window while the desk is locked.

Qt only, for it is the first thing painted. It keeps nothing of what was typed once it is answered.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibdesk.ui.icons import set_icon
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button, IconButton, PrimaryButton
from ibdesk.ui.widgets.card import Card
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import Icon

OPENS = ("Unlock ibdesk", "Your accounts are stored encrypted on this computer.")
LOCKED = ("The desk is locked", "Streams and syncs go on. Enter the passphrase to see them again.")


class UnlockScreen(QWidget):
    """Emits `given(secret)`: a passphrase, or a recovery code. Answer with `refuse(...)`, or take the screen away.
    `restore_wanted`: the vault is to be replaced by a backup of it; a locked desk offers no such thing."""

    given = Signal(str)
    restore_wanted = Signal()

    def __init__(self, *, locked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recovering, self._may_recover = False, not locked
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title, text = LOCKED if locked else OPENS
        self.title = Label(title, kind=Text.TITLE, bold=True)
        self.text = Label(text, tone="muted", wrap=True)
        self.caption = Label("Passphrase")
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.show_button = IconButton("eye", "Show what is typed")
        self.show_button.setCheckable(True)
        self.error = Label("", tone="loss", wrap=True)
        self.button = PrimaryButton("Unlock")
        self.way = Button("Use the recovery code", kind="link")
        self.restore = Button("Restore a backup…", kind="link")
        if locked:
            self.restore.hide()
        self.setAccessibleName(title)
        self._connect()
        self._lay_out()
        self._show_way()

    def refuse(self, message: str, remedy: str = "") -> None:
        """Say why it stays closed; what was typed is gone and the field is ready."""
        self.set_busy(False)
        self.field.clear()
        self.error.setText(f"{message} {remedy}".strip())
        self.error.setVisible(True)
        self.error.setAccessibleName(self.error.text())
        self.field.setProperty("invalid", True)
        self.field.style().polish(self.field)
        self.field.setFocus()

    def set_busy(self, busy: bool) -> None:
        """While the key is computed."""
        self.field.setEnabled(not busy)
        self.button.setEnabled(not busy)
        self.restore.setEnabled(not busy)
        self.button.setText("Opening…" if busy else "Unlock")

    def forget(self) -> None:
        """Drop what was typed."""
        self.field.clear()

    def focus(self) -> None:
        """Wait for typing."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.field.clear()
            self.error.setVisible(False)
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self.field.returnPressed.connect(self._give)
        self.button.clicked.connect(self._give)
        self.show_button.toggled.connect(self._show_letters)
        self.way.clicked.connect(self._other_way)
        self.restore.clicked.connect(self.restore_wanted)

    def _give(self) -> None:
        secret = self.field.text()
        if not secret.strip():
            self.refuse("Type the recovery code first." if self._recovering else "Type the passphrase first.")
            return
        self.error.setVisible(False)
        self.set_busy(True)
        self.given.emit(secret)

    def _show_letters(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.field.setEchoMode(mode)
        set_icon(self.show_button, "eye-off" if shown else "eye")

    def _other_way(self) -> None:
        self._recovering = not self._recovering
        self.field.clear()
        self.error.setVisible(False)
        self._show_way()
        self.focus()

    def _show_way(self) -> None:
        name = "Recovery code" if self._recovering else "Passphrase"
        self.caption.setText(name)
        self.field.setAccessibleName(name)
        self.field.setPlaceholderText("The code you wrote down at set-up" if self._recovering else "")
        self.show_button.setChecked(self._recovering)
        self.way.setText("Use the passphrase" if self._recovering else "Use the recovery code")
        self.way.setAccessibleName(self.way.text())
        self.way.setVisible(self._may_recover)

    def _lay_out(self) -> None:
        card = Card()
        card.setFixedWidth(420)
        card.body.setContentsMargins(32, 28, 32, 24)
        card.body.setSpacing(6)
        card.add(Icon("logo", tone="environment", size=28))
        card.body.addSpacing(8)
        card.add(self.title)
        card.add(self.text)
        card.body.addSpacing(14)
        card.add(self.caption)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        row.addWidget(self.show_button)
        card.add(row)
        card.body.addSpacing(2)
        card.add(self.error)
        self.error.setVisible(False)
        card.body.addSpacing(10)
        buttons = QHBoxLayout()
        buttons.addWidget(self.way)
        buttons.addStretch(1)
        buttons.addWidget(self.button)
        card.add(buttons)
        below = QHBoxLayout()
        below.addWidget(self.restore)
        below.addStretch(1)
        card.add(below)
        column = QVBoxLayout(self)
        column.addStretch(2)
        # Stretches, not an alignment: an aligned card keeps its first height and would cut a second line of the error.
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(card)
        across.addStretch(1)
        column.addLayout(across)
        column.addStretch(3)
