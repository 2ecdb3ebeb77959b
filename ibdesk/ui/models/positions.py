"""The positions table's model: columns over a tuple of frozen rows, and the frame that shows quotes at reading speed.

A quote is one dict write. A frame later (60 Hz at most, asleep when nothing came) the rows a person can see drop their
cached live cells and one range is repainted; a row changes ten times a second at most, which is as fast as it can be
read. Rows nobody sees cost nothing until they are scrolled to. Sorting is never switched off and on, and a tick never
moves a row: the order is made anew by the person's click and by each new book (reference/performance.md, decision 4).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.portfolio import Row
from ibdesk.ui import format as fmt
from ibdesk.ui.models.arrangement import Arrangement, GroupLine, Line, arrange
from ibdesk.ui.models.columns import Column, Kind, Totals, tip_of, totals_of

FRAME_MS = 16
#: A figure is redrawn at most this often (seconds): people read no faster (house 2.5, J2).
READING_S = 0.1
#: How long a changed figure's background takes to fade (seconds).
FADE_S = 0.5
#: Above this many rows the day's total follows the book, not each quote: summing them would be felt.
TOTALS_FOLLOW_UP_TO = 500

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGN = int(Qt.ItemDataRole.TextAlignmentRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_NAME = int(Qt.ItemDataRole.AccessibleTextRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_HORIZONTAL = Qt.Orientation.Horizontal

AnyIndex = QModelIndex | QPersistentModelIndex


class Cell(NamedTuple):
    """What a delegate draws: the text and the sign that colours it."""

    text: str
    sign: int


class PositionModel(QAbstractTableModel):
    """Positions as a table. `visible` tells the first and last line on screen; the view sets it."""

    totals_changed = Signal()

    def __init__(
        self, columns: Sequence[Column], *, clock: Callable[[], float] = perf_counter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.wish = Arrangement()
        self.is_dimmed = False
        self.visible: Callable[[], tuple[int, int]] = lambda: (0, -1)
        self._clock = clock
        self._rows: tuple[Row, ...] = ()
        self._base = ""
        self._doubtful: frozenset[tuple[AccountId, Conid]] = frozenset()
        self._lines: list[Line] = []
        self._cells: dict[int, list[Cell | None]] = {}
        self._groups: dict[str, Totals] = {}
        self._quotes: dict[Conid, Quote] = {}
        self._dirty: set[Conid] = set()
        self._shown_at: dict[int, float] = {}
        self._flashes: dict[tuple[int, int], float] = {}
        self._faded_at = 0.0
        self._right = tuple(column.kind in (Kind.NUMBER, Kind.GAIN) for column in self.columns)
        self._live = tuple(at for at, column in enumerate(self.columns) if column.is_live)
        self._live_runs = runs(self._live)
        self._frame = self._timer(FRAME_MS, self.show_changes)
        self._sums = self._timer(1000, self.totals_changed.emit)

    def _timer(self, milliseconds: int, then: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(then)
        return timer

    # What the table holds ------------------------------------------------------------------------------------------

    def set_book(
        self, rows: tuple[Row, ...], base: str, doubtful: frozenset[tuple[AccountId, Conid]] = frozenset()
    ) -> None:
        """Show another picture of the account. Selection, order and scroll stay where the rows are the same.
        A `doubtful` position's quoted day P&L is not its own and is not shown."""
        if base == self._base and doubtful == self._doubtful and rows == self._rows:
            return
        self._doubtful = doubtful
        if {row.position.key for row in rows} != {row.position.key for row in self._rows}:
            self.beginResetModel()
            self._take(rows, base)
            self._lines = arrange(self._current(), self.columns, self.wish)
            self.endResetModel()
        else:
            with self._same_places():
                self._take(rows, base)
        self.totals_changed.emit()

    def set_quotes(self, quotes: Iterable[Quote]) -> None:
        """Take the newest quotes, each whole as `services.live` publishes it; they are drawn with the next frame."""
        newest = {quote.conid: quote for quote in quotes if quote is not self._quotes.get(quote.conid)}
        self._quotes.update(newest)
        self._dirty.update(newest)
        if newest and (not self._frame.isActive() or self._frame.remainingTime() > FRAME_MS):
            self._frame.start(FRAME_MS)

    def arrange(self, **parts: Any) -> None:
        """Change filter, words, group, sort or closed groups, e.g. arrange(group="class")."""
        wish = replace(self.wish, **parts)
        if wish == self.wish:
            return
        if (wish.quick, wish.words, wish.group, wish.closed) != (
            self.wish.quick, self.wish.words, self.wish.group, self.wish.closed
        ):
            self.beginResetModel()
            self.wish = wish
            self._lines = arrange(self._current(), self.columns, wish)
            self._groups.clear()
            self.endResetModel()
            self.totals_changed.emit()
        else:
            with self._same_places():
                self.wish = wish

    def toggle(self, line: int) -> None:
        """Open or close the group on this line."""
        group = self._lines[line]
        if isinstance(group, GroupLine):
            self.arrange(closed=self.wish.closed ^ {group.name})

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw everything paler: what is shown is old."""
        if dimmed != self.is_dimmed:
            self.is_dimmed = dimmed
            self.redraw()

    def redraw(self) -> None:
        """Format everything anew: the theme or the discreet mode changed."""
        self._cells.clear()
        self._groups.clear()
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, len(self.columns) - 1))
        self.totals_changed.emit()

    def show_changes(self) -> None:
        """One frame: rows on screen whose quotes changed are formatted, and what they cover is repainted."""
        now = self._clock()
        entries = self._entries_on_screen()
        changed = self._show_quotes(entries, now)
        self._repaint(sorted(changed | self._fade(entries, now)))
        if self._dirty:
            self._frame.start(FRAME_MS)
        elif self._flashes:
            self._frame.start(int(READING_S * 1000))
        if changed and len(self._rows) <= TOTALS_FOLLOW_UP_TO and not self._sums.isActive():
            self._sums.start()

    # What delegates and copies read --------------------------------------------------------------------------------

    def cell(self, line: int, column: int) -> Cell:
        """The text and sign of one cell, formatted once."""
        entry = self._lines[line]
        if isinstance(entry, GroupLine):
            return self._group_cell(entry, column)
        cells = self._cells.get(entry)
        if cells is None:
            cells = self._cells[entry] = [None] * len(self.columns)
        cell = cells[column]
        if cell is None:
            cell = cells[column] = self._formatted(self._row(entry), self.columns[column])
        return cell

    def line(self, line: int) -> Line:
        """A group's line, or the index of a row."""
        return self._lines[line]

    def row_at(self, line: int) -> Row | None:
        """The row on a line, with its newest quote; None on a group's line."""
        entry = self._lines[line]
        return None if isinstance(entry, GroupLine) else self._row(entry)

    def instrument_at(self, line: int) -> Instrument | None:
        """What a line is about; None on a group's."""
        entry = self._lines[line]
        return None if isinstance(entry, GroupLine) else self._rows[entry].position.instrument

    def trend_at(self, line: int) -> tuple[Decimal, ...]:
        """The closes of a line's sparkline; empty on a group's."""
        entry = self._lines[line]
        return () if isinstance(entry, GroupLine) else self._rows[entry].trend

    def flash(self, line: int, column: int) -> float:
        """How strongly a cell's background shows that it changed, 0 to 1."""
        entry = self._lines[line]
        began = self._flashes.get((entry, column)) if isinstance(entry, int) else None
        return 0.0 if began is None else max(0.0, 1.0 - (self._clock() - began) / FADE_S)

    @property
    def base(self) -> str:
        """The base currency, empty when the accounts shown have different ones."""
        return self._base

    def count(self) -> int:
        """How many positions the filter leaves, groups closed or open."""
        return len(self._members())

    def totals(self) -> Totals:
        """The sums over the rows that the filter leaves, groups closed or open."""
        return totals_of((self._row(index) for index in self._members()), self._base)

    def keys(self) -> list[tuple[AccountId, Conid] | str]:
        """What stands on each line, to find it again: a position's key or a group's name."""
        return [self._key_of(line) for line in self._lines]

    # Qt's questions ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        if role == _DISPLAY:
            return self.cell(index.row(), index.column()).text
        if role == _ALIGN:
            return _RIGHT if self._right[index.column()] else _LEFT
        if role == _NAME:
            return self._spoken(index.row(), index.column())
        if role == _TIP:
            return self._tip(index.row(), index.column())
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != _HORIZONTAL or section >= len(self.columns):
            return None
        if role == _DISPLAY:
            return self.columns[section].title
        if role == _ALIGN:
            return _RIGHT if self._right[section] or self.columns[section].kind is Kind.TREND else _LEFT
        return self.columns[section].formula if role == _TIP else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        key = self.columns[column].key if 0 <= column < len(self.columns) else ""
        self.arrange(sort=key, descending=order == Qt.SortOrder.DescendingOrder)

    # ---------------------------------------------------------------------------------------------------------------

    def _take(self, rows: tuple[Row, ...], base: str) -> None:
        self._rows, self._base = rows, base
        self._cells.clear()
        self._groups.clear()
        self._flashes.clear()
        self._shown_at.clear()
        conids = {row.position.instrument.conid for row in rows}
        self._quotes = {conid: quote for conid, quote in self._quotes.items() if conid in conids}

    @contextmanager
    def _same_places(self) -> Iterator[None]:
        """Change rows or order inside; what was selected moves with its row."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self._key_of(self._lines[index.row()]) for index in old]
        yield
        self._lines = arrange(self._current(), self.columns, self.wish)
        self._groups.clear()
        where = {self._key_of(line): at for at, line in enumerate(self._lines)} if old else {}
        self.changePersistentIndexList(old, [
            self.index(where[key], index.column()) if key in where else QModelIndex()
            for key, index in zip(keys, old, strict=True)
        ])
        self.layoutChanged.emit()

    def _current(self) -> Sequence[Row]:
        if not self._quotes and not self._doubtful:
            return self._rows
        return [self._row(index) for index in range(len(self._rows))]

    def _members(self) -> list[int]:
        found: list[int] = []
        for line in self._lines:
            if isinstance(line, GroupLine):
                found.extend(line.members)
            elif not self.wish.group:
                found.append(line)
        return found

    def _row(self, index: int) -> Row:
        row = self._rows[index]
        live = self._quotes.get(row.position.instrument.conid)
        if live is not None:
            row = replace(row, quote=live if row.quote is None else row.quote.merged(live))
        if self._doubtful and row.quote is not None and row.position.key in self._doubtful:
            row = replace(row, quote=replace(row.quote, daily_pnl=None))
        return row

    def _key_of(self, line: Line) -> tuple[AccountId, Conid] | str:
        return line.name if isinstance(line, GroupLine) else self._rows[line].position.key

    def _entries_on_screen(self) -> dict[int, int]:
        """Line to row index, for the rows a person can see."""
        first, last = self.visible()
        lines = self._lines
        return {
            line: entry
            for line in range(max(0, first), min(last, len(lines) - 1) + 1)
            if isinstance(entry := lines[line], int)
        }

    def _show_quotes(self, entries: dict[int, int], now: float) -> set[int]:
        changed: set[int] = set()
        waiting: set[Conid] = set()
        for line, entry in entries.items():
            conid = self._rows[entry].position.instrument.conid
            if conid not in self._dirty:
                continue
            if now - self._shown_at.get(entry, 0.0) < READING_S:
                waiting.add(conid)
                continue
            self._refresh(entry, now)
            changed.add(line)
        if self._dirty and not self._cells.keys() <= set(entries.values()):
            # Rows off screen are formatted when they are scrolled to.
            self._cells = {entry: self._cells[entry] for entry in entries.values() if entry in self._cells}
        self._dirty = waiting
        return changed

    def _refresh(self, entry: int, now: float) -> None:
        """Format the live cells of a row; what reads differently than before begins to fade."""
        self._shown_at[entry] = now
        cells = self._cells.get(entry)
        if cells is None:
            return
        row = self._row(entry)
        for column in self._live:
            old = cells[column]
            if old is None:
                continue
            new = self._formatted(row, self.columns[column])
            if old.text != new.text:
                self._flashes[entry, column] = now
            cells[column] = new

    def _fade(self, entries: dict[int, int], now: float) -> set[int]:
        """The lines whose backgrounds take another step; those that are done are drawn plain once more."""
        if not self._flashes or now - self._faded_at < READING_S:
            return set()
        self._faded_at = now
        fading = {entry for entry, _ in self._flashes}
        self._flashes = {key: began for key, began in self._flashes.items() if now - began < FADE_S}
        return {line for line, entry in entries.items() if entry in fading}

    def _repaint(self, lines: Sequence[int]) -> None:
        """A range for each run of neighbouring lines and of live columns: painting is what costs, not signals."""
        for first, last in runs(lines):
            for left, right in self._live_runs:
                self.dataChanged.emit(self.index(first, left), self.index(last, right))

    @staticmethod
    def _formatted(row: Row, column: Column) -> Cell:
        return Cell(column.text(row), fmt.sign(column.value(row)) if column.kind is Kind.GAIN else 0)

    def _group_cell(self, group: GroupLine, column: int) -> Cell:
        if column == 0:
            return Cell(f"{group.name} · {len(group.members)}", 0)
        totals = self._groups.get(group.name)
        if totals is None:
            totals = self._groups[group.name] = totals_of((self._row(index) for index in group.members), self._base)
        return Cell(*totals.texts.get(self.columns[column].total, ("", 0)))

    def _spoken(self, line: int, column: int) -> str:
        return f"{self.columns[column].title}: {self.cell(line, column).text}"

    def _tip(self, line: int, column: int) -> str:
        row = self.row_at(line)
        if row is None:
            return ""
        return tip_of(row, self.columns[column], is_doubtful=row.position.key in self._doubtful)


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
