"""Where two pictures of one account differ, and which of them holds: never what they come to together.

The rule (house: live P&L from TWS, balances and orders from the Portal, tax and NAV of record from Flex; freshness
decides within one kind): of what is held now the younger of two pictures of the day holds, and either before a
statement, which is of a day that is over. Of the same instant the Portal's holds, whose balances stand beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.positions import Position, Source

#: Prices of two pictures further apart than this are of different times.
SAME_TIME = timedelta(minutes=1)
#: Values this near are the same, differently rounded (in the instrument's currency).
ROUNDING = Decimal("0.01")
#: A price may move so far between two readings of the same minute; what is beyond it is another matter, such as a
#: multiplier or a price of another day.
MOVES = Decimal("0.01")
#: A picture that is older than another by more tells nothing of today.
TELLS_FOR = timedelta(days=1)


class Reason(StrEnum):
    """Why a picture holds against another."""

    YOUNGER = "younger"
    BALANCES = "of the same instant, with the balances"
    STATEMENT = "the other is a statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one source tells of one account: its holdings by contract, as of an instant."""

    account: AccountId
    source: Source
    as_of: datetime
    held: Mapping[Conid, Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One contract two sources tell differently. `ours` and `theirs` are None where it is not held; `quantity` and
    `value` are theirs less ours, `value` in the instrument's currency and None where the two cannot be compared."""

    account: AccountId
    instrument: Instrument
    ours: Position | None
    theirs: Position | None
    quantity: Decimal
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two pictures of one account. `ours` is the one that is shown; `drifts` is empty while they agree."""

    account: AccountId
    ours: Source
    ours_as_of: datetime
    theirs: Source
    theirs_as_of: datetime
    holds: Source
    why: Reason
    drifts: tuple[Drift, ...] = ()

    @property
    def apart(self) -> timedelta:
        """How much older the one is than the other."""
        return abs(self.theirs_as_of - self.ours_as_of)


def told_by(account: AccountId, source: Source, as_of: datetime, positions: Iterable[Position]) -> Told:
    """A picture's holdings, to be compared."""
    return Told(account=account, source=source, as_of=as_of, held={each.instrument.conid: each for each in positions})


def compare(ours: Told, theirs: Told) -> Comparison | None:
    """How another source's picture differs from the one that is shown; None where there is nothing to compare: another
    account, the same source, or a picture too old to tell of today."""
    if ours.account != theirs.account or ours.source is theirs.source:
        return None
    is_statement = Source.FLEX in (ours.source, theirs.source)
    if not is_statement and abs(ours.as_of - theirs.as_of) > TELLS_FOR:
        return None
    holds, why = which_holds((ours.source, ours.as_of), (theirs.source, theirs.as_of))
    is_same_time = abs(ours.as_of - theirs.as_of) <= SAME_TIME
    found = (
        _drift(ours, theirs, conid, is_same_time=is_same_time) for conid in dict.fromkeys((*ours.held, *theirs.held))
    )
    return Comparison(
        account=ours.account, ours=ours.source, ours_as_of=ours.as_of, theirs=theirs.source,
        theirs_as_of=theirs.as_of, holds=holds, why=why, drifts=tuple(each for each in found if each is not None),
    )  # fmt: skip


def which_holds(one: tuple[Source, datetime], other: tuple[Source, datetime]) -> tuple[Source, Reason]:
    """The source that is believed of what is held now, and why; each with the instant of its picture."""
    statements = [source for source, _ in (one, other) if source is Source.FLEX]
    if len(statements) == 1:
        return (other if one[0] is Source.FLEX else one)[0], Reason.STATEMENT
    if one[1] != other[1]:
        return max(one, other, key=lambda each: each[1])[0], Reason.YOUNGER
    return (Source.PORTAL if Source.PORTAL in (one[0], other[0]) else one[0]), Reason.BALANCES


def _drift(ours: Told, theirs: Told, conid: Conid, *, is_same_time: bool) -> Drift | None:
    mine, other = ours.held.get(conid), theirs.held.get(conid)
    shown = mine or other
    if shown is None:
        return None
    quantity = (ZERO if other is None else other.quantity) - (ZERO if mine is None else mine.quantity)
    value = _value_apart(mine, other) if is_same_time else None
    if not quantity and (value is None or mine is None or not _is_beyond(value, mine)):
        return None
    return Drift(
        account=ours.account, instrument=shown.instrument, ours=mine, theirs=other, quantity=quantity, value=value
    )


def _value_apart(mine: Position | None, other: Position | None) -> Decimal | None:
    """The difference of what both priced; None where one did not, or where it is rounding."""
    if mine is None or other is None or mine.value is None or other.value is None:
        return None
    apart = other.value - mine.value
    return apart if abs(apart) > ROUNDING else None


def _is_beyond(apart: Decimal, mine: Position) -> bool:
    """Whether prices that move explain it."""
    return mine.value is not None and abs(apart) > abs(mine.value) * MOVES
