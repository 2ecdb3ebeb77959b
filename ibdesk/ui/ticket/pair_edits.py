"""How the ticket's fields make a pair of it and take it apart: the other order's kind and its price."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import OrderRules, OrderTicket, OrderType, OtherHalf, Trail, faults
from ibdesk.domain.protecting import Proposed, as_kind, proposed
from ibdesk.domain.ticket_prices import UnitQuote, grid_of
from ibdesk.domain.typed import typed_price
from ibdesk.ui.ticket.form import Form

if TYPE_CHECKING:
    from ibdesk.ui.ticket.panel import TicketPanel


class PairEditor:
    """Listens to one panel's fields of the other order."""

    def __init__(self, panel: "TicketPanel") -> None:
        self._panel = panel
        fields = panel.pair
        fields.wanted.connect(self._want)
        fields.kind.chosen.connect(self._choose_kind)
        fields.stop.read.connect(self._read_stop)
        fields.stop.stepped.connect(self._step)
        fields.trail.read.connect(self._read_trail)
        for field in (fields.stop, fields.trail):
            field.returnPressed.connect(panel.preview)

    @property
    def _other(self) -> OtherHalf:
        return self._panel.form.ticket.other or OtherHalf()

    def _want(self, on: bool) -> None:
        panel = self._panel
        form = panel.form.with_unread("other", "").with_unread("other trail", "")
        if not on:
            panel.become(form.edited(replace(form.ticket, other=None)))
            return
        bare = replace(form.ticket, order_type=OrderType.LIMIT, limit=None, stop=None, trail=None, exits=None,
                       other=OtherHalf())  # fmt: skip
        panel.become(paired(replace(form, unread={}).edited(bare), panel.unit(), panel.rules()))
        panel.pair.stop.setFocus()

    def _choose_kind(self, kind: OrderType) -> None:
        panel = self._panel
        found = _proposed(panel.form.ticket, panel.unit(), panel.rules())
        form = panel.form.with_unread("other", "").with_unread("other trail", "")
        panel.become(form.edited(replace(form.ticket, other=as_kind(kind, found))))

    def _read_stop(self, text: str) -> None:
        found = typed_price(text, "stop price")
        if found.value is None:
            self._unread("other", found.fault or "Enter a stop price.")
        else:
            self._take("other", replace(self._other, stop=found.value))

    def _read_trail(self, text: str) -> None:
        """`0.50` or `2 %`."""
        is_percent = text.strip().endswith("%")
        found = typed_price(text.strip().removesuffix("%"), "trailing amount")
        if found.value is None:
            self._unread("other trail", found.fault or "Enter a trailing amount, like 0.50 or 2 %.")
        else:
            self._take("other trail", replace(self._other, trail=Trail(amount=found.value, is_percent=is_percent)))

    def _step(self, steps: int) -> None:
        stop, ticket = self._other.stop, self._panel.form.ticket
        if stop is not None:
            moved = grid_of(ticket.legs, self._panel.rules()).moved(stop, steps)
            self._take("other", replace(self._other, stop=moved))

    def _take(self, name: str, other: OtherHalf) -> None:
        panel = self._panel
        if panel.form.is_sending:
            return
        ticket = replace(panel.form.ticket, other=other)
        wrong = faults(ticket) if ticket.limit is not None else ()
        panel.become(panel.form.edited(ticket).with_unread(name, wrong[0] if wrong else ""))

    def _unread(self, name: str, fault: str) -> None:
        self._panel.become(self._panel.form.with_unread(name, fault))


def paired(form: Form, unit: UnitQuote, rules: Mapping[Conid, OrderRules]) -> Form:
    """The form with what is proposed for a pair where it has no prices yet."""
    ticket = form.ticket
    other, found = ticket.other, _proposed(ticket, unit, rules)
    if other is not None and other.stop is None and other.trail is None:
        other = as_kind(other.order_type, found)
    return form.edited(replace(ticket, limit=found.target if ticket.limit is None else ticket.limit, other=other))


def _proposed(ticket: OrderTicket, unit: UnitQuote, rules: Mapping[Conid, OrderRules]) -> Proposed:
    if len(ticket.legs) != 1:
        return Proposed()
    leg = ticket.legs[0]
    return proposed(leg.instrument, leg.side, bid=unit.low, ask=unit.high, grid=grid_of(ticket.legs, rules))
