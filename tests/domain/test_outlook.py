"""What a model says before expiry: it meets the exact line at expiry, tells its assumptions and what it lacks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.outlook import LOG_NORMAL, Conditions, greeks, line_at, line_at_first_expiry, profit_probability
from ibdesk.domain.payoff import PricedLeg, line_at_expiry
from ibdesk.domain.pricing import Model
from tests.domain.contracts import FEB, JAN, XYZ, option

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
CLOSES = {JAN: datetime(2027, 1, 15, 21, 0, tzinfo=UTC), FEB: datetime(2027, 2, 19, 21, 0, tzinfo=UTC)}
FLAT = Conditions(spot=Decimal(100), rate=Decimal("0.04"))


def leg(name: str, quantity: int, premium: str, volatility: str | None = "0.25") -> PricedLeg:
    instrument = option(name)
    assert instrument.option is not None
    return PricedLeg(instrument=instrument, quantity=Decimal(quantity), premium=Decimal(premium),
                     expires_at=CLOSES[instrument.option.expiry],
                     volatility=None if volatility is None else Decimal(volatility))  # fmt: skip


CALENDAR = [leg("Jan 100C", -1, "3.80"), leg("Feb 100C", 1, "5.30")]


def test_a_calendar_is_modelled_at_its_first_expiry_and_says_so() -> None:
    line = line_at_first_expiry(CALENDAR, FLAT)
    assert line is not None
    assert line.is_modelled
    assert line.assumptions == (
        "XYZ Feb19'27 100 C is modelled at 25 % of volatility.",
        "Early exercise of American options is estimated, after Barone-Adesi and Whaley.",
        "Volatility, interest and dividends stay as they are now.",
    )


def test_a_calendar_gains_most_at_its_strike_and_loses_what_it_cost() -> None:
    line = line_at_first_expiry(CALENDAR, FLAT)
    assert line is not None
    assert line.max_gain.at == 100
    assert line.max_gain.amount is not None
    assert 100 < line.max_gain.amount < 250
    assert line.max_loss.amount is not None
    assert 140 < line.max_loss.amount <= 150, "B19: the debit of 150 is all there is to lose"
    low, high = line.break_evens
    assert 90 < low < 100 < high < 112


def test_a_put_calendar_loses_no_more_than_its_debit_because_its_puts_are_american() -> None:
    line = line_at_first_expiry([leg("Jan 100P", -1, "3.50"), leg("Feb 100P", 1, "5.00")], FLAT)
    assert line is not None
    assert line.max_loss.amount == 150


def test_a_spread_of_american_puts_bends_but_once_on_its_way_into_the_money() -> None:
    """Cut off at what is in the money, each put had a kink of its own there, and the spread a hump between them."""
    line = line_at([leg("Jan 100P", 1, "3.50", "0.2"), leg("Jan 95P", -1, "1.50", "0.2")], NOW, FLAT)
    assert line is not None
    prices = [Decimal(each) for each in range(80, 131)]
    falls = [line.at(low) - line.at(high) for low, high in pairwise(prices)]
    steepest = falls.index(max(falls))
    assert falls[:steepest + 1] == sorted(falls[:steepest + 1])
    assert falls[steepest:] == sorted(falls[steepest:], reverse=True)
    assert prices[steepest] > 95, "around its strikes"


def test_a_diagonal_that_is_short_the_nearer_money_can_lose_its_width() -> None:
    line = line_at_first_expiry([leg("Jan 100C", -1, "3.80"), leg("Feb 105C", 1, "3.00")], FLAT)
    assert line is not None
    assert not line.max_loss.is_unbounded
    assert line.max_loss.amount is not None
    assert 350 < line.max_loss.amount <= 420


def test_with_one_expiry_the_line_is_exact_and_needs_no_model() -> None:
    legs = [leg("Jan 100C", 1, "3.80", None), leg("Jan 105C", -1, "1.90", None)]
    assert line_at_first_expiry(legs, FLAT) == line_at_expiry(legs)


def test_what_is_not_told_gives_no_line_and_no_greeks() -> None:
    silent = [CALENDAR[0], leg("Feb 100C", 1, "5.30", None)]
    timeless = [CALENDAR[0], PricedLeg(instrument=option("Feb 100C"), quantity=Decimal(1), premium=Decimal(5),
                                       volatility=Decimal("0.2"))]  # fmt: skip
    for legs in (silent, timeless):
        assert line_at_first_expiry(legs, FLAT) is None
        assert line_at(legs, NOW, FLAT) is None
        assert greeks(legs, NOW, FLAT) is None


def test_at_the_instant_of_expiry_the_model_is_the_exact_line() -> None:
    legs = [leg("Jan 95P", -2, "1.60"), leg("Jan 105C", 1, "1.90")]
    line, exact = line_at(legs, CLOSES[JAN], FLAT), line_at_expiry(legs)
    assert line is not None
    assert not line.is_modelled
    assert all(exact.at(price) == profit for price, profit in line.knots)
    assert (line.max_loss, line.max_gain.is_unbounded) == (exact.max_loss, True)


def test_a_second_before_expiry_the_model_has_nearly_come_to_the_exact_line() -> None:
    legs = [leg("Jan 95P", -2, "1.60"), leg("Jan 105C", 1, "1.90")]
    line, exact = line_at(legs, CLOSES[JAN] - timedelta(seconds=1), FLAT), line_at_expiry(legs)
    assert line is not None
    assert line.is_modelled
    assert max(abs(exact.at(price) - profit) for price, profit in line.knots) < 2


def test_today_a_long_option_bought_at_its_model_price_has_earned_nothing() -> None:
    bought = leg("Jan 100C", 1, "0")
    line = line_at([bought], NOW, FLAT)
    assert line is not None
    worth = line.at(Decimal(100))
    assert 400 < worth < 500
    fair = PricedLeg(instrument=bought.instrument, quantity=Decimal(1), premium=worth / 100,
                     expires_at=bought.expires_at, volatility=bought.volatility)  # fmt: skip
    again = line_at([fair], NOW, FLAT)
    assert again is not None
    assert again.at(Decimal(100)) == 0
    assert len(again.break_evens) == 1


def test_after_an_expiry_the_line_says_that_the_past_price_is_supposed() -> None:
    line = line_at(CALENDAR, CLOSES[JAN] + timedelta(days=7), FLAT)
    assert line is not None
    assert line.assumptions[-1] == "Options that expired before are counted as if the price had been the same then."


def test_an_index_option_is_european_and_has_no_floor() -> None:
    put = Instrument(conid=Conid(9), symbol="SPX", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100),
                     option=OptionTerms(right=Right.PUT, strike=Decimal(6000), expiry=FEB))  # fmt: skip
    legs = [PricedLeg(instrument=put, quantity=Decimal(1), premium=Decimal(0), expires_at=CLOSES[FEB],
                      volatility=Decimal("0.15"))]  # fmt: skip
    line = line_at(legs, NOW, Conditions(spot=Decimal(6000), rate=Decimal("0.05")))
    assert line is not None
    assert line.at(Decimal(0)) < 600_000, "the strike is paid later, so it is worth less now"
    assert line.assumptions == (
        "SPX Feb19'27 6000 P is modelled at 15 % of volatility.",
        "Volatility, interest and dividends stay as they are now.",
    )


def test_the_chance_of_a_profit_is_named_an_estimate_with_its_assumptions() -> None:
    line = line_at_expiry([leg("Jan 100C", 1, "3.80")])
    years = (CLOSES[JAN] - NOW).total_seconds() / 31_536_000
    told = profit_probability(line, FLAT, Decimal("0.25"), years)
    assert told is not None
    assert told.method == LOG_NORMAL
    assert Decimal("0.30") < told.value < Decimal("0.36")
    assert told.assumptions[0] == "Prices end log-normally, with 25 % a year of volatility at every price."
    assert "early assignment" in told.assumptions[2]
    calendar = line_at_first_expiry(CALENDAR, FLAT)
    assert calendar is not None
    modelled = profit_probability(calendar, FLAT, Decimal("0.25"), years)
    assert modelled is not None
    assert modelled.assumptions[3:] == calendar.assumptions


def test_what_always_gains_has_chance_one_and_what_never_does_none() -> None:
    sure = line_at_expiry([leg("Jan 100C", -1, "6"), leg("Jan 105C", 1, "0.50")])
    never = line_at_expiry([leg("Jan 100C", 1, "6"), leg("Jan 105C", -1, "0.50")])
    for line, chance in ((sure, 1), (never, 0)):
        told = profit_probability(line, FLAT, Decimal("0.25"), 0.1)
        assert told is not None
        assert told.value == chance
    assert profit_probability(sure, FLAT, Decimal("-0.25"), 0.1) is None
    assert profit_probability(sure, Conditions(spot=Decimal(0), rate=Decimal(0)), Decimal("0.25"), 0.1) is None


@given(st.integers(80, 120), st.decimals(0, 20, places=2), st.sampled_from(Model), st.floats(0.01, 2))
def test_the_chances_of_both_sides_of_a_trade_add_up_to_one(
    strike: int, premium: Decimal, model: Model, years: float
) -> None:
    bought, sold = (line_at_expiry([leg(f"Jan {strike}C", quantity, str(premium + Decimal("0.01")))])
                    for quantity in (1, -1))  # fmt: skip
    one, other = (profit_probability(line, FLAT, Decimal("0.3"), years, model) for line in (bought, sold))
    assert one is not None
    assert other is not None
    assert one.value + other.value == 1


def test_shares_have_delta_one_and_a_future_option_is_priced_on_the_future() -> None:
    shares = PricedLeg(instrument=XYZ, quantity=Decimal(100), premium=Decimal(100))
    told = greeks([shares], NOW, FLAT)
    assert told is not None
    assert (told.delta, told.gamma, told.is_european_stand_in) == (100, 0, False)
    covered = greeks([shares, leg("Jan 100C", -1, "3.80")], NOW, FLAT)
    assert covered is not None
    assert 40 < covered.delta < 50
    assert covered.theta > 0 > covered.vega
    assert covered.is_european_stand_in
    terms = OptionTerms(right=Right.CALL, strike=Decimal(100), expiry=JAN)
    call = Instrument(conid=Conid(8), symbol="ES", asset_class=AssetClass.FUTURE_OPTION, currency=USD,
                      multiplier=Decimal(50), option=terms)  # fmt: skip
    on_future = greeks([PricedLeg(instrument=call, quantity=Decimal(1), premium=Decimal(1), expires_at=CLOSES[JAN],
                                  volatility=Decimal("0.25"))], NOW, FLAT)  # fmt: skip
    assert on_future is not None
    assert on_future.rho < 0, "a future pays nothing now, so interest only discounts"
    assert 25 < on_future.delta < 27


def test_a_price_that_makes_no_sense_is_no_condition_and_one_below_zero_has_no_greeks() -> None:
    with pytest.raises(ValueError, match="numbers"):
        Conditions(spot=Decimal("NaN"), rate=Decimal(0))
    sunk = Conditions(spot=Decimal(-37), rate=Decimal(0))
    assert greeks(CALENDAR, NOW, sunk) is None
    line = line_at(CALENDAR, NOW, sunk)
    assert line is not None
    assert line.knots[0][0] == 0
