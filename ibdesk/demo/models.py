"""How an option's price follows from its underlying: Black's formula and its derivatives."""

import math

#: Below this many years (about five minutes) an option is worth what exercising it brings.
EXPIRED = 1e-5


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def _d1(forward: float, strike: float, years: float, volatility: float) -> float:
    return math.log(forward / strike) / (volatility * math.sqrt(years)) + 0.5 * volatility * math.sqrt(years)


def black(right: str, forward: float, strike: float, years: float, volatility: float, rate: float) -> float:
    """Value per unit of a European option on a forward price; `volatility` and `rate` per year, as fractions."""
    sign = 1.0 if right == "C" else -1.0
    if years < EXPIRED:
        return max(0.0, sign * (forward - strike))
    d1 = _d1(forward, strike, years, volatility)
    d2 = d1 - volatility * math.sqrt(years)
    value = sign * (forward * _normal(sign * d1) - strike * _normal(sign * d2))
    return max(0.0, math.exp(-rate * years) * value)


def greeks(
    right: str, forward: float, strike: float, years: float, volatility: float, rate: float
) -> tuple[float, float, float, float]:
    """Delta, gamma, theta per calendar day, vega per percentage point of volatility."""
    sign = 1.0 if right == "C" else -1.0
    if years < EXPIRED:
        return (sign if sign * (forward - strike) > 0 else 0.0), 0.0, 0.0, 0.0
    d1 = _d1(forward, strike, years, volatility)
    discount = math.exp(-rate * years)
    delta = sign * discount * _normal(sign * d1)
    gamma = discount * _density(d1) / (forward * volatility * math.sqrt(years))
    vega = discount * forward * _density(d1) * math.sqrt(years) / 100.0
    decay = -discount * forward * _density(d1) * volatility / (2.0 * math.sqrt(years))
    carry = rate * black(right, forward, strike, years, volatility, rate)
    return delta, gamma, (decay + carry) / 365.0, vega
