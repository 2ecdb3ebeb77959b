"""The whole account as one value: its ledger, orders, prints and instructions, and the numbers that name new ones."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.matching import Resting
from ibdesk.domain.money import USD, ZERO, Currency
from ibdesk.domain.orders import Order, OrderId, OrderRef, OrderState, OrderTicket, Side
from ibdesk.domain.paper.ledger import CashLine, Ledger, replayed
from ibdesk.domain.returns import Point

OVER = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What was charged so far for one leg of an order that filled in parts."""

    conid: Conid
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """An order of the account. `resting` counts in the ticket's units; a combination is always bought, and the signs
    of its legs say what is sold. `spent` is the sum of price x quantity of its prints. Of one `group` the first to be
    filled ends the others; a `parent` is filled before its children live."""

    number: int
    ticket: OrderTicket
    resting: Resting
    state: OrderState
    at: datetime
    changed_at: datetime
    ref: OrderRef | None = None
    parent: int | None = None
    group: int | None = None
    spent: Decimal = ZERO
    charged: tuple[Charged, ...] = ()
    message: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def side(self) -> Side:
        return Side.BUY if self.ticket.is_combo else self.ticket.legs[0].side

    @property
    def ratios(self) -> tuple[tuple[Instrument, int], ...]:
        """Each leg with how many of it are traded for one unit, signed against the order's side."""
        return tuple(
            (leg.instrument, leg.ratio * leg.side.sign * self.side.sign) for leg in self.ticket.legs
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What a holder wants done with long options at the day's processing; `is_lapse`: nothing, also in the money."""

    instrument: Instrument
    quantity: Decimal
    at: datetime
    is_lapse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The last price an instrument was worth."""

    conid: Conid
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken of a size shown on one side of the market; another price or size shown is a new one."""

    conid: Conid
    side: Side
    price: Decimal
    size: Decimal
    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStart:
    """What the account was worth when a New York day began, and what it had realised by then; base currency."""

    day: date
    worth: Decimal
    realized: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBook:
    """`base` is the ledger before the oldest print that is kept; the prints lead from it to `ledger`. `last_number`
    names orders and prints. `looked_at` is when orders last met the market. `rates`: what one unit of each currency
    costs in `currency`, as last told. `curve` is the account's worth, a point a day."""

    account: AccountId
    opened_at: datetime
    start: Decimal
    currency: Currency = USD
    base: Ledger = Ledger()
    ledger: Ledger = Ledger()
    orders: tuple[PaperOrder, ...] = ()
    fills: tuple[Fill, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    marks: tuple[Mark, ...] = ()
    rates: tuple[tuple[Currency, Decimal], ...] = ()
    taken: tuple[Taken, ...] = ()
    curve: tuple[Point, ...] = ()
    day: DayStart | None = None
    last_number: int = 0
    looked_at: datetime | None = None

    def order(self, number: int) -> PaperOrder:
        return next(order for order in self.orders if order.number == number)

    def by_ref(self, ref: OrderRef) -> PaperOrder | None:
        return next((order for order in self.orders if order.ref == ref), None)

    def by_id(self, order_id: OrderId | None) -> PaperOrder | None:
        return next((order for order in self.orders if order_id_of(self, order) == order_id), None)

    @property
    def working(self) -> tuple[PaperOrder, ...]:
        return tuple(order for order in self.orders if not order.is_over)

    def mark(self, conid: Conid) -> Mark | None:
        return next((mark for mark in self.marks if mark.conid == conid), None)

    def rate(self, currency: Currency) -> Decimal | None:
        if currency == self.currency:
            return Decimal(1)
        return next((rate for name, rate in self.rates if name == currency), None)

    def with_order(self, order: PaperOrder) -> "PaperBook":
        """With an order as it is now, in its old place or last."""
        if any(each.number == order.number for each in self.orders):
            return replace(
                self, orders=tuple(order if each.number == order.number else each for each in self.orders)
            )
        return replace(self, orders=(*self.orders, order), last_number=max(self.last_number, order.number))


def new_book(account: AccountId, cash: Decimal, at: datetime) -> PaperBook:
    """An account with nothing but cash, in US dollars."""
    ledger = Ledger(cash=(CashLine(currency=USD, amount=cash),))
    return PaperBook(
        account=account, opened_at=at, start=cash, base=ledger, ledger=ledger, curve=(Point(at=at, value=cash),)
    )


def trimmed(book: PaperBook, before: datetime) -> PaperBook:
    """Without prints and finished orders that are older: their sum is kept in `base`."""
    old = tuple(fill for fill in book.fills if fill.execution.at < before)
    kept = tuple(order for order in book.orders if not order.is_over or order.changed_at >= before)
    if not old and len(kept) == len(book.orders):
        return book
    parents = {order.parent for order in kept}
    kept = tuple(order for order in book.orders if order in kept or order.number in parents)
    # Prints are kept from the first young one on: an exercised option and its shares are not parted.
    young = next((at for at, fill in enumerate(book.fills) if fill.execution.at >= before), len(book.fills))
    return replace(
        book, orders=kept, fills=book.fills[young:], base=replayed(book.base, book.fills[:young])
    )


def order_id_of(book: PaperBook, order: PaperOrder) -> OrderId:
    """The id by which the order is told: no other account has it."""
    return OrderId(f"{book.account}-{order.number}")


def told(book: PaperBook, order: PaperOrder) -> Order:
    """The order as the desk is told of it."""
    ticket, resting = order.ticket, order.resting
    parent = None if order.parent is None else book.order(order.parent).ref
    return Order(
        account=book.account, state=order.state, legs=ticket.legs, quantity=resting.quantity,
        order_type=ticket.order_type, tif=ticket.tif, at=order.at, updated_at=order.changed_at, ref=order.ref,
        id=order_id_of(book, order), parent=parent, limit=ticket.limit, stop=resting.stop, trail=ticket.trail,
        outside_hours=ticket.outside_hours, filled=resting.filled,
        average_price=order.spent / resting.filled if resting.filled else None,
        label=" / ".join(leg.instrument.label for leg in ticket.legs), message=order.message,
    )  # fmt: skip
