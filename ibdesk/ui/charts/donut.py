"""The allocation ring: painted by hand, with a hole for the whole and a slice that answers the pointer and the keys."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ibdesk.ui.theme import Text, font, look

#: Slices thinner than this are still drawn this wide (degrees), so that they can be seen and pointed at.
THINNEST = 1.6
HOLE = 0.66


def series_colour(at: int) -> QColor:
    """The colour of the slice or line with this place; they come round again after the last."""
    series = look().tokens.series
    return QColor(series[at % len(series)])


class Slice(NamedTuple):
    """One part: its size as a share of one, and its words."""

    name: str
    share: float
    words: str
    is_short: bool = False


class Donut(QWidget):
    """A ring of slices; short values (owed, not owned) are hatched. `pointed` tells which slice is meant, −1: none."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slices: tuple[Slice, ...] = ()
        self._caption, self._value = "", ""
        self._at, self._age = -1, ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look().themeChanged.connect(self.update)

    def set(self, slices: Sequence[Slice], *, caption: str, value: str) -> None:
        """Show these parts, largest first, and the whole in the middle."""
        self._slices, self._caption, self._value = tuple(slices), caption, value
        self._at = -1
        self.setAccessibleName(f"Allocation, {caption} {value}")
        self.setAccessibleDescription("; ".join(f"{each.name} {each.words}" for each in self._slices))
        self.update()

    def set_stale(self, age: str) -> None:
        """Draw the ring paler and say how old it is, e.g. "3 min ago"; empty makes it fresh again."""
        if age != self._age:
            self._age = age
            self.update()

    def point_at(self, at: int) -> None:
        """Emphasise one slice; −1 for none."""
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(168, 168)

    def angles(self) -> list[tuple[float, float]]:
        """Start and width of every slice in degrees, clockwise from the top; they fill the circle."""
        if not self._slices:
            return []
        widths = [max(THINNEST, each.share * 360) for each in self._slices]
        spread = 360 / sum(widths)
        starts, at = [], 0.0
        for width in widths:
            starts.append((at, width * spread))
            at += width * spread
        return starts

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = self._ring()
        painter.setOpacity(0.55 if self._age else 1.0)
        for at, (start, width) in enumerate(self.angles()):
            self._paint_slice(painter, ring, at, start, width)
        painter.setOpacity(1.0)
        self._paint_middle(painter, ring)
        if self.hasFocus():
            painter.setPen(QPen(look().colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(ring.adjusted(-3, -3, 3, 3))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.point_at(self._slice_under(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:
        self.point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(
            Qt.Key(event.key()), 0
        )
        if step and self._slices:
            self.point_at((self._at + step) % len(self._slices))
        else:
            super().keyPressEvent(event)

    def _ring(self) -> QRectF:
        side = min(self.width(), self.height(), 220) - 8.0
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _paint_slice(self, painter: QPainter, ring: QRectF, at: int, start: float, width: float) -> None:
        path = self._path(ring.adjusted(-2, -2, 2, 2) if at == self._at else ring, start, width)
        painter.setPen(QPen(look().colour("surface"), 1.5 if len(self._slices) > 1 else 0))
        painter.setBrush(series_colour(at))
        painter.drawPath(path)
        if self._slices[at].is_short:
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
            painter.drawPath(path)

    @staticmethod
    def _path(ring: QRectF, start: float, width: float) -> QPainterPath:
        hole = ring.width() * (1 - HOLE) / 2
        inner = ring.adjusted(hole, hole, -hole, -hole)
        path = QPainterPath()
        # Qt counts degrees against the clock from three o'clock.
        path.arcMoveTo(ring, 90 - start)
        path.arcTo(ring, 90 - start, -width)
        path.arcTo(inner, 90 - start - width, width)
        path.closeSubpath()
        return path

    def _paint_middle(self, painter: QPainter, ring: QRectF) -> None:
        chosen = self._slices[self._at] if 0 <= self._at < len(self._slices) else None
        caption, value = (chosen.name, chosen.words) if chosen else (self._age or self._caption, self._value)
        small, bold = font(Text.CAPTION), font(Text.BASE, bold=True)
        middle, room = ring.center(), ring.width() * HOLE - 12
        painter.setFont(small)
        painter.setPen(look().colour("warn" if self._age and chosen is None else "muted"))
        text = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(middle.x() - room / 2, middle.y() - 18, room, 18), Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(bold)
        painter.setPen(look().colour("muted" if self._age else "text"))
        painter.drawText(QRectF(middle.x() - room / 2, middle.y(), room, 20), Qt.AlignmentFlag.AlignCenter, value)

    def _slice_under(self, where: QPointF) -> int:
        ring = self._ring()
        away = where - ring.center()
        distance = math.hypot(away.x(), away.y())
        if not ring.width() / 2 * HOLE - 4 <= distance <= ring.width() / 2 + 4:
            return -1
        angle = math.degrees(math.atan2(away.x(), -away.y())) % 360
        return next((at for at, (start, width) in enumerate(self.angles()) if start <= angle < start + width), -1)
