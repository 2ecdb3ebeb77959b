"""The Orders room: its tabs, and the selected order beside or below the table, wherever there is room."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import Order, OrderRef
from ibdesk.ui.expiry import ExpiryBoard
from ibdesk.ui.orders import OrdersCard
from ibdesk.ui.orders.details import OrderDetails
from ibdesk.ui.orders.rows import Show
from ibdesk.ui.pages.orders.executions import Executions
from ibdesk.ui.safety.kill import KillButton
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Label, Segmented

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

TABS = (("orders", "Orders"), ("executions", "Executions"), ("expiry", "Expiry"))
#: From this width on the details stand beside the table, logical pixels.
WIDE = 1400


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Orders room of an open desk."""
    return OrdersPage(desk, bridge)


class OrdersPage(QWidget):
    """Orders with the details of the selected one, executions, and what expires."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self.setAccessibleName("Orders")
        self._desk, self._bridge = desk, bridge
        self.tabs = Segmented(TABS, name="Orders, executions and expiries")
        self.card = OrdersCard(desk, bridge, compact=False)
        self.details = OrderDetails(desk, bridge)
        self.executions, self.expiry = Executions(desk, bridge), ExpiryBoard(desk, bridge)
        self.hint = Label("Enter changes an order, Delete cancels it.", kind=Text.CAPTION, tone="faint")
        self._both = QSplitter(Qt.Orientation.Vertical)
        self._places = QStackedWidget()
        self._watched: tuple[Conid, ...] = ()
        self._stack()
        self._wire()

    def show_tab(self, key: str) -> None:
        """Turn to a tab."""
        self.tabs.set_current(key)
        self._places.setCurrentIndex([name for name, _ in TABS].index(key))
        self.hint.setVisible(key == "orders" and self._desk.orders is not None)

    def show_order(self, ref: OrderRef) -> None:
        """Select an order of ours."""
        order = None if self._desk.order_book is None else self._desk.order_book.find(ref)
        if order is not None:
            self.show_tab("orders")
            self.card.show_list(Show.TODAY)
            self.card.select(order)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch()
        QTimer.singleShot(0, self, self._entered)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watch()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = event.size().width() >= WIDE
        way = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if way is not self._both.orientation() or event.oldSize().width() < 0:
            self._both.setOrientation(way)
            self._both.setSizes([event.size().width() - 420, 400] if is_wide else [380, 240])

    def _entered(self) -> None:
        self.executions.read()
        self._select_first()

    def _select_first(self) -> None:
        """Where nothing is selected, the first order is, so that the details show how the life of one goes."""
        if self.isVisible() and self.card.table.count() and not self.card.table.chosen_rows():
            self.card.table.select_line(0)

    def _stack(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.hint)
        head.addWidget(KillButton(self._desk, self._bridge))
        self._both.setHandleWidth(12)
        self._both.setChildrenCollapsible(False)
        self._both.addWidget(self.card)
        self._both.addWidget(self.details)
        self._both.setStretchFactor(0, 1)
        self.details.setMinimumWidth(320)
        self.details.setMinimumHeight(150)
        for place in (self._both, self.executions, self.expiry):
            self._places.addWidget(place)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._places, 1)
        self.show_tab("orders")

    def _wire(self) -> None:
        self.tabs.chosen.connect(self.show_tab)
        self.card.chosen.connect(self._chosen)
        self.card.table.orders.rowsInserted.connect(lambda *_: QTimer.singleShot(0, self, self._select_first))
        self.card.conids_changed.connect(lambda _conids: self._watch())
        self.executions.paid_changed.connect(self.card.show_paid)
        self.details.receipt_wanted.connect(self._show_receipt)

    def _watch(self) -> None:
        """Stream what is listed, and nothing of it while the room is not on screen."""
        wanted = self.card.conids if self.isVisible() else ()
        live = self._desk.live
        if wanted != self._watched and live is not None and not self._desk.tasks.is_closing:
            self._watched = wanted
            self._bridge.start("watch prices", live.watch(wanted))

    def _chosen(self, order: Order | None) -> None:
        self.details.show_order(order)

    def _show_receipt(self, ref: OrderRef) -> None:
        from ibdesk.ui.safety.receipts import show_receipt  # its dialog is rarely needed

        show_receipt(self._desk, self._bridge, ref, self)
