"""The strip above the live figures: a lamp, the state of the line in words, and when something was last told."""

from datetime import datetime

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.line import Line, LineState
from ibdesk.ui import format as fmt
from ibdesk.ui.live.words import line_words
from ibdesk.ui.models.live_columns import NEW
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Button, Label, hold_size, paint_dot


class Lamp(QWidget):
    """A state's mark: its shape tells as much as its colour."""

    SIZE = 12

    def __init__(self) -> None:
        super().__init__()
        self.tone = "muted"
        self.setFixedSize(self.SIZE, self.SIZE)
        look().themeChanged.connect(self.update)

    def set_tone(self, tone: str) -> None:
        """Show another state."""
        if tone != self.tone:
            self.tone = tone
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.SIZE, self.SIZE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_dot(QPainter(self), QPointF(6, 6), self.tone)


class LineStrip(QFrame):
    """One line high while all is well; a second one says what else is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(38)  # with its button and without
        self.lamp = Lamp()
        self.text = Label("", bold=True)
        self.detail = Label("", tone="muted", wrap=True)
        self.trouble = Label("", kind=Text.CAPTION, tone="warn", wrap=True)
        self.age = Label("", kind=Text.CAPTION, tone="muted")
        self.age.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(10)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 14, 8)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.trouble)
        row.addWidget(self.lamp)
        row.addWidget(self.text)
        row.addWidget(self.detail, 1)
        row.addWidget(self.age)
        self.address = Button("Host and port", kind="status", tip="Where TWS or IB Gateway is looked for")
        row.insertWidget(row.count() - 1, self.address)
        self.trouble.setIndent(Lamp.SIZE + row.spacing())
        self.trouble.hide()
        self.address.hide()

    def show_line(self, line: Line, now: datetime, newest: datetime | None) -> None:
        """Say how far the line reaches; `newest` is when the last figure was told."""
        words = line_words(line, now, newest)
        self.lamp.set_tone(words.tone)
        for label, text in ((self.text, words.text), (self.detail, words.detail), (self.trouble, words.trouble)):
            if label.text() != text:
                label.setText(text)
        self.text.set_tone(words.tone if words.tone == "loss" else "")
        self.trouble.setVisible(bool(words.trouble))
        self.address.setVisible(line.state is LineState.DOWN)
        self._show_age(now, newest, is_alive=line.is_alive)
        self.setAccessibleName(f"Line to TWS: {words.text}")
        self.setAccessibleDescription(" ".join(each for each in (words.detail, words.trouble) if each))

    def _show_age(self, now: datetime, newest: datetime | None, *, is_alive: bool) -> None:
        if newest is None:
            text = ""
        elif is_alive and (now - newest).total_seconds() < NEW:
            text = "Last figure: now"
        else:
            text = f"Last figure: {fmt.age(newest, now)}"
        if text != self.age.text():
            self.age.setText(text)
            hold_size(self.age)
        self.age.set_tone("muted" if is_alive else "warn")
