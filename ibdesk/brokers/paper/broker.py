"""The account of our own as a broker: its figures by our own count, market data and session of the broker it stands on.

It never asks that broker for an order, and of its accounts only for the exchange rates.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import (
    Broker,
    Exercising,
    LiveStream,
    MarketData,
    OrderBook,
    SessionControl,
    Trading,
)
from ibdesk.brokers.paper.engine import Engine, Pause, Rates, Save
from ibdesk.brokers.paper.exercising import PaperExercising
from ibdesk.brokers.paper.stream import PaperStream, Start
from ibdesk.brokers.paper.trading import PaperTrading
from ibdesk.domain.accounts import Account, AccountId, AccountPnl, MarginType
from ibdesk.domain.compliance.margin import Requirement
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import Conid
from ibdesk.domain.paper import expiry, venue, worth
from ibdesk.domain.paper.book import DayStart, PaperBook
from ibdesk.domain.paper.ledger import Ledger
from ibdesk.domain.positions import Freshness, Snapshot, Source
from ibdesk.domain.returns import Point

_log = logging.getLogger(__name__)

#: Seconds an order takes to the venue and a cancel after it: about what a retail line takes.
LATENCY = 0.2
#: Exchange rates are asked for this rarely: it takes a whole picture of an account.
_RATES_FOR = timedelta(minutes=15)
#: Recognising what covers what takes longest of all the figures, and prices alone change it slowly.
_MARGIN_FOR = timedelta(seconds=15)


class PaperBroker:
    """One account, `book`, in front of the market of `inner`. `save` returns once a book is safe or raises DeskError;
    `start` begins work beside the desk's own. Every method raises DeskError branches only."""

    name = "Local Paper"
    source = Source.LOCAL
    session: SessionControl | None
    market: MarketData | None
    stream: LiveStream | None
    book: OrderBook | None
    trading: Trading | None
    exercising: Exercising | None

    def __init__(
        self,
        inner: Broker,
        book: PaperBook,
        *,
        save: Save,
        start: Start,
        clock: Callable[[], datetime],
        calendar: Calendar,
        pause: Pause = asyncio.sleep,
        latency: float = LATENCY,
    ) -> None:
        self._inner, self._clock = inner, clock
        self._engine = Engine(
            book, market=inner.market, save=save, clock=clock, pause=pause, calendar=calendar, latency=latency
        )
        self.freshness: Freshness = inner.freshness
        self.session, self.market = inner.session, inner.market
        self.stream = None
        if inner.stream is not None:
            self.stream = PaperStream(inner.stream, self._engine, figures=self._figures, start=start, clock=clock)
        self.book = self.trading = PaperTrading(self._engine)
        self.exercising = PaperExercising(self._engine)
        self._engine.ask_rates = self._rates
        self._rated: datetime | None = None
        self._margin: tuple[Ledger, datetime, Requirement] | None = None

    @property
    def account(self) -> Account:
        book = self._engine.book
        return Account(
            id=book.account, title="Local Paper", currency=book.currency, is_paper=True, margin_type=MarginType.MARGIN,
        )

    @property
    def state(self) -> PaperBook:
        """The whole account as it is now."""
        return self._engine.book

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def accounts(self) -> tuple[Account, ...]:
        return (self.account,)

    async def select(self, account: AccountId) -> None:
        self._must_be_ours(account)

    async def snapshot(self, account: AccountId, *, fresh: bool = False) -> Snapshot:  # noqa: ARG002
        self._must_be_ours(account)
        await self._engine.look(ask=True)
        prices = await self._prices()
        await self._engine.keep(lambda book: _counted(book, prices, self._clock()))
        book, now = self._engine.book, self._clock()
        count = worth.worth_of(book, worth.trade_day(now))
        return Snapshot(
            account=account, source=self.source, as_of=now, received_at=now,
            summary=worth.summary_of(book, count, now), ledger=worth.ledger_of(book),
            positions=worth.positions_of(book), pnl=worth.pnl_of(book, count, now),
        )  # fmt: skip

    async def equity_history(self, account: AccountId) -> tuple[Point, ...]:
        self._must_be_ours(account)
        return self._engine.book.curve

    async def assign_early(self, conid: Conid, quantity: int) -> None:
        """A holder exercises against so many of the account's short options, today."""
        holding = self._engine.book.ledger.holding(conid)
        under = None if holding is None else holding.instrument.underlying_conid
        shares = await self._engine.instruments(() if under is None else (under,))
        if under is None or under not in shares:
            raise Refused(
                "Nobody tells what this option delivers.", remedy="Try again once the session is back.",
                cause=Cause.NOTHING_FOUND,
            )
        await self._engine.take(
            lambda book: expiry.assigned(book, conid, Decimal(quantity), shares[under], self._clock())
        )

    def _must_be_ours(self, account: AccountId) -> None:
        if account != self._engine.book.account:
            raise Refused(
                "Local Paper has no account of that name.", remedy="Choose the account in the header.",
                cause=Cause.UNKNOWN_ACCOUNT,
            )

    async def _prices(self) -> dict[Conid, Decimal]:
        """What every holding, and the underlying of every option, is worth by what the market shows; exchange rates
        are learnt on the way."""
        held = [each.instrument for each in self._engine.book.ledger.holdings]
        under = {each.underlying_conid for each in held if each.underlying_conid is not None}
        options = {each.conid for each in held if each.option is not None}
        quotes = await self._engine.quotes((*(each.conid for each in held), *sorted(under)))
        found = ((conid, worth.price_of(quote, is_option=conid in options)) for conid, quote in quotes.items())
        prices = {conid: price for conid, price in found if price is not None}
        now = self._clock()
        is_due = self._rated is None or now - self._rated >= _RATES_FOR
        await self._engine.learn_rates((line.currency for line in self._engine.book.ledger.cash), is_due=is_due)
        return prices

    async def _rates(self) -> Rates:
        """What other currencies cost, by the other broker's own ledger; nothing where it does not say."""
        try:
            first = (await self._inner.accounts())[0]
            lines = (await self._inner.snapshot(first.id)).ledger
        except (DeskError, IndexError) as error:
            _log.info("Local Paper has no exchange rates now: %s", error)
            return ()
        self._rated = self._clock()
        rates = {line.currency: line.rate for line in lines}
        base = rates.get(self._engine.book.currency)
        return tuple((name, rate / base) for name, rate in rates.items()) if base else ()

    def _figures(self) -> AccountPnl:
        """From what streamed; what does not stream counts as last marked."""
        book, now = self._engine.book, self._clock()
        prices: dict[Conid, Decimal] = {}
        for instrument in (holding.instrument for holding in book.ledger.holdings):
            quote = self._engine.streamed(instrument.conid)
            price = None if quote is None else worth.price_of(quote, is_option=instrument.option is not None)
            if price is not None:
                prices[instrument.conid] = price
        book, day = venue.marked(book, prices), worth.trade_day(now)
        known = self._margin
        if known is None or known[0] is not book.ledger or not timedelta() <= now - known[1] < _MARGIN_FOR:
            known = self._margin = (book.ledger, now, worth.margin_of(book, book.ledger.legs, day))
        return worth.pnl_of(book, worth.worth_of(book, day, known[2]), now)


def _counted(book: PaperBook, prices: Mapping[Conid, Decimal], now: datetime) -> PaperBook:
    """With the market's prices, the day's beginning, and today's point of the curve; what is not held any more, nor
    is under an option, needs no mark."""
    day = worth.trade_day(now)
    held = [each.instrument for each in book.ledger.holdings]
    known = {each.conid for each in held} | {each.underlying_conid for each in held}
    book = venue.marked(replace(book, marks=tuple(each for each in book.marks if each.conid in known)), prices)
    if book.day is None or book.day.day != day:
        before = book.curve[-1].value if book.curve else book.start
        realized = worth.worth_of(book, day).realized
        book = replace(book, day=DayStart(day=day, worth=before, realized=realized))
    point = Point(at=now, value=worth.worth_of(book, day).net)
    older = tuple(each for each in book.curve if worth.trade_day(each.at) < day)
    return replace(book, curve=(*older, point))
