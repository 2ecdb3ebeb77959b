"""The legs of a ticket, a row each: side, what, its price now; flipped, weighted and removed in place or by keys."""

from collections.abc import Mapping
from datetime import date

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.orders import Leg, OrderTicket, Side
from ibdesk.ui import format as fmt
from ibdesk.ui.orders.words import instrument_words
from ibdesk.ui.theme import look, metrics
from ibdesk.ui.ticket.wording import SIDE_TONES, SIDES, leg_size
from ibdesk.ui.widgets import IconButton, Label

_LATE = {Delay.DELAYED: "delayed", Delay.FROZEN: "frozen", Delay.FROZEN_DELAYED: "frozen"}


class LegRow(QFrame):
    """One leg. Space flips its side, + and − change its ratio, Delete removes it."""

    flipped = Signal(object)
    weighted = Signal(object, int)
    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._leg: Leg | None = None
        self.side = Label("", bold=True)
        self.amount = Label("")
        self.words = Label("")
        self.price = Label("")
        self.flip = IconButton("refresh", "Flip the side")
        self.less = IconButton("minus", "Less of this leg")
        self.more = IconButton("plus", "More of this leg")
        self.remove = IconButton("cross", "Remove this leg")
        for button in (self.flip, self.less, self.more, self.remove):
            button.setFixedSize(22, 24)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the row has a key for each
            button.setStyleSheet("min-width: 0; min-height: 0; padding: 0;")
        self._wire()
        self._stack()

    def show_leg(self, leg: Leg, ticket: OrderTicket, today: date) -> None:
        """Show a leg of a ticket; `today` lets years that go without saying be left out."""
        self._leg = leg
        side, words = SIDES[leg.side], instrument_words(leg.instrument, today=today)
        self.side.setText(side)
        self.side.set_tone(SIDE_TONES[leg.side])
        self.amount.setText(leg_size(leg, ticket))
        self.words.setText(words)
        self.words.setToolTip(leg.instrument.label)
        for button in (self.less, self.more):
            button.setVisible(ticket.is_combo)
        self.less.setEnabled(leg.ratio > 1)
        self.setAccessibleName(f"Leg: {side} {leg_size(leg, ticket)} {leg.instrument.label}")
        self.setAccessibleDescription("Space flips the side, plus and minus change the ratio, Delete removes the leg.")

    def show_quote(self, quote: Quote | None) -> None:
        """The price this leg trades at now: what a buyer pays, what a seller gets; faint and named when it is late."""
        if self._leg is None:
            return
        price = None if quote is None else quote.ask if self._leg.side is Side.BUY else quote.bid
        late = "" if quote is None else _LATE.get(quote.delay, "")
        self.price.setText(fmt.price(price))
        self.price.set_tone("muted" if late else "")
        end = "ask" if self._leg.side is Side.BUY else "bid"
        self.price.setToolTip(f"The {end}{', ' + late if late else ''}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        leg = self._leg
        if leg is None:
            return
        match Qt.Key(event.key()):
            case Qt.Key.Key_Space:
                self.flipped.emit(leg.instrument.conid)
            case Qt.Key.Key_Plus:
                self.weighted.emit(leg.instrument.conid, leg.ratio + 1)
            case Qt.Key.Key_Minus if leg.ratio > 1:
                self.weighted.emit(leg.instrument.conid, leg.ratio - 1)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.removed.emit(leg.instrument.conid)
            case Qt.Key.Key_Escape:
                self.clearFocus()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look().colour("accent"), 2))
            radius = metrics().control_radius
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), radius, radius)

    def _wire(self) -> None:
        self.flip.clicked.connect(lambda: self._tell(self.flipped))
        self.remove.clicked.connect(lambda: self._tell(self.removed))
        self.more.clicked.connect(lambda: self._weigh(1))
        self.less.clicked.connect(lambda: self._weigh(-1))

    def _tell(self, signal: SignalInstance) -> None:
        if self._leg is not None:
            signal.emit(self._leg.instrument.conid)

    def _weigh(self, by: int) -> None:
        if self._leg is not None and self._leg.ratio + by >= 1:
            self.weighted.emit(self._leg.instrument.conid, self._leg.ratio + by)

    def _stack(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(11, 4, 4, 4)
        row.setSpacing(5)
        for part in (self.side, self.amount, self.words):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.price)
        row.addSpacing(2)
        tools = QHBoxLayout()
        tools.setSpacing(0)
        for button in (self.less, self.more, self.flip, self.remove):
            tools.addWidget(button)
        row.addLayout(tools)


class LegRows(QWidget):
    """All legs of a ticket."""

    flipped = Signal(object)
    weighted = Signal(object, int)
    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, after: QWidget | None = None) -> None:
        """Tab reaches the rows, which come late, from `after`."""
        super().__init__(parent)
        self._after = after
        self.rows: list[LegRow] = []
        self._legs: tuple[Leg, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)

    def show_ticket(self, ticket: OrderTicket, today: date) -> None:
        """A row for each leg; rows are kept, so that the focus stays where it is."""
        while len(self.rows) < len(ticket.legs):
            self._add()
        for row, leg in zip(self.rows, ticket.legs, strict=False):
            row.show_leg(leg, ticket, today)
        for at, row in enumerate(self.rows):
            row.setVisible(at < len(ticket.legs))
        self._legs = ticket.legs

    def show_quotes(self, quotes: Mapping[Conid, Quote]) -> None:
        for row, leg in zip(self.rows, self._legs, strict=False):
            row.show_quote(quotes.get(leg.instrument.conid))

    def _add(self) -> None:
        row = LegRow()
        row.flipped.connect(self.flipped)
        row.weighted.connect(self.weighted)
        row.removed.connect(self.removed)
        self._column.addWidget(row)
        if self._after is not None:
            QWidget.setTabOrder(self.rows[-1] if self.rows else self._after, row)
        self.rows.append(row)
