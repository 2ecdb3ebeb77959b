"""When what a stream says of positions and prints becomes the book: taken in at once, prints stored before they show,
the whole written once a minute and at the end.

The stream's adapter connects again by itself and tells of each change of the line; a book of before an outage stays
on screen, marked as old, until the broker has told everything anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from ibdesk.brokers.base import LinkNews, LinkState, LiveStream, OrderNews, StreamDown, StreamEvent, StreamUp
from ibdesk.domain.accounts import AccountId, AccountPnl, LedgerLine
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import FillsArrived, LineChanged, OrdersHeard, PnlBookChanged, TimeJumped
from ibdesk.domain.executions import Fill
from ibdesk.domain.hours import midnight
from ibdesk.domain.instruments import Conid
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.orders import OrderRoute
from ibdesk.domain.pnl import PnlBook, PnlKey, PnlRow, PositionMoved, PositionPnl
from ibdesk.domain.positions import Source
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import live_book, snapshots, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

#: Ticks are not history: the book is written this often (seconds), and only what was told anew.
WRITE_EVERY = 60.0
#: Seconds before a stream that ended is opened anew; the adapter has its own back-off below this.
AGAIN = 5.0


KeepFills = Callable[[Sequence[Fill]], Awaitable[None]]


class LivePnl:
    """The book of one streaming source. `book` is the newest, `line` says whether it may be believed. `tells_orders`
    says whether what the stream tells of orders goes on to the order book."""

    def __init__(
        self,
        stream: LiveStream,
        *,
        source: Source,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        wait: Wait = wait,
        tells_orders: Callable[[], bool] = lambda: False,
    ) -> None:
        self.book = PnlBook()
        self.line = Line()
        self._stream = stream
        self._source = source
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._clock = clock
        self._wait = wait
        self._tells_orders = tells_orders
        self._accounts: dict[AccountId, AccountPnl] = {}
        self._unwritten: set[PnlKey] = set()
        self._untold: set[PnlKey] = set()
        self._is_started = self._is_paused = False
        #: Who stores prints: an order book of the same orders, which writes their receipts, if there is one.
        self.keep_fills: KeepFills = self._keep_fills
        self._reading: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    @property
    def accounts(self) -> Mapping[AccountId, AccountPnl]:
        """The broker's own running figures of whole accounts."""
        return MappingProxyType(self._accounts)

    async def open(self) -> None:
        """Take up what was stored: the first screen does not wait for the network. Raises Unavailable."""
        day = self._day()
        rows, fills = await self._database.read(_stored, self._source, day)
        self.book = PnlBook(rows={row.key: row for row in rows}, since=day).traded(fills)
        self._untold = {row.key for row in rows}

    def start(self) -> None:
        """Listen from now on; once is enough."""
        if self._is_started:
            return
        self._is_started = True
        self._hub.subscribe(TimeJumped, lambda _event: self._hang_up())
        self._tasks.start(f"live book of {self._source.value}", self._follow())
        self._tasks.start(f"write the book of {self._source.value}", self._write_now_and_then())

    async def pause(self, reason: str, remedy: str = "") -> None:
        """Stop listening, with the line down at once and the figures old, until `resume`."""
        self._is_paused = True
        if self._is_started:
            self._become(self.line.become(LineState.DOWN, self._clock(), reason=reason, remedy=remedy))
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))

    def resume(self) -> None:
        """Listen again, if somebody did before."""
        self._is_paused = False
        self._woken.set()

    async def close(self) -> None:
        """Write what was not written yet."""
        await self._write()

    async def watch(self, conids: Sequence[Conid]) -> None:
        """These are on screen: their figures come back first after an outage."""
        await self._stream.watch(conids)

    async def rates(self, account: AccountId) -> Mapping[Currency, Decimal]:
        """What one unit of each currency costs in the account's base currency, by the newest stored picture."""
        lines = await self._database.read(_ledger, account, self._source)
        return {line.currency: line.rate for line in lines}

    async def rates_as_of(self, account: AccountId) -> datetime | None:
        """When those rates were true; None while there are none."""
        return await self._database.read(_ledger_as_of, account, self._source)

    def _hang_up(self) -> None:
        """A socket that slept is half open."""
        if self._reading is not None:
            self._reading.cancel()
        self._woken.set()

    def _day(self) -> datetime:
        """Midnight in New York, where the day's prints begin."""
        return midnight(self._clock())

    async def _follow(self) -> None:
        while True:
            self._woken.clear()
            if self._is_paused:
                await self._woken.wait()
                continue
            reading = self._reading = self._tasks.start(f"read the stream of {self._source.value}", self._read())
            await asyncio.wait((reading,))
            self._reading = None
            if self._tasks.is_closing:
                return
            if self.line.state is not LineState.DOWN and not self._is_paused:
                self._become(self.line.become(LineState.DOWN, self._clock(), reason="The line is being opened again."))
            await self._wait(AGAIN, self._woken)

    async def _read(self) -> None:
        try:
            async with aclosing(self._stream.events()) as batches:
                async for batch in batches:
                    await self._take(batch)
        except DeskError as error:
            log.info("The stream of %s ended: %s", self._source.value, error.message)
            self._become(self.line.become(
                LineState.DOWN, self._clock(), reason=error.message, remedy=error.remedy
            ))

    async def _take(self, batch: Sequence[StreamEvent]) -> None:
        news: list[PositionMoved | PositionPnl] = []
        fills: list[Fill] = []
        turns: list[StreamUp | StreamDown | LinkNews] = []
        for event in batch:
            match event:
                case PositionMoved() | PositionPnl():
                    news.append(event)
                case OrderNews():
                    fills += event.fills
                    if self._tells_orders():
                        self._hub.publish(OrdersHeard(
                            orders=event.orders, fills=event.fills, is_whole=event.is_whole, route=OrderRoute.TWS,
                        ))  # fmt: skip
                case AccountPnl():
                    self._accounts[event.account] = event
                case StreamUp() | StreamDown() | LinkNews():
                    turns.append(event)
        if self._untold and any(isinstance(event, StreamUp) for event in batch):
            news += self._gone(news)
        if news or fills:
            await self._apply(news, fills)
        for turn in turns:  # a line that is up again has its book already
            self._become(_after(self.line, turn))

    def _gone(self, news: Sequence[PositionMoved | PositionPnl]) -> list[PositionMoved | PositionPnl]:
        """What was held when the desk was closed and is not told now that stock was taken."""
        at = self._clock()
        missing, self._untold = self._untold - {each.key for each in news}, set()
        rows = [self.book.rows[key] for key in missing]
        return [
            PositionMoved(account=row.account, instrument=row.instrument, quantity=ZERO, average_cost=None, at=at)
            for row in rows
        ]

    async def _keep_fills(self, fills: Sequence[Fill]) -> None:
        changed = await self._database.write(lambda tx: trades.save_fills(tx, fills), urgent=True)
        if changed:
            self._hub.publish(FillsArrived(fills=changed))

    async def _apply(self, news: Sequence[PositionMoved | PositionPnl], fills: Sequence[Fill]) -> None:
        """Prints are stored before they show: what a person has seen is not lost with the process."""
        if fills:
            await self.keep_fills(fills)
        day = self._day()
        book = self.book if self.book.since == day else self.book.of_day(day)
        self.book = book.moved(news).traded(fills)
        self._untold.difference_update(each.key for each in news)
        self._unwritten.update(each.key for each in news)
        self._unwritten.update((fill.execution.account, fill.execution.instrument.conid) for fill in fills)
        self._hub.publish(PnlBookChanged(source=self._source, book=self.book))

    def _become(self, line: Line) -> None:
        if line != self.line:
            self.line = line
            self._hub.publish(LineChanged(source=self._source, line=line))

    async def _write_now_and_then(self) -> None:
        never = asyncio.Event()
        while not self._tasks.is_closing:
            await self._wait(WRITE_EVERY, never)
            try:
                await self._write()
            except DeskError as error:
                log.warning("The live book could not be written: %s", error.message)

    async def _write(self) -> None:
        keys, self._unwritten = self._unwritten, set()
        rows = [self.book.rows[key] for key in keys if key in self.book.rows]
        at = self._clock().replace(second=0, microsecond=0)
        if rows:
            try:
                await self._database.write(lambda tx: live_book.save_rows(tx, rows, self._source, at=at))
            except DeskError:
                self._unwritten |= keys
                raise


