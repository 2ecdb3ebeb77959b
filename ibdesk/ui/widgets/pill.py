"""A state in one line that can be pressed: a dot whose shape tells as much as its colour, and a text."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ibdesk.ui.icons import SCALES
from ibdesk.ui.theme import look
from ibdesk.ui.widgets.labels import hold_size

#: good: filled dot, warn: half, bad: cross, idle: ring. Colour alone never tells.
SHAPES = {"gain": "disc", "warn": "half", "loss": "cross", "muted": "ring", "accent": "disc", "": "none"}


class Pill(QPushButton):
    """A dot and a text. `tone` is gain, warn, loss, muted (nothing known) or "" for no dot."""

    def __init__(self, text: str = "", *, tone: str = "", name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone, self._name = tone, name
        self.setProperty("kind", "pill")
        self.setAutoDefault(False)
        self.setIconSize(QSize(10, 10))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        look().themeChanged.connect(self._draw)
        self.set(text, tone=tone)

    def set(self, text: str, *, tone: str = "", tip: str = "") -> None:
        """Show a state; the tooltip has room for the whole story."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"{self._name}: {text}" if self._name else text)
        if tip != self.toolTip():
            self.setToolTip(tip)
        if tone != self._tone or self.icon().isNull():
            self._tone = tone
            self._draw()
        hold_size(self)

    @property
    def tone(self) -> str:
        return self._tone

    def _draw(self) -> None:
        self.setIcon(dot(self._tone))


def dot(tone: str) -> QIcon:
    """The mark of a state as an icon of 10 logical pixels."""
    made = QIcon()
    if SHAPES[tone] == "none":
        return made
    for scale in SCALES:
        pixels = QPixmap(round(10 * scale), round(10 * scale))
        pixels.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixels)
        painter.scale(scale, scale)
        paint_dot(painter, QPointF(5, 5), tone)
        painter.end()
        pixels.setDevicePixelRatio(scale)
        made.addPixmap(pixels)
    return made


def paint_dot(painter: QPainter, centre: QPointF, tone: str) -> None:
    """Draw a state's mark, 8 pixels wide, around `centre`."""
    colour, shape = look().colour(tone or "muted"), SHAPES[tone]
    box = QRectF(centre.x() - 3.5, centre.y() - 3.5, 7, 7)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6))
    painter.setBrush(colour if shape == "disc" else Qt.BrushStyle.NoBrush)
    if shape == "cross":
        painter.drawLine(box.topLeft(), box.bottomRight())
        painter.drawLine(box.topRight(), box.bottomLeft())
        return
    painter.drawEllipse(box)
    if shape == "half":
        painter.setBrush(colour)
        painter.drawPie(box, 90 * 16, 180 * 16)
