"""Where a number comes from: its value, its formula, its source and its age, in a small window that can be copied."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.portfolio import AccountPage, Row
from ibdesk.ui import format as fmt
from ibdesk.ui.models.columns import Column
from ibdesk.ui.models.sources import SOURCES, drift_facts
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label

#: Logical pixels; longer facts are wrapped, and the window is as high as they need.
WIDTH = 440


class FactsDialog(QDialog):
    """One number and what there is to know about it, name by name. It deletes itself when closed."""

    def __init__(
        self, title: str, figure: str, facts: tuple[tuple[str, str], ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.facts = facts
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 18, 20, 16)
        outer.setSpacing(12)
        outer.addWidget(Label(title, bold=True))
        outer.addWidget(Label(figure, kind=Text.FIGURE, bold=True))
        outer.addLayout(self._grid())
        outer.addStretch(1)
        outer.addLayout(self._buttons())
        self.setMinimumWidth(WIDTH)
        self.ensurePolished()
        self.resize(WIDTH, outer.totalHeightForWidth(WIDTH))

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, (name, text) in enumerate(self.facts):
            grid.addWidget(Label(name, tone="muted"), at, 0, Qt.AlignmentFlag.AlignTop)
            label = Label(text, wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, at, 1)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        copy, close = Button("Copy", icon="copy"), Button("Close")
        text = "\n".join((self.windowTitle(), *(f"{name}: {words}" for name, words in self.facts)))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        close.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        close.setDefault(True)
        close.setFocus()
        return row


class Explanation(FactsDialog):
    """One number of the stored book, explained."""

    def __init__(self, row: Row, column: Column, page: AccountPage, parent: QWidget | None = None) -> None:
        title = f"{column.title} of {row.position.instrument.label}"
        super().__init__(title, column.text(row), facts_of(row, column, page), parent)


def facts_of(row: Row, column: Column, page: AccountPage) -> tuple[tuple[str, str], ...]:
    """What there is to know about one number."""
    quoted = column.is_live and row.quote is not None
    facts = [("Shown", column.text(row)), ("How", column.formula), ("Account", page.account.id)]
    if quoted and row.quote is not None:
        facts.append(("Source", f"market data, {row.quote.delay.value}"))
        facts.append(("As of", fmt.moment(row.quote.told_at)))
        facts.append(("Position", f"{SOURCES[page.source]}, as of {fmt.moment(page.as_of)}: prices and positions need "
                                  "not come from one source"))
    else:
        facts.append(("Source", f"{SOURCES[page.source]}, the broker's positions"))
        facts.append(("As of", fmt.moment(page.as_of)))
        facts.append(("Received", fmt.moment(page.received_at)))
    if row.rate is not None and row.rate != 1:
        foreign, base = row.position.instrument.currency, page.account.currency
        facts.append(("FX rate", f"1 {foreign} = {fmt.number(row.rate, 5)} {base}"))
    facts += [(SOURCES[source], f"differs: {words}") for source, words in drift_facts(row)]
    facts.append(("Conid", str(row.position.instrument.conid)))
    return tuple(facts)
