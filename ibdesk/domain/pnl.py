"""What a broker says of one position while it moves: what is held, and its running profit and loss."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMoved:
    """The broker's word on what is held: `quantity` (0: it is gone) and `average_cost` per contract, None when it was
    not told."""

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    average_cost: Decimal | None
    at: datetime

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.instrument.conid)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionPnl:
    """The broker's running figures of one position, in the instrument's currency; None is "not told"."""

    account: AccountId
    conid: Conid
    quantity: Decimal | None
    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    value: Decimal | None
    at: datetime

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.conid)
