"""The tables of trading, typed: intents, orders, executions, drafts, the kill switch and the compliance receipts.

`ibkr_orders` and `trading_compliance_log` are the documents' own names.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Named, Table, TypedColumns, UniqueConstraint

from ibdesk.store.columns import DayText, DecimalText, UtcInstant
from ibdesk.store.schema import metadata


class OrderColumns(TypedColumns):
    """Orders as they are known, ours and others'. `order_key` is our id, or `#` and the broker's where it has none of
    ours; `body` is the whole order as JSON, the other columns its parts for searching and reading."""

    order_key: Named[str] = Column(primary_key=True)
    order_id: Named[str | None]
    client_order_ref: Named[str | None]
    account_id: Named[str]
    environment: Named[str]
    status: Named[str]
    conid: Named[int | None] = Column(BigInteger)
    symbol: Named[str]
    contract: Named[str]
    side: Named[str]
    order_type: Named[str]
    quantity: Named[Decimal] = Column(DecimalText())
    limit_price: Named[Decimal | None] = Column(DecimalText())
    stop_price: Named[Decimal | None] = Column(DecimalText())
    filled_quantity: Named[Decimal] = Column(DecimalText())
    average_fill_price: Named[Decimal | None] = Column(DecimalText())
    created_at: Named[datetime] = Column(UtcInstant())
    updated_at: Named[datetime] = Column(UtcInstant())
    filled_at: Named[datetime | None] = Column(UtcInstant())
    body: Named[str]


ibkr_orders = Table("ibkr_orders", metadata, OrderColumns, Index(None, "account_id", "updated_at"))


class IntentColumns(TypedColumns):
    """Orders that were decided to be sent, stored before they left. Append-only; one draft becomes one intent."""

    ref: Named[str] = Column(primary_key=True)
    draft_id: Named[str]
    account_id: Named[str]
    mode: Named[str]
    at: Named[datetime] = Column(UtcInstant())
    body: Named[str]


order_intents = Table("order_intents", metadata, IntentColumns, UniqueConstraint("draft_id"))


class ExecutionColumns(TypedColumns):
    """Each print of the broker. `replaced` are its earlier wordings, a JSON list, oldest first."""

    exec_id: Named[str] = Column(primary_key=True)
    account_id: Named[str]
    order_id: Named[str | None]
    client_order_ref: Named[str | None]
    conid: Named[int] = Column(BigInteger)
    side: Named[str]
    quantity: Named[Decimal] = Column(DecimalText())
    price: Named[Decimal] = Column(DecimalText())
    at: Named[datetime] = Column(UtcInstant())
    commission: Named[Decimal | None] = Column(DecimalText())
    body: Named[str]
    replaced: Named[str]


executions = Table("executions", metadata, ExecutionColumns, Index(None, "account_id", "at"))


class DraftColumns(TypedColumns):
    """Tickets a person is at work on; never sent by themselves."""

    id: Named[str] = Column(primary_key=True)
    account_id: Named[str]
    mode: Named[str]
    updated_at: Named[datetime] = Column(UtcInstant())
    body: Named[str]


order_drafts = Table("order_drafts", metadata, DraftColumns)


class RememberedColumns(TypedColumns):
    """Questions of the broker that a person wants answered with yes from now on; never in a live mode."""

    mode: Named[str] = Column(primary_key=True)
    question_id: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcInstant())


remembered_answers = Table(
    "remembered_answers", metadata, RememberedColumns, CheckConstraint("mode NOT LIKE '%live%'", name="never_live")
)


class LockColumns(TypedColumns):
    """Modes in which no position may be opened: the kill switch. `until` None: until a person lifts it."""

    mode: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcInstant())
    reason: Named[str]
    until: Named[datetime | None] = Column(UtcInstant())


trading_locks = Table("trading_locks", metadata, LockColumns)


class ReceiptColumns(TypedColumns):
    """What was checked, decided and done about every order. Append-only (triggers) and chained (`receipts.py`).

    `checks` and the snapshots are canonical JSON; the account is told by its hash alone.
    """

    seq: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    ts_utc: Named[datetime] = Column(UtcInstant())
    ts_monotonic: Named[int] = Column(BigInteger)
    et_trade_date: Named[date] = Column(DayText())
    event_type: Named[str]
    user_id: Named[str]
    session_id: Named[str]
    account_hash: Named[str]
    mode: Named[str]
    correlation_id: Named[str]
    client_order_ref: Named[str]
    broker_order_id: Named[str]
    order_snapshot: Named[str]
    market_snapshot: Named[str]
    account_snapshot: Named[str]
    preview: Named[str]
    rule_set_id: Named[str]
    rules_hash: Named[str]
    app_version: Named[str]
    checks: Named[str]
    decision: Named[str]
    override_reason: Named[str]
    broker_text: Named[str]
    prev_hash: Named[str]
    row_hash: Named[str]


trading_compliance_log = Table("trading_compliance_log", metadata, ReceiptColumns, Index(None, "correlation_id"))


class ReceiptHeadColumns(TypedColumns):
    """One row: where the receipts end, sealed as the audit's end is."""

    id: Named[int] = Column(Integer, primary_key=True)
    last_seq: Named[int]
    row_hash: Named[str]
    seal: Named[str]


compliance_head = Table("compliance_head", metadata, ReceiptHeadColumns)


class PaperBookColumns(TypedColumns):
    """The accounts of Local Paper, one of them in use: `body` is the whole account as JSON, written with every order
    it takes and every print. One that was reset stays as it was."""

    account_id: Named[str] = Column(primary_key=True)
    opened_at: Named[datetime] = Column(UtcInstant())
    updated_at: Named[datetime] = Column(UtcInstant())
    body: Named[str]


paper_books = Table("paper_books", metadata, PaperBookColumns)
