"""The exits of an opening order: a profit target and a stop loss that are sent with it, one cancelling the other."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.orders import OrderTicket
from ibdesk.ui.theme import Text
from ibdesk.ui.ticket.fields import TicketEdit
from ibdesk.ui.ticket.wording import field_words
from ibdesk.ui.widgets import Label


class ExitFields(QWidget):
    """Shown while `toggle` is on, which stands elsewhere. `wanted(on)`: the person wants exits, or none."""

    wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toggle = QCheckBox("Exits")
        self.toggle.setToolTip("Send a profit target and a stop loss with it; the one that fills cancels the other")
        self.toggle.setAccessibleDescription(self.toggle.toolTip())
        self.toggle.clicked.connect(self.wanted)
        self.target = TicketEdit("Target", accessible="Profit target")
        self.loss = TicketEdit("Stop loss", accessible="Stop loss")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.target)
        row.addWidget(self.loss)
        column.addLayout(row)
        column.addWidget(Label("They close it once it is filled; the one that fills cancels the other.",
                               kind=Text.CAPTION, tone="muted", wrap=True))  # fmt: skip
        self.hide()

    def draw(self, ticket: OrderTicket, *, is_credit: bool) -> None:
        """Show the exits of a ticket."""
        exits = ticket.exits
        if exits is not None:
            self.toggle.setChecked(True)
        self.setVisible(self.toggle.isChecked())
        target, loss = (None, None) if exits is None else (exits.take_profit, exits.stop_loss)
        for field, price in ((self.target, target), (self.loss, loss)):
            field.tell(field_words(price, ticket, is_credit=is_credit))
