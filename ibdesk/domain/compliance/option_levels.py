"""What each broker's option levels allow, as sets of capabilities.

Levels are names, never numbers to compare: Alpaca's 1 allows a put secured by cash, Interactive Brokers' 1 and 2 do
not (reference/compliance.md 3.1).
"""

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """What an account may hold, as the brokers tell them apart; a butterfly is a debit and a credit spread."""

    COVERED_CALL = "covered call"
    LONG_OPTION = "long option"
    COVERED_PUT = "covered put"
    DEBIT_SPREAD = "debit spread"
    SHORT_PUT_CASH = "put secured by cash"
    NAKED_PUT_MARGIN = "short put"
    CREDIT_SPREAD = "credit spread"
    CALENDAR = "calendar spread"
    SYNTHETIC = "reversal"
    CALENDAR_CREDIT = "short option that outlives its long"
    NAKED_CALL = "uncovered call"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionLevel:
    """One level of one broker by its name, and everything it allows."""

    broker: str
    name: str
    allows: frozenset[Capability]


def _ladder(broker: str, *steps: tuple[str, tuple[Capability, ...]]) -> tuple[OptionLevel, ...]:
    allowed: frozenset[Capability] = frozenset()
    levels = []
    for name, more in steps:
        allowed |= frozenset(more)
        levels.append(OptionLevel(broker=broker, name=name, allows=allowed))
    return tuple(levels)


#: Each broker's levels from the narrowest on. IBKR: knowledge base article 4860; "Level 0" is our word for an account
#: there without any option permission. Alpaca: its documentation; calendars are unverified there and left out. The
#: desk's own: a limit a person sets for themselves, uncovered options apart.
LEVELS: dict[str, tuple[OptionLevel, ...]] = {
    "ibkr": _ladder(
        "ibkr",
        ("Level 0", ()),
        ("Level 1", (Capability.COVERED_CALL,)),
        ("Level 2", (Capability.LONG_OPTION, Capability.COVERED_PUT, Capability.DEBIT_SPREAD)),
        ("Level 3", (Capability.SHORT_PUT_CASH, Capability.NAKED_PUT_MARGIN, Capability.CREDIT_SPREAD,
                     Capability.CALENDAR, Capability.SYNTHETIC)),
        ("Level 4", (Capability.NAKED_CALL, Capability.CALENDAR_CREDIT)),
    ),
    "alpaca": _ladder(
        "alpaca",
        ("Level 0", ()),
        ("Level 1", (Capability.COVERED_CALL, Capability.SHORT_PUT_CASH)),
        ("Level 2", (Capability.LONG_OPTION,)),
        ("Level 3", (Capability.DEBIT_SPREAD, Capability.CREDIT_SPREAD)),
    ),
    "desk": _ladder(
        "desk",
        ("Level 1", (Capability.COVERED_CALL, Capability.SHORT_PUT_CASH)),
        ("Level 2", (Capability.LONG_OPTION,)),
        ("Level 3", (Capability.DEBIT_SPREAD, Capability.CREDIT_SPREAD, Capability.CALENDAR, Capability.COVERED_PUT,
                     Capability.SYNTHETIC)),
        ("Uncovered", (Capability.NAKED_PUT_MARGIN, Capability.NAKED_CALL, Capability.CALENDAR_CREDIT)),
    ),
}  # fmt: skip


def level(broker: str, name: str) -> OptionLevel | None:
    """A level by its broker and name, None when there is no such level."""
    return next((row for row in LEVELS.get(broker, ()) if row.name == name), None)


def narrowest(broker: str, needed: frozenset[Capability]) -> OptionLevel | None:
    """The broker's first level that allows it all, None when no level does."""
    return next((row for row in LEVELS.get(broker, ()) if needed <= row.allows), None)
