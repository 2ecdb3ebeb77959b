"""How one cell of the chain is drawn: in the money shaded, the line at the price, legs outlined, changes fading."""

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ibdesk.domain.orders import Side
from ibdesk.ui.chain.columns import COLUMNS, STRIKE, Field
from ibdesk.ui.chain.model import ChainModel
from ibdesk.ui.format import UNKNOWN
from ibdesk.ui.models.painting import CellDelegate
from ibdesk.ui.models.positions import AnyIndex
from ibdesk.ui.stylesheet import mixed
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.dense_table import PAD

_HOVERED = QStyle.StateFlag.State_MouseOver.value
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class ChainDelegate(CellDelegate):
    """Draws every cell of a `ChainModel`. `current` is the line that the keys act on."""

    def __init__(self, model: ChainModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.current = (-1, -1)
        self.dress()

    def dress(self) -> None:
        super().dress()
        t = look().tokens
        self._slanted = font(Text.TABLE)
        self._slanted.setItalic(True)
        # What is sure to fit is not measured: measuring costs as much as drawing. Letters count as the widest there is.
        self._widths = {each: self._metrics.horizontalAdvance(each) for each in "0123456789,.−—"}
        self._widest = self._metrics.maxWidth()
        self._faint, self._spot = QPen(QColor(t.faint)), QPen(QColor(t.accent), 2)
        shade = 0.09 if t.is_dark else 0.07
        self._inside = QBrush(QColor(mixed(t.accent, t.surface, shade)))
        self._middle = QBrush(QColor(mixed(t.raised, t.surface, 0.75)))
        over = QColor(t.text)
        over.setAlphaF(0.05)
        self._hovered = QBrush(over)
        self._line = QColor(t.accent)
        self._line.setAlphaF(0.10)
        self._edges = {Side.BUY: QPen(QColor(t.gain), 1), Side.SELL: QPen(QColor(t.loss), 1)}
        self._fills = {Side.BUY: QBrush(QColor(mixed(t.gain, t.surface, 0.17))),
                       Side.SELL: QBrush(QColor(mixed(t.loss, t.surface, 0.17)))}  # fmt: skip

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        line, column = index.row(), index.column()
        rect: QRect = option.rect
        state: int = option.state.value
        self._ground(painter, rect, state, line, column)
        self._write(painter, rect, line, column)
        self._outline(painter, rect, line, column)
        self._draw_ring(painter, rect, state)

    def _ground(self, painter: QPainter, rect: QRect, state: int, line: int, column: int) -> None:
        model = self._model
        if column == STRIKE:
            painter.fillRect(rect, self._middle)
        elif model.is_in_the_money(line, column):
            painter.fillRect(rect, self._inside)
        if line == self.current[0]:
            painter.fillRect(rect, self._line)
        elif state & _HOVERED:
            painter.fillRect(rect, self._hovered)
        leg = model.leg_at(line, column)
        if leg is not None:
            painter.fillRect(rect, self._fills[leg.side])
        strength = model.flash(line, column)
        if strength:
            self._flash.setAlphaF(0.24 * strength)
            painter.fillRect(rect, self._flash)
        self._draw_rule(painter, rect)
        if line == model.spot_line and line > 0:
            painter.setPen(self._spot)
            painter.drawLine(rect.left(), rect.top(), rect.right() + 1, rect.top())

    def _write(self, painter: QPainter, rect: QRect, line: int, column: int) -> None:
        text, is_modelled = self._model.cell(line, column)
        kind = COLUMNS[column]
        if column == STRIKE:
            painter.setFont(self._bold)
            painter.setPen(self._muted if self._model.is_dimmed else self._text)
            painter.drawText(rect, _CENTRE, text)
            return
        painter.setFont(self._slanted if is_modelled else self._font)
        if self._model.is_dimmed or text == UNKNOWN:
            painter.setPen(self._faint)
        else:
            painter.setPen(self._muted if kind.is_quiet or is_modelled else self._text)
        room = rect.adjusted(2, 0, -PAD, 0)
        if self._at_most(text) > room.width() < self._metrics.horizontalAdvance(text):
            text = "…"  # a number that does not fit is never cut
        painter.drawText(room, _RIGHT, text)

    def _at_most(self, text: str) -> int:
        """No text is wider than its letters one by one."""
        return sum([self._widths.get(each, self._widest) for each in text])

    def _outline(self, painter: QPainter, rect: QRect, line: int, column: int) -> None:
        """Bid and ask of a leg are one frame; its ratio stands where a press raises it."""
        leg = self._model.leg_at(line, column)
        if leg is None:
            return
        painter.setPen(self._edges[leg.side])
        left, right, top, bottom = rect.left(), rect.right(), rect.top(), rect.bottom() - 1
        painter.drawLine(left, top, right, top)
        painter.drawLine(left, bottom, right, bottom)
        painter.drawLine(left, top, left, bottom) if COLUMNS[column].field is Field.BID else painter.drawLine(
            right, top, right, bottom)
        if leg.ratio > 1 and COLUMNS[column].side is leg.side:
            painter.setFont(self._bold)
            painter.drawText(rect.adjusted(4, 0, 0, 0), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
                             f"{leg.ratio}×")
