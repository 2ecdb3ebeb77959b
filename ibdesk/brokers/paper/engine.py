"""When the book meets the market: every step is saved first, then it is the book, then it is told.

What streams is used while the stream is up; what it lacks is asked for. With neither, orders rest and nothing fills.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import MarketData, OrderNews
from ibdesk.domain.errors import DeskError
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import BarSize, Quote, Span
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderState
from ibdesk.domain.paper import expiry, venue
from ibdesk.domain.paper.book import PaperBook, PaperOrder, trimmed
from ibdesk.domain.paper.sessions import Spans, is_american, new_york_spans
from ibdesk.domain.paper.shown import Shown, shown
from ibdesk.domain.paper.venue import Step

_log = logging.getLogger(__name__)

Save = Callable[[PaperBook], Awaitable[None]]
Clock = Callable[[], datetime]
Pause = Callable[[float], Awaitable[None]]
#: What one unit of each currency costs in the account's.
Rates = tuple[tuple[Currency, Decimal], ...]

#: An order or a cancel whose way to the venue was cut short is there after this long.
_ON_ITS_WAY = timedelta(seconds=5)
#: Prints and finished orders that stay in the book; the desk has stored them long before.
_KEPT = timedelta(days=15)
#: A month of bars has surely no older day; who was away for longer needs a year of them.
_OF_A_MONTH = timedelta(days=28)
#: After an evening that could not be processed for want of a price.
_TRY_AGAIN = timedelta(seconds=60)


class Engine:
    """One account. `latency` is how long (seconds) an order takes to the venue; `save` returns once the book is safe,
    or raises DeskError."""

    def __init__(
        self, book: PaperBook, *, market: MarketData | None, save: Save, clock: Clock, pause: Pause,
        calendar: Calendar, latency: float,
    ) -> None:  # fmt: skip
        self.book = book
        self.on_news: Callable[[OrderNews], None] = lambda news: None
        self.on_orders: Callable[[], Awaitable[None]] = _nothing
        self.ask_rates: Callable[[], Awaitable[Rates]] = _no_rates
        self._market, self._save, self._clock, self._pause = market, save, clock, pause
        self._calendar, self._latency = calendar, latency
        self._turn = asyncio.Lock()
        self._quotes: dict[Conid, Quote] = {}
        self._spans: dict[tuple[Conid, date], Spans] = {}
        self._next_evening: datetime | None = None

    @property
    def now(self) -> datetime:
        return self._clock()

    @property
    def calendar(self) -> Calendar:
        return self._calendar

    @property
    def wanted(self) -> tuple[Conid, ...]:
        """What has to stream for the working orders."""
        return tuple(dict.fromkeys(leg.instrument.conid for order in self.book.working for leg in order.ticket.legs))

    def hear(self, quotes: Iterable[Quote]) -> None:
        """What streamed; each is merged into what is known of it."""
        for quote in quotes:
            known = self._quotes.get(quote.conid)
            self._quotes[quote.conid] = quote if known is None else known.merged(quote)

    def forget(self, *, but: Iterable[Conid] = ()) -> None:
        """What streamed of all but these is old: the stream broke, or they are streamed no more."""
        kept = frozenset(but)
        self._quotes = {conid: quote for conid, quote in self._quotes.items() if conid in kept}

    def streamed(self, conid: Conid) -> Quote | None:
        return self._quotes.get(conid)

    async def travel(self) -> None:
        """As long as an order takes to the venue."""
        if self._latency > 0:
            await self._pause(self._latency)

    async def take(self, make: Callable[[PaperBook], Step], *, is_quiet: bool = False) -> Step:
        """Make a step, save it, tell it. Raises DeskError when it cannot be saved: then it never was.

        `is_quiet`: it is saved with the next one, where nothing in it has to be told.
        """
        async with self._turn:
            step = make(self.book)
            if is_quiet and not step.changed and not step.fills:
                self.book = step.book
                return step
            if step.book != self.book:
                book = trimmed(step.book, self._clock() - _KEPT)
                try:
                    await self._save(book)
                except asyncio.CancelledError:
                    self.book = book  # the write goes on without us; should it fail, the next one holds this too
                    raise
                self.book = book
        if step.changed or step.fills:
            self.on_news(OrderNews(at=self._clock(), orders=step.orders, fills=tuple(step.fills)))
        if any(order.state is OrderState.PENDING for order in step.orders):
            await self.on_orders()
        return step

    async def look(self, *, ask: bool = False) -> None:
        """Let every working order meet the market, and the evening be processed. With `ask` prices that do not stream
        are asked for. What fails now is tried at the next look."""
        try:
            await self._evening()
            if self.book.working:
                orders = self.book.working
                market = await self._seen(orders, ask=ask)
                await self.take(lambda book: self._looked(book, market), is_quiet=True)
        except DeskError as error:
            _log.info("Local Paper could not look at the market: %s", error.message)

    async def quotes(self, conids: Iterable[Conid], *, ask: bool = True) -> Mapping[Conid, Quote]:
        """What streams, else what the market says when asked; what cannot be had is left out."""
        wanted = tuple(dict.fromkeys(conids))
        found = {conid: self._quotes[conid] for conid in wanted if conid in self._quotes}
        missing = [conid for conid in wanted if conid not in found or not _is_whole(found[conid])]
        if ask and missing and self._market is not None:
            try:
                found |= {quote.conid: quote for quote in await self._market.quotes(missing)}
            except DeskError as error:
                _log.info("Local Paper has no prices now: %s", error.message)
        return found

    async def shown(self, instruments: Iterable[Instrument], *, ask: bool = True) -> Mapping[Conid, Shown]:
        every = {each.conid: each for each in instruments}
        quotes = await self.quotes(every, ask=ask)
        return {conid: shown(quotes.get(conid), await self.spans(each)) for conid, each in every.items()}

    async def spans(self, instrument: Instrument) -> Spans:
        """When it trades: New York by the calendar, other venues as the market says; empty when nobody tells."""
        now = self._clock()
        key = (instrument.conid, now.astimezone(NEW_YORK).date())
        if key not in self._spans:
            if is_american(instrument):
                self._spans[key] = new_york_spans(instrument, now, self._calendar)
            elif self._market is not None:
                try:
                    self._spans[key] = (await self._market.hours(instrument.conid)).spans
                except DeskError:
                    return ()
        return self._spans.get(key, ())

    async def _seen(self, orders: Iterable[PaperOrder], *, ask: bool) -> Mapping[Conid, Shown]:
        return await self.shown((leg.instrument for order in orders for leg in order.ticket.legs), ask=ask)

    def _looked(self, book: PaperBook, market: Mapping[Conid, Shown]) -> Step:
        now = self._clock()
        late = [order for order in book.working if now - order.changed_at >= _ON_ITS_WAY]
        first = venue.arrived(book, (order.number for order in late), now)
        then = venue.ended(first.book, (order.number for order in late), now)
        last = venue.looked(then.book, market, now, self._calendar)
        last.changed = first.changed | then.changed | last.changed
        return last

    async def _evening(self) -> None:
        """Carry out what expired or was to be exercised, once its close is known."""
        now = self._clock()
        if self._next_evening is not None and self._next_evening - _TRY_AGAIN <= now < self._next_evening:
            return
        found = expiry.due(self.book, now, self._calendar)
        if not found:
            return
        self._next_evening = now + _TRY_AGAIN
        days = {(each.priced_by, each.day) for each in found}
        closes = {key: close for key in sorted(days) if (close := await self._close(*key)) is not None}
        shares = await self.instruments({each.priced_by for each in found})
        await self.take(lambda book: expiry.processed(book, closes, shares, now, self._calendar))

    async def _close(self, conid: Conid, day: date) -> Decimal | None:
        """The official close of a day, None while nobody tells it."""
        if self._market is None:
            return None
        age = self._clock().astimezone(NEW_YORK).date() - day
        try:
            bars = await self._market.history(conid, Span.MONTH if age < _OF_A_MONTH else Span.YEAR, BarSize.DAY)
        except DeskError as error:
            _log.info("Local Paper waits for a closing price: %s", error.message)
            return None
        return next((bar.close for bar in bars if bar.at.astimezone(NEW_YORK).date() == day), None)

    async def instruments(self, conids: Iterable[Conid]) -> dict[Conid, Instrument]:
        if self._market is None:
            return {}
        try:
            return {each.conid: each for each in await self._market.instruments(sorted(conids))}
        except DeskError as error:
            _log.info("Local Paper could not ask for a contract: %s", error.message)
            return {}

    async def learn_rates(self, currencies: Iterable[Currency], *, is_due: bool = False) -> None:
        """Ask what these currencies cost where the book does not know it yet, or it `is_due` again.

        One of which nothing is told any more keeps its last rate: without any it would count like the account's own.
        """
        foreign = [each for each in currencies if each != self.book.currency]
        if foreign and (is_due or any(self.book.rate(each) is None for each in foreign)):
            rates = await self.ask_rates()
            if rates:
                await self.keep(lambda book: replace(book, rates=tuple((dict(book.rates) | dict(rates)).items())))

    async def keep(self, change: Callable[[PaperBook], PaperBook]) -> None:
        """Change what is no order: figures, instructions."""
        await self.take(lambda book: Step(change(book)))


def _is_whole(quote: Quote) -> bool:
    """Whether both sides were told; the first words of a stream may be few."""
    return quote.bid is not None and quote.ask is not None


async def _nothing() -> None:
    return None


async def _no_rates() -> Rates:
    return ()
