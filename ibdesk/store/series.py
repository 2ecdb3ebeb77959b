"""Queries: equity over time and cached price bars; long series as arrays, through a cache of binary stretches.

The rows are exact and are the record. For drawing, a million of them would take half a second to read, so full
stretches of 4096 points are also kept as doubles. A stretch is made when enough points have come together, and made
again when a point inside it is corrected; without the cache everything still works, slower.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, select

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Bar, BarSize
from ibdesk.domain.positions import Source
from ibdesk.domain.returns import Point
from ibdesk.store import bulk, cipher
from ibdesk.store.columns import instant, microseconds
from ibdesk.store.tables import equity_history, known_symbols, price_history, series_chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 4096
_DAY = 86_400_000_000  # microseconds


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


def load_equity_daily(
    tx: Connection, account: AccountId, source: Source = Source.PORTAL, *, before: datetime
) -> tuple[Point, ...]:
    """The last point of each UTC day, of those before an instant, exact, oldest first.

    One look into the index per day: a year of syncs is a million rows, and reading them all takes four seconds.
    (`max()` with these conditions, or a join that SQLite may turn around, would read them all too.)
    """
    found = cipher.raw(tx).execute(
        "WITH RECURSIVE latest(at) AS ("
        " SELECT (SELECT as_of FROM equity_history WHERE account_id = :account AND source = :source"
        "         AND as_of < :before ORDER BY as_of DESC LIMIT 1)"
        " UNION ALL"
        " SELECT (SELECT as_of FROM equity_history WHERE account_id = :account AND source = :source"
        "         AND as_of < at / :day * :day ORDER BY as_of DESC LIMIT 1) FROM latest WHERE at IS NOT NULL)"
        " SELECT as_of, net_liquidation FROM latest CROSS JOIN equity_history"
        " ON account_id = :account AND source = :source AND as_of = at ORDER BY at",
        {"account": account, "source": source.value, "before": microseconds(before), "day": _DAY},
    )
    return tuple(Point(at=instant(at), value=Decimal(value)) for at, value in found)


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


def remember_symbol(tx: Connection, symbol: str, conid: Conid, now: datetime) -> None:
    """Keep which contract a symbol stands for, so that its bars are found while the broker cannot be asked."""
    bulk.put(tx, known_symbols, {"symbol": symbol.upper()}, {"conid": conid, "found_at": now})


def known_symbol(tx: Connection, symbol: str) -> Conid | None:
    """The contract a symbol stood for when the broker was last asked; None when it never was."""
    c = known_symbols.c
    found: int | None = tx.execute(select(c.conid).where(c.symbol == symbol.upper())).scalar()
    return None if found is None else Conid(found)


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
