"""How the shares and options of one underlying are put together: who covers whom, and which pairs make a larger name.

`options.recognise` brings the holdings of one underlying, netted; the order of the steps is told there.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from ibdesk.domain.instruments import Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.occ import is_nonstandard
from ibdesk.domain.strategies import Part, Strategy, StrategyLeg, width_of

_CALL_OR_PUT = {
    (Right.CALL, 1): Strategy.LONG_CALL,
    (Right.CALL, -1): Strategy.SHORT_CALL,
    (Right.PUT, 1): Strategy.LONG_PUT,
    (Right.PUT, -1): Strategy.SHORT_PUT,
}
_VERTICALS = {
    (Right.CALL, True): Strategy.DEBIT_CALL_SPREAD,
    (Right.CALL, False): Strategy.CREDIT_CALL_SPREAD,
    (Right.PUT, True): Strategy.DEBIT_PUT_SPREAD,
    (Right.PUT, False): Strategy.CREDIT_PUT_SPREAD,
}
#: Larger names of two pairs whose strikes do not overlap: (both calls or both puts, same middle strike, wings long).
_TWO_PAIRS = {
    (True, True, True): Strategy.LONG_BUTTERFLY,
    (True, True, False): Strategy.SHORT_BUTTERFLY,
    (False, True, True): Strategy.SHORT_IRON_BUTTERFLY,
    (False, True, False): Strategy.LONG_IRON_BUTTERFLY,
    (False, False, True): Strategy.SHORT_IRON_CONDOR,
    (False, False, False): Strategy.LONG_IRON_CONDOR,
    (True, False, True): Strategy.LONG_CONDOR,
    (True, False, False): Strategy.SHORT_CONDOR,
}
_RANKS = {strategy: rank for rank, strategy in enumerate((Strategy.LONG_BOX, Strategy.SHORT_BOX, *_TWO_PAIRS.values()))}
#: Larger names of two single legs of one expiry: (at the same strike, at different ones).
_TWO_LEGS = {
    (Strategy.LONG_CALL, Strategy.SHORT_PUT): (Strategy.SYNTHETIC_LONG, None),
    (Strategy.LONG_PUT, Strategy.SHORT_CALL): (Strategy.SYNTHETIC_SHORT, None),
    (Strategy.LONG_CALL, Strategy.LONG_PUT): (Strategy.LONG_STRADDLE, Strategy.LONG_STRANGLE),
    (Strategy.SHORT_CALL, Strategy.SHORT_PUT): (Strategy.SHORT_STRADDLE, Strategy.SHORT_STRANGLE),
}


@dataclass(slots=True)
class _Lot:
    """What is left of one holding; `left` is positive, `sign` says long or short."""

    instrument: Instrument
    left: Decimal
    sign: int

    def take(self, quantity: Decimal) -> StrategyLeg:
        self.left -= quantity
        return StrategyLeg(instrument=self.instrument, quantity=quantity * self.sign)


@dataclass(slots=True)
class _Option(_Lot):
    terms: OptionTerms
    deliverable: Hashable
    is_odd: bool


class _Shape(NamedTuple):
    """One leg's right and strike, or a vertical's with its lower and higher strike and whether the lower is long.
    Those with the same `together` may make a larger name: one last day, one deliverable; None when it has two."""

    strategy: Strategy
    right: Right
    low: Decimal
    high: Decimal
    is_low_long: bool
    together: Hashable


def _deliverable(instrument: Instrument, is_odd: bool) -> Hashable:
    """Only options that deliver the same may cover each other (reference/compliance.md 4.1, B28)."""
    return ((instrument.trading_class or instrument.symbol) if is_odd else "", instrument.multiplier)


def parts_of(rows: Iterable[tuple[Instrument, Decimal, OptionTerms | None]]) -> tuple[Part, ...]:
    """The parts of one underlying's netted holdings, sorted already; terms are None for shares and futures."""
    shares: list[_Lot] = []
    options: list[_Option] = []
    for instrument, quantity, terms in rows:
        sign = 1 if quantity > 0 else -1
        if terms is None:
            shares.append(_Lot(instrument, abs(quantity), sign))
        else:
            is_odd = is_nonstandard(instrument)
            deliverable = _deliverable(instrument, is_odd)
            options.append(_Option(instrument, abs(quantity), sign, terms, deliverable, is_odd))
    covered = list(_covered(shares, options))
    pairs = list(_paired(options))
    found = [*_collared(covered, options), *_protected(shares, options), *_joined(pairs), *_joined(_singles(options))]
    return (*found, *_loose(shares))


