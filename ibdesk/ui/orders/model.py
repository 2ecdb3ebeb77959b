"""The model of a table of orders: rows that keep their place while quotes, ages and states move."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.ui.models.copying import guarded
from ibdesk.ui.models.positions import AnyIndex
from ibdesk.ui.orders import words
from ibdesk.ui.orders.columns import AGE, LAST, STATUS, Column, Kind, Seen, mark_words
from ibdesk.ui.orders.rows import OrderRow, nested, net_price

_ROOT = QModelIndex()
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_START = datetime(1970, 1, 1, tzinfo=UTC)


class OrdersModel(QAbstractTableModel):
    """Orders as a table. The order of the lines is the card's, until a person sorts by a column."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.is_dimmed = False
        #: The first and the last line on screen; what nobody sees is formatted when it is scrolled to.
        self.visible: Callable[[], tuple[int, int]] = lambda: (0, len(self._lines) - 1)
        self._rows: tuple[OrderRow, ...] = ()
        self._lines: list[OrderRow] = []
        self._texts: dict[tuple[int, int], str] = {}
        self._quotes: Mapping[Conid, Quote] = {}
        self._now = _START
        self._sorted: tuple[int, bool] | None = None

    def show(self, rows: Sequence[OrderRow], quotes: Mapping[Conid, Quote], now: datetime) -> None:
        """List these. What is the same order stays selected; nothing is painted where nothing changed."""
        self._rows, self._quotes, self._now = tuple(rows), quotes, now
        after = self._arranged()
        self._make_room(after)
        before, self._lines = self._lines, after
        for line, old in enumerate(before):
            if old is not after[line] and old != after[line]:
                self._forget(line)
                self.dataChanged.emit(self.index(line, 0), self.index(line, len(self.columns) - 1))
        for column in (LAST, AGE):
            self._refresh(column)

    def show_prices(self, quotes: Mapping[Conid, Quote]) -> None:
        """The market moved."""
        self._quotes = quotes
        self._refresh(LAST)

    def show_age(self, now: datetime) -> None:
        """A second passed."""
        self._now = now
        self._refresh(AGE)

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw everything paler: nothing tells of changes any more."""
        if dimmed != self.is_dimmed:
            self.is_dimmed = dimmed
            self.redraw()

    def redraw(self) -> None:
        """Format everything anew: the theme or the discreet mode changed."""
        self._texts.clear()
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, len(self.columns) - 1))

    def seen(self, line: int) -> Seen:
        """The order on a line, with its price and the time."""
        return self._seen(self._lines[line])

    def row(self, line: int) -> OrderRow:
        return self._lines[line]

    def line_of(self, key: object) -> int | None:
        """Where an order stands."""
        return next((at for at, row in enumerate(self._lines) if row.key == key), None)

    def text(self, line: int, column: int) -> str:
        """One cell's text, formatted once."""
        found = self._texts.get((line, column))
        if found is None:
            found = self._texts[line, column] = self.columns[column].text(self.seen(line))
        return found

    # Qt's questions ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        line, column = index.row(), index.column()
        if role == _DISPLAY:
            return self.text(line, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.columns[column].is_right else _LEFT
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == _DISPLAY:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_right else _LEFT
        return column.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        is_column = 0 <= column < len(self.columns) and self.columns[column].kind is not Kind.ACTS
        self._sorted = (column, order is Qt.SortOrder.DescendingOrder) if is_column else None
        with self._moved():
            self._take(self._arranged())

    # For other programs --------------------------------------------------------------------------------------------

    def tabs(self, lines: Iterable[int]) -> str:
        """Some lines, tab separated under their headers, for the clipboard."""
        told = ["\t".join(self._titles())]
        told.extend("\t".join(self._plain(line)) for line in lines)
        return "\n".join(told) + "\n"

    def csv(self) -> str:
        """Every line as a CSV document with headers."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([*self._titles(), "Placed, UTC", "Our id", "Broker’s id"])
        for line, row in enumerate(self._lines):
            order = row.order
            known = (order.at.astimezone(UTC).isoformat(), order.ref or "", order.id or "")
            writer.writerow([*self._plain(line), *map(guarded, known)])
        return out.getvalue()

    # ---------------------------------------------------------------------------------------------------------------

    def _seen(self, row: OrderRow) -> Seen:
        return Seen(row=row, price=net_price(row.order.legs, self._quotes), now=self._now)

    def _arranged(self) -> list[OrderRow]:
        if self._sorted is None:
            return nested(self._rows)
        column, descending = self.columns[self._sorted[0]], self._sorted[1]
        valued = [(column.value(self._seen(row)), row) for row in self._rows]
        known = [(value, row) for value, row in valued if value not in (None, "")]
        known.sort(key=lambda pair: pair[0].casefold() if isinstance(pair[0], str) else pair[0], reverse=descending)
        return nested([row for _, row in known] + [row for value, row in valued if value in (None, "")])

    def _make_room(self, after: list[OrderRow]) -> None:
        """Lines go, move and come until each order stands where it will; then they can be told anew in place."""
        wanted = {row.key for row in after}
        for line in reversed(range(len(self._lines))):
            if self._lines[line].key not in wanted:
                self.beginRemoveRows(_ROOT, line, line)
                self._take([*self._lines[:line], *self._lines[line + 1:]])
                self.endRemoveRows()
        known = {row.key: row for row in self._lines}
        kept = [known[row.key] for row in after if row.key in known]
        if [row.key for row in kept] != [row.key for row in self._lines]:
            with self._moved():
                self._take(kept)
        for line, row in enumerate(after):
            if row.key not in known:
                self.beginInsertRows(_ROOT, line, line)
                self._take([*self._lines[:line], row, *self._lines[line:]])
                self.endInsertRows()

    def _take(self, lines: list[OrderRow]) -> None:
        self._lines = lines
        self._texts.clear()

    def _forget(self, line: int) -> None:
        for column in range(len(self.columns)):
            self._texts.pop((line, column), None)

    def _refresh(self, column: Column) -> None:
        """Format one column anew, where somebody sees it, and repaint what reads differently."""
        at = self.columns.index(column)
        first, last = self.visible()
        shown = range(max(0, first), min(last, len(self._lines) - 1) + 1)
        before = {line: self._texts.get((line, at)) for line in shown}
        self._texts = {place: text for place, text in self._texts.items() if place[1] != at}
        for line, text in before.items():
            if text is not None and text != self.text(line, at):
                self.dataChanged.emit(self.index(line, at), self.index(line, at))

    @contextmanager
    def _moved(self) -> Iterator[None]:
        """Change the lines inside; what was selected moves with its order."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self._lines[index.row()].key for index in old]
        yield
        where = {row.key: line for line, row in enumerate(self._lines)} if old else {}
        self.changePersistentIndexList(old, [
            self.index(where[key], index.column()) if key in where else QModelIndex()
            for key, index in zip(keys, old, strict=True)
        ])
        self.layoutChanged.emit()

    def _spoken(self, line: int, column: int) -> str:
        if column == 0:
            place = " of the order above" if self.row(line).is_below else ""
            mark = mark_words(self.seen(line))
            return f"{self.text(line, 0)}, {mark}{place}" if mark else self.text(line, 0)
        if self.columns[column].kind is Kind.ACTS:
            return " ".join(act.value for act in self.row(line).acts)
        return f"{self.columns[column].title} {self.text(line, column)}"

    def _tip(self, line: int, column: int) -> str:
        order = self.row(line).order
        if self.columns[column] is STATUS:
            return words.state_meaning(order)
        if column:
            return ""
        parts = [self.text(line, 0), words.type_words(order), words.tif_words(order.tif)]
        parts.append("also outside regular hours" if order.outside_hours else "")
        return " · ".join(part for part in parts if part)

    def _titles(self) -> list[str]:
        return [column.title for column in self.columns if column.kind is not Kind.ACTS]

    def _plain(self, line: int) -> list[str]:
        return [_plain(column, self.seen(line)) for column in self.columns if column.kind is not Kind.ACTS]


def _plain(column: Column, seen: Seen) -> str:
    """A cell as a program wants it: bare numbers, words that no spreadsheet runs, unknown empty."""
    value = column.value(seen)
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return guarded(value) if isinstance(value, str) else format(value, "f")
