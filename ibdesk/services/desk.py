"""The record a face gets: everything that one open desk can do and tell, built once by wiring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import Environment
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode

if TYPE_CHECKING:
    from ibdesk.services.activity import Activity
    from ibdesk.services.backups import Backups
    from ibdesk.services.book import Book
    from ibdesk.services.chains import Chains
    from ibdesk.services.connector import Connector
    from ibdesk.services.day_trading import DayTrading
    from ibdesk.services.demo_faults import DemoFault
    from ibdesk.services.digest import Digests
    from ibdesk.services.doctor import Doctor
    from ibdesk.services.expiry import Expiry
    from ibdesk.services.flex import Flex
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.services.going_live import GoingLive
    from ibdesk.services.hub import Hub
    from ibdesk.services.kill_switch import KillSwitch
    from ibdesk.services.live import Live
    from ibdesk.services.live_pnl import LivePnl
    from ibdesk.services.local_paper import LocalPaper
    from ibdesk.services.market import Market
    from ibdesk.services.order_book import LiveOrders
    from ibdesk.services.orders import Orders
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.reconnect import Reconnect
    from ibdesk.services.session import SessionService
    from ibdesk.services.socket_health import SocketHealth
    from ibdesk.services.support import Support
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.services.vault_care import VaultCare

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One open vault and what works on it. `session`, `sync`, `market`, `chains` and `live` are None until an account
    is connected or while Interactive Brokers is switched off; the stored books stay readable then. So is `orders`, and
    where nothing may be traded; `order_book` is there with every account that tells its orders, `kill_switch` with
    every account. `local_paper` keeps the account of that mode, in whatever mode the desk is; `live_pnl` is the book
    of a TWS or IB Gateway beside it, `tws_sync` reads the accounts' pictures there, `tws_health` says how its socket
    is.

    `faults` is what the demo can be made to suffer, empty on a real gateway; `database_bytes` is what the vault takes
    on disk. `close` stops tasks, brokers and the database, in that order; `reopen` does too, and gives a new desk on
    the same vault, which stays open: how the mode is changed. After either this desk is over.
    """

    environment: Environment
    mode: Mode
    gateway_url: str
    clock: Clock
    calendar: Calendar
    hub: "Hub"
    tasks: "Tasks"
    book: "Book"
    activity: "Activity"
    preferences: "Preferences"
    care: "VaultCare"
    backups: "Backups"
    flex: "Flex"
    connector: "Connector"
    session: "SessionService | None"
    sync: "SyncService | None"
    market: "Market | None"
    live: "Live | None"
    gateway: "GatewayKeeper"
    doctor: "Doctor"
    support: "Support"
    check_passphrase: Callable[[str], Awaitable[bool]]
    database_bytes: Callable[[], int]
    close: Callable[[], Awaitable[None]]
    local_paper: "LocalPaper | None" = None
    reopen: "Callable[[], Awaitable[Desk]] | None" = None
    faults: "tuple[DemoFault, ...]" = ()
    reconnect: "Reconnect | None" = None
    orders: "Orders | None" = None
    order_book: "LiveOrders | None" = None
    kill_switch: "KillSwitch | None" = None
    chains: "Chains | None" = None
    going_live: "GoingLive | None" = None
    digests: "Digests | None" = None
    day_trading: "DayTrading | None" = None
    expiry: "Expiry | None" = None
    live_pnl: "LivePnl | None" = None
    tws_sync: "SyncService | None" = None
    tws_health: "SocketHealth | None" = None
