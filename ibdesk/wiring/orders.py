"""How the services of trading are put together around a broker that can trade, and the kill switch around any."""

import getpass
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode, face_of, is_local
from ibdesk.domain.orders import OrderRef
from ibdesk.domain.receipts import EnteredBy

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker
    from ibdesk.services.book import Book
    from ibdesk.services.expiry import Expiry
    from ibdesk.services.hub import Hub
    from ibdesk.services.kill_switch import KillSwitch
    from ibdesk.services.live import Live
    from ibdesk.services.order_book import LiveOrders
    from ibdesk.services.orders import Orders
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDesk:
    """`orders` is None where the broker takes none; `book` is there as long as it tells of any."""

    orders: "Orders | None"
    book: "LiveOrders | None"
    kill_switch: "KillSwitch"
    expiry: "Expiry"

    async def open(self) -> None:
        """Take up what is stored, before anything is told or asked."""
        await self.kill_switch.open()
        if self.book is not None:
            await self.book.open()

    def start(self) -> None:
        self.kill_switch.start()
        self.expiry.start()
        if self.book is not None:
            self.book.start()


def trading_for(
    broker: "Broker",
    *,
    mode: Mode,
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
    """The services of one mode. `local` is the account of Local Paper where that is the mode."""
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

    def entered_by() -> EnteredBy:
        since = None if session is None else session.session.signed_in_at
        return EnteredBy(user=user, session="" if since is None else f"signed in {since.isoformat()}")

    user = _user()
    environment = face_of(mode).environment
    kill_switch = KillSwitch(
        mode=mode, orders=lambda: orders, accounts=traded, entered_by=entered_by,
        holdings=lambda account: holdings(book, account), read_anew=read_anew,
        loss_limit=lambda: preferences.settings.risk_daily_loss_pct, hub=hub, tasks=tasks, database=database,
        clock=clock, new_draft=_new_name, is_ready=lambda: session is None or session.session.is_ready,
    )  # fmt: skip
    orders, live_orders, trading = None, None, broker.trading
    reader = broker.book if trading is None else trading
    if reader is not None:
        live_orders = LiveOrders(
            reader, environment=environment, mode=mode, accounts=accounts, hub=hub, tasks=tasks, database=database,
            clock=clock, is_ready=lambda: session is None or session.session.is_ready, holds=holds,
            tells_all=mode is Mode.LOCAL_PAPER,
        )  # fmt: skip
    if trading is not None and live_orders is not None:
        pictures = Pictures(
            book, trading, broker.market, live_orders, mode=mode,
            quotes=lambda: {} if live is None else live.whole_quotes,
            session=lambda: None if session is None else session.session, settings=lambda: preferences.settings,
            calendar=calendar, disclosures=load_disclosures(), acknowledged=preferences.acknowledgments,
            database=database, clock=clock, entered_level=partial(preferences.options_level, environment),
        )  # fmt: skip
        orders = Orders(
            trading, live_orders, mode=mode, picture=pictures.of, database=database, clock=clock, ticks=ticks,
            new_ref=lambda: OrderRef(_new_name()), killed=lambda: kill_switch.why,
            is_read_only=lambda: preferences.settings.read_only, is_armed=is_armed, entered_by=entered_by,
        )  # fmt: skip
    expiry = Expiry(
        book, broker.exercising, broker.market, mode=mode, quotes=lambda: {} if live is None else live.quotes,
        calendar=calendar, hub=hub, tasks=tasks, database=database, clock=clock, ticks=ticks, new_name=_new_name,
        killed=lambda: kill_switch.why, entered_by=entered_by,
    )  # fmt: skip
    return TradingDesk(orders=orders, book=live_orders, kill_switch=kill_switch, expiry=expiry)


def _user() -> str:
    """Who sits at this computer, as its system calls them; empty where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _new_name() -> str:
    """An id no order ever had, short enough for every broker."""
    return f"ibdesk-{uuid.uuid4().hex[:20]}"
