"""What an order meets: the account's holdings indexed once, and what each leg opens or closes against them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import merged, recognise
from ibdesk.domain.orders import Order, OrderRef
from ibdesk.domain.pairs import group_of
from ibdesk.domain.positions import Position
from ibdesk.domain.strategies import Recognition

#: Signed quantities, as `OrderTicket.changes` gives them.
Legs = tuple[tuple[Instrument, Decimal], ...]

#: What options are grouped by: the underlying's conid, or its symbol where the broker names no conid.
Underlying = Conid | str

SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One account's positions and the working orders that open something, looked up by contract and by underlying.

    Built once per picture of the account; a check then touches only the underlyings of its own legs. What they held
    before is recognised once (`memo`), and the latest order's outcome is kept (`latest`): while a person moves only the
    price, nothing is recognised again. `others` are what the account may hold as well, where it is not sure whether the
    positions know of a trade: what lowers risk must do so in all of them.
    """

    held: Mapping[Conid, Decimal]
    groups: Mapping[Underlying, Legs]
    working: Mapping[Underlying, Legs]
    marks: Mapping[Conid, Decimal]
    symbols: Mapping[str, Conid]
    others: "tuple[Book, ...]" = ()
    memo: dict[Underlying, tuple[Recognition, ...]] = field(default_factory=dict, compare=False, repr=False)
    latest: "dict[tuple[tuple[Conid, Decimal], ...], Outcome]" = field(default_factory=dict, compare=False, repr=False)

    def underlying_of(self, instrument: Instrument) -> Underlying:
        if instrument.option is None:
            return instrument.conid
        if instrument.underlying_conid is not None:
            return instrument.underlying_conid
        return self.symbols.get(instrument.symbol, instrument.symbol)

    def quantity(self, instrument: Instrument) -> Decimal:
        return self.held.get(instrument.conid, ZERO)

    def without(self, working: Legs) -> "Book":
        """The same without one of the working orders it was built with: an order that takes its place is looked at."""
        if not any(change < 0 and opened(self.quantity(leg), change) for leg, change in working):
            return self  # it was not counted
        less: dict[Underlying, Legs] = {}
        for leg, change in working:
            key = self.underlying_of(leg)
            less[key] = merged(less.get(key, self.working.get(key, ())), ((leg, -change),))
        others = tuple(other.without(working) for other in self.others)
        return replace(self, working={**self.working, **less}, others=others, memo={}, latest={})

    def recognised(self, underlying: Underlying) -> tuple[Recognition, ...]:
        """What is held on one underlying now, as strategies."""
        if underlying not in self.memo:
            self.memo[underlying] = recognise(self.groups.get(underlying, ()))
        return self.memo[underlying]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An order's underlyings before it, after it, and `worst`: with the working orders that open filled as well."""

    before: tuple[Recognition, ...]
    after: tuple[Recognition, ...]
    worst: tuple[Recognition, ...]
    only_closes: bool


EMPTY = Book(held={}, groups={}, working={}, marks={}, symbols={})


def book_of(positions: Iterable[Position], working: Iterable[Legs] = (), unsure: Legs = ()) -> Book:
    """The index over one account's positions and the remaining changes of its working orders. `unsure` are changes of
    which nobody knows whether the positions have them: the most and the least they can make of them are its others.

    Only working orders that sell something to open count: filled, they make things worse. One that only buys or only
    closes is not taken for cover that is not there yet.
    """
    rows, pending_legs = tuple(positions), tuple(working)
    plain = _book_of(rows, pending_legs)
    if not unsure:
        return plain
    ends = (tuple(row for row in unsure if (row[1] > 0) is is_more) for is_more in (False, True))
    return replace(plain, others=tuple(_book_of(moved(rows, changes), pending_legs) for changes in ends))


def moved(positions: Iterable[Position], changes: Legs) -> tuple[Position, ...]:
    """The positions after these changes; what was not held before is without any figure."""
    rows = {row.instrument.conid: row for row in positions}
    for instrument, change in changes:
        row = rows.get(instrument.conid)
        rows[instrument.conid] = (
            Position(account=AccountId(""), instrument=instrument, quantity=change) if row is None
            else replace(row, quantity=row.quantity + change)
        )  # fmt: skip
    return tuple(rows.values())


