"""The live table's model: a book that moves many times a second, drawn ten times, and only where it changed.

A book is frozen and shares the rows that did not move, so what changed is found by identity. Rows on screen that did
are formatted, and one range is repainted; a tick never moves a line: the order is made anew by the person's click and
when a position comes or goes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.money import Currency
from ibdesk.domain.pnl import PnlKey, PnlRow
from ibdesk.ui import format as fmt
from ibdesk.ui.models.columns import Kind
from ibdesk.ui.models.live_columns import Around, LiveColumn, tip_of, told_at
from ibdesk.ui.models.positions import FADE_S, READING_S, Cell

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGN = int(Qt.ItemDataRole.TextAlignmentRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_NAME = int(Qt.ItemDataRole.AccessibleTextRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_HORIZONTAL = Qt.Orientation.Horizontal

AnyIndex = QModelIndex | QPersistentModelIndex


class LiveModel(QAbstractTableModel):
    """A book's rows as a table. `changed` carries the rows that moved, after they are drawn; `visible` tells the first
    and last line on screen, the view sets it."""

    changed = Signal(object)

    def __init__(
        self, columns: Sequence[LiveColumn], *, clock: Callable[[], float] = perf_counter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.is_dimmed = False
        self.visible: Callable[[], tuple[int, int]] = lambda: (0, -1)
        self._clock = clock
        self._rows: Mapping[PnlKey, PnlRow] = {}
        self._newest: Mapping[PnlKey, PnlRow] = {}
        self._keys: list[PnlKey] = []
        self._lines: dict[PnlKey, int] = {}
        self._cells: dict[PnlKey, list[Cell | None]] = {}
        self._flashes: dict[tuple[PnlKey, int], float] = {}
        self._around = Around()
        self._account: AccountId | None = None
        self._sorted: tuple[LiveColumn, bool] | None = None
        self._believed_since: datetime | None = None
        self._drawn_at = float("-inf")
        self._right = tuple(column.kind in (Kind.NUMBER, Kind.GAIN) for column in self.columns)
        self._moving = tuple(at for at, column in enumerate(self.columns) if column.is_moving)
        self._told = next((at for at, column in enumerate(self.columns) if column.key == "told"), -1)
        self._frame = self._timer(self.draw)
        self._fading = self._timer(self._fade)

    def _timer(self, then: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(then)
        return timer

    # What the table holds ------------------------------------------------------------------------------------------

    def show_rows(self, rows: Mapping[PnlKey, PnlRow]) -> None:
        """Take the newest book's rows; they are drawn at once, or as soon as they can be read."""
        self._newest = rows
        rest = self._drawn_at + READING_S - self._clock()
        if rest <= 0:
            self.draw()
        elif not self._frame.isActive():
            self._frame.start(int(rest * 1000) + 1)

    def draw(self) -> None:
        """Draw what changed since the last time."""
        before, now = self._rows, self._newest
        if now is before:
            return
        self._drawn_at = self._clock()
        moved = [(key, row) for key, row in now.items() if before.get(key) is not row]
        news = sum(key not in before for key, _ in moved)
        is_other = len(before) + news != len(now) or any((key in self._lines) != self._lists(row) for key, row in moved)
        self._rows = now
        if is_other:
            self._list_anew()
        else:
            self._repaint(moved)
        self.changed.emit([row for _, row in moved])

    def choose_account(self, account: AccountId | None) -> None:
        """List one account, or all with None."""
        if account != self._account:
            self._account = account
            self._list_anew()

    def set_bases(self, bases: Mapping[AccountId, Currency]) -> None:
        """The accounts' own currencies, whose symbols need not be written."""
        if bases != self._around.bases:
            self._around = replace(self._around, bases=bases)
            self.redraw()

    def set_line(self, *, is_alive: bool, believed_since: datetime | None) -> None:
        """Draw everything paler while nothing new can come; and rows that were not told since `believed_since`, as long
        as the line is being restored."""
        if (self.is_dimmed, self._believed_since) != (not is_alive, believed_since):
            self.is_dimmed, self._believed_since = not is_alive, believed_since
            self._around = replace(self._around, is_alive=is_alive)
            self.redraw()

    def set_now(self, now: datetime) -> None:
        """Count the ages on; only those on screen that read differently are drawn."""
        self._around = replace(self._around, now=now)
        if self._told < 0:
            return
        lines: list[int] = []
        for line in self._on_screen():
            cells = self._cells.get(self._keys[line])
            before = cells[self._told] if cells is not None else None
            if cells is None or before is None:
                continue  # what was not drawn yet will be
            cells[self._told] = None
            if before != self.cell(line, self._told):
                lines.append(line)
        if lines:
            self.dataChanged.emit(self.index(lines[0], self._told), self.index(lines[-1], self._told))

    def redraw(self) -> None:
        """Format everything anew: the theme or the discreet mode changed."""
        self._cells.clear()
        self._told_of(0, len(self._keys) - 1)

    # What delegates and copies read --------------------------------------------------------------------------------

    def cell(self, line: int, column: int) -> Cell:
        """The text and sign of one cell, formatted once."""
        key = self._keys[line]
        cells = self._cells.get(key)
        if cells is None:
            cells = self._cells[key] = [None] * len(self.columns)
        cell = cells[column]
        if cell is None:
            cell = cells[column] = self._formatted(self._rows[key], self.columns[column])
        return cell

    def line(self, line: int) -> int:
        """The index of a line's row: there are no groups here."""
        return line

    def row_at(self, line: int) -> PnlRow:
        """The row on a line, as it is drawn."""
        return self._rows[self._keys[line]]

    def row_of(self, key: PnlKey) -> PnlRow | None:
        """The row of this key as it is drawn; None when it is not listed."""
        return self._rows[key] if key in self._lines else None

    def line_of(self, key: PnlKey) -> int | None:
        """Where a row stands."""
        return self._lines.get(key)

    def instrument_at(self, line: int) -> Instrument:
        """What a line is about."""
        return self._rows[self._keys[line]].instrument

    def trend_at(self, _line: int) -> tuple[Any, ...]:
        """There are no sparklines here."""
        return ()

    def is_pale(self, line: int) -> bool:
        """Whether a line's figures are old: nothing can come, or the line is back and this was not told anew yet."""
        if self.is_dimmed:
            return True
        row = self._rows[self._keys[line]]
        at = told_at(row)
        # What is not held any more is not told again.
        return bool(row.quantity) and self._believed_since is not None and at is not None and at < self._believed_since

    def flash(self, line: int, column: int) -> float:
        """How strongly a cell's background shows that it changed, 0 to 1."""
        began = self._flashes.get((self._keys[line], column))
        return 0.0 if began is None else max(0.0, 1.0 - (self._clock() - began) / FADE_S)

    def rows(self) -> tuple[PnlRow, ...]:
        """Every row as it is drawn, of all accounts."""
        return tuple(self._rows.values())

    def listed(self) -> list[PnlKey]:
        """What stands on each line, to find it again."""
        return list(self._keys)

    @property
    def around(self) -> Around:
        """The base currencies and the time the texts are made with."""
        return self._around

    # Qt's questions ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        line, at = index.row(), index.column()
        if role == _DISPLAY:
            return self.cell(line, at).text
        if role == _ALIGN:
            return _RIGHT if self._right[at] else _LEFT
        if role == _NAME:
            old = ", old" if self.is_pale(line) else ""
            return f"{self.columns[at].title}: {self.cell(line, at).text}{old}"
        return tip_of(self.row_at(line), self.columns[at], self._around) if role == _TIP else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != _HORIZONTAL or section >= len(self.columns):
            return None
        if role == _DISPLAY:
            return self.columns[section].title
        if role == _ALIGN:
            return _RIGHT if self._right[section] else _LEFT
        return self.columns[section].formula if role == _TIP else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        is_down = order == Qt.SortOrder.DescendingOrder
        self._sorted = (self.columns[column], is_down) if 0 <= column < len(self.columns) else None
        with self._same_places():
            self._arrange()

    # ---------------------------------------------------------------------------------------------------------------

    def _lists(self, row: PnlRow) -> bool:
        return row.is_shown and self._account in (None, row.account)

    def _list_anew(self) -> None:
        self.beginResetModel()
        self._cells.clear()
        self._flashes.clear()
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        """Put the lines in order; rows that sort equal keep the book's, what is unknown comes last."""
        keys = [key for key, row in self._rows.items() if self._lists(row)]
        if self._sorted is not None:
            column, is_down = self._sorted
            values = {key: column.value(self._rows[key]) for key in keys}
            known = [key for key in keys if values[key] is not None]
            known.sort(key=lambda key: _order(values[key]), reverse=is_down)
            keys = known + [key for key in keys if values[key] is None]
        self._keys = keys
        self._lines = {key: line for line, key in enumerate(keys)}

    @contextmanager
    def _same_places(self) -> Iterator[None]:
        """Change the order inside; what was selected moves with its row."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self._keys[index.row()] for index in old]
        yield
        self.changePersistentIndexList(old, [
            self.index(self._lines[key], index.column()) for key, index in zip(keys, old, strict=True)
        ])
        self.layoutChanged.emit()

    def _repaint(self, moved: Sequence[tuple[PnlKey, PnlRow]]) -> None:
        """Format what is on screen and changed; what is not is formatted when it is scrolled to."""
        seen = self._on_screen()
        lines: list[int] = []
        for key, _ in moved:
            cells = self._cells.pop(key, None)
            line = self._lines.get(key, -1)
            if line in seen:
                lines.append(line)
                if cells is not None:
                    self._flash(key, line, cells)
        if lines:
            self._told_of(min(lines), max(lines))
        if self._flashes and not self._fading.isActive():
            self._fading.start(int(READING_S * 1000))

    def _flash(self, key: PnlKey, line: int, before: Sequence[Cell | None]) -> None:
        for at in self._moving:
            old = before[at]
            if old is not None and old.text != self.cell(line, at).text:
                self._flashes[key, at] = self._drawn_at

    def _fade(self) -> None:
        """Draw the fading backgrounds a step paler."""
        now = self._clock()
        lines = sorted({self._lines[key] for key, _ in self._flashes if key in self._lines})
        self._flashes = {each: began for each, began in self._flashes.items() if now - began < FADE_S}
        if lines:
            self._told_of(lines[0], lines[-1])
        if self._flashes:
            self._fading.start(int(READING_S * 1000))

    def _told_of(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def _on_screen(self) -> range:
        first, last = self.visible()
        return range(max(0, first), min(last, len(self._keys) - 1) + 1)

    def _formatted(self, row: PnlRow, column: LiveColumn) -> Cell:
        text = column.text(row, self._around)
        return Cell(text, fmt.sign(column.value(row)) if column.kind is Kind.GAIN else 0)


def _order(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
