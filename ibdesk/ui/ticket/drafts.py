"""Tickets that were not sent: kept while they are filled in, offered again after a crash, never sent by themselves.

A draft carries the time it was begun in its name, and is opened under the same name: should it have been sent after
all, the service knows it and sends nothing.
"""

import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from shiboken6 import isValid

from ibdesk.domain.errors import DeskError
from ibdesk.domain.orders import OrderTicket
from ibdesk.ui.orders.words import describe
from ibdesk.ui.ticket.answers import timer
from ibdesk.ui.ticket.form import Form

if TYPE_CHECKING:
    from ibdesk.ui.ticket.panel import TicketPanel

#: A draft is written when the person rests so long, in milliseconds.
KEEP_MS = 800

_STAMP = "ticket-%Y%m%dT%H%M%SZ-"


def new_draft(now: datetime) -> str:
    """A name no draft ever had, with its time (aware) in it."""
    return now.astimezone(UTC).strftime(_STAMP) + uuid.uuid4().hex[:12]


def begun_at(draft: str) -> datetime | None:
    """When a draft was begun, aware UTC; None for a name that is not ours."""
    try:
        return datetime.strptime(draft.rpartition("-")[0] + "-", _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


class DraftKeeper:
    """Keeps and offers the drafts of one panel."""

    def __init__(self, panel: "TicketPanel") -> None:
        self._panel = panel
        self._timer = timer(panel, KEEP_MS, self.keep_now)
        self._kept: set[str] = set()
        self._offered: list[tuple[str, OrderTicket]] = []
        panel.offer.pressed.connect(self._open)
        panel.offer.closed.connect(self._discard)

    def keep(self) -> None:
        """The ticket changed."""
        self._timer.start()

    def keep_now(self) -> None:
        """Write the ticket down, unless it is on its way or belongs to an order."""
        self._timer.stop()
        form, orders = self._panel.form, self._panel.desk.orders
        if orders is None or form.is_sending or form.changes is not None:
            return
        if form.ticket.legs and form.ticket.account:
            self._kept.add(form.draft)
            self._panel.start("keep the ticket", partial(orders.save_draft, form.draft, form.ticket))
        else:
            self.drop(form.draft)

    def drop(self, draft: str) -> None:
        """Nothing is left of it."""
        orders = self._panel.desk.orders
        if orders is not None and draft in self._kept:
            self._kept.discard(draft)
            self._panel.start("drop the ticket", partial(orders.drop_draft, draft))

    async def look(self) -> None:
        """Find what was left unsent in this mode and offer it."""
        orders = self._panel.desk.orders
        if orders is None:
            return
        try:
            found = await orders.drafts()
        except DeskError:  # told elsewhere; a desk whose vault cannot be read has worse to say
            return
        if isValid(self._panel):
            mode, own = self._panel.desk.mode, self._panel.form.draft
            self._offered = [(name, ticket) for name, ticket in found if ticket.mode is mode and name != own]
            self._offer()

    def _offer(self) -> None:
        banner = self._panel.offer
        if not self._offered:
            banner.hide()
            return
        name, ticket = self._offered[0]
        at = begun_at(name)
        when = f" from {_when(at, self._panel.desk.clock())}" if at is not None else ""
        what = f"{describe(ticket.legs, ticket.quantity)} · {ticket.account}"
        banner.set(f"A ticket{when} was not sent.", detail=what, tone="accent", action="Open")
        banner.close_button.setToolTip("Discard")
        banner.close_button.setAccessibleName("Discard the ticket that was not sent")
        banner.show()

    def _open(self) -> None:
        if self._panel.form.is_sending or not self._offered:
            return
        name, ticket = self._offered.pop(0)
        self.keep_now()
        self._kept.add(name)
        self._panel.begin(Form(ticket=ticket, draft=name))
        self._offer()

    def _discard(self) -> None:
        if self._offered:
            name, _ = self._offered.pop(0)
            self._kept.add(name)
            self.drop(name)
            self._offer()


def _when(at: datetime, now: datetime) -> str:
    """`14:02`, with the day where it is another."""
    local, today = at.astimezone(), now.astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"
