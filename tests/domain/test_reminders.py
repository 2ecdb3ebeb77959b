from datetime import UTC, date, datetime, time, timedelta

import pytest

from ibdesk.domain.hours import Calendar
from ibdesk.domain.reminders import is_due, occasions, times_of

FRIDAY = date(2026, 11, 27)  # the day after Thanksgiving closes at 13:00
CALENDAR = Calendar(closed={date(2026, 11, 26): "Thanksgiving"}, early=frozenset({FRIDAY}))
NOON = datetime(2026, 11, 25, 17, tzinfo=UTC)


def test_times_are_read_in_any_order_and_once_each() -> None:
    assert times_of("15:30, 10:00,,10:00") == (time(10), time(15, 30))
    assert times_of("") == ()


@pytest.mark.parametrize("text", ["noon", "25:00", "10:00; 11:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|hour"):
        times_of(text)


def test_a_day_is_told_after_its_close_and_at_the_chosen_times_in_new_york() -> None:
    found = occasions(date(2026, 11, 25), CALENDAR, after_close=True, times=(time(10),))
    assert found == (datetime(2026, 11, 25, 15, tzinfo=UTC), datetime(2026, 11, 25, 21, 10, tzinfo=UTC))
    assert occasions(FRIDAY, CALENDAR, after_close=True, times=()) == (datetime(2026, 11, 27, 18, 10, tzinfo=UTC),)
    assert occasions(date(2026, 11, 26), CALENDAR, after_close=True, times=(time(10),)) == ()
    assert occasions(FRIDAY, CALENDAR, after_close=False, times=()) == ()


def test_what_has_come_is_told_once_however_late() -> None:
    today = (NOON - timedelta(hours=2), NOON, NOON + timedelta(hours=2))
    assert is_due(NOON, None, today)
    assert is_due(NOON, NOON - timedelta(hours=1), today)
    assert not is_due(NOON, NOON, today)
    assert not is_due(NOON - timedelta(hours=3), None, today)
