"""The card of cash per currency: what is held, settled and owed in each, and what it is worth in base."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ibdesk.domain.accounts import LedgerLine
from ibdesk.domain.money import Money, total
from ibdesk.ui import format as fmt
from ibdesk.ui.models.copying import guarded
from ibdesk.ui.models.view import View
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets import Card
from ibdesk.ui.widgets.dense_table import FIRST_PAD

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_PLAIN = int(Qt.ItemDataRole.UserRole)

#: Title, what is exported, what is shown; the account comes first where there are several.
COLUMNS: tuple[tuple[str, Callable[[LedgerLine], Any], Callable[[LedgerLine], str]], ...] = (
    ("Currency", lambda line: line.currency, lambda line: line.currency),
    ("Cash", lambda line: line.cash, lambda line: fmt.money(line.cash, line.currency)),
    ("Settled", lambda line: line.settled_cash, lambda line: fmt.money(line.settled_cash, line.currency)),
    ("Interest", lambda line: line.interest, lambda line: fmt.money(line.interest, line.currency)),
    ("Dividends", lambda line: line.dividends, lambda line: fmt.money(line.dividends, line.currency)),
    ("FX rate", lambda line: line.rate, lambda line: fmt.number(line.rate, 5)),
    ("In base", lambda line: in_base(line), lambda line: fmt.money(in_base(line), decimals=2)),
)


def in_base(line: LedgerLine) -> Any:
    """The line's cash in its account's base currency, converted by the domain at the broker's rate."""
    return Money(amount=line.cash, currency=line.currency).converted(line.rate, line.currency).amount


class CashCard(Card):
    """One line a currency, and their total in base currency."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Cash per currency", parent=parent)
        self.count = self.add_count()
        self.table = _CashTable()
        self.edge_to_edge()
        self.add(self.table, 1)
        self._drawn: tuple[object, ...] | None = None

    def show_view(self, view: View) -> None:
        """List the ledger's lines; nothing is redrawn that has not changed."""
        drawn = (view.ledger, view.base, fmt.is_discreet(), len(view.pages))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.count.setText(str(len(view.ledger)))
        self.count.setAccessibleName(f"{len(view.ledger)} lines of cash")
        self.table.fill(view.ledger, view.base, with_account=len(view.pages) > 1)


    def show_age(self, view: View, now: datetime) -> None:
        """Draw paler what is old."""
        is_old = view.is_stale(now)
        self.table.set_dimmed(is_old)
        self.set_age(view.age(now) if is_old else "")


class _CashTable(QTableWidget):
    """A few lines that change with a sync: items are simple and fast enough here."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Cash per currency")
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self._is_dimmed = False
        # Qt draws an item's text three pixels inside its padding, a header's exactly at it.
        self.setStyleSheet(
            f"QTableView::item {{ padding: 4px {FIRST_PAD - 3}px; }}"
            f" QHeaderView::section {{ padding: 5px {FIRST_PAD}px; }}"
        )
        look().themeChanged.connect(self._dress)
        self._dress()

    def fill(self, lines: tuple[LedgerLine, ...], base: str, *, with_account: bool) -> None:
        """Show these lines and, where one base currency allows it, their total."""
        columns = COLUMNS
        if with_account:
            columns = (("Account", lambda line: line.account, lambda line: line.account), *COLUMNS)
        self.setColumnCount(len(columns))
        self.setRowCount(len(lines) + (1 if base and lines else 0))
        for at, (title, _, _) in enumerate(columns):
            head = QTableWidgetItem(title if title != "In base" or not base else f"In {base}")
            head.setTextAlignment(_alignment(title))
            self.setHorizontalHeaderItem(at, head)
        for row, line in enumerate(lines):
            for at, (title, plain, shown) in enumerate(columns):
                self.setItem(row, at, _item(title, shown(line), plain(line)))
        if base and lines:
            self._fill_total(len(lines), lines, base, len(columns))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._tint()

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the amounts paler: they are old."""
        if dimmed != self._is_dimmed:
            self._is_dimmed = dimmed
            self._tint()

    def _tint(self) -> None:
        colour = look().colour("muted") if self._is_dimmed else None
        for row in range(self.rowCount()):
            for at in range(self.columnCount()):
                item = self.item(row, at)
                if item is not None:
                    item.setData(Qt.ItemDataRole.ForegroundRole, colour)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Put the selected lines with their headers on the clipboard."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        if not rows:
            return
        columns = range(self.columnCount())
        heads = [str(self.model().headerData(at, Qt.Orientation.Horizontal)) for at in columns]
        lines = [[str(item.data(_PLAIN)) if (item := self.item(row, at)) else "" for at in columns] for row in rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in (heads, *lines)) + "\n")

    def _fill_total(self, row: int, lines: tuple[LedgerLine, ...], base: str, width: int) -> None:
        amount = total(in_base(line) for line in lines)
        for at in range(width):
            text = "Total" if at == 0 else fmt.money(amount, base) if at == width - 1 else ""
            item = _item("Currency" if at == 0 else "In base", text, amount if at == width - 1 else text)
            item.setFont(font(Text.TABLE, bold=True))
            self.setItem(row, at, item)

    def _dress(self) -> None:
        self.setFont(font(Text.TABLE))
        self.horizontalHeader().setFont(font(Text.CAPTION))
        self.verticalHeader().setDefaultSectionSize(look().row_height)
        self._tint()


def _alignment(title: str) -> Qt.AlignmentFlag:
    return _LEFT if title in ("Currency", "Account") else _RIGHT


def _item(title: str, shown: str, plain: object) -> QTableWidgetItem:
    item = QTableWidgetItem(shown)
    item.setTextAlignment(_alignment(title))
    text = "" if plain is None else plain if isinstance(plain, str) else format(plain, "f")
    item.setData(_PLAIN, guarded(text) if isinstance(plain, str) else text)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}: {shown}")
    return item
