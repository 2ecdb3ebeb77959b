"""The card above the page after an outage: when it was, why, what is different now, and what nobody can know."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.away import AwayReport, FigureChange, HoldingChange
from ibdesk.ui.session import wording
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Card, IconButton, Label

#: Changes shown of each kind; the others are counted. The card must leave the page its room.
SHOWN = 3

Change = HoldingChange | FigureChange


class AwayCard(QWidget):
    """Shows an `AwayReport` until dismissed."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report: AwayReport | None = None
        self.card = Card(wording.AWAY)
        self.when = Label("", kind=Text.CAPTION, tone="muted")
        self.nothing = Label("", wrap=True)
        self.close_button = IconButton("cross", f"Dismiss “{wording.AWAY}”")
        self.close_button.clicked.connect(self.dismiss)
        self._changes = QHBoxLayout()
        self._changes.setSpacing(40)
        self._lay_out()
        look().themeChanged.connect(self._draw)
        self.hide()

    def show_report(self, report: AwayReport) -> None:
        """Show what an outage hid."""
        self.report = report
        self._draw()
        self.show()

    def dismiss(self) -> None:
        """Take the card away; the report stays with whoever keeps it."""
        self.hide()
        self.closed.emit()

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything it says, top to bottom, for the screen reader and for tests."""
        return tuple(label.text() for label in self.findChildren(Label) if label.text() and label.isVisibleTo(self))

    def _draw(self) -> None:
        report = self.report
        if report is None:
            return
        self.when.setText(f"{wording.span(report)} · {report.reason.rstrip('.')}")
        self.when.setToolTip(report.reason)
        has_tables = bool(report.holdings or report.figures)
        self.nothing.setText("" if has_tables else wording.summary(report))
        self.nothing.setVisible(not has_tables)
        _empty(self._changes)
        for title, changes in (("Holdings", report.holdings), ("Figures", report.figures)):
            if changes:
                table = _table(title, changes, _is_several(report))
                self._changes.addWidget(table, 0, Qt.AlignmentFlag.AlignTop)
                table.show()
        if report.unknown:
            unknown = _sentences("What nobody can know", report.unknown)
            self._changes.addWidget(unknown, 1, Qt.AlignmentFlag.AlignTop)
            unknown.show()
        else:
            self._changes.addStretch(1)
        self.setAccessibleName(f"{wording.AWAY}: {self.when.text()}")
        self.setAccessibleDescription(" ".join((wording.summary(report), *report.unknown)))

    def _lay_out(self) -> None:
        self.card.add_beside_title(self.when)
        self.card.add_control(self.close_button)
        self.card.body.setContentsMargins(14, 0, 14, 10)
        self.card.add(self.nothing)
        self.card.add(self._changes)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.addWidget(self.card)


def _is_several(report: AwayReport) -> bool:
    changes: tuple[Change, ...] = (*report.holdings, *report.figures)
    return len({change.account for change in changes}) > 1


def _table(title: str, changes: Sequence[Change], with_account: bool) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(4)
    more = len(changes) - SHOWN
    head = Label(f"{title}, {more} more not shown" if more > 0 else title, kind=Text.CAPTION, tone="muted")
    head.setToolTip("\n".join(_line(change) for change in changes) if more > 0 else "")
    grid.addWidget(head, 0, 0, 1, 5)
    for at, change in enumerate(changes[:SHOWN], 1):
        _fill(grid, at, change, with_account)
    return made


def _sentences(title: str, sentences: Sequence[str]) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    for text in (title, *sentences):
        column.addWidget(Label(text, kind=Text.CAPTION, tone="muted", wrap=True))
    return made


def _fill(grid: QGridLayout, at: int, change: Change, with_account: bool) -> None:
    before, after = wording.before_after(change)
    old, new = Label(before, tone="muted"), Label(after, bold=True)
    for label in (old, new):
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    new.setAccessibleName(_line(change))
    grid.addWidget(Label(_name(change)), at, 0)
    grid.addWidget(old, at, 1)
    grid.addWidget(Label("→", tone="muted"), at, 2)
    grid.addWidget(new, at, 3)
    if with_account:
        grid.addWidget(Label(change.account, kind=Text.CAPTION, tone="muted"), at, 4)


def _name(change: Change) -> str:
    return change.symbol if isinstance(change, HoldingChange) else change.name


def _line(change: Change) -> str:
    before, after = wording.before_after(change)
    return f"{_name(change)}: {before} → {after}"


def _empty(layout: QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
