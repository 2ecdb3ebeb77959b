"""One order in full: what it is, where it stands, and every step of its life as its receipt tells it."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ibdesk.domain.errors import Refused
from ibdesk.domain.events import FillsArrived, OrdersChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.orders import Order, OrderRef
from ibdesk.domain.pairs import other_ref
from ibdesk.domain.receipts import LoggedReceipt
from ibdesk.ui import format as fmt
from ibdesk.ui.orders import words
from ibdesk.ui.orders.rows import is_from_elsewhere, key_of
from ibdesk.ui.orders.steps import Told, told
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Chip, EmptyState, Label

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: From this width on the steps stand beside the facts, logical pixels.
SIDE_BY_SIDE = 680


class OrderDetails(Card):
    """The order a person selected. `receipt_wanted` carries its id when its whole receipt is to be shown."""

    receipt_wanted = Signal(object)

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__("Order", parent=parent)
        self._desk, self._bridge = desk, bridge
        self._order: Order | None = None
        self.steps: tuple[Told, ...] = ()
        self.state = Chip("")
        self.receipt = Button("Open receipt", kind="link", tip="Everything that was checked, shown and heard")
        self.nothing = EmptyState("orders", "No order selected", "Select an order to see its steps.")
        self._places = QStackedWidget()
        self._body = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._body)
        self._facts, self._life = QVBoxLayout(), QVBoxLayout()
        self._stack()
        self.receipt.clicked.connect(self._open_receipt)
        bridge.orders_changed.connect(self._orders_changed)
        bridge.fills_arrived.connect(self._fills_arrived)
        self.show_order(None)

    @property
    def ref(self) -> OrderRef | None:
        """What the shown order's steps are kept under."""
        order = self._order
        if order is None:
            return None
        return order.ref or (OrderRef(f"#{order.id}") if order.id is not None else None)

    def show_order(self, order: Order | None) -> None:
        """Show another order, or none."""
        self._order, self.steps = order, ()
        self.state.setVisible(order is not None)
        self.receipt.hide()
        if order is None:
            self.set_title("Order")
            self._places.setCurrentWidget(self.nothing)
            return
        self._draw(order)
        self._read()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = event.size().width() >= SIDE_BY_SIDE
        self._halves.setDirection(
            QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._halves.setStretchFactor(self._facts, 1 if is_wide else 0)

    def _draw(self, order: Order) -> None:
        today = self._desk.clock().astimezone(NEW_YORK).date()
        self.set_title(words.describe(order.legs, order.quantity, today=today) if order.legs else order.label)
        self.state.setText(words.state_words(order))
        self.state.set_tone(words.state_tone(order))
        _clear(self._facts)
        _clear(self._life)
        self._facts.addWidget(Label(words.state_meaning(order), tone="muted", wrap=True))
        self._facts.addLayout(_grid(facts_of(order)))
        self._facts.addStretch(1)
        if self.steps:
            self._life.addWidget(Label("Steps, in local time", kind=Text.CAPTION, tone="muted"))
            self._life.addLayout(_timeline(self.steps))
        elif is_from_elsewhere(order):
            self._life.addWidget(Label(
                "It was not placed with ibdesk, so there is no receipt of its beginning.", kind=Text.CAPTION,
                tone="muted", wrap=True))
        self._life.addStretch(1)
        self._places.setCurrentIndex(1)

    def _read(self) -> None:
        orders, ref = self._desk.orders, self.ref
        if orders is not None and ref is not None:
            with suppress(Refused):  # a desk that is closing has nothing more to tell
                self._bridge.start("read an order's steps", self._read_steps(ref))

    async def _read_steps(self, ref: OrderRef) -> None:
        assert self._desk.orders is not None  # noqa: S101 - asked before starting
        found: Sequence[LoggedReceipt] = await self._desk.orders.receipt(ref)
        if self.ref == ref and self._order is not None:
            self.steps = tuple(told(each.receipt) for each in found)
            self.receipt.setVisible(bool(found))
            self._draw(self._order)

    def _open_receipt(self) -> None:
        if self.ref is not None:
            self.receipt_wanted.emit(self.ref)

    def _orders_changed(self, event: OrdersChanged) -> None:
        if self._order is None:
            return
        key = key_of(self._order)
        for order in event.orders:
            if key_of(order) == key or (order.id is not None and order.id == self._order.id):
                self._order = order
                self._draw(order)
                self._read()

    def _fills_arrived(self, event: FillsArrived) -> None:
        if self._order is not None and any(fill.execution.ref == self._order.ref for fill in event.fills):
            self._read()

    def _stack(self) -> None:
        self.add_beside_title(self.state)
        self.add_control(self.receipt)
        self.edge_to_edge()
        self._halves.setContentsMargins(14, 4, 14, 12)
        self._halves.setSpacing(14)
        for half, share in ((self._facts, 0), (self._life, 1)):
            half.setSpacing(8)
            self._halves.addLayout(half, share)
        area = QScrollArea()
        area.setWidget(self._body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("Details of the order")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._body.setProperty("kind", "page")
        for place in (self.nothing, area):
            self._places.addWidget(place)
        self.add(self._places, 1)


def facts_of(order: Order) -> tuple[tuple[str, str], ...]:
    """What there is to know about an order, besides its name and state."""
    is_combo = len(order.legs) > 1
    legs = tuple(
        (f"Leg {number}", f"{'Buy' if leg.side.sign > 0 else 'Sell'} {leg.ratio} × {leg.instrument.label}")
        for number, leg in enumerate(order.legs, start=1)
    ) if is_combo else ()  # fmt: skip
    average = words.price_words(order.average_price, is_combo=is_combo)
    hours = ", also outside regular hours" if order.outside_hours else ""
    told = (
        ("Type", words.type_words(order)), ("Stands", f"{words.tif_words(order.tif)}{hours}"), *legs,
        *((("Pair", "the one that fills cancels the other"),) if other_ref(order.ref or OrderRef("")) else ()),
        ("Filled", words.filled_words(order) + (f" at {average}" if order.filled else "")),
        ("Account", order.account), ("Placed", f"{fmt.moment(order.at)} local time"),
        ("Last heard", f"{fmt.moment(order.updated_at)} local time"),
        ("Placed with", "another program" if is_from_elsewhere(order) else "ibdesk"),
        ("Broker’s id", order.id or fmt.UNKNOWN), ("Our id", order.ref or fmt.UNKNOWN),
    )
    return tuple((name, text) for name, text in told)


def _grid(facts: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for at, (name, text) in enumerate(facts):
        grid.addWidget(Label(name, kind=Text.CAPTION, tone="muted"), at, 0, Qt.AlignmentFlag.AlignTop)
        label = Label(text, kind=Text.TABLE, wrap=True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAccessibleName(f"{name}: {text}")
        grid.addWidget(label, at, 1)
    return grid


def _timeline(steps: Sequence[Told]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(6)
    for step in steps:
        row = QHBoxLayout()
        row.setSpacing(10)
        at = Label(fmt.clock(step.at), kind=Text.CAPTION, tone="muted")
        at.setToolTip(f"{fmt.moment(step.at)} local time")
        row.addWidget(at, 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(Label(step.title, kind=Text.TABLE, bold=bool(step.tone), tone=step.tone))
        if step.detail:
            texts.addWidget(Label(step.detail, kind=Text.CAPTION, tone="muted", wrap=True))
        row.addLayout(texts, 1)
        column.addLayout(row)
    return column


def _clear(layout: QBoxLayout | QGridLayout) -> None:
    """Take everything out of a layout; it is about to be filled anew."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QBoxLayout | QGridLayout):
            _clear(inner)
            inner.deleteLater()
