"""Settling by hand an order of which nobody knows whether it arrived: a person looks in the broker's own program first,
then says what became of it and how they know.
"""

from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from ibdesk.domain.orders import Order
from ibdesk.ui import format as fmt
from ibdesk.ui.orders import words
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label, labelled

#: Shorter words say nothing to whoever reads the receipt later.
FEWEST_LETTERS = 3


class SettleDialog(QDialog):
    """Accepted: `was_placed` and `note` are what the person said."""

    def __init__(self, order: Order, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What became of this order?")
        self.setAccessibleName("What became of this order?")
        self.setMinimumWidth(520)
        self.placed = QRadioButton("It was placed")
        self.not_placed = QRadioButton("It was not placed")
        self.words = QLineEdit()
        self.settle, self.cancel = Button("Settle it", kind="primary"), Button("Cancel")
        self._choice = QButtonGroup(self)
        for each in (self.placed, self.not_placed):
            self._choice.addButton(each)
            each.toggled.connect(self._tell)
        self._stack(order)
        self.words.setPlaceholderText("For example: not among the orders in the broker’s app at 14:05")
        self.words.textChanged.connect(self._tell)
        self.words.returnPressed.connect(self.settle.click)
        self.settle.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self.not_placed.setFocus()
        self._tell()

    @property
    def was_placed(self) -> bool:
        return self.placed.isChecked()

    @property
    def note(self) -> str:
        return self.words.text().strip()

    def _tell(self) -> None:
        is_chosen = self._choice.checkedButton() is not None
        self.settle.setEnabled(is_chosen and len(self.note) >= FEWEST_LETTERS)

    def _stack(self, order: Order) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label("What became of this order?", kind=Text.TITLE, bold=True))
        line = f"{words.describe(order.legs, order.quantity)} · {words.type_words(order)} · {order.account}"
        column.addWidget(Label(line, bold=True, wrap=True))
        column.addWidget(Label(
            f"It was sent on {fmt.moment(order.at)} local time, and no answer came. Look for it among the orders and "
            "the trades in the broker’s own app first. ibdesk asks for the broker’s list once more before it takes "
            "your word; where that list has the order, the list wins.", tone="muted", wrap=True,
        ))
        for button, meaning in (
            (self.placed, "The broker had it, and its list does not show it any more: filled, cancelled or expired."),
            (self.not_placed, "The broker never had it. You may open a new ticket afterwards."),
        ):
            button.setAccessibleDescription(meaning)
            hint = Label(meaning, kind=Text.CAPTION, tone="muted", wrap=True)
            hint.setContentsMargins(28, 0, 0, 0)
            choice = QVBoxLayout()
            choice.setSpacing(0)
            choice.addWidget(button)
            choice.addWidget(hint)
            column.addLayout(choice)
        column.addLayout(labelled("How do you know?", self.words, hint="Your words are kept in the order’s receipt."))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.settle)
        column.addLayout(row)
