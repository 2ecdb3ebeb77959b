from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select

from ibdesk.store.columns import DayText, DecimalText, UtcInstant

table = Table("t", MetaData(), Column("amount", DecimalText()), Column("at", UtcInstant()), Column("day", DayText()))
ENGINE = create_engine("sqlite://")
table.create(ENGINE)


def through(**values: object) -> object:
    with ENGINE.connect() as tx:
        tx.execute(insert(table).values(**values))
        (name,) = values
        return tx.execute(select(table.c[name])).scalar()


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_amounts_come_back_digit_for_digit(amount: Decimal) -> None:
    back = through(amount=amount)
    assert isinstance(back, Decimal)
    assert back.as_tuple() == amount.as_tuple()


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), Decimal("-sNaN"), 1.5, 3, "7"])
def test_what_is_no_amount_is_refused(bad: object) -> None:
    with pytest.raises(Exception, match="no amount"):
        through(amount=bad)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=9.5))])))
def test_instants_come_back_to_the_microsecond_in_utc(at: datetime) -> None:
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        return
    back = through(at=at)
    assert back == utc
    assert isinstance(back, datetime)
    assert back.tzinfo is UTC


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(Exception, match="time zone"):
        through(at=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake this is about


@given(st.dates())
def test_days_come_back(day: date) -> None:
    assert through(day=day) == day


def test_unknown_stays_unknown() -> None:
    assert through(amount=None) is None
    assert through(at=None) is None
    assert through(day=None) is None
