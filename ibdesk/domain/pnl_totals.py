"""Sums that follow a moving book row by row: the same as `pnl.totals`, without adding up every row each time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.pnl import PnlKey, PnlRow, PnlTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A position that is in no sum, or not wholly, and why."""

    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one row adds."""

    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    value: Decimal
    currency: Currency | None
    symbol: str
    left_out: LeftOut | None
    is_held: bool
    prints: int
    waiting: int


class RunningTotals:
    """Sums in `currency`; `rates` are what one unit of each currency costs in it. `held`, `prints` and `waiting` count
    the positions, their prints, and the prints that wait for their commission report."""

    def __init__(self, currency: Currency, rates: Mapping[Currency, Decimal]) -> None:
        self.currency = currency
        self.held = self.prints = self.waiting = 0
        self._rates: dict[Currency, Decimal] = {**rates, currency: Decimal(1)}
        self._parts: dict[PnlKey, _Part] = {}
        self._used: Counter[Currency] = Counter()
        self._left_out: dict[PnlKey, tuple[str, LeftOut]] = {}
        self.unrealized = self.realized = self.daily = self.value = ZERO

    def put(self, row: PnlRow) -> None:
        """Count a row in its newest state."""
        self._take(row.key)
        part = self._part(row)
        self._parts[row.key] = part
        if part.left_out is not None:
            self._left_out[row.key] = part.symbol, part.left_out
        self._count(part, 1)

    def add(self, other: "RunningTotals") -> None:
        """Count everything another one has counted, in the same currency; to be read, not to be followed."""
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        self.unrealized += other.unrealized
        self.realized += other.realized
        self.daily += other.daily
        self.value += other.value
        self.held += other.held
        self.prints += other.prints
        self.waiting += other.waiting
        self._used.update(other._used)
        self._left_out.update(other._left_out)

    @property
    def totals(self) -> PnlTotals:
        """The sums now."""
        return PnlTotals(
            currency=self.currency, unrealized=self.unrealized, realized=self.realized, daily=self.daily,
            value=self.value, rates=self.rates,
            left_out=tuple(symbol for symbol, _ in self._left_out.values()),
        )

    @property
    def total(self) -> Decimal:
        return self.unrealized + self.realized

    @property
    def rates(self) -> dict[Currency, Decimal]:
        """The rates that are in use."""
        return {each: self._rates[each] for each, count in self._used.items() if count}

    @property
    def missing(self) -> int:
        """How many positions the sums go without."""
        return len(self._left_out)

    def left_out(self, most: int) -> tuple[LeftOut, ...]:
        """What the sums go without, by name, the first of them."""
        return tuple(each for _, each in islice(self._left_out.values(), most))

    def _take(self, key: PnlKey) -> None:
        before = self._parts.pop(key, None)
        self._left_out.pop(key, None)
        if before is not None:
            self._count(before, -1)

    def _count(self, part: _Part, times: int) -> None:
        self.unrealized += part.unrealized * times
        self.realized += part.realized * times
        self.daily += part.daily * times
        self.value += part.value * times
        self.held += part.is_held * times
        self.prints += part.prints * times
        self.waiting += part.waiting * times
        if part.currency is not None:
            self._used[part.currency] += times

    def _part(self, row: PnlRow) -> _Part:
        currency = row.instrument.currency
        rate = self._rates.get(currency)
        unrealized = row.unrealized
        why = ""
        if rate is None:
            why = f"no rate from {currency} to {self.currency}"
        elif row.quantity and unrealized is None:
            why = "the broker has not told its figures"
        realized = ZERO if rate is None else row.realized * rate
        if why or rate is None:
            shown = (ZERO, ZERO, ZERO)
        else:
            shown = ((unrealized or ZERO) * rate, (row.daily or ZERO) * rate, (row.value or ZERO) * rate)
        return _Part(
            unrealized=shown[0], realized=realized, daily=shown[1], value=shown[2],
            currency=currency if rate is not None and row.is_shown else None, symbol=row.instrument.symbol,
            left_out=LeftOut(label=row.instrument.label, why=why) if why else None, is_held=bool(row.quantity),
            prints=len(row.fills), waiting=sum(fill.commission is None for fill in row.fills) if row.fills else 0,
        )
