from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.exercise import Delivery
from ibdesk.domain.expiries import Window, endings, schedule_of
from ibdesk.domain.modes import Mode
from ibdesk.ui.expiry import words
from tests.ui.expiry.sample import (
    CALENDAR,
    COVERED,
    FUTURE,
    INDEX,
    LONG_CALL,
    LONG_PUT,
    SHORT_PUT,
    board,
)
from tests.ui.sample_desk import NOW


def test_an_end_is_told_by_the_clock_today_and_by_the_day_later() -> None:
    assert words.ends_words(LONG_CALL, NOW) == "Today · 3 h 11 m"
    assert words.ends_words(LONG_CALL, NOW + timedelta(hours=3)) == "Today · 11:53"
    assert words.ends_words(LONG_CALL, NOW + timedelta(hours=4)) == "Ended"
    assert words.ends_words(LONG_CALL, NOW - timedelta(days=1)) == "Tomorrow"
    assert words.ends_words(COVERED, NOW) == "Fri Nov 27 · 7 d"
    assert words.ends_words(FUTURE, NOW + timedelta(days=28)) == "Today"


def test_index_options_tell_at_which_end_of_the_day_they_settle() -> None:
    assert words.contract_words(INDEX, NOW) == "SPXW Nov 20 5900 C PM"
    morning = replace(INDEX.instrument, trading_class="SPX")
    made = replace(INDEX, instrument=morning, schedule=schedule_of(morning, CALENDAR))
    assert words.contract_words(made, NOW) == "SPX Nov 20 5900 C AM"
    assert words.settles_words(made) == "In cash, at opening prices of the expiry day (AM)"
    assert words.cut_off_words(made, NOW) == "Settled by the clearing house; nobody is asked"


@pytest.mark.parametrize(
    ("row", "said"),
    [(LONG_CALL, "ITM 6.18"), (LONG_PUT, "OTM 2.70"), (SHORT_PUT, "ATM 0.40"), (replace(LONG_PUT, spot=None), "—")],
)
def test_moneyness_is_a_word_and_an_amount(row: object, said: str) -> None:
    assert words.money_words(row) == said  # type: ignore[arg-type]


def test_what_happens_at_this_price_is_said_from_the_holders_side() -> None:
    assert words.effect_words(LONG_CALL) == "+1,500 AAPL · −$345,000.00"
    assert words.effect_words(COVERED) == "−200 MSFT · +$90,000.00"
    assert words.effect_words(LONG_PUT) == "Expires worthless"
    assert words.effect_words(replace(INDEX, spot=Decimal("5910.50"))) == "+$1,050.00"
    assert words.effect_words(replace(FUTURE, spot=Decimal(5700))) == "1 short ES future"
    assert words.effect_words(replace(LONG_PUT, spot=None)) == "—"
    adjusted = replace(LONG_CALL, instrument=replace(LONG_CALL.instrument, trading_class="AAPL1"))
    assert words.effect_words(adjusted) == "As adjusted"
    assert words.delivery_words("SPY", "USD", Delivery(Decimal(0), Decimal(0))) == "Nothing moves"


def test_both_ways_it_may_end_are_said() -> None:
    assert [words.ending_words(SHORT_PUT, each) for each in endings(SHORT_PUT)] == [
        ("SPY at 587.99 or lower", "Assigned: +1,000 SPY · −$588,000.00"),
        ("SPY at 588.00 or higher", "Expires worthless"),
    ]
    assert [then for _, then in (words.ending_words(INDEX, each) for each in endings(INDEX))] == [
        "Expires worthless", "Pays the difference × 100"]
    assert words.ending_words(FUTURE, endings(FUTURE)[0])[1] == "Delivers a future"


def test_what_is_needed_and_what_is_there_stand_side_by_side() -> None:
    assert words.need_words(LONG_CALL) == "$345,000.00 in cash; $86,412.37 is there"
    assert words.need_words(COVERED) == "200 MSFT; 250 are held"
    assert words.need_words(INDEX) == ""


def test_what_exercise_gives_up_is_said_only_where_somebody_chooses() -> None:
    assert words.given_up_words(LONG_CALL) == "Nothing: the bid pays no more"
    assert words.given_up_words(replace(LONG_CALL, bid=Decimal("6.28"))) == "$150.00 against selling at the bid"
    assert words.given_up_words(SHORT_PUT) == ""


def test_the_cut_off_names_this_desks_time_and_the_brokers() -> None:
    assert words.cut_off_words(LONG_CALL, NOW) == "in 4 h 11 m, 17:00 New York (broker\u00a017:25)"
    assert words.cut_off_words(LONG_CALL, NOW + timedelta(hours=5)) == "Past 17:00 New York: call the broker"
    assert words.cut_off_words(COVERED, NOW) == "Fri Nov 27, 17:00 New York"
    assert words.cut_off_words(FUTURE, NOW) == "Not known here: ask the broker"


def test_an_empty_window_names_what_ends_next() -> None:
    later = board(COVERED).lines
    assert words.empty_words(Window.WEEK, later, NOW) == (
        "Nothing expires this week", "The next to end is MSFT Nov 27 450 C, Fri Nov 27 · 7 d.")
    assert words.empty_words(Window.TODAY, (), NOW)[0] == "Nothing ends today"


def test_a_short_that_has_its_shares_is_called_covered() -> None:
    (line,) = board(replace(COVERED, dividend=None)).lines
    assert words.attention_words(line) == "Covered" and words.attention_tone(line) == "muted"
    (line,) = board(COVERED).lines
    assert words.attention_words(line) == "Dividend" and words.attention_tone(line) == "warn"


def test_a_mode_that_takes_no_instructions_says_where_they_are_given() -> None:
    assert "Exercise/Lapse Options" in words.where_words(Mode.IBKR_LIVE) and "17:25" in words.where_words(Mode.DEMO)
    assert "Local Paper" in words.where_words(Mode.DEMO) and "Local Paper" not in words.where_words(Mode.IBKR_LIVE)
    assert words.final_words(Mode.IBKR_LIVE)[0] != words.final_words(Mode.LOCAL_PAPER)[0]
