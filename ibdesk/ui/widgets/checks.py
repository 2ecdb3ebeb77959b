"""What was checked and what was found: rows with a mark, and the numbered steps of a walk."""

from enum import StrEnum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.ui.icons import paint_icon
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import Icon


class Check(StrEnum):
    """How a check ended."""

    PENDING = "pending"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


MARKS = {
    Check.PENDING: ("pending", "muted"), Check.GOOD: ("check", "gain"), Check.WARN: ("warn", "warn"),
    Check.BAD: ("cross", "loss"),
}


class CheckRow(QFrame):
    """A mark, what was checked, and what was found."""

    def __init__(
        self, title: str, detail: str = "", *, check: Check = Check.PENDING, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self.icon = Icon("pending", size=18)
        self.title = Label("", bold=True)
        self.detail = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(14, 10, 14, 10)
        self.row.setSpacing(12)
        self.row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        self.row.addLayout(words, 1)
        self.set(check, title, detail)

    def set(self, check: Check, title: str = "", detail: str = "") -> None:
        """Show how it ended; an empty title keeps the one there is."""
        self.check = check
        self.title.setText(title or self.title.text())
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.icon.set(*MARKS[check])
        self.setAccessibleName(f"{self.title.text()}: {check.value}")
        self.setAccessibleDescription(detail)


class StepState(StrEnum):
    """Where a step of the walk is."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


class Step(QWidget):
    """One numbered step: a disc with its number or a tick, a title and what was chosen there."""

    def __init__(self, number: int, title: str, detail: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self.state = StepState.AHEAD
        self.title = Label(title, bold=True)
        self.detail = Label(detail, kind=Text.CAPTION, tone="muted", wrap=True)
        words = QVBoxLayout(self)
        words.setContentsMargins(38, 0, 0, 0)
        words.setSpacing(1)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        words.addStretch(1)
        self.setMinimumHeight(38)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        look().themeChanged.connect(self.update)
        self.set(StepState.AHEAD, detail)

    def set(self, state: StepState, detail: str = "") -> None:
        """Mark the step and say what was chosen."""
        self.state = state
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.title.set_tone("muted" if state is StepState.AHEAD else "")
        self.setAccessibleName(f"Step {self._number}, {self.title.text()}: {state.value}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        token = {StepState.DONE: "gain", StepState.CURRENT: "environment", StepState.AHEAD: "raised"}[self.state]
        painter.setBrush(look().colour(token))
        disc = QRectF(0, self.height() / 2 - 13, 26, 26)
        painter.drawEllipse(disc)
        if self.state is StepState.DONE:
            paint_icon(painter, "check", disc.adjusted(5, 5, -5, -5), look().colour("ink"))
            return
        painter.setFont(font(bold=True))
        painter.setPen(look().colour("ink" if self.state is StepState.CURRENT else "muted"))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(self._number))


class StepList(QWidget):
    """The steps of a walk, top to bottom."""

    def __init__(self, titles: tuple[str, ...], *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Steps")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(20)
        self.steps = tuple(Step(number, title) for number, title in enumerate(titles, start=1))
        for step in self.steps:
            column.addWidget(step)
        column.addStretch(1)

    def show_progress(self, current: int, details: tuple[str, ...] = ()) -> None:
        """`current` counts from 0; the steps before it are done. `details` are shown in order."""
        for index, step in enumerate(self.steps):
            state = StepState.DONE if index < current else StepState.CURRENT if index == current else StepState.AHEAD
            step.set(state, details[index] if index < len(details) else "")
