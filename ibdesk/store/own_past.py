"""Queries: what the receipts and intents of one account say of its past, as far as the checks before an order look."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.compliance.own_past import Standing
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import known
from ibdesk.domain.orders import OrderIntent, OrderTicket
from ibdesk.domain.receipts import Step
from ibdesk.store.order_tables import order_intents
from ibdesk.store.order_tables import trading_compliance_log as log
from ibdesk.store.receipts import hash_of

_intent = msgspec.json.Decoder(OrderIntent)
_summary = msgspec.json.Decoder(AccountSummary | None)


def load_tickets(tx: Connection, account: AccountId, mode: Mode, limit: int) -> tuple[OrderTicket, ...]:
    """The tickets that were sent last, newest first."""
    c = order_intents.c
    found = select(c.body).where(c.account_id == account, c.mode == mode.value).order_by(c.at.desc()).limit(limit)
    return tuple(_intent.decode(body).ticket for body in tx.execute(found).scalars())


def load_refusals(tx: Connection, account: AccountId, mode: Mode, since: datetime) -> tuple[tuple[datetime, str], ...]:
    """When the broker refused an order and in which words, newest first."""
    c = log.c
    found = select(c.ts_utc, c.broker_text).where(
        c.account_hash == hash_of(account), c.mode == mode.value, c.event_type == Step.BROKER_REJECT.value,
        c.ts_utc >= since,
    ).order_by(c.seq.desc())  # fmt: skip
    return tuple((row.ts_utc, row.broker_text) for row in tx.execute(found))


def load_standings(tx: Connection, account: AccountId, mode: Mode, since: datetime) -> tuple[Standing, ...]:
    """What the account stood at when orders of it were checked, oldest first; figures nobody told are left out."""
    c = log.c
    found = select(c.account_snapshot).where(
        c.account_hash == hash_of(account), c.mode == mode.value, c.event_type == Step.CHECK_RUN.value,
        c.ts_utc >= since,
    ).order_by(c.seq)  # fmt: skip
    told = (_summary.decode(body) for body in tx.execute(found).scalars())
    standings = (None if each is None else standing_of(each) for each in told)
    return tuple(each for each in standings if each is not None)


def standing_of(summary: AccountSummary) -> Standing | None:
    """The part of an account's figures that makes its level; None when it was not told."""
    equity, maintenance = known(summary.equity_with_loan), known(summary.maintenance_margin)
    if equity is None or maintenance is None:
        return None
    return Standing(at=summary.received_at, equity=equity, maintenance=maintenance)
