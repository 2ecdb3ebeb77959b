"""Which legs a named strategy starts with: each template picks strikes by rungs around the money of a strike ladder.

Rungs are counted from the strike nearest to the price, upwards positive. What a template needs is in `Template.asks`,
so that a form shows those choices and no others. What it makes is only a start: a person changes any leg of it.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Instrument, Right
from ibdesk.domain.occ import is_nonstandard
from ibdesk.domain.strategies import StrategyLeg


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The options that are listed on one underlying, as far as they are known, and its price."""

    underlying: Instrument
    spot: Decimal
    contracts: tuple[Instrument, ...]

    def strikes(self, expiry: date) -> tuple[Decimal, ...]:
        """Every strike listed for this day, upwards."""
        found = {each.option.strike for each in self.contracts if each.option is not None
                 and each.option.expiry == expiry}  # fmt: skip
        return tuple(sorted(found))

    def option(self, expiry: date, right: Right, strike: Decimal) -> Instrument:
        """The contract. Refused(NOTHING_FOUND) when it is not listed."""
        for each in self.contracts:
            terms = each.option
            if terms is not None and (terms.expiry, terms.right, terms.strike) == (expiry, right, strike):
                return each
        raise _missing(f"There is no {strike.normalize():f} {_WORDS[right]} for {expiry:%Y-%m-%d}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The choices a template may ask for.

    `centre` is the rung everything is placed around; `gap` how many rungs the first strikes are from it; `width` how
    many lie between the two strikes of one spread; `contracts` how many of the whole. `is_long` buys the strategy.
    """

    expiry: date
    far_expiry: date | None = None
    right: Right = Right.CALL
    is_long: bool = True
    centre: int = 0
    gap: int = 1
    width: int = 1
    contracts: int = 1


class TemplateName(StrEnum):
    """In the order they are offered."""

    SINGLE = "Single"
    VERTICAL = "Vertical"
    IRON_CONDOR = "Iron condor"
    BUTTERFLY = "Butterfly"
    STRADDLE = "Straddle"
    STRANGLE = "Strangle"
    CALENDAR = "Calendar"
    DIAGONAL = "Diagonal"
    COVERED_CALL = "Covered call"
    COLLAR = "Collar"
    CASH_SECURED_PUT = "Cash-secured put"
    CUSTOM = "Custom"


class Ask(StrEnum):
    """What a template's form asks for besides the expiry and the number of contracts."""

    FAR_EXPIRY = "far_expiry"
    RIGHT = "right"
    SIDE = "is_long"
    CENTRE = "centre"
    GAP = "gap"
    WIDTH = "width"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One strategy to start from. `is_long` is the side it is usually wanted on."""

    name: TemplateName
    summary: str
    asks: frozenset[Ask]
    make: "Callable[[_Rungs], tuple[tuple[Instrument, Decimal], ...]]"
    is_long: bool = True

    def legs(self, ladder: Ladder, shape: Shape) -> tuple[StrategyLeg, ...]:
        """The legs with whole signed quantities. Refused(NOTHING_FOUND) where the ladder has no such strike or day."""
        if shape.contracts < 1 or shape.gap < 0 or shape.width < 1:
            raise ValueError("a shape has at least one contract, a width of one rung and no gap below zero")
        sign = 1 if shape.is_long or Ask.SIDE not in self.asks else -1
        made = self.make(_Rungs(ladder=ladder, shape=shape))
        return tuple(StrategyLeg(instrument=instrument, quantity=each * sign * shape.contracts)
                     for instrument, each in made)  # fmt: skip


_WORDS = {Right.CALL: "call", Right.PUT: "put"}
_ONE, _TWO = Decimal(1), Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rungs:
    """A ladder as one shape counts it."""

    ladder: Ladder
    shape: Shape

    def near(self, right: Right, rungs: int) -> Instrument:
        """The option this many rungs from the centre on the nearer expiry."""
        return self._at(self.shape.expiry, right, rungs)

    def far(self, right: Right, rungs: int) -> Instrument:
        return self._at(self._far_expiry, right, rungs)

    def both(self, right: Right) -> tuple[Instrument, Instrument]:
        """Near and far option of the strike at the centre, among the strikes that both days list."""
        near, far = self.shape.expiry, self._far_expiry
        shared = tuple(sorted({*self.ladder.strikes(near)} & {*self.ladder.strikes(far)}))
        strike = self._rung(shared, 0, far)
        return self.ladder.option(near, right, strike), self.ladder.option(far, right, strike)

    def shares_for(self, option: Instrument) -> Decimal:
        """How much of the underlying one contract delivers. Refused for an adjusted one: nobody can tell from here."""
        if is_nonstandard(option):
            raise _missing(f"{option.label} is an adjusted contract and does not deliver the usual shares.")
        return option.multiplier / self.ladder.underlying.multiplier

    @property
    def outward(self) -> int:
        """The direction in which options of the chosen right get further out of the money."""
        return 1 if self.shape.right is Right.CALL else -1

    @property
    def _far_expiry(self) -> date:
        far = self.shape.far_expiry
        if far is None or far <= self.shape.expiry:
            raise Refused(
                "The second expiry has to be later than the first.", remedy="Choose a later one.",
                cause=Cause.BAD_CONTRACT,
            )  # fmt: skip
        return far

    def _at(self, expiry: date, right: Right, rungs: int) -> Instrument:
        return self.ladder.option(expiry, right, self._rung(self.ladder.strikes(expiry), rungs, expiry))

    def _rung(self, strikes: tuple[Decimal, ...], rungs: int, expiry: date) -> Decimal:
        if not strikes:
            raise _missing(f"No options are listed for {expiry:%Y-%m-%d}.")
        place = _nearest(strikes, self.ladder.spot) + self.shape.centre + rungs
        if not 0 <= place < len(strikes):
            raise _missing(f"The strikes listed for {expiry:%Y-%m-%d} do not reach that far.")
        return strikes[place]


def _nearest(strikes: tuple[Decimal, ...], price: Decimal) -> int:
    """The place of the strike nearest to the price; the lower of two that are equally near."""
    after = bisect_left(strikes, price)
    around = [place for place in (after - 1, after) if 0 <= place < len(strikes)]
    return min(around, key=lambda place: abs(strikes[place] - price))


def _missing(message: str) -> Refused:
    return Refused(
        message, remedy="Choose another expiry, or strikes nearer to the money.", cause=Cause.NOTHING_FOUND
    )  # fmt: skip


_Made = tuple[tuple[Instrument, Decimal], ...]


def _single(at: _Rungs) -> _Made:
    return ((at.near(at.shape.right, 0), _ONE),)


def _vertical(at: _Rungs) -> _Made:
    right = at.shape.right
    return ((at.near(right, 0), _ONE), (at.near(right, at.outward * at.shape.width), -_ONE))


def _iron_condor(at: _Rungs) -> _Made:
    inner, outer = at.shape.gap, at.shape.gap + at.shape.width
    return ((at.near(Right.PUT, -outer), -_ONE), (at.near(Right.PUT, -inner), _ONE),
            (at.near(Right.CALL, inner), _ONE), (at.near(Right.CALL, outer), -_ONE))  # fmt: skip


def _butterfly(at: _Rungs) -> _Made:
    right, width = at.shape.right, at.shape.width
    return ((at.near(right, -width), _ONE), (at.near(right, 0), -_TWO), (at.near(right, width), _ONE))


def _straddle(at: _Rungs) -> _Made:
    return ((at.near(Right.CALL, 0), _ONE), (at.near(Right.PUT, 0), _ONE))


def _strangle(at: _Rungs) -> _Made:
    return ((at.near(Right.PUT, -at.shape.gap), _ONE), (at.near(Right.CALL, at.shape.gap), _ONE))


def _calendar(at: _Rungs) -> _Made:
    near, far = at.both(at.shape.right)
    return ((near, -_ONE), (far, _ONE))


def _diagonal(at: _Rungs) -> _Made:
    right = at.shape.right
    return ((at.near(right, at.outward * at.shape.width), -_ONE), (at.far(right, 0), _ONE))


def _covered_call(at: _Rungs) -> _Made:
    call = at.near(Right.CALL, at.shape.gap)
    return ((at.ladder.underlying, at.shares_for(call)), (call, -_ONE))


def _collar(at: _Rungs) -> _Made:
    return (*_covered_call(at), (at.near(Right.PUT, -at.shape.gap), _ONE))


def _cash_secured_put(at: _Rungs) -> _Made:
    return ((at.near(Right.PUT, -at.shape.gap), -_ONE),)


def _custom(_at: _Rungs) -> _Made:
    return ()


_OF_A_RIGHT = frozenset({Ask.RIGHT, Ask.SIDE, Ask.CENTRE})

TEMPLATES: Mapping[TemplateName, Template] = {
    each.name: each for each in (
        Template(name=TemplateName.SINGLE, summary="One call or put.", asks=_OF_A_RIGHT, make=_single),
        Template(name=TemplateName.VERTICAL, summary="Two strikes of one day: bought it costs, sold it pays.",
                 asks=_OF_A_RIGHT | {Ask.WIDTH}, make=_vertical),
        Template(name=TemplateName.IRON_CONDOR, summary="Sold, it earns while the price stays between two spreads.",
                 asks=frozenset({Ask.SIDE, Ask.CENTRE, Ask.GAP, Ask.WIDTH}), make=_iron_condor, is_long=False),
        Template(name=TemplateName.BUTTERFLY, summary="Bought, it earns most when the price ends at its middle.",
                 asks=_OF_A_RIGHT | {Ask.WIDTH}, make=_butterfly),
        Template(name=TemplateName.STRADDLE, summary="Call and put of one strike: bought, it earns from a large move.",
                 asks=frozenset({Ask.SIDE, Ask.CENTRE}), make=_straddle),
        Template(name=TemplateName.STRANGLE, summary="Call above and put below: cheaper than a straddle, and wider.",
                 asks=frozenset({Ask.SIDE, Ask.CENTRE, Ask.GAP}), make=_strangle),
        Template(name=TemplateName.CALENDAR, summary="One strike, two days: the nearer sold, the later bought.",
                 asks=_OF_A_RIGHT | {Ask.FAR_EXPIRY}, make=_calendar),
        Template(name=TemplateName.DIAGONAL, summary="The later bought at the money, the nearer sold further out.",
                 asks=_OF_A_RIGHT | {Ask.FAR_EXPIRY, Ask.WIDTH}, make=_diagonal),
        Template(name=TemplateName.COVERED_CALL, summary="Shares, and a call sold above the price.",
                 asks=frozenset({Ask.CENTRE, Ask.GAP}), make=_covered_call),
        Template(name=TemplateName.COLLAR, summary="Shares, a call sold above and a put bought below.",
                 asks=frozenset({Ask.CENTRE, Ask.GAP}), make=_collar),
        Template(name=TemplateName.CASH_SECURED_PUT, summary="A put sold below, with the cash to take the shares.",
                 asks=frozenset({Ask.CENTRE, Ask.GAP}), make=_cash_secured_put),
        Template(name=TemplateName.CUSTOM, summary="No legs yet: pick each in the chain.", asks=frozenset(),
                 make=_custom),
    )
}  # fmt: skip
