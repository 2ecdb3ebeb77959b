"""American prices agree with QuantLib's own quadratic approximation, and their line has no kink."""

import math

import numpy as np
import pytest
import QuantLib

from ibdesk.domain.early_exercise import american_price
from ibdesk.domain.pricing import Model, Options, price

SPOTS = np.linspace(50.0, 160.0, 221)


def options(*, is_call: bool, days: int = 56, rate: float = 0.04, dividends: float = 0.0,
            model: Model = Model.BLACK_SCHOLES_MERTON) -> Options:  # fmt: skip
    return Options(is_call=is_call, underlying=SPOTS, strike=100.0, years=days / 365, rate=rate,
                   dividend_yield=dividends, model=model)  # fmt: skip


def reference(spot: float, *, is_call: bool, days: int, rate: float, dividends: float, volatility: float) -> float:
    today = QuantLib.Date(20, 11, 2026)
    QuantLib.Settings.instance().evaluationDate = today
    count, calendar = QuantLib.Actual365Fixed(), QuantLib.NullCalendar()
    flat = [QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, each, count)) for each in (dividends, rate)]
    surface = QuantLib.BlackVolTermStructureHandle(QuantLib.BlackConstantVol(today, calendar, volatility, count))
    quote = QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot))
    process = QuantLib.BlackScholesMertonProcess(quote, *flat, surface)
    payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if is_call else QuantLib.Option.Put, 100.0)
    option = QuantLib.VanillaOption(payoff, QuantLib.AmericanExercise(today, today + days))
    option.setPricingEngine(QuantLib.BaroneAdesiWhaleyApproximationEngine(process))
    return float(option.NPV())


@pytest.mark.parametrize("volatility", [0.1, 0.3, 0.9])
@pytest.mark.parametrize(("is_call", "days", "rate", "dividends"), [
    (False, 7, 0.04, 0.0), (False, 56, 0.04, 0.0), (False, 730, 0.08, 0.02), (True, 56, 0.04, 0.06),
    (True, 400, 0.03, 0.03),
])  # fmt: skip
def test_it_agrees_with_quantlib(
    is_call: bool, days: int, rate: float, dividends: float, volatility: float
) -> None:
    found = american_price(options(is_call=is_call, days=days, rate=rate, dividends=dividends), volatility)
    for spot, told in list(zip(SPOTS.tolist(), found.tolist(), strict=True))[::20]:
        named = reference(spot, is_call=is_call, days=days, rate=rate, dividends=dividends, volatility=volatility)
        assert told == pytest.approx(named, abs=1e-3), spot


@pytest.mark.parametrize(("is_call", "model"), [
    (False, Model.BLACK_SCHOLES_MERTON), (False, Model.BLACK_76), (True, Model.BLACK_76)])  # fmt: skip
def test_the_value_bends_gently_into_what_is_in_the_money(is_call: bool, model: Model) -> None:
    one = options(is_call=is_call, model=model)
    found = american_price(one, 0.25)
    inside = np.maximum((SPOTS - 100) if is_call else (100 - SPOTS), 0)
    assert (found >= inside - 1e-9).all() and (found >= price(one, 0.25) - 1e-9).all()
    bends = np.diff(found, 2)
    assert bends.min() > -1e-9, "convex"
    assert bends.max() < 0.012, "the most a European option's gamma bends it in half a dollar"


def test_where_early_exercise_never_pays_it_is_the_european_price() -> None:
    call = options(is_call=True)
    assert american_price(call, 0.25).tolist() == price(call, 0.25).tolist()
    put = options(is_call=False, rate=0.0)
    assert american_price(put, 0.25) == pytest.approx(price(put, 0.25))


@pytest.mark.parametrize("change", [{"days": 0}, {"volatility": 0.0}])
def test_without_time_or_volatility_only_what_is_in_the_money_is_left(change: dict[str, float]) -> None:
    put = options(is_call=False, days=int(change.get("days", 56)))
    assert american_price(put, change.get("volatility", 0.25)) == pytest.approx(np.maximum(100 - SPOTS, 0))


def test_what_is_not_known_stays_unknown() -> None:
    put = options(is_call=False)
    assert np.isnan(american_price(put, math.nan)[SPOTS < 200]).all()
