"""A Local Paper account in front of the demo's market, with a clock to turn and a disk that can be watched."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import Broker
from ibdesk.brokers.paper.broker import PaperBroker
from ibdesk.demo.gateway import DemoGateway
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import DeskError
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderTicket, Placed, Side
from ibdesk.domain.paper.book import PaperBook, new_book
from tests.brokers.door import LUNCH, connected, demo

LOCAL = AccountId("LP0000001")
CALENDAR = Calendar(closed={}, early=frozenset())


@dataclass
class Disk:
    """Where the book goes: what was saved, and what it says instead of the next ones (None: it takes them)."""

    saved: list[PaperBook] = field(default_factory=list)
    fails: list[DeskError | None] = field(default_factory=list)

    async def save(self, book: PaperBook) -> None:
        await asyncio.sleep(0)
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error
        self.saved.append(book)


@dataclass
class PaperDesk:
    broker: PaperBroker
    inner: Broker
    gateway: DemoGateway
    disk: Disk
    pauses: list[float] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.gateway.clock.now()

    def pass_by(self, delta: timedelta) -> None:
        self.gateway.clock.advance(delta)

    async def instrument(self, symbol: str) -> Instrument:
        assert self.inner.market is not None
        conid = (await self.inner.market.find(symbol))[0].conid
        return (await self.inner.market.instruments([conid]))[0]

    async def buys(self, symbol: str, quantity: int, **more: object) -> OrderTicket:
        return ticket((await self.instrument(symbol), Side.BUY), quantity=Decimal(quantity), **more)

    async def place(self, wanted: OrderTicket, ref: str) -> Placed:
        assert self.broker.trading is not None
        answer = await self.broker.trading.place(OrderIntent(ref=OrderRef(ref), ticket=wanted, at=self.now))
        assert isinstance(answer, Placed), answer
        return answer


def ticket(*legs: tuple[Instrument, Side], **more: object) -> OrderTicket:
    return OrderTicket(
        account=LOCAL, mode=Mode.LOCAL_PAPER, legs=tuple(Leg(instrument=each, side=side) for each, side in legs),
        **more,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def paper_desk(
    *, book: Callable[[PaperBook], PaperBook] = lambda book: book, latency: float = 0.0, disk: Disk | None = None
) -> AsyncIterator[PaperDesk]:
    """The demo's market stands still unless the dial is turned."""
    disk, pauses = disk or Disk(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async with demo() as gateway, connected(gateway.url, gateway.certificate_sha256) as portal:
        broker = PaperBroker(
            portal.broker, book(new_book(LOCAL, Decimal(100_000), LUNCH)), save=disk.save, clock=gateway.clock.now,
            start=lambda name, work: asyncio.create_task(work, name=name),  # noqa: TID251 - the stream ends it
            calendar=CALENDAR, pause=pause, latency=latency,
        )
        yield PaperDesk(broker, portal.broker, gateway, disk, pauses)
