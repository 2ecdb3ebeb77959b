"""What the desk wrote down of its own doings: syncs, session states, calls, credentials, Flex queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.modes import is_local
from ibdesk.domain.positions import Source, SyncCounts


class SyncStatus(StrEnum):
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRecord:
    """One sync of one account. `stages` are milliseconds by name (session, summary, positions, store …);
    `errors` name what failed or was skipped, one sentence each."""

    account: AccountId | None
    source: Source
    started_at: datetime
    finished_at: datetime
    status: SyncStatus
    counts: SyncCounts = SyncCounts()
    stages: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    cause: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One change of the session's state."""

    at: datetime
    environment: Environment
    status: str
    authenticated: bool
    competing: bool
    last_tickle: datetime | None
    expires_at: datetime | None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """A call as the audit log holds it; `seq` is gapless, `row_hash` seals it and `prev_hash`, the row before it."""

    seq: int
    call: ApiCall
    row_hash: str
    prev_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """The first row of the audit log that does not add up, and what happened to it as far as can be told."""

    row: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingLock:
    """The kill switch is on: no position may be opened. `until` (aware UTC) None: until a person lifts it."""

    at: datetime
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How one environment is reached. There is no password: a person signs in on the gateway's page.

    `options_level` is what the person entered (1 to 4, 0 for no options), since the broker
    publishes none.
    """

    environment: Environment
    gateway_url: str
    user_name: str
    account: AccountId
    certificate_sha256: str = ""
    options_level: int | None = None
    updated_at: datetime | None = None

    def options_level_of(self, account: AccountId) -> int | None:
        """What was entered for this account. Another of the same login may have another, so its is not known; Local
        Paper practises with that of its environment."""
        return self.options_level if account == self.account or is_local(account) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexQuery:
    """A query of the broker's Flex service under the label a person gave it, with the token that may ask for it.

    `service_url` is empty for the broker's own service; the demo's comes with the certificate it is known by.
    """

    label: str
    query_id: str
    token: str = field(repr=False)
    service_url: str = ""
    certificate_sha256: str = ""
    added_at: datetime | None = None

    @property
    def masked_token(self) -> str:
        """The token as it may be shown: its last four characters, when that leaves enough hidden."""
        return f"•••{self.token[-4:]}" if len(self.token) >= 12 else "•••"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseReport:
    """What a check of the vault found; `findings` is empty when all is well. `audit_rows` and `receipts` count the two
    chains. `exposed` are its files that other users of this computer may read or write."""

    findings: tuple[str, ...]
    rows: Mapping[str, int]
    bytes_on_disk: int
    audit_rows: int
    receipts: int = 0
    exposed: tuple[str, ...] = ()


class BackupReason(StrEnum):
    """Why a backup was made. Only those of the schedule are deleted by themselves."""

    SCHEDULE = "schedule"
    PERSON = "person"
    BEFORE_UPGRADE = "before upgrade"
    BEFORE_REKEY = "before rekey"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """One backup file: the whole vault, encrypted, as it was at `made_at`. `revision` is the migration of its tables,
    `rows` how many there are in all. `is_checked` says that its bytes were just compared with their manifest."""

    path: str
    made_at: datetime
    bytes: int
    revision: str | None
    reason: BackupReason
    rows: int
    is_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInfo:
    """What a restore did; `kept` is the folder that holds what was there before, empty when nothing was."""

    folder: str
    backup: BackupInfo
    kept: str = ""
