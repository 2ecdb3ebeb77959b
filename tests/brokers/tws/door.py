"""How tests of this room stand in front of the demo's TWS: our broker over the real socket, with short timings."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.brokers.base import StreamEvent, TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.brokers.tws.connection import TwsTimings
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService
from ibdesk.domain.accounts import AccountId, Environment
from tests.brokers.door import LUNCH, demo

MAIN, SECOND = AccountId("DU7654321"), AccountId("DU7654322")
QUICK = TwsTimings(open_within=2.0, answer_within=2.0, order_within=2.0, quotes_within=1.0, download_within=5.0)


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
async def at_tws(*, timings: TwsTimings = QUICK, extra_positions: int = 0, **place: object) -> AsyncIterator[Scene]:
    """Our broker in front of the demo's TWS, whose market stands still."""
    async with demo(extra_positions=extra_positions) as gateway:
        service = gateway.tws_service()
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


Event = StreamEvent
Claim = Callable[[], bool]
PENNY = Decimal("0.01")
