"""A day is read in whatever way people write it, and one that can be read in two ways is refused with both."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.expiry_texts import DAY, day_in

DECEMBER_18 = date(2026, 12, 18)


@pytest.mark.parametrize("text", [
    "12/18/26", "18/12/26", "12/18/2026", "18.12.2026", "18-12-26", "2026-12-18", "2026/12/18", "20261218",
    "18DEC26", "18 DEC 2026", "18-DEC-26", "DEC 18 26", "DEC18 2026", "DECEMBER 18 2026", "DEC 18'26", "18 DECEMBER 26",
])
def test_every_way_to_write_a_day_is_the_same_day(text: str) -> None:
    assert re.fullmatch(DAY, text) is not None
    assert day_in(text) == DECEMBER_18


@pytest.mark.parametrize(("text", "readings"), [
    ("12/11/26", ("11 December 2026", "12 November 2026")),
    ("1/2/2027", ("2 January 2027", "1 February 2027")),
    ("12.11.26", ("11 December 2026", "12 November 2026")),
    ("27/01/28", ("27 January 2028", "28 January 2027")),
    ("26/12/18", ("26 December 2018", "18 December 2026")),
    ("28-01-27", ("28 January 2027", "27 January 2028")),
])
def test_a_day_that_can_be_read_in_two_ways_is_refused_with_both(text: str, readings: tuple[str, str]) -> None:
    with pytest.raises(Refused, match=" or ".join(readings)) as refusal:
        day_in(text)
    assert refusal.value.cause is Cause.BAD_CONTRACT
    assert all(f"for {each}" in refusal.value.remedy for each in readings)


def test_the_remedy_writes_each_reading_without_doubt() -> None:
    with pytest.raises(Refused) as refusal:
        day_in("12/11/26")
    assert refusal.value.remedy == "Write 261211 for 11 December 2026 or 261112 for 12 November 2026."


def test_two_readings_that_are_one_day_are_no_doubt() -> None:
    assert day_in("11/11/26") == date(2026, 11, 11)


@pytest.mark.parametrize("text", ["13/32/26", "30/02/26", "20260230", "31NOV26", "2026-13-01", "1/2/3"])
def test_a_day_in_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="no day"):
        day_in(text)


@pytest.mark.parametrize(("text", "says"), [
    ("DEC26", "the month December 2026 or the day 26 December"), ("DEC 2026", "a month and no day"),
])
def test_a_month_without_a_day_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        day_in(text)


DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@given(DAYS)
def test_no_reading_is_ever_chosen_where_another_is_possible(day: date) -> None:
    """The American and the other order of one day: either the day itself, or a refusal."""
    for text in (f"{day:%m/%d/%y}", f"{day:%d/%m/%y}", f"{day:%m/%d/%Y}", f"{day:%d.%m.%Y}"):
        try:
            assert day_in(text) == day
        except Refused as refusal:
            assert f"{day:%y%m%d}" in refusal.remedy


@given(DAYS)
def test_a_year_of_four_digits_in_front_is_never_in_doubt(day: date) -> None:
    assert day_in(day.isoformat()) == day
    assert day_in(f"{day:%Y%m%d}") == day
    assert day_in(f"{day:%d%b%y}".upper()) + timedelta() == day
