"""One lamp of the session: its shape and colour, and its row with statement, age, deadline and button."""

from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.session import NextStep
from ibdesk.domain.truth import Lamp, LampState, Light
from ibdesk.ui.session import wording
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Button, Label

#: Columns of a row, in pixels: the mark, the name, and the times at the right.
MARK, NAME, TIMES = 14, 104, 208


class LampRow(QWidget):
    """One of the five. `wanted` carries the command of its button."""

    wanted = Signal(str)

    def __init__(self, lamp: Lamp, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = LampState(lamp=lamp, light=Light.UNKNOWN, text="Not looked at yet")
        self.mark = LampMark()
        self.word = Label("", kind=Text.CAPTION)
        self.text = Label("", wrap=True)
        self.reason = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.due = Label("", kind=Text.CAPTION, wrap=True)
        self.age = Label("", kind=Text.CAPTION, tone="muted")
        self.button = Button("")
        self.button.hide()
        self.button.clicked.connect(lambda: self.wanted.emit(wording.ACTIONS[self._state.action][1]))
        self._lay_out(Label(wording.TITLES[lamp], bold=True))

    def show_lamp(self, state: LampState, now: datetime, *, hide: NextStep = NextStep.NONE) -> None:
        """Show how it stands; the step `hide` is offered elsewhere and needs no second button here."""
        self._state = state
        word, tone = wording.LIGHTS[state.light]
        self.mark.set(state.light)
        self.word.setText(word)
        self.word.set_tone(tone)
        self.text.setText(state.text)
        self.reason.setText(state.reason)
        self.reason.setVisible(bool(state.reason))
        action = wording.ACTIONS.get(state.action) if state.action is not hide else None
        self.button.setVisible(action is not None)
        if action is not None:
            self.button.setText(action[0])
            self.button.setAccessibleName(f"{wording.TITLES[state.lamp]}: {action[0]}")
        self.show_time(now)

    def show_time(self, now: datetime) -> None:
        """A second passed."""
        self.age.setText(wording.seen(self._state, now))
        self.due.setText(wording.due(self._state, now))
        self.due.setVisible(bool(self.due.text()))
        self.setAccessibleName(wording.described(self._state, now))

    def _lay_out(self, title: Label) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(12)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        name = _column(title, self.word)
        name.setFixedWidth(NAME)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(_column(self.text, self.reason), 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        for label in (self.due, self.age):
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
        times = _column(self.due, self.age)
        times.setFixedWidth(TIMES)
        row.addWidget(times, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)


def _column(*labels: Label) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    for label in labels:
        column.addWidget(label)
    return made


class LampMark(QWidget):
    """The lamp's shape in its colour."""

    def __init__(self, size: int = MARK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.light = Light.UNKNOWN
        self.setFixedSize(size, size + 4)
        look().themeChanged.connect(self.update)

    def set(self, light: Light) -> None:
        """Show another light."""
        if light is not self.light:
            self.light = light
            self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        side = self.width() - 3.0
        paint_light(QPainter(self), QRectF(1.5, 3.0, side, side), self.light)


def paint_light(painter: QPainter, box: QRectF, light: Light) -> None:
    """Draw a light into a square; its shape alone tells it: disc, half disc, two bars, triangle, cross, ring."""
    colour = look().colour(wording.LIGHTS[light][1])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, max(1.6, box.width() / 6))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match light:
        case Light.GOOD:
            painter.setBrush(colour)
            painter.drawEllipse(box)
        case Light.WAITING:
            _paint_half(painter, box, colour)
        case Light.EXPECTED:
            for share in (0.25, 0.75):
                x = box.left() + box.width() * share
                painter.drawLine(QPointF(x, box.top() + 1), QPointF(x, box.bottom() - 1))
        case Light.WARN:
            painter.setBrush(colour)
            painter.drawPolygon(
                QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
        case Light.BAD:
            inner = box.adjusted(1, 1, -1, -1)
            painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawLine(inner.topRight(), inner.bottomLeft())
        case Light.UNKNOWN:
            painter.drawEllipse(box)


def _paint_half(painter: QPainter, box: QRectF, colour: QColor) -> None:
    painter.drawEllipse(box)
    painter.setBrush(colour)
    painter.drawPie(box, 90 * 16, 180 * 16)
