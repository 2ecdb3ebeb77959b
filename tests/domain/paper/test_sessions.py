"""What a look finds at a venue: sessions, auctions a look may miss, and when a day order ends."""

from datetime import UTC, date, datetime, timedelta

from ibdesk.domain.matching import Phase
from ibdesk.domain.paper.sessions import day_ends, new_york_spans, phase_between, together, trade_ends
from tests.domain.paper.market import CALENDAR, CLOSE, FUTURE, NOON, SHARE, option

SPANS = new_york_spans(SHARE, NOON, CALENDAR)
OPENING = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_shares_trade_around_the_session_and_options_do_not() -> None:
    evening = CLOSE + timedelta(hours=1)
    assert phase_between(SPANS, NOON, evening) is Phase.EXTENDED
    assert phase_between(new_york_spans(option(100), NOON, CALENDAR), NOON, evening) is Phase.CLOSED
    assert phase_between(SPANS, NOON, CLOSE + timedelta(hours=5)) is Phase.CLOSED
    assert phase_between(SPANS, NOON - SECOND, NOON) is Phase.OPEN
    assert phase_between((), NOON, NOON) is Phase.CLOSED


def test_the_first_look_of_a_session_is_its_opening_unless_it_comes_late() -> None:
    assert phase_between(SPANS, OPENING - SECOND, OPENING + SECOND) is Phase.OPENING
    assert phase_between(SPANS, OPENING, OPENING + SECOND) is Phase.OPEN
    assert phase_between(SPANS, OPENING - SECOND, OPENING + timedelta(minutes=3)) is Phase.OPEN


def test_the_first_look_after_a_session_is_its_close_unless_it_comes_late() -> None:
    assert phase_between(SPANS, CLOSE - SECOND, CLOSE + SECOND) is Phase.CLOSING
    assert phase_between(SPANS, CLOSE, CLOSE + SECOND) is Phase.EXTENDED
    assert phase_between(SPANS, CLOSE - SECOND, CLOSE + timedelta(minutes=3)) is Phase.EXTENDED


def test_a_day_ends_with_its_session_or_with_the_hours_after_it() -> None:
    assert day_ends(SPANS, NOON, extended=False) == CLOSE
    assert day_ends(SPANS, NOON, extended=True) == CLOSE + timedelta(hours=4)
    assert day_ends(SPANS, CLOSE, extended=False) == CLOSE + timedelta(days=1)
    assert day_ends((), NOON, extended=False) is None


def test_a_holiday_has_no_session_and_a_half_day_a_short_one() -> None:
    eve = datetime(2026, 11, 25, 22, tzinfo=UTC)
    spans = new_york_spans(SHARE, eve, CALENDAR)
    assert day_ends(spans, eve, extended=False) == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_a_combination_trades_while_all_its_legs_do() -> None:
    assert together([Phase.OPEN, Phase.OPENING]) is Phase.OPEN
    assert together([Phase.OPEN, Phase.CLOSED]) is Phase.CLOSED
    assert together([Phase.CLOSING]) is Phase.CLOSING


def test_what_expires_trades_until_the_close_of_its_day() -> None:
    assert trade_ends(date(2026, 11, 18), CALENDAR) == CLOSE
    assert trade_ends(date(2026, 11, 27), CALENDAR) == datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert FUTURE.expiry is not None and trade_ends(FUTURE.expiry, CALENDAR).hour == 21
