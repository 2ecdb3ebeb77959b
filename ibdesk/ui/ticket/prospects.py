"""The figures below the payoff: Greeks in money, break-evens, and the chance of a profit with what it assumes."""

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.payoff import Extreme, Line
from ibdesk.domain.ticket_outlook import Outlook
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label

GREEKS = (("Δ", "Delta, in shares of the underlying"), ("Γ", "Gamma, change of delta for one point of the underlying"),
          ("Θ / day", "Theta, in money for one calendar day"),
          ("Vega", "Vega, in money for one point of volatility"))  # fmt: skip


#: Whole units say nothing of a Greek smaller than this.
CENTS_BELOW = 10


def extreme_words(name: str, extreme: Extreme, currency: str, *, sign: str) -> str:
    """`Max gain +$1,880`, or that there is no bound."""
    if extreme.is_unbounded:
        return f"{name} unbounded"
    if extreme.amount is None or extreme.amount == 0:
        return f"{name} none"
    return f"{name} {sign}{fmt.money(extreme.amount, currency, decimals=0)}"


def break_even_words(line: Line | None) -> str:
    """`Break-even 568.12`, both where there are two."""
    if line is None:
        return ""
    found = line.break_evens
    if not found:
        return "No break-even" if line.gains or line.losses else ""
    return f"Break-even {' and '.join(fmt.number(price, 2) for price in found)}"


def chance_words(outlook: Outlook) -> str:
    """The estimate, never without that word."""
    if outlook.probability is None:
        return ""
    return f"Profit chance {fmt.percent(outlook.probability.value * 100, 0)}, estimate"


def greek_words(amount: Decimal, currency: str) -> str:
    """`+$184`, and below ten with cents, which one lot is about: `+$0.31`."""
    return fmt.gain(amount, currency, decimals=2 if abs(amount) < CENTS_BELOW else 0)


class Prospects(QWidget):
    """The Greeks of the whole ticket, and below them what else is reckoned; its assumptions open on demand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = tuple(Label(fmt.UNKNOWN, bold=True) for _ in GREEKS)
        self.summary = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.toggle = Button("Model…", kind="link", tip="What these figures assume")
        self.toggle.setAccessibleName("Assumptions of these figures")
        self.toggle.setCheckable(True)
        self.assumptions = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.assumptions.hide()
        self.toggle.toggled.connect(self.assumptions.setVisible)
        self._stack()

    def draw(self, outlook: Outlook, currency: str, *, has_options: bool = True) -> None:
        """Show what is known; a dash for what is not. Shares alone have no Greeks worth a row."""
        self.greeks.setVisible(has_options)
        told = outlook.greeks
        texts = (fmt.UNKNOWN,) * 4 if told is None else (
            fmt.HIDDEN if fmt.is_discreet() else fmt.signed(told.delta, 0 if abs(told.delta) >= 10 else 2),
            fmt.HIDDEN if fmt.is_discreet() else fmt.signed(told.gamma, 1 if abs(told.gamma) >= 1 else 3),
            greek_words(told.theta, currency), greek_words(told.vega, currency),
        )  # fmt: skip
        for value, text, (name, says) in zip(self.values, texts, GREEKS, strict=True):
            value.setText(text)
            value.setAccessibleName(f"{name}: {text}")
            value.setToolTip(says)
        self.summary.setText(chance_words(outlook))
        self.summary.setVisible(bool(self.summary.text()))
        chance = outlook.probability
        told_notes = (*outlook.notes, *(() if chance is None else (f"Chance: {chance.method}.", *chance.assumptions)))
        self.assumptions.setText("\n".join(f"• {note}" for note in dict.fromkeys(told_notes)))
        is_stand_in = told is not None and told.is_european_stand_in
        self.toggle.setText("European model…" if is_stand_in else "Model…")
        self.toggle.setVisible(bool(told_notes))
        self.assumptions.setVisible(bool(told_notes) and self.toggle.isChecked())

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.greeks = QWidget()
        grid = QGridLayout(self.greeks)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        for at, ((name, _), value) in enumerate(zip(GREEKS, self.values, strict=True)):
            grid.addWidget(Label(name, kind=Text.CAPTION, tone="muted"), 0, at)
            grid.addWidget(value, 1, at)
            grid.setColumnStretch(at, 1)
        column.addWidget(self.greeks)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.summary, 1)
        row.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignTop)
        self.toggle.setStyleSheet("padding: 0; min-height: 16px;")
        column.addLayout(row)
        column.addWidget(self.assumptions)
