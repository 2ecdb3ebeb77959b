"""The table of orders with its controls, and everything it says when there is little to list."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.events import QuotesChanged, SessionChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import Order, OrderState
from ibdesk.services.order_book import LOOK_EVERY
from ibdesk.ui import format as fmt
from ibdesk.ui.orders import troubles
from ibdesk.ui.orders.acts import OrderActs
from ibdesk.ui.orders.columns import COMPACT, FULL
from ibdesk.ui.orders.rows import Act, Key, OrderRow, Paid, Show, acts_of, is_listed, is_working, key_of, listed
from ibdesk.ui.orders.table import OrderTable
from ibdesk.ui.orders.troubles import Trouble
from ibdesk.ui.pages.book_view import BookView
from ibdesk.ui.pages.export import save_csv
from ibdesk.ui.widgets import Banner, Button, Card, Chip, EmptyState, IconButton, Segmented, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

NAMES = {Show.WORKING: "Working", Show.FILLED: "Filled", Show.TODAY: "All today"}
TITLES = {Show.WORKING: "Working orders", Show.FILLED: "Filled today", Show.TODAY: "Orders today"}
#: People read no faster than this (house 2.5, J2), milliseconds.
READING_MS = 100


class OrdersCard(Card):
    """The orders of the chosen account. `chosen` tells the order a person selected, None for none; `conids_changed` the
    contracts whose prices it shows."""

    chosen = Signal(object)
    conids_changed = Signal(object)

    def __init__(self, desk: "Desk", bridge: "Bridge", *, compact: bool, parent: QWidget | None = None) -> None:
        super().__init__(TITLES[Show.WORKING], parent=parent)
        self._desk, self._bridge = desk, bridge
        self._is_compact = compact
        self._show, self._paid = Show.WORKING, dict[Key, Paid]()
        self._conids: tuple[Conid, ...] = ()
        self._lost_since: datetime | None = None
        self._was_read = False
        self._trouble, self._lost_command = troubles.EMPTY[Show.WORKING], ""
        self.acts = OrderActs(desk, bridge, self)
        self.table = OrderTable(COMPACT if compact else FULL)
        self.lists = Segmented([(each.value, NAMES[each]) for each in Show], name="Orders")
        self.cancel_all = Button("Cancel all", kind="quiet", tip="Cancel every working order of the chosen account")
        self.copy = IconButton("copy", "Copy selected orders with headers")
        self.export = IconButton("export", "Save as CSV")
        self.read_only = Chip("read-only", tone="warn")
        self.unknown = Banner("", tone="warn")
        self.lost = Banner("", tone="warn")
        self.empty = EmptyState("orders", "", "")
        self._places, self._skeleton = QStackedWidget(), SkeletonRows(4 if compact else 10, columns=6)
        self._prices = QTimer(self)
        self._stack()
        self._wire()
        self.draw()

    @property
    def conids(self) -> tuple[Conid, ...]:
        """The contracts on screen."""
        return self._conids

    @property
    def shown(self) -> Show:
        """Which list is open."""
        return self._show

    def show_list(self, show: Show) -> None:
        """Turn to another list."""
        self._show = show
        self.lists.set_current(show.value)
        self.set_title(TITLES[show])
        self.draw()

    def show_paid(self, paid: Mapping[Key, Paid]) -> None:
        """What the prints of each order cost."""
        self._paid = dict(paid)
        self.draw()

    def select(self, order: Order) -> None:
        """Select an order, if it is listed."""
        line = self.table.orders.line_of(key_of(order))
        if line is not None:
            self.table.select_line(line)

    def draw(self) -> None:
        """List the orders as they are, or say why there are none."""
        book, now = self._desk.order_book, self._desk.clock()
        orders = () if book is None else book.orders
        mine = [order for order in orders if self._bridge.selected in (None, order.account)]
        self._count(mine, now)
        rows = [self._row(order) for order in listed(orders, self._show, self._bridge.selected, _today(now))]
        self.table.withhold("account", len({order.account for order in mine}) < 2)
        self.table.orders.show(rows, self._quotes(), now)
        self._was_read = book is not None and book.is_read
        self._tell_unknown([order for order in mine if order.state is OrderState.UNKNOWN])
        self._tell_state(len(rows))
        self._tell_conids(order for order in mine if is_listed(order, self._show, _today(now)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        BookView.of(self._desk, self._bridge).wake(self)
        self.draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        BookView.of(self._desk, self._bridge).rest(self)

    def _stack(self) -> None:
        self.add_beside_title(self.read_only)
        self.add_control(self.cancel_all)
        for control in (self.copy, self.export):
            self.add_control(control)
            control.setVisible(not self._is_compact)
        self.add_control(self.lists)
        self.edge_to_edge()
        for banner in (self.unknown, self.lost):
            holder = QVBoxLayout()
            holder.setContentsMargins(12, 2, 12, 2)
            holder.addWidget(banner)
            self.add(holder)
            banner.hide()
        for place in (self._skeleton, self.table, self.empty):
            self._places.addWidget(place)
        self.add(self._places, 1)
        why = troubles.why_read_only(self._desk)
        self.read_only.setVisible(bool(why) and self._desk.order_book is not None)
        self.read_only.setToolTip(why)

    def _wire(self) -> None:
        bridge, table = self._bridge, self.table
        self._prices.setSingleShot(True)
        self._prices.setInterval(READING_MS)
        self._prices.timeout.connect(lambda: table.orders.show_prices(self._quotes()))
        self.lists.chosen.connect(lambda key: self.show_list(Show(key)))
        self.cancel_all.clicked.connect(self._cancel_all)
        self.copy.clicked.connect(table.copy)
        self.export.clicked.connect(self._export)
        self.empty.pressed.connect(lambda: bridge.command.emit(self._trouble.command))
        self.lost.pressed.connect(lambda: bridge.command.emit(self._lost_command))
        self.unknown.pressed.connect(self._settle_first)
        table.wanted.connect(self.acts.do)
        table.menu_of = self.acts.entries
        table.export_wanted.connect(self._export)
        table.chosen.connect(self._tell_chosen)
        self.acts.changed.connect(self.draw)
        for signal in (bridge.orders_changed, bridge.selection_changed, bridge.lock_changed, bridge.settings_changed):
            signal.connect(lambda _event: self.draw())
        bridge.session_changed.connect(self._session_changed)
        bridge.quotes_changed.connect(self._quotes_changed)
        bridge.second.connect(self._second_passed)

    def _row(self, order: Order) -> OrderRow:
        is_cancelling = self.acts.is_cancelling(order)
        acts = acts_of(
            order, may_trade=self._desk.orders is not None,
            has_question=self.acts.questions.about(order) is not None,
        )
        return OrderRow(
            order=order, acts=() if is_cancelling else acts, is_cancelling=is_cancelling,
            paid=self._paid.get(key_of(order)),
        )

    def _quotes(self) -> Mapping[Conid, Quote]:
        return {} if self._desk.live is None else self._desk.live.quotes

    def _count(self, mine: list[Order], now: datetime) -> None:
        counts = Counter(show for show in Show for order in mine if is_listed(order, show, _today(now)))
        for show in Show:
            number = "" if show is Show.TODAY else f" {counts[show]}"
            self.lists.set_text(show.value, NAMES[show] + number)
        can_cancel = any(is_working(order) and order.id is not None for order in mine)
        self.cancel_all.setVisible(self._desk.orders is not None and can_cancel)

    def _tell_state(self, count: int) -> None:
        """The table, or what is missing and why."""
        book, lost = self._desk.order_book, troubles.why_not_told(self._desk)
        missing = troubles.why_no_book(self._desk)
        self.table.orders.set_dimmed(lost is not None)
        self._tell_lost(lost if count else None)
        if count:
            self._places.setCurrentWidget(self.table)
        elif missing is not None:
            self._say(missing)
        elif lost is not None and (book is None or not book.is_read):
            self._say(Trouble(
                title="The orders are not known yet", why=f"{lost.title} {lost.why}", action=lost.action,
                command=lost.command,
            ))
        elif book is not None and not book.is_read:
            self._places.setCurrentWidget(self._skeleton)
        else:
            self._say(troubles.EMPTY[self._show])

    def _say(self, trouble: Trouble) -> None:
        self._trouble = trouble
        action = trouble.action if trouble.command != "room:trade" or self._desk.orders is not None else ""
        self.empty.set(trouble.title, trouble.why, action=action)
        self._places.setCurrentWidget(self.empty)

    def _tell_lost(self, lost: Trouble | None) -> None:
        """The picture is old: say since when, and what helps."""
        if lost is None:
            self.lost.hide()
            self.set_age("")
            return
        self._lost_command = lost.command
        self.lost.set("Orders may have moved on: nothing is heard of them now.", detail=f"{lost.title} {lost.why}",
                      action=lost.action)  # fmt: skip
        # Below the chain there is room for one: the age above and the paler table tell the rest.
        self.lost.setVisible(not (self._is_compact and self.unknown.isVisibleTo(self)))
        self.set_age("" if self._lost_since is None else fmt.age(self._lost_since, self._desk.clock()))

    def _tell_unknown(self, lost: list[Order]) -> None:
        if not lost:
            self.unknown.hide()
            return
        one = len(lost) == 1
        self.unknown.set(
            "An order was sent and no answer came." if one else f"{len(lost)} orders were sent and no answer came.",
            detail=f"{'It is' if one else 'They are'} never sent again. The broker’s list is asked for "
            f"{'it' if one else 'them'} every {LOOK_EVERY:.0f} s.",
            action="Settle by hand…" if self._desk.orders is not None else "",
        )
        self.unknown.show()

    def _tell_conids(self, orders: Iterable[Order]) -> None:
        conids = tuple(dict.fromkeys(leg.instrument.conid for order in orders for leg in order.legs))
        if conids != self._conids:
            self._conids = conids
            self.conids_changed.emit(conids)

    def _tell_chosen(self) -> None:
        rows = self.table.chosen_rows()
        self.chosen.emit(rows[0].order if len(rows) == 1 else None)

    def _settle_first(self) -> None:
        book = self._desk.order_book
        lost = () if book is None else book.unknown
        order = next((each for each in lost if self._bridge.selected in (None, each.account)), None)
        if order is not None:
            self.acts.do(Act.SETTLE, self._row(order))

    def _cancel_all(self) -> None:
        book = self._desk.order_book
        working = [] if book is None else [
            each for each in book.working if each.id is not None and self._bridge.selected in (None, each.account)
        ]
        accounts: list[AccountId] = sorted({each.account for each in working})
        self.acts.cancel_all(accounts, len(working))

    def _export(self) -> None:
        save_csv(self.table, self._bridge, "orders")

    def _session_changed(self, event: SessionChanged) -> None:
        is_lost = not event.session.is_ready
        if is_lost != (self._lost_since is not None):
            self._lost_since = self._desk.clock() if is_lost else None
        self.draw()

    def _quotes_changed(self, _event: QuotesChanged) -> None:
        if self.isVisible() and not self._prices.isActive():
            self._prices.start()

    def _second_passed(self, now: datetime) -> None:
        if not self.isVisible():
            return
        book = self._desk.order_book
        if book is not None and book.is_read != self._was_read:
            self.draw()
        else:
            self.table.orders.show_age(now)
        if self._lost_since is not None and self.lost.isVisible():
            self.set_age(fmt.age(self._lost_since, now))


def _today(now: datetime) -> date:
    return now.astimezone(NEW_YORK).date()
