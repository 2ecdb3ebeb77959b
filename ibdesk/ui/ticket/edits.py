"""How the ticket's fields and rows become new tickets: texts read, choices taken, prices stepped, keys handled."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from ibdesk.domain.orders import (
    NEEDS_LIMIT,
    NEEDS_STOP,
    Exits,
    OrderTicket,
    OrderType,
    TimeInForce,
    Trail,
    faults,
    takes_fractions,
)
from ibdesk.domain.ticket_edits import exit_faults, flipped, with_ratio, with_type, without_leg
from ibdesk.domain.ticket_prices import Grid, grid_of, limit_at, start_limit
from ibdesk.domain.typed import Typed, typed_net_price, typed_price, typed_quantity
from ibdesk.ui.ticket.pair_edits import PairEditor

if TYPE_CHECKING:
    from ibdesk.ui.ticket.panel import TicketPanel


class Editor:
    """Listens to one panel's fields."""

    def __init__(self, panel: "TicketPanel") -> None:
        self._panel = panel
        legs = panel.legs_rows
        legs.flipped.connect(lambda conid: panel.set_legs(flipped(panel.legs, conid)))
        legs.weighted.connect(lambda conid, ratio: panel.set_legs(with_ratio(panel.legs, conid, ratio)))
        legs.removed.connect(lambda conid: panel.set_legs(without_leg(panel.legs, conid)))
        panel.quantity.read.connect(self.read_quantity)
        panel.quantity.stepped.connect(self._step_quantity)
        panel.limit.read.connect(lambda text: self._read_price("limit", text))
        panel.limit.stepped.connect(self.step_limit)
        panel.stop.read.connect(lambda text: self._read_price("stop", text))
        panel.stop.stepped.connect(self._step_stop)
        panel.trail.read.connect(self._read_trail)
        panel.exits.target.read.connect(lambda text: self._read_price("target", text))
        panel.exits.loss.read.connect(lambda text: self._read_price("loss", text))
        panel.exits.wanted.connect(self._want_exits)
        self._pair = PairEditor(panel)
        panel.type.chosen.connect(self._choose_type)
        panel.tif.chosen.connect(self._choose_tif)
        panel.outside.clicked.connect(lambda on: panel.edit(replace(self._ticket, outside_hours=on)))
        panel.slider.stepped.connect(self.step_limit)
        panel.slider.placed.connect(self._place_limit)
        panel.margin.wanted.connect(lambda quantity: panel.edit(replace(self._ticket, quantity=quantity)))
        self._keys()

    @property
    def _ticket(self) -> OrderTicket:
        return self._panel.form.ticket

    def is_ctrl_down(self) -> bool:
        """Whether the keys that send are held at this moment."""
        return bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)

    def read_quantity(self, text: str) -> None:
        found = typed_quantity(text, may_be_fraction=takes_fractions(self._ticket))
        if found.value is None:
            self._unread("quantity", found.fault or "Enter a quantity.")
        else:
            self._read("quantity", replace(self._ticket, quantity=found.value))

    def step_limit(self, steps: int) -> None:
        """Along the broker's grid, the way it is read: up is more credit of a credit."""
        ticket = self._ticket
        if ticket.order_type in NEEDS_LIMIT:
            limit = ticket.limit
            limit = start_limit(ticket.legs, self._panel.unit(), self._grid) if limit is None else limit
            if limit is not None:
                self._read("limit", replace(ticket, limit=self._grid.moved(limit, self._way * steps)))

    def _step_stop(self, steps: int) -> None:
        ticket = self._ticket
        if ticket.order_type in NEEDS_STOP and ticket.stop is not None:
            self._read("stop", replace(ticket, stop=self._grid.moved(ticket.stop, self._way * steps)))

    def _step_quantity(self, steps: int) -> None:
        wanted = self._ticket.quantity + steps
        if wanted > 0:
            self._read("quantity", replace(self._ticket, quantity=wanted))

    def _place_limit(self, place: float) -> None:
        limit = limit_at(place, self._panel.unit(), self._grid, is_credit=self._is_credit)
        if limit is not None:
            self._read("limit", replace(self._ticket, limit=limit))

    def _read_price(self, name: str, text: str) -> None:
        """Limit, stop, target or stop loss, each in the ticket's sign."""
        words = {"limit": "limit price", "stop": "stop price", "target": "profit target", "loss": "stop loss"}[name]
        found = self._typed(text, words)
        if found.fault:
            self._unread(name, found.fault)
        elif found.value is None and name in ("limit", "stop"):
            self._unread(name, f"Enter a {words}.")
        else:
            self._read(name, self._with_price(name, found.value))

    def _typed(self, text: str, words: str) -> Typed:
        if self._ticket.is_combo:
            return typed_net_price(text, is_credit=self._is_credit, name=words)
        return typed_price(text, words)

    def _with_price(self, name: str, price: Decimal | None) -> OrderTicket:
        ticket = self._ticket
        if name == "limit":
            return replace(ticket, limit=price)
        if name == "stop":
            return replace(ticket, stop=price)
        exits = ticket.exits or Exits()
        exits = replace(exits, take_profit=price) if name == "target" else replace(exits, stop_loss=price)
        is_empty = exits.take_profit is None and exits.stop_loss is None
        return replace(ticket, exits=None if is_empty else exits)

    def _read_trail(self, text: str) -> None:
        """`0.50` or `2 %`."""
        is_percent = text.strip().endswith("%")
        found = typed_price(text.strip().removesuffix("%"), "trailing amount")
        if found.value is None:
            self._unread("trail", found.fault or "Enter a trailing amount, like 0.50 or 2 %.")
        elif is_percent and found.value >= 100:
            self._unread("trail", "Enter a trailing percentage below 100.")
        else:
            self._read("trail", replace(self._ticket, trail=Trail(amount=found.value, is_percent=is_percent)))

    def _want_exits(self, on: bool) -> None:
        panel = self._panel
        form = panel.form.with_unread("target", "").with_unread("loss", "")
        panel.become(form if on else form.edited(replace(form.ticket, exits=None)))
        if on:
            panel.exits.target.setFocus()

    def _choose_type(self, order_type: OrderType) -> None:
        panel = self._panel
        ticket = with_type(self._ticket, order_type)
        if order_type in NEEDS_LIMIT and ticket.limit is None:
            ticket = replace(ticket, limit=start_limit(ticket.legs, panel.unit(), self._grid))
        if ticket.exits is None:
            panel.exits.toggle.setChecked(False)
        panel.become(replace(panel.form, unread={}).edited(ticket))

    def _choose_tif(self, tif: TimeInForce) -> None:
        self._panel.edit(replace(self._ticket, tif=tif))

    def _read(self, name: str, ticket: OrderTicket) -> None:
        """A field was read: its ticket, and what no longer fits together."""
        panel = self._panel
        if panel.form.is_sending:
            return
        form = panel.form.with_unread(name, "").edited(ticket)
        for exit_name, fault in exit_faults(ticket).items():
            form = form.with_unread(exit_name, fault)
        if ticket.other is not None and ticket.limit is not None:  # the stop follows the limit
            form = form.with_unread("other", next(iter(faults(ticket)), ""))
        panel.become(form)

    def _unread(self, name: str, fault: str) -> None:
        self._panel.become(self._panel.form.with_unread(name, fault))

    @property
    def _grid(self) -> Grid:
        return grid_of(self._ticket.legs, self._panel.rules())

    @property
    def _is_credit(self) -> bool:
        return self._panel.as_shown().is_credit

    @property
    def _way(self) -> int:
        return -1 if self._is_credit else 1

    def _keys(self) -> None:
        """Enter goes on: from the size to the price, from the price to the preview; Ctrl+Enter sends."""
        panel = self._panel
        panel.quantity.returnPressed.connect(self._to_price)
        for field in (panel.limit, panel.stop, panel.trail, panel.exits.target, panel.exits.loss):
            field.returnPressed.connect(panel.preview)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            made = QShortcut(QKeySequence(keys), panel)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.setAutoRepeat(False)
            made.activated.connect(lambda: panel.way_out.press())

    def _to_price(self) -> None:
        panel = self._panel
        fields = (panel.limit, panel.stop, panel.trail)
        shown = next((field for field in fields if field.isVisibleTo(panel)), None)
        if shown is None:
            panel.preview()
        else:
            shown.setFocus(Qt.FocusReason.TabFocusReason)
