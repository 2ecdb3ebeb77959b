"""Why an order may not leave, or may not be changed: what stands between a ticket that was shown and its sending."""

from datetime import datetime

from ibdesk.domain.compliance.confirmation import Confirmation, Spent, refusal
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.orders import Order, OrderState, OrderTicket

#: What helps where a finding names no remedy of its own.
MEND = "Change the ticket and check it again."
NOT_CHECKED = "The ticket was not checked."


def refused(message: str, remedy: str) -> Refused:
    """Nothing was sent, and why."""
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)


def shape(order: Order | OrderTicket) -> tuple[object, ...]:
    """What no change may change."""
    return (order.account, frozenset((leg.instrument.conid, leg.side, leg.ratio) for leg in order.legs))


def over(order: Order) -> Refused | None:
    """Why it cannot be changed any more; None while it works."""
    if order.is_open and order.state is not OrderState.CANCELLING:
        return None
    return refused(f"This order cannot be changed any more: it is {order.state}.", "Send another one instead.")


def asked(verdict: Verdict) -> frozenset[Code]:
    """What a person has to say yes to."""
    return frozenset(finding.code for finding in verdict.of(Severity.CONFIRM))


def passes(verdict: Verdict, code: Code) -> bool:
    """Whether it was proved to lower risk, which this rule lets pass with a note."""
    return any(each.code is code and each.severity is Severity.NOTE for each in verdict.findings)


def blocked(*verdicts: Verdict) -> Refused | None:
    """The first thing that blocks in the first of these that is blocked; one without a finding was not checked."""
    for verdict in verdicts:
        if verdict.is_blocked:
            first = next(iter(verdict.of(Severity.BLOCK)), None)
            return refused(first.sentence, first.remedy or MEND) if first else refused(NOT_CHECKED, MEND)
    return None


def spend(spent: Spent, confirmation: Confirmation | None) -> Spent:
    """What is spent with this yes, which counts once."""
    return spent if confirmation is None else spent.with_used(confirmation)


def unconfirmed(
    fresh: Verdict, shown: Verdict, ticket: OrderTicket, context: Context, confirmation: Confirmation | None,
    *, now: datetime, spent: Spent,
) -> Refused | None:  # fmt: skip
    """What the person has not seen, or has not said yes to; `ticket` and `context` are those that were shown."""
    if asked(fresh) - asked(shown):
        return refused("There is something new to confirm since you saw the ticket.", "Read it and send again.")
    why = refusal(confirmation, ticket, shown, context, now=now, spent=spent)
    return refused(why, "Read the findings, confirm them and send again.") if why else None