def _covered(shares: list[_Lot], options: list[_Option]) -> Iterator[Part]:
    """Long shares cover short calls, short shares short puts; the last to expire first, of those the deepest in."""
    for share in shares:
        right, strategy = ((Right.CALL, Strategy.COVERED_CALL) if share.sign > 0
                           else (Right.PUT, Strategy.COVERED_PUT))  # fmt: skip
        nearest = 1 if right is Right.CALL else -1
        shorts = [lot for lot in options if lot.sign < 0 and lot.terms.right is right]
        shorts.sort(key=lambda lot: (-lot.terms.expiry.toordinal(), nearest * lot.terms.strike))
        yield from (part for lot in shorts if (part := _with_shares(share, lot, strategy)) is not None)


def _protected(shares: list[_Lot], options: list[_Option]) -> Iterator[Part]:
    """Long puts that are left protect long shares, long calls short ones; the first to expire first."""
    for share in (each for each in shares if each.left):
        right, strategy = ((Right.PUT, Strategy.PROTECTIVE_PUT) if share.sign > 0
                           else (Right.CALL, Strategy.PROTECTIVE_CALL))  # fmt: skip
        longs = [lot for lot in options if lot.sign > 0 and lot.terms.right is right]
        yield from (part for lot in longs if (part := _with_shares(share, lot, strategy)) is not None)


def _with_shares(share: _Lot, option: _Option, strategy: Strategy) -> Part | None:
    """As many of the option as the shares left can deliver for; an adjusted contract delivers something else."""
    each = option.instrument.multiplier / share.instrument.multiplier
    if option.is_odd or each <= 0 or not option.left:
        return None
    units = min(option.left, (share.left / each).to_integral_value(ROUND_FLOOR))
    if units <= 0:
        return None
    return Part(strategy=strategy, units=units, legs=(share.take(units * each), option.take(units)))


def _paired(options: list[_Option]) -> Iterator[Part]:
    """Each short with a long of its right and deliverable that expires with it or later."""
    kinds: dict[Hashable, list[_Option]] = defaultdict(list)
    for lot in options:
        kinds[(lot.terms.right, lot.deliverable)].append(lot)
    for lots in kinds.values():
        longs = [lot for lot in lots if lot.sign > 0 and lot.left]
        shorts: dict[date, list[_Option]] = defaultdict(list)
        for lot in lots:
            if lot.sign < 0 and lot.left:
                shorts[lot.terms.expiry].append(lot)
        for expiry in sorted(shorts, reverse=True) if longs else ():
            able = [lot for lot in longs if lot.left and lot.terms.expiry >= expiry]
            couples = [(long, short) for short in shorts[expiry] for long in able]
            for long, short in sorted(couples, key=_preference):
                if units := min(long.left, short.left):
                    yield _pair(long, short, units)


def _preference(couple: tuple[_Option, _Option]) -> tuple[Decimal, int, Decimal]:
    long, short = couple[0].terms, couple[1].terms
    return (width_of(long, short), (long.expiry - short.expiry).days, abs(long.strike - short.strike))


def _pair(long: _Option, short: _Option, units: Decimal) -> Part:
    if long.terms.expiry > short.terms.expiry:
        strategy = Strategy.CALENDAR if long.terms.strike == short.terms.strike else Strategy.DIAGONAL
    else:
        strategy = _VERTICALS[(long.terms.right, width_of(long.terms, short.terms) == ZERO)]
    return Part(strategy=strategy, units=units, legs=(long.take(units), short.take(units)))


def _collared(covered: list[Part], options: list[_Option]) -> Iterator[Part]:
    """Covered shorts, those with a long of the other right and the same expiry as collars."""
    free = [lot for lot in options if lot.sign > 0 and not lot.is_odd]  # nothing odd is covered by shares either
    for part in covered:
        short = part.legs[1]
        terms = _terms(short)
        is_call = terms.right is Right.CALL
        units = part.units
        longs = [lot for lot in free if lot.left and lot.terms.right is not terms.right
                 and lot.terms.expiry == terms.expiry
                 and lot.instrument.multiplier == short.instrument.multiplier]  # fmt: skip
        for lot in sorted(longs, key=lambda lot: abs(lot.terms.strike - terms.strike)):
            if taken := min(units, lot.left):
                if lot.terms.strike == terms.strike:
                    strategy = Strategy.CONVERSION if is_call else Strategy.REVERSAL
                else:
                    strategy = Strategy.COLLAR if is_call else Strategy.SHORT_COLLAR
                yield _larger(strategy, taken, _share_of(part, taken), _single(lot, taken))
                units -= taken
        if units:
            yield _share_of(part, units)


