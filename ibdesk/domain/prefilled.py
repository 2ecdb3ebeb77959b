"""Which ticket something that exists already starts with: an order that is to be changed, a position or an order that
is to be closed, an option that is to be rolled into a later one. A person looks each over before it is sent.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, Order, OrderTicket, OrderType, Side, TimeInForce


def ticket_of(order: Order, mode: Mode) -> OrderTicket:
    """What the order would have been filled in as: the start of a change. ValueError where the broker did not tell its
    contract or its type."""
    if not order.legs or order.order_type is None:
        raise ValueError("an order whose contract or type is not known cannot be filled in")
    return OrderTicket(
        account=order.account, mode=mode, legs=order.legs, quantity=order.quantity, order_type=order.order_type,
        limit=order.limit, stop=order.stop, trail=order.trail, tif=order.tif or TimeInForce.DAY,
        outside_hours=order.outside_hours,
    )  # fmt: skip


def closing_ticket(account: AccountId, mode: Mode, instrument: Instrument, held: Decimal) -> OrderTicket:
    """The opposite of a position, at the market. ValueError when nothing is held."""
    if held == 0:
        raise ValueError("there is nothing to close")
    side = Side.SELL if held > 0 else Side.BUY
    return OrderTicket(
        account=account, mode=mode, legs=(Leg(instrument=instrument, side=side),), quantity=abs(held),
        order_type=OrderType.MARKET,
    )  # fmt: skip


def undoing(order: Order, mode: Mode) -> OrderTicket:
    """The opposite of what was filled of an order: at the market, for several legs at a limit a person chooses.
    ValueError when nothing was filled."""
    if order.filled <= 0 or not order.legs:
        raise ValueError("nothing was filled of it")
    legs = tuple(replace(leg, side=leg.side.opposite) for leg in order.legs)
    return OrderTicket(
        account=order.account, mode=mode, legs=legs, quantity=order.filled,
        order_type=OrderType.MARKET if len(legs) == 1 else OrderType.LIMIT,
    )  # fmt: skip


def is_still_held(order: Order, held: Callable[[Conid], Decimal]) -> bool:
    """Whether the account holds at least what was filled of the order, so that the opposite only closes."""
    moved = ((leg.instrument.conid, order.filled * leg.ratio, leg.side.sign) for leg in order.legs)
    return order.filled > 0 and bool(order.legs) and all(held(conid) * sign >= size for conid, size, sign in moved)


def rolling(account: AccountId, mode: Mode, held: Decimal, option: Instrument, later: Instrument) -> OrderTicket:
    """Close the option that is held and hold as much of a later one, at a limit a person chooses. ValueError when
    nothing is held."""
    if held == 0:
        raise ValueError("there is nothing to roll")
    side = Side.SELL if held > 0 else Side.BUY
    return OrderTicket(
        account=account, mode=mode, quantity=abs(held), order_type=OrderType.LIMIT,
        legs=(Leg(instrument=option, side=side), Leg(instrument=later, side=side.opposite)),
    )  # fmt: skip
