"""Queries: the log of every call to the broker. It only grows, and each row seals all rows before it.

A row's hash is SHA-256 over the hash before it and the row itself, so changing, dropping or reordering rows breaks
the chain at that place. Where the log ends is sealed with an HMAC beside it, so cutting off the end shows too. The
database refuses UPDATE and DELETE by trigger. Who holds the vault's key could still rewrite the whole chain and its
seal; the log proves that nothing changed by accident or in passing, not who wrote it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from ibdesk.domain.audit_hints import HourUsed
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.records import AuditFault, LoggedCall
from ibdesk.store import bulk
from ibdesk.store.columns import instant, microseconds
from ibdesk.store.redaction import without_secrets
from ibdesk.store.tables import audit_head
from ibdesk.store.tables import ibkr_trading_activity_log as log

#: What the first row seals.
GENESIS = "0" * 64
#: More calls than a quarter of an hour can hold: 10 per second is all the broker allows.
RECENT = 9_000
#: Microseconds, as instants are kept.
HOUR = 3_600_000_000


def append_calls(tx: Connection, calls: Iterable[ApiCall]) -> int:
    """Add calls in the order given, numbered without gaps; how many. Secrets that slipped through are hidden here."""
    rows = list(_chained(calls, *_end(tx)))
    if rows:
        bulk.insert(tx, log, rows)
        seal_end(tx, rows[-1][0], rows[-1][-1])
    return len(rows)


def append_doing(tx: Connection, at: datetime, method: str, path: str, detail: str, environment: str = "") -> None:
    """Write down what a person did to the vault itself, among the calls."""
    done = ApiCall(
        at=at, channel="desk", method=method, path=path, status=None, outcome="ok", milliseconds=0, bytes_out=0,
        bytes_in=0, detail=detail, environment=environment,
    )  # fmt: skip
    append_calls(tx, (done,))


def seal_end(tx: Connection, seq: int, row_hash: str) -> None:
    """Say where the log ends, with a seal only the holder of the vault's key can make."""
    tx.exec_driver_sql(
        "INSERT OR REPLACE INTO audit_head (id, last_seq, row_hash, seal) VALUES (1, ?, ?, audit_seal(?, ?))",
        (seq, row_hash, seq, row_hash),
    )


def sealed_end(connection: Any) -> tuple[int, str] | None:
    """Number and hash of the last row by the seal of this (driver's) connection; None when the seal is none of its."""
    found = connection.execute(
        "SELECT last_seq, row_hash FROM audit_head WHERE seal = audit_seal(last_seq, row_hash)"
    ).fetchone()
    return None if found is None else (found[0], found[1])


def _end(tx: Connection) -> tuple[int, str]:
    """Number and hash the next row follows. Rows that were cut off leave a gap: numbering goes on after them."""
    last = tx.execute(select(log.c.seq, log.c.row_hash).order_by(log.c.seq.desc()).limit(1)).one_or_none()
    head = tx.execute(select(audit_head.c.last_seq, audit_head.c.row_hash)).one_or_none()
    return max(((row[0], row[1]) for row in (head, last) if row is not None), key=itemgetter(0), default=(0, GENESIS))


def verify(tx: Connection) -> int | None:
    """The number of the first row that does not fit the chain; None when all do."""
    fault = find_fault(tx)
    return None if fault is None else fault.row


def find_fault(tx: Connection) -> AuditFault | None:
    """The first row that was changed, removed or moved, and how it shows; None when the whole log adds up."""
    expected, sealed = 1, GENESIS
    for row in tx.execute(select(log).order_by(log.c.seq)):
        if row.prev_hash != sealed or row.row_hash != _seal(sealed, _told(row)):
            return AuditFault(row=expected, what=_what_happened(tx, row, expected, sealed))
        expected, sealed = expected + 1, row.row_hash
    return _fault_at_end(tx, expected - 1, sealed)


def _told(row: Any) -> tuple[Any, ...]:
    return (row.seq, row.at, *row[2:12])


def _what_happened(tx: Connection, row: Any, expected: int, sealed: str) -> str:
    """As far as the hashes can tell. A sound row names the row before it, wherever it stands now."""
    before = tx.execute(select(log.c.seq).where(log.c.row_hash == row.prev_hash)).scalar()
    home = 1 if row.prev_hash == GENESIS else None if before is None else before + 1
    if home is not None and home != row.seq and row.row_hash == _seal(row.prev_hash, (home, *_told(row)[1:])):
        return f"row {row.seq} was moved there from place {home}"
    if row.seq != expected:
        gone = row.seq - expected
        return f"row {expected} was removed" if gone == 1 else f"rows {expected} to {row.seq - 1} were removed"
    if row.row_hash == _seal(row.prev_hash, _told(row)):
        return f"row {expected} does not follow row {expected - 1}: one of them was replaced"
    if row.prev_hash == sealed:
        return f"row {expected} was changed"
    return f"row {expected} was changed or put in its place"


