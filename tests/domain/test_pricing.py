"""The models agree with QuantLib, an independent library, and keep the laws that no model may break."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.pricing import (
    Model,
    ModelFigures,
    Options,
    decimals,
    figures,
    floats,
    implied_volatility,
    price,
    probability_below,
    years_until,
)

MERTON, BLACK = Model.BLACK_SCHOLES_MERTON, Model.BLACK_76
NOW = datetime(2026, 11, 20, 14, 30, 15, tzinfo=UTC)

#: From a second to three years, in and out of the money, calm and wild, rates below zero too.
CASES = [
    (is_call, spot, strike, years, volatility, rate, dividends)
    for is_call in (True, False)
    for spot, strike in ((100.0, 100.0), (100.0, 80.0), (100.0, 130.0), (5950.0, 6000.0), (0.4, 0.5))
    for years in (30 / 31_536_000, 1 / 365, 0.25, 3.0)
    for volatility in (0.05, 0.3, 2.5)
    for rate, dividends in ((0.0, 0.0), (0.045, 0.013), (-0.01, 0.06))
]


def reference(case: tuple[bool, float, float, float, float, float, float], model: Model) -> dict[str, float]:
    """QuantLib's figures in our units."""
    is_call, spot, strike, years, volatility, rate, dividends = case
    growth = rate if model is BLACK else dividends
    payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if is_call else QuantLib.Option.Put, strike)
    discount = math.exp(-rate * years)
    forward, deviation = spot * math.exp((rate - growth) * years), volatility * math.sqrt(years)
    told = QuantLib.BlackCalculator(payoff, forward, deviation, discount)
    return {
        "price": told.value(), "delta": told.delta(spot), "gamma": told.gamma(spot),
        "theta": told.theta(spot, years) / 365, "vega": told.vega(years) / 100,
        "rho": (-years * told.value() if model is BLACK else told.rho(years)) / 100,
    }  # fmt: skip


def of(case: tuple[bool, float, float, float, float, float, float], model: Model) -> Options:
    is_call, spot, strike, years, _, rate, dividends = case
    return Options(is_call=is_call, underlying=spot, strike=strike, years=years, rate=rate,
                   dividend_yield=dividends, model=model)  # fmt: skip


@pytest.mark.parametrize("model", Model)
def test_every_figure_agrees_with_quantlib(model: Model) -> None:
    columns = np.array(CASES, dtype=float).T
    is_call, spot, strike, years, volatility, rate, dividends = columns
    ours = figures(
        Options(is_call=is_call, underlying=spot, strike=strike, years=years, rate=rate, dividend_yield=dividends,
                model=model),
        volatility, is_european_stand_in=False,
    )  # fmt: skip
    theirs = [reference(case, model) for case in CASES]
    for name in ("price", "delta", "gamma", "theta", "vega", "rho"):
        expected = np.array([each[name] for each in theirs])
        scale = spot if name in ("price", "theta", "vega", "rho") else np.ones_like(spot)
        assert np.allclose(getattr(ours, name), expected, rtol=1e-9, atol=1e-12 * scale), name


def test_interest_sensitivity_on_a_future_agrees_with_quantlib_bumped() -> None:
    """Its calculator has no rho for Black-76: its price at two rates, the future's price as it is."""
    def value(rate: float) -> float:
        payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Put, 6000.0)
        return QuantLib.BlackCalculator(payoff, 5950.0, 0.2 * math.sqrt(0.5), math.exp(-rate * 0.5)).value()

    option = Options(is_call=False, underlying=5950.0, strike=6000.0, years=0.5, rate=0.04, model=BLACK)
    bumped = (value(0.0401) - value(0.0399)) / 0.0002 / 100
    assert figures(option, 0.2, is_european_stand_in=False).rho == pytest.approx(bumped, rel=1e-6)


def test_a_dated_process_of_quantlib_gives_the_same_price() -> None:
    """Another way through their library: an exercise on a calendar day and term structures instead of a formula."""
    today = QuantLib.Date(20, 11, 2026)
    QuantLib.Settings.instance().evaluationDate = today
    days = QuantLib.Actual365Fixed()
    process = QuantLib.BlackScholesMertonProcess(
        QuantLib.QuoteHandle(QuantLib.SimpleQuote(672.5)),
        QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, 0.012, days)),
        QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, 0.041, days)),
        QuantLib.BlackVolTermStructureHandle(QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), 0.17, days)),
    )
    theirs = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(QuantLib.Option.Put, 660.0),
                                    QuantLib.EuropeanExercise(QuantLib.Date(18, 12, 2026)))  # fmt: skip
    theirs.setPricingEngine(QuantLib.AnalyticEuropeanEngine(process))
    option = Options(is_call=False, underlying=672.5, strike=660.0, years=28 / 365, rate=0.041, dividend_yield=0.012)
    ours = figures(option, 0.17, is_european_stand_in=True)
    assert ours.price == pytest.approx(theirs.NPV(), rel=1e-12)
    assert ours.delta == pytest.approx(theirs.delta(), rel=1e-12)
    assert ours.theta == pytest.approx(theirs.thetaPerDay(), rel=1e-12)


