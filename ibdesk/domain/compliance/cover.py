"""What stands behind each short option: shares, a long option, or nothing (reference/compliance.md 3.2, steps 3 to 5).

The pairing is ours: a broker may pair otherwise, and its preview beats this. It leaves as few short options bare as it
can, and runs in n log n over the legs of one underlying.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.compliance.exposure import COVERS, Legs
from ibdesk.domain.instruments import Instrument, Right
from ibdesk.domain.money import ZERO


class Kind(StrEnum):
    """How one part of a position stands."""

    LONG_STOCK = "long stock"
    SHORT_STOCK = "short stock"
    COVERED_CALL = "covered call"
    COVERED_PUT = "covered put"
    LONG_OPTION = "long option"
    DEBIT_SPREAD = "debit spread"
    CREDIT_SPREAD = "credit spread"
    CALENDAR = "calendar spread"
    NAKED_CALL = "uncovered call"
    NAKED_PUT = "short put"
    OUTLIVING = "short option that outlives its long"


@dataclass(frozen=True, slots=True)
class Part:
    """`quantity` (positive) of one kind: contracts, or shares for stock. `short` and `long` are its contracts."""

    kind: Kind
    quantity: Decimal
    short: Instrument | None = None
    long: Instrument | None = None


@dataclass(slots=True)
class _Lot:
    """Contracts of one option not yet used; `rank` is the strike, turned round for puts: a long option ranked above
    the short it stands behind is the worse of the two."""

    instrument: Instrument
    expiry: date
    rank: Decimal
    left: Decimal


def cover(legs: Legs, deliverable: Callable[[Instrument], Decimal]) -> tuple[Part, ...]:
    """The parts of what one underlying holds. `deliverable` tells the shares one contract stands for."""
    shares = sum((quantity for each, quantity in legs if each.asset_class in COVERS), ZERO)
    stock = next((each for each, _ in legs if each.asset_class in COVERS), None)
    parts: list[Part] = []
    for right in (Right.CALL, Right.PUT):
        side: dict[Decimal, list[tuple[Instrument, Decimal]]] = defaultdict(list)
        for each, quantity in legs:
            if each.option is not None and each.option.right is right and quantity:
                side[deliverable(each)].append((each, quantity))
        for unit, options in side.items():
            available = max(ZERO, shares if right is Right.CALL else -shares)
            found, used = _covered(options, right, available, unit, stock)
            parts += found
            shares += -used if right is Right.CALL else used
    if stock is not None and shares:
        parts.append(_of_stock(stock, shares))
    return tuple(parts)


def _of_stock(stock: Instrument, shares: Decimal) -> Part:
    return Part(Kind.LONG_STOCK, shares, None, stock) if shares > 0 else Part(Kind.SHORT_STOCK, -shares, stock)


def _covered(
    options: list[tuple[Instrument, Decimal]], right: Right, shares: Decimal, unit: Decimal, stock: Instrument | None
) -> tuple[list[Part], Decimal]:
    """The parts of one right, and how many shares stand behind short options in them."""
    longs, shorts = _lots(options, right)
    if not shorts:
        return [Part(Kind.LONG_OPTION, lot.left, None, lot.instrument) for lot in longs], ZERO
    pairs, bare = _paired(shorts, longs)
    by_stock = shares // unit if unit > 0 else ZERO
    covered, kind = [], Kind.COVERED_CALL if right is Right.CALL else Kind.COVERED_PUT
    for lot in bare:
        taken = min(lot.left, by_stock)
        if taken:
            covered.append(Part(kind, taken, lot.instrument, stock))
            lot.left -= taken
            by_stock -= taken
    kept = []
    for part in sorted(pairs, key=lambda pair: pair.kind is Kind.DEBIT_SPREAD):
        taken = ZERO if part.kind is Kind.DEBIT_SPREAD else min(part.quantity, by_stock)
        if taken:
            covered.append(Part(kind, taken, part.short, stock))
            kept.append(Part(Kind.LONG_OPTION, taken, None, part.long))
            by_stock -= taken
        if part.quantity > taken:
            kept.append(Part(part.kind, part.quantity - taken, part.short, part.long))
    rest = _bare(bare, longs, Kind.NAKED_CALL if right is Right.CALL else Kind.NAKED_PUT)
    return covered + kept + rest, unit * sum((part.quantity for part in covered), ZERO)


def _lots(options: Iterable[tuple[Instrument, Decimal]], right: Right) -> tuple[list[_Lot], list[_Lot]]:
    longs: list[_Lot] = []
    shorts: list[_Lot] = []
    for each, quantity in options:
        assert each.option is not None  # noqa: S101  # chosen by its right above
        rank = each.option.strike if right is Right.CALL else -each.option.strike
        (longs if quantity > 0 else shorts).append(_Lot(each, each.option.expiry, rank, abs(quantity)))
    return longs, shorts


def _rank(lot: _Lot) -> Decimal:
    return lot.rank


def _paired(shorts: list[_Lot], longs: list[_Lot]) -> tuple[list[Part], list[_Lot]]:
    """Each short with a long that lives at least as long, the latest shorts first: their choice is the narrowest."""
    waiting = sorted(longs, key=lambda lot: lot.expiry)
    same: list[_Lot] = []
    later: list[_Lot] = []
    pairs, bare, day = [], [], date.max
    for short in sorted(shorts, key=lambda lot: (lot.expiry, lot.rank), reverse=True):
        if short.expiry != day:
            day = short.expiry
            for lot in same:
                insort(later, lot, key=_rank)
            same = []
            while waiting and waiting[-1].expiry >= day:
                lot = waiting.pop()
                insort(same if lot.expiry == day else later, lot, key=_rank)
        while short.left and (same or later):
            pairs.append(_pair(short, same, later))
        if short.left:
            bare.append(short)
    return pairs, bare


def _pair(short: _Lot, same: list[_Lot], later: list[_Lot]) -> Part:
    """The best long there is: no worse strike and the same day, no worse strike and later, else the nearest strike."""
    of_same, of_later = bisect_right(same, short.rank, key=_rank), bisect_right(later, short.rank, key=_rank)
    if of_same:
        pool, index, kind = same, of_same - 1, Kind.DEBIT_SPREAD
    elif of_later:
        pool, index, kind = later, of_later - 1, Kind.CALENDAR
    elif same and (not later or same[0].rank <= later[0].rank):
        pool, index, kind = same, 0, Kind.CREDIT_SPREAD
    else:
        pool, index, kind = later, 0, Kind.CALENDAR
    long = pool[index]
    taken = min(short.left, long.left)
    short.left -= taken
    long.left -= taken
    if not long.left:
        del pool[index]
    return Part(kind, taken, short.instrument, long.instrument)


def _bare(bare: list[_Lot], longs: list[_Lot], kind: Kind) -> list[Part]:
    """Shorts nothing stands behind, those that outlive an unused long by name, and the unused longs themselves."""
    parts = []
    outlived = sum((lot.left for lot in longs), ZERO) if bare else ZERO
    for lot in bare:
        earlier = min(lot.left, outlived)
        if earlier:
            parts.append(Part(Kind.OUTLIVING, earlier, lot.instrument))
            outlived -= earlier
        if lot.left > earlier:
            parts.append(Part(kind, lot.left - earlier, lot.instrument))
    return parts + [Part(Kind.LONG_OPTION, lot.left, None, lot.instrument) for lot in longs if lot.left]
