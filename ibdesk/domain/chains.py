"""What an option chain is: its expiries, the call and put of each strike, and which strikes are near the money."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ibdesk.domain.instruments import Conid, Instrument, Right
from ibdesk.domain.market import Quote
from ibdesk.domain.occ import is_nonstandard_root

#: A person who has chosen nothing is shown about a month ahead: time enough for a spread, and liquid.
USUAL_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Expiry:
    """One day options end on. `trading_class` tells apart two roots that end on the same day (SPX and SPXW)."""

    day: date
    trading_class: str = ""

    @property
    def is_nonstandard(self) -> bool:
        """Whether its contracts deliver something else than usual."""
        return is_nonstandard_root(self.trading_class)

    def days(self, today: date) -> int:
        """Calendar days left; 0 on the day itself."""
        return (self.day - today).days


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """One strike: its call and its put, None where the broker lists none."""

    strike: Decimal
    call: Instrument | None = None
    put: Instrument | None = None

    def of(self, right: Right) -> Instrument | None:
        return self.call if right is Right.CALL else self.put

    @property
    def conids(self) -> tuple[Conid, ...]:
        return tuple(each.conid for each in (self.call, self.put) if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is known so far of one expiry: rows by strike, lowest first. `quotes` are those that came with this step.

    `is_priced`: the strikes around the money were asked for their prices. `is_whole`: nothing is left to be asked.
    """

    expiry: Expiry
    rows: tuple[ChainRow, ...] = ()
    quotes: tuple[Quote, ...] = ()
    is_priced: bool = False
    is_whole: bool = False

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        return tuple(each for row in self.rows for each in (row.call, row.put) if each is not None)

    @property
    def underlying_conid(self) -> Conid | None:
        """What its contracts are on: the future, where the chain was found under an index."""
        return next((each.underlying_conid for each in self.instruments if each.underlying_conid is not None), None)


def expiry_of(instrument: Instrument) -> Expiry | None:
    """The expiry an option belongs to; None when it is no option."""
    if instrument.option is None:
        return None
    return Expiry(day=instrument.option.expiry, trading_class=instrument.trading_class)


def expiries_of(contracts: Iterable[Instrument]) -> tuple[Expiry, ...]:
    """Every expiry among these, in order."""
    return tuple(sorted({expiry for each in contracts if (expiry := expiry_of(each)) is not None}))


def rows_of(contracts: Iterable[Instrument], expiry: Expiry) -> tuple[ChainRow, ...]:
    """The strikes of one expiry, lowest first."""
    found: dict[Decimal, dict[Right, Instrument]] = {}
    for each in contracts:
        if each.option is not None and expiry_of(each) == expiry:
            found.setdefault(each.option.strike, {})[each.option.right] = each
    return tuple(
        ChainRow(strike=strike, call=pair.get(Right.CALL), put=pair.get(Right.PUT))
        for strike, pair in sorted(found.items())
    )


def outward(strikes: Sequence[Decimal], price: Decimal | None) -> tuple[Decimal, ...]:
    """All strikes, those nearest to the price first; from the middle of the list where no price is known."""
    ordered = sorted(strikes)
    if price is None and ordered:
        price = ordered[len(ordered) // 2]
    return tuple(sorted(ordered, key=lambda strike: (abs(strike - price), strike))) if price is not None else ()


def probe(strikes: Sequence[Decimal], price: Decimal | None) -> Decimal | None:
    """The strike near the price that most expiries list: the roundest of the few nearest (far expiries have wide
    steps); None without strikes."""
    near = outward(strikes, price)[:12]
    return max(near, key=lambda strike: (_roundness(strike), -near.index(strike))) if near else None


def _roundness(strike: Decimal) -> int:
    """How many of the steps exchanges use divide it."""
    return sum(strike % step == 0 for step in (Decimal(1), Decimal(5), Decimal(10), Decimal(25), Decimal(50)))


def usual_month(months: Sequence[date], today: date) -> date | None:
    """The month to begin with: that of the day `USUAL_DAYS` ahead, else the first after it, else the last there is."""
    wanted = date.fromordinal(today.toordinal() + USUAL_DAYS).replace(day=1)
    return next((month for month in months if month >= wanted), months[-1] if months else None)


def usual_expiry(expiries: Sequence[Expiry], today: date) -> Expiry | None:
    """The expiry to begin with: of usual contracts, a third Friday if there is one, nearest to `USUAL_DAYS`."""
    usual = [each for each in expiries if not each.is_nonstandard] or list(expiries)
    if not usual:
        return None
    monthly = [each for each in usual if is_monthly(each.day)] or usual
    return min(monthly, key=lambda each: (abs(each.days(today) - USUAL_DAYS), each.day))


def same_day(expiries: Sequence[Expiry], wanted: Expiry) -> Expiry | None:
    """The one that is meant: exactly it, else one of its day (a position does not always tell its root)."""
    if wanted in expiries:
        return wanted
    others = [each for each in expiries if each.day == wanted.day]
    return next((each for each in others if not each.is_nonstandard), others[0] if others else None)


def is_monthly(day: date) -> bool:
    """Whether it is a third Friday. (Where that is a holiday the monthly ends on the Thursday: it is then chosen by its
    nearness like any other.)"""
    return day.weekday() == 4 and 15 <= day.day <= 21


def price_of(quote: Quote | None) -> Decimal | None:
    """What an instrument is taken to cost: the last price, else the middle of bid and ask, else the prior close."""
    if quote is None:
        return None
    return quote.last or middle(quote) or quote.prior_close


def middle(quote: Quote) -> Decimal | None:
    """Between bid and ask; None where either is missing or they are crossed. A bid of zero is a price."""
    bid, ask = quote.bid, quote.ask
    if bid is None or ask is None or bid < 0 or ask <= 0 or bid > ask:
        return None
    return (bid + ask) / 2


def rows_between(rows: Sequence[ChainRow], price: Decimal | None) -> int:
    """How many rows have a strike below the price: where the line at the price is drawn."""
    return 0 if price is None else bisect_left([row.strike for row in rows], price)


def usual_width(rows: Sequence[ChainRow], price: Decimal | None) -> int:
    """How many strikes apart the strikes of a spread usually are: about one percent of the price, at least one."""
    if price is None or len(rows) < 2:
        return 1
    near = [row.strike for row in rows[max(0, rows_between(rows, price) - 2) :][:4]]
    steps = [upper - lower for lower, upper in pairwise(near)]
    return next((each for each in (5, 2) if steps and min(steps) * each <= price / 80), 1)


def around(rows: Sequence[ChainRow], price: Decimal | None, count: int) -> tuple[ChainRow, ...]:
    """At most `count` rows, those nearest to the price, in order."""
    middle_of = rows_between(rows, price) if price is not None else len(rows) // 2
    first = max(0, min(middle_of - count // 2, len(rows) - count))
    return tuple(rows[first : first + count])
