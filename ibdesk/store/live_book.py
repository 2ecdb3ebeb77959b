"""Queries: the book of a streaming source as it was last told, and its course minute by minute."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.pnl import PnlRow, PositionPnl
from ibdesk.domain.positions import Source
from ibdesk.store import bulk
from ibdesk.store.pnl_tables import position_snapshots, positions

_instrument = msgspec.json.Decoder(Instrument)


def save_rows(tx: Connection, rows: Iterable[PnlRow], source: Source, *, at: datetime) -> None:
    """What is held now of these positions, and how they stood at `at`; one that is gone leaves its course behind."""
    told = tuple(row for row in rows if row.moved_at is not None)
    bulk.upsert(tx, positions, [_row(row, source) for row in told if row.quantity])
    for row in told:
        if not row.quantity:
            c = positions.c
            tx.execute(delete(positions).where(
                c.account_id == row.account, c.conid == row.instrument.conid, c.source == source.value))  # fmt: skip
    bulk.upsert(tx, position_snapshots, [_snapshot(row, source, at) for row in told])


def load_rows(tx: Connection, source: Source) -> tuple[PnlRow, ...]:
    """What was held when it was last told, without prints."""
    return tuple(
        PnlRow(
            account=AccountId(row.account_id), instrument=_instrument.decode(row.body), quantity=row.qty,
            average_cost=row.avg_cost, moved_at=row.moved_at,
            told=None if row.told_at is None else PositionPnl(
                account=AccountId(row.account_id), conid=Conid(row.conid), quantity=row.qty, daily=row.daily_pnl,
                unrealized=row.unrealized_pnl, realized=None, value=row.market_value, at=row.told_at,
            ),
        )
        for row in tx.execute(select(positions).where(positions.c.source == source.value))
    )  # fmt: skip


def _row(row: PnlRow, source: Source) -> tuple[object, ...]:
    return (
        row.account, row.instrument.conid, source.value, row.instrument.symbol, row.instrument.currency, row.quantity,
        row.average_cost, row.unrealized, row.daily, row.value, row.moved_at,
        None if row.told is None else row.told.at, msgspec.json.encode(row.instrument).decode(),
    )  # fmt: skip


def _snapshot(row: PnlRow, source: Source, at: datetime) -> tuple[object, ...]:
    return (
        row.account, row.instrument.conid, source.value, at, row.instrument.symbol, row.instrument.currency,
        row.quantity, row.average_cost, row.value, row.unrealized, row.realized,
    )  # fmt: skip
