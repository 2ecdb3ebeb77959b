"""Queries: the compliance receipts. The log only grows; each row seals all rows before it, and its end is sealed.

It is chained as the audit of calls is (`audit.py` says what that proves and what not), from another beginning, so that
no row of one log fits the other. No full account number and no secret gets in: the account is told by its hash, and
what the broker said is kept as it came, but for what looks like a secret.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from ibdesk import __version__
from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Verdict
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderId, OrderRef, OrderTicket, WhatIf
from ibdesk.domain.receipts import LoggedReceipt, Receipt, Step
from ibdesk.domain.records import AuditFault
from ibdesk.store import bulk
from ibdesk.store.columns import microseconds
from ibdesk.store.order_tables import compliance_head as head
from ibdesk.store.order_tables import trading_compliance_log as log
from ibdesk.store.redaction import without_secrets

#: What the first row seals: the name of the log, so that it is not the beginning of any other.
GENESIS = hashlib.sha256(b"ibdesk trading_compliance_log 1").hexdigest()
#: How the seal over the end differs from the seal over the end of the audit.
_MARK = "receipts|"
_TOLD = len(log.columns) - 2


class _Checks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column `checks`."""

    verdict: Verdict | None
    acknowledged: tuple[Code, ...]


_checks = msgspec.json.Decoder(_Checks)
_ticket = msgspec.json.Decoder(OrderTicket | None)
_quotes = msgspec.json.Decoder(tuple[Quote, ...])
_summary = msgspec.json.Decoder(AccountSummary | None)
_preview = msgspec.json.Decoder(WhatIf | None)


def append(tx: Connection, receipts: Iterable[Receipt]) -> int:
    """Add steps in the order given, numbered without gaps; the number of the last row."""
    seq, sealed = _end(tx)
    rows: list[tuple[Any, ...]] = []
    for receipt in receipts:
        seq += 1
        told = (seq, *_columns(receipt))
        rows.append((*told, sealed, _seal(sealed, told)))
        sealed = rows[-1][-1]
    if rows:
        bulk.insert(tx, log, rows)
        seal_end(tx, seq, sealed)
    return seq


def seal_end(tx: Connection, seq: int, row_hash: str) -> None:
    """Say where the log ends, with a seal only the holder of the vault's key can make."""
    tx.exec_driver_sql(
        "INSERT OR REPLACE INTO compliance_head (id, last_seq, row_hash, seal) VALUES (1, ?, ?, audit_seal(?, ?))",
        (seq, row_hash, seq, _MARK + row_hash),
    )


def sealed_end(connection: Any) -> tuple[int, str] | None:
    """Number and hash of the last row by the seal of this (driver's) connection; None when the seal is none of its."""
    found = connection.execute(
        "SELECT last_seq, row_hash FROM compliance_head WHERE seal = audit_seal(last_seq, ? || row_hash)", (_MARK,)
    ).fetchone()
    return None if found is None else (found[0], found[1])


def find_fault(tx: Connection) -> AuditFault | None:
    """The first row that was changed, removed or put in its place; None when the whole log adds up."""
    expected, sealed = 1, GENESIS
    for row in tx.execute(select(log).order_by(log.c.seq)):
        if row.seq != expected:
            return AuditFault(row=expected, what=f"receipt {expected} was removed")
        if row.prev_hash != sealed or row.row_hash != _seal(sealed, tuple(row)[:_TOLD]):
            return AuditFault(row=expected, what=f"receipt {expected} was changed or put in its place")
        expected, sealed = expected + 1, row.row_hash
    return _fault_at_end(tx, expected - 1, sealed)


def load(tx: Connection, correlation: str) -> tuple[LoggedReceipt, ...]:
    """Every step of one order, in order."""
    return tuple(_logged(row) for row in tx.execute(select(log).where(log.c.correlation_id == correlation)
                                                    .order_by(log.c.seq)))  # fmt: skip


def newest(
    tx: Connection, *, steps: Iterable[Step] = (), before: int | None = None, limit: int = 200
) -> tuple[LoggedReceipt, ...]:
    """The newest steps, newest first: of these kinds (all when none is named), older than row `before`."""
    statement = select(log).order_by(log.c.seq.desc()).limit(limit)
    wanted = [step.value for step in steps]
    if wanted:
        statement = statement.where(log.c.event_type.in_(wanted))
    if before is not None:
        statement = statement.where(log.c.seq < before)
    return tuple(_logged(row) for row in tx.execute(statement))


