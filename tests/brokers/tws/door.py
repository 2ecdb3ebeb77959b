"""How tests of this room stand in front of the demo's TWS: our broker over the real socket, with short timings."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ibdesk.brokers.base import (
    LinkNews,
    LinkState,
    LiveStream,
    OrderNews,
    StreamDown,
    StreamEvent,
    StreamUp,
    TwsPlace,
)
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.brokers.tws.connection import TwsTimings
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tickets import DemoLeg, Ticket
from ibdesk.demo.tws.server import VERSION, TwsService
from ibdesk.demo.tws.timings import TwsTimings as DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.executions import Fill
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Answer, Leg, OrderIntent, OrderRef, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.domain.pnl import PositionPnl
from tests.brokers.door import LUNCH, demo

T = TypeVar("T")

MAIN, SECOND = AccountId("DU7654321"), AccountId("DU7654322")
QUICK = TwsTimings(open_within=20.0, answer_within=20.0, order_within=20.0, quotes_within=1.0, download_within=20.0)


@dataclass
class Scene:
    """Our broker, the demo behind it, and its TWS."""

    broker: TwsBroker
    gateway: DemoGateway
    service: TwsService


def place_of(service: TwsService, **more: object) -> TwsPlace:
    """Where the demo's TWS is; trading allowed unless told otherwise."""
    options: dict[str, object] = {
        "environment": Environment.DEMO, "read_only": False, "keepalive": 0.2, "reconnect_min": 0.02,
        "reconnect_max": 0.1,
    }
    return TwsPlace(host="127.0.0.1", port=service.port, **(options | more))  # type: ignore[arg-type]


@asynccontextmanager
async def at_tws(
    *, timings: TwsTimings = QUICK, extra_positions: int = 0, master: int | None = 1, version: int = VERSION,
    server: DemoTimings | None = None, **place: object,
) -> AsyncIterator[Scene]:
    """Our broker in front of the demo's TWS, whose market stands still. Our reading connection is the master."""
    async with demo(extra_positions=extra_positions) as gateway:
        service = gateway.tws_service(timings=server or DemoTimings.quick(), master=master, version=version)
        await service.start()
        try:
            broker = TwsBroker(place_of(service, **place), clock=lambda: LUNCH, timings=timings, jitter=lambda: 0.5)
            await broker.open()
            try:
                yield Scene(broker, gateway, service)
            finally:
                await broker.close()
        finally:
            await service.stop()


@asynccontextmanager
async def at_other(
    scene: Scene, *, client_id: int = 11, order_client_id: int = 12
) -> AsyncIterator[TwsBroker]:
    """Another program at the same TWS."""
    place = place_of(scene.service, client_id=client_id, order_client_id=order_client_id)
    broker = TwsBroker(place, clock=lambda: LUNCH, timings=QUICK)
    try:
        yield broker
    finally:
        await broker.close()


class Watch:
    """A reader of our stream that keeps all it was told."""

    def __init__(self, stream: LiveStream) -> None:
        self.told: list[StreamEvent] = []
        self._stream = stream

    async def read(self) -> None:
        async with aclosing(self._stream.events()) as batches:
            async for batch in batches:
                self.told.extend(batch)

    def of(self, kind: type[T]) -> list[T]:
        """Everything of one kind, oldest first."""
        return [each for each in self.told if isinstance(each, kind)]

    @property
    def fills(self) -> list[Fill]:
        return [fill for news in self.of(OrderNews) for fill in news.fills]

    @property
    def links(self) -> list[LinkState]:
        return [each.state for each in self.of(LinkNews)]

    @property
    def is_up(self) -> bool:
        ways = [each for each in self.told if isinstance(each, StreamUp | StreamDown)]
        return bool(ways) and isinstance(ways[-1], StreamUp)

    def last_pnl(self, conid: int) -> PositionPnl | None:
        return next((each for each in reversed(self.of(PositionPnl)) if each.conid == conid), None)

    async def until(self, claim: Callable[[], bool], *, seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not claim():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(broker: TwsBroker) -> AsyncIterator[Watch]:
    """The stream of our broker, read all the while, from when it is up."""
    assert broker.stream is not None
    watch = Watch(broker.stream)
    reading = asyncio.create_task(watch.read())  # noqa: TID251
    try:
        await watch.until(lambda: watch.is_up)
        yield watch
    finally:
        reading.cancel()
        await asyncio.wait((reading,))
        if not reading.cancelled() and reading.exception() is not None:
            raise AssertionError("the reader failed") from reading.exception()


async def ticket_for(broker: TwsBroker, symbol: str = "AAPL", *, quantity: int = 2, side: Side = Side.BUY,
                     account: AccountId = MAIN) -> OrderTicket:
    """At the market."""
    assert broker.market is not None
    conid = (await broker.market.find(symbol))[0].conid
    (instrument,) = await broker.market.instruments([conid])
    return OrderTicket(
        account=account, mode=Mode.DEMO, quantity=Decimal(quantity), order_type=OrderType.MARKET,
        legs=(Leg(instrument=instrument, side=side),),
    )


async def sent(broker: TwsBroker, ticket: OrderTicket, ref: str) -> Answer:
    assert broker.trading is not None
    return await broker.trading.place(OrderIntent(ref=OrderRef(ref), ticket=ticket, at=LUNCH))


def truth(service: TwsService) -> dict[str, tuple[Decimal, Decimal, Decimal, Decimal | None]]:
    """What the server holds of each execution: quantity, price, commission and realised profit, by its base id."""
    return {
        each.base: (abs(each.fill.quantity), each.fill.price, each.fill.commission, each.realized)
        for each in service.executions if not each.is_combo
    }


def trade(scene: Scene, symbol: str, quantity: int, ref: str, *, side: Side = Side.BUY) -> None:
    """Somebody trades by another way than this TWS, which is not told of it before it is well again."""
    floor = scene.service.floor
    listing = next(each for each in floor.catalogue if each.symbol == symbol and not each.is_option)
    floor.exchange.place([Ticket(
        account=MAIN, legs=(DemoLeg(listing=listing),), conidex=str(listing.conid), side=side, wire_type="MKT",
        quantity=Decimal(quantity), limit=None, stop=None, trail=None, tif=TimeInForce.DAY, outside_hours=False,
        ref=ref, parent="", is_group=False, is_manual=True,
    )], floor.now)  # fmt: skip
    floor.exchange.run(floor.now)