def test_published_figures_of_two_textbooks() -> None:
    """Hull, Options, Futures and Other Derivatives (S 42, K 40; the Greeks' S 49, K 50); Haug, Black-76 (F 19)."""
    hull = Options(is_call=[True, False], underlying=42, strike=40, years=0.5, rate=0.10)
    assert price(hull, 0.20).round(2).tolist() == [4.76, 0.81]
    haug = Options(is_call=[True, False], underlying=19, strike=19, years=0.75, rate=0.10, model=BLACK)
    assert price(haug, 0.28).round(4).tolist() == [1.7011, 1.7011]
    greeks = figures(Options(is_call=True, underlying=49, strike=50, years=0.3846, rate=0.05), 0.2,
                     is_european_stand_in=False)  # fmt: skip
    told = (greeks.delta, greeks.gamma * 1000, greeks.theta * 365, greeks.vega * 100, greeks.rho * 100)
    assert [round(float(each), 3) for each in told] == [0.522, 65.545, -4.305, 12.105, 8.907]


@pytest.mark.parametrize("model", Model)
def test_implied_volatility_agrees_with_quantlib(model: Model) -> None:
    for case in CASES:
        told = reference(case, model)
        spot, volatility = case[1], case[4]
        if told["vega"] < 1e-7 * spot:
            continue  # the price does not tell it
        assert implied_volatility(of(case, model), told["price"]) == pytest.approx(volatility, rel=1e-6), case


# --- edges --------------------------------------------------------------------------------------------------------


def test_at_zero_time_only_what_is_in_the_money_is_left() -> None:
    options = Options(is_call=[True, True, True, False], underlying=[110, 90, 100, 90], strike=100, years=0, rate=0.05)
    told = figures(options, 0.3, is_european_stand_in=False)
    assert told.price.tolist() == [10, 0, 0, 10]
    assert told.delta.tolist() == [1, 0, 0.5, -1]
    for flat in (told.gamma, told.theta, told.vega, told.rho):
        assert flat.tolist() == [0, 0, 0, 0]
    assert np.isnan(implied_volatility(options, [10.0, 0.0, 0.0, 10.0])).all(), "no time, no volatility"


def test_at_zero_volatility_the_price_is_the_discounted_forward_intrinsic() -> None:
    options = Options(is_call=[True, False], underlying=100, strike=100, years=1.0, rate=0.05)
    told = figures(options, 0.0, is_european_stand_in=False)
    assert told.price.tolist() == pytest.approx([100 - 100 * math.exp(-0.05), 0.0])
    assert (told.vega.tolist(), told.gamma.tolist()) == ([0, 0], [0, 0])
    assert implied_volatility(options, told.price).tolist() == [0, 0]


def test_a_price_outside_the_bounds_has_no_volatility() -> None:
    call = Options(is_call=True, underlying=100.0, strike=90.0, years=0.5, rate=0.0)
    found = implied_volatility(call, [9.99, -1.0, 100.0, 101.0, math.inf, math.nan])
    assert np.isnan(found).all()
    assert implied_volatility(call, 99.9) > 5
    put = Options(is_call=False, underlying=100.0, strike=90.0, years=0.5, rate=0.0)
    assert np.isnan(implied_volatility(put, [-0.01, 90.0, 120.0])).all()


def test_what_makes_no_sense_is_unknown_and_not_a_number_that_looks_right() -> None:
    options = Options(is_call=True, underlying=[math.nan, -1, 0, 100, 100, 100, 100], rate=0.05,
                      strike=[100, 100, 100, 0, 100, 100, 100], years=[1, 1, 1, 1, -1, 1, math.inf])  # fmt: skip
    told = figures(options, [0.2, 0.2, 0.2, 0.2, 0.2, -0.2, 0.2], is_european_stand_in=False)
    for name in ("price", "delta", "gamma", "theta", "vega", "rho"):
        assert np.isnan(getattr(told, name)).all(), name
    assert np.isnan(implied_volatility(options, 5.0)).tolist() == [True] * 5 + [False, True], "a sane one among them"


def test_one_option_many_volatilities_and_many_prices_broadcast() -> None:
    call = Options(is_call=True, underlying=100.0, strike=100.0, years=1.0, rate=0.03)
    prices = price(call, [0.1, 0.2, 0.3])
    assert implied_volatility(call, prices).tolist() == pytest.approx([0.1, 0.2, 0.3])


def test_a_stand_in_is_called_european() -> None:
    call = Options(is_call=True, underlying=100.0, strike=100.0, years=1.0, rate=0.03)
    assert figures(call, 0.2, is_european_stand_in=True).named == "model, European"
    assert figures(call, 0.2, is_european_stand_in=False).named == "model"
    assert isinstance(figures(call, 0.2, is_european_stand_in=True), ModelFigures)


