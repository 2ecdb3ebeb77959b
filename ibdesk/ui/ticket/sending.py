"""From a pressed button to an outcome: check once more, ask what has to be confirmed, send, and say what came of it.

A person confirms findings, not instants: when they took so long that the preview or the confirmation is too old, the
ticket is checked anew, and they are asked again only about what was not there before (what the service asks for too).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibdesk.domain.compliance.confirmation import Confirmation
from ibdesk.domain.compliance.verdict import Code, Finding, Severity
from ibdesk.domain.errors import DeskError
from ibdesk.domain.orders import Order, OrderTicket
from ibdesk.services.orders import Checked, Orders
from ibdesk.services.questioning import Ask

#: Younger than the rules ask for (10 s for a preview, 30 s for a yes), so that nothing is too old on arrival; and older
#: than a preview gets on a ticket that is looked at (`answers.PREVIEW_AGAIN`), so that Send need not wait for another.
FRESH = timedelta(seconds=8)

#: Shows findings to a person and brings their yes or no.
Confirm = Callable[[Checked, Sequence[Finding]], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of it: an order, or none with the last answer (a block, or a person's no)."""

    shown: Checked
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One desk's way out. `ask` shows the broker's questions, `confirm` the findings."""

    orders: Orders
    clock: Callable[[], datetime]
    confirm: Confirm
    ask: Ask

    async def send(self, draft: str, ticket: OrderTicket, known: Checked | None, changes: Order | None) -> Sent:
        """See a ticket through. `known` is the latest answer to it. Raises what the service raises."""
        shown, confirmation = await self._agreed(ticket, known, changes)
        if shown.verdict.is_blocked or (shown.verdict.needs_confirm and confirmation is None):
            return Sent(shown=shown)
        if changes is not None:
            order = await self.orders.change(changes, shown, ask=self.ask, confirmation=confirmation)
        else:
            order = await self.orders.send(draft, shown, ask=self.ask, confirmation=confirmation)
        return Sent(shown=shown, order=order)

    async def _agreed(
        self, ticket: OrderTicket, known: Checked | None, changes: Order | None
    ) -> tuple[Checked, Confirmation | None]:
        """A fresh answer with the person's yes to all it asks; None for a yes when it was a no or is not needed."""
        agreed: frozenset[Code] = frozenset()
        while True:
            is_fresh = known is not None and self._is_fresh(known, ticket)
            shown = known if known is not None and is_fresh else await self.preview(ticket, changes)
            known = None
            asked = shown.verdict.of(Severity.CONFIRM)
            if shown.verdict.is_blocked or not asked:
                return shown, None
            codes = frozenset(finding.code for finding in asked)
            if codes <= agreed:
                return shown, self.orders.confirm(shown)
            if not await self.confirm(shown, asked):
                return shown, None
            agreed |= codes
            known = shown

    async def preview(self, ticket: OrderTicket, changes: Order | None = None) -> Checked:
        """With the broker's preview, or without when it gives none: the rules then say so and ask."""
        try:
            return await self.orders.preview(ticket, changes=changes)
        except DeskError:
            return await self.orders.check(ticket, changes=changes)

    def _is_fresh(self, known: Checked, ticket: OrderTicket) -> bool:
        preview = known.context.what_if
        now = self.clock()
        is_young = now - known.verdict.checked_at <= FRESH
        return known.ticket == ticket and is_young and preview is not None and now - preview.at <= FRESH
