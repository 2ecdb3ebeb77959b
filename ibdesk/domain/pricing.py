"""What an option is worth to a model: Black-Scholes-Merton on shares and indices, Black-76 on futures, vectorised.

This is the one file of the domain that counts in floats; money enters by `floats` and leaves by `decimals`. Unknown is
nan going in and coming out. Both models are European: where one stands in for an American option, the figures say so.
Figures are for warnings and pictures, never for margin (reference/compliance.md section 9).

At zero time or zero volatility every figure is its limit: the price is what is in the money, delta is a step (half of
it exactly at the forward), gamma and vega are zero.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

DAYS_PER_YEAR = 365.0
_SECONDS_PER_YEAR = DAYS_PER_YEAR * 86_400
_POINT = 0.01  # vega and rho are told for one point of volatility and of interest

_erfc = np.frompyfunc(math.erfc, 1, 1)  # numpy has none, and a library for this alone is not worth its size

_ROUNDS = 100
_WIDEST = 40.0  # standard deviations; from here on the normal distribution is 0 or 1 to the last bit
_CLOSE = 1e-15
_ROUNDING = 4 * float(np.finfo(np.float64).eps)  # what a price loses when its part in the money is taken off


class Model(StrEnum):
    """What drives the underlying: its spot price with a dividend yield, or a future's price."""

    BLACK_SCHOLES_MERTON = "Black-Scholes-Merton"
    BLACK_76 = "Black-76"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """One option or many. Each field is a number or an array, and they broadcast.

    `underlying` is the price of the share, of the index or of the future; `years` of 365 days to expiry (see
    `years_until`); `rate` and `dividend_yield` are continuous, 0.05 is five percent; Black-76 takes no dividend yield.
    """

    is_call: ArrayLike
    underlying: ArrayLike
    strike: ArrayLike
    years: ArrayLike
    rate: ArrayLike
    dividend_yield: ArrayLike = 0.0
    model: Model = Model.BLACK_SCHOLES_MERTON


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFigures:
    """What the model says of each option, per unit of the underlying. A screen names it `named`.

    `delta` and `gamma` for one unit of price, `theta` for one calendar day, `vega` for one point of volatility (0.01),
    `rho` for one point of interest (0.01).
    """

    price: Array
    delta: Array
    gamma: Array
    theta: Array
    vega: Array
    rho: Array
    model: Model
    is_european_stand_in: bool

    @property
    def named(self) -> str:
        return "model, European" if self.is_european_stand_in else "model"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Black:
    """Options as Black sees them: a forward, a discount, and the growth of the price itself until expiry."""

    sign: Array  # 1 call, -1 put
    spot: Array
    strike: Array
    years: Array
    rate: Array
    growth: Array  # the continuous rate the price is discounted with: dividends, or interest for a future
    forward: Array
    discount: Array

    @property
    def floor(self) -> Array:
        """The least the price can be: what is in the money at the forward, discounted."""
        return np.asarray(self.discount * np.maximum(self.sign * (self.forward - self.strike), 0.0))


def floats(values: Iterable[Decimal | None]) -> Array:
    """Money into the model; unknown becomes nan."""
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def decimals(values: Array, places: int) -> tuple[Decimal | None, ...]:
    """The model's figures as money, to `places` half even; what is not finite is unknown."""
    return tuple(
        Decimal(f"{value:.{places}f}") if math.isfinite(value) else None for value in np.atleast_1d(values).tolist()
    )


def years_until(expires_at: datetime, now: datetime) -> float:
    """Years of 365 days from one aware instant to the other, to the second; zero when it is past."""
    if expires_at.tzinfo is None or now.tzinfo is None:
        raise ValueError("instants of the model are aware")
    return max(0.0, (expires_at - now).total_seconds() / _SECONDS_PER_YEAR)


def price(options: Options, volatility: ArrayLike) -> Array:
    """The price per unit of the underlying at this yearly volatility (0.2 is 20 %)."""
    black = _black(options)
    deviation = _deviation(black, volatility)
    return np.asarray(black.floor + black.discount * _time_value(black.forward, black.strike, deviation))


def figures(options: Options, volatility: ArrayLike, *, is_european_stand_in: bool) -> ModelFigures:
    """Price and Greeks; the flag is the caller's, who knows whether these options are American."""
    black = _black(options)
    deviation = _deviation(black, volatility)
    first, second = _d(black.forward, black.strike, deviation)
    carry = np.exp(-black.growth * black.years)
    chance, reach = _below(black.sign * first), _below(black.sign * second)
    density = np.where(deviation == 0, 0.0, np.exp(-0.5 * first**2) / math.sqrt(2 * math.pi))
    spread = np.where(deviation == 0, 1.0, deviation)
    value = black.floor + black.discount * _time_value(black.forward, black.strike, deviation)
    gamma = carry * density / (black.spot * spread)
    vega = black.spot * carry * density * np.sqrt(black.years)
    decay = -0.5 * gamma * black.spot**2 * (deviation**2 / np.where(black.years > 0, black.years, 1.0))
    drift = black.sign * (black.growth * black.spot * carry * chance
                          - black.rate * black.strike * black.discount * reach)  # fmt: skip
    theta = np.where(black.years > 0, decay + drift, np.where(np.isnan(value), math.nan, 0.0))
    rho = (-black.years * value if options.model is Model.BLACK_76
           else black.sign * black.strike * black.years * black.discount * reach)  # fmt: skip
    return ModelFigures(
        price=value, delta=black.sign * carry * chance, gamma=gamma, theta=theta / DAYS_PER_YEAR, vega=vega * _POINT,
        rho=rho * _POINT, model=options.model, is_european_stand_in=is_european_stand_in,
    )  # fmt: skip


