"""The Trade room: what is looked at above, its chain and today's orders left, the ticket right; one eye movement from
a strike to the send."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.orders import Leg, Order, OrderTicket, Side
from ibdesk.ui.chain import ChainView
from ibdesk.ui.orders.card import OrdersCard
from ibdesk.ui.ticket import TicketPanel

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_ACROSS, _DOWN = "trade/across", "trade/down"
#: Narrower than this a ticket's figures do not fit, nor does a chain without its quiet columns.
_TICKET_WIDTH, _CHAIN_WIDTH = 340, 480
#: Three orders with their headings.
_ORDERS_HEIGHT = 160


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Trade room of an open desk."""
    return TradePage(desk, bridge)


class TradePage(QWidget):
    """Chain, orders and ticket. Legs go from the chain into the ticket and come back to be outlined."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self.setAccessibleName("Trade")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes to what is in it: the chain would take it back
        self._desk, self._bridge = desk, bridge
        self.chain = ChainView(desk, bridge)
        self.ticket = TicketPanel(desk, bridge)
        self.orders = OrdersCard(desk, bridge, compact=True)
        self._wanted: dict[str, tuple[Conid, ...]] = {"ticket": (), "chain": (), "orders": ()}
        self._watched: tuple[Conid, ...] = ()
        self._across, self._down = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)
        self._lay_out()
        self._restore()
        self._connect()

    def take(self, ticket: OrderTicket, changes: Order | None = None) -> None:
        """Open a prefilled ticket, and the chain of what it trades."""
        self.ticket.take(ticket, changes)
        instrument = next((leg.instrument for leg in ticket.legs if leg.instrument.option is not None), None)
        instrument = instrument or next((leg.instrument for leg in ticket.legs), None)
        if instrument is not None:
            self.chain.show_instrument(instrument)
        self.ticket.focus_quantity()

    def show_underlying(self, conid: Conid) -> None:
        """Show an instrument and its options."""
        self.chain.show_underlying(conid)
        self.chain.focus_chain()

    def search(self, text: str) -> None:
        """Open the chain of a symbol, or put an option into the ticket, as the field does."""
        self.chain.search(text)

    @property
    def watched(self) -> tuple[Conid, ...]:
        """What was last asked to be streamed for this room: the ticket's contracts first."""
        return self._watched

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.chain.focus_chain()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watch()

    # ---------------------------------------------------------------------------------------------------------------

    def _add_leg(self, instrument: Instrument, side: Side) -> None:
        self.ticket.add_leg(instrument, side)

    def _take_legs(self, legs: tuple[Leg, ...], title: str) -> None:
        self.ticket.take_legs(legs, title)

    def _want(self, who: str, conids: tuple[Conid, ...]) -> None:
        self._wanted[who] = tuple(conids)
        self._watch()

    def _watch(self) -> None:
        """Stream what both show; nothing of it while the room is not on screen."""
        wanted = tuple(dict.fromkeys(each for conids in self._wanted.values() for each in conids))
        wanted = wanted if self.isVisible() else ()
        live = self._desk.live
        if wanted != self._watched and live is not None and not self._desk.tasks.is_closing:
            self._watched = wanted
            self._bridge.start("watch prices", live.watch(wanted))

    def _connect(self) -> None:
        chain, ticket = self.chain, self.ticket
        chain.leg_wanted.connect(self._add_leg)
        chain.template_wanted.connect(self._take_legs)
        chain.quantity_wanted.connect(ticket.focus_quantity)
        ticket.legs_changed.connect(chain.set_legs)
        ticket.finished.connect(chain.focus_chain)
        self.orders.empty.pressed.connect(chain.focus_chain)
        self._want("orders", self.orders.conids)
        ticket.conids_changed.connect(lambda conids: self._want("ticket", conids))
        chain.conids_changed.connect(lambda conids: self._want("chain", conids))
        self.orders.conids_changed.connect(lambda conids: self._want("orders", conids))
        for place in (chain.bar, self._down):  # the ticket has its own; from anywhere else of the room it sends, too
            for keys in ("Ctrl+Return", "Ctrl+Enter"):
                send = QShortcut(QKeySequence(keys), place)
                send.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                send.setAutoRepeat(False)
                send.activated.connect(ticket.send)
        self._across.splitterMoved.connect(lambda *_: self._save())
        self._down.splitterMoved.connect(lambda *_: self._save())

    def _lay_out(self) -> None:
        self._down.addWidget(self.chain)
        self._down.addWidget(self.orders)
        self._across.addWidget(self._down)
        self._across.addWidget(self.ticket)
        self._down.setMinimumWidth(_CHAIN_WIDTH)
        self.ticket.setMinimumWidth(_TICKET_WIDTH)
        self.orders.setMinimumHeight(_ORDERS_HEIGHT)
        self.orders.empty.make_brief()
        for splitter, sizes in ((self._across, (780, 390)), (self._down, (540, 170))):
            splitter.setHandleWidth(12)
            splitter.setChildrenCollapsible(False)
            splitter.setStretchFactor(0, 1)
            splitter.setStretchFactor(1, 0)
            splitter.setSizes(list(sizes))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.chain.bar)
        column.addWidget(self._across, 1)

    def _restore(self) -> None:
        for splitter, key in ((self._across, _ACROSS), (self._down, _DOWN)):
            state = QSettings().value(key)
            if isinstance(state, QByteArray):
                splitter.restoreState(state)

    def _save(self) -> None:
        for splitter, key in ((self._across, _ACROSS), (self._down, _DOWN)):
            QSettings().setValue(key, splitter.saveState())
