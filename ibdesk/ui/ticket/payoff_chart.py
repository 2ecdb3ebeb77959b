"""The payoff as a picture: profit over the underlying's price at the end and today, where it is now, and both extremes.

Drawn from points that domain made; the only sums here are pixels.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.ticket_outlook import Outlook, points_of, window_of
from ibdesk.ui import format as fmt
from ibdesk.ui.charts.plot import Floats, floats
from ibdesk.ui.theme import Text, look
from ibdesk.ui.ticket.prospects import break_even_words, extreme_words
from ibdesk.ui.widgets import Label

_HEIGHT = 118
_SHADE = 0.16
_TOP, _BOTTOM = 19, 17  # pixels of air for the words above and below the lines


class PayoffChart(pg.PlotWidget):  # type: ignore[misc]
    """One ticket's payoff. Nothing in it can be moved: the wheel scrolls the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Payoff")
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            item.hideAxis(side)
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=False, y=False)
        item.setContentsMargins(0, 0, 0, 0)
        self._gain, self._loss = (pg.PlotDataItem(fillLevel=0.0, pen=None) for _ in range(2))
        self._zero = pg.InfiniteLine(angle=0, pos=0.0)
        self._spot = pg.InfiniteLine(angle=90)
        self._end, self._today = pg.PlotDataItem(antialias=True), pg.PlotDataItem(antialias=True)
        for part in (self._gain, self._loss, self._zero, self._spot, self._today, self._end):
            self.addItem(part)
        self.spot_words, self.gain_words, self.loss_words, self.even_words = (
            self._word(tone) for tone in ("muted", "gain", "loss", "muted"))  # fmt: skip
        self._at: float | None = None
        self._reach = (0.0, 1.0)
        look().themeChanged.connect(self.dress)
        self.dress()

    def sizeHint(self) -> QSize:
        return QSize(300, _HEIGHT)

    def set_height(self, pixels: int) -> None:
        if pixels != self.height():
            self.setFixedHeight(pixels)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def draw(self, ticket: OrderTicket, outlook: Outlook) -> None:
        """Show a ticket's prospects, or nothing where there are none."""
        window = window_of(ticket, outlook)
        if window is None or outlook.at_end is None:
            self._clear()
            return
        ends = points_of(outlook.at_end, *window)
        today = points_of(outlook.today, *window) if outlook.today is not None else ()
        x, y = _columns(ends)
        self._gain.setData(x, np.maximum(y, 0.0))
        self._loss.setData(x, np.minimum(y, 0.0))
        self._end.setData(x, y)
        self._today.setData(*_columns(today))
        both = np.concatenate((y, _columns(today)[1], np.zeros(1)))
        self._reach = float(both.min()), float(both.max())
        self.setXRange(float(x[0]), float(x[-1]), padding=0)
        self._frame()
        self._place_spot(outlook.spot)
        currency = ticket.currency or ""
        self.gain_words.setText(extreme_words("Max gain", outlook.at_end.max_gain, currency, sign="+"))
        self.loss_words.setText(extreme_words("Max loss", outlook.at_end.max_loss, currency, sign="\N{MINUS SIGN}"))
        self.even_words.setText(break_even_words(outlook.at_end))
        words = (self.gain_words, self.loss_words, self.even_words)
        self.setAccessibleDescription(". ".join(word.text() for word in words if word.text()))
        for word in words:
            word.setVisible(bool(word.text()))
            word.adjustSize()
        self._lay_words()

    def dress(self) -> None:
        """Wear the current theme."""
        t = look()
        self.setBackground(t.colour("surface"))
        self._end.setPen(_pen(t.colour("text"), 2.0))
        self._today.setPen(_pen(t.colour("accent"), 1.5, Qt.PenStyle.DashLine))
        self._zero.setPen(_pen(t.colour("line"), 1.0))
        self._spot.setPen(_pen(t.colour("faint"), 1.0, Qt.PenStyle.DotLine))
        for item, token in ((self._gain, "gain"), (self._loss, "loss")):
            shade = QColor(t.colour(token))
            shade.setAlphaF(_SHADE)
            item.setFillBrush(shade)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "spot_words"):  # the first one comes while it is being built
            self._frame()
            self._lay_words()

    def _word(self, tone: str) -> Label:
        made = Label("", kind=Text.CAPTION, tone=tone, parent=self)
        made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        made.hide()
        return made

    def _clear(self) -> None:
        nothing = _columns(())
        for item in (self._gain, self._loss, self._end, self._today):
            item.setData(*nothing)
        self._at = None
        self._spot.hide()
        for word in (self.spot_words, self.gain_words, self.loss_words, self.even_words):
            word.hide()
        self.setAccessibleDescription("No payoff yet")

    def _frame(self) -> None:
        """All of the lines, with air in which the words stand."""
        low, high = self._reach
        each = ((high - low) or 1.0) / max(1.0, self.height() - _TOP - _BOTTOM)
        self.setYRange(low - each * _BOTTOM, high + each * _TOP, padding=0)

    def _place_spot(self, spot: Decimal | None) -> None:
        self._at = None if spot is None else float(spot)
        self._spot.setVisible(spot is not None)
        self.spot_words.setVisible(spot is not None)
        if self._at is not None:
            self._spot.setPos(self._at)
            self.spot_words.setText(fmt.price(spot))
            self.spot_words.adjustSize()

    def _lay_words(self) -> None:
        """The price beside its line at the top; the extremes where their line is, never over the price."""
        if self._at is not None:
            pixel = int(self.mapFromScene(self.getPlotItem().vb.mapViewToScene(QPointF(self._at, 0.0))).x())
            fits = pixel + 6 + self.spot_words.width() < self.width()
            self.spot_words.move(pixel + 5 if fits else pixel - 5 - self.spot_words.width(), 0)
        busy = self.spot_words.geometry() if self.spot_words.isVisibleTo(self) else None
        right = self.width() - self.gain_words.width() - 2
        is_free = busy is None or busy.right() + 8 < right or busy.left() > right + self.gain_words.width()
        self.gain_words.move(right if is_free else 2, 2)
        bottom = self.height() - self.loss_words.height() - 1
        self.loss_words.move(2, bottom)
        self.even_words.move(self.width() - self.even_words.width() - 2, bottom)


def _columns(points: Sequence[tuple[Decimal, Decimal]]) -> tuple[Floats, Floats]:
    return floats(x for x, _ in points), floats(y for _, y in points)


def _pen(colour: QColor, width: float, style: Any = Qt.PenStyle.SolidLine) -> QPen:
    made = QPen(colour, width, style)
    made.setCosmetic(True)
    made.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return made
