"""How to keep the Portal's WebSocket alive: who speaks first, what has to be said again and when silence means death.

One coroutine reads, keeps the time and writes; there is no second task. `watch` only changes what is wanted.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace

import aiohttp
import msgspec

from ibdesk.brokers.base import OrderNews, StreamDown, StreamEvent, StreamUp
from ibdesk.brokers.http import Http
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.order_news import OrderRows
from ibdesk.brokers.portal.parse import market as parse_market
from ibdesk.brokers.portal.parse import stream as parse
from ibdesk.brokers.portal.session import PortalSession
from ibdesk.brokers.throttle import Clock, Pace
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.session import SessionFlags

#: Orders, never with a filter, and today's executions.
_ORDERS = ("sor+{}", 'str+{"realtimeUpdatesOnly":false,"days":1}')


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTimings:
    """Seconds. From reference/client-portal-api.md 9.2 to 9.5; tests shorten them."""

    greeting_within: float = 10.0
    # A heartbeat comes every 10 s, and on TCP none is lost: later than this it is the line that is gone.
    silence_means_death: float = 15.0
    say_tic_every: float = 60.0
    # A market-data stream dies after 10 minutes (15 before April 2026).
    renew_after: float = 540.0
    # Half of the 10 messages per second that all of a gateway user's traffic may have: REST keeps the other half.
    subscriptions_per_second: int = 5
    # A figure is shown at most ten times a second.
    gather: float = 0.1
    first_rest: float = 1.0
    longest_rest: float = 60.0


@dataclass(slots=True)
class _Batch:
    """What was heard, the newest of each key, and since when (in ticks) it waits to be told."""

    events: dict[object, StreamEvent] = field(default_factory=dict)
    since: float | None = None


class PortalStream:
    """The live stream. It reconnects by itself until it is closed; `events` may have one reader at a time."""

    def __init__(
        self,
        http: Http,
        calls: Calls,
        session: PortalSession,
        orders: OrderRows,
        *,
        clock: Clock,
        timings: StreamTimings,
        ticks: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._http, self._calls, self._session, self._orders = http, calls, session, orders
        self._clock, self._timings, self._ticks, self._jitter = clock, timings, ticks, jitter
        self._wanted: tuple[Conid, ...] = ()
        self._due: deque[str] = deque()
        self._pace = Pace(timings.subscriptions_per_second, 1.0)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._is_up = False
        self._closed = False
        self._awake = asyncio.Event()
        self._quotes: dict[Conid, Quote] = {}
        self._pnl: dict[AccountId, AccountPnl] = {}
        self._flags = SessionFlags(reachable=False)

    @property
    def wanted(self) -> tuple[Conid, ...]:
        """What is streamed, or is to be once it is up."""
        return self._wanted

    def wake(self) -> None:
        """The brokerage session is usable: do not sleep the back-off out."""
        self._awake.set()

    async def watch(self, conids: Sequence[Conid]) -> None:
        wanted = tuple(dict.fromkeys(conids))[: endpoints.MOST_LINES]
        before, self._wanted = set(self._wanted), wanted
        for conid in before - set(wanted):
            self._quotes.pop(conid, None)
        if self._is_up:
            self._due.extend(_unsubscribe(conid) for conid in sorted(before - set(wanted)))
            self._due.extend(_subscribe(conid) for conid in wanted if conid not in before)
            with contextlib.suppress(Unavailable):  # the reader notices too, and connects again
                await self._send_due()

    async def close(self) -> None:
        """End `events` and hang up."""
        self._closed = True
        self.wake()
        await self._hang_up("closed")

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        rest = self._timings.first_rest
        try:
            while not self._closed:
                try:
                    socket = await self._connect()
                    yield (StreamUp(at=self._clock()), self._flags)
                    async with contextlib.aclosing(self._batches(socket)) as batches:
                        async for batch in batches:
                            rest = self._timings.first_rest  # a greeting alone is no life: sockets can be mute after it
                            yield batch
                except DeskError as problem:
                    await self._hang_up(problem.message)
                    if not self._closed:  # an opening that failed is told too: the gateway may have died before it
                        yield (StreamDown(at=self._clock(), reason=problem.message),)
                await self._rest(rest)
                rest = min(rest * 2, self._timings.longest_rest)
        finally:
            await self._hang_up("stopped")

    async def _rest(self, seconds: float) -> None:
        """Wait out the back-off, three quarters to all of it, or until there is news of the session."""
        if self._closed:
            return
        try:
            async with asyncio.timeout(seconds * (0.75 + 0.25 * self._jitter())):
                await self._awake.wait()
        except TimeoutError:
            return
        finally:
            self._awake.clear()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """Status first, then the door, the greeting, the accounts, and every subscription again."""
        self._flags = await self._session.tickle()
        if not self._flags.authenticated:
            raise _lost()
        token = self._session.token
        cookie = "api=" + msgspec.json.encode({"session": token}).decode()
        self._socket = socket = await self._http.socket(endpoints.SOCKET, cookie=cookie)
        await self._greeted(socket, token)
        self._calls.forget_brokerage()
        await self._calls.brokerage_accounts()
        self._quotes.clear()
        self._pnl.clear()
        self._orders.forget()
        self._due = deque(["spl+{}", *_ORDERS, *(_subscribe(conid) for conid in self._wanted)])
        self._is_up = True
        self._awake.clear()
        return socket

    async def _greeted(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        """The gateway opens a socket even when the broker behind it does not: only a greeting counts."""
        try:
            async with asyncio.timeout(self._timings.greeting_within):
                while not await self._is_greeting(socket, token):
                    pass
        except TimeoutError as late:
            raise _silent("The stream did not greet us in time.") from late

    async def _is_greeting(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> bool:
        match await self._hear(socket):
            case parse.WaitingForSession():
                await socket.send_str(msgspec.json.encode({"session": token}).decode())
            case parse.Greeting(is_paper=is_paper):
                self._flags = replace(self._flags, is_paper=self._flags.is_paper if is_paper is None else is_paper)
                return True
        return False

    async def _batches(
        self, socket: aiohttp.ClientWebSocketResponse
    ) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        """What was heard, the newest of each key, at most one batch per `gather`. Raises Unavailable at the end."""
        now = self._ticks()
        tic_at, renew_at = now + self._timings.say_tic_every, now + self._timings.renew_after
        dead_at = now + self._timings.silence_means_death
        batch = _Batch()
        while True:
            next_send = self._pace.ready_at(now) if self._due else renew_at
            flush_at = renew_at if batch.since is None else batch.since + self._timings.gather
            wait = min(tic_at, renew_at, dead_at, next_send, flush_at, now + 1.0) - now
            is_alive = await self._listen(socket, batch, wait)
            now = self._ticks()
            if is_alive:
                dead_at = now + self._timings.silence_means_death
            if batch.since is not None and now >= batch.since + 0.9 * self._timings.gather:  # Qt's timers may be early
                yield tuple(batch.events.values())
                batch = _Batch()
                if not self._flags.authenticated:  # such a socket never recovers
                    raise _lost()
            elif is_alive and not batch.events:
                yield ()
            if now >= dead_at:
                raise _silent("The stream fell silent.")
            if now >= tic_at:
                await self._say(socket, "tic")
                tic_at = now + self._timings.say_tic_every
            if now >= renew_at:
                self._due.extend(_subscribe(conid) for conid in self._wanted)
                renew_at = now + self._timings.renew_after
            await self._send_due()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, batch: _Batch, seconds: float) -> bool:
        """Put what is said into the batch for some seconds, or until it is due; whether anything was said.

        One timeout for all of it: one for each message was a third of an idle desk's work (benchmarks/bench_week.py).
        """
        is_alive = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.001)) as limit:
                while True:
                    heard = await self._hear(socket)
                    if heard is None:
                        continue
                    is_alive = True  # whatever it is, the broker said it
                    self._gather(heard, batch.events)
                    if not batch.events:
                        break
                    if batch.since is None:
                        batch.since = self._ticks()
                        flush_at = asyncio.get_running_loop().time() + self._timings.gather
                        limit.reschedule(min(limit.when() or flush_at, flush_at))
        return is_alive

    def _gather(self, heard: parse.Message, batch: dict[object, StreamEvent]) -> None:
        match heard:
            case Quote():
                if heard.conid in self._wanted:
                    known = self._quotes.get(heard.conid)
                    self._quotes[heard.conid] = known.merged(heard) if known else heard
                    batch[heard.conid] = self._quotes[heard.conid]
            case parse.PnlNews(rows=rows):
                for account, row in rows.items():
                    self._pnl[account] = _merged(self._pnl.get(account), row)
                    batch[account] = self._pnl[account]
            case parse.OrdersNews() | parse.TradesNews():
                known_news = batch.get("orders")
                news = self._orders.hear(heard, self._clock())
                batch["orders"] = _joined(known_news, news) if isinstance(known_news, OrderNews) else news
            case parse.SessionNews():
                self._flags = heard.onto(self._flags)
                batch["session"] = self._flags

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> parse.Message | None:
        """The next message, None for one that means nothing. Frames come binary from the gateway.

        Raises Unavailable when the other side hung up.
        """
        frame = await socket.receive()
        if frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            data = frame.data.encode() if isinstance(frame.data, str) else frame.data
            return parse.message(data, self._clock())
        raise _silent("The stream was closed.")

    async def _send_due(self) -> None:
        """As many of the waiting subscriptions as the pace allows now."""
        while self._due and self._socket is not None and self._pace.ready_at(self._ticks()) <= self._ticks():
            self._pace.take(self._ticks())
            await self._say(self._socket, self._due.popleft())

    async def _say(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        try:
            await socket.send_str(text)
        except (aiohttp.ClientError, ConnectionError) as problem:
            raise _silent("The stream was closed.") from problem

    async def _hang_up(self, reason: str) -> None:
        socket, self._socket = self._socket, None
        self._is_up = False
        if socket is not None:
            await self._http.hang_up(socket, endpoints.SOCKET, reason)


def _subscribe(conid: Conid) -> str:
    fields = msgspec.json.encode({"fields": parse_market.FIELDS}).decode()
    return f"smd+{conid}+{fields}"


def _unsubscribe(conid: Conid) -> str:
    return f"umd+{conid}+{{}}"


def _silent(message: str) -> Unavailable:
    return Unavailable(message, remedy="The desk connects again by itself.", cause=Cause.TIMED_OUT)


def _lost() -> Unavailable:
    return Unavailable(
        "The brokerage session is not open.", remedy="Sign in, or reconnect the brokerage session.",
        cause=Cause.BROKERAGE_LOST,
    )


def _joined(older: OrderNews, newer: OrderNews) -> OrderNews:
    """Both, one after the other: nothing of it may be lost."""
    return OrderNews(
        at=newer.at, orders=older.orders + newer.orders, fills=older.fills + newer.fills,
        is_whole=older.is_whole and newer.is_whole,
    )


def _merged(older: AccountPnl | None, newer: AccountPnl) -> AccountPnl:
    """The newer figures; what it does not mention stays."""
    if older is None:
        return newer
    return AccountPnl(
        account=newer.account,
        daily=older.daily if newer.daily is None else newer.daily,
        unrealized=older.unrealized if newer.unrealized is None else newer.unrealized,
        net_liquidation=older.net_liquidation if newer.net_liquidation is None else newer.net_liquidation,
        excess_liquidity=older.excess_liquidity if newer.excess_liquidity is None else newer.excess_liquidity,
        as_of=newer.as_of,
    )
