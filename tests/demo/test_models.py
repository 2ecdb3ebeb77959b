"""Option prices obey what holds for every option."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.demo.models import black, greeks

FORWARDS = st.floats(50, 200)
YEARS = st.floats(0.02, 2.0)
VOLATILITIES = st.floats(0.08, 0.8)


@given(forward=FORWARDS, strike=FORWARDS, years=YEARS, volatility=VOLATILITIES)
def test_a_call_less_a_put_is_the_discounted_forward_less_the_strike(
    forward: float, strike: float, years: float, volatility: float
) -> None:
    call = black("C", forward, strike, years, volatility, 0.04)
    put = black("P", forward, strike, years, volatility, 0.04)
    assert call - put == pytest.approx(math.exp(-0.04 * years) * (forward - strike), abs=1e-8)


@given(forward=FORWARDS, strike=FORWARDS, years=YEARS, volatility=VOLATILITIES)
def test_greeks_are_the_slopes_of_the_price(forward: float, strike: float, years: float, volatility: float) -> None:
    delta, gamma, _, vega = greeks("C", forward, strike, years, volatility, 0.04)
    bump = 1e-4 * forward

    def price(at: float, sigma: float = volatility) -> float:
        return black("C", at, strike, years, sigma, 0.04)

    assert delta == pytest.approx((price(forward + bump) - price(forward - bump)) / (2 * bump), abs=1e-5)
    assert vega == pytest.approx(
        (price(forward, volatility + 1e-4) - price(forward, volatility - 1e-4)) / 0.02, abs=1e-4
    )
    assert gamma >= 0.0


def test_an_expired_option_is_worth_what_exercising_brings() -> None:
    assert black("C", 110.0, 100.0, 0.0, 0.2, 0.04) == 10.0
    assert black("P", 110.0, 100.0, 0.0, 0.2, 0.04) == 0.0
