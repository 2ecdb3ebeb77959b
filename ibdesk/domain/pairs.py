"""Two orders that close one position, the one that fills cancelling the other: how they are told apart and together.

Each has an id of its own, made from one name, so that whoever hears of one knows the other: after a restart, too, and
from a broker that does not tell its groups.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from ibdesk.domain.orders import Order, OrderIntent, OrderRef, OrderTicket

_FIRST, _SECOND = "-oco1", "-oco2"


class Pairing(StrEnum):
    """What a broker does with a pair when a person cancels one half."""

    NOT_TAKEN = "not taken"
    KEEPS = "the other keeps working"
    MAY_CANCEL = "the other may be cancelled too"


def first_ref(name: OrderRef) -> OrderRef:
    """The id of a pair's first order, by a name that no order ever had."""
    return OrderRef(name + _FIRST)


def other_ref(ref: OrderRef) -> OrderRef | None:
    """The id of the other half; None for an order that is in no pair."""
    for mine, other in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
        if ref.endswith(mine):
            return OrderRef(ref.removesuffix(mine) + other)
    return None


def group_of(order: Order) -> OrderRef | None:
    """The name of those among which the first that fills cancels the others; None for an order that stands alone."""
    if order.parent is not None or order.ref is None:
        return order.parent
    return OrderRef(order.ref[: -len(_FIRST)]) if other_ref(order.ref) is not None else None


def other_of(order: Order, orders: Iterable[Order]) -> Order | None:
    """The other half of a pair, where it is among these."""
    wanted = None if order.ref is None else other_ref(order.ref)
    return None if wanted is None else next((each for each in orders if each.ref == wanted), None)


def halves(ticket: OrderTicket) -> tuple[OrderTicket, ...]:
    """The two orders of a pair, the limit first; of any other ticket the ticket itself. A stop trades in regular hours
    alone."""
    other = ticket.other
    if other is None:
        return (ticket,)
    second = replace(
        ticket, order_type=other.order_type, limit=None, stop=other.stop, trail=other.trail, outside_hours=False,
        other=None,
    )  # fmt: skip
    return (replace(ticket, other=None), second)


def intents_of(intent: OrderIntent) -> tuple[OrderIntent, ...]:
    """The intent of each order it makes: of a pair the whole ticket under the first id, its second half under the
    other."""
    other = other_ref(intent.ref)
    if intent.ticket.other is None or other is None:
        return (intent,)
    return (intent, replace(intent, ref=other, ticket=halves(intent.ticket)[1]))
