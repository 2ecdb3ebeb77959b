"""The model of a table of orders: rows that keep their place while quotes, ages and states move."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.ui.models.copying import guarded
from ibdesk.ui.orders import words
from ibdesk.ui.orders.columns import AGE, LAST, STATUS, Column, Kind, Seen, mark_words
from ibdesk.ui.orders.rows import OrderRow, net_price

AnyIndex = QModelIndex | QPersistentModelIndex
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
        self._rows: tuple[OrderRow, ...] = ()
        self._seen: list[Seen] = []
        self._texts: dict[tuple[int, int], str] = {}
        self._quotes: Mapping[Conid, Quote] = {}
        self._now = _START
        self._sorted: tuple[int, bool] | None = None

    def show(self, rows: Sequence[OrderRow], quotes: Mapping[Conid, Quote], now: datetime) -> None:
        """List these. What is the same order stays selected; nothing is painted where nothing changed."""
        is_same, self._rows, self._quotes, self._now = tuple(rows) == self._rows, tuple(rows), quotes, now
        after = self._arranged()
        self._make_room(after)
        before, self._seen = self._seen, after
        changed = [line for line, old in enumerate(before) if old.row != after[line].row]
        if is_same:
            self._repaint(range(len(after)), (LAST, AGE))
        else:
            self._repaint(changed, self.columns)

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
        self._repaint(range(len(self._seen)), self.columns)

    def seen(self, line: int) -> Seen:
        """The order on a line, with its price and the time."""
        return self._seen[line]

    def row(self, line: int) -> OrderRow:
        return self._seen[line].row

    def line_of(self, key: object) -> int | None:
        """Where an order stands."""
        return next((at for at, each in enumerate(self._seen) if each.row.key == key), None)

    def text(self, line: int, column: int) -> str:
        """One cell's text, formatted once."""
        found = self._texts.get((line, column))
        if found is None:
            found = self._texts[line, column] = self.columns[column].text(self._seen[line])
        return found

    # Qt's questions ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._seen)

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
        for line, seen in enumerate(self._seen):
            order = seen.row.order
            known = (order.at.astimezone(UTC).isoformat(), order.ref or "", order.id or "")
            writer.writerow([*self._plain(line), *map(guarded, known)])
        return out.getvalue()

    # ---------------------------------------------------------------------------------------------------------------

    def _arranged(self) -> list[Seen]:
        made = [Seen(row=row, price=net_price(row.order.legs, self._quotes), now=self._now) for row in self._rows]
        if self._sorted is None:
            return made
        column, descending = self.columns[self._sorted[0]], self._sorted[1]
        known = [(value, each) for each in made if (value := column.value(each)) not in (None, "")]
        known.sort(key=lambda pair: pair[0].casefold() if isinstance(pair[0], str) else pair[0], reverse=descending)
        return [each for _, each in known] + [each for each in made if column.value(each) in (None, "")]

    def _make_room(self, after: list[Seen]) -> None:
        """Lines go, move and come until each order stands where it will; then they can be told anew in place."""
        wanted = {each.row.key for each in after}
        for line in reversed(range(len(self._seen))):
            if self._seen[line].row.key not in wanted:
                self.beginRemoveRows(_ROOT, line, line)
                self._take([*self._seen[:line], *self._seen[line + 1:]])
                self.endRemoveRows()
        known = {each.row.key: each for each in self._seen}
        kept = [known[each.row.key] for each in after if each.row.key in known]
        if kept != self._seen:
            with self._moved():
                self._take(kept)
        for line, each in enumerate(after):
            if each.row.key not in known:
                self.beginInsertRows(_ROOT, line, line)
                self._take([*self._seen[:line], each, *self._seen[line:]])
                self.endInsertRows()

    def _take(self, seen: list[Seen]) -> None:
        self._seen = seen
        self._texts.clear()

    def _refresh(self, column: Column) -> None:
        at = self.columns.index(column)
        before = [self.text(line, at) for line in range(len(self._seen))]
        self._seen = [
            Seen(row=each.row, price=net_price(each.row.order.legs, self._quotes), now=self._now)
            for each in self._seen
        ]
        for line in range(len(self._seen)):
            self._texts.pop((line, at), None)
        changed = [line for line, text in enumerate(before) if text != self.text(line, at)]
        self._repaint(changed, (column,))

    def _repaint(self, lines: Iterable[int], columns: Iterable[Column]) -> None:
        places = [self.columns.index(column) for column in columns]
        for line in lines:
            for at in places:
                self._texts.pop((line, at), None)
            self.dataChanged.emit(self.index(line, min(places)), self.index(line, max(places)))

    @contextmanager
    def _moved(self) -> Iterator[None]:
        """Change the lines inside; what was selected moves with its order."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self._seen[index.row()].row.key for index in old]
        yield
        where = {each.row.key: line for line, each in enumerate(self._seen)} if old else {}
        self.changePersistentIndexList(old, [
            self.index(where[key], index.column()) if key in where else QModelIndex()
            for key, index in zip(keys, old, strict=True)
        ])
        self.layoutChanged.emit()

    def _spoken(self, line: int, column: int) -> str:
        if column == 0:
            mark = mark_words(self._seen[line])
            return f"{self.text(line, 0)}, {mark}" if mark else self.text(line, 0)
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
        return [_plain(column, self._seen[line]) for column in self.columns if column.kind is not Kind.ACTS]


def _plain(column: Column, seen: Seen) -> str:
    """A cell as a program wants it: bare numbers, words that no spreadsheet runs, unknown empty."""
    value = column.value(seen)
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return guarded(value) if isinstance(value, str) else format(value, "f")
