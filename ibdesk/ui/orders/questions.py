"""What the broker asks before it takes an order: who shows it, who answers it, and how it waits to be answered.

A question keeps its account busy: nothing else of it may be sent before the answer. So it can be put aside, but it is
never forgotten: `OpenQuestions` knows every one that waits, and the order's row in the table brings it back. How long
the broker remembers a question is not published (reference/client-portal-api.md 7.5), so its age is shown instead.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.events import OrdersChanged, SessionChanged, TradingLockChanged
from ibdesk.domain.modes import face_of
from ibdesk.domain.orders import Order, OrderRef, OrderState, OrderTicket, Question
from ibdesk.services.questioning import Reply, may_be_remembered
from ibdesk.ui.orders import words
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, Button, Card, Chip, Label

if TYPE_CHECKING:
    from ibdesk.services.questioning import Ask
    from ibdesk.ui.bridge import Bridge

#: What the broker's questions are about, by their ids (reference/client-portal-api.md 7.5).
ABOUT: dict[str, str] = {
    "o163": "The price is far from the market.",
    "o354": "There is no market data for this contract.",
    "o382": "The price is far from the market, counted in ticks.",
    "o383": "The order is larger than your limit for its size.",
    "o403": "The order will trigger and fill at once.",
    "o451": "The order is worth more than your limit for its value.",
    "o2136": "The order mixes allocations.",
    "o2137": "An order on the other side works already.",
    "o2165": "Fractions do not trade outside regular hours.",
    "o10082": "The bond has been called.",
    "o10138": "The change is larger than your limit for changes.",
    "o10151": "A market order takes whatever price there is.",
    "o10152": "A stop order becomes a market order when it triggers.",
    "o10153": "A cap on the price is needed.",
    "o10164": "The order is given as an amount of cash.",
    "o10223": "The order is given as an amount of cash.",
    "o10288": "Trading crypto has risks of its own.",
    "o10331": "A stop order may fill far from its price.",
    "o10332": "Trading crypto has risks of its own.",
    "o10333": "The option is at the money.",
    "o10335": "Orders are being entered in quick succession.",
    "o10336": "Little is traded in this contract.",
    "p12": "The broker advises another way to trade this.",
}
UNNAMED = "The broker asks:"
#: What ends a question without an answer.
GONE = "This question is gone: the order is not in its hands any more. Nothing is sent by answering it now."
KILLED = "The kill switch is on. A yes sends it only when it was proved to lower risk; anything else is not sent."
ENDED = "The order works no more, so there is nothing left to change."
LOST = "The session was lost, and the broker forgets its questions with it. Nothing was placed or changed."


def asker(bridge: "Bridge", parent: QWidget, changes: Order | None = None) -> "Ask":
    """What shows the broker's questions to the person at this window and brings back the answer. `changes` is the
    working order they are about, when it is to be changed."""

    async def ask(ticket: OrderTicket, questions: tuple[Question, ...]) -> Reply:
        open_questions = OpenQuestions.of(bridge)
        dialog = QuestionDialog(ticket, questions, parent.window(), changes=changes)
        open_questions.take(dialog)
        try:
            yes = await bridge.ask(dialog)
            return Reply(yes=yes, remember=yes and dialog.remember.isChecked())
        finally:
            open_questions.leave(dialog)

    return ask


class OpenQuestions(QObject):
    """The questions that wait for an answer. `changed` tells that one came or went."""

    changed = Signal()

    def __init__(self, bridge: "Bridge") -> None:
        super().__init__(bridge)
        self._waiting: list[QuestionDialog] = []
        bridge.second.connect(self._second_passed)
        bridge.orders_changed.connect(self._orders_changed)
        bridge.session_changed.connect(self._session_changed)
        bridge.lock_changed.connect(self._lock_changed)

    @classmethod
    def of(cls, bridge: "Bridge") -> "OpenQuestions":
        """The one of this desk."""
        return bridge.findChild(cls) or cls(bridge)

    def about(self, order: Order) -> "QuestionDialog | None":
        """The question that waits about this order."""
        return next((each for each in self._waiting if each.is_about(order)), None)

    def take(self, dialog: "QuestionDialog") -> None:
        self._waiting.append(dialog)
        self.changed.emit()

    def leave(self, dialog: "QuestionDialog") -> None:
        self._waiting.remove(dialog)
        self.changed.emit()

    def _second_passed(self, now: datetime) -> None:
        for each in self._waiting:
            each.show_age(now)

    def _orders_changed(self, event: OrdersChanged) -> None:
        for dialog in self._waiting:
            for order in event.orders:
                dialog.follow(order)

    def _session_changed(self, event: SessionChanged) -> None:
        if not event.session.is_ready:
            for dialog in self._waiting:
                dialog.vanish(LOST)

    def _lock_changed(self, event: TradingLockChanged) -> None:
        for dialog in self._waiting:
            dialog.warn("" if event.lock is None else KILLED)


class QuestionDialog(QDialog):
    """The questions about one ticket. Accepted means yes to all of them; everything else means no. With `changes` they
    are about a change of that order, which works on as it is until there is a yes."""

    def __init__(
        self, ticket: OrderTicket, questions: tuple[Question, ...], parent: QWidget | None = None, *,
        changes: Order | None = None,
    ) -> None:
        super().__init__(parent)
        self.ticket, self.questions, self._changes = ticket, questions, changes
        self._ref: OrderRef | None = None
        self._asked_at: datetime | None = None
        self.setWindowTitle("The broker asks")
        self.setAccessibleName(self._title)
        self.setMinimumWidth(520)
        self.remember = QCheckBox("Answer these with yes from now on")
        self.age = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.gone = Banner("", tone="warn")
        yes, no = ("Yes, send", "No, do not send") if changes is None else ("Yes, change", "No, leave it")
        self.yes, self.no = Button(yes, kind="primary"), Button(no)
        self.later = Button("Later", kind="quiet", tip="Put it aside; its row among the orders brings it back")
        self._stack()
        self.gone.hide()
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        self.later.clicked.connect(self.hide)  # not an answer: it goes on waiting
        self.no.setDefault(True)
        self.no.setFocus()
        self._tell_age(0)

    @property
    def _title(self) -> str:
        return f"The broker asks before it takes the {'order' if self._changes is None else 'change'}"

    @property
    def is_gone(self) -> bool:
        """Whether there is nothing left to answer."""
        return not self.yes.isEnabled()

    def bring_back(self) -> None:
        """Show it again after it was put aside."""
        if not self.isVisible():
            self.open()
        self.raise_()
        self.activateWindow()
        self.no.setFocus()

    def is_about(self, order: Order) -> bool:
        """Whether the broker asks about this order; of one account it asks about one at a time."""
        if self._changes is not None:
            return (order.account, order.ref, order.id) == (
                self._changes.account, self._changes.ref, self._changes.id
            )
        if self._ref is not None and order.ref is not None:
            return order.ref == self._ref
        ticket = self.ticket
        return order.state is OrderState.ASKED and (order.account, order.legs, order.quantity) == (
            ticket.account, ticket.legs, ticket.quantity
        )

    def follow(self, order: Order) -> None:
        """The book tells something new of an order: when it is ours and is not asked about any more, that is over."""
        if self._changes is not None:
            if self.is_about(order) and not order.is_open:
                self.vanish(ENDED)
        elif self._ref is None and self.is_about(order):
            self._ref = order.ref
        elif self._ref is not None and order.ref == self._ref and order.state is not OrderState.ASKED:
            self.vanish(GONE)

    def vanish(self, why: str) -> None:
        """There is nothing to answer any more; say so instead of letting a yes go nowhere."""
        self.yes.setEnabled(False)
        self.remember.setEnabled(False)
        self.later.hide()
        self.no.setText("Close")
        self.no.setAccessibleName("Close")
        self.gone.set(why, tone="warn")
        self.gone.show()
        self.age.hide()
        self.adjustSize()

    def warn(self, what: str) -> None:
        """Something changed while it waited; empty takes the warning back."""
        if not self.is_gone:
            self.gone.set(what, tone="warn")
            self.gone.setVisible(bool(what))
            self.adjustSize()

    def show_age(self, now: datetime) -> None:
        """How long it has been waiting."""
        if self._asked_at is None:
            self._asked_at = now
        self._tell_age(int((now - self._asked_at).total_seconds()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus; nothing is sent by a key that was still down."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.isAutoRepeat():
            return
        super().keyPressEvent(event)

    def _tell_age(self, seconds: int) -> None:
        waits = "just now" if seconds < 2 else f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
        meanwhile = "is not placed" if self._changes is None else "works on as it is"
        self.age.setText(
            f"Asked {waits}. The order {meanwhile} until you say yes, and nothing else is sent for "
            f"{self.ticket.account} meanwhile. The broker does not say how long it waits."
        )

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(self._title, kind=Text.TITLE, bold=True))
        column.addWidget(_order_line(self.ticket))
        for question in self.questions:
            column.addWidget(_card(question))
        column.addWidget(self.gone)
        column.addWidget(self.age)
        if may_be_remembered(self.ticket.mode, self.questions):
            self.remember.setToolTip("Settings can make it ask again. In a live mode every question is always asked.")
            column.addWidget(self.remember)
        else:
            self.remember.setParent(self)
            self.remember.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.later)
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        column.addLayout(row)


def _order_line(ticket: OrderTicket) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    side = words.side_word(ticket.legs)
    if side:
        row.addWidget(Label(side, bold=True, tone="gain" if side == "Buy" else "loss"))
    row.addWidget(Label(f"{words.amount_words(ticket.legs, ticket.quantity)} · {words.type_words(ticket)}", bold=True))
    row.addStretch(1)
    row.addWidget(Chip(face_of(ticket.mode).word))
    row.addWidget(Chip(ticket.account))
    return line


def _card(question: Question) -> Card:
    """What it is about in our words, and below it the broker's own."""
    card = Card()
    card.body.setContentsMargins(14, 12, 14, 12)
    card.body.setSpacing(4)
    head = QHBoxLayout()
    head.addWidget(Label(ABOUT.get(question.id, UNNAMED), bold=True, wrap=True), 1, Qt.AlignmentFlag.AlignTop)
    if question.id:
        chip = Chip(question.id)
        chip.setToolTip("The broker’s number of this question")
        head.addWidget(chip, 0, Qt.AlignmentFlag.AlignTop)
    card.add(head)
    text = Label(question.text.strip() or "(it gives no words)", tone="muted", wrap=True)
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    card.add(text)
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    card.setAccessibleName(f"{ABOUT.get(question.id, UNNAMED)} {question.text}")
    return card
