"""What moves between syncs: the newest quote of every watched instrument and the running P&L of every account."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from ibdesk.brokers.base import LiveStream, StreamDown, StreamEvent, StreamUp
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    PnlChanged,
    QuotesChanged,
    SessionChanged,
)
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO
from ibdesk.domain.session import SessionFlags
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
        source: str,
        session: SessionService | None,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        wait: Wait = wait,
    ) -> None:
        self._stream = stream
        self._source = source
        self._session = session
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._wait = wait
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
    def pnl(self) -> Mapping[AccountId, AccountPnl]:
        return MappingProxyType(self._pnl)

    def start(self) -> None:
        self._hub.subscribe(SessionChanged, lambda event: self._woken.set() if event.session.is_ready else None)
        self._hub.subscribe(AccountChanged, self._account_changed)
        self._tasks.start("live stream", self._consume())

    async def watch(self, conids: Sequence[Conid]) -> None:
        """These are on screen: they get lines first, the rest of what is held after them."""
        self._on_screen = tuple(conids)
        await self._watch()

    def _account_changed(self, event: AccountChanged) -> None:
        self._tasks.start("watch what is held", self._follow(event.account))

    async def _follow(self, account: AccountId) -> None:
        self._held[account] = await self._database.read(_largest, account)
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
        while True:
            if self._session is not None and not self._session.session.is_ready:
                self._woken.clear()
                await self._woken.wait()
            try:
                async for batch in self._stream.events():
                    await self._take(batch)
            except DeskError as error:
                log.info("The stream ended: %s", error.message)
            self._woken.clear()
            await self._wait(AGAIN, self._woken)

    async def _take(self, batch: Sequence[StreamEvent]) -> None:
        moved: dict[Conid, Quote] = {}
        for event in batch:
            match event:
                case Quote():
                    known = self._quotes.get(event.conid)
                    self._quotes[event.conid] = event if known is None else known.merged(event)
                    moved[event.conid] = self._quotes[event.conid]
                case AccountPnl():
                    self._pnl[event.account] = event
                    self._hub.publish(PnlChanged(pnl=event))
                case SessionFlags():
                    if self._session is not None:
                        await self._session.hear(event)
                case StreamUp():
                    self._quotes.clear()  # everything comes anew; an old bid must not be merged into a new last
                    self._hub.publish(ConnectionRestored(source=self._source, at=event.at))
                case StreamDown():
                    if self._session is not None and self._session.session.is_ready:
                        self._tasks.start("look after the stream broke", self._session.refresh())
                    self._hub.publish(ConnectionLost(source=self._source, since=event.at, reason=event.reason))
        if moved:
            self._hub.publish(QuotesChanged(quotes=tuple(moved.values())))


def _largest(tx: "Connection", account: AccountId) -> tuple[Conid, ...]:
    """As many of the account's holdings as there are lines, the largest first."""
    held = sorted(snapshots.load_positions(tx, account), key=lambda each: -abs(each.market_value or ZERO))
    return tuple(each.instrument.conid for each in held[:LINES])
