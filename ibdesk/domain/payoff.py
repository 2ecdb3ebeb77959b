"""What a position of shares, futures and options of one underlying earns at each price when its options expire.

A `Line` is profit over price, straight between its knots, for prices from zero up: exact, in Decimal. `outlook` makes
lines of other days with a model; those tell their assumptions. Amounts are in the currency of the legs, for all
contracts together, before commissions.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.instruments import Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLeg:
    """One leg with its signed `quantity` and the `premium` paid or received for one unit of price (for shares and
    futures the price they were bought or sold at).

    `expires_at` (aware UTC) and `volatility` (0.2 is 20 %) are needed only where the leg is modelled.
    """

    instrument: Instrument
    quantity: Decimal
    premium: Decimal
    expires_at: datetime | None = None
    volatility: Decimal | None = None

    @property
    def weight(self) -> Decimal:
        """What one unit of price is worth for all of it."""
        return self.quantity * self.instrument.multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """The most that can be gained or lost, zero or more, and a price where it happens; both None when unbounded."""

    amount: Decimal | None
    at: Decimal | None

    @property
    def is_unbounded(self) -> bool:
        return self.amount is None


_UNBOUNDED = Extreme(amount=None, at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Profit over price. `knots` are (price, profit) upwards from a price of zero; after the last, `slope` per unit.

    `assumptions` is empty when the line is exact.
    """

    knots: tuple[tuple[Decimal, Decimal], ...]
    slope: Decimal
    assumptions: tuple[str, ...] = ()

    @property
    def is_modelled(self) -> bool:
        return bool(self.assumptions)

    def at(self, price: Decimal) -> Decimal:
        """The profit at this price, zero or more."""
        place = bisect_right(self.knots, price, key=lambda knot: knot[0])
        start, profit = self.knots[place - 1]
        if place == len(self.knots):
            return profit + self.slope * (price - start)
        end, next_profit = self.knots[place]
        return profit + (next_profit - profit) * (price - start) / (end - start)

    @property
    def max_gain(self) -> Extreme:
        return self._extreme(1)

    @property
    def max_loss(self) -> Extreme:
        return self._extreme(-1)

    def _extreme(self, sign: int) -> Extreme:
        if self.slope * sign > 0:
            return _UNBOUNDED
        where, most = max(self.knots, key=lambda knot: sign * knot[1])
        return Extreme(amount=max(ZERO, sign * most), at=where)

    @property
    def break_evens(self) -> tuple[Decimal, ...]:
        """The prices where profit and loss part; a stretch of exactly nothing has its two ends here."""
        crossings = {low for low, _ in self.gains} | {high for _, high in self.gains if high is not None}
        crossings |= {low for low, _ in self.losses} | {high for _, high in self.losses if high is not None}
        return tuple(sorted(crossings - {ZERO}))

    @property
    def gains(self) -> tuple[tuple[Decimal, Decimal | None], ...]:
        """The stretches of price with a profit, each from and to; None is without end."""
        return self._stretches(1)

    @property
    def losses(self) -> tuple[tuple[Decimal, Decimal | None], ...]:
        return self._stretches(-1)

    def _stretches(self, sign: int) -> tuple[tuple[Decimal, Decimal | None], ...]:
        found: list[tuple[Decimal, Decimal | None]] = []
        begun = ZERO if self.knots[0][1] * sign > 0 else None
        for (start, profit), (end, next_profit) in zip(self.knots, self.knots[1:], strict=False):
            if profit * sign <= 0 < next_profit * sign:
                begun = start - profit * (end - start) / (next_profit - profit)
            elif begun is not None and profit * sign > 0 >= next_profit * sign:
                found.append((begun, start - profit * (end - start) / (next_profit - profit)))
                begun = None
        last, profit = self.knots[-1]
        if begun is None and self.slope * sign > 0:
            found.append((last - profit / self.slope, None))
        elif begun is not None:
            found.append((begun, last - profit / self.slope if self.slope * sign < 0 else None))
        return tuple(found)


def line_at_expiry(legs: Sequence[PricedLeg]) -> Line:
    """The exact line at the one expiry of all options. ValueError when they have several, and for no legs at all."""
    if len({leg.instrument.option.expiry for leg in legs if leg.instrument.option is not None}) > 1:
        raise ValueError("options of different expiries have no common last day")
    strikes = {leg.instrument.option.strike for leg in legs if leg.instrument.option is not None}
    return line_of(legs, sorted({ZERO, *strikes}), intrinsics)


def line_of(
    legs: Sequence[PricedLeg], prices: list[Decimal],
    value: Callable[[PricedLeg, list[Decimal]], Sequence[Decimal]],
) -> Line:  # fmt: skip
    """The legs' profits at these prices added up; `value` tells what one unit of price of a leg is worth at each."""
    if not legs:
        raise ValueError("a position has at least one leg")
    if len({leg.instrument.currency for leg in legs}) > 1:
        raise ValueError("legs in two currencies have no common profit")
    profits = [ZERO] * len(prices)
    for leg in legs:
        values, weight, premium = value(leg, prices), leg.weight, leg.premium
        profits = [profit + weight * (worth - premium) for profit, worth in zip(profits, values, strict=True)]
    rising = [leg.weight for leg in legs if leg.instrument.option is None or leg.instrument.option.right is Right.CALL]
    return Line(knots=tuple(zip(prices, profits, strict=True)), slope=sum(rising, ZERO))


def intrinsics(leg: PricedLeg, prices: list[Decimal]) -> list[Decimal]:
    """What one unit of the leg is worth at each of these prices on its last day."""
    terms = leg.instrument.option
    if terms is None:
        return prices
    strike = terms.strike
    if terms.right is Right.CALL:
        return [price - strike if price > strike else ZERO for price in prices]
    return [strike - price if price < strike else ZERO for price in prices]


def in_the_money(terms: OptionTerms, price: Decimal) -> Decimal:
    return max(ZERO, price - terms.strike if terms.right is Right.CALL else terms.strike - price)
