"""What an outage hid: which holdings and figures are different after it, and what nobody can tell any more."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingChange:
    """One holding before and after; a quantity of 0 is none."""

    account: AccountId
    conid: Conid
    symbol: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure of an account before and after, in `currency`. `name` is for people, such as "Net liquidation"."""

    account: AccountId
    name: str
    currency: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayReport:
    """While you were away. `reason` says what the outage was; `unknown` are whole sentences on what the desk cannot
    know of that time. `as_of` is the first fresh picture's instant, None while none has come."""

    since: datetime
    until: datetime
    reason: str
    as_of: datetime | None = None
    holdings: tuple[HoldingChange, ...] = ()
    figures: tuple[FigureChange, ...] = ()
    unknown: tuple[str, ...] = ()
