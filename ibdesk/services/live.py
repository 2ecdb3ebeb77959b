"""What moves between syncs: the newest quote of every watched instrument and the running P&L of every account.

The stream lives only while the session is ready: with it lost the socket is hung up, since neither a half-open socket
nor one of a lost brokerage session ever recovers, and nothing but the session's keeper asks the gateway then.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ibdesk.brokers.base import LiveStream, OrderNews, StreamDown, StreamEvent, StreamUp
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import (
    AccountChanged,
    OrdersHeard,
    PnlChanged,
    QuotesChanged,
    SessionChanged,
    StreamChanged,
    TimeJumped,
)
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO
from ibdesk.domain.positions import Source
from ibdesk.domain.session import SessionFlags
from ibdesk.domain.truth import StreamState
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.session import SessionService
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import snapshots
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

#: Market-data lines of an account without extra subscriptions (reference/client-portal-api.md 6).
LINES = 100
#: Seconds before a stream that ended is opened anew; the adapter has its own back-off below this.
AGAIN = 5.0


class Live:
    """Takes in the broker's stream while the session is ready. What is held is watched by itself."""

    def __init__(
        self,
        stream: LiveStream,
        *,
        session: SessionService | None,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        source: Source = Source.PORTAL,
        wait: Wait = wait,
    ) -> None:
        self.state = StreamState()
        self._stream = stream
        self._session = session
        if session is not None:
            session.stream_state = lambda: self.state
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._clock = clock
        self._source = source
        self._wait = wait
        self._reading: asyncio.Task[None] | None = None
        self._quotes: dict[Conid, Quote] = {}
        self._pnl: dict[AccountId, AccountPnl] = {}
        self._on_screen: tuple[Conid, ...] = ()
        self._held: dict[AccountId, tuple[Conid, ...]] = {}
        self._watched: tuple[Conid, ...] = ()
        self._woken = asyncio.Event()

    @property
    def quotes(self) -> Mapping[Conid, Quote]:
        return MappingProxyType(self._quotes)

    @property
    def whole_quotes(self) -> Mapping[Conid, Quote]:
        """Those that have told both sides: a line that was just opened again tells at first only what moves."""
        return {conid: each for conid, each in self._quotes.items() if None not in (each.bid, each.ask)}

    @property
    def pnl(self) -> Mapping[AccountId, AccountPnl]:
        return MappingProxyType(self._pnl)

    def start(self) -> None:
        self._hub.subscribe(SessionChanged, self._session_changed)
        self._hub.subscribe(TimeJumped, self._time_jumped)
        self._hub.subscribe(AccountChanged, self._account_changed)
        self._tasks.start("live stream", self._consume())

    async def watch(self, conids: Sequence[Conid]) -> None:
        """These are on screen: they get lines first, the rest of what is held after them."""
        self._on_screen = tuple(conids)
        await self._watch()

    def _session_changed(self, event: SessionChanged) -> None:
        if event.session.is_ready:
            self._woken.set()
        else:
            self._hang_up()

    def _time_jumped(self, _event: TimeJumped) -> None:
        """A socket that slept is half open, and instants of before do not compare with those of after."""
        self._hang_up()
        self._woken.set()

    def _hang_up(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def _account_changed(self, event: AccountChanged) -> None:
        if event.source is not self._source:
            return
        if not self._tasks.is_closing:  # a picture may be stored until the very end; nobody looks at it any more
            self._tasks.start("watch what is held", self._follow(event.account))

    async def _follow(self, account: AccountId) -> None:
        self._held[account] = await self._database.read(_largest, account, self._source)
        await self._watch()

    async def _watch(self) -> None:
        held = (conid for conids in self._held.values() for conid in conids)
        wanted = tuple(dict.fromkeys((*self._on_screen, *held)))[:LINES]
        if wanted != self._watched:
            for conid in set(self._watched) - set(wanted):
                self._quotes.pop(conid, None)  # nothing will make it younger
            self._watched = wanted
            await self._stream.watch(wanted)

    async def _consume(self) -> None:
        while await self._may_read():
            self._woken.clear()
            reading = self._reading = self._tasks.start("read the live stream", self._read())
            await asyncio.wait((reading,))
            self._reading = None
            if self._tasks.is_closing:
                return
            self._went_down("The stream is being opened again.")
            await self._wait(AGAIN, self._woken)

    async def _may_read(self) -> bool:
        """Waits for the session; False when its last word came while the desk was being closed."""
        while self._session is not None and not self._session.session.is_ready:
            self._woken.clear()
            await self._woken.wait()
        return not self._tasks.is_closing

    async def _read(self) -> None:
        try:
            async with aclosing(self._stream.events()) as batches:
                async for batch in batches:
                    self._take(batch)
        except DeskError as error:
            log.info("The stream ended: %s", error.message)
            self._went_down(error.message)

    def _went_up(self) -> None:
        self._quotes.clear()  # everything comes anew; an old bid must not stand beside a new last
        self._pnl.clear()
        now = self._clock()
        self._become(StreamState(is_up=True, since=now, last_heard=now))

    def _went_down(self, reason: str) -> None:
        if self.state.is_up or self.state.since is None:
            self._become(StreamState(since=self._clock(), last_heard=self.state.last_heard, reason=reason))

    def _become(self, state: StreamState) -> None:
        self.state = state
        self._hub.publish(StreamChanged(state=state))

    def _take(self, batch: Sequence[StreamEvent]) -> None:
        moved: dict[Conid, Quote] = {}
        if self.state.is_up:
            self.state = replace(self.state, last_heard=self._clock())
        for event in batch:
            match event:
                case Quote() if event.conid not in self._watched:
                    pass  # it was on its way when its line was given up
                case Quote():
                    self._quotes[event.conid] = moved[event.conid] = event
                case AccountPnl():
                    self._pnl[event.account] = event
                    self._hub.publish(PnlChanged(pnl=event))
                case SessionFlags():
                    if self._session is not None:  # not awaited: a session that is lost ends this very reading
                        self._tasks.start("hear of the session", self._session.hear(event))
                case OrderNews():
                    self._hub.publish(OrdersHeard(orders=event.orders, fills=event.fills, is_whole=event.is_whole))
                case StreamUp():
                    self._went_up()
                case StreamDown():
                    self._went_down(event.reason)
                    if self._session is not None and self._session.session.is_ready:
                        self._tasks.start("look after the stream broke", self._session.look(if_ready=True))
        if moved:
            self._hub.publish(QuotesChanged(quotes=tuple(moved.values())))


def _largest(tx: "Connection", account: AccountId, source: Source) -> tuple[Conid, ...]:
    """As many of the account's holdings as there are lines, the largest first."""
    held = sorted(snapshots.load_positions(tx, account, source), key=lambda each: -abs(each.market_value or ZERO))
    return tuple(each.instrument.conid for each in held[:LINES])
