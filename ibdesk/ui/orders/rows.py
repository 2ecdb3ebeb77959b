"""Which orders a table lists, in which order, and what a person can do with each of them now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.orders import Leg, Order, OrderId, OrderRef, OrderState
from ibdesk.domain.pairs import other_ref


class Show(StrEnum):
    """What the table lists."""

    WORKING = "working"
    FILLED = "filled"
    TODAY = "today"


class Act(StrEnum):
    """What an order's row offers."""

    CHANGE = "change"
    CANCEL = "cancel"
    ANSWER = "answer"
    SETTLE = "settle"


#: An order's name in a table: our id where it has one, so that it stays the same when the broker gives it one.
Key = OrderRef | OrderId | str

_CHANGEABLE = frozenset({OrderState.WORKING, OrderState.HELD, OrderState.PENDING})
#: What wants a person comes first: nobody knows of it, or the broker waits.
_FIRST = {OrderState.UNKNOWN: 0, OrderState.ASKED: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What an order's prints cost, all of them in one currency."""

    amount: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order as it is listed: what it may be done with, whether its cancellation was asked for at this window, and
    what its prints cost so far (None where the broker has not told, or in several currencies). `is_below`: it stands
    below the order it exits, or its other half."""

    order: Order
    acts: tuple[Act, ...] = ()
    is_cancelling: bool = False
    paid: Paid | None = None
    is_below: bool = False

    @property
    def key(self) -> Key:
        return key_of(self.order)


def key_of(order: Order) -> Key:
    """What tells one order from another."""
    return order.ref or order.id or f"{order.parent or ''}/{order.label}/{order.order_type or ''}"


def listed(orders: Iterable[Order], show: Show, account: AccountId | None, today: date) -> tuple[Order, ...]:
    """The orders of one account (None: of all) of this list: what wants a person first, then the newest."""
    mine = (order for order in orders if account is None or order.account == account)
    chosen = [order for order in mine if is_listed(order, show, today)]
    chosen.sort(key=lambda order: order.at, reverse=True)
    return tuple(sorted(chosen, key=lambda order: _FIRST.get(order.state, 2)))


def nested(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """Exits below the order they close, and the stop of a pair below its limit, where that is listed; everything else
    as it stands."""
    parents = {row.order.ref for row in rows if row.order.ref is not None and row.order.parent is None}
    below: dict[OrderRef, list[OrderRow]] = {}
    for row in rows:
        if (top := _top_of(row.order)) is not None and top in parents:
            below.setdefault(top, []).append(replace(row, is_below=True))
    tops = (row for row in rows if _top_of(row.order) not in parents)
    return [each for top in tops for each in (top, *(below.get(top.order.ref, ()) if top.order.ref else ()))]


def _top_of(order: Order) -> OrderRef | None:
    """The order it stands below: the one it closes, or a pair's first."""
    other = None if order.ref is None else other_ref(order.ref)
    return order.parent if other is None or order.ref is None or order.ref < other else other


def is_listed(order: Order, show: Show, today: date) -> bool:
    """Working ones always; filled and other ones of today, by New York's calendar."""
    if is_working(order):
        return show is not Show.FILLED
    if show is Show.WORKING or order.updated_at.astimezone(NEW_YORK).date() != today:
        return False
    return show is Show.TODAY or order.filled > 0


def is_from_elsewhere(order: Order) -> bool:
    """Whether it was not placed with ibdesk. The exits of our orders have no id of ours, but a parent that has."""
    return order.ref is None and order.parent is None


def is_working(order: Order) -> bool:
    """Whether something can still become of it."""
    return order.is_open or order.state is OrderState.INTENDED


def acts_of(order: Order, *, may_trade: bool, has_question: bool) -> tuple[Act, ...]:
    """What can be done with an order now. A question about its change is answered first; what is asked at another
    window, or by nobody any more, is only cancelled."""
    if not may_trade:
        return ()
    if has_question:
        return (Act.ANSWER,)
    if order.state is OrderState.UNKNOWN:
        return (Act.SETTLE,)
    if order.state is OrderState.ASKED:
        return ()
    if order.id is None or order.state not in _CHANGEABLE:
        return ()
    return (Act.CHANGE, Act.CANCEL) if order.legs and order.order_type is not None else (Act.CANCEL,)


def net_price(legs: Sequence[Leg], quotes: Mapping[Conid, Quote]) -> Decimal | None:
    """What the market says one unit is worth: the last price of one leg; of several the net of their middles, positive
    where it would be paid. None while a leg has no price."""
    if len(legs) == 1:
        quote = quotes.get(legs[0].instrument.conid)
        return None if quote is None else quote.last
    prices = [_middle(quotes.get(leg.instrument.conid)) for leg in legs]
    if not prices or None in prices:
        return None
    pairs = zip(legs, prices, strict=True)
    return sum((leg.side.sign * leg.ratio * price for leg, price in pairs if price is not None), ZERO)


def _middle(quote: Quote | None) -> Decimal | None:
    if quote is None or quote.bid is None or quote.ask is None:
        return None if quote is None else quote.last
    return (quote.bid + quote.ask) / 2
