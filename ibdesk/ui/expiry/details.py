"""One position near its end: its figures, both ways it may end, what speaks for acting, and what can be done."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.expiries import Settles, endings
from ibdesk.domain.modes import Mode
from ibdesk.services.expiry_board import Board, Line
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.expiry.findings import FindingRows
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Chip, Label, line

_TOP = Qt.AlignmentFlag.AlignTop


class Details(Card):
    """The chosen position. The signals are what the person wants done about it."""

    exercise_wanted = Signal()
    lapse_wanted = Signal()
    withdraw_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, *, mode: Mode, takes_instructions: bool, can_trade: bool, parent: QWidget | None = None) -> None:
        super().__init__("Position", parent=parent)
        self.takes_instructions, self._can_trade = takes_instructions, can_trade
        self.side = Chip()
        self.add_beside_title(self.side)
        self.facts = _Facts()
        self.cases = _Facts()
        self.findings = FindingRows()
        self.note = Label(words.where_words(mode), kind=Text.CAPTION, tone="muted", wrap=True)
        self.close_button = Button("Close instead…", tip="Open a ticket that closes the position (C)")
        self.exercise = Button("Exercise…", kind="primary", tip="Tell the broker to exercise (E)")
        self.lapse = Button("Let lapse…", tip="Tell the broker not to exercise (L)")
        self.withdraw = Button("Withdraw", tip="Take the instruction back (W)")
        for button, signal in (
            (self.close_button, self.close_wanted), (self.exercise, self.exercise_wanted),
            (self.lapse, self.lapse_wanted), (self.withdraw, self.withdraw_wanted),
        ):
            button.clicked.connect(signal)
            button.hide()
        self.note.hide()
        self._stack()

    def show_line(self, shown: Line, board: Board, now: datetime) -> None:
        """Draw this position."""
        row = shown.row
        self.set_title(words.contract_words(row, now))
        self.side.setText(words.side_words(row))
        self.facts.show_rows(_facts(shown, now))
        told = (words.ending_words(row, ending) for ending in endings(row))
        self.cases.show_rows([(when, then.replace(" · ", "\n")) for when, then in told])
        settling = board.settling(row)
        found = [(words.finding_title(each), each) for each in shown.findings]
        if settling is not None and settling.positions > 1:  # of one position alone it would be said twice
            found += [(f"All {settling.positions} {settling.symbol} positions", each) for each in settling.findings]
        self.findings.show_findings(found)
        can_tell = self.takes_instructions and not row.is_short and row.settles is not Settles.FUTURE
        self.exercise.setVisible(can_tell and shown.instruction is None)
        self.lapse.setVisible(can_tell and shown.instruction is None and row.days_left(now) <= 0)
        self.withdraw.setVisible(shown.instruction is not None)
        self.close_button.show()
        self.close_button.setEnabled(self._can_trade)
        self.note.setVisible(not self.takes_instructions and not row.is_short and row.settles is Settles.SHARES)

    def _stack(self) -> None:
        inside = QWidget()
        inside.setProperty("kind", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(14, 2, 14, 10)
        column.setSpacing(10)
        column.addWidget(self.facts)
        column.addWidget(line())
        column.addWidget(Label("How it may end", bold=True, tone="muted"))
        column.addWidget(self.cases)
        column.addWidget(self.findings)
        column.addWidget(self.note)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Details of the position")
        area.setWidget(inside)
        self.edge_to_edge()
        self.add(area, 1)
        self.add(line())
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 8, 14, 12)
        foot.setSpacing(8)
        foot.addWidget(self.close_button)
        foot.addStretch(1)
        for button in (self.withdraw, self.lapse, self.exercise):
            foot.addWidget(button)
        self.add(foot)


class _Facts(QWidget):
    """Names on the left, figures on the right; the labels stay while their texts change."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Label, Label]] = []

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        """Show these; spare lines are hidden."""
        while len(self._rows) < len(rows):
            self._add()
        for at, (name, value) in enumerate(self._rows):
            shown = at < len(rows)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(rows[at][0])
                value.setText(rows[at][1])
                value.setAccessibleName(f"{rows[at][0]}: {rows[at][1]}")

    def texts(self) -> list[tuple[str, str]]:
        """What is shown, for tests and screen readers."""
        return [(name.text(), value.text()) for name, value in self._rows if not name.isHidden()]

    def _add(self) -> None:
        name = Label("", kind=Text.CAPTION, tone="muted")
        value = Label("", wrap=True)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | _TOP)
        at = len(self._rows)
        self._grid.addWidget(name, at, 0, _TOP)
        self._grid.addWidget(value, at, 1)
        self._rows.append((name, value))


def _facts(shown: Line, now: datetime) -> list[tuple[str, str]]:
    row = shown.row
    rows = [
        ("Account", row.account),
        ("Ends", words.ends_words(row, now)),
        ("Cut-off for holders", words.cut_off_words(row, now)),
        ("Settles", words.settles_words(row)),
        (f"{row.instrument.symbol} {row.price_mark or 'now'}", f"{fmt.price(row.spot)} · {words.money_meaning(row)}"),
        ("Bid × ask", f"{fmt.price(row.bid)} × {fmt.price(row.ask)}"),
        ("Intrinsic · time value", f"{fmt.price(row.intrinsic)} · {fmt.price(row.extrinsic)}"),
    ]
    if lost := words.given_up_words(row):
        rows.append(("Exercise gives up", lost))
    if need := words.need_words(row):
        rows.append(("Assignment needs" if row.is_short else "Exercise needs", need))
    if row.dividend is not None and row.dividend.ex_date <= row.terms.expiry:
        day = row.dividend.ex_date
        rows.append(("Next dividend", f"{fmt.price(row.dividend.amount)}, ex {day:%b} {day.day}"))
    return rows
