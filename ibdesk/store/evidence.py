"""Queries: what the vault can prove of a person's practice, for the checklist before real money is traded."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Table, cast, func, select

from ibdesk.domain.accounts import Environment
from ibdesk.domain.going_live import Evidence
from ibdesk.domain.modes import FACES
from ibdesk.domain.receipts import Step
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.session import SessionState
from ibdesk.store.order_tables import trading_compliance_log
from ibdesk.store.records import noted
from ibdesk.store.tables import ibkr_session_tracking, ibkr_sync_log

#: The name under which it is noted that a person looked at the limits and kept them.
LIMITS_KEPT = "limits kept"
#: Modes in which no money is at stake.
_PRACTICE = tuple(face.mode.value for face in FACES if face.environment is not Environment.LIVE)


def load_evidence(tx: Connection) -> Evidence:
    """Everything but the disclosures and the limits' values, which are not the vault's alone to tell."""
    log, sessions, syncs = trading_compliance_log, ibkr_session_tracking, ibkr_sync_log
    accepted = (log.c.event_type == Step.BROKER_ACK.value) & log.c.mode.in_(_PRACTICE)
    ready = sessions.c.status.in_((SessionState.READY.value, SessionState.EXPIRING.value))
    stored = cast(syncs.c.stages, String).contains('"store"')  # what was read of the books, not of their history
    whole = (syncs.c.status == SyncStatus.SUCCESS.value) & stored
    return Evidence(
        connected_at=_last(tx, sessions, sessions.c.at, ready),
        synced_at=_last(tx, syncs, syncs.c.finished_at, whole),
        paper_order_at=_last(tx, log, log.c.ts_utc, accepted),
        paper_orders=tx.execute(select(func.count()).select_from(log).where(accepted)).scalar_one(),
        blocked_at=_last(tx, log, log.c.ts_utc, log.c.event_type == Step.BLOCKED.value),
        limits_kept_at=noted(tx, LIMITS_KEPT),
    )


def _last(tx: Connection, table: Table, at: Any, condition: Any) -> datetime | None:
    found: datetime | None = tx.execute(select(at).select_from(table).where(condition).order_by(at.desc()).limit(1)
                                        ).scalar()
    return found