def _singles(options: list[_Option]) -> list[Part]:
    return [_single(lot, lot.left) for lot in options if lot.left]


def _single(lot: _Option, units: Decimal) -> Part:
    return Part(strategy=_CALL_OR_PUT[(lot.terms.right, lot.sign)], units=units, legs=(lot.take(units),))


def _loose(shares: list[_Lot]) -> Iterator[Part]:
    for lot in shares:
        if lot.left:
            strategy = Strategy.LONG_UNDERLYING if lot.sign > 0 else Strategy.SHORT_UNDERLYING
            yield Part(strategy=strategy, units=lot.left, legs=(lot.take(lot.left),))


def _joined(parts: list[Part]) -> Iterator[Part]:
    """The parts, those of one expiry and deliverable that make a larger name joined to it, best name first."""
    if len(parts) < 2:
        yield from parts
        return
    find = _name_of_pairs if len(parts[0].legs) == 2 else _name_of_singles
    shapes = [_shape(part) for part in parts]  # once a part: there are as many couples as their number squared
    together: dict[Hashable, list[int]] = defaultdict(list)
    for place, shape in enumerate(shapes):
        if shape.together is not None:
            together[shape.together].append(place)
    names = [
        (*name, first, second)
        for places in together.values()
        for first in places
        for second in places
        if first != second and (name := find(shapes[first], shapes[second])) is not None
    ]
    left = [part.units for part in parts]
    for _, _, strategy, first, second in sorted(names, key=lambda name: (name[0], name[1], name[3], name[4])):
        if units := min(left[first], left[second]):
            yield _larger(strategy, units, _share_of(parts[first], units), _share_of(parts[second], units))
            left[first] -= units
            left[second] -= units
    yield from (_share_of(part, units) for part, units in zip(parts, left, strict=True) if units)


def _name_of_singles(first: _Shape, second: _Shape) -> tuple[int, Decimal, Strategy] | None:
    """The larger name of two single legs, in this order of theirs, with its rank and how far apart they are."""
    same, different = _TWO_LEGS.get((first.strategy, second.strategy), (None, None))
    apart = abs(first.low - second.low)
    strategy = different if apart else same
    return None if strategy is None else (0, apart, strategy)


def _name_of_pairs(lower: _Shape, upper: _Shape) -> tuple[int, Decimal, Strategy] | None:
    """The same for two verticals."""
    if lower.is_low_long is upper.is_low_long:
        return None
    rights = (lower.right, upper.right)
    if rights == (Right.CALL, Right.PUT):
        if (lower.low, lower.high) != (upper.low, upper.high):
            return None
        strategy = Strategy.LONG_BOX if lower.is_low_long else Strategy.SHORT_BOX
    elif lower.high <= upper.low and lower.low < lower.high and upper.low < upper.high:
        strategy = _TWO_PAIRS[(lower.right is upper.right, lower.high == upper.low, lower.is_low_long)]
    else:
        return None
    return (_RANKS[strategy], upper.low - lower.high, strategy)


def _shape(part: Part) -> _Shape:
    instrument, long, short = part.legs[0].instrument, _terms(part.legs[0]), _terms(part.legs[-1])
    together = None
    if long.expiry == short.expiry:
        together = (long.expiry, _deliverable(instrument, is_nonstandard(instrument)))
    low, high = (long.strike, short.strike) if long.strike < short.strike else (short.strike, long.strike)
    return _Shape(part.strategy, long.right, low, high, long.strike < short.strike, together)


def _larger(strategy: Strategy, units: Decimal, *pieces: Part) -> Part:
    legs: dict[int, StrategyLeg] = {}
    for leg in (leg for piece in pieces for leg in piece.legs):  # the middle of a butterfly is in both pieces
        past = legs.get(leg.instrument.conid)
        quantity = leg.quantity + (past.quantity if past else ZERO)
        legs[leg.instrument.conid] = StrategyLeg(instrument=leg.instrument, quantity=quantity)
    return Part(strategy=strategy, units=units, legs=tuple(legs.values()), pieces=pieces)


def _share_of(part: Part, units: Decimal) -> Part:
    if units == part.units:
        return part
    legs = (StrategyLeg(instrument=leg.instrument, quantity=leg.quantity / part.units * units) for leg in part.legs)
    return Part(strategy=part.strategy, units=units, legs=tuple(legs))


def _terms(leg: StrategyLeg) -> OptionTerms:
    """The terms of a leg that is known to be an option."""
    if leg.terms is None:
        raise TypeError(f"{leg.instrument.symbol} is no option")
    return leg.terms
