"""Everything that can happen while the desk is open, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.away import AwayReport
from ibdesk.domain.calls import RateState
from ibdesk.domain.diagnosis import GatewayProcess
from ibdesk.domain.errors import DeskError
from ibdesk.domain.executions import Fill
from ibdesk.domain.line import Line
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import Impossible, Order, OrderRoute
from ibdesk.domain.pnl import PnlBook
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import TradingLock
from ibdesk.domain.session import Session
from ibdesk.domain.truth import StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    """A new picture of the account is stored. Pictures of other sources stay as they were."""

    account: AccountId
    as_of: datetime
    source: Source = Source.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged:
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncChanged:
    """A sync began, ended or failed. `finished_at` None means that it is running."""

    account: AccountId | None
    started_at: datetime
    finished_at: datetime | None = None
    counts: SyncCounts = SyncCounts()
    stage: str = ""
    error: DeskError | None = None
    source: Source = Source.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesChanged:
    """The newest quote of every instrument that moved since the last of these, each with all that is known of it."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlChanged:
    pnl: AccountPnl


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChanged:
    """The live stream came up or broke."""

    state: StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChanged:
    rate: RateState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """Everything from this source is stale from `since` on."""

    source: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRestored:
    source: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnding:
    """The session ends in so many minutes (60, 15 or 5 by default): a person should sign in again in time."""

    minutes: int
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged:
    """How the search for a lost source goes. `next_try` None while one is on its way; `expected_until` is the end of
    an announced outage that explains it."""

    source: str
    is_up: bool
    since: datetime
    attempts: int = 0
    next_try: datetime | None = None
    expected_until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WentAway:
    """Connected again, and this is what the outage hid."""

    report: AwayReport


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeJumped:
    """The computer slept, or its clock was moved: `by` is wall time beyond what passed here, negative when set back."""

    at: datetime
    by: timedelta
    slept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayChanged:
    """The gateway's process began, ended or came to answer."""

    process: GatewayProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupDone:
    """A scheduled or wanted backup ended. `error` says why there is none."""

    at: datetime
    name: str = ""
    error: DeskError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsLogged:
    """More API calls are in the audit log."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersHeard:
    """What the broker pushed of orders and executions, as it came by one way. `is_whole` False: the book should be
    asked for."""

    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    is_whole: bool = True
    route: OrderRoute = OrderRoute.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersChanged:
    """These orders of the book are new or other than before."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsArrived:
    """These prints are stored: new ones, and such that were corrected or told their commission."""

    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChanged:
    """The line to a streaming source reaches farther or less far than before."""

    source: Source
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlBookChanged:
    """The newest book of a streaming source; many of these a second, and only the last one matters."""

    source: Source
    book: PnlBook


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContradicted:
    """The broker reported what cannot be true of an order; the book was left as it was."""

    impossible: Impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingLockChanged:
    """The kill switch went on, or off with None."""

    lock: TradingLock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmingChanged:
    """Live orders of this account were unlocked, or locked again with None."""

    account: AccountId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should read: an error of a journey, or good news. Good news with an `action` stays until it
    is read; pressing it does the window's `command`."""

    error: DeskError | None = None
    text: str = ""
    action: str = ""
    command: str = ""


Event = (
    AccountChanged
    | SessionChanged
    | SyncChanged
    | QuotesChanged
    | PnlChanged
    | StreamChanged
    | RateChanged
    | ConnectionLost
    | ConnectionRestored
    | SessionEnding
    | LinkChanged
    | WentAway
    | TimeJumped
    | GatewayChanged
    | BackupDone
    | CallsLogged
    | SettingsChanged
    | OrdersHeard
    | OrdersChanged
    | FillsArrived
    | LineChanged
    | PnlBookChanged
    | OrderContradicted
    | TradingLockChanged
    | ArmingChanged
    | Notice
)
