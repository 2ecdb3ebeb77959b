"""Every rule asked about one ticket, in their order, and how hard each may be on an order that lowers risk.

A rule that fails is an answer too: it blocks what opens and asks before what closes. An order that lowers risk is
stopped only by who may send it, by what is traded, its grid, a duplicate and the hard collar; all else asks at most
(reference/compliance.md section 10).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from ibdesk.domain.compliance.account_rules import (
    check_cash,
    check_counts,
    check_funds,
    check_level,
    check_margin_level,
)
from ibdesk.domain.compliance.aggregates import check_aggregates
from ibdesk.domain.compliance.case import Case, case_of, closes_still, said
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.contracts import check_contracts, check_rest, check_ticket
from ibdesk.domain.compliance.disclosure_rule import check_disclosures
from ibdesk.domain.compliance.duplicates import check_crossing, check_duplicate, check_rate
from ibdesk.domain.compliance.expiry import check_expiry
from ibdesk.domain.compliance.identity import check_identity
from ibdesk.domain.compliance.limits import check_limits
from ibdesk.domain.compliance.market_state import check_market_state
from ibdesk.domain.compliance.pairs import check_pair, joined
from ibdesk.domain.compliance.policy import Policies
from ibdesk.domain.compliance.prices import check_hard_collar, check_prices
from ibdesk.domain.compliance.ticks import check_ticks
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Verdict
from ibdesk.domain.errors import DeskError
from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.pairs import halves

Rule: TypeAlias = Callable[[Case], tuple[Finding, ...]]

#: What pure code can fail with; anything else is the machine's own trouble and leaves no verdict, so nothing leaves.
FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, DeskError
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule in its place. `stops_all`: it may stop an order that lowers risk as well."""

    name: str
    rule: Rule
    stops_all: bool = False


def check(ticket: OrderTicket, context: Context, policies: Policies) -> Verdict:
    """Every rule's answer, in the order of `STEPS`; the same inputs give the same verdict.

    A ticket that lacks something or has a price that is no number is blocked before the rules that would reckon with
    it; who may send it is told all the same. Of an order that is changed they judge what is left to be filled, but
    for its size (`limits`). Of a pair both orders are judged, each as if it stood alone.
    """
    if ticket.other is None:
        return _of_one(ticket, context, policies)
    parts = tuple(_of_one(half, context, policies).findings for half in halves(ticket))
    return _verdict(context, joined(check_pair(ticket, context), *parts))


def _of_one(ticket: OrderTicket, context: Context, policies: Policies) -> Verdict:
    faults = check_ticket(ticket) or check_rest(ticket, context.filled)
    if faults:
        return _verdict(context, (*check_identity(ticket, context, lowers_risk=False), *faults))
    ticket = replace(ticket, quantity=ticket.quantity - context.filled)
    try:
        case = case_of(ticket, context, policies)
    except FAULTS as error:
        closes = _closes(ticket, context)
        identity = check_identity(ticket, context, lowers_risk=closes)
        return _verdict(context, (*identity, _failed("the resulting position", error, closes)))
    return _verdict(context, tuple(finding for step in STEPS for finding in _asked(step, case)))


def _verdict(context: Context, findings: tuple[Finding, ...]) -> Verdict:
    return Verdict(findings=findings, checked_at=context.now)


def _asked(step: Step, case: Case) -> tuple[Finding, ...]:
    try:
        found = step.rule(case)
    except FAULTS as error:
        return (_failed(step.name, error, case.lowers_risk),)
    if case.lowers_risk and not step.stops_all:
        return tuple(finding.at_most(Severity.CONFIRM) for finding in found)
    return found


def _failed(name: str, error: Exception, closes: bool) -> Finding:
    """K15: fail closed for what opens, ask for what closes; the fault's kind and words go into the record."""
    return said(
        Code.CHECK_FAILED, Severity.CONFIRM if closes else Severity.BLOCK,
        f"The check of {name} failed ({type(error).__name__}: {error}).",
        "Check again; if it stays, report it with a support bundle.",
    )  # fmt: skip


def _closes(ticket: OrderTicket, context: Context) -> bool:
    try:
        return closes_still(context, ticket.changes)
    except FAULTS:
        return False


def _identity(case: Case) -> tuple[Finding, ...]:
    return check_identity(case.ticket, case.context, lowers_risk=case.lowers_risk)


#: The strict order of reference/compliance.md section 10.
STEPS: tuple[Step, ...] = (
    Step(name="mode, account and session", rule=_identity, stops_all=True),
    Step(name="the contracts", rule=check_contracts, stops_all=True),
    Step(name="price steps", rule=check_ticks, stops_all=True),
    Step(name="size and limits", rule=check_limits),
    Step(name="duplicates", rule=check_duplicate, stops_all=True),
    Step(name="the rate of orders", rule=check_rate),
    Step(name="working orders", rule=check_crossing),
    Step(name="the hard collar", rule=check_hard_collar, stops_all=True),
    Step(name="quotes and price", rule=check_prices),
    Step(name="market hours", rule=check_market_state),
    Step(name="the option level", rule=check_level),
    Step(name="buying power", rule=check_funds),
    Step(name="settled cash", rule=check_cash),
    Step(name="day trades", rule=check_counts),
    Step(name="intraday margin", rule=check_margin_level),
    Step(name="expiry", rule=check_expiry),
    Step(name="disclosures", rule=check_disclosures),
    Step(name="the day's limits", rule=check_aggregates),
)
