"""The one place that writes many rows: hand-made SQL straight to the driver, with a whole column converted at a time.

SQLAlchemy's own bulk statements cost 2 to 3 times the driver's (reference figures in `benchmarks/`), because they walk
through every value of every row. Here a batch is turned on its side, each column is converted by the one function its
type needs, and the batch is turned back. A null in a column costs a look; a column of plain values costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Connection, Table
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.types import TypeEngine

from ibdesk.store.columns import EPOCH, MICROSECOND, DayText, DecimalText, UtcInstant, microseconds

#: Enough to make the per-batch cost vanish, small enough that a batch turned in one go, or looked at by the garbage
#: collector, does not hold up the window (goal G9).
BATCH = 500

Column = Sequence[Any]


def insert(tx: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, each with a value for every column of `table` in its order; a row that is there already stays."""
    _write(tx, table, rows, f"{_insert_into(table)} ON CONFLICT DO NOTHING")


def upsert(tx: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` or, where the primary key is there already, replace all the other columns."""
    _write(tx, table, rows, _upsert_statement(table))


def put(tx: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Insert one row, or change its `values` where `key` (a primary or unique key) is there already."""
    statement = sqlite_insert(table).values(**key, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def _write(tx: Connection, table: Table, rows: Iterable[Sequence[Any]], statement: str) -> None:
    binders = _binders(table)
    for batch in _batches(rows):
        tx.exec_driver_sql(statement, bound(binders, batch))


def bound(
    binders: Sequence[Callable[[Column], Column] | None], batch: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...]]:
    """The rows of a batch as the driver wants them."""
    columns = zip(*batch, strict=True)
    return list(zip(*(c if bind is None else bind(c) for bind, c in zip(binders, columns, strict=True)), strict=True))


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


@cache
def _binders(table: Table) -> tuple[Callable[[Column], Column] | None, ...]:
    return tuple(_binder(column.type) for column in table.columns)


def _binder(kind: TypeEngine[Any]) -> Callable[[Column], Column] | None:
    match kind:
        case DecimalText():
            return _decimals
        case UtcInstant():
            return _instants
        case DayText():
            return _days
        case JSON():
            raise TypeError("columns of JSON are for single rows; use `put`")
        case _:
            return None


def _decimals(column: Column) -> Column:
    """Amounts as text; TypeError for what is no Decimal, ValueError for what is not finite."""
    kinds = set(map(type, column))
    if kinds <= {type(None)}:
        return column
    if not kinds <= {Decimal, type(None)}:
        raise TypeError(f"amounts are Decimals, not {kinds}")
    texts: list[str | None] = list(map(str, column))
    if type(None) in kinds:
        texts = [None if value is None else text for value, text in zip(column, texts, strict=True)]
    written = "".join(filter(None, texts))
    if "a" in written or "n" in written:  # NaN, sNaN, Infinity; figures have no small letters
        raise ValueError("an amount that is not finite cannot be stored")
    return texts


def _instants(column: Column) -> Column:
    """Instants as microseconds. A batch often carries one and the same instant. TypeError for one without a zone."""
    first = column[0]
    if column[-1] is first and column.count(first) == len(column):
        return [None if first is None else microseconds(first)] * len(column)
    if type(None) in set(map(type, column)):
        return [None if value is None else microseconds(value) for value in column]
    return [(value - EPOCH) // MICROSECOND for value in column]


def _days(column: Column) -> Column:
    return [None if value is None else value.isoformat() for value in column]


@cache
def _insert_into(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names from our own tables


@cache
def _upsert_statement(table: Table) -> str:
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    conflict = ", ".join(f'"{name}"' for name in keys)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    return f"{_insert_into(table)} ON CONFLICT ({conflict}) DO UPDATE SET {changes}"
