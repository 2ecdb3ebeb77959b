"""Queries: the receipts as a list, one line for each order, sent or blocked."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.receipts import HOLDERS_WORDS, ReceiptFilter, ReceiptHead, Step, outcome_of
from ibdesk.store.order_tables import trading_compliance_log as log

#: The steps whose words say why it went as it did; the last of them is shown.
_TELLING = (
    Step.BLOCKED, Step.BROKER_REJECT, Step.OUTCOME_UNKNOWN, Step.NOT_PLACED, Step.KILL_SWITCH, Step.CANCEL,
    Step.CANCELLED,
)  # fmt: skip

_ticket = msgspec.json.Decoder(OrderTicket | None)


def newest(
    tx: Connection, wanted: ReceiptFilter, *, before: int | None = None, limit: int = 200
) -> tuple[ReceiptHead, ...]:
    """The orders whose last step is newest, newest first; `before` is the `last_seq` of the last one seen."""
    found: list[Any] = []
    for names in _batches(_names(tx, wanted, before), limit):
        found += _told(tx, wanted, names)
        if len(found) >= limit:
            break
    found = found[:limit]
    names = [row.correlation_id for row in found]
    firsts = select(func.min(log.c.seq)).where(log.c.correlation_id.in_(names)).group_by(log.c.correlation_id)
    shown = {row.correlation_id: row for row in tx.execute(select(log).where(log.c.seq.in_(firsts)))}
    why = _reasons(tx, names)
    return tuple(_head(row, shown[row.correlation_id], why.get(row.correlation_id, "")) for row in found)


def _names(tx: Connection, wanted: ReceiptFilter, before: int | None) -> Iterator[str]:
    """Orders by their newest step, read from the end of the log only as far as somebody asks: a group over the whole
    log would read all of it."""
    statement = select(log.c.correlation_id, log.c.seq).order_by(log.c.seq.desc())
    for condition in _conditions(wanted):
        statement = statement.where(log.c.correlation_id.in_(select(log.c.correlation_id).where(condition)))
    seen: set[str] = set()
    for row in tx.execute(statement.execution_options(yield_per=500)):
        if row.correlation_id not in seen:
            seen.add(row.correlation_id)
            if before is None or row.seq < before:
                yield row.correlation_id


def _batches(names: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(names, size)):
        yield batch


def _told(tx: Connection, wanted: ReceiptFilter, names: list[str]) -> Sequence[Any]:
    """What all rows of each of these orders tell, the newest first, within the filter's days."""
    last, begun = func.max(log.c.seq), func.min(log.c.ts_utc)
    statement = (
        select(
            log.c.correlation_id, last.label("last"), func.count().label("steps"),
            func.group_concat(log.c.event_type.distinct()).label("kinds"),
        )
        .where(log.c.correlation_id.in_(names)).group_by(log.c.correlation_id).order_by(last.desc())
    )  # fmt: skip
    if wanted.since is not None:
        statement = statement.having(begun >= wanted.since)
    if wanted.until is not None:
        statement = statement.having(begun < wanted.until)
    return tx.execute(statement).all()


def _conditions(wanted: ReceiptFilter) -> list[ColumnElement[bool]]:
    """What one row of an order must have for the whole order to be listed."""
    found: list[ColumnElement[bool]] = []
    if wanted.blocked is not None:
        found.append(log.c.event_type == (Step.BLOCKED if wanted.blocked else Step.SENT).value)
    for word in wanted.text.split():
        found.append(or_(*(
            column.icontains(word, autoescape=True)
            for column in (log.c.order_snapshot, log.c.decision, log.c.broker_text, log.c.correlation_id, log.c.mode)
        )))  # fmt: skip
    return found


def _reasons(tx: Connection, correlations: list[str]) -> dict[str, str]:
    telling = [step.value for step in _TELLING]
    rows = tx.execute(
        select(log.c.correlation_id, log.c.decision, log.c.broker_text)
        .where(log.c.correlation_id.in_(correlations), log.c.event_type.in_(telling)).order_by(log.c.seq)
    )  # fmt: skip
    return {row.correlation_id: row.broker_text or row.decision for row in rows}


def _head(row: Any, first: Any, why: str) -> ReceiptHead:
    kinds = {Step(kind) for kind in row.kinds.split(",")}
    return ReceiptHead(
        correlation=row.correlation_id, at=first.ts_utc, last_seq=row.last, account=AccountId(first.account_hash),
        mode=first.mode, outcome=outcome_of(kinds), steps=row.steps, ticket=_ticket.decode(first.order_snapshot),
        decision=why, asked=next((step for step in HOLDERS_WORDS if step in kinds), None),
    )  # fmt: skip
