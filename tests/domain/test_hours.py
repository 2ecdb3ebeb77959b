"""Market hours, with the exchange's holidays as the library knows them."""

from datetime import UTC, date, datetime

import holidays
import pytest

from ibdesk.domain.hours import Calendar, half_days, is_open, last_close, market_state, midnight

YEARS = range(2025, 2029)
CLOSED = dict(holidays.financial_holidays("NYSE", years=YEARS).items())
CALENDAR = Calendar(closed=CLOSED, early=half_days(CLOSED, YEARS))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_closed_days_of_2026_and_2027_are_the_exchanges() -> None:
    # reference/compliance.md 8.3
    weekdays = {day for day in CLOSED if day.year in (2026, 2027) and day.weekday() < 5}
    assert weekdays == {
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 4, 3), date(2026, 5, 25),
        date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7), date(2026, 11, 26), date(2026, 12, 25),
        date(2027, 1, 1), date(2027, 1, 18), date(2027, 2, 15), date(2027, 3, 26), date(2027, 5, 31),
        date(2027, 6, 18), date(2027, 7, 5), date(2027, 9, 6), date(2027, 11, 25), date(2027, 12, 24),
    }  # fmt: skip


def test_the_half_days_of_2026_and_2027_are_the_exchanges() -> None:
    early = {day for day in CALENDAR.early if day.year in (2026, 2027)}
    assert early == {date(2026, 11, 27), date(2026, 12, 24), date(2027, 11, 26)}


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-11-20T14:29:59", False),  # 09:29:59 in New York, standard time
        ("2026-11-20T14:30:00", True),
        ("2026-11-20T20:59:59", True),
        ("2026-11-20T21:00:00", False),
        ("2026-07-01T13:30:00", True),  # summer time
        ("2026-11-27T17:59:59", True),  # half day until 13:00
        ("2026-11-27T18:00:00", False),
        ("2026-11-26T16:00:00", False),  # Thanksgiving
        ("2026-11-21T16:00:00", False),  # a Saturday
    ],
)
def test_the_market_is_open_in_regular_hours_of_trading_days(instant: str, expected: bool) -> None:
    assert is_open(CALENDAR, at(instant)) is expected
    assert market_state(CALENDAR, at(instant)).is_open is expected


def test_an_open_market_says_when_it_closes_and_that_it_closes_early() -> None:
    state = market_state(CALENDAR, at("2026-11-27T15:00"))
    assert (state.changes_at, state.reason) == (at("2026-11-27T18:00"), "early close")


def test_a_closed_market_says_when_it_opens_across_weekends_and_holidays() -> None:
    assert market_state(CALENDAR, at("2026-11-20T22:00")).changes_at == at("2026-11-23T14:30")
    thanksgiving = market_state(CALENDAR, at("2026-11-26T16:00"))
    assert thanksgiving.changes_at == at("2026-11-27T14:30")
    assert "Thanksgiving" in thanksgiving.reason


def test_the_last_close_is_the_latest_session_that_is_over() -> None:
    assert last_close(CALENDAR, at("2026-11-23T15:00")) == at("2026-11-20T21:00")
    assert last_close(CALENDAR, at("2026-11-28T15:00")) == at("2026-11-27T18:00")
    assert last_close(CALENDAR, at("2026-11-20T21:00")) == at("2026-11-20T21:00")


def test_the_day_begins_at_midnight_in_new_york() -> None:
    assert midnight(at("2026-11-20T04:59")) == at("2026-11-19T05:00")
    assert midnight(at("2026-11-20T05:00")) == at("2026-11-20T05:00")
