"""The limit between bid, mid and ask: drag it, or step it by the broker's ticks with the arrow keys."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from ibdesk.domain.ticket_prices import Shown
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.ticket.wording import price_words, side_price

_PARTS = 1000
_KNOB = 6.5
_KEYS = {
    Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10,
    Qt.Key.Key_PageDown: -10,
}
_PLACES = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0, Qt.Key.Key_M: 0.5}


class PriceSlider(QSlider):
    """`placed(where)` from bid (0.0) to ask (1.0); `stepped(ticks)` from the keys. M is the mid."""

    placed = Signal(float)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._shown = Shown(bid=None, mid=None, ask=None, limit=None, is_credit=False)
        self.setRange(0, _PARTS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Limit between bid and ask")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Left and Right move the limit by one step, Page Up and Down by ten; M is the mid")
        look().themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, 36)

    def tell(self, shown: Shown, *, is_combo: bool) -> None:
        """Show a quote and a limit."""
        if shown == self._shown:
            return
        self._shown = shown
        place = shown.place
        self.setEnabled(shown.bid is not None and shown.ask is not None)
        if place is not None and not self.isSliderDown():
            self.setValue(round(place * _PARTS))
        words = ", ".join(side_price(name, shown) for name in ("Bid", "Mid", "Ask"))
        self.setAccessibleDescription(f"{words}; limit {price_words(shown, is_combo=is_combo) or 'none'}")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _KEYS:
            self.stepped.emit(_KEYS[key])
        elif key in _PLACES:
            self.placed.emit(_PLACES[key])
        elif key == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(Text.CAPTION))
        painter.setPen(look().colour("muted"))
        for name, way in (("Bid", Qt.AlignmentFlag.AlignLeft), ("Mid", Qt.AlignmentFlag.AlignHCenter),
                          ("Ask", Qt.AlignmentFlag.AlignRight)):  # fmt: skip
            painter.drawText(self.rect().adjusted(1, 0, -1, 0), way | Qt.AlignmentFlag.AlignTop,
                             side_price(name, self._shown))  # fmt: skip
        track = QRectF(0, self.height() - 12, self.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("raised"))
        painter.drawRoundedRect(track, 2, 2)
        painter.setBrush(look().colour("line"))
        painter.drawRect(QRectF(self.width() / 2 - 0.5, track.top() - 2, 1, 8))
        self._paint_knob(painter, track)

    def _paint_knob(self, painter: QPainter, track: QRectF) -> None:
        """Hollow where the limit is beyond bid or ask: the knob then stands at the end it is past."""
        place, limit = self._shown.place, self._shown.limit
        if place is None or limit is None or self._shown.bid is None or self._shown.ask is None:
            return
        is_inside = self._shown.bid <= limit <= self._shown.ask
        middle = QPointF(_KNOB + place * (self.width() - 2 * _KNOB), track.center().y())
        accent = look().colour("accent")
        painter.setPen(QPen(accent, 2))
        painter.setBrush(accent if is_inside else look().colour("surface"))
        painter.drawEllipse(middle, _KNOB - 1, _KNOB - 1)
        if self.hasFocus():
            painter.setPen(QPen(look().colour("text"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, _KNOB + 1, _KNOB + 1)

    def _drag(self, event: QMouseEvent) -> None:
        room = max(1.0, self.width() - 2 * _KNOB)
        place = min(1.0, max(0.0, (event.position().x() - _KNOB) / room))
        self.setValue(round(place * _PARTS))
        self.placed.emit(place)
