"""How the ticket is laid out: its head, legs, fields, payoff, margin and checks from top to bottom, the way out below.

It shows a `Form` and says what a person does to it by the signals of its parts; it decides nothing.
"""

from collections.abc import Mapping
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import NEEDS_LIMIT, NEEDS_STOP, OrderRules, OrderTicket, OrderType
from ibdesk.domain.ticket_prices import Shown
from ibdesk.ui.theme import Text
from ibdesk.ui.ticket.check_list import CheckList
from ibdesk.ui.ticket.exits_fields import ExitFields
from ibdesk.ui.ticket.fields import TicketChoice, TicketEdit
from ibdesk.ui.ticket.form import (
    Form,
    Obstacle,
    Readiness,
    outside_hours_offered,
    tifs_offered,
    types_offered,
)
from ibdesk.ui.ticket.head import TicketHead
from ibdesk.ui.ticket.leg_rows import LegRows
from ibdesk.ui.ticket.margin_drawer import MarginDrawer
from ibdesk.ui.ticket.pair_fields import PairFields
from ibdesk.ui.ticket.payoff import Payoff
from ibdesk.ui.ticket.price_slider import PriceSlider
from ibdesk.ui.ticket.prospects import Prospects
from ibdesk.ui.ticket.send_button import SendButton
from ibdesk.ui.ticket.wording import TIFS, TYPES, field_words, hold_words, price_words, send_words, typed_words
from ibdesk.ui.widgets import Banner, Button, EmptyState, Label, line

#: How tall the payoff is from which height of the ticket on, in pixels.
_HEIGHTS = ((860, 140), (700, 118), (0, 92))
_EMPTY_TITLE = "No order yet"
_EMPTY_WHY = "Click a bid to sell or an ask to buy in the chain, or choose a template. A second click adds to a leg."