def _after(line: Line, news: StreamUp | StreamDown | LinkNews) -> Line:
    """The line after a piece of news of it."""
    match news:
        case StreamUp():
            return line.become(LineState.UP, news.at, code=line.code)
        case StreamDown():
            # Nearer to what is the matter: the socket stands, or when it is opened again was told with the same reason.
            is_told = line.state is LineState.DOWN and line.reason == news.reason
            if is_told or line.state is LineState.BROKER_LOST:
                return line
            return line.become(LineState.DOWN, news.at, reason=news.reason)
    told = replace(line, skew=news.skew if news.skew is not None else line.skew)
    match news.state:
        case LinkState.UP:
            # said of the socket, at its opening and with each heartbeat: stock is taken before the line is up
            return told if line.is_alive else told.become(LineState.RESTORING, news.at)
        case LinkState.RESTORED_LOST | LinkState.RESTORED_KEPT:
            return told.become(LineState.RESTORING, news.at, code=news.code)
        case LinkState.DOWN:
            return told.become(
                LineState.DOWN, news.at, reason=news.reason, remedy=news.remedy, code=news.code, retry_at=news.retry_at
            )  # fmt: skip
        case LinkState.BROKER_LOST:
            return told.become(LineState.BROKER_LOST, news.at, reason=news.reason, code=news.code)
        case LinkState.RESTORING:
            if line.state is LineState.BROKER_LOST:  # lost again while subscriptions came back
                return replace(told, left=news.left, wanted=news.wanted)
            state = LineState.RESTORING if news.left else LineState.UP
            return replace(told.become(state, news.at, code=line.code), left=news.left, wanted=news.wanted)
        case LinkState.FARM_LOST:
            return replace(told, dark=told.dark | {_farm(news.reason)})
        case LinkState.FARM_OK:
            return replace(told, dark=told.dark - {_farm(news.reason)})


def _farm(words: str) -> str:
    """The name at the end of "Market data farm connection is broken:usfarm"; else the words, which name no farm."""
    return words.rpartition(":")[2].strip()


def _stored(tx: "Connection", source: Source, day: datetime) -> tuple[tuple[PnlRow, ...], tuple[Fill, ...]]:
    rows = live_book.load_rows(tx, source)
    accounts = {row.account for row in rows}
    return rows, tuple(fill for account in accounts for fill in trades.load_fills(tx, account, day))


def _ledger(tx: "Connection", account: AccountId, source: Source) -> tuple[LedgerLine, ...]:
    return snapshots.load_ledger(tx, account, source) or snapshots.load_ledger(tx, account)


def _ledger_as_of(tx: "Connection", account: AccountId, source: Source) -> datetime | None:
    which = source if snapshots.load_ledger(tx, account, source) else Source.PORTAL
    return snapshots.stored_as_of(tx, account, which)
