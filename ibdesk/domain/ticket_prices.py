"""What one unit of a ticket costs in the market now, the grid its price moves on, and where a limit lies in between.

Prices are in the ticket's sign: of several legs together, negative is received. People read a credit without the
sign, so `Shown` turns it round: its left end is the price at which somebody buys the unit from us or at which we would
sell it, its right end the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ibdesk.domain.compliance.case import net_of, touch
from ibdesk.domain.compliance.ticks import COMBO_STEP, rounded
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Leg, OrderRules, Side, Tick

_COMBO = (Tick(above=ZERO, step=COMBO_STEP),)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitQuote:
    """One unit in the ticket's sign: `low` is what it brings when given, `high` what it costs when taken, at once."""

    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def mid(self) -> Decimal | None:
        return None if self.low is None or self.high is None else (self.low + self.high) / 2

    @property
    def is_credit(self) -> bool:
        """Whether a person reads it as a credit: its middle is received."""
        middle = self.mid if self.mid is not None else self.high if self.high is not None else self.low
        return middle is not None and middle < 0

    def at_once(self, side: Side) -> Decimal | None:
        """What an order of that side gets without waiting; several legs are always bought, at their net price."""
        return self.high if side is Side.BUY else self.low


def side_of(legs: tuple[Leg, ...]) -> Side:
    """Which way a unit goes: a combination is bought at its net price, a credit being negative."""
    return legs[0].side if len(legs) == 1 else Side.BUY


def unit_quote(legs: tuple[Leg, ...], quotes: Mapping[Conid, Quote]) -> UnitQuote:
    """Quoted per share: 100 shares beside an option of 100 count once. A side nobody quotes is None."""
    if len(legs) == 1:
        quote = quotes.get(legs[0].instrument.conid)
        return UnitQuote(low=touch(quote, -1), high=touch(quote, 1))
    return UnitQuote(low=net_of(legs, quotes, -1), high=net_of(legs, quotes)) if legs else UnitQuote()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The prices an order may have. A combination moves in cents (reference/compliance.md 4.2)."""

    ticks: tuple[Tick, ...] = _COMBO
    may_be_negative: bool = False

    def step_at(self, price: Decimal) -> Decimal:
        """The step that holds at a price; at a border the upper row applies."""
        return next(tick.step for tick in reversed(self.ticks) if tick.above <= abs(price) or tick is self.ticks[0])

    def fair(self, price: Decimal, side: Side) -> Decimal:
        """The nearest price on the grid that is no worse for who trades."""
        return self._possible(rounded(price, self.step_at(price), side), price)

    def nearest(self, price: Decimal) -> Decimal:
        """The nearest price on the grid."""
        step = self.step_at(price)
        return self._possible((price / step).to_integral_value() * step, price)

    def moved(self, price: Decimal, steps: int) -> Decimal:
        """So many steps up or down; a price between two steps goes to the next one first."""
        for _ in range(abs(steps)):
            price = self._up(price) if steps > 0 else self._down(price)
        return price

    def _up(self, price: Decimal) -> Decimal:
        step = self.step_at(price)
        return (price / step).to_integral_value(ROUND_FLOOR) * step + step

    def _down(self, price: Decimal) -> Decimal:
        below = [tick.step for tick in self.ticks if tick.above < abs(price)]
        step = below[-1] if below and price > 0 else self.step_at(price)
        lower = (price / step).to_integral_value(ROUND_CEILING) * step - step
        return lower if self.may_be_negative or lower > 0 else price

    def _possible(self, price: Decimal, near: Decimal) -> Decimal:
        return price if self.may_be_negative or price > 0 else self.step_at(near)


def grid_of(legs: tuple[Leg, ...], rules: Mapping[Conid, OrderRules]) -> Grid:
    """The grid of these legs; in cents while the broker's rules are not known."""
    if len(legs) != 1:
        return Grid(may_be_negative=True)
    found = rules.get(legs[0].instrument.conid)
    return Grid(ticks=found.ticks) if found is not None and found.ticks else Grid()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A unit's quote and limit as a person reads them: a credit without its sign."""

    bid: Decimal | None
    mid: Decimal | None
    ask: Decimal | None
    limit: Decimal | None
    is_credit: bool

    @property
    def place(self) -> float | None:
        """Where the limit lies from bid (0.0) to ask (1.0), at the nearer end when it is outside; None unknown."""
        if self.limit is None or self.bid is None or self.ask is None:
            return None
        if self.ask <= self.bid:
            return 0.5
        return float(min(Decimal(1), max(ZERO, (self.limit - self.bid) / (self.ask - self.bid))))


def shown(quote: UnitQuote, limit: Decimal | None) -> Shown:
    """A limit says by its own sign whether it is a credit; without one the market does."""
    is_credit = limit < 0 if limit else quote.is_credit
    if not is_credit:
        return Shown(bid=quote.low, mid=quote.mid, ask=quote.high, limit=limit, is_credit=False)
    return Shown(bid=_turned(quote.high), mid=_turned(quote.mid), ask=_turned(quote.low), limit=_turned(limit),
                 is_credit=True)  # fmt: skip


def limit_at(place: float, quote: UnitQuote, grid: Grid, *, is_credit: bool) -> Decimal | None:
    """The limit on the grid at this place between the shown bid (0.0) and ask (1.0), in the ticket's sign."""
    if quote.low is None or quote.high is None:
        return None
    part = Decimal(str(1 - place if is_credit else place))
    return grid.nearest(quote.low + (quote.high - quote.low) * part)


def start_limit(legs: tuple[Leg, ...], quote: UnitQuote, grid: Grid) -> Decimal | None:
    """Where a new ticket begins: the middle, to the grid on the side that is no worse; None without a quote."""
    return None if quote.mid is None else grid.fair(quote.mid, side_of(legs))


def _turned(price: Decimal | None) -> Decimal | None:
    return None if price is None else -price
