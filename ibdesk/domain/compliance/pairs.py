"""What is asked of a pair that is asked of no single order: that the broker takes one, that it is whole, and that it
closes no more than is held and free."""

from dataclasses import replace

from ibdesk.domain.compliance.case import closes_still, said
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.exposure import claimed
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure
from ibdesk.domain.orders import OrderTicket, faults

#: What the findings on the second order begin with.
_SECOND = "The stop: "


def check_pair(ticket: OrderTicket, context: Context) -> tuple[Finding, ...]:
    """What keeps both orders from leaving; empty when nothing does."""
    found = [said(Code.TICKET, Severity.BLOCK, fault) for fault in faults(ticket)]
    if not context.desk.takes_pairs:
        found.append(said(
            Code.NOT_OFFERED, Severity.BLOCK, "This connection takes no orders that cancel each other.",
            "Send the limit or the stop alone, and take the other away yourself when one fills.",
            source=Source.BROKER,
        ))  # fmt: skip
    if not found and not closes_still(context, ticket.changes):
        found.append(_too_much(ticket, context))
    return tuple(found)


def joined(pair: tuple[Finding, ...], first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All answers about both orders. What is the same of both is said once; the rest of the second one is marked."""
    passed, seen = {each.code for each in first}, {each.sentence for each in pair}
    own = (
        replace(each, sentence=f"{_SECOND}{each.sentence}") for each in second
        if each not in first and each.sentence not in seen
        and not (each.severity is Severity.PASS and each.code in passed)
    )
    return (*pair, *(each for each in first if each.sentence not in seen), *own)


def _too_much(ticket: OrderTicket, context: Context) -> Finding:
    instrument, change = ticket.changes[0]
    held = context.book.quantity(instrument)
    taken = abs(claimed(context.working, instrument, change))
    free = max(abs(held) - taken, type(held)(0)) if held * change < 0 else type(held)(0)
    working = f", and working orders close {figure(taken)} of them" if taken else ""
    return said(
        Code.CLOSED_TWICE, Severity.BLOCK,
        f"A pair only closes: it is for {figure(ticket.quantity)}, but {figure(abs(held))} {instrument.label} are "
        f"{'held' if held >= 0 else 'sold short'}{working}.",
        f"Use {figure(free)} or fewer." if free else "Cancel those working orders first." if taken else
        "Use an ordinary order to open a position.",
        measured=ticket.quantity, limit=free,
    )  # fmt: skip
