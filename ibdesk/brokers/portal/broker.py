"""In which order the Portal is asked so that one picture is whole: warm-up, figures, every page, both halves."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from ibdesk.brokers.base import (
    CallSink,
    Connection,
    Exercising,
    LiveStream,
    MarketData,
    OrderBook,
    RateSink,
    SessionControl,
    Trading,
)
from ibdesk.brokers.http import Http
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import judge
from ibdesk.brokers.portal.book import PortalBook
from ibdesk.brokers.portal.calls import Calls, Pause
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.brokers.portal.lines import Lines
from ibdesk.brokers.portal.market import PortalMarket
from ibdesk.brokers.portal.order_news import OrderRows
from ibdesk.brokers.portal.pages import Rows, every_page
from ibdesk.brokers.portal.parse import accounts as parse
from ibdesk.brokers.portal.parse import market as parse_market
from ibdesk.brokers.portal.parse import positions as parse_positions
from ibdesk.brokers.portal.parse.positions import Definition, Holdings, Line, Row
from ibdesk.brokers.portal.replies import QUESTION_LIMIT
from ibdesk.brokers.portal.session import PortalSession
from ibdesk.brokers.portal.stream import PortalStream, StreamTimings
from ibdesk.brokers.portal.trading import PortalTrading
from ibdesk.brokers.throttle import Budget, Clock, Throttle
from ibdesk.domain.accounts import Account, AccountId, AccountPnl, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.positions import Freshness, Skipped, Snapshot, Source
from ibdesk.domain.returns import Point

#: How often rows without their contract's half are read again, and how long between.
_REREADS = 2
_REREAD_AFTER = 0.5
#: Rows that are given their meaning in one go: a third of a millisecond.
_AT_A_TIME = 10
#: The running P&L may be asked for once in 5 s and answers for every account at once.
_PNL_FOR = timedelta(seconds=5)
#: The broker computes performance once a day and answers once in 15 minutes.
_EQUITY_FOR = timedelta(minutes=15)

#: The broker counts per user, not per object of ours: a desk opened after a wizard spends from the same budget, and
#: a penalty box outlives the broker that earned it. `recent` calls tell what earlier processes spent.
_BUDGETS: dict[tuple[str, str, int], Budget] = {}


def _budget_of(connection: Connection) -> Budget:
    key = (connection.url, connection.certificate_sha256, connection.requests_per_second)
    return _BUDGETS.setdefault(key, Budget(per_second=connection.requests_per_second, limits=endpoints.LIMITS))


def forgive(url: str) -> None:
    """Forget that the gateway at this address has locked us out: for one whose broker lets go by itself, the demo's."""
    for (address, _, _), budget in _BUDGETS.items():
        if address == url:
            budget.boxed_until = None


