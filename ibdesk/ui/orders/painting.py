"""How one cell of a table of orders is drawn: the coloured side, the status in its pill, and the signs to press."""

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ibdesk.ui.format import UNKNOWN
from ibdesk.ui.icons import paint_icon
from ibdesk.ui.models.painting import CellDelegate
from ibdesk.ui.models.positions import AnyIndex
from ibdesk.ui.orders.columns import Kind, mark_words, status_tone
from ibdesk.ui.orders.model import OrdersModel
from ibdesk.ui.orders.rows import Act
from ibdesk.ui.stylesheet import mixed
from ibdesk.ui.theme import look
from ibdesk.ui.widgets.dense_table import FIRST_PAD, PAD

#: The signs of what is done by a small picture, and the words of what is done rarely.
ICONS = {Act.CHANGE: "edit", Act.CANCEL: "cross"}
WORDS = {Act.ANSWER: "Answer…", Act.SETTLE: "Settle…"}
NAMES = {
    Act.CHANGE: "Change this order (Enter)", Act.CANCEL: "Cancel this order (Delete)",
    Act.ANSWER: "Answer the broker’s question (Enter)", Act.SETTLE: "Settle by hand what became of it (Enter)",
}
#: How wide one sign is, logical pixels.
STEP = 26

_SELECTED = QStyle.StateFlag.State_Selected.value
_HOVERED = QStyle.StateFlag.State_MouseOver.value
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ELIDE = Qt.TextElideMode.ElideRight


def act_at(acts: tuple[Act, ...], rect: QRect, point: QPoint) -> Act | None:
    """Which act a point in the cell stands on."""
    if not rect.contains(point):
        return None
    if len(acts) == 1 and acts[0] in WORDS:
        return acts[0]
    return next((act for act, place in zip(acts, _places(acts, rect), strict=True) if place.contains(point)), None)


def _places(acts: tuple[Act, ...], rect: QRect) -> list[QRect]:
    """Where each sign is drawn. Cancelling is always the last, so that it stands in one column."""
    left = rect.right() - PAD - STEP * len(acts) + 5
    return [QRect(left + STEP * at, rect.top(), STEP, rect.height()) for at in range(len(acts))]


class OrderDelegate(CellDelegate):
    """Draws every cell of an `OrdersModel`. `hovered` is what the mouse points at."""

    def __init__(self, model: OrdersModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.hovered: tuple[int, Act] | None = None
        self.dress()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        line, column = index.row(), index.column()
        rect: QRect = option.rect
        state: int = option.state.value
        self._ground(painter, rect, state)
        kind = self._model.columns[column].kind
        if kind is Kind.ORDER:
            self._paint_order(painter, rect, line)
        elif kind is Kind.STATUS:
            self._paint_status(painter, rect, line, column)
        elif kind is Kind.ACTS:
            self._paint_acts(painter, rect, line)
        else:
            self._paint_text(painter, rect, self._model.text(line, column), right=kind is Kind.NUMBER)
        self._draw_ring(painter, rect, state)

    def _ground(self, painter: QPainter, rect: QRect, state: int) -> None:
        if state & _SELECTED:
            painter.fillRect(rect, self._selected)
        elif state & _HOVERED:
            painter.fillRect(rect, self._hovered)
        self._draw_rule(painter, rect)

    def _paint_text(self, painter: QPainter, rect: QRect, text: str, *, right: bool) -> None:
        room = rect.adjusted(PAD, 0, -PAD, 0)
        painter.setFont(self._font)
        painter.setPen(self._muted if self._model.is_dimmed or text == UNKNOWN else self._text)
        if self._metrics.horizontalAdvance(text) > room.width():
            # A number that does not fit is never cut: dots say that the column is too narrow.
            text = "…" if right and text[:1].isdigit() else self._metrics.elidedText(text, _ELIDE, room.width())
        painter.drawText(room, _RIGHT if right else _LEFT, text)

    def _paint_order(self, painter: QPainter, rect: QRect, line: int) -> None:
        room = rect.adjusted(FIRST_PAD, 0, -PAD, 0)
        seen = self._model.seen(line)
        if seen.row.is_below:
            room.setLeft(room.left() + self._branch(painter, room))
        mark = mark_words(seen)
        first, _, rest = self._model.text(line, 0).partition(" ")
        if first in ("Buy", "Sell"):
            painter.setFont(self._bold)
            painter.setPen(self._side(first))
            painter.drawText(room, _LEFT, first)
            room.setLeft(room.left() + self._bold_metrics.horizontalAdvance(first) + 5)
        else:
            rest = f"{first} {rest}".strip()
        free = room.width() - (self._small_metrics.horizontalAdvance(mark) + 20 if mark else 0)
        shown = self._metrics.elidedText(rest, _ELIDE, max(0, free))
        painter.setFont(self._font)
        painter.setPen(self._muted if self._model.is_dimmed else self._text)
        painter.drawText(room, _LEFT, shown)
        if mark:
            room.setLeft(room.left() + self._metrics.horizontalAdvance(shown) + 8)
            self._pill(painter, room, mark, look().colour("muted"), right=False)

    def _branch(self, painter: QPainter, room: QRect) -> int:
        """The line that comes down from the order above; the width it takes."""
        painter.setPen(self._muted)
        left, middle = room.left() + 4, room.center().y()
        painter.drawPolyline([QPoint(left, room.top()), QPoint(left, middle), QPoint(left + 8, middle)])
        return 20

    def _side(self, word: str) -> QPen:
        t = look().tokens
        colour = t.gain if word == "Buy" else t.loss
        return QPen(QColor(mixed(colour, t.surface, 0.6) if self._model.is_dimmed else colour))

    def _paint_status(self, painter: QPainter, rect: QRect, line: int, column: int) -> None:
        tone = status_tone(self._model.seen(line))
        colour = look().colour("muted" if self._model.is_dimmed else tone)
        self._pill(painter, rect.adjusted(PAD, 0, -PAD, 0), self._model.text(line, column), colour, right=True)

    def _pill(self, painter: QPainter, room: QRect, text: str, colour: QColor, *, right: bool) -> None:
        text = self._small_metrics.elidedText(text, _ELIDE, max(0, room.width() - 12))
        if not text:
            return
        width, height = self._small_metrics.horizontalAdvance(text) + 12, self._small_metrics.height() + 3
        left = room.right() - width + 1 if right else room.left()
        box = QRectF(left, room.center().y() - height / 2 + 0.5, width, height)
        self._draw_chip(painter, box, text, QPen(colour))

    def _paint_acts(self, painter: QPainter, rect: QRect, line: int) -> None:
        acts = self._model.row(line).acts
        if len(acts) == 1 and acts[0] in WORDS:
            is_hovered = self.hovered == (line, acts[0])
            painter.setFont(self._font)
            painter.setPen(look().colour("accent" if is_hovered else "text"))
            painter.drawText(rect.adjusted(0, 0, -PAD, 0), _RIGHT, WORDS[acts[0]])
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for act, place in zip(acts, _places(acts, rect), strict=True):
            is_hovered = self.hovered == (line, act)
            tone = ("loss" if act is Act.CANCEL else "accent") if is_hovered else "muted"
            area = QRectF(place.center().x() - 7, place.center().y() - 7, 14, 14)
            paint_icon(painter, ICONS[act], area, look().colour(tone))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
