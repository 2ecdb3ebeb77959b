"""What was really traded: one print of the broker, what it cost, and what else can move a position."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderId, OrderRef, Side

ExecId = NewType("ExecId", str)


class ExecutionKind(StrEnum):
    """Why the position moved. Only TRADE and LIQUIDATION are trades; the others happen without an order."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    EXERCISE = "exercise"
    ASSIGNMENT = "assignment"
    EXPIRY = "expiry"
    CASH_SETTLEMENT = "cash settlement"
    TRANSFER = "transfer"
    CORPORATE_ACTION = "corporate action"


TRADES = frozenset({ExecutionKind.TRADE, ExecutionKind.LIQUIDATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One print. `quantity` is positive, `price` per unit of price, `at` aware UTC.

    `order_id` is the broker's id of the order it belongs to (None when not told): partial fills of one order share it.
    `trade_date` is given only where the venue says which day it books the print to.
    """

    exec_id: ExecId
    account: AccountId
    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal
    at: datetime
    order_id: OrderId | None = None
    ref: OrderRef | None = None
    kind: ExecutionKind = ExecutionKind.TRADE
    trade_date: date | None = None
    exchange: str = ""

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or self.quantity <= 0:
            raise ValueError("an execution moves a positive quantity")

    @property
    def signed(self) -> Decimal:
        """The quantity as it moves the position: sold is negative."""
        return self.quantity if self.side is Side.BUY else -self.quantity

    @property
    def is_trade(self) -> bool:
        return self.kind in TRADES

    @property
    def amount(self) -> Decimal:
        """Cash paid (negative) or received, before commission, in the instrument's currency."""
        return -self.signed * self.price * self.instrument.multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What one print cost (positive is paid) and the profit the broker realised with it; told later than the print."""

    exec_id: ExecId
    amount: Decimal
    currency: Currency
    realized: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A print with its commission, None until the broker tells it."""

    execution: Execution
    commission: Commission | None = None


def family(exec_id: ExecId) -> tuple[str, int]:
    """The print and which wording of it: Interactive Brokers counts corrections in the last part of the exec id
    (`0000e0d5.67a3b2c1.01.01` is corrected by `….01.02`). Other spellings stand for themselves."""
    parts = exec_id.rsplit(".", 1)
    is_counted = len(parts) == 2 and parts[0].count(".") == 2 and parts[1].isdigit()
    return (parts[0], int(parts[1])) if is_counted else (exec_id, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFill:
    """A print as it is known now; `before` is as what else it was told, oldest first, when it was corrected."""

    fill: Fill
    before: tuple[Fill, ...] = ()