def test_time_is_counted_to_the_second_and_never_below_zero() -> None:
    assert years_until(NOW + timedelta(seconds=1), NOW) == pytest.approx(1 / 31_536_000)
    assert years_until(NOW + timedelta(days=365), NOW) == 1.0
    assert years_until(NOW - timedelta(days=1), NOW) == 0.0
    with pytest.raises(ValueError, match="aware"):
        years_until(NOW.replace(tzinfo=None), NOW)


def test_money_enters_and_leaves_by_two_doors_and_unknown_stays_unknown() -> None:
    assert floats([Decimal("1.25"), None])[0] == 1.25
    assert math.isnan(floats([None])[0])
    assert decimals(np.array([1.23456, math.nan, math.inf, -0.5]), 2) == (
        Decimal("1.23"), None, None, Decimal("-0.50"))  # fmt: skip


def test_the_chance_to_end_below_a_strike_is_one_half_at_the_median() -> None:
    median = 100 * math.exp((0.03 - 0.01 - 0.2**2 / 2) * 0.5)
    at = Options(is_call=True, underlying=100.0, strike=[1e-6, median, 1e6], years=0.5, rate=0.03, dividend_yield=0.01)
    assert probability_below(at, 0.2).tolist() == pytest.approx([0, 0.5, 1])
    digital = QuantLib.BlackCalculator(QuantLib.PlainVanillaPayoff(QuantLib.Option.Call, 95.0),
                                       100 * math.exp(0.02 * 0.5), 0.2 * math.sqrt(0.5), 1.0)  # fmt: skip
    below = Options(is_call=True, underlying=100.0, strike=95.0, years=0.5, rate=0.03, dividend_yield=0.01)
    assert probability_below(below, 0.2) == pytest.approx(1 - digital.itmCashProbability())


# --- laws ---------------------------------------------------------------------------------------------------------

SPOTS = st.floats(1, 10_000)
RATIOS = st.floats(0.3, 3)
YEARS = st.floats(1 / 31_536_000, 5)
VOLATILITIES = st.floats(0.01, 4)
RATES = st.floats(-0.02, 0.15)
YIELDS = st.floats(0, 0.1)
MODELS = st.sampled_from(Model)


@given(SPOTS, RATIOS, YEARS, VOLATILITIES, RATES, YIELDS, MODELS)
def test_a_call_less_a_put_is_the_discounted_forward_less_the_strike(
    spot: float, ratio: float, years: float, volatility: float, rate: float, dividends: float, model: Model
) -> None:
    strike = spot * ratio
    both = Options(is_call=[True, False], underlying=spot, strike=strike, years=years, rate=rate,
                   dividend_yield=dividends, model=model)  # fmt: skip
    call, put = price(both, volatility)
    growth = rate if model is BLACK else dividends
    parity = spot * math.exp(-growth * years) - strike * math.exp(-rate * years)
    assert call - put == pytest.approx(parity, abs=1e-12 * (spot + strike))


@given(SPOTS, st.lists(RATIOS, min_size=2, max_size=8), YEARS, VOLATILITIES, RATES, YIELDS)
def test_a_call_is_worth_less_the_higher_its_strike_and_a_put_more(
    spot: float, ratios: list[float], years: float, volatility: float, rate: float, dividends: float
) -> None:
    strikes = np.sort(np.array(ratios)) * spot
    slack = 1e-12 * spot
    calls, puts = price(
        Options(is_call=[[True], [False]], underlying=spot, strike=strikes, years=years, rate=rate,
                dividend_yield=dividends), volatility,
    )  # fmt: skip
    assert (np.diff(calls) <= slack).all()
    assert (np.diff(puts) >= -slack).all()
    discount = math.exp(-rate * years)
    assert (-np.diff(calls) <= discount * np.diff(strikes) + slack).all(), "a spread is worth its width at most"


@given(SPOTS, RATIOS, YEARS, VOLATILITIES, RATES, YIELDS, MODELS, st.booleans())
def test_the_volatility_of_a_price_is_the_one_it_was_made_with(
    spot: float, ratio: float, years: float, volatility: float, rate: float, dividends: float, model: Model,
    is_call: bool,
) -> None:  # fmt: skip
    option = Options(is_call=is_call, underlying=spot, strike=spot * ratio, years=years, rate=rate,
                     dividend_yield=dividends, model=model)  # fmt: skip
    told = figures(option, volatility, is_european_stand_in=False)
    found = float(implied_volatility(option, told.price))
    assert price(option, found) == pytest.approx(float(told.price), abs=1e-10 * spot), "it always gives the price back"
    if told.vega > 1e-6 * spot:
        assert found == pytest.approx(volatility, rel=1e-6)