def _book_of(rows: tuple[Position, ...], working: tuple[Legs, ...]) -> Book:
    symbols = _underlyings(rows)
    held = {row.instrument.conid: row.quantity for row in rows}
    plain = Book(held=held, groups={}, working={}, marks={}, symbols=symbols)
    groups: dict[Underlying, list[tuple[Instrument, Decimal]]] = defaultdict(list)
    for row in rows:
        if row.quantity:
            groups[plain.underlying_of(row.instrument)].append((row.instrument, row.quantity))
    pending: dict[Underlying, list[tuple[Instrument, Decimal]]] = defaultdict(list)
    for legs in working:
        if any(change < 0 and opened(plain.quantity(leg), change) for leg, change in legs):
            for leg, change in legs:
                pending[plain.underlying_of(leg)].append((leg, change))
    return Book(
        held=held,
        groups={key: tuple(legs) for key, legs in groups.items()},
        working={key: tuple(legs) for key, legs in pending.items()},
        marks={row.instrument.conid: row.price for row in rows if row.price is not None},
        symbols=symbols,
    )


def opened(held: Decimal, change: Decimal) -> Decimal:
    """How much of a change goes beyond closing what is held: signed like the change, zero when it only closes."""
    if held * change >= 0:
        return change
    rest = held + change
    return rest if rest * change > 0 else ZERO


def claimed(
    working: Iterable[Order], instrument: Instrument, change: Decimal, group: OrderRef | None = None
) -> Decimal:
    """What working orders on the same side still do to this contract: signed like the change. Of those that cancel
    each other the largest; none of `group`'s."""
    sides: dict[OrderRef, Decimal] = {}
    total = ZERO
    for order in working:
        own = sum((each for leg, each in order.changes if leg.conid == instrument.conid and each * change > 0), ZERO)
        theirs = group_of(order)
        if theirs is None:
            total += own
        elif theirs != group:
            sides[theirs] = max(sides.get(theirs, ZERO), own, key=abs)
    return total + sum(sides.values(), ZERO)


def uncovering(working: Iterable[Order], group: OrderRef | None = None) -> Legs:
    """What is left to fill of the working orders that may take the cover of a short option away: all but those that
    only buy options. Of those that cancel each other the largest; none of `group`'s."""
    found: list[Order] = []
    sides: dict[OrderRef, Order] = {}
    for order in working:
        if all(change > 0 and instrument.option is not None for instrument, change in order.changes):
            continue
        theirs = group_of(order)
        if theirs is None:
            found.append(order)
        elif theirs != group:
            sides[theirs] = max(sides.get(theirs, order), order, key=lambda each: each.remaining)
    return tuple(row for order in (*found, *sides.values()) for row in order.changes)


def only_closes(book: Book, legs: Legs) -> bool:
    """Whether every leg lowers what is held of it and none goes through zero. Nothing at all closes nothing."""
    return bool(legs) and all(not opened(book.quantity(leg), change) for leg, change in legs)


def resulting(book: Book, legs: Legs) -> dict[Underlying, Legs]:
    """What the underlyings of these legs hold once the order, and the working orders that open, are filled."""
    return {
        key: merged(book.groups.get(key, ()), book.working.get(key, ()), tuple(changes))
        for key, changes in _by_underlying(book, legs).items()
    }


def _by_underlying(book: Book, legs: Legs) -> dict[Underlying, list[tuple[Instrument, Decimal]]]:
    added: dict[Underlying, list[tuple[Instrument, Decimal]]] = {}
    for row in legs:
        added.setdefault(book.underlying_of(row[0]), []).append(row)
    return added


def outcome_of(book: Book, legs: Legs) -> Outcome:
    """What filling these legs makes of the positions, recognised once for every rule."""
    key = tuple((leg.conid, change) for leg, change in legs)
    if key not in book.latest:
        book.latest.clear()
        book.latest[key] = _outcome(book, legs)
    return book.latest[key]


def _outcome(book: Book, legs: Legs) -> Outcome:
    changes = _by_underlying(book, legs)
    recognised = tuple(
        found for key, change in changes.items() for found in recognise((*book.groups.get(key, ()), *change))
    )
    worst = recognised
    if any(key in book.working for key in changes):
        worst = tuple(found for holdings in resulting(book, legs).values() for found in recognise(holdings))
    return Outcome(
        before=tuple(found for key in changes for found in book.recognised(key)),
        after=recognised,
        worst=worst,
        only_closes=only_closes(book, legs),
    )


def _underlyings(rows: Iterable[Position]) -> dict[str, Conid]:
    """Conids by symbol, for options that do not name their underlying; what options name beats a share's own row."""
    found: dict[str, Conid] = {}
    for row in rows:
        instrument = row.instrument
        if instrument.underlying_conid is not None and instrument.option is not None:
            found[instrument.symbol] = instrument.underlying_conid
        elif instrument.asset_class in SHARES:
            found.setdefault(instrument.symbol, instrument.conid)
    return found
