"""G2: storing and reading through the vault's own code, against the bare driver and against SQLAlchemy's ORM.

Every side uses the same encrypted file format, WAL, synchronous=FULL and one transaction a batch, and starts from the
same domain values: converting amounts and instants is part of the work. Fresh files each round, sides in random order.
CPU time of the whole process (the writer thread included), median of the rounds.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, registry

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Bar, BarSize
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Position, Snapshot, Source
from ibdesk.domain.returns import Point
from ibdesk.store import bulk, cipher, series, snapshots, vault
from ibdesk.store.columns import EPOCH, MICROSECOND, microseconds
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.tables import equity_history, ibkr_positions, price_history

POSITIONS, BARS, POINTS = 10_000, 100_000, 1_000_000
ROUNDS, ORM_ROUNDS = 7, 3
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")


class OrmPosition:
    """A mapped position, as the object way would have it."""


class OrmBar:
    """A mapped bar."""


class OrmPoint:
    """A mapped point of equity."""


mapping = registry()
mapping.map_imperatively(OrmPosition, ibkr_positions)
mapping.map_imperatively(OrmBar, price_history)
mapping.map_imperatively(OrmPoint, equity_history)
POSITION_NAMES = [column.name for column in ibkr_positions.columns]


def positions(shift: int) -> tuple[Position, ...]:
    return tuple(
        Position(
            account=ACCOUNT,
            instrument=Instrument(
                conid=Conid(n), symbol=f"S{n}", asset_class=AssetClass.STOCK, currency=USD, name=f"Company {n}",
                broker_class="STK", exchange="NASDAQ", sector="Technology",
            ),
            quantity=Decimal(n + shift),
            average_cost=Decimal(n) / 100,
            average_price=Decimal(n) / 100,
            price=Decimal(n + shift) / 50,
            market_value=Decimal((n + shift) * n) / 50,
            unrealized=Decimal(shift * n) / 100,
        )
        for n in range(POSITIONS)
    )  # fmt: skip


def picture(shift: int) -> Snapshot:
    at = NOW + timedelta(seconds=shift)
    summary = AccountSummary(account=ACCOUNT, currency=USD, as_of=at, received_at=at)
    return Snapshot(
        account=ACCOUNT, source=Source.PORTAL, as_of=at, received_at=at, summary=summary, ledger=(),
        positions=positions(shift),
    )  # fmt: skip


def bars() -> list[Bar]:
    return [
        Bar(
            at=NOW + timedelta(minutes=n), open=Decimal(n) / 100, high=Decimal(n + 9) / 100, low=Decimal(n) / 101,
            close=Decimal(n + 1) / 100,
        )
        for n in range(BARS)
    ]  # fmt: skip


# --- the three ways ------------------------------------------------------------------------------------------------


def app_upsert(tx: Any, shot: Snapshot) -> None:
    rows = (snapshots.position_row(held, shot, order) for order, held in enumerate(shot.positions))
    bulk.upsert(tx, ibkr_positions, rows)


def maybe(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def raw_position(p: Position, shot: Snapshot, order: int) -> tuple[Any, ...]:
    """What one would write by hand for this table."""
    i, option = p.instrument, p.instrument.option
    return (
        p.account, i.conid, shot.source.value, i.symbol, i.name, i.asset_class.value, i.broker_class, i.currency,
        str(i.multiplier), i.exchange, i.sector, i.expiry.isoformat() if i.expiry else None,
        option.right.value if option else None, maybe(option.strike) if option else None,
        option.expiry.isoformat() if option else None, i.underlying_conid, str(p.quantity), maybe(p.average_price),
        maybe(p.average_cost), maybe(p.price), maybe(p.market_value), maybe(p.unrealized), maybe(p.realized), order,
        microseconds(shot.as_of), None,
    )  # fmt: skip


def statement(table: Any, update: bool) -> str:
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    text = f"INSERT INTO {table.name} VALUES ({','.join('?' * len(names))})"
    if update:
        changes = ", ".join(f'"{name}"=excluded."{name}"' for name in names if name not in keys)
        text += f" ON CONFLICT ({','.join(keys)}) DO UPDATE SET {changes}"
    return text


UPSERT_POSITIONS = statement(ibkr_positions, update=True)
INSERT_BARS = statement(price_history, update=False)


def raw_upsert(connection: Any, shot: Snapshot) -> None:
    connection.execute("BEGIN IMMEDIATE")
    rows = (raw_position(p, shot, order) for order, p in enumerate(shot.positions))
    connection.executemany(UPSERT_POSITIONS, rows)
    connection.execute("COMMIT")


def raw_insert(connection: Any, kept: list[Bar]) -> None:
    received = microseconds(NOW)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        INSERT_BARS,
        (
            (1, "1d", (b.at - EPOCH) // MICROSECOND, str(b.open), str(b.high), str(b.low), str(b.close), received)
            for b in kept
        ),
    )
    connection.execute("COMMIT")


def orm_positions(shot: Snapshot) -> list[OrmPosition]:
    made = []
    for order, held in enumerate(shot.positions):
        row = OrmPosition()
        for name, value in zip(POSITION_NAMES, snapshots.position_row(held, shot, order), strict=True):
            setattr(row, name, value)
        made.append(row)
    return made


def orm_add_positions(session: Session, shot: Snapshot) -> None:
    session.add_all(orm_positions(shot))
    session.commit()


def orm_merge_positions(session: Session, shot: Snapshot) -> None:
    for row in orm_positions(shot):
        session.merge(row)
    session.commit()


def orm_add_bars(session: Session, kept: list[Bar]) -> None:
    made = []
    for bar in kept:
        row: Any = OrmBar()
        row.conid, row.bar, row.at, row.received_at = 1, "1d", bar.at, NOW
        row.open, row.high, row.low, row.close = bar.open, bar.high, bar.low, bar.close
        made.append(row)
    session.add_all(made)
    session.commit()


# --- measuring -----------------------------------------------------------------------------------------------------


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


class Sides:
    """One fresh vault, and each side's way into it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.vault, _code = vault.create(
            Path(self.folder.name) / "home", "correct horse battery staple", cost=LOWEST_COST
        )
        self.runner = asyncio.Runner()
        self.database: Database = open_database(self.vault)

    def app(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self.runner.run(self.database.write(fn, *args))

    def read(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self.runner.run(self.database.read(fn, *args))

    def raw(self) -> Any:
        connection = cipher.connect(self.vault.paths.database, self.vault.database_key())
        cipher.settle(connection)
        return closing(connection)

    def session(self) -> Session:
        engine = cipher.engine(self.vault.paths.database, self.vault.database_key(), begin="IMMEDIATE")
        return Session(engine)

    def close(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        self.vault.close()
        self.folder.cleanup()


def one_round(with_orm: bool) -> dict[str, float]:
    """Each side in its own fresh vault, in random order."""
    first, second, kept = picture(0), picture(1), bars()
    found: dict[str, float] = {}

    def app(sides: Sides) -> None:
        found["app insert"] = cpu(lambda: sides.app(series.save_bars, Conid(1), BarSize.DAY, kept, NOW))
        found["app add positions"] = cpu(lambda: sides.app(app_upsert, first))
        found["app upsert"] = cpu(lambda: sides.app(app_upsert, second))

    def raw(sides: Sides) -> None:
        with sides.raw() as connection:
            found["raw insert"] = cpu(lambda: raw_insert(connection, kept))
            found["raw add positions"] = cpu(lambda: raw_upsert(connection, first))
            found["raw upsert"] = cpu(lambda: raw_upsert(connection, second))

    def orm(sides: Sides) -> None:
        with sides.session() as session:
            found["orm insert"] = cpu(lambda: orm_add_bars(session, kept))
            session.expunge_all()
            found["orm add positions"] = cpu(lambda: orm_add_positions(session, first))
            session.expunge_all()
            found["orm upsert"] = cpu(lambda: orm_merge_positions(session, second))

    ways = [app, raw, *([orm] if with_orm else [])]
    random.shuffle(ways)
    for way in ways:
        sides = Sides()
        way(sides)
        sides.close()
    return found


def reading() -> dict[str, float]:
    """A million points into numpy."""
    sides = Sides()
    for start in range(0, POINTS, 100_000):
        points = [Point(at=NOW + timedelta(minutes=n), value=Decimal(n) / 100) for n in range(start, start + 100_000)]
        sides.app(series.add_equity, ACCOUNT, points)
    found = {"app read": median(cpu(lambda: sides.read(series.load_equity_arrays, ACCOUNT)) for _ in range(ROUNDS))}

    def orm_read() -> Any:
        with sides.session() as session:
            rows: Any = session.scalars(select(OrmPoint).execution_options(yield_per=10_000))
            return np.fromiter(
                (value for row in rows for value in (row.as_of.timestamp(), float(row.net_liquidation))), float
            )

    def cursor_read() -> Any:
        with sides.raw() as connection:
            rows = connection.execute("SELECT as_of, CAST(net_liquidation AS REAL) FROM equity_history ORDER BY as_of")
            return np.fromiter((value for row in rows for value in row), float)

    found["cursor read"] = median(cpu(cursor_read) for _ in range(3))
    found["orm read"] = cpu(orm_read)
    seconds, values = sides.read(series.load_equity_arrays, ACCOUNT)
    assert len(values) == POINTS and values[-1] == (POINTS - 1) / 100 and seconds[0] == NOW.timestamp()
    sides.close()
    return found


def main() -> int:
    rounds = [one_round(with_orm=number < ORM_ROUNDS) for number in range(ROUNDS)]
    times = {name: median(r[name] for r in rounds if name in r) for name in rounds[0]} | reading()
    for name, seconds in times.items():
        print(f"{name:18} {seconds * 1000:9.1f} ms CPU")
    goals = [
        ("upsert, 10,000 positions: app / raw executemany", times["app upsert"] / times["raw upsert"], "<=", 1.25),
        ("insert, 100,000 bars:     app / raw executemany", times["app insert"] / times["raw insert"], "<=", 1.25),
        ("upsert, 10,000 positions: ORM merge / app", times["orm upsert"] / times["app upsert"], ">=", 15.0),
        ("insert, 100,000 bars:     ORM add_all / app", times["orm insert"] / times["app insert"], ">=", 15.0),
        ("1,000,000 points to numpy: ORM / app", times["orm read"] / times["app read"], ">=", 100.0),
    ]
    missed = 0
    for name, ratio, sign, goal in goals:
        met = ratio <= goal if sign == "<=" else ratio >= goal
        missed += not met
        print(f"G2 {name:50} {ratio:8.2f}  goal {sign} {goal:6.2f}  {'met' if met else 'MISSED'}")
    # No goal: a row of 26 columns with eight amounts costs the bare driver itself an eighth of what the ORM takes.
    objects = times["orm add positions"]
    print(
        f"   first 10,000 positions: ORM add_all / app {objects / times['app add positions']:.2f}, "
        f"/ raw executemany {objects / times['raw add positions']:.2f}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
