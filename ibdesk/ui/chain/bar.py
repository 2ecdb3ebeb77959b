"""The line above the chain: what is looked at, what it costs now, and the expiries to choose from."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ibdesk.domain.chains import Expiry
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.orders import Side
from ibdesk.ui import format as fmt
from ibdesk.ui.chain import words
from ibdesk.ui.chain.expiries import ExpiryStrip
from ibdesk.ui.chain.search import SymbolField
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Chip, Label

#: What can be named but not bought.
_NOT_TRADED = frozenset({AssetClass.INDEX, AssetClass.OTHER})
_FIELD_WIDTH = 156
#: People read no faster than this (house 2.5, J2).
READING_MS = 100


class UnderlyingBar(QFrame):
    """Shows one underlying. A press on its bid sells it, on its ask buys it: `leg_wanted(Instrument, Side)`."""

    leg_wanted = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName("Underlying")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field = SymbolField()
        self.field.setFixedWidth(_FIELD_WIDTH)
        self.symbol = Label("", kind=Text.TITLE, bold=True)
        self.exchange = Label("", tone="muted")
        self.last = Label("", kind=Text.FIGURE, bold=True)
        self.change = Label("", bold=True)
        self.bid, self.ask = Button("", kind="link"), Button("", kind="link")
        self.between = Label("×", tone="muted")
        self.volatility = Label("", tone="muted")
        self.late = Chip(tone="warn")
        self.strip = ExpiryStrip()
        self._instrument: Instrument | None = None
        self._quote: Quote | None = None
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READING_MS)
        self._reading.timeout.connect(self.draw)
        self.bid.clicked.connect(lambda: self._want(Side.SELL))
        self.ask.clicked.connect(lambda: self._want(Side.BUY))
        self._lay_out()
        self.show_instrument(None)

    @property
    def instrument(self) -> Instrument | None:
        """What is shown."""
        return self._instrument

    def show_instrument(self, instrument: Instrument | None, quote: Quote | None = None) -> None:
        """Show another underlying, or none."""
        self._instrument, self._quote = instrument, None
        self._reading.stop()
        self.symbol.setText(instrument.label if instrument is not None else "")
        self.exchange.setText(instrument.exchange if instrument is not None else "")
        self.symbol.setToolTip(instrument.name if instrument is not None else "")
        self.show_volatility("", "")
        self.show_expiries((), None, date.min)
        for part in (self.last, self.change, self.bid, self.ask, self.between, self.late):
            part.setVisible(False)
        if quote is not None:
            self.show_quote(quote)

    def show_quote(self, quote: Quote) -> None:
        """A newer price; what it does not tell stays as it was. It is written ten times a second at most."""
        self._quote = quote if self._quote is None or self._quote.conid != quote.conid else self._quote.merged(quote)
        if not self._reading.isActive():
            self._reading.start()
            self.draw()

    def draw(self) -> None:
        """Write the newest price now."""
        known = self._quote
        if known is None:
            return
        self._write(self.last, fmt.price(known.last))
        parts = [fmt.signed(known.change), fmt.signed_percent(known.change_percent)]
        self.change.set_tone({1: "gain", -1: "loss"}.get(fmt.sign(known.change), "muted"))
        self._write(self.change, " ".join(part for part in parts if part != fmt.UNKNOWN))
        has_touch = known.bid is not None or known.ask is not None
        for button, price, side in ((self.bid, known.bid, "Sell"), (self.ask, known.ask, "Buy")):
            self._show_touch(button, fmt.price(price), side, visible=has_touch)
        self.between.setVisible(has_touch)
        self._show_late(known.delay, is_close=known.is_close, is_halted=known.is_halted)

    def show_volatility(self, text: str, tip: str) -> None:
        """The volatility at the money, e.g. "IV 17.4 %"."""
        self.volatility.setToolTip(tip)
        self._write(self.volatility, text)

    def show_expiries(self, expiries: Sequence[Expiry], current: Expiry | None, today: date) -> None:
        """Fill the strip."""
        root = self._instrument.symbol if self._instrument is not None else ""
        self.strip.show_expiries(expiries, current, today=today, root=root)

    def set_dimmed(self, dimmed: bool) -> None:
        """Old prices are muted."""
        for label in (self.last, self.between):
            label.set_tone("faint" if dimmed else ("" if label is self.last else "muted"))

    # ---------------------------------------------------------------------------------------------------------------

    def _show_touch(self, button: Button, price: str, word: str, *, visible: bool) -> None:
        button.setVisible(visible)
        button.setText(price)
        tradable = self._instrument is not None and self._instrument.asset_class not in _NOT_TRADED
        button.setEnabled(tradable and price != fmt.UNKNOWN)
        symbol = self._instrument.label if self._instrument is not None else ""
        button.setToolTip(f"{word} {symbol}" if tradable else f"{symbol} itself cannot be traded")
        button.setAccessibleName(f"{word} {symbol} at {price}")

    def _show_late(self, delay: Delay, *, is_close: bool, is_halted: bool) -> None:
        word, why = words.LATE.get(delay, ("", ""))
        if is_halted:
            word, why = "Halted", "Trading in it is halted."
        elif is_close and not word:
            word, why = "Prior close", "It has not traded today."
        self.late.setText(word)
        self.late.setToolTip(why)
        self.late.setVisible(bool(word))

    @staticmethod
    def _write(label: Label, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text) and text != fmt.UNKNOWN)

    def _want(self, side: Side) -> None:
        if self._instrument is not None:
            self.leg_wanted.emit(self._instrument, side)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 12, 9)
        row.setSpacing(6)
        row.addWidget(self.field)
        row.addSpacing(6)
        for part, gap in ((self.symbol, 0), (self.exchange, 8), (self.last, 0), (self.change, 6), (self.bid, 0),
                          (self.between, 0), (self.ask, 0), (self.volatility, 2), (self.late, 0)):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
            if gap:
                row.addSpacing(gap)
        row.addStretch(1)
        row.addWidget(self.strip)
