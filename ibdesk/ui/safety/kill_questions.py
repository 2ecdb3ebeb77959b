"""The questions around the kill switch: what would be closed, whether it shall be, and whether trading may go on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import ModeFace
from ibdesk.domain.records import TradingLock
from ibdesk.ui import format as fmt
from ibdesk.ui.safety.kill_words import accounts, counted
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label
from ibdesk.ui.wizard.parts import Question

if TYPE_CHECKING:
    from ibdesk.services.kill_switch import KillReport

#: What has to be typed before positions are closed with real money.
WORD = "close all"


class CloseThem(QDialog):
    """The first question before positions are closed: the list of them."""

    def __init__(self, held: Sequence[tuple[AccountId, Instrument, Decimal]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Close all positions?")
        self.resize(520, 460)
        self.list = QListWidget()
        self.list.setAccessibleName("Positions that would be closed")
        self.list.setStyleSheet("QListView::item { padding: 4px 2px; }")
        for account, instrument, quantity in held:
            verb = "Sell" if quantity > 0 else "Buy"
            self.list.addItem(f"{verb} {fmt.quantity(abs(quantity))} × {instrument.label}   ·   {account}")
        self.yes, self.no = Button("Go on…", kind="danger"), Button("Keep them")
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(f"Close {counted(len(held), 'position')}?", kind=Text.TITLE, bold=True))
        column.addWidget(Label(
            "Each gets a market order of its own through the same checks as any order. In thin or closed markets the "
            "price can be far from the last one, and legs of a spread are closed one by one.", tone="muted", wrap=True))
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        column.addLayout(row)
        self.no.setFocus()


def really_close(count: int, face: ModeFace, parent: QWidget | None) -> Question:
    """Once more; with real money the words are typed."""
    is_live = face.environment is Environment.LIVE
    return Question(
        f"Send {counted(count, 'market order')} to {face.word} now?",
        "This cannot be taken back once an order is filled." + (" It is real money." if is_live else ""),
        f"Close {counted(count, 'position')}", no="Keep them", word=WORD if is_live else "", danger=True, parent=parent,
    )


def let_trade(
    lock: TradingLock, report: "KillReport | None", environment: Environment, parent: QWidget | None
) -> Question:
    """Whether the lock shall be lifted, and what that means now."""
    parts = [f"It is on because {lock.reason}. Orders may open positions again; cancelled orders do not come back."]
    if lock.until is not None:
        parts.append("The limit does not press it again today, but its check still stands before every opening order.")
    left = tuple(account for account, _ in report.uncancelled if account) if report is not None else ()
    if left:
        parts.append(f"Orders of {accounts(left)} could not be cancelled: they keep working.")
    return Question(
        "Let trading go on?", " ".join(parts), "Lift the lock", no="Stay stopped",
        danger=environment is Environment.LIVE, parent=parent,
    )
