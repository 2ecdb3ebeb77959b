"""The way of a vault to another computer, step by step; the first step can be done right here."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label

STEPS = (
    ("Make a backup file here",
     "One file holds the whole vault, encrypted: accounts, history, audit, settings of the connections. Put it on a "
     "USB stick or a disk of your own."),
    ("Bring the file to the other computer",
     "Nobody can open it without the passphrase or the recovery code, but keep it to yourself all the same."),
    ("Install ibdesk there and start it",
     "On its first page choose “I have a backup”, then the file, and type the passphrase it was made with."),
    ("Connect again",
     "The gateway runs on each computer by itself: install it there too, and accept its certificate once when asked. "
     "Settings of this window, such as the theme, are chosen anew."),
    ("Use one of the two",
     "The two vaults know nothing of each other. Go on with the new one, and delete this one when all is well."),
)


class MoveDialog(QDialog):
    """Accepted when the person wants the backup file made now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Move to another computer")
        self.setMinimumWidth(560)
        self.make, self.close_button = Button("Make the backup file…", kind="primary"), Button("Close")
        self.make.clicked.connect(self.accept)
        self.close_button.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label("Move to another computer", kind=Text.TITLE, bold=True))
        for number, (title, text) in enumerate(STEPS, start=1):
            column.addLayout(_step(number, title, text))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.make)
        column.addSpacing(4)
        column.addLayout(row)
        self.make.setFocus()


def _step(number: int, title: str, text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    mark = Label(str(number), bold=True, tone="accent")
    mark.setFixedWidth(18)
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(Label(title, bold=True))
    words.addWidget(Label(text, kind=Text.CAPTION, tone="muted", wrap=True))
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    return row