def _fault_at_end(tx: Connection, last: int, sealed: str) -> AuditFault | None:
    head = tx.exec_driver_sql(
        "SELECT last_seq, row_hash, seal = audit_seal(last_seq, row_hash) FROM audit_head"
    ).one_or_none()
    if head is None:  # every vault has one from its beginning (migration 0005)
        return AuditFault(row=max(last, 1), what="the seal over the end of the log is missing")
    if not head[2]:
        return AuditFault(row=last, what="the seal over the end of the log was forged")
    if head[0] > last:
        cut = "row was" if head[0] == last + 1 else f"{head[0] - last} rows were"
        return AuditFault(row=last + 1, what=f"the last {cut} cut off")
    if head[0] < last:
        return AuditFault(row=head[0] + 1, what=f"another program added what follows row {head[0]}")
    return None if head[1] == sealed else AuditFault(row=last, what="the last row was replaced")


def each_call(tx: Connection) -> Iterator[LoggedCall]:
    """Every call, oldest first, a few at a time: for an export of any length."""
    statement = select(log).order_by(log.c.seq).execution_options(yield_per=2000)
    return (_logged(row) for row in tx.execute(statement))


def hours_used(tx: Connection) -> tuple[HourUsed, ...]:
    """Every hour (UTC) with calls in it, oldest first. One pass over the log."""
    rows = tx.exec_driver_sql(
        f"SELECT min(at), min(seq), max(seq) FROM {log.name} WHERE channel <> 'desk' GROUP BY at / {HOUR} ORDER BY 1"  # noqa: S608
    )
    return tuple(HourUsed(at=instant(at), first=first, last=last) for at, first, last in rows)


def load_calls(
    tx: Connection, *, text: str = "", only_errors: bool = False, before: int | None = None, limit: int = 200
) -> tuple[LoggedCall, ...]:
    """The newest calls, newest first: those with `text` in path, outcome or detail, older than row `before`."""
    c = log.c
    statement = select(log).order_by(c.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(c.seq < before)
    if only_errors:
        statement = statement.where(c.outcome != "ok")
    if text:
        has = [column.icontains(text, autoescape=True) for column in (c.path, c.outcome, c.detail, c.method)]
        statement = statement.where(or_(*has))
    return tuple(_logged(row) for row in tx.execute(statement))


def calls_since(tx: Connection, instant: datetime, environment: str) -> tuple[ApiCall, ...]:
    """The requests to one environment's gateway at or after an instant, oldest first; of the newest `RECENT` rows."""
    c = log.c
    newest = tx.execute(select(func.max(c.seq))).scalar() or 0
    recent = (c.seq > newest - RECENT, c.at >= instant, c.environment == environment, c.channel == "rest")
    return tuple(_logged(row).call for row in tx.execute(select(log).where(*recent).order_by(c.seq)))


def _chained(calls: Iterable[ApiCall], seq: int, sealed: str) -> Iterator[tuple[Any, ...]]:
    for call in calls:
        seq += 1
        told = (
            seq,
            call.at,
            call.environment,
            call.channel,
            call.method,
            without_secrets(call.path),
            call.status,
            call.outcome,
            call.milliseconds,
            call.bytes_out,
            call.bytes_in,
            without_secrets(call.detail),
        )
        row_hash = _seal(sealed, told)
        yield (*told, sealed, row_hash)
        sealed = row_hash


def _seal(sealed: str, told: tuple[Any, ...]) -> str:
    canonical = msgspec.json.encode((told[0], microseconds(told[1]), *told[2:]))
    return hashlib.sha256(sealed.encode() + canonical).hexdigest()


def _logged(row: Any) -> LoggedCall:
    return LoggedCall(
        seq=row.seq,
        row_hash=row.row_hash,
        prev_hash=row.prev_hash,
        call=ApiCall(
            at=row.at,
            channel=row.channel,
            method=row.method,
            path=row.path,
            status=row.status,
            outcome=row.outcome,
            milliseconds=row.milliseconds,
            bytes_out=row.bytes_out,
            bytes_in=row.bytes_in,
            detail=row.detail,
            environment=row.environment,
        ),
    )
