"""The list that hangs from the mode button: every mode with its colour, its word and what it means or lacks."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.ui.modes.choices import ModeChoice
from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Icon, Label, line

CLOSED = "closed"


class ModeRow(QPushButton):
    """One mode. A closed one can be reached with the keys, so that its reason is read, and does nothing."""

    def __init__(self, choice: ModeChoice) -> None:
        super().__init__()
        self.setProperty("kind", "moderow")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.icon_of = Icon(choice.face.icon, size=20)
        self.word = Label("", bold=True)
        self.note = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.mark = Icon("check", tone="environment", size=16)
        for part in (self.icon_of, self.word, self.note, self.mark):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.word)
        words.addWidget(self.note)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.icon_of, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_choice(choice)

    def show_choice(self, choice: ModeChoice) -> None:
        """Say how it stands now."""
        self.choice = choice
        face = choice.face
        self.word.setText(face.word)
        self.word.set_tone("" if choice.is_open else "faint")
        self.note.setText(choice.note)
        self.icon_of.set(face.icon, face.environment.value if choice.is_open else "faint")
        self.mark.setVisible(choice.is_here)
        self.setProperty("state", "here" if choice.is_here else "" if choice.is_open else CLOSED)
        restyle(self)
        how = "current mode" if choice.is_here else "" if choice.is_open else "not available"
        self.setAccessibleName(", ".join(part for part in (face.word, how) if part))
        self.setAccessibleDescription(choice.note)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return -1 if layout is None else layout.totalHeightForWidth(width)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 44)


class ModePanel(QWidget):
    """`wanted` carries the command of a mode that was chosen, or of the way to live trading; `left` that it is done."""

    wanted = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Trading mode")
        self.rows: tuple[ModeRow, ...] = ()
        self.going_live = Button("Going live…", kind="link", tip="What has to happen before real money is traded")
        self.going_live.clicked.connect(lambda: self._want("going-live"))
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        head = Label("Where orders go", bold=True)
        told = Label("One mode at a time; a ticket keeps the one it was opened in.", kind=Text.CAPTION, tone="muted",
                     wrap=True)  # fmt: skip
        top = QVBoxLayout()
        top.setContentsMargins(12, 4, 12, 4)
        top.setSpacing(1)
        top.addWidget(head)
        top.addWidget(told)
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 0, 8, 0)
        foot.addWidget(self.going_live)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 8, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(self._list)
        column.addWidget(line())
        column.addLayout(foot)

    def show_choices(self, choices: Sequence[ModeChoice]) -> None:
        """Show every mode; rows that stay keep the focus."""
        if [row.choice.face for row in self.rows] == [choice.face for choice in choices]:
            for row, choice in zip(self.rows, choices, strict=True):
                row.show_choice(choice)
            return
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = tuple(ModeRow(choice) for choice in choices)
        for row in self.rows:
            row.clicked.connect(lambda _checked=False, row=row: self._choose(row))
            self._list.addWidget(row)
            row.show()  # at once, so that the panel can be measured

    def take_focus(self) -> None:
        """The cursor on the mode one is in."""
        for row in self.rows:
            if row.choice.is_here:
                row.setFocus(Qt.FocusReason.PopupFocusReason)

    def _choose(self, row: ModeRow) -> None:
        if row.choice.is_here:
            self.left.emit()
        elif row.choice.is_open:
            self._want(row.choice.command)

    def _want(self, name: str) -> None:
        self.left.emit()
        self.wanted.emit(name)
