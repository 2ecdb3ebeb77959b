"""How the socket of TWS or IB Gateway is put beside a desk: a second window onto the same accounts, with its own book.

It is opened where a person asked for it in the settings; in the demo the demo's own socket stands ready, and is opened
when somebody first looks.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ibdesk.brokers.base import TwsPlace
from ibdesk.domain.accounts import Environment
from ibdesk.domain.settings import Settings, Sourced
from ibdesk.services.desk import Clock

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker
    from ibdesk.services.chains import Chains
    from ibdesk.services.hub import Hub
    from ibdesk.services.live_pnl import LivePnl
    from ibdesk.services.market import Market
    from ibdesk.services.socket_health import SocketHealth
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.services.tws_connector import TwsConnector
    from ibdesk.services.tws_contact import TwsAccess
    from ibdesk.services.tws_moves import TwsMoves
    from ibdesk.store.database import Database


def place_of(settings: Settings, environment: Environment) -> TwsPlace:
    """Where the settings say TWS is."""
    return TwsPlace(
        host=settings.tws_host, port=settings.tws_port, client_id=settings.tws_client_id,
        order_client_id=settings.order_client_id, environment=environment,
        read_only=settings.read_only and environment is Environment.LIVE, keepalive=float(settings.keepalive),
        reconnect_min=float(settings.reconnect_min), reconnect_max=float(settings.reconnect_max),
    )  # fmt: skip


def fresh_access(place: TwsPlace, clock: Clock) -> "TwsAccess":
    """A TWS that is met with a connection of its own, which ends with the meeting."""
    from ibdesk.brokers.tws.knock import knock
    from ibdesk.services.tws_contact import TwsAccess

    return TwsAccess(place=place, knock=knock, opening=partial(_opened, clock))


def tws_connector(settings: Callable[[], Sourced], clock: Clock) -> "TwsConnector":
    """What the wizard looks for a TWS with; what it offers first is what the settings say."""
    from ibdesk.brokers.tws.knock import knock
    from ibdesk.services.tws_connector import TwsConnector

    return TwsConnector(
        knock=knock, opening=partial(_opened, clock), clock=clock, region=lambda: settings().settings.region,
        offered=lambda: place_of(settings().settings, settings().settings.default_environment),
    )


@asynccontextmanager
async def _opened(clock: Clock, place: TwsPlace) -> "AsyncIterator[Broker]":
    from ibdesk.brokers.tws.broker import TwsBroker

    broker = TwsBroker(place, clock=clock)
    try:
        yield broker
    finally:
        await broker.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsDesk:
    """What one socket is good for: the live book, pictures of the accounts, how it is itself, what the doctor may ask
    over it, and orders where a person lets them go this way."""

    broker: "Broker"
    live_pnl: "LivePnl"
    sync: "SyncService"
    health: "SocketHealth"
    access: "TwsAccess"
    moves: "TwsMoves"

    def start(self, *, is_wanted: bool) -> None:
        """Follow the line if it `is_wanted`; pictures are read while somebody follows it."""
        self.sync.start()
        if is_wanted:
            self.live_pnl.start()
            self.moves.start()


async def tws_at(
    place: TwsPlace, opened: AsyncExitStack, *, settings: Callable[[], Settings], hub: "Hub", tasks: "Tasks",
    database: "Database", clock: Clock, ticks: Callable[[], float], carries_orders: Callable[[], bool],
    stands_beside: bool,
) -> TwsDesk:  # fmt: skip
    """What works over this socket, not started; what has to be closed goes onto `opened`. `carries_orders`: whether
    orders go this way now; they leave while the desk is not read only. `stands_beside` a gateway, which tells more of
    the accounts."""
    from ibdesk.brokers.tws.broker import TwsBroker
    from ibdesk.brokers.tws.knock import knock
    from ibdesk.services.live_pnl import LivePnl
    from ibdesk.services.socket_health import SocketHealth
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tws_contact import TwsAccess
    from ibdesk.services.tws_moves import TwsMoves

    broker = TwsBroker(
        place, clock=clock, ticks=ticks, may_order=lambda: carries_orders() and not settings().read_only
    )
    if broker.stream is None:
        raise RuntimeError("a socket is for streaming")
    pnl = LivePnl(
        broker.stream, source=broker.source, hub=hub, tasks=tasks, database=database, clock=clock,
        tells_orders=carries_orders,
    )  # fmt: skip
    await pnl.open()
    opened.push_async_callback(pnl.close)
    opened.push_async_callback(broker.close)
    sync = SyncService(
        broker, session=None, line=lambda: pnl.line, stands_beside=stands_beside, hub=hub, tasks=tasks,
        database=database, environment=place.environment, settings=settings, clock=clock, ticks=ticks,
    )  # fmt: skip
    health = SocketHealth(
        broker, address=f"{place.host}:{place.port}", client_id=place.client_id, line=lambda: pnl.line, clock=clock
    )
    moves = TwsMoves(
        broker, pnl, health, wanted=lambda: place_of(settings(), place.environment) if settings().tws_enabled else None,
        hub=hub, tasks=tasks,
    )  # fmt: skip
    access = TwsAccess(
        place=place, knock=knock, opening=lambda _place: nullcontext(broker), line=lambda: pnl.line,
        moved=lambda: moves.place or place,
    )
    return TwsDesk(broker=broker, live_pnl=pnl, sync=sync, health=health, access=access, moves=moves)


def asked_of(tws: TwsDesk, *, database: "Database", clock: Clock) -> "tuple[Market | None, Chains | None]":
    """Contracts, prices and chains, where there is no gateway to ask for them."""
    from ibdesk.services.chains import Chains
    from ibdesk.services.market import Market

    source = tws.broker.market
    if source is None:
        return None, None
    return Market(source, session=None, database=database, clock=clock), Chains(source, session=None, clock=clock)
