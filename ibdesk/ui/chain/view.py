"""The chain put together: which part shows what the loader brings, and which press or key leads where."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.domain.chains import Chain, ChainRow, Expiry, around, expiry_of, outward, same_day, usual_width
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import QuotesChanged
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import Leg, Side
from ibdesk.domain.templates import TemplateName
from ibdesk.services.chains import Underlying
from ibdesk.ui.chain.bar import UnderlyingBar
from ibdesk.ui.chain.card import ChainCard
from ibdesk.ui.chain.finder import Finder
from ibdesk.ui.chain.loader import ChainLoader
from ibdesk.ui.chain.modelling import Modeller
from ibdesk.ui.chain.strategy import build, title_of

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Contracts that are streamed at most: the account's hundred lines are for the ticket and what is held, too.
STREAMED = 80
#: Milliseconds the table must rest before what is on screen is told.
REST_MS = 120
LAST = "trade/underlying"


class ChainView(QWidget):
    """The option chain of one underlying.

    `leg_wanted(Instrument, Side)`: a press or key. `template_wanted(tuple[Leg, ...], str)`: a whole strategy and its
    title. `conids_changed(tuple[Conid, ...])`: what is on screen and wants to be streamed. `quantity_wanted`: Q was
    pressed. `bar` may be placed above by whoever composes the room.
    """

    leg_wanted = Signal(object, object)
    template_wanted = Signal(object, str)
    conids_changed = Signal(object)
    quantity_wanted = Signal()

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Option chain")
        self._desk, self._bridge = desk, bridge
        self.bar = UnderlyingBar()
        self.card = ChainCard()
        self.table = self.card.table
        self.loader = ChainLoader(desk.chains, bridge, self) if desk.chains is not None else None
        self.finder = Finder(desk.chains, bridge, self.bar.field, self) if desk.chains is not None else None
        self.modeller = Modeller(self.table, self._spot, desk.clock, self)
        self._conids: tuple[Conid, ...] = ()
        self._mark: Instrument | None = None
        self._wants_focus = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._tell_conids)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.bar)
        column.addWidget(self.card, 1)
        self._connect()
        self._begin()

    # For the room --------------------------------------------------------------------------------------------------

    def show_underlying(self, conid: Conid) -> None:
        """Show an instrument's options; of an option those of its underlying, at its own expiry."""
        if self.loader is not None:
            self._mark = None
            self.loader.open(conid)

    def show_instrument(self, instrument: Instrument) -> None:
        """Show where it is listed: an option under the mark at its own expiry, anything else with its options."""
        if instrument.option is None or instrument.underlying_conid is None:
            self.show_underlying(instrument.conid)
            return
        self._mark = instrument
        self._show_at(instrument.underlying_conid, expiry_of(instrument))

    def set_legs(self, legs: Sequence[Leg]) -> None:
        """Outline these."""
        self.table.chain.set_legs(legs)
        if not legs and self.card.picker.current is not TemplateName.CUSTOM:
            self.card.picker.set_current(TemplateName.SINGLE)

    def focus_chain(self) -> None:
        """Let the keys act on the strikes, as soon as there are some; on the field where nothing is chosen yet."""
        if self.table.chain.rows:
            self.table.setFocus()
        elif self.loader is not None and self.loader.conid is not None:
            self._wants_focus = True
            self.bar.strip.setFocus()
        else:
            self.bar.field.setFocus()

    def search(self, text: str = "") -> None:
        """Put the cursor into the field; with `text` look for it at once."""
        self.bar.field.setText(text)
        self.bar.field.setFocus()
        self.bar.field.selectAll()
        if text and self.finder is not None:
            self.finder.submit(text)

    @property
    def conids(self) -> tuple[Conid, ...]:
        """What was told last."""
        return self._conids

    # What a person does --------------------------------------------------------------------------------------------

    def _open(self, conid: Conid) -> None:
        self.show_underlying(conid)
        self.focus_chain()

    def _found_option(self, underlying: Underlying, instrument: Instrument, side: Side) -> None:
        self._mark = instrument
        self._show_at(underlying.conid, expiry_of(instrument))
        self.leg_wanted.emit(instrument, side)

    def _show_at(self, conid: Conid, expiry: Expiry | None) -> None:
        loader = self.loader
        if loader is None or expiry is None:
            return
        known = same_day(loader.expiries, expiry)
        if loader.underlying is None or loader.underlying.conid != conid or known is None:
            loader.open(conid, expiry)
        elif loader.expiry != known:
            loader.choose(known)
        elif self._mark is not None:
            self.table.mark_strike(self._mark)

    def _want_template(self, name: TemplateName) -> None:
        row = self.table.marked_row
        if row is not None:
            self._bridge.start(f"strategy {name.value}", self._build(name, row))

    async def _build(self, name: TemplateName, row: ChainRow) -> None:
        loader, chains, picker = self.loader, self._desk.chains, self.card.picker
        if loader is None or chains is None or loader.underlying is None or loader.expiry is None:
            return
        if row not in self.table.chain.rows:  # another expiry was chosen meanwhile
            return
        shape = picker.shape(loader.expiry, self.table.marked_right)
        legs = await build(
            chains, name, shape, underlying=loader.underlying, expiry=loader.expiry, rows=self.table.chain.rows,
            strike=row, far=picker.far_expiry(loader.expiry),
        )  # fmt: skip
        self.template_wanted.emit(legs, title_of(name, shape))

    # What the loader brings ----------------------------------------------------------------------------------------

    def _opening(self) -> None:
        self.bar.show_instrument(None)
        self.table.show_rows(())
        self.card.show_loading()
        self._tell_conids()

    def _opened(self, underlying: Underlying) -> None:
        self.bar.show_instrument(underlying.instrument, underlying.quote)
        QSettings().setValue(LAST, int(underlying.conid))
        if not underlying.months:
            self.card.show_no_options(underlying.instrument)
        self._tell_conids()

    def _expiries_known(self) -> None:
        loader = self.loader
        if loader is None or loader.underlying is None or self._desk.chains is None:
            return
        today = self._desk.chains.today
        self.bar.show_expiries(loader.expiries, loader.expiry, today)
        self.card.picker.show_choices(
            loader.expiries, usual_width=usual_width(self.table.chain.rows, self._spot()), today=today,
            root=loader.underlying.instrument.symbol,
        )  # fmt: skip
        if loader.underlying.months and not loader.expiries:
            self.card.show_no_options(loader.underlying.instrument)

    def _following(self, expiry: Expiry) -> None:
        if self._desk.chains is not None:
            self.card.show_expiry(expiry, self._desk.chains.today)
        self.table.show_rows(())
        self.card.show_loading()
        self._expiries_known()

    def _stepped(self, chain: Chain) -> None:
        self.table.chain.set_spot(self._spot())
        if chain.rows or chain.is_whole:
            self.card.show_chain(chain)
        self.table.show_rows(chain.rows)
        if self._wants_focus and chain.rows:
            self._wants_focus = False
            self.table.setFocus()
        self._show_future(chain)
        if self._desk.live is not None:
            self._take(tuple(self._desk.live.quotes.values()))
        self._take(chain.quotes)
        if self._mark is not None:
            self.table.mark_strike(self._mark)
            self._mark = None
        if chain.is_priced:
            self._expiries_known()
            self.card.show_data(self._quotes_on_screen())
        self.modeller.ask()
        self._rest.start()

    def _show_future(self, chain: Chain) -> None:
        """Options found under an index are on a future: the bar shows that, for it is what they follow."""
        on, loader, chains = chain.underlying_conid, self.loader, self._desk.chains
        shown = self.bar.instrument
        if on is None or loader is None or loader.underlying is None or chains is None or shown is None:
            return
        if on not in (loader.underlying.conid, shown.conid):
            self._bridge.start("the future", self._name_future(on))

    async def _name_future(self, conid: Conid) -> None:
        loader, chains = self.loader, self._desk.chains
        if loader is None or chains is None:
            return
        future = await chains.instrument(conid)
        if loader.chain is not None and loader.chain.underlying_conid == conid:
            self.bar.show_instrument(future, next((each for each in loader.chain.quotes if each.conid == conid), None))
            self._expiries_known()

    def _failed(self, error: DeskError) -> None:
        self._wants_focus = False
        self.card.show_failed(error)

    # What moves ----------------------------------------------------------------------------------------------------

    def _quotes_changed(self, event: QuotesChanged) -> None:
        self._take(event.quotes)

    def _take(self, quotes: Sequence[Quote]) -> None:
        shown = self.bar.instrument
        if shown is not None:
            for quote in quotes:
                if quote.conid == shown.conid:
                    self.bar.show_quote(quote)
                    self.table.chain.set_spot(self._spot())
        self.table.chain.set_quotes(quotes)
        self.modeller.ask()

    def _spot(self) -> Any:
        """The price the chain turns around: of the future its options are on, or of the underlying."""
        loader = self.loader
        if loader is None or loader.underlying is None or self._desk.chains is None:
            return None
        on = loader.chain.underlying_conid if loader.chain is not None else None
        return self._desk.chains.spot(loader.underlying, on)

    def _show_volatility(self, text: str, tip: str) -> None:
        self.bar.show_volatility(text, tip)
        self.card.show_model(self.modeller.named)

    def _quotes_on_screen(self) -> list[Quote]:
        return self.table.chain.quotes_in(*self.table.lines_on_screen())

    def _tell_conids(self) -> None:
        """What is on screen: the underlying first, then of the strikes that are seen those nearest to the money."""
        loader = self.loader
        found: list[Conid] = []
        if loader is not None and loader.underlying is not None:
            on = loader.chain.underlying_conid if loader.chain is not None else None
            found = [loader.underlying.conid, *((on,) if on not in (None, loader.underlying.conid) else ())]
            near = {row.strike: row for row in around(self._rows_on_screen(), self._spot(), STREAMED // 2)}
            for strike in outward(tuple(near), self._spot()):
                found.extend(near[strike].conids)
        if tuple(found) != self._conids:
            self._conids = tuple(found)
            self.conids_changed.emit(self._conids)
        self._ask_missing()

    def _ask_missing(self) -> None:
        if self.loader is not None:
            quoted = self.table.chain.quote_of
            self.loader.ask_prices([conid for row in self._rows_on_screen() for conid in row.conids
                                    if quoted(conid) is None])  # fmt: skip

    def _rows_on_screen(self) -> Sequence[ChainRow]:
        first, last = self.table.lines_on_screen()
        return self.table.chain.rows[first : last + 1]

    def _priced(self, quotes: Sequence[Quote]) -> None:
        self._take(quotes)
        self._ask_missing()

    def _session_changed(self, _event: object = None) -> None:
        session = self._desk.session
        is_lost = session is not None and not session.session.is_ready
        was_lost = self.table.chain.is_dimmed
        self.table.chain.set_dimmed(is_lost)
        self.bar.set_dimmed(is_lost)
        self.card.show_lost(is_lost)
        if not is_lost:
            self.card.show_age((), self._desk.clock())
        if was_lost and not is_lost and self.loader is not None and self.loader.conid is not None:
            self.loader.again()

    def _second(self, now: datetime) -> None:
        self.card.show_age(self._quotes_on_screen() if self.table.chain.is_dimmed else (), now)

    # ---------------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        bar, card, table, bridge = self.bar, self.card, self.table, self._bridge
        bar.leg_wanted.connect(self.leg_wanted)
        table.leg_wanted.connect(self.leg_wanted)
        table.search_wanted.connect(self.search)
        table.quantity_wanted.connect(self.quantity_wanted)
        table.expiry_wanted.connect(bar.strip.choose_number)
        table.seen_changed.connect(self._rest.start)
        if self.finder is not None:
            self.finder.opened.connect(self._open)
            self.finder.option_found.connect(self._found_option)
            self.finder.nothing.connect(card.show_nothing_found)
        bar.field.left.connect(self.focus_chain)
        card.picker.wanted.connect(self._want_template)
        card.underlying_wanted.connect(self.show_underlying)
        card.leg_wanted.connect(self.leg_wanted)
        card.command_wanted.connect(bridge.command)
        self.modeller.told.connect(self._show_volatility)
        for signal, slot in (
            (bridge.quotes_changed, self._quotes_changed), (bridge.session_changed, self._session_changed),
            (bridge.link_changed, self._session_changed), (bridge.second, self._second),
        ):
            signal.connect(slot)
        loader = self.loader
        if loader is not None:
            bar.strip.chosen.connect(loader.choose)
            card.again.connect(loader.again)
            card.band_wanted.connect(loader.set_band)
            loader.band = card.band
            loader.opening.connect(self._opening)
            loader.opened.connect(self._opened)
            loader.expiries_known.connect(self._expiries_known)
            loader.following.connect(self._following)
            loader.stepped.connect(self._stepped)
            loader.failed.connect(self._failed)
            loader.priced.connect(self._priced)

    def _begin(self) -> None:
        """What is held is offered first; what was looked at last is opened again."""
        if self.loader is None:
            self.card.show_not_connected()
            return
        self.card.show_start(())
        self._session_changed()
        self._bridge.start("what is held", self._suggest())
        last = str(QSettings().value(LAST, ""))
        if last.isdecimal():
            self.loader.open(Conid(int(last)))

    async def _suggest(self) -> None:
        pages = await self._desk.book.pages()
        if self.loader is not None and self.loader.conid is None:
            self.card.show_start([row.position.instrument for page in pages for row in page.rows])
