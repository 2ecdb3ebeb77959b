"""What an account holds, and one whole picture of it at an instant."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.accounts import AccountId, AccountPnl, AccountSummary, LedgerLine
from ibdesk.domain.instruments import Conid, Instrument, notional_of, value_of
from ibdesk.domain.money import Currency


class Source(StrEnum):
    """Where a picture came from. Pictures from two sources are never added up."""

    PORTAL = "portal"
    TWS = "tws"
    FLEX = "flex"
    MOCK = "mock"
    LOCAL = "local paper"


class Freshness(StrEnum):
    """How a source keeps up with the market."""

    STREAMED = "streamed"
    POLLED = "polled"
    END_OF_DAY = "end of day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One line of an account, in the instrument's currency; None is "not reported".

    `average_cost` is per contract (price x multiplier), `average_price` per unit of price.
    """

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    average_cost: Decimal | None = None
    average_price: Decimal | None = None
    price: Decimal | None = None
    market_value: Decimal | None = None
    unrealized: Decimal | None = None
    realized: Decimal | None = None

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.instrument.conid)

    @property
    def value(self) -> Decimal | None:
        """What it adds to net assets."""
        return value_of(self.instrument.asset_class, self.market_value, self.unrealized)

    @property
    def notional(self) -> Decimal | None:
        """Exposure, a column of its own."""
        return notional_of(self.quantity, self.price, self.instrument.multiplier)

    @property
    def cost(self) -> Decimal | None:
        """What was paid for all of it."""
        return None if self.average_cost is None else self.average_cost * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that could not be taken in, said by name instead of dropped.

    `conid` or `currency` says which holding or cash line is there all the same, though its figures are not.
    """

    what: str
    why: str
    conid: Conid | None = None
    currency: Currency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One account, one source, one instant. `skipped` is not empty when something could not be read."""

    account: AccountId
    source: Source
    as_of: datetime
    received_at: datetime
    summary: AccountSummary
    ledger: tuple[LedgerLine, ...]
    positions: tuple[Position, ...]
    pnl: AccountPnl | None = None
    skipped: tuple[Skipped, ...] = ()


def fresher(ours: Snapshot | None, theirs: Snapshot) -> Snapshot:
    """The later of two pictures of the same account from the same source."""
    if ours is None or theirs.as_of >= ours.as_of:
        return theirs
    return ours


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCounts:
    """What storing a snapshot changed; `processed` counts the broker's rows."""

    processed: int = 0
    new: int = 0
    updated: int = 0
    removed: int = 0
    skipped: int = 0

    def __add__(self, other: "SyncCounts") -> "SyncCounts":
        return SyncCounts(
            processed=self.processed + other.processed,
            new=self.new + other.new,
            updated=self.updated + other.updated,
            removed=self.removed + other.removed,
            skipped=self.skipped + other.skipped,
        )
