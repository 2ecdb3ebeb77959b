"""How cells are drawn: what all tables have in common, and all of the positions: text, chip, sparkline and flash.

One Python call a cell instead of Qt's seven data() questions through a stylesheet; pens, colours and fonts are made
once for each theme. Selection and focus stay the view's, so keyboard and screen readers lose nothing.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ibdesk.ui.charts import sparkline
from ibdesk.ui.format import UNKNOWN
from ibdesk.ui.models.arrangement import GroupLine
from ibdesk.ui.models.columns import Kind
from ibdesk.ui.models.positions import AnyIndex, PositionModel
from ibdesk.ui.stylesheet import mixed
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.dense_table import FIRST_PAD, PAD

if TYPE_CHECKING:
    from ibdesk.ui.models.live import LiveModel

_SELECTED = QStyle.StateFlag.State_Selected.value
_FOCUSED = QStyle.StateFlag.State_HasFocus.value
_HOVERED = QStyle.StateFlag.State_MouseOver.value
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_ELIDE = Qt.TextElideMode.ElideRight
_NO_BRUSH = Qt.BrushStyle.NoBrush
_NO_PEN = Qt.PenStyle.NoPen


class CellDelegate(QStyledItemDelegate):
    """Fonts, pens and brushes of the theme, and what every cell is drawn on. Whoever inherits calls `dress` once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        look().themeChanged.connect(self.dress)

    def dress(self) -> None:
        """Make pens, brushes and fonts of the current theme."""
        t = look().tokens
        self._font, self._bold, self._small = font(Text.TABLE), font(Text.TABLE, bold=True), font(Text.CAPTION)
        self._metrics, self._bold_metrics = QFontMetrics(self._font), QFontMetrics(self._bold)
        self._small_metrics = QFontMetrics(self._small)
        self._text, self._muted = QPen(QColor(t.text)), QPen(QColor(t.muted))
        self._rule = QPen(QColor(mixed(t.line, t.surface, 0.55)))
        self._ring = QPen(QColor(t.accent), 1)
        self._selected = QBrush(QColor(mixed(t.accent, t.surface, 0.16)))
        self._hovered = QBrush(QColor(mixed(t.text, t.surface, 0.03)))
        self._chip = QBrush(QColor(t.raised))
        self._flash = QColor(t.accent)

    def _draw_rule(self, painter: QPainter, rect: QRect) -> None:
        """The line below a row."""
        painter.setPen(self._rule)
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())

    def _draw_ring(self, painter: QPainter, rect: QRect, state: int) -> None:
        """The ring around the cell that has the keyboard."""
        if state & _FOCUSED:
            painter.setPen(self._ring)
            painter.setBrush(_NO_BRUSH)
            painter.drawRect(rect.adjusted(0, 0, -1, -2))

    def _draw_chip(self, painter: QPainter, box: QRectF, text: str, pen: QPen) -> None:
        """Small words on a rounded ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(_NO_PEN)
        painter.setBrush(self._chip)
        painter.drawRoundedRect(box, 5, 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(self._small)
        painter.setPen(pen)
        painter.drawText(box, _CENTRE, text)


class PositionDelegate(CellDelegate):
    """Draws every cell of a `PositionModel`."""

    def __init__(self, model: "PositionModel | LiveModel", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._kinds = [column.kind for column in model.columns]
        self._lines: dict[tuple[int, int, int], QPolygonF] = {}
        model.modelReset.connect(self._lines.clear)
        model.layoutChanged.connect(self._lines.clear)
        self.dress()

    def dress(self) -> None:
        super().dress()
        t = look().tokens
        # What is sure to fit is not measured: measuring costs as much as drawing.
        self._widest_digit = max(self._metrics.horizontalAdvance(each) for each in "0123456789,.+%−–€$£¥")
        self._pens = {0: QPen(QColor(t.text)), 1: QPen(QColor(t.gain)), -1: QPen(QColor(t.loss))}
        self._pale = {
            0: QPen(QColor(t.muted)), 1: QPen(QColor(mixed(t.gain, t.surface, 0.6))),
            -1: QPen(QColor(mixed(t.loss, t.surface, 0.6))),
        }
        self._spark = {1: QPen(QColor(t.gain), 1.4), -1: QPen(QColor(t.loss), 1.4), 0: QPen(QColor(t.muted), 1.4)}
        self._group = QBrush(QColor(mixed(t.raised, t.surface, 0.6)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        line, column = index.row(), index.column()
        rect: QRect = option.rect
        state: int = option.state.value
        entry = self._model.line(line)
        self._ground(painter, rect, state, line, column, grouped=not isinstance(entry, int))
        if not isinstance(entry, int):
            self._paint_group(painter, rect, entry, line, column)
        else:
            kind = self._kinds[column]
            if kind is Kind.INSTRUMENT:
                self._paint_instrument(painter, rect, line)
            elif kind is Kind.CHIP:
                self._paint_chip(painter, rect, line, column)
            elif kind is Kind.TREND:
                self._paint_trend(painter, rect, line, entry)
            else:
                self._paint_text(painter, rect, line, column, right=kind is not Kind.TEXT)
        self._draw_ring(painter, rect, state)

    def _ground(self, painter: QPainter, rect: QRect, state: int, line: int, column: int, *, grouped: bool) -> None:
        if state & _SELECTED:
            painter.fillRect(rect, self._selected)
        elif grouped:
            painter.fillRect(rect, self._group)
        elif state & _HOVERED:
            painter.fillRect(rect, self._hovered)
        strength = self._model.flash(line, column)
        if strength:
            self._flash.setAlphaF(0.22 * strength)
            painter.fillRect(rect, self._flash)
        self._draw_rule(painter, rect)

    def _is_pale(self, _line: int) -> bool:
        """Whether a line's figures are old: here all are, or none."""
        return self._model.is_dimmed

    def _paint_text(self, painter: QPainter, rect: QRect, line: int, column: int, *, right: bool) -> None:
        text, sign = self._model.cell(line, column)
        painter.setFont(self._font)
        painter.setPen((self._pale if self._is_pale(line) else self._pens)[sign])
        room = rect.adjusted(PAD if column else FIRST_PAD, 0, -PAD, 0)
        sure = right and len(text) * self._widest_digit <= room.width()
        if not sure and self._metrics.horizontalAdvance(text) > room.width():
            # A number that does not fit is never cut: dots say that the column is too narrow.
            text = "…" if right else self._metrics.elidedText(text, _ELIDE, room.width())
        painter.drawText(room, _RIGHT if right else _LEFT, text)

    def _paint_instrument(self, painter: QPainter, rect: QRect, line: int) -> None:
        instrument = self._model.instrument_at(line)
        if instrument is None:
            return
        room = rect.adjusted(FIRST_PAD, 0, -PAD, 0)
        label = self._bold_metrics.elidedText(instrument.label, _ELIDE, room.width())
        painter.setFont(self._bold)
        painter.setPen((self._pale if self._is_pale(line) else self._pens)[0])
        painter.drawText(room, _LEFT, label)
        rest = room.adjusted(self._bold_metrics.horizontalAdvance(label) + 8, 0, 0, 0)
        if instrument.name and rest.width() > 24:
            painter.setFont(self._font)
            painter.setPen(self._muted)
            painter.drawText(rest, _LEFT, self._metrics.elidedText(instrument.name, _ELIDE, rest.width()))

    def _paint_chip(self, painter: QPainter, rect: QRect, line: int, column: int) -> None:
        text = self._model.cell(line, column).text
        width = min(self._small_metrics.horizontalAdvance(text) + 12, rect.width() - PAD - 2)
        height = self._small_metrics.height() + 2
        box = QRectF(rect.left() + PAD, rect.center().y() - height / 2 + 0.5, width, height)
        self._draw_chip(painter, box, text, self._muted)

    def _paint_trend(self, painter: QPainter, rect: QRect, line: int, entry: int) -> None:
        trend = self._model.trend_at(line)
        if len(trend) < 2:
            painter.setFont(self._font)
            painter.setPen(self._muted)
            painter.drawText(rect.adjusted(PAD, 0, -PAD, 0), _RIGHT, UNKNOWN)
            return
        key = (entry, rect.width(), rect.height())
        drawn = self._lines.get(key)
        if drawn is None:
            height = rect.height()
            drawn = sparkline.polyline(trend, QRectF(PAD, height * 0.24, rect.width() - 2 * PAD, height * 0.5))
            self._lines[key] = drawn
        painter.translate(rect.topLeft())
        sparkline.paint(painter, drawn, self._muted if self._is_pale(line) else self._spark[sparkline.way(trend)])
        painter.translate(-rect.topLeft())

    def _paint_group(self, painter: QPainter, rect: QRect, group: GroupLine, line: int, column: int) -> None:
        text, sign = self._model.cell(line, column)
        painter.setFont(self._bold)
        painter.setPen(self._pens[sign])
        if column:
            painter.drawText(rect.adjusted(PAD, 0, -PAD, 0), _RIGHT, text)
            return
        painter.drawText(rect.adjusted(FIRST_PAD, 0, 0, 0), _LEFT, "▸" if group.is_closed else "▾")
        painter.drawText(rect.adjusted(FIRST_PAD + 16, 0, -PAD, 0), _LEFT, text)


class LiveDelegate(PositionDelegate):
    """Draws every cell of a `LiveModel`, whose lines grow old one by one."""

    def __init__(self, model: "LiveModel", parent: QObject | None = None) -> None:
        super().__init__(model, parent)
        self._live = model

    def _is_pale(self, line: int) -> bool:
        return self._live.is_pale(line)
