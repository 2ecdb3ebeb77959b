"""Venues open and close in their own time, and not on holidays."""

from datetime import UTC, date, datetime

import pytest

from ibdesk.demo.hours import is_open, is_trading_day, session, session_day


@pytest.mark.parametrize(
    ("venue", "now", "expected"),
    [
        ("XNYS", datetime(2026, 11, 18, 14, 29, tzinfo=UTC), False),
        ("XNYS", datetime(2026, 11, 18, 14, 30, tzinfo=UTC), True),
        ("XNYS", datetime(2026, 11, 18, 21, 0, tzinfo=UTC), False),
        ("XNYS", datetime(2026, 11, 26, 17, 0, tzinfo=UTC), False),
        ("XETR", datetime(2026, 11, 18, 16, 29, tzinfo=UTC), True),
        ("XETR", datetime(2026, 11, 18, 16, 30, tzinfo=UTC), False),
        ("GLBX", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), True),  # Sunday evening in New York
        ("CRYPTO", datetime(2026, 11, 21, 3, 0, tzinfo=UTC), True),
        ("FX", datetime(2026, 11, 21, 12, 0, tzinfo=UTC), False),
    ],
)
def test_a_venue_is_open_in_its_own_hours(venue: str, now: datetime, expected: bool) -> None:
    assert is_open(venue, now) is expected


def test_the_session_of_a_weekend_is_fridays() -> None:
    assert session_day("XNYS", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == date(2026, 11, 20)


def test_the_day_after_thanksgiving_closes_early() -> None:
    assert is_trading_day("XNYS", date(2026, 11, 27))
    assert session("XNYS", date(2026, 11, 27))[1] == datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
