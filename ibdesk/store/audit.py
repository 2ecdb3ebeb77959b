"""Queries: the log of every call to the broker. It only grows, and each row seals all rows before it.

A row's hash is SHA-256 over the hash before it and the row itself, so changing, dropping or reordering rows breaks the
chain at that place. The database refuses UPDATE and DELETE by trigger. Who holds the key could still rewrite the whole
chain, or cut off its end; the log proves that nothing changed by accident or in passing, not who wrote it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from ibdesk.domain.calls import ApiCall
from ibdesk.domain.records import LoggedCall
from ibdesk.store import bulk
from ibdesk.store.columns import microseconds
from ibdesk.store.redaction import without_secrets
from ibdesk.store.tables import ibkr_trading_activity_log as log

#: What the first row seals.
GENESIS = "0" * 64
#: More calls than a quarter of an hour can hold: 10 per second is all the broker allows.
RECENT = 9_000


def append_calls(tx: Connection, calls: Iterable[ApiCall]) -> int:
    """Add calls in the order given, numbered without gaps; how many. Secrets that slipped through are hidden here."""
    last = tx.execute(select(log.c.seq, log.c.row_hash).order_by(log.c.seq.desc()).limit(1)).one_or_none()
    seq, sealed = (0, GENESIS) if last is None else (last.seq, last.row_hash)
    rows = list(_chained(calls, seq, sealed))
    bulk.insert(tx, log, rows)
    return len(rows)


def verify(tx: Connection) -> int | None:
    """The number of the first row that does not fit the chain; None when all do."""
    expected, sealed = 1, GENESIS
    for row in tx.execute(select(log).order_by(log.c.seq)):
        told = (row.seq, row.at, *row[2:12])
        if row.prev_hash != sealed or row.row_hash != _seal(sealed, told):
            return expected
        expected, sealed = expected + 1, row.row_hash
    return None


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


def _chained(calls: Iterable[ApiCall], seq: int, sealed: str) -> Iterator[tuple[object, ...]]:
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
