"""Queries: what the desk wrote down of its own doings (syncs, session states, key changes) and what the person agreed
to."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import SessionRecord, SyncRecord, SyncStatus
from ibdesk.store import bulk
from ibdesk.store.tables import (
    ibkr_compliance_acknowledgments,
    ibkr_session_tracking,
    ibkr_sync_log,
    ibkr_trading_activity_log,
    vault_dates,
)

KEY_CHANGED, PASSPHRASE_CHANGED = "key changed", "passphrase changed"


def add_sync(tx: Connection, record: SyncRecord) -> None:
    """Write down one sync of one account."""
    counts = record.counts
    tx.execute(
        insert(ibkr_sync_log).values(
            account_id=record.account,
            source=record.source.value,
            started_at=record.started_at,
            finished_at=record.finished_at,
            status=record.status.value,
            processed=counts.processed,
            new=counts.new,
            updated=counts.updated,
            removed=counts.removed,
            skipped=counts.skipped,
            stages=dict(record.stages),
            errors=list(record.errors),
            cause=record.cause,
            next_at=record.next_at,
        )
    )


def load_syncs(tx: Connection, limit: int = 200, sources: Collection[Source] = tuple(Source)) -> tuple[SyncRecord, ...]:
    """The newest syncs of these sources, newest first."""
    c = ibkr_sync_log.c
    mine = c.source.in_([source.value for source in sources])
    rows = tx.execute(select(ibkr_sync_log).where(mine).order_by(c.id.desc()).limit(limit))
    return tuple(_sync(row) for row in rows)


def _sync(row: Any) -> SyncRecord:
    return SyncRecord(
        account=None if row.account_id is None else AccountId(row.account_id),
        source=Source(row.source),
        started_at=row.started_at,
        finished_at=row.finished_at,
        status=SyncStatus(row.status),
        counts=SyncCounts(
            processed=row.processed, new=row.new, updated=row.updated, removed=row.removed, skipped=row.skipped
        ),
        stages=row.stages,
        errors=tuple(row.errors),
        cause=row.cause,
        next_at=row.next_at,
    )


def add_session(tx: Connection, record: SessionRecord) -> None:
    """Write down one change of the session's state."""
    tx.execute(
        insert(ibkr_session_tracking).values(
            at=record.at,
            environment=record.environment.value,
            status=record.status,
            authenticated=int(record.authenticated),
            competing=int(record.competing),
            last_tickle_at=record.last_tickle,
            session_expires_at=record.expires_at,
            message=record.message,
        )
    )


def load_sessions(tx: Connection, limit: int = 200) -> tuple[SessionRecord, ...]:
    """The newest session states, newest first."""
    rows = tx.execute(select(ibkr_session_tracking).order_by(ibkr_session_tracking.c.id.desc()).limit(limit))
    return tuple(
        SessionRecord(
            at=row.at,
            environment=Environment(row.environment),
            status=row.status,
            authenticated=bool(row.authenticated),
            competing=bool(row.competing),
            last_tickle=row.last_tickle_at,
            expires_at=row.session_expires_at,
            message=row.message,
        )
        for row in rows
    )


_PROOF = ("disclosure_id", "version", "sha256", "statement_sha256", "shown_at", "acknowledged_at", "account_hash",
          "app_version", "method")  # fmt: skip


def add_acknowledgments(tx: Connection, given: Iterable[Acknowledgment]) -> None:
    """Keep the proof that a person agreed. It can be added to and never changed."""
    for yes in given:
        tx.execute(insert(ibkr_compliance_acknowledgments).values({name: getattr(yes, name) for name in _PROOF}))


def load_acknowledgments(tx: Connection) -> tuple[Acknowledgment, ...]:
    """Every acknowledgment, oldest first."""
    table = ibkr_compliance_acknowledgments
    rows = tx.execute(select(*(table.c[name] for name in _PROOF)).order_by(table.c.id)).mappings()
    return tuple(Acknowledgment(**row) for row in rows)


def note_date(tx: Connection, name: str, at: datetime) -> None:
    """Remember when something was done to the vault as a whole."""
    bulk.put(tx, vault_dates, {"name": name}, {"at": at})


def noted(tx: Connection, name: str) -> datetime | None:
    """When that was done last; None when it never was."""
    return tx.execute(select(vault_dates.c.at).where(vault_dates.c.name == name)).scalar()


def load_date(tx: Connection, name: str) -> datetime | None:
    """When that was done last; never: when the vault's first call was, which is about when it was made."""
    at = noted(tx, name)
    if at is not None:
        return at
    log = ibkr_trading_activity_log
    return tx.execute(select(log.c.at).where(log.c.seq == 1)).scalar()
