"""A small line of closes inside a table's cell: its shape, drawn in the colour of where it went."""

from collections.abc import Sequence
from typing import SupportsFloat

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF


def polyline(values: Sequence[SupportsFloat], area: QRectF) -> QPolygonF:
    """The values spread over the area, lowest at the bottom; a flat line lies in the middle."""
    heights = [float(value) for value in values]
    low, high = min(heights), max(heights)
    step = area.width() / max(1, len(heights) - 1)
    scale = area.height() / (high - low) if high > low else 0.0
    middle = area.center().y()
    return QPolygonF([
        QPointF(area.left() + at * step, area.bottom() - (height - low) * scale if scale else middle)
        for at, height in enumerate(heights)
    ])


def way(values: Sequence[SupportsFloat]) -> int:
    """−1, 0 or 1: where the values ended compared with where they began."""
    if len(values) < 2:
        return 0
    first, last = float(values[0]), float(values[-1])
    return (last > first) - (last < first)


def paint(painter: QPainter, line: QPolygonF, pen: QPen) -> None:
    """Draw one line, smooth."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen)
    painter.drawPolyline(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