class TicketView(QFrame):
    """The ticket's face."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName("Order ticket")
        self.setMinimumWidth(348)
        self.head = TicketHead()
        self.obstacle = Banner()
        self.offer = Banner(tone="accent", action="Open", closable=True)
        self.empty = EmptyState("orders", _EMPTY_TITLE, _EMPTY_WHY)
        self.legs_rows = LegRows(after=self.head.clear)
        self.quantity = TicketEdit("Qty", accessible="Quantity")
        self.limit = TicketEdit("Limit", accessible="Limit price")
        self.stop = TicketEdit("Stop", accessible="Stop price")
        self.trail = TicketEdit("Trail", accessible="Trailing amount, or percent with %")
        self.type = TicketChoice("Type", accessible="Kind of order")
        self.tif = TicketChoice("TIF", accessible="Time in force")
        self.outside = QCheckBox("Outside hours")
        self.outside.setAccessibleName("May trade outside regular hours")
        self.slider = PriceSlider()
        self.exits = ExitFields()
        self.pair = PairFields()
        self.faults = Label("", kind=Text.CAPTION, tone="loss", wrap=True)
        self.closing = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.closing.hide()
        self.payoff = Payoff()
        self.prospects = Prospects()
        self.margin = MarginDrawer()
        self.checks = CheckList()
        self.outcome = Banner(tone="gain", closable=True)
        self.reason = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.help_button = Button("", kind="link")
        self.help_button.setStyleSheet("padding: 0; min-height: 16px;")
        self.preview_button = Button("Preview", tip="Ask the broker for its preview")
        self.send_button = SendButton()
        self._inside = QWidget()
        self._filled = QWidget()
        self._stack()

    def draw(self, form: Form, rules: Mapping[Conid, OrderRules], shown: Shown, today: date) -> None:
        """Show the ticket itself; `today` is New York's."""
        ticket, has_legs = form.ticket, bool(form.ticket.legs)
        self.head.draw(form, today)
        self.empty.setVisible(not has_legs)
        self._filled.setVisible(has_legs)
        self._inside.setEnabled(not form.is_sending)
        self.legs_rows.show_ticket(ticket, today)
        self._draw_faults(form)
        self._draw_fields(ticket, rules, shown)
        self.exits.draw(ticket, is_credit=shown.is_credit)
        self.pair.draw(ticket, types_offered(ticket, rules), is_offered=form.may_be_pair)
        self.exits.toggle.setVisible(self.pair.toggle.isHidden() or ticket.exits is not None)
        if form.outcome is not None:
            told = form.outcome
            self.outcome.set(told.text, detail=told.detail, tone=told.tone, action=told.action)
        self.outcome.setVisible(form.outcome is not None)

    def draw_price(self, ticket: OrderTicket, quotes: Mapping[Conid, Quote], shown: Shown) -> None:
        """Show the market."""
        self.legs_rows.show_quotes(quotes)
        self.slider.tell(shown, is_combo=ticket.is_combo)

    def draw_closing(self, words: str) -> None:
        """Say what a closing order leaves, in the payoff's place; "" brings the payoff back."""
        self.closing.setText(words)
        self.closing.setVisible(bool(words))
        self.payoff.setVisible(not words)
        self.prospects.setVisible(not words)

    def draw_obstacle(self, obstacle: Obstacle | None) -> None:
        """Say what stands before the whole ticket."""
        if obstacle is not None:
            self.obstacle.set(obstacle.text, detail=obstacle.detail, tone=obstacle.tone, action=obstacle.action)
        self.obstacle.setVisible(obstacle is not None)

    def draw_way_out(self, form: Form, ready: Readiness, *, is_live: bool) -> None:
        """The buttons, and why they cannot be pressed."""
        is_held = is_live
        words = hold_words(form.ticket.mode) if is_held else send_words(form.ticket, is_change=form.changes is not None)
        if form.is_sending:
            words = "Sending…"
        elif is_held and form.changes is not None:
            words = "Hold to change the order"
        self.send_button.set_words(words, is_held=is_held)
        self.send_button.setEnabled(ready.may_press)
        self.send_button.setAccessibleDescription(ready.reason)
        has_legs = bool(form.ticket.legs)
        self.preview_button.setEnabled(has_legs and form.is_complete and not form.is_sending)
        is_said = not has_legs or bool(form.unread)  # it stands above already
        self.reason.setText("" if is_said else " ".join(part for part in (ready.reason, ready.remedy) if part))
        self.reason.setVisible(bool(self.reason.text()))
        self.help_button.setText(ready.action)
        self.help_button.setAccessibleName(ready.action)
        self.help_button.setVisible(bool(ready.action) and not is_said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a small window the picture gives way to the checks."""
        super().resizeEvent(event)
        self.payoff.set_height(next(tall for least, tall in _HEIGHTS if self.height() >= least))

    def _draw_fields(self, ticket: OrderTicket, rules: Mapping[Conid, OrderRules], shown: Shown) -> None:
        self.type.offer(TYPES, types_offered(ticket, rules))
        self.tif.offer(TIFS, tifs_offered(ticket, rules))
        self.type.tell(ticket.order_type)
        self.tif.tell(ticket.tif)
        withheld = outside_hours_offered(ticket, rules)
        self.outside.setEnabled(not withheld or ticket.outside_hours)
        self.outside.setToolTip(withheld or "It may also trade before and after regular hours")
        self.outside.setChecked(ticket.outside_hours)
        self.quantity.tell(typed_words(ticket.quantity))
        self.limit.tell(price_words(shown, is_combo=ticket.is_combo))
        self.stop.tell(field_words(ticket.stop, ticket, is_credit=shown.is_credit))
        trail = ticket.trail
        self.trail.tell("" if trail is None else typed_words(trail.amount) + " %" * trail.is_percent)
        self.limit.setVisible(ticket.order_type in NEEDS_LIMIT)
        self.slider.setVisible(ticket.order_type in NEEDS_LIMIT)
        self.stop.setVisible(ticket.order_type in NEEDS_STOP)
        self.trail.setVisible(ticket.order_type is OrderType.TRAILING)

    def _draw_faults(self, form: Form) -> None:
        names = {"quantity": self.quantity, "limit": self.limit, "stop": self.stop, "trail": self.trail,
                 "target": self.exits.target, "loss": self.exits.loss, "other": self.pair.stop,
                 "other trail": self.pair.trail}  # fmt: skip
        for name, field in names.items():
            field.set_fault(form.unread.get(name, ""))
        self.faults.setText("\n".join(form.unread.values()))
        self.faults.setVisible(bool(form.unread))

    def _stack(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 1, 0)
        outer.setSpacing(0)
        outer.addWidget(self.head)
        outer.addWidget(self._scrolled(), 1)
        outer.addWidget(line())
        outer.addLayout(self._foot())

    def _scrolled(self) -> QScrollArea:
        self._inside.setProperty("kind", "page")
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(14, 2, 14, 12)
        column.setSpacing(8)
        for banner in (self.obstacle, self.offer):
            banner.hide()
            column.addWidget(banner)
        column.addWidget(self.empty, 1)
        column.addWidget(self._filled, 1)
        filled = QVBoxLayout(self._filled)
        filled.setContentsMargins(0, 0, 0, 0)
        filled.setSpacing(8)
        filled.addWidget(self.legs_rows)
        filled.addLayout(self._fields())
        for part in (self.faults, self.slider, self.exits, self.pair, self.closing, self.payoff, self.prospects,
                     self.margin, line(), self.checks):  # fmt: skip
            filled.addWidget(part)
        filled.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._inside)
        self.area = area
        return area

    def _fields(self) -> QVBoxLayout:
        """Size, price and life in one row; the kind of order and what goes with it below."""
        column = QVBoxLayout()
        column.setSpacing(8)
        for rows in (((self.quantity, 9), (self.limit, 11), (self.tif, 10)), ((self.stop, 1), (self.trail, 1)),
                     ((self.type, 1), (self.outside, 0), (self.exits.toggle, 0),
                      (self.pair.toggle, 0))):  # fmt: skip
            row = QHBoxLayout()
            row.setSpacing(8)
            for field, share in rows:
                row.addWidget(field, share)
            column.addLayout(row)
        return column

    def _foot(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addWidget(self.outcome)
        why = QHBoxLayout()
        why.addWidget(self.reason, 1)
        why.addWidget(self.help_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(why)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.preview_button.setMinimumHeight(36)
        row.addWidget(self.preview_button)
        row.addWidget(self.send_button, 1)
        column.addLayout(row)
        return column
