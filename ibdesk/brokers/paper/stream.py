"""The other broker's quotes as they come, and beside them what our own account did: its orders, prints and figures.

Its orders and figures are not ours and are dropped. Own news does not wait for a quote to come.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from ibdesk.brokers.base import LiveStream, OrderNews, StreamDown, StreamEvent, StreamUp
from ibdesk.brokers.paper.engine import Engine
from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.paper import worth
from ibdesk.domain.paper.ledger import Holding, Ledger

#: Begins work beside the caller: the desk's own tasks.
Start = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]
#: Batches, what ended them, or None at their end.
Heard = asyncio.Queue[tuple[StreamEvent, ...] | DeskError | None]

#: Market-data lines of an account without extra subscriptions (reference/client-portal-api.md 6): what comes after
#: them is not streamed.
LINES = 100
#: The account's figures are counted at most this often.
_FIGURES_EVERY = timedelta(seconds=1)


class PaperStream:
    """`figures` counts the account anew from what streamed."""

    def __init__(
        self, inner: LiveStream, engine: Engine, *, figures: Callable[[], AccountPnl], start: Start,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._inner, self._engine, self._figures, self._start, self._clock = inner, engine, figures, start, clock
        self._on_screen: tuple[Conid, ...] = ()
        self._counted: datetime | None = None
        self._seen: tuple[Ledger, date] | None = None
        self._held: Mapping[Conid, Holding] = {}
        self._traded: Mapping[Conid, worth.Traded] = {}
        self._heard: Heard | None = None
        engine.on_news = self._tell
        engine.on_orders = self._watch

    async def watch(self, conids: Sequence[Conid]) -> None:
        self._on_screen = tuple(conids)
        await self._watch()

    async def _watch(self) -> None:
        """The contracts of working orders come first: without their quotes nothing is filled."""
        wanted = tuple(dict.fromkeys((*self._engine.wanted, *self._on_screen)))[:LINES]
        self._engine.forget(but=wanted)  # nothing will make the others younger
        await self._inner.watch(wanted)

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        heard: Heard = asyncio.Queue()
        self._heard = heard
        await self._watch()  # orders may work since another day
        reading = self._start("follow the market for Local Paper", self._read(heard))
        try:
            while (batch := await heard.get()) is not None:
                if isinstance(batch, DeskError):
                    raise batch
                yield batch
        finally:
            self._heard = None
            self._engine.forget()
            reading.cancel()
            await asyncio.wait((reading,))

    async def _read(self, heard: Heard) -> None:
        try:
            async with aclosing(self._inner.events()) as batches:
                async for batch in batches:
                    heard.put_nowait(await self._taken(batch))
        except DeskError as error:
            heard.put_nowait(error)
        finally:
            heard.put_nowait(None)  # whatever ended it: nobody may wait for more

    async def _taken(self, batch: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
        """What of a batch is ours to tell, after the orders have met it."""
        if any(isinstance(event, StreamUp | StreamDown) for event in batch):
            self._engine.forget()
            self._counted = None
        self._engine.hear(event for event in batch if isinstance(event, Quote))
        await self._engine.look()
        self._count()
        kept = (event for event in batch if not isinstance(event, OrderNews | AccountPnl))
        return (*(self._ours(event) for event in kept), *self._pnl())

    def _ours(self, event: StreamEvent) -> StreamEvent:
        """A quote says what the position gained today: that of our account, not of the other one's."""
        if not isinstance(event, Quote):
            return event
        holding = self._held.get(event.conid)
        if holding is None:
            return replace(event, daily_pnl=None) if event.daily_pnl is not None else event
        traded, known = self._traded.get(event.conid, worth.Traded()), self._engine.streamed(event.conid) or event
        return replace(event, daily_pnl=worth.daily_of(holding, traded, known))

    def _count(self) -> None:
        """What is held and what was traded today, once for many quotes."""
        book, day = self._engine.book, worth.trade_day(self._clock())
        if self._seen is None or self._seen[0] is not book.ledger or self._seen[1] != day:
            self._seen = (book.ledger, day)
            self._held = {holding.instrument.conid: holding for holding in book.ledger.holdings}
            self._traded = worth.traded_today(book, day)

    def _pnl(self) -> tuple[AccountPnl, ...]:
        now = self._clock()
        if self._counted is not None and timedelta() <= now - self._counted < _FIGURES_EVERY:
            return ()
        self._counted = now
        return (self._figures(),)

    def _tell(self, news: OrderNews) -> None:
        """At once, where somebody listens; who does not asks for the book."""
        if self._heard is not None:
            self._heard.put_nowait((news,))
