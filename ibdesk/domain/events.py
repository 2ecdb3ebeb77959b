"""Everything that can happen while the desk is open, as values."""

from dataclasses import dataclass
from datetime import datetime

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.calls import RateState
from ibdesk.domain.errors import DeskError
from ibdesk.domain.market import Quote
from ibdesk.domain.positions import SyncCounts
from ibdesk.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    """A new picture of the account is stored."""

    account: AccountId
    as_of: datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesChanged:
    """The newest quote of every instrument that moved since the last of these."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlChanged:
    pnl: AccountPnl


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
class CallsLogged:
    """More API calls are in the audit log."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should read: an error of a journey, or good news."""

    error: DeskError | None = None
    text: str = ""


Event = (
    AccountChanged
    | SessionChanged
    | SyncChanged
    | QuotesChanged
    | PnlChanged
    | RateChanged
    | ConnectionLost
    | ConnectionRestored
    | CallsLogged
    | SettingsChanged
    | Notice
)
