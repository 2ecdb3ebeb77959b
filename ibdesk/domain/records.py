"""What the desk wrote down of its own doings: syncs, session states, calls, credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
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
    """A call as the audit log holds it; `seq` is gapless."""

    seq: int
    call: ApiCall
    row_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How one environment is reached. There is no password: a person signs in on the gateway's page.

    `options_level` is what the person entered (1 to 4), since the broker publishes none.
    """

    environment: Environment
    gateway_url: str
    user_name: str
    account: AccountId
    certificate_sha256: str = ""
    options_level: int | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseReport:
    """What a check of the vault found; `findings` is empty when all is well."""

    findings: tuple[str, ...]
    rows: Mapping[str, int]
    bytes_on_disk: int
    audit_rows: int
