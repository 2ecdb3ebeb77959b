"""The tables of the live profit and loss, typed: `positions`, `position_snapshots`, and `trades` as a view.

The names and the columns `symbol`, `qty`, `avg_cost`, `unrealized_pnl`, `realized_pnl`, `commission` are the documents'
own. `trades` shows `executions` in their words (migration 0008), so that a print is stored once.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Column, Index, Named, Table, TypedColumns

from ibdesk.store.columns import DecimalText, UtcInstant
from ibdesk.store.schema import metadata


class LivePositionColumns(TypedColumns):
    """What the broker last said of each position of a streaming source; `body` is the row's instrument as JSON."""

    account_id: Named[str] = Column(primary_key=True)
    conid: Named[int] = Column(BigInteger, primary_key=True)
    source: Named[str] = Column(primary_key=True)
    symbol: Named[str]
    currency: Named[str]
    qty: Named[Decimal] = Column(DecimalText())
    avg_cost: Named[Decimal | None] = Column(DecimalText())
    unrealized_pnl: Named[Decimal | None] = Column(DecimalText())
    daily_pnl: Named[Decimal | None] = Column(DecimalText())
    market_value: Named[Decimal | None] = Column(DecimalText())
    moved_at: Named[datetime] = Column(UtcInstant())
    told_at: Named[datetime | None] = Column(UtcInstant())
    body: Named[str]


positions = Table("positions", metadata, LivePositionColumns)


class PositionSnapshotColumns(TypedColumns):
    """Positions as they were at some minutes, only those that were told anew since the minute before."""

    account_id: Named[str] = Column(primary_key=True)
    conid: Named[int] = Column(BigInteger, primary_key=True)
    source: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcInstant(), primary_key=True)
    symbol: Named[str]
    currency: Named[str]
    qty: Named[Decimal] = Column(DecimalText())
    avg_cost: Named[Decimal | None] = Column(DecimalText())
    market_value: Named[Decimal | None] = Column(DecimalText())
    unrealized_pnl: Named[Decimal | None] = Column(DecimalText())
    realized_pnl: Named[Decimal] = Column(DecimalText())


position_snapshots = Table(
    "position_snapshots", metadata, PositionSnapshotColumns, Index(None, "account_id", "at"), sqlite_with_rowid=False
)
