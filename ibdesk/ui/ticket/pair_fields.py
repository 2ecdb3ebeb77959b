"""The other order of a pair that closes what is held: a stop or a trailing stop beside the ticket's limit."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.orders import OrderTicket, OrderType
from ibdesk.ui.theme import Text
from ibdesk.ui.ticket.fields import TicketChoice, TicketEdit
from ibdesk.ui.ticket.wording import TYPES, field_words, typed_words
from ibdesk.ui.widgets import Label

_KINDS = {kind: TYPES[kind] for kind in (OrderType.STOP, OrderType.TRAILING)}


class PairFields(QWidget):
    """Shown while the ticket is a pair. `toggle` stands elsewhere; `wanted(on)`: the person wants a pair, or the one
    order alone."""

    wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toggle = QCheckBox("OCO")
        self.toggle.setToolTip("Send a stop beside the limit; the one that fills cancels the other")
        self.toggle.setAccessibleName("One cancels the other")
        self.toggle.setAccessibleDescription(self.toggle.toolTip())
        self.toggle.clicked.connect(self.wanted)
        self.kind = TicketChoice("Or", accessible="Kind of the other order")
        self.stop = TicketEdit("Stop", accessible="Stop price of the other order")
        self.trail = TicketEdit("Trail", accessible="Trailing amount of the other order, or percent with %")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        for field in (self.kind, self.stop, self.trail):
            row.addWidget(field, 1)
        column.addLayout(row)
        column.addWidget(Label("The one that fills cancels the other; a part that fills makes the other smaller.",
                               kind=Text.CAPTION, tone="muted", wrap=True))  # fmt: skip
        self.hide()

    def draw(self, ticket: OrderTicket, withheld: Mapping[OrderType, str], *, is_offered: bool) -> None:
        """Show the other half of a ticket; without one, whether a pair is to be had."""
        other = ticket.other
        self.toggle.setVisible(is_offered or other is not None)
        self.toggle.setChecked(other is not None)
        self.setVisible(other is not None)
        if other is None:
            return
        is_trailing = other.order_type is OrderType.TRAILING
        self.kind.offer(_KINDS, {kind: withheld.get(kind, "") for kind in _KINDS})
        self.kind.tell(other.order_type)
        self.stop.setVisible(not is_trailing)
        self.trail.setVisible(is_trailing)
        self.stop.tell(field_words(other.stop, ticket, is_credit=False))
        trail = other.trail
        self.trail.tell("" if trail is None else typed_words(trail.amount) + " %" * trail.is_percent)
