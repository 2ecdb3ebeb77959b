"""What a person does with orders: change, cancel one or all, answer, settle by hand, close or roll what was filled."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Order, OrderState
from ibdesk.domain.pairs import other_of
from ibdesk.domain.prefilled import is_still_held, ticket_of, undoing
from ibdesk.ui.orders.pair_words import of_cancel
from ibdesk.ui.orders.positions import Entry, held_of, roll
from ibdesk.ui.orders.questions import OpenQuestions
from ibdesk.ui.orders.rows import Act, Key, OrderRow, key_of
from ibdesk.ui.orders.settle import SettleDialog
from ibdesk.ui.wizard.parts import Question

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.orders import Orders
    from ibdesk.ui.bridge import Bridge


class OrderActs(QObject):
    """The acts on the orders of one desk. `changed` tells that what a row offers may be another."""

    changed = Signal()

    def __init__(self, desk: "Desk", bridge: "Bridge", widget: QWidget) -> None:
        super().__init__(widget)
        self._desk, self._bridge, self._widget = desk, bridge, widget
        self.questions = OpenQuestions.of(bridge)
        self.questions.changed.connect(self.changed)
        self._cancelling: dict[Key, Order] = {}

    def is_cancelling(self, order: Order) -> bool:
        """Whether its cancellation was asked for here and nothing was heard of it since."""
        return self._cancelling.get(key_of(order)) == order

    def do(self, act: Act, row: OrderRow) -> None:
        """Do what a row offers."""
        order = row.order
        if act is Act.CHANGE:
            self._bridge.ticket_wanted.emit(ticket_of(order, self._desk.mode), order)
        elif act is Act.CANCEL:
            self.cancel(order)
        elif act is Act.ANSWER and (dialog := self.questions.about(order)) is not None:
            dialog.bring_back()
        elif act is Act.SETTLE:
            self._bridge.start("settle an order by hand", self._settle(order))

    def cancel(self, order: Order) -> None:
        """Ask the broker to cancel it; asked for once."""
        orders = self._desk.orders
        if orders is None or self.is_cancelling(order):
            return
        self._cancelling[key_of(order)] = order
        self.changed.emit()
        self._bridge.start("cancel an order", self._cancel(orders, order))

    def _cancel_each(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self.cancel(order)

    def cancel_all(self, accounts: Sequence[AccountId], count: int) -> None:
        """Ask for every working order of these accounts, after a yes."""
        orders = self._desk.orders
        if orders is not None and accounts:
            self._bridge.start("cancel all orders", self._cancel_all(orders, accounts, count))

    def entries(self, row: OrderRow) -> tuple[Entry, ...]:
        """What else can be done with an order, for its menu."""
        order = row.order
        made: list[Entry] = []
        if (other := self._other_of(order)) is not None:
            both = (order, other)
            made.append(("Cancel both of the pair", lambda: self._cancel_each(both), ""))
        if order.filled > 0 and order.legs:
            made.append(("Close what it opened…", lambda: self._undo(order), self._why_not_undo(order)))
            if len(order.legs) == 1 and order.legs[0].instrument.option is not None:
                instrument = order.legs[0].instrument
                made.append(("Roll…", lambda: self._roll(order.account, instrument), self._why_not_undo(order)))
        if order.legs:
            conid = order.legs[0].instrument.conid
            made.append(("Show in the option chain", lambda: self._bridge.instrument_wanted.emit(conid), ""))
        return tuple(made)

    def _other_of(self, order: Order) -> Order | None:
        """The other half, while both can be cancelled."""
        orders = self._desk.orders
        other = None if orders is None or not order.is_open else other_of(order, orders.book.working)
        return other if other is not None and other.id is not None and order.id is not None else None

    def _undo(self, order: Order) -> None:
        self._bridge.ticket_wanted.emit(undoing(order, self._desk.mode), None)

    def _why_not_undo(self, order: Order) -> str:
        if self._desk.orders is None:
            return "This desk does not trade."
        held = held_of(self._desk, self._bridge, order.account)
        return "" if is_still_held(order, held) else "Not all of it is held any more."

    def _roll(self, account: AccountId, option: Instrument) -> None:
        held = held_of(self._desk, self._bridge, account)(option.conid)
        self._bridge.start("roll an option", roll(self._desk, self._bridge, account, option, held))

    async def _cancel(self, orders: "Orders", order: Order) -> None:
        is_asked = False
        try:
            await orders.cancel(order)
            is_asked = True
            self._tell_of_other(orders, order)
        finally:
            if not is_asked:  # the notice says why; it may be tried again
                self._cancelling.pop(key_of(order), None)
                self.changed.emit()

    def _tell_of_other(self, orders: "Orders", order: Order) -> None:
        other = other_of(order, orders.book.working)
        if other is not None:
            self._bridge.say(of_cancel(other, orders.pairing))

    async def _cancel_all(self, orders: "Orders", accounts: Sequence[AccountId], count: int) -> None:
        whose = accounts[0] if len(accounts) == 1 else "all accounts"
        many = "the working order" if count == 1 else f"all {count} working orders"
        question = Question(
            f"Cancel {many} of {whose}?",
            "Also orders that were placed elsewhere are cancelled. A fill may still be quicker than the cancellation. "
            "Positions stay as they are.", "Cancel them" if count > 1 else "Cancel it", no="Keep them", danger=True,
            parent=self._widget.window(),
        )
        if await self._bridge.ask(question):
            for account in accounts:
                await orders.cancel_all(account)

    async def _settle(self, order: Order) -> None:
        dialog = SettleDialog(order, self._widget.window())
        orders = self._desk.orders
        if orders is None or order.ref is None or not await self._bridge.ask(dialog):
            return
        settled = await orders.settle_unknown(order.ref, was_placed=dialog.was_placed, note=dialog.note)
        if settled.state is not OrderState.INACTIVE:
            self._bridge.say("The broker’s list has the order after all: it is shown as the broker tells it.")
