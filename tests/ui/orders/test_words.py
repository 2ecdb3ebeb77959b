"""What orders are called, in every shape they come in."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.instruments import Right
from ibdesk.domain.orders import Leg, OrderState, OrderType, Side, Trail
from ibdesk.ui.orders import words
from tests.ui.orders.sample import (
    DEC,
    IS_ASKED,
    IS_FILLED,
    IS_LOST,
    JAN,
    NOW,
    NVDA,
    SELLS_SHARES,
    SPY,
    TODAY,
    leg,
    option,
    order,
)

B, S = Side.BUY, Side.SELL
C, P = Right.CALL, Right.PUT


@pytest.mark.parametrize(("legs", "said"), [
    ((leg(S, NVDA),), "Sell 10 × NVDA"),
    ((leg(B, option("AAPL", "240", C, JAN)),), "Buy 10 × AAPL Jan 15 240 C"),
    ((leg(S, option("SPY", "600", C)), leg(B, option("SPY", "610", C))), "Sell 10 × SPY Dec 18 600/610 C"),
    ((leg(B, option("SPY", "560", P)), leg(S, option("SPY", "570", P))), "Sell 10 × SPY Dec 18 570/560 P"),
    ((leg(B, option("SPY", "600", C)), leg(S, option("SPY", "610", C))), "Buy 10 × SPY Dec 18 600/610 C"),
    ((leg(S, option("SPY", "600", C)), leg(B, option("SPY", "600", C, JAN))), "Buy 10 × SPY Dec 18 / Jan 15 600 C"),
    ((leg(S, option("SPY", "600", C)), leg(B, option("SPY", "590", C, JAN))), "Buy 10 × SPY Dec 18 / Jan 15 600/590 C"),
    ((leg(B, option("SPY", "600", C)), leg(B, option("SPY", "600", P))), "Buy 10 × SPY Dec 18 straddle 600"),
    ((leg(S, option("SPY", "610", C)), leg(S, option("SPY", "590", P))), "Sell 10 × SPY Dec 18 strangle 590/610"),
    ((leg(B, option("SPY", "540", P)), leg(S, option("SPY", "550", P)), leg(S, option("SPY", "620", C)),
      leg(B, option("SPY", "630", C))), "Sell 10 × SPY Dec 18 iron condor 540/550/620/630"),
    ((leg(B, SPY, 100), leg(S, option("SPY", "610", C))), "Buy 10 × SPY Dec 18 covered call 610"),
    ((leg(S, option("SPY", "610", C), 2), leg(B, option("SPY", "600", C))),
     "10 × −2 SPY Dec 18 610 C, +1 SPY Dec 18 600 C"),
    ((), "10 × —"),
])  # fmt: skip
def test_an_order_is_called_as_a_trader_calls_it(legs: tuple[Leg, ...], said: str) -> None:
    assert words.describe(legs, Decimal(10), today=TODAY) == said


def test_a_far_year_is_told_and_so_is_every_year_where_nobody_says_what_day_it_is() -> None:
    far = (leg(B, option("SPY", "600", C, date(2028, 1, 21))),)
    assert words.describe(far, Decimal(1), today=TODAY) == "Buy 1 × SPY Jan 21 ’28 600 C"
    assert words.describe((leg(B, option("SPY", "600", C, DEC)),), Decimal(1)) == "Buy 1 × SPY Dec 18 ’26 600 C"


def test_every_state_has_words_a_tone_and_a_meaning() -> None:
    for state in OrderState:
        one = order(state=state)
        assert words.state_words(one) and words.state_meaning(one).endswith(".") and words.state_tone(one)
    assert words.state_words(SELLS_SHARES) == "Partially filled"
    assert words.state_words(replace(SELLS_SHARES, state=OrderState.CANCELLED)) == "Partly filled, cancelled"
    assert words.state_words(IS_ASKED) == "Awaiting reply"
    assert words.state_meaning(IS_LOST).endswith("never sent again. No answer came.")


def test_prices_say_what_is_paid_and_what_is_received() -> None:
    assert words.type_words(IS_ASKED) == "Limit 2.15 cr"
    assert words.price_words(Decimal("1.1"), is_combo=True) == "1.10 db"
    assert words.price_words(Decimal("0"), is_combo=True) == "0.00"
    assert words.type_words(SELLS_SHARES) == "Limit 142.70"
    stop = order(order_type=OrderType.STOP_LIMIT, stop=Decimal(590), limit=Decimal(591))
    assert words.type_words(stop) == "Stop limit 590.00 → 591.00"
    trail = order(order_type=OrderType.TRAILING, limit=None, trail=Trail(amount=Decimal(2), is_percent=True))
    assert words.type_words(trail) == "Trailing by 2.00 %"
    assert words.type_words(order(order_type=None)) == "—"
    assert words.tif_words(None) == "—" and words.tif_words(IS_FILLED.tif) == "good for the day"


def test_sizes_and_ages_fit_their_columns() -> None:
    assert words.filled_words(SELLS_SHARES) == "40 / 100"
    ages = [words.age_words(NOW - timedelta(seconds=each), NOW) for each in (-3, 8, 240, 7200, 200_000)]
    assert ages == ["0 s", "8 s", "4 m", "2 h", "2 d"]
