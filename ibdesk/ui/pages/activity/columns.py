"""What the tables of Activity show of a record, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ibdesk.domain.compliance.disclosures import ASK_AGAIN_AFTER, Acknowledgment
from ibdesk.domain.receipts import ReceiptHead
from ibdesk.domain.records import LoggedCall, SessionRecord, SyncRecord, SyncStatus
from ibdesk.ui import format as fmt

#: The `keep` of a column that never gives way.
ALWAYS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column. `text` is for eyes, `value` for the exported file; `tone` repeats in colour what the text says.

    `keep` is how long it stays on screen when there is no room: the lowest goes first, `ALWAYS` stays. One that
    `stretches` takes the room that is left, and gives way down to `least` before another column goes.
    """

    title: str
    width: int
    text: Callable[[Any], str]
    value: Callable[[Any], str | int | None] | None = None
    tone: Callable[[Any], str] | None = None
    is_number: bool = False
    is_mono: bool = False
    keep: int = ALWAYS
    stretches: bool = False
    least: int = 120


def _count(title: str, read: Callable[[Any], int | None], width: int = 78) -> Field:
    return Field(title=title, width=width, text=lambda row: _number(read(row)), value=read, is_number=True)


def _moment(title: str, read: Callable[[Any], datetime | None]) -> Field:
    return Field(title=title, width=178, text=lambda row: fmt.moment(read(row), UTC), value=lambda row: _iso(read(row)))


def _number(value: int | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:,}"


def _iso(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat()


def _took(row: SyncRecord) -> int:
    return round((row.finished_at - row.started_at).total_seconds() * 1000)


def _stages(stages: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {fmt.milliseconds(taken)}" for name, taken in stages.items())


def _sync_tone(row: SyncRecord) -> str:
    return {SyncStatus.FAILED: "loss", SyncStatus.PARTIAL: "warn", SyncStatus.SKIPPED: "muted"}.get(row.status, "")


def _call_tone(row: LoggedCall) -> str:
    return "" if row.call.outcome == "ok" else "loss"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


SYNCS: tuple[Field, ...] = (
    _moment("Started, UTC", lambda row: row.started_at),
    Field(title="Account", width=96, text=lambda row: row.account or "all"),
    Field(title="Source", width=70, text=lambda row: row.source.value),
    Field(title="Status", width=76, text=lambda row: row.status.value, tone=_sync_tone),
    Field(title="Took", width=76, text=lambda row: fmt.milliseconds(_took(row)), value=_took, is_number=True),
    _count("Processed", lambda row: row.counts.processed, 90),
    _count("New", lambda row: row.counts.new, 50),
    _count("Updated", lambda row: row.counts.updated, 78),
    _count("Removed", lambda row: row.counts.removed, 82),
    _count("Skipped", lambda row: row.counts.skipped, 76),
    Field(title="What failed", width=150, text=lambda row: "; ".join(row.errors), tone=_sync_tone),
    Field(title="Stages", width=90, text=lambda row: _stages(row.stages)),
)

SESSIONS: tuple[Field, ...] = (
    _moment("At, UTC", lambda row: row.at),
    Field(title="Environment", width=104, text=lambda row: row.environment.value),
    Field(title="State", width=120, text=lambda row: row.status),
    Field(title="Authenticated", width=110, text=lambda row: _yes(row.authenticated)),
    Field(
        title="Competing", width=92, text=lambda row: _yes(row.competing),
        tone=lambda row: "warn" if row.competing else "",
    ),
    _moment("Last tickle", lambda row: row.last_tickle),
    _moment("Ends", lambda row: row.expires_at),
    Field(title="Message", width=360, text=lambda row: row.message),
)

CALLS: tuple[Field, ...] = (
    _count("No.", lambda row: row.seq, 64),
    _moment("At, UTC", lambda row: row.call.at),
    Field(title="Channel", width=74, text=lambda row: row.call.channel),
    Field(title="Method", width=84, text=lambda row: row.call.method),
    Field(title="Path", width=300, text=lambda row: row.call.path, is_mono=True),
    _count("Status", lambda row: row.call.status, 62),
    Field(title="Outcome", width=112, text=lambda row: row.call.outcome.replace("_", " "), tone=_call_tone),
    _count("ms", lambda row: row.call.milliseconds, 62),
    _count("Out, bytes", lambda row: row.call.bytes_out, 90),
    _count("In, bytes", lambda row: row.call.bytes_in, 84),
    Field(title="Detail", width=320, text=lambda row: row.call.detail),
)

ACKNOWLEDGMENTS: tuple[Field, ...] = (
    _moment("Acknowledged, UTC", lambda row: row.acknowledged_at),
    Field(title="Disclosure", width=200, text=lambda row: _title_of(row.disclosure_id)),
    Field(title="Version", width=100, text=lambda row: row.version),
    _moment("Shown, UTC", lambda row: row.shown_at),
    Field(
        title="Asked again", width=100, text=lambda row: f"{row.acknowledged_at + ASK_AGAIN_AFTER:%Y-%m-%d}",
    ),
    Field(
        title="Text, SHA-256", width=146, text=lambda row: f"{row.sha256[:16]}…", value=lambda row: row.sha256,
        is_mono=True,
    ),
    Field(
        title="Account, as a hash", width=136, text=lambda row: f"{row.account_hash[:12]}…",
        value=lambda row: row.account_hash, is_mono=True,
    ),
    Field(title="How", width=80, text=lambda row: row.method),
    Field(title="ibdesk", width=64, text=lambda row: row.app_version),
)


def _title_of(disclosure_id: str) -> str:
    return disclosure_id.replace("-", " ").capitalize()


def value_of(field: Field, row: SyncRecord | SessionRecord | LoggedCall | Acknowledgment | ReceiptHead) -> str:
    """A cell as an exported file holds it: numbers bare, times ISO 8601, unknown empty."""
    value = field.text(row) if field.value is None else field.value(row)
    return "" if value is None or value == fmt.UNKNOWN else str(value)
