"""The payoff's place in the ticket: its picture is made when the room has settled, for its library is slow to come."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.ticket_outlook import Outlook

if TYPE_CHECKING:
    from ibdesk.ui.ticket.payoff_chart import PayoffChart

class Payoff(QWidget):
    """As high as its picture, which is there as soon as somebody asks for it or it has to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._chart: PayoffChart | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def chart(self) -> "PayoffChart":
        """The picture, made now if it was not there yet."""
        if self._chart is None:
            from ibdesk.ui.ticket.payoff_chart import PayoffChart

            self._chart = PayoffChart()
            self._chart.set_height(self.height())
            self._column.addWidget(self._chart)
        return self._chart

    def draw(self, ticket: OrderTicket, outlook: Outlook) -> None:
        """Show a ticket's prospects."""
        self.chart.draw(ticket, outlook)

    def set_height(self, pixels: int) -> None:
        self.setFixedHeight(pixels)
        if self._chart is not None:
            self._chart.set_height(pixels)
