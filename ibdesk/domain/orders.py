"""An order's life: the ticket a person fills in, the intent that may leave, what the broker knows, and which step may
follow which.

A ticket's price is for one unit of all its legs: positive is paid, negative is received (a credit). For one leg it is
the price as quoted, whichever side.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.order_terms import NEEDS_LIMIT as NEEDS_LIMIT
from ibdesk.domain.order_terms import NEEDS_STOP as NEEDS_STOP
from ibdesk.domain.order_terms import OrderType as OrderType
from ibdesk.domain.order_terms import Side as Side
from ibdesk.domain.order_terms import TimeInForce as TimeInForce
from ibdesk.domain.order_terms import Trail as Trail

#: Our own id of an order (the Portal's cOID, TWS's orderRef): unique, ours before the broker hears of it.
OrderRef = NewType("OrderRef", str)
#: The broker's id of an order.
OrderId = NewType("OrderId", str)


class OrderRoute(StrEnum):
    """The way an order of the broker's modes goes: an order is followed, changed and cancelled where it was sent."""

    PORTAL = "portal"
    TWS = "tws"

    @property
    def word(self) -> str:
        return "TWS" if self is OrderRoute.TWS else "Client Portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One instrument of a ticket; `ratio` of it for each unit of the ticket's quantity."""

    instrument: Instrument
    side: Side
    ratio: int = 1

    def __post_init__(self) -> None:
        if self.ratio < 1:
            raise ValueError("a leg's ratio is at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """What is to close the position once the ticket is filled: one cancels the other. At least one is given."""

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherHalf:
    """The second order of a pair that closes what is held: a stop or a trailing stop beside the ticket's limit, for the
    same size and as long. The one that fills cancels the other."""

    order_type: OrderType = OrderType.STOP
    stop: Decimal | None = None
    trail: Trail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTicket:
    """What a person filled in, for one account and one mode from the moment it was opened. Each edit is a new ticket.

    `quantity` is a whole number of units, or of shares (fractions only where the broker takes them). Nothing is checked
    here: `faults` says what is missing, compliance says what is unwise.
    """

    account: AccountId
    mode: Mode
    legs: tuple[Leg, ...] = ()
    quantity: Decimal = Decimal(1)
    order_type: OrderType = OrderType.LIMIT
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Trail | None = None
    tif: TimeInForce = TimeInForce.DAY
    outside_hours: bool = False
    exits: Exits | None = None
    other: OtherHalf | None = None

    @property
    def is_combo(self) -> bool:
        return len(self.legs) > 1

    @property
    def currency(self) -> Currency | None:
        return self.legs[0].instrument.currency if self.legs else None

    @property
    def changes(self) -> tuple[tuple[Instrument, Decimal], ...]:
        """What filling it does to each position: signed quantities."""
        return tuple((leg.instrument, self.quantity * leg.ratio * leg.side.sign) for leg in self.legs)


def faults(ticket: OrderTicket) -> tuple[str, ...]:
    """What a ticket lacks or has wrong before any rule can judge it, a sentence each."""
    found: list[str] = []
    if not ticket.legs:
        found.append("Choose what to buy or sell.")
    if len({leg.instrument.conid for leg in ticket.legs}) < len(ticket.legs):
        found.append("One contract is in two legs; make it one leg.")
    if len({leg.instrument.currency for leg in ticket.legs}) > 1:
        found.append("All legs must be in one currency.")
    if not ticket.quantity.is_finite() or ticket.quantity <= 0:
        found.append("Enter a quantity above zero.")
    elif ticket.quantity != ticket.quantity.to_integral_value() and not takes_fractions(ticket):
        found.append("Enter a whole number of contracts.")
    found += _price_faults(ticket)
    if ticket.exits is not None and ticket.exits.take_profit is None and ticket.exits.stop_loss is None:
        found.append("Enter a profit target or a stop loss, or take the exits away.")
    found += [] if ticket.other is None else _pair_faults(ticket, ticket.other)
    return tuple(found)


def _pair_faults(ticket: OrderTicket, other: OtherHalf) -> list[str]:
    """A limit on the better side of the market, a stop on the worse, of one contract."""
    if len(ticket.legs) != 1 or ticket.exits is not None or ticket.order_type is not OrderType.LIMIT:
        return ["A pair is a limit and a stop for one contract that is held."]
    if other.order_type is OrderType.TRAILING:
        return _trail_faults(other.trail)
    if other.order_type is not OrderType.STOP:
        return ["Beside the limit stands a stop or a trailing stop."]
    if found := _price_fault("stop price", other.stop, may_be_negative=False):
        return found
    if ticket.limit is None or other.stop is None or not ticket.limit.is_finite():
        return []
    if (ticket.limit - other.stop) * ticket.legs[0].side.sign < 0:
        return []
    where = "below" if ticket.legs[0].side is Side.SELL else "above"
    return [f"The stop must be {where} the limit: one takes the profit, the other ends the loss."]


#: Bought in whole or by amount, and held in fractions.
_IN_FRACTIONS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUND, AssetClass.CRYPTO})


def takes_fractions(ticket: OrderTicket) -> bool:
    """Whether its quantity may be a fraction."""
    classes = {leg.instrument.asset_class for leg in ticket.legs}
    return len(ticket.legs) == 1 and classes <= _IN_FRACTIONS


def _price_faults(ticket: OrderTicket) -> list[str]:
    found: list[str] = []
    if ticket.order_type in NEEDS_LIMIT:
        found += _price_fault("limit price", ticket.limit, may_be_negative=ticket.is_combo)
    if ticket.order_type in NEEDS_STOP:
        found += _price_fault("stop price", ticket.stop, may_be_negative=ticket.is_combo)
    if ticket.order_type is OrderType.TRAILING:
        found += _trail_faults(ticket.trail)
    for name, exit_price in _exit_prices(ticket):
        found += _price_fault(name, exit_price, may_be_negative=ticket.is_combo)
    return found


def _trail_faults(trail: Trail | None) -> list[str]:
    found = _price_fault("trailing amount", None if trail is None else trail.amount, may_be_negative=False)
    if not found and trail is not None and trail.is_percent and trail.amount >= 100:
        found.append("The trailing amount must be below 100 %.")
    return found


def _exit_prices(ticket: OrderTicket) -> tuple[tuple[str, Decimal], ...]:
    exits = ticket.exits or Exits()
    named = (("profit target", exits.take_profit), ("stop loss", exits.stop_loss))
    return tuple((name, price) for name, price in named if price is not None)


def _price_fault(name: str, price: Decimal | None, *, may_be_negative: bool) -> list[str]:
    if price is None or not price.is_finite():
        return [f"Enter a {name}."]
    if price <= 0 and not may_be_negative:
        return [f"The {name} must be above zero."]
    return []


class OrderState(StrEnum):
    """Where an order is. UNKNOWN: it left and nobody knows whether it arrived; it is never sent again."""

    INTENDED = "intended"
    ASKED = "asked"
    UNKNOWN = "unknown"
    PENDING = "pending"
    HELD = "held"
    WORKING = "working"
    CANCELLING = "cancelling"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    DECLINED = "declined"
    INACTIVE = "inactive"


#: States after which nothing can happen any more; an inactive order may still come alive at the broker.
FINAL = frozenset({OrderState.FILLED, OrderState.REFUSED, OrderState.DECLINED})
OPEN = frozenset({
    OrderState.ASKED, OrderState.UNKNOWN, OrderState.PENDING, OrderState.HELD, OrderState.WORKING,
    OrderState.CANCELLING,
})  # fmt: skip

_AT_THE_BROKER = frozenset({
    OrderState.PENDING, OrderState.HELD, OrderState.WORKING, OrderState.CANCELLING, OrderState.FILLED,
    OrderState.CANCELLED, OrderState.REFUSED, OrderState.INACTIVE,
})  # fmt: skip
#: Which state may follow which (client-portal-api.md 7.4, 7.5, 7.8, 7.11): a cancel is only asked for and may lose
#: against a fill; a cancelled order may turn out filled when the reports crossed; an inactive one may be activated.
FOLLOWS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.INTENDED: _AT_THE_BROKER | {OrderState.ASKED, OrderState.UNKNOWN},
    OrderState.ASKED: _AT_THE_BROKER | {OrderState.ASKED, OrderState.UNKNOWN, OrderState.DECLINED},
    OrderState.UNKNOWN: _AT_THE_BROKER,
    OrderState.PENDING: _AT_THE_BROKER,
    OrderState.HELD: _AT_THE_BROKER - {OrderState.PENDING},
    OrderState.WORKING: _AT_THE_BROKER - {OrderState.PENDING},
    OrderState.CANCELLING: _AT_THE_BROKER - {OrderState.PENDING},
    OrderState.FILLED: frozenset(),
    OrderState.CANCELLED: frozenset({OrderState.FILLED}),
    OrderState.REFUSED: frozenset(),
    OrderState.DECLINED: frozenset(),
    OrderState.INACTIVE: _AT_THE_BROKER - {OrderState.INACTIVE},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """A ticket that passed and may leave, under our id and by one way. Stored before a byte of it is sent."""

    ref: OrderRef
    ticket: OrderTicket
    at: datetime
    route: OrderRoute = OrderRoute.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is known of one order. `ref` None: it came from elsewhere. `price` and `stop` in the ticket's sign."""

    account: AccountId
    state: OrderState
    legs: tuple[Leg, ...]
    quantity: Decimal
    order_type: OrderType | None
    tif: TimeInForce | None
    at: datetime
    updated_at: datetime
    ref: OrderRef | None = None
    id: OrderId | None = None
    parent: OrderRef | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Trail | None = None
    outside_hours: bool = False
    filled: Decimal = Decimal(0)
    average_price: Decimal | None = None
    label: str = ""
    message: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_ours(self) -> bool:
        return self.ref is not None

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def changes(self) -> tuple[tuple[Instrument, Decimal], ...]:
        """What filling the rest of it does to each position: signed quantities."""
        return tuple((leg.instrument, self.remaining * leg.ratio * leg.side.sign) for leg in self.legs)

    @property
    def is_partly_filled(self) -> bool:
        return 0 < self.filled < self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """A report that cannot be true of this order: shown and logged, not applied."""

    order: Order
    report: Order
    why: str


def advance(order: Order, report: Order) -> Order | Impossible:
    """The order after the broker's report of it: what it knows better is taken over, nothing known is lost.

    Older reports and those that take back a fill or skip from an end to a beginning are impossible.
    """
    if report.state is not order.state and report.state not in FOLLOWS[order.state]:
        return Impossible(order=order, report=report, why=f"{report.state} cannot follow {order.state}.")
    if report.filled < order.filled:
        return Impossible(order=order, report=report, why="It takes back what was filled.")
    if report.filled > report.quantity:
        return Impossible(order=order, report=report, why="More is filled than was ordered.")
    if order.id is not None and report.id is not None and order.id != report.id:
        return Impossible(order=order, report=report, why="It is another order.")
    return Order(
        account=order.account, state=report.state, legs=order.legs or report.legs, quantity=report.quantity,
        order_type=report.order_type or order.order_type, tif=report.tif or order.tif, at=order.at,
        updated_at=max(order.updated_at, report.updated_at), ref=order.ref or report.ref, id=report.id or order.id,
        parent=order.parent or report.parent, limit=_newer(report.limit, order.limit),
        stop=_newer(report.stop, order.stop), trail=report.trail or order.trail, outside_hours=order.outside_hours,
        filled=report.filled, average_price=_newer(report.average_price, order.average_price),
        label=order.label or report.label, message=report.message or order.message,
    )  # fmt: skip


def _newer(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing the broker asks before it takes an order, as it says it. `id` empty where an old gateway names none."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The broker has it: the parent first, then its exits."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The broker asks; `reply` is what an answer must name. Nothing else may be sent for the account before it."""

    reply: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The broker will not take it, in its own words. Nothing was placed."""

    text: str


Answer = Placed | Questions | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """One figure now, what the order does to it, and after; None where the broker said nothing or a sentinel."""

    current: Decimal | None = None
    change: Decimal | None = None
    after: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The broker's preview, in the account's base currency; nothing is placed by asking for it."""

    at: datetime
    equity: Impact = Impact()
    initial_margin: Impact = Impact()
    maintenance_margin: Impact = Impact()
    amount: Decimal | None = None
    commission_from: Decimal | None = None
    commission_to: Decimal | None = None
    currency: Currency | None = None
    warnings: tuple[Question, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """From this price on (absolute value), prices move in steps of `step`."""

    above: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRules:
    """What the broker takes for one instrument."""

    conid: Conid
    order_types: frozenset[OrderType]
    outside_hours_types: frozenset[OrderType]
    tifs: frozenset[TimeInForce]
    ticks: tuple[Tick, ...]
    size_step: Decimal = Decimal(1)

    def step_at(self, price: Decimal) -> Decimal | None:
        """The step that holds at a price; at a border the upper row applies. None without rules."""
        rows = [tick.step for tick in self.ticks if tick.above <= abs(price)]
        return rows[-1] if rows else None
