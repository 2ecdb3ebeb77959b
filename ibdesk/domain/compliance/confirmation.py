"""A person's yes to one verdict: bound to the ticket, its findings and the quotes it was given on, for half a minute,
once (reference/compliance.md section 10)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Severity, Verdict
from ibdesk.domain.orders import OrderTicket

LASTS = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """`digest` names what was confirmed; `token` this one act of confirming it."""

    digest: str
    confirmed_at: datetime

    @property
    def token(self) -> str:
        return _hash(f"{self.digest} {self.confirmed_at.isoformat()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The confirmations used so far; a desk keeps one."""

    tokens: frozenset[str] = frozenset()

    def with_used(self, confirmation: Confirmation) -> "Spent":
        return replace(self, tokens=self.tokens | {confirmation.token})


def confirmation_of(ticket: OrderTicket, verdict: Verdict, context: Context) -> Confirmation:
    """Said yes at the verdict's own instant. ValueError for a blocked verdict: nobody can confirm that."""
    if verdict.is_blocked:
        raise ValueError("a blocked order cannot be confirmed")
    return Confirmation(digest=digest_of(ticket, verdict, context), confirmed_at=verdict.checked_at)


def digest_of(ticket: OrderTicket, verdict: Verdict, context: Context) -> str:
    """The same only while ticket, findings and the legs' quotes are the same."""
    quotes = [context.quotes.get(leg.instrument.conid) for leg in ticket.legs]
    quoted = [None if quote is None else quote.received_at.isoformat() for quote in quotes]
    return _hash(repr((ticket, tuple(verdict.findings), quoted)))


def refusal(
    confirmation: Confirmation | None, ticket: OrderTicket, verdict: Verdict, context: Context, *, now: datetime,
    spent: Spent,
) -> str:  # fmt: skip
    """Why this ticket may not leave on this confirmation; empty when it may. `verdict` is what the person was shown."""
    if verdict.severity is Severity.BLOCK:
        return "The order is blocked."
    if verdict.may_send:
        return ""
    if confirmation is None:
        return "The order has to be confirmed first."
    if confirmation.digest != digest_of(ticket, verdict, context):
        return "The ticket, its findings or the quotes changed since you confirmed it."
    if not timedelta(0) <= now - confirmation.confirmed_at <= LASTS:
        return "The confirmation is older than 30 seconds."
    return "This confirmation was used already." if confirmation.token in spent.tokens else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
