"""What the right to exercise early adds to an option: the quadratic approximation of Barone-Adesi and Whaley (1987).

Above its critical price (a call's; below a put's) an American option is worth what is in the money, and the value meets
that line without a kink. A European value cut off at what is in the money has one there, and a spread shows a hump.
"""

import math
from dataclasses import dataclass

import numpy as np

from ibdesk.domain.pricing import Array, Model, Options, price

_DOUBLINGS = 20  # a call exercised only at a million strikes is never exercised
_HALVINGS = 60  # the bracket is a few strikes wide: after these it is closer than any price is written


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """One option: `growth` is what its underlying's price is discounted with, dividends or a future's interest."""

    sign: int  # 1 call, -1 put
    strike: float
    years: float
    rate: float
    growth: float
    volatility: float

    @property
    def power(self) -> float:
        """The exponent of the premium as a function of price: above 1 for a call, below 0 for a put."""
        variance = self.volatility**2
        carry = 2 * (self.rate - self.growth) / variance - 1
        pull = 8 * self.rate / (variance * -math.expm1(-self.rate * self.years))
        return (-carry + self.sign * math.sqrt(carry**2 + pull)) / 2

    def premium(self, spot: float) -> float:
        """What the premium is at `spot` where it leaves the line of exercise there without a kink."""
        return self.sign * spot * (1 - self.carried(spot)) / self.power

    def carried(self, spot: float) -> float:
        """The size of the European delta."""
        return math.exp(-self.growth * self.years) * _below(self.sign * self._first(spot))

    def european(self, spot: float) -> float:
        second = self._first(spot) - self.volatility * math.sqrt(self.years)
        paid = self.strike * math.exp(-self.rate * self.years) * _below(self.sign * second)
        return self.sign * (spot * self.carried(spot) - paid)

    def _first(self, spot: float) -> float:
        deviation = self.volatility * math.sqrt(self.years)
        drift = (self.rate - self.growth) * self.years
        return (math.log(spot / self.strike) + drift) / deviation + deviation / 2


def american_price(options: Options, volatility: float) -> Array:
    """The price of one American option at each price of its underlying; all but the underlying are single numbers.

    Where early exercise never pays, and at zero time or volatility, it is the European price, or what is in the money
    if that is more.
    """
    spot = np.asarray(options.underlying, dtype=np.float64)
    years, strike, rate = (float(np.asarray(each)) for each in (options.years, options.strike, options.rate))
    sign = 1 if options.is_call else -1
    growth = rate if options.model is Model.BLACK_76 else float(np.asarray(options.dividend_yield))
    european = price(options, volatility)
    exercised = np.maximum(sign * (spot - strike), 0.0)
    if not (years > 0 and volatility > 0 and rate > 0 and (sign < 0 or growth > 0)):
        return np.maximum(european, exercised)
    one = _Option(sign=sign, strike=strike, years=years, rate=rate, growth=growth, volatility=volatility)
    critical = _critical(one)
    is_kept = sign * (spot - critical) < 0
    with np.errstate(over="ignore", under="ignore"):
        premium = one.premium(critical) * (np.where(is_kept, spot, critical) / critical) ** one.power
    return np.asarray(np.where(is_kept, european + premium, exercised))


def _critical(option: _Option) -> float:
    """The price from which on it is exercised at once."""
    low, high = (option.strike, 2 * option.strike) if option.sign > 0 else (0.0, option.strike)
    for _ in range(_DOUBLINGS if option.sign > 0 else 0):
        if _pays(option, high):
            break
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _pays(option, middle) == (option.sign > 0):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _pays(option: _Option, spot: float) -> bool:
    return option.sign * (spot - option.strike) >= option.european(spot) + option.premium(spot)


def _below(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
