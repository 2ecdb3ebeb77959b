"""What a model says of a position before it expires: profit on any day, its Greeks, and the chance of a profit.

Everything here is an estimate and carries its assumptions. Calendars and diagonals are looked at when their first
option expires: the others still live then and are modelled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from ibdesk.domain.early_exercise import american_price
from ibdesk.domain.instruments import AssetClass, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_european
from ibdesk.domain.payoff import Line, PricedLeg, in_the_money, intrinsics, line_at_expiry, line_of
from ibdesk.domain.pricing import Model, Options, decimals, figures, floats, price, probability_below, years_until

_POINTS = 240  # of a modelled line: closer than a chart's pixels where it bends, and still milliseconds to make
_REACH = 3  # a modelled line is made up to this many times the highest strike or price
_SMALLEST = Decimal("0.000001")  # stands for a price of zero, of which the models know no logarithm
_PLACES = 6  # of a modelled price, far below any tick

LOG_NORMAL = "log-normal, risk-neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The market a model is told: the underlying's price now, continuous interest and dividend yield (0.04 is 4 %)."""

    spot: Decimal
    rate: Decimal
    dividend_yield: Decimal = ZERO

    def __post_init__(self) -> None:
        if not all(each.is_finite() for each in (self.spot, self.rate, self.dividend_yield)):
            raise ValueError("conditions are numbers; where one is not known there is no model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probability:
    """An estimate, never a forecast: `method` names it and `assumptions` go wherever `value` (0 to 1) is shown."""

    value: Decimal
    method: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeks:
    """A position's model figures: `delta` and `gamma` in units of the underlying, the others in money.

    `theta` for one calendar day, `vega` for one point of volatility, `rho` for one point of interest.
    """

    delta: Decimal
    gamma: Decimal
    theta: Decimal
    vega: Decimal
    rho: Decimal
    is_european_stand_in: bool


def line_at_first_expiry(legs: Sequence[PricedLeg], conditions: Conditions) -> Line | None:
    """The exact line when all options expire together; else modelled at the instant the first of them expires.

    None when a leg that has to be modelled tells no volatility, or any no expiry instant.
    """
    expiries = {leg.instrument.option.expiry for leg in legs if leg.instrument.option is not None}
    if len(expiries) <= 1:
        return line_at_expiry(legs)
    instants = [leg.expires_at for leg in legs if leg.instrument.option is not None]
    known = [instant for instant in instants if instant is not None]
    return line_at(legs, min(known), conditions) if len(known) == len(instants) else None


def line_at(legs: Sequence[PricedLeg], at: datetime, conditions: Conditions) -> Line | None:
    """The line at any instant: living options modelled, those that have expired by then at what is in the money.

    None when a living option tells no volatility, or any option no expiry instant.
    """
    options = [leg for leg in legs if leg.instrument.option is not None]
    if any(leg.expires_at is None for leg in options):
        return None
    living = [leg for leg in options if leg.expires_at is not None and leg.expires_at > at]
    if any(leg.volatility is None for leg in living):
        return None
    line = line_of(
        legs, _grid(legs, conditions.spot),
        lambda leg, prices: (_modelled(leg, prices, at, conditions) if leg in living
                             else intrinsics(leg, prices)),
    )  # fmt: skip
    return replace(line, assumptions=_assumptions(legs, living, at))


def profit_probability(
    line: Line, conditions: Conditions, volatility: Decimal, years: float, model: Model = Model.BLACK_SCHOLES_MERTON
) -> Probability | None:
    """How much of the risk-neutral distribution in `years` lies where the line has a profit; None when unknown."""
    edges = [edge for stretch in line.gains for edge in stretch if edge]
    options = Options(
        is_call=True, underlying=float(conditions.spot), strike=floats([*edges, conditions.spot]), years=years,
        rate=float(conditions.rate), dividend_yield=float(conditions.dividend_yield), model=model,
    )  # fmt: skip
    below = decimals(probability_below(options, float(volatility)), _PLACES)
    if None in below:
        return None
    chance: dict[Decimal | None, Decimal] = {None: Decimal(1), ZERO: ZERO}
    chance |= {edge: part for edge, part in zip(edges, below, strict=False) if part is not None}
    value = sum((chance[high] - chance[low] for low, high in line.gains), ZERO)
    return Probability(
        value=value, method=LOG_NORMAL,
        assumptions=(
            f"Prices end log-normally, with {_percent(volatility)} a year of volatility at every price.",
            f"They drift with {_percent(conditions.rate)} of interest less dividends, not with anyone's expectation.",
            "The position is held to that day; commissions and early assignment are left out.",
            *line.assumptions,
        ),
    )  # fmt: skip


def greeks(legs: Iterable[PricedLeg], at: datetime, conditions: Conditions) -> Greeks | None:
    """The position's Greeks at the spot price; None when an option tells no volatility or no expiry instant."""
    sums = dict.fromkeys(("delta", "gamma", "theta", "vega", "rho"), ZERO)
    is_stand_in = False
    for leg in legs:
        if leg.instrument.option is None:
            sums["delta"] += leg.weight
            continue
        options = _options(leg, [conditions.spot], at, conditions)
        if options is None or leg.volatility is None:
            return None
        told = figures(options, float(leg.volatility), is_european_stand_in=not is_european(leg.instrument))
        is_stand_in |= told.is_european_stand_in
        for name in sums:
            (figure,) = decimals(getattr(told, name), 10)
            if figure is None:
                return None
            sums[name] += leg.weight * figure
    return Greeks(**sums, is_european_stand_in=is_stand_in)


def _grid(legs: Sequence[PricedLeg], spot: Decimal) -> list[Decimal]:
    """Prices to model: evenly from zero to far above, closer around the money, and every strike."""
    marks = {leg.instrument.option.strike for leg in legs if leg.instrument.option is not None}
    marks |= {spot} if spot > 0 else set()  # a future has been below zero; no model goes there
    marks = marks or {Decimal(1)}
    top = _REACH * max(marks)
    low, high = min(marks) * Decimal("0.7"), max(marks) * Decimal("1.3")
    half = _POINTS // 2
    wide = decimals(np.linspace(0.0, float(top), half), 4)
    close = decimals(np.linspace(float(low), float(high), half), 4)
    return sorted({ZERO, *marks, *(each for each in (*wide, *close) if each is not None)})


def _options(leg: PricedLeg, prices: list[Decimal], at: datetime, conditions: Conditions) -> Options | None:
    terms = leg.instrument.option
    if terms is None or leg.expires_at is None:
        return None
    is_on_future = leg.instrument.asset_class is AssetClass.FUTURE_OPTION
    return Options(
        is_call=terms.right is Right.CALL, underlying=floats(each or _SMALLEST for each in prices),
        strike=float(terms.strike), years=years_until(leg.expires_at, at), rate=float(conditions.rate),
        dividend_yield=float(conditions.dividend_yield),
        model=Model.BLACK_76 if is_on_future else Model.BLACK_SCHOLES_MERTON,
    )  # fmt: skip


def _modelled(leg: PricedLeg, prices: list[Decimal], at: datetime, conditions: Conditions) -> list[Decimal]:
    """The model's value at each price; an American option is worth what is in the money at least."""
    options = _options(leg, prices, at, conditions)
    if options is None or leg.volatility is None or leg.instrument.option is None:
        raise TypeError(f"{leg.instrument.label} cannot be modelled")
    terms, model = leg.instrument.option, price if is_european(leg.instrument) else american_price
    values = [each if each is not None else ZERO for each in decimals(model(options, float(leg.volatility)), _PLACES)]
    if model is price:
        return values
    return [max(value, in_the_money(terms, each)) for value, each in zip(values, prices, strict=True)]


def _assumptions(legs: Sequence[PricedLeg], living: list[PricedLeg], at: datetime) -> tuple[str, ...]:
    found = [f"{leg.instrument.label} is modelled at {_percent(leg.volatility)} of volatility."
             for leg in living if leg.volatility is not None]  # fmt: skip
    if any(not is_european(leg.instrument) for leg in living):
        found.append("Early exercise of American options is estimated, after Barone-Adesi and Whaley.")
    if living:
        found.append("Volatility, interest and dividends stay as they are now.")
    if any(leg.expires_at is not None and leg.expires_at < at for leg in legs):
        found.append("Options that expired before are counted as if the price had been the same then.")
    return tuple(found)


def _percent(part: Decimal) -> str:
    shown = (part * 100).quantize(Decimal("0.01")).normalize()
    return f"{shown:f} %".replace("-", "\N{MINUS SIGN}")
