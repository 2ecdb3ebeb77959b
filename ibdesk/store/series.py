"""Queries: equity over time and cached price bars; long series as arrays, through a cache of binary stretches.

The rows are exact and are the record. For drawing, a million of them would take half a second to read, so full
stretches of 4096 points are also kept as doubles. A stretch is made when enough points have come together, and made
again when a point inside it is corrected; without the cache everything still works, slower.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, select

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Bar, BarSize
from ibdesk.domain.positions import Source
from ibdesk.domain.returns import Point
from ibdesk.store import bulk, cipher
from ibdesk.store.columns import instant, microseconds
from ibdesk.store.tables import equity_history, price_history, series_chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 4096


def add_equity(tx: Connection, account: AccountId, points: Iterable[Point], source: Source = Source.PORTAL) -> None:
    """Add or correct points of an account's equity (base currency)."""
    rows = [(account, source.value, point.at, point.value) for point in points]
    if not rows:
        return
    bulk.upsert(tx, equity_history, rows)
    c = series_chunks.c
    first = min(row[2] for row in rows)
    tx.execute(delete(series_chunks).where(c.series == _series(account, source), c.last_at >= first))
    _pack(tx, account, source)


def load_equity(
    tx: Connection, account: AccountId, source: Source = Source.PORTAL, *, since: datetime | None = None
) -> tuple[Point, ...]:
    """The points of an account's equity, exact, oldest first."""
    c = equity_history.c
    statement = select(c.as_of, c.net_liquidation).where(c.account_id == account, c.source == source.value)
    if since is not None:
        statement = statement.where(c.as_of >= since)
    return tuple(Point(at=at, value=value) for at, value in tx.execute(statement.order_by(c.as_of)))


def load_equity_arrays(
    tx: Connection, account: AccountId, source: Source = Source.PORTAL
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The same for drawing: seconds since 1970 UTC and values, both doubles, oldest first."""
    import numpy as np

    c = series_chunks.c
    stored = cipher.raw(tx).execute(
        "SELECT points FROM series_chunks WHERE series = ? ORDER BY first_at", (_series(account, source),)
    )
    stretches = [np.frombuffer(blob, dtype="<f8").reshape(2, -1) for (blob,) in stored]
    last = tx.execute(select(func.max(c.last_at)).where(c.series == _series(account, source))).scalar()
    stretches.append(_rows_after(tx, account, source, last))
    joined = np.concatenate(stretches, axis=1)
    return joined[0], joined[1]


def _pack(tx: Connection, account: AccountId, source: Source) -> None:
    """Make the full stretches that are missing."""
    c, h = series_chunks.c, equity_history.c
    name = _series(account, source)
    last = tx.execute(select(func.max(c.last_at)).where(c.series == name)).scalar()
    mine = (h.account_id == account, h.source == source.value, *(() if last is None else (h.as_of > last,)))
    if tx.execute(select(func.count()).select_from(equity_history).where(*mine)).scalar_one() < CHUNK:
        return
    rest = _rows_after(tx, account, source, last)
    for start in range(0, rest.shape[1] // CHUNK * CHUNK, CHUNK):
        stretch = rest[:, start : start + CHUNK]
        row = (name, _at(stretch[0, 0]), _at(stretch[0, -1]), stretch.astype("<f8").tobytes())
        bulk.upsert(tx, series_chunks, (row,))


def _rows_after(tx: Connection, account: AccountId, source: Source, last: datetime | None) -> "NDArray[np.float64]":
    import numpy as np

    rows = cipher.raw(tx).execute(
        "SELECT as_of, CAST(net_liquidation AS REAL) FROM equity_history "
        "WHERE account_id = ? AND source = ? AND as_of > ? ORDER BY as_of",
        (account, source.value, -(2**62) if last is None else microseconds(last)),
    )
    flat = np.fromiter((value for row in rows for value in row), dtype=np.float64).reshape(-1, 2)
    flat[:, 0] /= 1e6
    return np.ascontiguousarray(flat.T)


def _at(seconds: float) -> datetime:
    return instant(round(seconds * 1e6))


def _series(account: AccountId, source: Source) -> str:
    return f"equity {account} {source.value}"


def save_bars(tx: Connection, conid: Conid, bar: BarSize, bars: Sequence[Bar], received_at: datetime) -> None:
    """Keep price bars the broker sent; newer ones replace older ones of the same start."""
    size = bar.value
    rows = ((conid, size, b.at, b.open, b.high, b.low, b.close, received_at) for b in bars)
    bulk.upsert(tx, price_history, rows)


def load_bars(tx: Connection, conid: Conid, bar: BarSize, *, since: datetime | None = None) -> tuple[Bar, ...]:
    """The kept bars of one instrument, oldest first."""
    c = price_history.c
    statement = select(price_history).where(c.conid == conid, c.bar == bar.value)
    if since is not None:
        statement = statement.where(c.at >= since)
    return tuple(
        Bar(at=row.at, open=row.open, high=row.high, low=row.low, close=row.close)
        for row in tx.execute(statement.order_by(c.at))
    )


def bars_received_at(tx: Connection, conid: Conid, bar: BarSize) -> datetime | None:
    """When the newest of the kept bars came; None when there are none."""
    c = price_history.c
    newest: datetime | None = tx.execute(
        select(func.max(c.received_at)).where(c.conid == conid, c.bar == bar.value)
    ).scalar()
    return newest
