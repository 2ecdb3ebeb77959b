"""When price history is asked of the broker and when the vault's copy will do.

Bars are kept in the vault. They are fetched again when older than their own length allows, and served as they are when
the broker cannot be asked; `Series.as_of` says how old. Three requests run at a time: the broker takes five
(reference/client-portal-api.md 10), and a person waiting for a chart must find one free.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.brokers.base import MarketData
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import Bar, BarSize, ContractDetails, ContractMatch, Span
from ibdesk.domain.returns import Point, Range, range_start, within
from ibdesk.services.contracts import Contracts
from ibdesk.services.desk import Clock
from ibdesk.services.session import SessionService
from ibdesk.store import series
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_A_TIME = 3
#: More sparklines than fit on any screen; a book of thousands would use the request budget up.
TRENDS_AT_MOST = 60
TREND_SPAN, TREND_BAR = Span.WEEK, BarSize.HOUR
TREND_LENGTH = timedelta(days=8)

_FETCHED: Mapping[Range, tuple[Span, BarSize]] = {
    Range.DAY: (Span.DAY, BarSize.MINUTE_5),
    Range.WEEK: (Span.WEEK, BarSize.HOUR),
    Range.MONTH: (Span.YEAR, BarSize.DAY),
    Range.QUARTER: (Span.YEAR, BarSize.DAY),
    Range.YEAR_TO_DATE: (Span.YEAR, BarSize.DAY),
    Range.YEAR: (Span.YEAR, BarSize.DAY),
    Range.ALL: (Span.FIVE_YEARS, BarSize.DAY),
}
_YOUNG = {BarSize.MINUTE_5: timedelta(minutes=5), BarSize.HOUR: timedelta(hours=1), BarSize.DAY: timedelta(hours=4)}
_REACH = {
    Span.DAY: timedelta(days=1),
    Span.WEEK: timedelta(days=7),
    Span.MONTH: timedelta(days=31),
    Span.YEAR: timedelta(days=365),
    Span.FIVE_YEARS: timedelta(days=5 * 365),
}
#: The first bar of a stretch may start this late: a long weekend, a holiday.
_SLACK = timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Closes over time. `reason` is not empty when there is nothing; `as_of` is when the broker sent the newest."""

    points: tuple[Point, ...] = ()
    reason: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the vault holds of one instrument in one bar length."""

    bars: tuple[Bar, ...]
    received_at: datetime | None

    def covers(self, span: Span, bar: BarSize, now: datetime) -> bool:
        if self.received_at is None or not self.bars or now - self.received_at > _YOUNG[bar]:
            return False
        return self.bars[0].at <= now - _REACH[span] + _SLACK


class Market:
    """Contracts and price history, sparingly."""

    def __init__(
        self, broker: MarketData, *, session: SessionService | None, database: Database, clock: Clock
    ) -> None:
        self.contracts = Contracts(broker, check=self._check_session)
        self._broker = broker
        self._session = session
        self._database = database
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._asked: dict[tuple[Conid, Span, BarSize], datetime] = {}
        self._symbols: dict[str, Conid] = {}

    async def find(self, text: str) -> tuple[ContractMatch, ...]:
        """Contracts by symbol or name. Raises what the broker answers."""
        self._check_session()
        return await self._broker.find(text)

    async def details(self, conid: Conid) -> ContractDetails:
        """What the broker tells of one contract."""
        self._check_session()
        return await self._broker.details(conid)

    async def benchmark(self, symbol: str, span: Range) -> Series:
        """The symbol's closes over the range, or the reason why there are none. Never raises DeskError."""
        fetched, bar = _FETCHED[span]
        try:
            conid = await self._conid(symbol)
        except DeskError as error:
            return Series(reason=f"{symbol} cannot be drawn: {error.message}")
        now = self._clock()
        problem = await self._refresh(conid, fetched, bar)
        kept = await self._kept(conid, bar, now - _REACH[fetched] - _SLACK)
        points = tuple(Point(at=each.at, value=each.close) for each in kept.bars)
        shown = within(points, span, now) if range_start(span, now) is not None else points
        if shown:
            return Series(points=shown, as_of=kept.received_at)
        why = problem.message if problem is not None else "it is empty."
        return Series(reason=f"The broker has no history for {symbol}: {why}")

    async def trends(self, conids: Sequence[Conid]) -> Mapping[Conid, tuple[Decimal, ...]]:
        """Hourly closes of the last five trading days, oldest first; instruments without history are left out."""
        wanted = tuple(dict.fromkeys(conids))[:TRENDS_AT_MOST]
        await asyncio.gather(*(self._refresh(conid, TREND_SPAN, TREND_BAR) for conid in wanted))
        return await self._database.read(load_trends, wanted, self._clock())

    async def _conid(self, symbol: str) -> Conid:
        """The contract behind a symbol; the one it was before when the broker cannot be asked."""
        if symbol in self._symbols:
            return self._symbols[symbol]
        try:
            found = await self._look_up(symbol)
        except Refused:
            raise
        except DeskError:
            known = await self._database.read(series.known_symbol, symbol)
            if known is None:
                raise
            return known
        self._symbols[symbol] = found
        await self._database.write(series.remember_symbol, symbol, found, self._clock())
        return found

    async def _look_up(self, symbol: str) -> Conid:
        matches = await self.find(symbol)
        exact = [each for each in matches if each.symbol.upper() == symbol.upper()]
        shares = [each for each in exact if {AssetClass.STOCK, AssetClass.ETF} & set(each.classes)]
        if not exact:
            raise Refused(
                f"the broker knows no {symbol}.",
                remedy="Choose another benchmark in Settings.",
                cause=Cause.NOTHING_FOUND,
            )
        return (shares or exact)[0].conid

    def _check_session(self) -> None:
        if self._session is not None and self._session.problem is not None:
            raise self._session.problem

    async def _refresh(self, conid: Conid, span: Span, bar: BarSize) -> DeskError | None:
        """Fetch what the vault lacks; the reason when the broker has none. Nothing is asked twice too soon."""
        now = self._clock()
        asked = self._asked.get((conid, span, bar))
        if asked is not None and now - asked <= _YOUNG[bar]:
            return None
        if (await self._kept(conid, bar, now - _REACH[span] - _SLACK)).covers(span, bar, now):
            return None
        try:
            self._check_session()
            async with self._slots:
                bars = await self._broker.history(conid, span, bar)
        except DeskError as error:
            if isinstance(error, Refused):  # there is none: asking again soon changes nothing
                self._asked[conid, span, bar] = now
            return error
        self._asked[conid, span, bar] = now
        await self._database.write(series.save_bars, conid, bar, bars, now)
        return None

    async def _kept(self, conid: Conid, bar: BarSize, since: datetime) -> _Kept:
        return await self._database.read(
            lambda tx: _Kept(
                bars=series.load_bars(tx, conid, bar, since=since),
                received_at=series.bars_received_at(tx, conid, bar),
            )
        )


def load_trends(tx: "Connection", conids: Sequence[Conid], now: datetime) -> Mapping[Conid, tuple[Decimal, ...]]:
    """The kept trends of these instruments; those without any are left out."""
    bars = {conid: series.load_bars(tx, conid, TREND_BAR, since=now - TREND_LENGTH) for conid in conids}
    return {conid: tuple(each.close for each in found) for conid, found in bars.items() if found}
