"""How the services of trading are put together around a broker that can trade, and the kill switch around any."""

import getpass
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode, face_of, is_local
from ibdesk.domain.orders import OrderRef, OrderRoute
from ibdesk.domain.receipts import EnteredBy
from ibdesk.wiring.routes import routes_for

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker, Exercising
    from ibdesk.services.book import Book
    from ibdesk.services.expiry import Expiry
    from ibdesk.services.hub import Hub
    from ibdesk.services.kill_switch import KillSwitch
    from ibdesk.services.live import Live
    from ibdesk.services.order_book import LiveOrders
    from ibdesk.services.orders import Orders
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.routes import Routes
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.store.database import Database
    from ibdesk.wiring.tws import TwsDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDesk:
    """`orders` is None where the broker takes none; `book` is there as long as it tells of any."""

    orders: "Orders | None"
    book: "LiveOrders | None"
    kill_switch: "KillSwitch"
    expiry: "Expiry"
    routes: "Routes | None" = None

    @property
    def carries_orders(self) -> bool:
        """Whether orders go over the socket of TWS, or one that is open went."""
        return self.routes is not None and self.routes.is_used(OrderRoute.TWS)

    async def open(self) -> None:
        """Take up what is stored, before anything is told or asked."""
        if self.routes is not None:
            await self.routes.open()
        await self.kill_switch.open()
        if self.book is not None:
            await self.book.open()

    def follow(self, tws: "TwsDesk", hub: "Hub") -> None:
        """Have the socket followed from the moment orders go over it."""
        def look(_event: object = None) -> None:
            if self.carries_orders:
                tws.live_pnl.start()

        hub.subscribe(SettingsChanged, look)
        look()

    def start(self) -> None:
        self.kill_switch.start()
        self.expiry.start()
        if self.book is not None:
            self.book.start()


