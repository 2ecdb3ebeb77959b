"""How each step of an order becomes a line of its receipt: who, when, on what ticket, with what verdict and quotes.

Written at once (`urgent`), before anything follows from it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Verdict
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderIntent, OrderRef, OrderTicket
from ibdesk.domain.pairs import intents_of
from ibdesk.domain.receipts import EnteredBy, Receipt, Step
from ibdesk.services.desk import Clock
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Judged(Protocol):
    """A verdict, and what it was based on."""

    @property
    def verdict(self) -> Verdict: ...

    @property
    def context(self) -> Context: ...


class Steps:
    """The pen. `ticks` are seconds that only grow; `entered_by` is who sits at the desk now."""

    def __init__(
        self, database: Database, *, clock: Clock, ticks: Callable[[], float], entered_by: Callable[[], EnteredBy]
    ) -> None:
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._entered_by = entered_by

    def of(
        self, step: Step, ticket: OrderTicket, ref: OrderRef, checked: Judged | None = None, **told: object
    ) -> Receipt:
        """The line, not written yet. `checked` is what it was done on; `told` are other fields of the line."""
        context, by = None if checked is None else checked.context, self._entered_by()
        plain = Receipt(
            user=by.user, session=by.session,
            at=self._clock(), step=step, correlation=ref, account=ticket.account, mode=ticket.mode.value,
            ticks=round(self._ticks() * 1_000_000), ref=ref, ticket=ticket,
            verdict=None if checked is None else checked.verdict,
            quotes=() if context is None else _quotes_of(ticket, context),
            summary=None if context is None else context.summary, what_if=None if context is None else context.what_if,
        )  # fmt: skip
        return replace(plain, **told)  # type: ignore[arg-type]

    def of_other(self, intent: OrderIntent, checked: Judged) -> tuple[Receipt, ...]:
        """The first lines of a pair's other half: the verdict is the pair's, the ticket its own."""
        decision = checked.verdict.severity.word
        return (
            self.of(Step.CHECK_RUN, intent.ticket, intent.ref, checked, decision=decision),
            self.of(Step.SENT, intent.ticket, intent.ref),
        )

    async def of_each(self, step: Step, ticket: OrderTicket, refs: tuple[OrderRef, ...], **told: object) -> None:
        """Write the same line for each of these orders."""
        await self.write(*(self.of(step, ticket, ref, None, **told) for ref in refs))

    async def failed(self, error: DeskError, ticket: OrderTicket, refs: tuple[OrderRef, ...]) -> None:
        """Write that a request failed, or that nobody knows what became of it."""
        if error.cause is Cause.OUTCOME_UNKNOWN:
            await self.of_each(Step.OUTCOME_UNKNOWN, ticket, refs, decision=error.message)
        else:
            await self.of_each(Step.BROKER_REJECT, ticket, refs, broker_text=error.message)

    async def begin(self, intent: OrderIntent, draft: str, steps: tuple[Receipt, ...]) -> OrderIntent | None:
        """Store the intents of a draft with their first lines in one transaction; nothing where it was sent before,
        whose intent is the answer then. Raises DeskError."""
        return await self._database.write(_begin, intent, draft, steps, urgent=True)

    async def write(self, *steps: Receipt) -> None:
        """Raises DeskError when the vault cannot take them."""
        await self._database.write(receipts.append, steps, urgent=True)


def _quotes_of(ticket: OrderTicket, context: Context) -> tuple[Quote, ...]:
    found = (context.quotes.get(leg.instrument.conid) for leg in ticket.legs)
    return tuple(quote for quote in found if quote is not None)


def _begin(tx: "Connection", intent: OrderIntent, draft: str, steps: tuple[Receipt, ...]) -> OrderIntent | None:
    known = trades.add_intent(tx, intent, draft)
    if known is None:
        for other in intents_of(intent)[1:]:
            trades.add_intent(tx, other, f"{draft}{other.ref}")
        receipts.append(tx, steps)
        trades.drop_draft(tx, draft)
    return known
