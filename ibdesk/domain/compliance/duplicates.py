"""Orders that get in each other's way: the same one twice, too many at once, and working ones on the other side."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.exposure import claimed
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.orders import Order, OrderTicket, OrderType, Side

#: The web interface takes ten requests a second in all (reference/client-portal-api.md section 10).
PER_SECOND = 10


_FINE = (said(Code.DUPLICATE, Severity.PASS, "No order like this was sent a moment ago."),)


def check_duplicate(case: Case) -> tuple[Finding, ...]:
    """The same order sent a moment ago: a double click, a key held down, a second window. What was refused or answered
    with no is nowhere, and may be sent again at once."""
    window = timedelta(seconds=float(case.context.settings.risk_duplicate_seconds))
    key = _key(case.ticket)
    for intent in case.context.sent:
        age = case.context.now - intent.at
        is_again = timedelta(0) <= age <= window and _key(intent.ticket) == key
        if window and is_again and intent.ref not in case.context.undone:
            return (
                said(
                    Code.DUPLICATE, Severity.BLOCK,
                    f"The same order was sent {age.total_seconds():.1f} seconds ago.",
                    f"Look at the order book; to send it again, wait {window.total_seconds():.0f} seconds.",
                    source=Source.SETTING, measured=Decimal(str(age.total_seconds())),
                    limit=case.context.settings.risk_duplicate_seconds,
                ),
            )  # fmt: skip
    return _FINE


def check_rate(case: Case) -> tuple[Finding, ...]:
    """How many orders left lately."""
    ages = [case.context.now - intent.at for intent in case.context.sent]
    per_minute = case.context.settings.risk_orders_per_minute
    for count, limit, words in (
        (sum(timedelta(0) <= age < timedelta(seconds=1) for age in ages), PER_SECOND, "second"),
        (sum(timedelta(0) <= age < timedelta(minutes=1) for age in ages), per_minute, "minute"),
    ):
        if count >= limit:
            return (
                said(
                    Code.RATE, Severity.BLOCK, f"{count} orders left in the last {words}; the limit is {limit}.",
                    f"Wait a {words}.", source=Source.SETTING, measured=Decimal(count), limit=Decimal(limit),
                ),
            )  # fmt: skip
    return ()


def check_crossing(case: Case) -> tuple[Finding, ...]:
    """Working orders of the account that this one could trade with, or that already close what this one closes."""
    return (*_crossing(case), *_closed_twice(case))


def _key(ticket: OrderTicket) -> tuple[object, ...]:
    legs = frozenset((leg.instrument.conid, leg.side, leg.ratio) for leg in ticket.legs)
    return (ticket.account, ticket.mode, legs, ticket.quantity, ticket.order_type, ticket.limit, ticket.stop,
            ticket.trail)  # fmt: skip


def _crossing(case: Case) -> Iterator[Finding]:
    """Trading with oneself is a wash trade; only orders of one leg can be told apart by price here."""
    if case.ticket.is_combo:
        return
    leg = case.ticket.legs[0]
    for order in case.context.working:
        theirs = order.legs[0] if len(order.legs) == 1 else None
        if theirs is None or theirs.instrument.conid != leg.instrument.conid or theirs.side is leg.side:
            continue
        if _meets(case.ticket, order, leg.side):
            yield said(
                Code.SELF_CROSS, Severity.CONFIRM,
                f"A working order of this account could trade with this one: {_told(order)}.",
                "Cancel the working order first.",
            )  # fmt: skip


def _meets(ticket: OrderTicket, order: Order, side: Side) -> bool:
    """Whether both could trade now; a stop sleeps until it is triggered."""
    takes = (OrderType.MARKET, OrderType.LIMIT)
    if ticket.order_type not in takes or order.order_type not in takes:
        return False
    ours, theirs = ticket.limit, order.limit
    if ticket.order_type is OrderType.MARKET or order.order_type is OrderType.MARKET or ours is None or theirs is None:
        return True
    return ours >= theirs if side is Side.BUY else ours <= theirs


def _told(order: Order) -> str:
    at = "" if order.limit is None else f" at {order.limit:f}"
    side = order.legs[0].side.lower()
    return f"{side} {order.remaining:f} {order.legs[0].instrument.label}{at}"


def _closed_twice(case: Case) -> Iterator[Finding]:
    """With the working orders filled as well, closing would go through zero. Those that cancel one another: once."""
    for instrument, change in case.legs:
        held = case.context.book.quantity(instrument)
        if held * change >= 0:
            continue
        pending = claimed(case.context.working, instrument, change, case.context.group)
        if pending and abs(pending + change) > abs(held):
            yield said(
                Code.CLOSED_TWICE, Severity.CONFIRM,
                f"Working orders already close {abs(pending):f} of the {abs(held):f} {instrument.label} held; if all "
                "fill, the position turns around.", "Cancel those working orders first.",
                measured=abs(pending + change), limit=abs(held),
            )  # fmt: skip
