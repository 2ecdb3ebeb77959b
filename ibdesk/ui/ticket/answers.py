"""When a ticket is checked and previewed, and that an old answer never stands for a newer ticket.

A check follows every edit, once a frame; the broker's preview when the person rests. Until it is there the rules that
only wait for it are not listed: they would flash with every key.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from ibdesk.domain.compliance.verdict import Code, Verdict
from ibdesk.domain.errors import DeskError
from ibdesk.domain.orders import OrderTicket
from ibdesk.services.orders import Checked
from ibdesk.ui.bridge import FRAME_MS
from ibdesk.ui.ticket.form import NOBODY

if TYPE_CHECKING:
    from ibdesk.ui.ticket.panel import TicketPanel

#: How long the person rests before the broker is asked for a preview, in milliseconds.
REST_MS = 400
#: A ticket that stays on screen while its quotes move is checked and previewed anew after so long.
CHECK_AGAIN, PREVIEW_AGAIN = timedelta(seconds=3), timedelta(seconds=6)

_AWAIT_PREVIEW = frozenset({Code.BP_ESTIMATE, Code.BP_UNKNOWN})


def timer(parent: QObject, milliseconds: int, due: Callable[[], None]) -> QTimer:
    """Rings once, so long after it was started last."""
    made = QTimer(parent)
    made.setSingleShot(True)
    made.setInterval(milliseconds)
    made.timeout.connect(due)
    return made


class Answers:
    """Asks for answers to a panel's ticket and hands them over."""

    def __init__(self, panel: "TicketPanel") -> None:
        self._panel = panel
        self._check = timer(panel, FRAME_MS, lambda: self._start(with_preview=False))
        self._rest = timer(panel, REST_MS, self.preview_now)
        self._asked = 0
        self._taken = 0
        self._in_flight: dict[bool, OrderTicket | None] = {False: None, True: None}
        self._have_quotes_moved = False
        self._wanted = ""  # the draft that was previewed by hand

    @property
    def is_previewing(self) -> bool:
        return self._rest.isActive() or self._in_flight[True] == self._panel.form.ticket

    def ask(self) -> None:
        """The ticket changed: check it this frame, preview it when the person rests."""
        form = self._panel.form
        is_known = form.ticket.account != NOBODY and not form.unread  # a refused field: the ticket is not on screen
        if not form.ticket.legs or not is_known or self._panel.desk.orders is None:
            self._check.stop()
            self._rest.stop()
            return
        if form.is_sending:
            return
        self._check.start()
        if form.is_complete:
            self._rest.start()
        else:
            self._rest.stop()

    def ask_anew(self) -> None:
        """Something beside the ticket changed: what is shown, too."""
        self._panel.redraw()
        if self._panel.isVisible():
            self.ask()

    def preview_now(self) -> None:
        self._rest.stop()
        self._start(with_preview=True)

    def preview_by_hand(self) -> None:
        """The person wants to know now whether it may go; a no to that is written down."""
        self._wanted = self._panel.form.draft
        self.preview_now()

    def quotes_moved(self) -> None:
        self._have_quotes_moved = True

    def second(self) -> None:
        """A ticket left on screen follows the market at leisure."""
        shown = self._panel.form.shown
        if not self._have_quotes_moved:
            return
        self._have_quotes_moved = False
        self._panel.draw_soon()
        if shown is None or self._panel.form.unread or self._rest.isActive():
            return
        now = self._panel.desk.clock()
        preview = shown.context.what_if
        if self._panel.form.is_complete and (preview is None or now - preview.at >= PREVIEW_AGAIN):
            self._start(with_preview=True)
        elif now - shown.verdict.checked_at >= CHECK_AGAIN:
            self._start(with_preview=False)

    def draw_checks(self) -> None:
        """The list of findings, and what it waits for."""
        form, checks = self._panel.form, self._panel.checks
        if not form.ticket.legs or form.unread:
            checks.draw(None)
        elif form.problem is not None and form.shown is None:
            checks.draw(None, f"{form.problem.message} {form.problem.remedy}")
        elif form.shown is None:
            checks.draw(None, "Checking…")
        elif not form.is_current:
            checks.draw(_without_waiting(form.shown.verdict), "Checking…")
        elif self.is_previewing and form.shown.context.what_if is None and form.shown.context.day_trades is None:
            checks.draw(None, "Checking…")  # what was read so far would be asked about, and is not whole yet
        elif self.is_previewing and form.shown.context.what_if is None:
            checks.draw(_without_waiting(form.shown.verdict), "Previewing…")
        else:
            checks.draw(form.shown.verdict)

    def _start(self, *, with_preview: bool) -> None:
        form = self._panel.form
        if form.is_sending or not form.ticket.legs or self._in_flight[with_preview] == form.ticket:
            return
        self._asked += 1
        self._in_flight[with_preview] = form.ticket
        name = "preview the ticket" if with_preview else "check the ticket"
        self._panel.start(name, partial(self._answer, form.ticket, self._asked, with_preview=with_preview))

    async def _answer(self, ticket: OrderTicket, number: int, *, with_preview: bool) -> None:
        panel = self._panel
        orders = panel.desk.orders
        if orders is None:
            return
        checked: Checked | None = None
        problem: DeskError | None = None
        form, shown = panel.form, panel.form.checked
        try:
            if with_preview:
                checked = await orders.preview(ticket, changes=form.changes)
            else:
                what_if = None if shown is None else shown.context.what_if
                checked = await orders.check(ticket, what_if, changes=form.changes)
        except DeskError as error:
            problem = error
        finally:
            if self._in_flight[with_preview] == ticket:
                self._in_flight[with_preview] = None
        if isValid(panel):
            self._take(ticket, number, checked, None if with_preview else problem)

    def _take(self, ticket: OrderTicket, number: int, checked: Checked | None, problem: DeskError | None) -> None:
        """A preview that failed leaves the check's answer, which says that there is none. Where a check and a preview
        overtake each other, the preview is kept and the ticket checked once more with it."""
        form = self._panel.form
        is_late = number < self._taken
        if ticket != form.ticket or form.is_sending or (is_late and not _adds_preview(checked, form.checked)):
            return
        if _adds_preview(form.checked, checked):
            self._start(with_preview=False)
            return
        if checked is not None:
            self._taken = max(self._taken, number)
            form = form.answered(checked)
        elif problem is not None:
            form = replace(form, problem=problem, shown=None)
        self._panel.answered(form)
        if is_late:
            self._start(with_preview=False)
        if self._wanted == form.draft and self._in_flight[True] is None:
            self._wanted = ""
            self._panel.way_out.write_block_down()


def _adds_preview(one: Checked | None, other: Checked | None) -> bool:
    """Whether it has the broker's preview, and the other answer to the same ticket has none."""
    return (
        one is not None and one.context.what_if is not None
        and other is not None and other.context.what_if is None
    )  # fmt: skip


def _without_waiting(verdict: Verdict) -> Verdict:
    return replace(verdict, findings=tuple(each for each in verdict.findings if each.code not in _AWAIT_PREVIEW))