def trading_for(
    broker: "Broker | None",
    *,
    tws: "TwsDesk | None" = None,
    mode: Mode,
    connected_to: Environment,
    local: AccountId | None,
    book: "Book",
    session: "SessionService | None",
    live: "Live | None",
    sync: "SyncService | None",
    preferences: "Preferences",
    calendar: Calendar,
    hub: "Hub",
    tasks: "Tasks",
    database: "Database",
    clock: Callable[[], datetime],
    ticks: Callable[[], float],
    is_armed: Callable[[AccountId], bool],
) -> TradingDesk:
    """The services of one mode. `broker` is None where there is the socket of `tws` alone. `local` is the account of
    Local Paper where that is the mode, and `connected_to` what the connection before it is for."""
    from ibdesk.services.disclosures import load_disclosures
    from ibdesk.services.expiry import Expiry
    from ibdesk.services.kill_switch import KillSwitch
    from ibdesk.services.order_book import LiveOrders
    from ibdesk.services.orders import Orders
    from ibdesk.services.picture import Pictures, holdings

    async def accounts() -> tuple[AccountId, ...]:
        return tuple(account.id for account in await book.accounts())

    def holds(account: AccountId) -> bool:
        return account == local if local is not None else not is_local(account)

    async def traded() -> tuple[AccountId, ...]:
        return tuple(account for account in await accounts() if holds(account))

    async def read_anew(account: AccountId) -> str:
        asked = clock()
        if sync is not None and sync.running:  # that run may have read them before
            await sync.run(account)
        if sync is not None:
            await sync.run(account)
        page = await book.page(account, with_history=False)
        if page is not None and page.received_at >= asked:
            return ""
        return "Its positions could not be read anew, and what is stored may be closed already."

    def carries_orders() -> bool:
        """Whether new orders go over TWS."""
        return routes is not None and routes.chosen is OrderRoute.TWS

    def is_ready() -> bool:
        if carries_orders():
            return routes is not None and routes.obstacle is None
        return session is None or session.session.is_ready

    def elsewhere() -> "Exercising | None":
        return tws.broker.exercising if tws is not None and carries_orders() else None

    def in_the_way() -> tuple[Code, str, str] | None:
        """Of an instruction, which is no order and asks nothing of a session."""
        if routes is None or not carries_orders():
            return None
        if preferences.settings.read_only:
            return Code.READ_ONLY, "The desk is read only: nothing leaves over TWS.", "Turn read only off in Settings."
        why = routes.obstacle
        return None if why is None else (Code.SESSION, why.message, why.remedy)

    def entered_by() -> EnteredBy:
        since = None if session is None else session.session.signed_in_at
        return EnteredBy(user=user, session="" if since is None else f"signed in {since.isoformat()}")

    user = _user()
    environment = face_of(mode).environment
    kill_switch = KillSwitch(
        mode=mode, orders=lambda: orders, accounts=traded, entered_by=entered_by,
        holdings=lambda account: holdings(book, account), read_anew=read_anew,
        loss_limit=lambda: preferences.settings.risk_daily_loss_pct, hub=hub, tasks=tasks, database=database,
        clock=clock, new_draft=_new_name, is_ready=is_ready,
    )  # fmt: skip
    orders: Orders | None = None
    live_orders: LiveOrders | None = None
    routes, trading = None, None if broker is None else broker.trading
    is_sealed = environment is Environment.LIVE and preferences.settings.read_only
    if mode is not Mode.LOCAL_PAPER and not is_sealed and (broker is not None or tws is not None):
        trading = routes = routes_for(
            broker, lambda: tws, mode=mode, database=database,
            chosen=lambda: OrderRoute.TWS if broker is None else preferences.settings.order_route,
            working=lambda: () if live_orders is None else live_orders.working,
        )
    told = broker if broker is not None else tws.broker if tws is not None else None
    market = None if told is None else told.market
    reader = trading if trading is not None else None if told is None else told.book
    if reader is not None:
        live_orders = LiveOrders(
            reader, environment=environment, mode=mode, accounts=accounts, hub=hub, tasks=tasks, database=database,
            clock=clock, is_ready=is_ready, holds=holds, tells_all=mode is Mode.LOCAL_PAPER,
            sieve=(lambda news: news) if routes is None else routes.sieve,
        )  # fmt: skip
    if trading is not None and live_orders is not None:
        pictures = Pictures(
            book, trading, market, live_orders, mode=mode,
            quotes=lambda: {} if live is None else live.whole_quotes,
            session=lambda: None if session is None or carries_orders() else session.session,
            settings=lambda: preferences.settings, calendar=calendar, disclosures=load_disclosures(),
            acknowledged=preferences.acknowledgments, database=database, clock=clock,
            entered_level=partial(preferences.options_level, connected_to),
        )  # fmt: skip
        orders = Orders(
            trading, live_orders, mode=mode, picture=pictures.of, database=database, clock=clock, ticks=ticks,
            new_ref=lambda: OrderRef(_new_name()), killed=lambda: kill_switch.why,
            is_read_only=lambda: preferences.settings.read_only, is_armed=is_armed, entered_by=entered_by,
            way=routes,
        )  # fmt: skip
    expiry = Expiry(
        book, None if broker is None else broker.exercising, market, mode=mode,
        quotes=lambda: {} if live is None else live.quotes,
        calendar=calendar, hub=hub, tasks=tasks, database=database, clock=clock, ticks=ticks, new_name=_new_name,
        killed=lambda: kill_switch.why, entered_by=entered_by, elsewhere=elsewhere, obstacle=in_the_way,
    )  # fmt: skip
    if tws is not None and live_orders is not None and routes is not None:
        tws.live_pnl.keep_fills = live_orders.fills  # so that each print of ours gets into its receipt
    return TradingDesk(orders=orders, book=live_orders, kill_switch=kill_switch, expiry=expiry, routes=routes)


def _user() -> str:
    """Who sits at this computer, as its system calls them; empty where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _new_name() -> str:
    """An id no order ever had, short enough for every broker."""
    return f"ibdesk-{uuid.uuid4().hex[:20]}"
