"""The card around the chain's table: its head with days, band and strategies, and every state without a table."""

from collections.abc import Sequence
from datetime import date, datetime

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.chains import Chain, Expiry
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.orders import Side
from ibdesk.services.chains import BAND
from ibdesk.ui import format as fmt
from ibdesk.ui.chain import words
from ibdesk.ui.chain.picker import TemplatePicker
from ibdesk.ui.chain.table import ChainTable
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Chip, EmptyState, Label, SkeletonRows

BANDS = (5, 8, 12, 20)
_BAND_KEY = "trade/band"
#: Held underlyings that are offered to begin with.
OFFERED = 6
_TRADABLE = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUTURE, AssetClass.CRYPTO, AssetClass.FUND})
_OPTIONABLE = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUTURE, AssetClass.INDEX})


class ChainCard(Card):
    """Holds the table. `band_wanted(int)`: strikes each side of the money; `again`: the person wants another try."""

    underlying_wanted = Signal(object)
    leg_wanted = Signal(object, object)
    command_wanted = Signal(str)
    band_wanted = Signal(int)
    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Option chain", parent=parent)
        self.edge_to_edge()
        self.table = ChainTable()
        self.picker = TemplatePicker()
        self.days, self.late, self.model = Chip(), Chip(tone="warn"), Chip()
        self.band_button = Button("", kind="pill", tip="Strikes each side of the price that come first")
        self.state = EmptyState("trade", "", "")
        self._held = QWidget()
        self._held_row = QHBoxLayout(self._held)
        self._listed = QWidget()
        self._skeleton = SkeletonRows(18, columns=10)
        self._start = QWidget()
        self._places = QStackedWidget()
        self._action: object = None
        self.band = self._saved_band()
        self._lay_out()
        self._say_band()
        self.band_button.clicked.connect(self._open_bands)
        self.state.pressed.connect(self._act)
        self.show_start(())

    # The states ----------------------------------------------------------------------------------------------------

    def show_start(self, held: Sequence[Instrument]) -> None:
        """Nothing is chosen: offer what is held."""
        self._offer(_underlyings(held))
        self._say(
            "trade", "Choose an underlying",
            "Type a symbol, a company or an option like SPY 261218P570 into the field above ( / )."
            + (" Or begin with what you hold:" if self._held_row.count() > 2 else ""),
        )

    def show_not_connected(self) -> None:
        """There is no account: nothing can be asked."""
        self._say("trade", "No account is connected", "Option chains come from your broker's gateway.",
                  action="Connect IBKR account", then="connect")  # fmt: skip

    def show_loading(self) -> None:
        """Rows are on their way."""
        self._show_head(False)
        self._places.setCurrentWidget(self._skeleton)

    def show_chain(self, chain: Chain) -> None:
        """Rows are there, or it is sure that there are none."""
        if chain.rows:
            self._show_head(True)
            self._places.setCurrentWidget(self._listed)
        else:
            self._say("trade", "No strikes are listed", "The broker lists no option for this day any more.",
                      action="Try again", then=None)  # fmt: skip

    def show_no_options(self, instrument: Instrument) -> None:
        """It can be traded, but has no options."""
        tradable = instrument.asset_class in _TRADABLE
        self._say(
            "trade", f"{instrument.label} has no options",
            "The broker lists none on it." + (" You can still trade it itself." if tradable else ""),
            action=f"Buy {instrument.label}" if tradable else "", then=instrument,
        )  # fmt: skip

    def show_nothing_found(self, text: str) -> None:
        """The search answered with nothing."""
        self._say("search", f"Nothing is called “{text[:30]}”",
                  "Try the symbol, or a part of the company’s name.")  # fmt: skip

    def show_failed(self, error: DeskError) -> None:
        """Say why, and let it be tried again."""
        self._say("warn", error.message, error.remedy, action="Try again", then=None)

    def show_expiry(self, expiry: Expiry, today: date) -> None:
        """The days left, beside the title."""
        left = expiry.days(today)
        self.days.setText("today" if left == 0 else "1 day" if left == 1 else f"{left} days")
        self.days.set_tone("warn" if left <= 1 or expiry.is_nonstandard else "")
        self.days.setToolTip("Adjusted contracts: they do not deliver the usual 100 shares." if expiry.is_nonstandard
                             else "Calendar days to expiry")  # fmt: skip

    def show_data(self, quotes: Sequence[Quote]) -> None:
        """Mark late data, and say where there is none at all."""
        kind = words.lateness(quotes) or (None if quotes else Delay.NOT_SUBSCRIBED)
        word, why = words.LATE[kind] if kind is not None else ("", "")
        self.late.setText(word)
        self.late.setToolTip(why)
        self.late.setVisible(bool(word))

    def show_model(self, named: str) -> None:
        """Say that figures in italics are ours."""
        self.model.setText(f"IV, Δ: {named}" if named else "")
        self.model.setToolTip("The broker tells no volatility or delta for these. They are reckoned here from the "
                              "middle of bid and ask, and written in italics.")  # fmt: skip
        self.model.setVisible(bool(named))

    def show_lost(self, is_lost: bool) -> None:
        """Strategies need the broker; what is shown stays."""
        self.picker.setEnabled(not is_lost)

    def show_age(self, quotes: Sequence[Quote], now: datetime) -> None:
        """How old what is shown is; nothing for fresh quotes."""
        newest = max((quote.received_at for quote in quotes), default=None)
        self.set_age(fmt.age(newest, now) if newest is not None else "")

    # ---------------------------------------------------------------------------------------------------------------

    def _say(self, icon: str, title: str, why: str, *, action: str = "", then: object = None) -> None:
        self._show_head(False)
        self._action = then
        self.state.set(title, why, action=action, icon=icon)
        self._held.setVisible(icon == "trade" and title.startswith("Choose") and self._held_row.count() > 2)
        self._places.setCurrentWidget(self._start)

    def _act(self) -> None:
        if isinstance(self._action, Instrument):
            self.leg_wanted.emit(self._action, Side.BUY)
        elif isinstance(self._action, str):
            self.command_wanted.emit(self._action)
        else:
            self.again.emit()

    def _offer(self, instruments: Sequence[tuple[Conid, str]]) -> None:
        while self._held_row.count():
            item = self._held_row.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        self._held_row.addStretch(1)
        for conid, symbol in instruments:
            button = Button(symbol, kind="choice", tip=f"Show the options of {symbol}")
            button.clicked.connect(lambda _checked=False, wanted=conid: self.underlying_wanted.emit(wanted))
            self._held_row.addWidget(button)
        self._held_row.addStretch(1)

    def _show_head(self, shown: bool) -> None:
        """The chips and strategies belong to a table."""
        for part in (self.days, self.band_button, self.picker):
            part.setVisible(shown)
        if not shown:
            self.late.hide()
            self.model.hide()

    def _lay_out(self) -> None:
        for chip in (self.days, self.band_button, self.late, self.model):
            self.add_beside_title(chip)
        self.add_control(self.picker)
        names = QHBoxLayout()
        names.setContentsMargins(10, 0, 10, 0)
        names.addWidget(Label("Calls", kind=Text.CAPTION, tone="faint"))
        names.addStretch(1)
        names.addWidget(Label("Puts", kind=Text.CAPTION, tone="faint"))
        listed = QVBoxLayout(self._listed)
        listed.setContentsMargins(0, 0, 0, 0)
        listed.setSpacing(0)
        listed.addLayout(names)
        listed.addWidget(self.table, 1)
        start = QVBoxLayout(self._start)
        start.addStretch(2)
        start.addWidget(self.state)
        start.addWidget(self._held)
        start.addStretch(3)
        for place in (self._start, self._skeleton, self._listed):
            self._places.addWidget(place)
        self.add(self._places, 1)

    def _open_bands(self) -> None:
        menu = QMenu(self)
        menu.setAccessibleName("Strikes each side of the price")
        for band in BANDS:
            action = menu.addAction(f"± {band} strikes")
            action.setCheckable(True)
            action.setChecked(band == self.band)
            action.triggered.connect(lambda _checked=False, wanted=band: self.choose_band(wanted))
        menu.popup(self.band_button.mapToGlobal(self.band_button.rect().bottomLeft()))

    def choose_band(self, band: int) -> None:
        """Choose how many strikes each side come first, and remember it."""
        self.band = band
        QSettings().setValue(_BAND_KEY, band)
        self._say_band()
        self.band_wanted.emit(band)

    def _say_band(self) -> None:
        self.band_button.setText(f"Strikes ± {self.band}")
        self.band_button.setAccessibleName(f"Strikes each side of the price that come first: {self.band}")

    @staticmethod
    def _saved_band() -> int:
        saved = str(QSettings().value(_BAND_KEY, BAND))
        return int(saved) if saved in map(str, BANDS) else BAND


def _underlyings(held: Sequence[Instrument]) -> list[tuple[Conid, str]]:
    """What options could be on, of what is held: each once, in the order it is told."""
    found: dict[str, Conid] = {}
    for each in held:
        if each.option is not None and each.underlying_conid is not None:
            found.setdefault(each.symbol, each.underlying_conid)
        elif each.asset_class in _OPTIONABLE:
            found.setdefault(each.symbol, each.conid)
    return [(conid, symbol) for symbol, conid in found.items()][:OFFERED]
