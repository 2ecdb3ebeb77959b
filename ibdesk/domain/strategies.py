"""The names of option strategies, and one recognised part of a position: its legs, what in it is naked, its widths."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.instruments import Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO


class Strategy(StrEnum):
    """The names, as a person reads them. Credit, debit, long and short are by strikes and expiries, never by prices."""

    LONG_UNDERLYING = "long underlying"
    SHORT_UNDERLYING = "short underlying"
    LONG_CALL = "long call"
    LONG_PUT = "long put"
    SHORT_CALL = "uncovered short call"
    SHORT_PUT = "short put"
    COVERED_CALL = "covered call"
    COVERED_PUT = "covered put"
    PROTECTIVE_PUT = "protective put"
    PROTECTIVE_CALL = "protective call"
    COLLAR = "collar"
    SHORT_COLLAR = "short collar"
    CONVERSION = "conversion"
    REVERSAL = "reversal"
    DEBIT_CALL_SPREAD = "debit call spread"
    DEBIT_PUT_SPREAD = "debit put spread"
    CREDIT_CALL_SPREAD = "credit call spread"
    CREDIT_PUT_SPREAD = "credit put spread"
    CALENDAR = "calendar"
    DIAGONAL = "diagonal"
    LONG_BUTTERFLY = "long butterfly"
    SHORT_BUTTERFLY = "short butterfly"
    LONG_CONDOR = "long condor"
    SHORT_CONDOR = "short condor"
    LONG_IRON_BUTTERFLY = "long iron butterfly"
    SHORT_IRON_BUTTERFLY = "short iron butterfly"
    LONG_IRON_CONDOR = "long iron condor"
    SHORT_IRON_CONDOR = "short iron condor"
    LONG_BOX = "long box"
    SHORT_BOX = "short box"
    LONG_STRADDLE = "long straddle"
    SHORT_STRADDLE = "uncovered short straddle"
    LONG_STRANGLE = "long strangle"
    SHORT_STRANGLE = "uncovered short strangle"
    SYNTHETIC_LONG = "synthetic long"
    SYNTHETIC_SHORT = "synthetic short"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyLeg:
    """One instrument and its whole signed quantity in a strategy: contracts, or shares."""

    instrument: Instrument
    quantity: Decimal

    @property
    def terms(self) -> OptionTerms | None:
        """The option's terms, None for shares and futures."""
        return self.instrument.option


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`units` of one strategy. `pieces` are the pairs and single legs a larger strategy was put together from, each
    with the same units and without pieces of its own; empty for a pair or a single leg itself.
    """

    strategy: Strategy
    units: Decimal
    legs: tuple[StrategyLeg, ...]
    pieces: tuple["Part", ...] = ()

    @property
    def basics(self) -> tuple["Part", ...]:
        """The pairs and single legs in it: itself when it is one."""
        return self.pieces or (self,)

    @property
    def naked(self) -> tuple[StrategyLeg, ...]:
        """Its short options that nothing held covers. A short put may still be secured by cash: `cash_to_secure`."""
        return tuple(
            leg for basic in self.basics if basic.strategy in _BARE
            for leg in basic.legs
        )  # fmt: skip

    @property
    def widths(self) -> tuple[Decimal, ...]:
        """For each pair of options in it, how far (in price, per share) the long strike is worse than the short."""
        return tuple(width_of(long, short) for long, short in _pairs(self))

    @property
    def is_even(self) -> bool:
        """Whether all its pairs have their strikes equally far apart: an unbalanced butterfly has not."""
        return len({abs(long.strike - short.strike) for long, short in _pairs(self)}) <= 1

    @property
    def cash_to_secure(self) -> Decimal:
        """Strike x multiplier x contracts of its naked puts (reference/compliance.md 2.4), in their currency."""
        return _to_secure(self.naked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Everything on one underlying, each contract in exactly one part. `underlying` is None when nothing tells it."""

    symbol: str
    underlying: Conid | None
    parts: tuple[Part, ...]

    @property
    def basics(self) -> tuple[Part, ...]:
        """The pairs and single legs of all its parts."""
        return tuple(basic for part in self.parts for basic in part.basics)

    @property
    def naked(self) -> tuple[StrategyLeg, ...]:
        return tuple(leg for basic in self.basics if basic.strategy in _BARE for leg in basic.legs)

    @property
    def cash_to_secure(self) -> Decimal:
        return _to_secure(self.naked)

    def naked_contracts(self, right: Right) -> Decimal:
        """How many short options of this right nothing held covers."""
        return -sum((leg.quantity for leg in self.naked if leg.terms is not None and leg.terms.right is right), ZERO)


def _to_secure(naked: tuple[StrategyLeg, ...]) -> Decimal:
    return sum(
        (leg.terms.strike * leg.instrument.multiplier * -leg.quantity for leg in naked
         if leg.terms is not None and leg.terms.right is Right.PUT), ZERO
    )  # fmt: skip


_BARE = frozenset({Strategy.SHORT_CALL, Strategy.SHORT_PUT})
_PAIRS = frozenset({
    Strategy.DEBIT_CALL_SPREAD, Strategy.DEBIT_PUT_SPREAD, Strategy.CREDIT_CALL_SPREAD, Strategy.CREDIT_PUT_SPREAD,
    Strategy.CALENDAR, Strategy.DIAGONAL,
})  # fmt: skip


def width_of(long: OptionTerms, short: OptionTerms) -> Decimal:
    """How much worse the long strike is than the short one of the same right, per share; zero when it is not."""
    behind = long.strike - short.strike if long.right is Right.CALL else short.strike - long.strike
    return behind if behind > 0 else ZERO


def _pairs(part: Part) -> list[tuple[OptionTerms, OptionTerms]]:
    """The terms of the long and of the short of each pair in a part."""
    found = []
    for basic in part.basics:
        if basic.strategy in _PAIRS:
            long, short = sorted(basic.legs, key=lambda leg: -leg.quantity)
            if long.terms is not None and short.terms is not None:
                found.append((long.terms, short.terms))
    return found
