"""How the line to TWS is kept for days: opened again after every drop, taken stock of, and put to sleep by nobody.

One coroutine, the reader's, keeps the time, asks and tells; there is no second task. After each opening the broker's
order of things holds: executions and positions first, then the running figures of what is on screen, then the rest at
the pace TWS allows, which is told as RESTORING.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ibdesk.brokers.base import LinkNews, LinkState, StreamDown, StreamEvent, StreamUp
from ibdesk.brokers.throttle import Pace
from ibdesk.brokers.tws import failures, seam
from ibdesk.brokers.tws.book import TwsBook
from ibdesk.brokers.tws.connection import Line, Link, Pulse, Setting, asked, asked_named, restoring_pace
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert_market import Ticks
from ibdesk.brokers.tws.ears import POSITIONS
from ibdesk.brokers.tws.inbox import BROKER_LOST, DATA_LOST, PORT_CHANGED, TOO_MUCH, Inbox, Key
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import ZERO

#: Market-data lines of an account without extra subscriptions.
MOST_LINES = 100
#: Volume, open interest of options and their implied volatility come only when asked for.
GENERIC_TICKS = "100,101,106"
#: TWS repeats the prints of a week at most (tws-api.md 5.3).
_PRINTS_KEPT = timedelta(days=8)
#: Seconds without subscriptions after TWS complained of too many requests.
_REST_AFTER_TOO_MUCH = 1.0
#: Seconds between two words about how the restoring goes.
_WORD_EVERY = 0.25

_log = logging.getLogger(__name__)

Request = Callable[[Line], None]


class TwsStream:
    """The live stream. `events` may have one reader at a time."""

    def __init__(
        self, setting: Setting, main: Link, ordering: Link | None, inbox: Inbox, contracts: Contracts, book: TwsBook,
        *, jitter: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._setting, self._main, self._ordering = setting, main, ordering
        self._inbox, self._contracts, self._book, self._jitter = inbox, contracts, book, jitter
        self._wanted: tuple[Conid, ...] = ()
        self._closed = False
        self._awake = asyncio.Event()
        self._pace = Pace(restoring_pace(setting.timings), 1.0)
        self._due: deque[Request] = deque()
        self._restoring, self._planned = 0, -1
        self._word_at = self._rest_until = 0.0
        self._quoted: dict[Conid, int] = {}
        self._running: dict[Key, int] = {}
        self._totals: dict[AccountId, int] = {}

    def wake(self) -> None:
        """Do not sleep the back-off out: TWS is back, as somebody else has found."""
        self._awake.set()

    async def watch(self, conids: Sequence[Conid]) -> None:
        self._wanted = tuple(dict.fromkeys(conids))[:MOST_LINES]
        if self._main.line is not None:
            await self._place(self._wanted)
        self._plan()
        self._inbox.wake.set()

    async def _place(self, conids: Sequence[Conid]) -> None:
        """Where they trade, for those that cannot be priced without it."""
        with contextlib.suppress(DeskError):  # without a place a price is asked for all the same, and may be refused
            await self._contracts.of(self._contracts.placeless(conids))

    async def close(self) -> None:
        """End `events`."""
        self._closed = True
        self._awake.set()
        self._inbox.wake.set()

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        place, timings = self._setting.place, self._setting.timings
        rest = place.reconnect_min
        self._inbox.tell_again()
        try:
            while not self._closed:
                up_at: float | None = None
                pause = self._pause(rest)
                try:
                    line = await self._opened()
                    up_at = self._setting.ticks()
                    yield self._inbox.batch()
                    await self._completed()
                    async with contextlib.aclosing(self._batches(line)) as batches:
                        async for batch in batches:
                            yield batch
                except DeskError as problem:
                    self._lose()
                    if up_at is not None and self._setting.ticks() - up_at >= timings.stable_after:
                        rest = place.reconnect_min
                        pause = self._pause(rest)
                    at = self._setting.clock()
                    retry_at = at + timedelta(seconds=pause)
                    yield (
                        LinkNews(
                            at=at, state=LinkState.DOWN, reason=problem.message, remedy=problem.remedy,
                            retry_at=retry_at,
                        ),
                        StreamDown(at=at, reason=problem.message),
                    )
                await self._rest(pause)
                rest = min(rest * 2, place.reconnect_max)
        finally:
            self._lose()

    def _pause(self, seconds: float) -> float:
        """The back-off, a fifth more or less of it so that not everybody comes back at once."""
        return seconds * (0.8 + 0.4 * self._jitter())

    async def _rest(self, seconds: float) -> None:
        """Wait the back-off out, unless woken."""
        if self._closed:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        self._awake.clear()

    def _lose(self) -> None:
        """Neither connection is of use without the other; what is left of either is dropped."""
        self._main.drop()
        if self._ordering is not None:
            self._ordering.drop()
        self._forget_subscriptions()

    def _forget_subscriptions(self) -> None:
        self._quoted.clear()
        self._running.clear()
        self._totals.clear()
        self._due.clear()
        self._inbox.forget_subscriptions()

    async def _opened(self) -> Line:
        """Open the connection that reads and take stock of prints and positions."""
        line = await self._main.ready()
        self._inbox.begin()
        self._is_told_lost = False  # of this line nobody has said so yet
        self._inbox.fills.forget(self._setting.clock() - _PRINTS_KEPT)
        self._forget_subscriptions()
        line.send(lambda client: client.reqMarketDataType(3))  # delayed where there is no subscription
        self._inbox.tell(LinkNews(at=self._setting.clock(), state=LinkState.UP))
        await self._take_stock(line)
        self._inbox.tell(StreamUp(at=self._setting.clock()))
        self._awake.clear()
        return line

    async def _completed(self) -> None:
        """What may come a moment later: the order connection, which alone may fail, and the subscriptions."""
        if self._ordering is not None and self._setting.may_order():
            try:
                await self._executions(await self._ordering.ready())
            except DeskError as problem:
                news = LinkNews(at=self._setting.clock(), state=LinkState.UP, reason=problem.message)
                self._inbox.tell(news)
        await self._list_orders()
        await self._place(self._wanted)
        self._begin_restoring()

    async def _take_stock(self, line: Line) -> None:
        """Every print of the day and every position: whatever happened while nobody listened."""
        await asyncio.gather(self._executions(line), self._positions(line))
        self._inbox.drift.clear()

    async def _list_orders(self) -> None:
        """Not while reading only: a read-only TWS refuses to list orders, or hangs over it (tws-api.md 5.7)."""
        if self._ordering is not None and self._setting.may_order():
            with contextlib.suppress(DeskError):
                await self._book.refresh()

    async def _executions(self, line: Line) -> None:
        wanted = seam.execution_filter()
        try:
            await asked(line, "the executions", lambda client, number: client.reqExecutions(number, wanted))
        except DeskError as problem:
            if problem.cause is not Cause.TIMED_OUT:
                raise  # a missing end mark costs nothing: prints are taken as they come

    async def _positions(self, line: Line) -> None:
        """What is held; what is not told any more is gone."""
        before = dict(self._inbox.held)
        told = await asked_named(
            line, POSITIONS, "the positions", lambda client: client.reqPositions(),
            self._setting.timings.download_within,
        )
        seen = {(AccountId(account), Conid(contract.conId)) for account, contract, _, _ in told}
        for key, position in before.items():
            if key not in seen and position.quantity:
                self._inbox.moved(replace(position, quantity=ZERO, average_cost=None, at=self._setting.clock()))

    # --- while it is up ------------------------------------------------------------------------------------------

    async def _batches(self, line: Line) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        """At most one batch a frame. Raises DeskError when the line is over."""
        ticks, timings = self._setting.ticks, self._setting.timings
        pulses: dict[Line, Pulse] = {}
        told_at = ticks() - timings.gather
        while True:
            for each in self._lines(line):
                pulses.setdefault(each, Pulse(self._setting.place.keepalive, ticks()))
            for each, pulse in pulses.items():
                if each.is_over:
                    raise failures.gone()
                pulse.beat(each, ticks())
            while self._inbox.turns:
                await self._turn(line, *self._inbox.turns.popleft())
            self._send_due(line)
            self._ask_what_moved(line)
            await self._wait(min(pulse.due_at for pulse in pulses.values()))
            if self._closed:
                return
            rest = told_at + timings.gather - ticks()
            if rest > 0 and self._inbox.wake.is_set():
                await asyncio.sleep(rest)
            if self._inbox.wake.is_set() and not line.is_over:
                told_at = ticks()
                self._follow_positions()
                yield self._inbox.batch()
            elif ticks() - line.ears.heard_at < timings.gather * 2:
                yield ()  # a sign of life

    def _lines(self, main: Line) -> tuple[Line, ...]:
        """Ours; that of orders may come later, when somebody needs it."""
        ordering = self._ordering.line if self._ordering is not None else None
        return (main,) if ordering is None else (main, ordering)

    async def _wait(self, pulse_at: float) -> None:
        """Until there is something to tell, to ask or to send."""
        now = self._setting.ticks()
        until = min(pulse_at, self._ready_at(now) if self._due else pulse_at, self._unexplained_at or pulse_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(until - now, 0.001)):
                await self._inbox.wake.wait()

    def _ask_what_moved(self, line: Line) -> None:
        """Prints of other programs are told to the master client alone: where a position moved and no print says why,
        the prints of the day are asked for. They are taken as they come, and each is told once."""
        now = self._setting.ticks()
        if not self._inbox.drift:
            self._unexplained_at = None
        elif self._unexplained_at is None:
            self._unexplained_at = now + self._setting.timings.unexplained_after
        elif now >= self._unexplained_at:
            self._unexplained_at = None
            self._inbox.drift.clear()
            wanted, number = seam.execution_filter(), line.wire.new_id()
            line.send(lambda client: client.reqExecutions(number, wanted))

    _unexplained_at: float | None = None

    async def _turn(self, line: Line, code: int, text: str) -> None:
        """The stretch behind TWS broke or came back (1100, 1101, 1102, 2110), or the port is another one (1300)."""
        at = self._setting.clock()
        if code == PORT_CHANGED:
            raise failures.gone("TWS has been given another port.")
        if code == TOO_MUCH:
            _log.info("TWS says that we ask too much at once; nothing more is asked for a second")
            self._rest_until = self._setting.ticks() + _REST_AFTER_TOO_MUCH
            return
        if code in BROKER_LOST:
            if not self._is_told_lost:
                self._is_told_lost = True
                reason = failures.broker_lost().message
                self._inbox.tell(LinkNews(at=at, state=LinkState.BROKER_LOST, reason=reason, code=code))
                self._inbox.tell(StreamDown(at=at, reason=reason))
            return
        is_lost = code == DATA_LOST
        state = LinkState.RESTORED_LOST if is_lost else LinkState.RESTORED_KEPT
        self._is_told_lost = False
        self._inbox.tell(LinkNews(at=at, state=state, reason=text, code=code))
        if is_lost:
            self._forget_subscriptions()
            line.send(lambda client: client.reqMarketDataType(3))
        await self._take_stock(line)  # also after "kept": what was traded meanwhile is not told again by itself
        await self._list_orders()
        self._inbox.tell(StreamUp(at=self._setting.clock()))
        self._inbox.retell()
        if is_lost:
            self._begin_restoring()

    _is_told_lost = False

    # --- subscriptions -------------------------------------------------------------------------------------------

    def _begin_restoring(self) -> None:
        self._plan()
        self._restoring = len(self._due)
        self._word_at = 0.0

    def _follow_positions(self) -> None:
        """Open what a new position needs, close what a gone one had."""
        if self._inbox.openings != self._planned:
            self._plan()

    def _plan(self) -> None:
        """Everything that has to be asked for or given up, in the order of its worth."""
        line = self._main.line
        self._due.clear()
        if line is None:
            return
        self._planned, held = self._inbox.openings, [key for key in self._inbox.held if key in self._inbox.open]
        wanted = set(self._wanted)
        for conid in [each for each in self._quoted if each not in wanted]:
            self._due.append(partial(self._unquote, conid=conid))
        for key in [each for each in self._running if each not in self._inbox.open]:
            self._due.append(partial(self._stop, key=key))
        for account in line.accounts:
            if account not in self._totals:
                self._due.append(partial(self._total, account=account))
        shown = [key for key in held if key[1] in wanted and key not in self._running]
        self._due.extend(partial(self._run, key=key) for key in shown)
        for conid in self._wanted:
            if conid not in self._quoted:
                self._due.append(partial(self._quote, conid=conid))
        rest = [key for key in held if key[1] not in wanted and key not in self._running]
        self._due.extend(partial(self._run, key=key) for key in rest)

    def _send_due(self, line: Line) -> None:
        """As many as the pace allows now, and a word about it while a whole line is being restored."""
        now = self._setting.ticks()
        while self._due and self._ready_at(now) <= now:
            self._pace.take(now)
            self._due.popleft()(line)
        if self._restoring and (now >= self._word_at or not self._due):
            self._word_at = now + _WORD_EVERY
            self._inbox.tell(LinkNews(
                at=self._setting.clock(), state=LinkState.RESTORING, left=len(self._due), wanted=self._restoring,
            ))  # fmt: skip
            if not self._due:
                self._restoring = 0

    def _ready_at(self, now: float) -> float:
        return max(self._pace.ready_at(now), self._rest_until)

    def _total(self, line: Line, account: AccountId) -> None:
        number, worth = line.wire.new_id(), line.wire.new_id()
        self._totals[account] = number
        self._inbox.accounts |= {number: account, worth: account}
        line.send(lambda client: client.reqPnL(number, account, ""))
        line.send(lambda client: client.reqAccountUpdatesMulti(worth, account, "", True))

    def _run(self, line: Line, key: Key) -> None:
        number = self._running[key] = line.wire.new_id()
        self._inbox.pnl_keys[str(number)] = key
        line.send(lambda client: client.reqPnLSingle(number, key[0], "", key[1]))

    def _stop(self, line: Line, key: Key) -> None:
        number = self._running.pop(key)
        self._inbox.pnl_keys.pop(str(number), None)
        line.send(lambda client: client.cancelPnLSingle(number))

    def _quote(self, line: Line, conid: Conid) -> None:
        number = self._quoted[conid] = line.wire.new_id()
        self._inbox.ticks[number] = Ticks(conid)
        wanted = self._contracts.sketch(conid)
        line.send(lambda client: client.reqMktData(number, wanted, GENERIC_TICKS, False, False, []))

    def _unquote(self, line: Line, conid: Conid) -> None:
        number = self._quoted.pop(conid)
        self._inbox.drop_ticks(number)
        line.send(lambda client: client.cancelMktData(number))

    def quoted(self, conid: Conid) -> Ticks | None:
        """What is heard of a watched instrument."""
        number = self._quoted.get(conid)
        return None if number is None else self._inbox.ticks.get(number)
