"""The margin drawer: what the order ties up before, by and after it, who reckoned, and the largest size that fits."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.compliance.verdict import Source
from ibdesk.domain.orders import Impact
from ibdesk.domain.ticket_margin import Fit, Margin
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label

_ROWS = ("Initial margin", "Maintenance margin", "Available funds")
_COLUMNS = ("Now", "Change", "After")
_SOURCES = {Source.WHAT_IF: "The broker’s preview", Source.ESTIMATE: "Local estimate by published formulas"}


class MarginDrawer(QWidget):
    """Closed it is one line; open it is the whole table. `wanted(quantity)`: take the largest size."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toggle = Button("Margin ▸", kind="link")
        self.toggle.setCheckable(True)
        self.toggle.setStyleSheet("padding: 0; min-height: 18px; text-align: left;")
        self.summary = Label("", kind=Text.CAPTION, tone="muted")
        self.source = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.fit = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.use = Button("Use", kind="link", tip="Take this quantity")
        self.use.setStyleSheet("padding: 0 4px; min-height: 18px;")
        self.cells = {(row, column): Label(fmt.UNKNOWN) for row in _ROWS for column in _COLUMNS}
        self._inside = QWidget()
        self._fit: Fit | None = None
        self._stack()
        self.toggle.toggled.connect(self._opened)
        self.use.clicked.connect(self._take)
        self._opened(False)

    def draw(self, margin: Margin | None, fit: Fit | None) -> None:
        """Show figures, or dashes where none are known."""
        self._fit = fit
        for row, impact in zip(_ROWS, self._impacts(margin), strict=True):
            self._draw_row(row, impact, "" if margin is None else margin.currency)
        self.source.setText(self._source_words(margin))
        self._draw_fit(fit)
        change = None if margin is None else margin.initial.change
        currency = "" if margin is None else margin.currency
        self.summary.setText("" if change is None else f"Initial {fmt.gain(change, currency, decimals=0)}")

    @staticmethod
    def _impacts(margin: Margin | None) -> tuple[Impact, Impact, Impact]:
        if margin is None:
            return Impact(), Impact(), Impact()
        return margin.initial, margin.maintenance, margin.funds

    def _draw_row(self, row: str, impact: Impact, currency: str) -> None:
        texts = (fmt.money(impact.current, currency, decimals=0), fmt.gain(impact.change, currency, decimals=0),
                 fmt.money(impact.after, currency, decimals=0))  # fmt: skip
        for column, text in zip(_COLUMNS, texts, strict=True):
            self.cells[row, column].setText(text)
            self.cells[row, column].setAccessibleName(f"{row}, {column.lower()}: {text}")

    @staticmethod
    def _source_words(margin: Margin | None) -> str:
        if margin is None:
            return "Complete the ticket to see what it ties up."
        low, high = margin.commission
        paid = ""
        if low is not None or high is not None:
            ends = [fmt.money(each, margin.currency) for each in dict.fromkeys((low, high)) if each is not None]
            paid = f", commission {' to '.join(ends)}"
        return f"{_SOURCES.get(margin.source, margin.source.value)}{paid}. {margin.why_not}".strip()

    def _draw_fit(self, fit: Fit | None) -> None:
        quantity = None if fit is None else fit.quantity
        self.use.setVisible(quantity is not None and quantity > 0)
        if fit is None:
            self.fit.setText("")
        elif quantity is None:
            self.fit.setText(f"Largest size that fits: {fit.why}")
        else:
            self.fit.setText(f"Largest size that fits: {fmt.quantity(quantity)}. {fit.why}")

    def _take(self) -> None:
        if self._fit is not None and self._fit.quantity is not None:
            self.wanted.emit(self._fit.quantity)

    def _opened(self, is_open: bool) -> None:
        self.toggle.setText("Margin ▾" if is_open else "Margin ▸")
        self._inside.setVisible(is_open)
        self.summary.setVisible(not is_open)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self.toggle)
        head.addStretch(1)
        head.addWidget(self.summary)
        column.addLayout(head)
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 2)
        inside.setSpacing(4)
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        for at, name in enumerate(_COLUMNS, start=1):
            grid.addWidget(Label(name, kind=Text.CAPTION, tone="muted"), 0, at, Qt.AlignmentFlag.AlignRight)
        for line, row in enumerate(_ROWS, start=1):
            grid.addWidget(Label(row, kind=Text.CAPTION, tone="muted"), line, 0)
            for at, name in enumerate(_COLUMNS, start=1):
                grid.addWidget(self.cells[row, name], line, at, Qt.AlignmentFlag.AlignRight)
        inside.addLayout(grid)
        inside.addWidget(self.source)
        last = QHBoxLayout()
        last.addWidget(self.fit, 1)
        last.addWidget(self.use, 0, Qt.AlignmentFlag.AlignTop)
        inside.addLayout(last)
        column.addWidget(self._inside)