def implied_volatility(options: Options, price: ArrayLike) -> Array:
    """The yearly volatility that gives this price; nan outside the bounds that arbitrage sets and at zero time.

    At the lower bound itself it is zero. Newton's steps from the point of inflection, halving where a step would leave
    the bracket, so it ends for every price inside the bounds.
    """
    black = _black(options)
    told, least, forward, strike, years = np.broadcast_arrays(
        np.asarray(price, dtype=np.float64), black.floor, black.forward, black.strike, black.years)  # fmt: skip
    with np.errstate(invalid="ignore"):
        unit = black.discount * np.sqrt(forward * strike)
        excess = (told - least) / unit
        rounding = np.where(least > 0, _ROUNDING * (told + strike * black.discount) / unit, 0.0)
        apart = -np.abs(np.log(forward / strike))
        is_possible = (excess >= -rounding) & (excess < np.exp(apart / 2)) & (years > 0)
        is_solvable = is_possible & (excess > rounding)
    found = np.where(is_possible, 0.0, math.nan)
    if is_solvable.any():
        found[is_solvable] = _solved(apart[is_solvable], excess[is_solvable])
    return np.asarray(found / np.sqrt(np.where(years > 0, years, 1.0)))


def probability_below(options: Options, volatility: ArrayLike) -> Array:
    """The log-normal, risk-neutral probability that the underlying ends below each strike."""
    black = _black(options)
    _, second = _d(black.forward, black.strike, _deviation(black, volatility))
    return _below(-second)


def _black(options: Options) -> _Black:
    """Check and prepare; where a number makes no sense the whole option is nan."""
    names = [each.name for each in fields(options) if each.name != "model"]
    arrays = np.broadcast_arrays(*(np.asarray(getattr(options, name), dtype=np.float64) for name in names))
    is_call, spot, strike, years, rate, dividend = arrays
    growth = rate if options.model is Model.BLACK_76 else dividend
    sane = (spot > 0) & (strike > 0) & (years >= 0) & np.all(np.isfinite((spot, strike, years, rate, growth)), axis=0)
    spot, strike, years = (np.where(sane, each, math.nan) for each in (spot, strike, years))
    return _Black(
        sign=np.where(is_call != 0, 1.0, -1.0), spot=spot, strike=strike, years=years,
        rate=rate, growth=growth, forward=spot * np.exp((rate - growth) * years), discount=np.exp(-rate * years),
    )  # fmt: skip


def _deviation(black: _Black, volatility: ArrayLike) -> Array:
    """The standard deviation of the logarithm at expiry; nan for a volatility below zero."""
    given = np.asarray(volatility, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(given >= 0, given, math.nan) * np.sqrt(black.years))


def _d(forward: Array, strike: Array, deviation: Array) -> tuple[Array, Array]:
    apart = np.log(forward / strike)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(apart == 0, 0.0, apart / deviation)  # at the forward it is nought, whatever the deviation
    ratio = np.where(np.isnan(deviation), math.nan, ratio)
    return np.asarray(ratio + deviation / 2), np.asarray(ratio - deviation / 2)


def _time_value(forward: Array, strike: Array, deviation: Array) -> Array:
    """The undiscounted price of whichever option is out of the money: the same for call and put, and never negative."""
    out = np.where(forward <= strike, 1.0, -1.0)
    first, second = _d(forward, strike, deviation)
    value = out * (forward * _below(out * first) - strike * _below(out * second))
    return np.asarray(np.where(deviation == 0, 0.0, np.maximum(value, 0.0)))


def _below(x: Array) -> Array:
    """The standard normal distribution, exact far into its tails."""
    return np.asarray(0.5 * _erfc(-x / math.sqrt(2.0)), dtype=np.float64)


def _solved(apart: Array, target: Array) -> Array:
    """The deviation at which the price in units of discount x sqrt(forward x strike) is `target`; `apart` <= 0."""
    half = np.exp(apart / 2)
    low, high = np.zeros_like(target), np.full_like(target, _WIDEST)
    guess = np.where(apart == 0, target * math.sqrt(2 * math.pi), np.sqrt(-2 * apart))
    guess = np.clip(guess, 1e-8, _WIDEST / 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        for _ in range(_ROUNDS):
            first = apart / guess + guess / 2
            value = half * _below(first) - _below(first - guess) / half
            slope = half * np.exp(-0.5 * first**2) / math.sqrt(2 * math.pi)
            low, high = np.where(value < target, guess, low), np.where(value >= target, guess, high)
            # Far below the target a step in the logarithm lands much nearer than one in the price.
            step = np.where(value < target, value - target, value * np.log(value / target)) / slope
            better = guess - step
            better = np.where((better > low) & (better < high), better, (low + high) / 2)
            moved = np.abs(better - guess)
            guess = better
            if np.all(moved <= _CLOSE * guess):
                break
    return np.asarray(guess)