def each(tx: Connection) -> Iterator[LoggedReceipt]:
    """Every step, oldest first, a few at a time: for an export of any length."""
    return (_logged(row) for row in tx.execute(select(log).order_by(log.c.seq).execution_options(yield_per=500)))


def hash_of(account: AccountId) -> str:
    """How an account is told without naming it: as in the acknowledgments, the SHA-256 of its number in hex."""
    return hashlib.sha256(account.encode()).hexdigest()


def _columns(receipt: Receipt) -> tuple[Any, ...]:
    account = AccountId(hash_of(receipt.account))
    verdict = receipt.verdict
    policies = sorted({finding.policy for finding in verdict.findings if finding.policy}) if verdict else []
    day = receipt.at.astimezone(NEW_YORK).date()
    return (
        receipt.at, receipt.ticks, day, receipt.step.value, receipt.user, receipt.session, str(account), receipt.mode,
        receipt.correlation, receipt.ref or "", receipt.order_id or "", _text(_unnamed(receipt.ticket, account)),
        _text(receipt.quotes), _text(_unnamed(receipt.summary, account)), _text(receipt.what_if), " ".join(policies),
        _rules_hash(day) if verdict is not None else "", __version__,
        _text(_Checks(verdict=verdict, acknowledged=receipt.acknowledged)), receipt.decision, receipt.override_reason,
        without_secrets(receipt.broker_text),
    )  # fmt: skip


def _unnamed(value: Any, account: AccountId) -> Any:
    return None if value is None else replace(value, account=account)


def _text(value: Any) -> str:
    """Canonical JSON: sorted keys, decimals as text, instants in UTC."""
    return msgspec.json.encode(value, order="sorted").decode()


@lru_cache(maxsize=8)
def _rules_hash(day: date) -> str:
    """A fingerprint of every dated rule in force that day."""
    rules = policies_at(day)
    told = {field.name: getattr(rules, field.name) for field in fields(rules) if field.name != "day"}
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def _seal(sealed: str, told: tuple[Any, ...]) -> str:
    plain = [microseconds(value) if isinstance(value, datetime) else value for value in told]
    return hashlib.sha256(sealed.encode() + msgspec.json.encode(plain)).hexdigest()


def _end(tx: Connection) -> tuple[int, str]:
    """Number and hash the next row follows. Rows that were cut off leave a gap: numbering goes on after them."""
    last = tx.execute(select(log.c.seq, log.c.row_hash).order_by(log.c.seq.desc()).limit(1)).one_or_none()
    told = tx.execute(select(head.c.last_seq, head.c.row_hash)).one_or_none()
    return max(((row[0], row[1]) for row in (told, last) if row is not None), key=itemgetter(0), default=(0, GENESIS))


def _fault_at_end(tx: Connection, last: int, sealed: str) -> AuditFault | None:
    end = tx.execute(select(head.c.last_seq, head.c.row_hash)).one_or_none()
    if end is None:
        return None if last == 0 else AuditFault(row=last, what="the seal over the end of the receipts is missing")
    if tx.exec_driver_sql(
        "SELECT seal = audit_seal(last_seq, ? || row_hash) FROM compliance_head", (_MARK,)
    ).scalar_one() != 1:
        return AuditFault(row=last, what="the seal over the end of the receipts was forged")
    if end[0] > last:
        return AuditFault(row=last + 1, what=f"the last receipts, {end[0] - last} of them, were cut off")
    if end[0] < last or end[1] != sealed:
        return AuditFault(row=min(end[0] + 1, last), what="another program added to the receipts")
    return None


def _logged(row: Any) -> LoggedReceipt:
    checks = _checks.decode(row.checks)
    receipt = Receipt(
        at=row.ts_utc, step=Step(row.event_type), correlation=row.correlation_id, account=AccountId(row.account_hash),
        mode=row.mode, ticks=row.ts_monotonic, ref=OrderRef(row.client_order_ref) or None,
        order_id=OrderId(row.broker_order_id) or None, ticket=_ticket.decode(row.order_snapshot),
        verdict=checks.verdict, quotes=_quotes.decode(row.market_snapshot),
        summary=_summary.decode(row.account_snapshot), what_if=_preview.decode(row.preview),
        acknowledged=checks.acknowledged, decision=row.decision, override_reason=row.override_reason,
        broker_text=row.broker_text, user=row.user_id, session=row.session_id,
    )  # fmt: skip
    return LoggedReceipt(
        seq=row.seq, receipt=receipt, app_version=row.app_version, prev_hash=row.prev_hash, row_hash=row.row_hash
    )
