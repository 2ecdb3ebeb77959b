"""The question before an option is exercised or left to lapse: how many, what it is worth, what speaks against it, and
that it cannot be undone. What gives money away needs a word typed."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from ibdesk.domain.compliance.exercise import Wish
from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.domain.expiries import Expiring
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import ZERO
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.expiry.findings import FindingRows
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label, labelled

#: Judges a wish as it stands.
Judge = Callable[[Wish], Verdict]
_MOST = 1_000_000


class ExerciseDialog(QDialog):
    """`wish` and `verdict` are what the person saw when they said yes."""

    def __init__(
        self, row: Expiring, judge: Judge, now: datetime, *, lapses: bool, mode: Mode, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._row, self._judge, self._lapses = row, judge, lapses
        verb = "Let lapse" if lapses else "Exercise"
        named = words.contract_words(row, now)
        self.setWindowTitle(f"{verb} {named}")
        self.setMinimumWidth(520)
        self.quantity = QSpinBox()
        self.quantity.setRange(1, min(_MOST, max(1, int(row.quantity))))
        self.quantity.setValue(self.quantity.maximum())
        self.quantity.setMinimumWidth(132)
        self.worth = Label("", wrap=True)
        self.typed = QLineEdit()
        self._word = words.WORDS[lapses]
        self.override = labelled(
            f"Type {self._word} to do it all the same", self.typed,
            hint="Only for a reason this desk does not know: the market would pay more.",
        )
        agreed, sentence = words.final_words(mode)
        self.final = QCheckBox(agreed)
        self.final.setAccessibleName(agreed)
        self.final.setAccessibleDescription(sentence)
        self.final_note = Label(sentence, kind=Text.CAPTION, tone="muted", wrap=True)
        self.yes = Button(verb, kind="danger")
        self.no = Button("Cancel")
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        self.quantity.valueChanged.connect(self._judge_again)
        self.typed.textChanged.connect(self._judge_again)
        self.final.toggled.connect(self._judge_again)
        self.findings = FindingRows()
        self._override_box = QWidget()
        self.override.setContentsMargins(0, 0, 0, 0)
        self._override_box.setLayout(self.override)
        self._stack(f"{verb} {named}")
        self._judge_again()
        self.quantity.setFocus()

    @property
    def wish(self) -> Wish:
        """What is asked for now."""
        return Wish(
            instrument=self._row.instrument, contracts=Decimal(self.quantity.value()), lapses=self._lapses,
            is_overridden=self.typed.text().strip().upper() == self._word,
        )

    def _stack(self, title: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(title, kind=Text.TITLE, bold=True))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(labelled(f"Contracts, of {fmt.quantity(self._row.quantity)} held", self.quantity))
        row.addWidget(self.worth, 1)
        column.addLayout(row)
        column.addWidget(self.findings)
        column.addWidget(self._override_box)
        column.addWidget(self.final)
        column.addWidget(self.final_note)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.no)
        foot.addWidget(self.yes)
        column.addLayout(foot)

    def _judge_again(self) -> None:
        wish = self.wish
        self.verdict = self._judge(wish)
        blocks = self.verdict.of(Severity.BLOCK)
        is_value = bool(blocks) and all(each.code is Code.EXERCISE_TIME_VALUE for each in blocks)
        self._override_box.setVisible(is_value or wish.is_overridden or bool(self.typed.text()))
        self.yes.setEnabled(not blocks and self.final.isChecked())
        count = f"{fmt.quantity(wish.contracts)} contract{'' if wish.contracts == 1 else 's'}"
        verb = "Let lapse" if self._lapses else "Exercise"
        self.yes.setText(f"{verb} {count}")
        self.yes.setAccessibleName(self.yes.text())
        self.worth.setText(self._worth(wish.contracts))
        told = self.verdict.findings[:-1]  # the last one is the sentence beside the box to tick
        self.findings.show_findings([(words.finding_title(each), each) for each in told])
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as the words need: a dialog is sized once, and its findings come and go."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _worth(self, contracts: Decimal) -> str:
        """Exercise against sale, in money; out of the money exercise costs."""
        row, currency = self._row, self._row.instrument.currency
        size = contracts * row.instrument.multiplier
        worth = None if row.distance is None else row.distance * size
        sale = None if row.bid is None else max(ZERO, row.bid) * size
        return f"Exercised, they are worth {fmt.money(worth, currency)}; sold at the bid, {fmt.money(sale, currency)}."
