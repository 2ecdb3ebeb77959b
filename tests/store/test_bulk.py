from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Column, Integer, MetaData, Table, create_engine, insert, select

from ibdesk.store import bulk
from ibdesk.store.columns import DayText, DecimalText, UtcInstant

Run = Callable[..., Any]

metadata = MetaData()
kept = Table(
    "kept",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("amount", DecimalText()),
    Column("at", UtcInstant()),
    Column("day", DayText()),
)
ENGINE = create_engine("sqlite://")
metadata.create_all(ENGINE)

amounts = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
instants = st.none() | st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
rows = st.lists(st.tuples(amounts, instants, st.none() | st.dates()), max_size=30)


@given(rows)
def test_it_stores_exactly_what_the_columns_themselves_would(values: list[tuple[Any, ...]]) -> None:
    numbered = [(number, *row) for number, row in enumerate(values)]
    with ENGINE.connect() as tx:
        bulk.upsert(tx, kept, numbered)
        found = [tuple(row) for row in tx.execute(select(kept).order_by(kept.c.key))]
    assert found == numbered
    assert [str(row[1]) for row in found] == [str(row[1]) for row in numbered]


def test_many_batches_arrive_whole() -> None:
    count = 2 * bulk.BATCH + 1
    with ENGINE.connect() as tx:
        bulk.insert(tx, kept, ((number, Decimal(number), None, None) for number in range(count)))
        assert len(tx.execute(select(kept.c.key)).all()) == count


def test_an_insert_leaves_what_is_there_and_an_upsert_replaces_it() -> None:
    first, second = (1, Decimal(1), None, None), (1, Decimal(2), None, date(2026, 1, 2))
    with ENGINE.connect() as tx:
        bulk.insert(tx, kept, [first])
        bulk.insert(tx, kept, [second])
        assert tuple(tx.execute(select(kept)).one()) == first
        bulk.upsert(tx, kept, [second])
        assert tuple(tx.execute(select(kept)).one()) == second


@pytest.mark.parametrize("bad", [1.5, 1, "1", Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN")])
@pytest.mark.parametrize("beside", [Decimal(1), None])
def test_what_is_no_finite_decimal_is_refused(bad: Any, beside: Decimal | None) -> None:
    with ENGINE.connect() as tx, pytest.raises((TypeError, ValueError)):
        bulk.insert(tx, kept, [(1, beside, None, None), (2, bad, None, None)])


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake this is about
    for beside in (naive, None, datetime(2026, 1, 1, tzinfo=UTC)):
        with ENGINE.connect() as tx, pytest.raises((TypeError, ValueError)):
            bulk.insert(tx, kept, [(1, None, beside, None), (2, None, naive, None)])


def test_one_instant_in_two_zones_is_one_instant() -> None:
    eastern = datetime(2026, 1, 1, 7, tzinfo=timezone(timedelta(hours=-5)))
    with ENGINE.connect() as tx:
        bulk.insert(tx, kept, [(1, None, eastern, None), (2, None, eastern.astimezone(UTC), None)])
        assert len(set(tx.execute(select(kept.c.at)).scalars())) == 1


def test_a_row_that_is_too_short_is_refused() -> None:
    with ENGINE.connect() as tx, pytest.raises(ValueError, match="shorter"):
        bulk.insert(tx, kept, [(1, None, None)])


def test_structured_columns_are_not_for_bulk() -> None:
    odd = Table("odd", MetaData(), Column("key", Integer, primary_key=True), Column("data", JSON))
    with ENGINE.connect() as tx, pytest.raises(TypeError):
        bulk.insert(tx, odd, [(1, {})])


def test_one_row_is_put_in_place_of_the_one_with_its_key() -> None:
    with ENGINE.connect() as tx:
        tx.execute(insert(kept).values(key=7, amount=Decimal(1), day=date(2026, 1, 1)))
        bulk.put(tx, kept, {"key": 7}, {"amount": Decimal("2.50")})
        assert tuple(tx.execute(select(kept)).one()) == (7, Decimal("2.50"), None, date(2026, 1, 1))
