"""From the pressed button to the outcome on screen: one walk at a time, its dialogs, and what is left in the ticket.

What was placed, or may have been, is not left there to be sent again; what was not keeps its legs under a new draft.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shiboken6 import isValid

from ibdesk.domain.compliance.verdict import Finding
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import OrdersChanged
from ibdesk.domain.modes import face_of
from ibdesk.domain.orders import Order, OrderRef, OrderState, OrderTicket, Question
from ibdesk.services.orders import Checked
from ibdesk.services.questioning import Reply
from ibdesk.ui.orders.questions import asker
from ibdesk.ui.orders.words import describe
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog
from ibdesk.ui.ticket.drafts import new_draft
from ibdesk.ui.ticket.form import Form, Outcome, readiness
from ibdesk.ui.ticket.sending import Sender
from ibdesk.ui.ticket.wording import outcome_words, terms_words

if TYPE_CHECKING:
    from ibdesk.ui.ticket.panel import TicketPanel

#: Nothing was placed, so the ticket stays to be mended.
_NOT_PLACED = frozenset({OrderState.DECLINED, OrderState.REFUSED})


class WayOut:
    """Sends what a panel shows."""

    def __init__(self, panel: "TicketPanel") -> None:
        self._panel = panel
        self._last: OrderRef | None = None
        self._was_change = False
        self._written: OrderTicket | None = None
        panel.send_button.sent.connect(self._send)
        panel.outcome.pressed.connect(self._lead_on)

    def press(self) -> None:
        """The keys that send: send, or where the ticket is blocked write down that it was wanted."""
        if self._panel.send_button.isEnabled():
            self._panel.send_button.press()
        else:
            self.write_block_down()

    def write_block_down(self) -> None:
        """A blocked ticket that a person wanted to send leaves a receipt, once for each ticket and nothing else."""
        panel = self._panel
        checked = panel.form.checked
        if checked is None or not checked.verdict.is_blocked or not panel.form.is_complete or panel.form.is_sending:
            return
        if self._written != checked.ticket:
            self._written = checked.ticket
            panel.start("write the block down", partial(self._write_down, panel.form.draft, checked))

    async def _write_down(self, draft: str, checked: Checked) -> None:
        """The service refuses what is blocked and writes it down; nothing leaves."""
        panel, orders = self._panel, self._panel.desk.orders
        if orders is None:
            return
        try:
            await orders.send(draft, checked, ask=_nobody)
        except DeskError as error:
            if isValid(panel) and panel.form.ticket == checked.ticket:
                told = Outcome(text="Blocked, and nothing was sent. Its receipt is kept.", detail=error.message,
                               tone="loss", action="Receipts", command="activity:receipts")  # fmt: skip
                panel.become(replace(panel.form, outcome=told))

    def _send(self) -> None:
        """The button was pressed, or held long enough."""
        panel = self._panel
        ready = readiness(panel.form, panel.around())
        if ready.may_press and panel.desk.orders is not None:
            panel.become(replace(panel.form, is_sending=True, outcome=None))
            panel.start("send the order", partial(self._walk, panel.form))

    async def _walk(self, form: Form) -> None:
        """See it through. Only an error that says so means that nothing was placed: after any other the draft stays
        the same, and pressing again sends nothing twice."""
        panel, orders = self._panel, self._panel.desk.orders
        if orders is None:
            return
        ask = asker(panel.bridge, panel, form.changes)
        sender = Sender(orders=orders, clock=panel.desk.clock, confirm=self._confirm, ask=ask)
        after = replace(form, is_sending=False)
        try:
            sent = await sender.send(form.draft, form.ticket, form.checked, form.changes)
            after = replace(after, shown=sent.shown) if sent.order is None else self._after(after, sent.order)
        except DeskError as error:
            failed = Outcome(text=error.message, detail=error.remedy, tone="loss")
            after = replace(after, draft=new_draft(panel.desk.clock()), outcome=failed)
        finally:
            if isValid(panel):
                self._settle(form, after)

    def _after(self, form: Form, order: Order) -> Form:
        """The form after an outcome."""
        if order.state in _NOT_PLACED and form.changes is None:
            return replace(form, draft=new_draft(self._panel.desk.clock()), outcome=_outcome(order))
        self._last, self._was_change = order.ref, form.changes is not None
        outcome = _outcome(order, is_change=self._was_change)
        return replace(self._panel.fresh(form.ticket.account), outcome=outcome)

    def _settle(self, sent: Form, form: Form) -> None:
        panel = self._panel
        if form.draft != sent.draft:
            panel.drafts.drop(sent.draft)
        panel.become(form)
        if form.ticket.legs != sent.ticket.legs:
            panel.exits.toggle.setChecked(False)
            panel.tell_legs()
        panel.answers.ask()
        self._give_focus_back()

    def _give_focus_back(self) -> None:
        """The way out disabled what had the focus, and keys would go nowhere: to what is to be mended, or back to the
        chain."""
        panel = self._panel
        focused = panel.window().focusWidget()
        if not panel.isVisible() or (focused is not None and focused.isEnabled()):
            return
        if panel.legs:
            panel.focus_quantity()
        else:
            panel.finished.emit()

    async def _confirm(self, checked: Checked, findings: Sequence[Finding]) -> bool:
        ticket, panel = checked.ticket, self._panel
        whom = f"{face_of(ticket.mode).word}, account {ticket.account}"
        what = f"{describe(ticket.legs, ticket.quantity)}, {terms_words(ticket)}"
        dialog = ConfirmDialog(what, whom, findings, panel)
        return await panel.bridge.ask(dialog)

    def _lead_on(self) -> None:
        """To where the outcome can be read up."""
        outcome = self._panel.form.outcome
        if outcome is not None and outcome.command:
            self._panel.bridge.command.emit(outcome.command)

    def orders_moved(self, event: OrdersChanged) -> None:
        """The last order moved on: its outcome line follows."""
        form = self._panel.form
        order = next((each for each in event.orders if each.ref is not None and each.ref == self._last), None)
        if order is not None and form.outcome is not None and not form.ticket.legs:
            self._panel.become(replace(form, outcome=_outcome(order, is_change=self._was_change)))


async def _nobody(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    """Nobody is asked about what does not leave."""
    return Reply(yes=False)


def _outcome(order: Order, *, is_change: bool = False) -> Outcome:
    words, tone = outcome_words(order, is_change=is_change)
    return Outcome(text=words, tone=tone, detail=describe(order.legs, order.quantity))