class PortalBroker:
    """One gateway, one sign-in. Open it before use; every method raises DeskError branches only."""

    name = "Client Portal"
    source = Source.PORTAL
    freshness = Freshness.POLLED
    session: SessionControl | None
    market: MarketData | None
    stream: LiveStream | None
    book: OrderBook | None
    trading: Trading | None
    exercising: Exercising | None = None  # the Web API has no door for it (client-portal-api.md)

    def __init__(
        self,
        connection: Connection,
        *,
        on_call: CallSink,
        on_rate: RateSink,
        clock: Clock,
        pause: Pause = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        timings: StreamTimings | None = None,
        budget: Budget | None = None,
        recent: Sequence[ApiCall] = (),
        question_limit: float = QUESTION_LIMIT,
    ) -> None:
        budget = budget or _budget_of(connection)
        budget.recall(recent, base=endpoints.BASE, now=clock(), ticks=ticks())
        throttle = Throttle(budget, clock=clock, on_rate=on_rate, ticks=ticks)
        self._http = Http(
            connection, base=endpoints.BASE, judge=judge, throttle=throttle, on_call=on_call, clock=clock
        )
        self._calls = Calls(self._http, pause=pause, ticks=ticks)
        self._clock, self._ticks = clock, ticks
        contracts = Contracts(self._calls)
        session = PortalSession(self._calls, url=connection.url, on_ready=lambda: stream.wake())
        stream = PortalStream(
            self._http, self._calls, session, OrderRows(contracts.known), clock=clock, ticks=ticks, jitter=jitter,
            timings=timings or StreamTimings(),
        )
        lines = Lines(self._calls, clock=clock, streamed=lambda: stream.wanted)
        self.session, self.stream = session, stream
        self.market = PortalMarket(self._calls, contracts, lines, clock=clock)
        if connection.read_only and connection.environment is Environment.LIVE:
            # There is nothing that could send an order; what was ordered can be read all the same.
            self.book, self.trading = PortalBook(self._calls, contracts, clock=clock), None
        else:
            self.book = self.trading = PortalTrading(
                self._calls, contracts, lines=lines, environment=connection.environment, clock=clock,
                operator=lambda: session.user_name, question_limit=question_limit,
            )
        self._closing = stream.close
        self._pnl: tuple[float, dict[AccountId, AccountPnl]] | None = None
        self._equity: tuple[float, dict[AccountId, tuple[Point, ...]]] | None = None

    async def open(self) -> None:
        """Raises Refused(HOST_NOT_LOOPBACK). Nothing is sent yet."""
        await self._http.open()

    async def close(self) -> None:
        await self._closing()
        await self._http.close()

    async def accounts(self) -> tuple[Account, ...]:
        return await self._calls.accounts()

    async def select(self, account: AccountId) -> None:
        await self._calls.must_know(account)
        await self._calls.select(account)

    async def snapshot(self, account: AccountId, *, fresh: bool = False) -> Snapshot:
        await self._calls.must_know(account)
        if fresh:
            await self._calls.post(endpoints.invalidate(account))
        summary = parse.summary(await self._calls.get(endpoints.summary(account)), account, self._clock())
        cash = await self._calls.get(endpoints.ledger(account))
        ledger, unread = parse.ledger(cash, account, summary.currency)
        held = await self._holdings(account)
        pnl = await self._running_pnl()
        return Snapshot(
            account=account, source=self.source, as_of=summary.as_of, received_at=self._clock(), summary=summary,
            ledger=ledger, positions=held.positions, pnl=pnl.get(account), skipped=unread + held.skipped,
        )

    async def equity_history(self, account: AccountId) -> tuple[Point, ...]:
        """Asked for every account at once and kept for 15 minutes, which is how often the broker answers."""
        if self._equity is None or self._ticks() - self._equity[0] >= _EQUITY_FOR.total_seconds():
            await self._calls.must_know(account)
            self._equity = (self._ticks(), await self._curves(self._calls.known))
        return self._equity[1].get(account, ())

    async def _curves(self, accounts: Sequence[AccountId]) -> dict[AccountId, tuple[Point, ...]]:
        """The newer call first; older gateways know only the other one."""
        try:
            body = await self._calls.post(endpoints.ALL_PERIODS, {"acctIds": accounts})
            curves = parse_market.equity_all_periods(body)
        except DeskError as problem:
            if problem.cause is not Cause.BROKER_ERROR:
                raise
            curves = {}
        if any(curves.values()):
            return curves
        body = await self._calls.post(endpoints.PERFORMANCE, {"acctIds": accounts, "period": "1Y"})
        return parse_market.equity_performance(body)

    async def _holdings(self, account: AccountId) -> Holdings:
        """What each page means, read as it comes; pages with contract halves still to come are asked for again."""
        read: list[list[Line | Skipped]] = []
        halves: dict[int, Rows] = {}
        async for page in every_page(lambda number: self._page(account, number)):
            if any(map(_is_half, page)):
                halves[len(read)] = page
            read.append([] if len(read) in halves else await _lines(page, account, {}))
        await self._fill(halves, account)
        found = await self._definitions(tuple(halves.values()))
        for number, page in halves.items():
            read[number] = await _lines(page, account, found)
        holdings = Holdings()
        while read:
            holdings.add(read.pop(0))
            await asyncio.sleep(0)
        return holdings

    async def _fill(self, halves: dict[int, Rows], account: AccountId) -> None:
        """Read these pages again, those with halves still missing once more."""
        missing = tuple(halves)
        for _ in range(_REREADS):
            if not missing:
                return
            await self._calls.pause(_REREAD_AFTER)
            for number in missing:
                halves[number] = parse_positions.rows(await self._page(account, number)) or halves[number]
            missing = tuple(number for number in missing if any(map(_is_half, halves[number])))

    async def _page(self, account: AccountId, number: int) -> bytes:
        return await self._calls.get(endpoints.positions(account, number))

    async def _definitions(self, pages: Sequence[Rows]) -> dict[int, Definition]:
        """The contract halves that are still missing, asked for by conid."""
        rows = (row for page in pages for row in page)
        missing = sorted({row.conid for row in rows if isinstance(row, Row) and row.is_half and row.conid})
        found: dict[int, Definition] = {}
        for begin in range(0, len(missing), endpoints.MOST_DEFINITIONS):
            conids = ",".join(map(str, missing[begin : begin + endpoints.MOST_DEFINITIONS]))
            body = await self._calls.get(endpoints.SECURITY_DEFINITIONS, {"conids": conids})
            found |= parse_positions.definitions(body)
        return found

    async def _running_pnl(self) -> dict[AccountId, AccountPnl]:
        """None of it without a brokerage session; the rest of a picture does not need one."""
        if self._pnl is None or self._ticks() - self._pnl[0] >= _PNL_FOR.total_seconds():
            try:
                body = await self._calls.get(endpoints.PNL)
            except Unavailable as problem:
                if problem.cause is not Cause.BROKERAGE_LOST:
                    raise
                return {}
            self._pnl = (self._ticks(), parse.pnl(body, self._clock()))
        return self._pnl[1]


async def _lines(page: Rows, account: AccountId, found: Mapping[int, Definition]) -> list[Line | Skipped]:
    """What the rows of a page mean, letting the window breathe in between: a whole page takes more than a frame can
    spare (goal G9)."""
    read: list[Line | Skipped] = []
    for at in range(0, len(page), _AT_A_TIME):
        read += parse_positions.lines(page[at : at + _AT_A_TIME], account, found)
        await asyncio.sleep(0)
    return read


def _is_half(row: Row | msgspec.Raw) -> bool:
    return isinstance(row, Row) and row.is_half
