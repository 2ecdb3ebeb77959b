"""Whether the contracts of a ticket can be traded as it says: complete, not expired, standard, and of a type, life and
size that the broker takes."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, net_touch, said
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.occ import is_nonstandard
from ibdesk.domain.orders import Exits, Leg, OrderRules, OrderTicket, OrderType, faults
from ibdesk.domain.ticket_edits import exit_faults
from ibdesk.domain.typed import MOST_PLACES, MOST_PRICE, MOST_QUANTITY

#: What one contract of a plain stock or index option delivers (reference/compliance.md 4.1).
_STANDARD = 100


_FINE = (said(Code.CONTRACT_OK, Severity.PASS, "The contracts are standard and offered."),)


def check_ticket(ticket: OrderTicket) -> tuple[Finding, ...]:
    """What is missing, no number, beyond any order or an exit on the wrong side, before any other rule can judge it."""
    found = faults(ticket) or (*_beyond(ticket),) or tuple(fault for fault in exit_faults(ticket).values() if fault)
    return tuple(said(Code.TICKET, Severity.BLOCK, fault) for fault in found)


def _beyond(ticket: OrderTicket) -> Iterator[str]:
    """Numbers nobody means, from wherever they come: what is typed into the ticket is refused as it is read."""
    exits, trail = ticket.exits or Exits(), None if ticket.trail is None else ticket.trail.amount
    for name, number, most in (
        ("quantity", ticket.quantity, MOST_QUANTITY), ("limit price", ticket.limit, MOST_PRICE),
        ("stop price", ticket.stop, MOST_PRICE), ("trailing amount", trail, MOST_PRICE),
        ("profit target", exits.take_profit, MOST_PRICE), ("stop loss", exits.stop_loss, MOST_PRICE),
    ):  # fmt: skip
        if number is None or not number.is_finite():
            continue
        if abs(number) > most:
            yield f"That {name} is more than any order: {most:,f} is the most."
        elif number and number.adjusted() < -MOST_PLACES:
            yield f"That {name} is finer than any order: {MOST_PLACES} places are the most."


def check_rest(ticket: OrderTicket, filled: Decimal) -> tuple[Finding, ...]:
    """An order that is changed keeps what was filled of it."""
    if ticket.quantity > filled:
        return ()
    return (
        said(
            Code.TICKET, Severity.BLOCK, f"{figure(filled)} of this order are filled already.",
            "Enter more than that, or cancel the rest.", measured=ticket.quantity, limit=filled,
        ),
    )  # fmt: skip


def check_contracts(case: Case) -> tuple[Finding, ...]:
    """All legs; nothing in them is softened for closing but what says so itself."""
    today = case.policies.day
    found = [each for leg in case.ticket.legs for each in (*_of_leg(leg, case, today), *_offered(leg, case))]
    found += _exits_at_market(case)
    return tuple(found) or _FINE


def _exits_at_market(case: Case) -> Iterator[Finding]:
    """An entry without a price of its own fills where the market is: its exits are measured there."""
    ticket = case.ticket
    if ticket.exits is None or ticket.limit is not None or ticket.stop is not None:
        return
    met = net_touch(ticket, case.context) if ticket.order_type is OrderType.MARKET else None
    if met is None:
        yield said(
            Code.TICKET, Severity.CONFIRM, "Where this order would be filled is not known, so nobody can say whether "
            "its exits stand on the right sides.", "Wait for a quote, or use a limit.",
        )  # fmt: skip
    for fault in exit_faults(ticket, met).values():
        if fault:
            yield said(Code.TICKET, Severity.BLOCK, fault, "Move it, or use a limit.", measured=met)


def _of_leg(leg: Leg, case: Case, today: date) -> Iterator[Finding]:
    instrument = leg.instrument
    expiry = instrument.option.expiry if instrument.option is not None else instrument.expiry
    if expiry is not None and expiry < today:
        yield said(
            Code.EXPIRED, Severity.BLOCK, f"{instrument.label} expired on {expiry:%d %B %Y}.", "Choose a later expiry."
        )
    if _is_odd(instrument):
        yield said(
            Code.NON_STANDARD, Severity.CONFIRM if case.lowers_risk else Severity.BLOCK,
            f"{instrument.trading_class or instrument.symbol} is an adjusted contract: it may deliver something else "
            "than 100 shares, so prices and cover cannot be reckoned here.",
            "Ask the broker what it delivers." if case.lowers_risk else "Choose a standard contract.",
            source=Source.RULE, citation="OCC contract adjustments",
        )  # fmt: skip


def _is_odd(instrument: Instrument) -> bool:
    """By its root, or a multiplier that no plain US option has."""
    return is_nonstandard(instrument) or (
        instrument.asset_class is AssetClass.OPTION
        and instrument.currency == USD
        and instrument.multiplier != _STANDARD
    )


def _offered(leg: Leg, case: Case) -> Iterator[Finding]:
    ticket = case.ticket
    rules = case.context.rules.get(leg.instrument.conid)
    if rules is None:
        if case.opens:
            yield said(
                Code.NOT_OFFERED, Severity.CONFIRM,
                f"What orders the broker takes for {leg.instrument.label} is not known.",
                "Wait for the contract's rules, or send and read the broker's answer.",
            )  # fmt: skip
        return
    for what in _missing(ticket, rules):
        yield said(
            Code.NOT_OFFERED, Severity.BLOCK, f"The broker does not take {what} for {leg.instrument.label}.",
            "Choose another kind of order.", source=Source.BROKER,
        )  # fmt: skip
    size = ticket.quantity * leg.ratio
    if rules.size_step > 0 and size % rules.size_step:
        yield said(
            Code.TICK, Severity.BLOCK,
            f"{leg.instrument.label} trades in steps of {rules.size_step:f}; {size:f} is between two.",
            f"Use {size - size % rules.size_step:f} or {size - size % rules.size_step + rules.size_step:f}.",
            source=Source.BROKER, measured=size, limit=rules.size_step,
        )  # fmt: skip


def _missing(ticket: OrderTicket, rules: OrderRules) -> Iterator[str]:
    if rules.order_types and ticket.order_type not in rules.order_types:
        yield f"a {ticket.order_type} order"
    if rules.tifs and ticket.tif not in rules.tifs:
        yield f"an order good {ticket.tif}"
    if ticket.outside_hours and ticket.order_type not in rules.outside_hours_types:
        yield f"a {ticket.order_type} order outside regular hours"
