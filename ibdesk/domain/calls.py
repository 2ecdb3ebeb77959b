"""What we asked the broker and how the request budget stands: the audit's facts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One call on the wire, already redacted: `path` carries no query secrets, bodies are only measured.

    `status` is None when no answer came; `outcome` is "ok" or the cause of the error; `detail` is our own sentence.
    `told_at` is the other side's clock in its answer, None where it tells none; it is not kept.
    """

    at: datetime
    channel: str
    method: str
    path: str
    status: int | None
    outcome: str
    milliseconds: int
    bytes_out: int
    bytes_in: int
    detail: str = ""
    environment: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateState:
    """How much of the request budget is in use; `boxed_until` while the broker's penalty box is shut;
    `unanswered_since` while the answer to a call is overdue: when the oldest such call left."""

    per_second: float
    limit: int
    waiting: int = 0
    boxed_until: datetime | None = None
    latency_ms: float | None = None
    unanswered_since: datetime | None = None
