"""What the rail's badges count: orders that work, of the account that is looked at."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ibdesk.ui.frame.rail import RailButton

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class OrdersBadge(QObject):
    """Keeps the number of working orders on the button of their room."""

    def __init__(self, desk: "Desk", bridge: "Bridge", button: RailButton) -> None:
        super().__init__(button)
        self._desk, self._bridge, self._button = desk, bridge, button
        bridge.orders_changed.connect(lambda _event: self.count())
        bridge.selection_changed.connect(lambda _account: self.count())
        self.count()

    def count(self) -> None:
        """Count anew."""
        book, chosen = self._desk.order_book, self._bridge.selected
        working = () if book is None else book.working
        self._button.set_count(sum(1 for order in working if chosen in (None, order.account)))
