"""The chain table's model: cached texts over rows of strikes, and the frame that shows quotes at reading speed.

A quote is one dict write. A frame later some of the rows on screen whose figures changed are formatted and repainted:
painting is what costs (reference/performance.md, decision 4), so a frame takes a few rows, those that wait longest, and
a row changes ten times a second at most. Figures a model stands in for come apart from quotes, a few times a second.
"""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer

from ibdesk.domain.chains import ChainRow, rows_between
from ibdesk.domain.instruments import Conid, Instrument, Right
from ibdesk.domain.market import OptionFigures, Quote
from ibdesk.domain.orders import Leg, Side
from ibdesk.ui import format as fmt
from ibdesk.ui.chain.columns import COLUMNS, OF_MODEL, STRIKE, Column, Field, text_of
from ibdesk.ui.models.positions import FADE_S, FRAME_MS, READING_S, AnyIndex, runs

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGN = int(Qt.ItemDataRole.TextAlignmentRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_NAME = int(Qt.ItemDataRole.AccessibleTextRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_HORIZONTAL = Qt.Orientation.Horizontal

#: Rows repainted in one frame: all of a tall screen still have their turn six times a second.
ROWS_A_FRAME = 4


class Cell(NamedTuple):
    """What a delegate draws. `is_modelled`: the figure is ours, not the broker's."""

    text: str
    is_modelled: bool


class ChainModel(QAbstractTableModel):
    """One expiry as a table. `visible` tells the first and last line on screen; the view sets it."""

    def __init__(self, *, clock: Callable[[], float] = perf_counter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ChainRow, ...] = ()
        self.is_dimmed = False
        self.spot_line = 0
        self.visible: Callable[[], tuple[int, int]] = lambda: (0, -1)
        self._clock = clock
        self._spot: Any = None
        self._quotes: dict[Conid, Quote] = {}
        self._modelled: Mapping[Conid, OptionFigures] = {}
        self._named = "model"
        self._lines: dict[Conid, int] = {}
        self._cells: dict[int, list[Cell | None]] = {}
        self._legs: dict[Conid, Leg] = {}
        self._dirty: dict[Conid, None] = {}  # in the order they came
        self._shown_at: dict[int, float] = {}
        self._flashes: dict[tuple[int, int], float] = {}
        self._faded_at: dict[int, float] = {}
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self.show_changes)

    # What the table holds ------------------------------------------------------------------------------------------

    def set_rows(self, rows: tuple[ChainRow, ...]) -> None:
        """Show these strikes; quotes of contracts that stay are kept."""
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows = rows
        self._lines = {conid: line for line, row in enumerate(rows) for conid in row.conids}
        self._quotes = {conid: quote for conid, quote in self._quotes.items() if conid in self._lines}
        self._cells.clear()
        self._shown_at.clear()
        self._flashes.clear()
        self.spot_line = rows_between(rows, self._spot)
        self.endResetModel()

    def set_quotes(self, quotes: Iterable[Quote]) -> None:
        """Take newer quotes: what they do not tell stays as it was. They are drawn with the next frame."""
        lines, known, dirty = self._lines, self._quotes, self._dirty
        for quote in quotes:
            conid = quote.conid
            if conid in lines:
                old = known.get(conid)
                is_newer = old is None or quote.received_at >= old.received_at
                known[conid] = quote if old is None else old.merged(quote) if is_newer else quote.merged(old)
                dirty.setdefault(conid)
        self._ask_frame()

    def set_modelled(self, figures: Mapping[Conid, OptionFigures], named: str) -> None:
        """Our own figures, for contracts the broker tells none of; `named` says which model."""
        changed = {conid for conid in {*figures, *self._modelled} if figures.get(conid) != self._modelled.get(conid)}
        self._modelled, self._named = figures, named
        self._dirty.update(dict.fromkeys(sorted(changed & self._lines.keys())))
        self._ask_frame()

    def set_spot(self, spot: Any) -> None:
        """The underlying's price: what is in the money, and where the line lies."""
        line = rows_between(self.rows, spot)
        self._spot = spot
        if line != self.spot_line:
            self.spot_line = line
            self._repaint(0, len(self.rows) - 1)

    def set_legs(self, legs: Iterable[Leg]) -> None:
        """Outline these."""
        before, self._legs = self._legs, {leg.instrument.conid: leg for leg in legs}
        for conid in {*before, *self._legs}:
            line = self._lines.get(conid)
            if line is not None and before.get(conid) != self._legs.get(conid):
                self._repaint(line, line)

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw everything paler: what is shown is old."""
        if dimmed != self.is_dimmed:
            self.is_dimmed = dimmed
            self.redraw()

    def redraw(self) -> None:
        """Format everything anew."""
        self._cells.clear()
        self._repaint(0, len(self.rows) - 1)

    def show_changes(self) -> None:
        """One frame: the rows on screen that wait longest are formatted and repainted."""
        now = self._clock()
        chosen, self._dirty = self._due(now)
        for line in chosen:
            self._refresh(line, now)
        fading = [line for line in self._fading(now) if line not in chosen]
        chosen.update(dict.fromkeys(fading[: ROWS_A_FRAME - len(chosen)]))
        for first, last in runs(sorted(chosen)):
            self._repaint(first, last)
        if self._dirty or len(fading) > ROWS_A_FRAME:
            self._frame.start(FRAME_MS)
        elif self._flashes:
            self._frame.start(int(READING_S * 1000))

    # What delegates, keys and tips read ----------------------------------------------------------------------------

    def cell(self, line: int, column: int) -> Cell:
        """The text of one cell, formatted once."""
        cells = self._cells.get(line)
        if cells is None:
            cells = self._cells[line] = [None] * len(COLUMNS)
        cell = cells[column]
        if cell is None:
            cell = cells[column] = self._formatted(line, COLUMNS[column])
        return cell

    def instrument_at(self, line: int, column: int) -> Instrument | None:
        """The contract a cell is of; None for the strike and where none is listed."""
        right = COLUMNS[column].right
        return None if right is None or not 0 <= line < len(self.rows) else self.rows[line].of(right)

    def quote_of(self, conid: Conid) -> Quote | None:
        return self._quotes.get(conid)

    def figures_of(self, conid: Conid) -> OptionFigures | None:
        """The broker's figures with ours where it has none."""
        quote, modelled = self._quotes.get(conid), self._modelled.get(conid)
        told = quote.option if quote is not None else None
        if told is None or modelled is None:
            return told or modelled
        return modelled.merged(told)

    def leg_at(self, line: int, column: int) -> Leg | None:
        """The leg a cell belongs to, for its outline: bid and ask of the contract."""
        if COLUMNS[column].field not in (Field.BID, Field.ASK):
            return None
        instrument = self.instrument_at(line, column)
        return None if instrument is None else self._legs.get(instrument.conid)

    def is_in_the_money(self, line: int, column: int) -> bool:
        right = COLUMNS[column].right
        if right is None or self._spot is None:
            return False
        return line < self.spot_line if right is Right.CALL else line >= self.spot_line

    def flash(self, line: int, column: int) -> float:
        """How strongly a cell's background shows that it changed, 0 to 1."""
        began = self._flashes.get((line, column))
        return 0.0 if began is None else max(0.0, 1.0 - (self._clock() - began) / FADE_S)

    def quotes_in(self, first: int, last: int) -> list[Quote]:
        """What is known of the contracts on these lines."""
        conids = (conid for row in self.rows[max(0, first) : last + 1] for conid in row.conids)
        return [self._quotes[conid] for conid in conids if conid in self._quotes]

    @property
    def has_modelled(self) -> bool:
        """Whether any figure shown may be ours."""
        return bool(self._modelled)

    # Qt's questions ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        if role == _DISPLAY:
            return self.cell(index.row(), index.column()).text
        if role == _ALIGN:
            return _CENTRE if index.column() == STRIKE else _RIGHT
        if role == _NAME:
            return self._spoken(index.row(), index.column())
        return self._tip(index.row(), index.column()) if role == _TIP else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != _HORIZONTAL or section >= len(COLUMNS):
            return None
        if role == _DISPLAY:
            return COLUMNS[section].title
        if role == _ALIGN:
            return _CENTRE if section == STRIKE else _RIGHT
        return COLUMNS[section].spoken if role in (_TIP, _NAME) else None

    # ---------------------------------------------------------------------------------------------------------------

    def _formatted(self, line: int, column: Column) -> Cell:
        row = self.rows[line]
        if column.right is None:
            return Cell(_strike(row.strike), False)
        instrument = row.of(column.right)
        if instrument is None:
            return Cell("", False)
        quote = self._quotes.get(instrument.conid)
        figures = self.figures_of(instrument.conid)
        told = quote.option if quote is not None else None
        ours = column.field in OF_MODEL and figures is not None and (
            told is None or getattr(told, column.field.value) is None
        ) and getattr(figures, column.field.value) is not None
        return Cell(text_of(column.field, quote, figures), ours)

    def _refresh(self, line: int, now: float) -> None:
        """Format a line anew; what reads differently than before begins to fade."""
        self._shown_at[line] = now
        cells = self._cells.get(line)
        if cells is None:
            return
        for at, old in enumerate(cells):
            if old is None or at == STRIKE:
                continue
            new = self._formatted(line, COLUMNS[at])
            if new.text != old.text:
                cells[at] = new
                if old.text != fmt.UNKNOWN and COLUMNS[at].side is not None:
                    self._flashes[line, at] = now

    def _ask_frame(self) -> None:
        if self._dirty and (not self._frame.isActive() or self._frame.remainingTime() > FRAME_MS):
            self._frame.start(FRAME_MS)

    def _due(self, now: float) -> tuple[dict[int, None], dict[Conid, None]]:
        """The lines this frame shows, and the contracts that wait for another. What is off screen is formatted when it
        is looked at."""
        first, last = self.visible()
        chosen: dict[int, None] = {}
        waiting: dict[Conid, None] = {}
        for conid in self._dirty:
            line = self._lines.get(conid, -1)
            if not first <= line <= last:
                self._cells.pop(line, None)
            elif line not in chosen:
                if len(chosen) < ROWS_A_FRAME and now - self._shown_at.get(line, 0.0) >= READING_S:
                    chosen[line] = None
                else:
                    waiting[conid] = None
        return chosen, waiting

    def _fading(self, now: float) -> list[int]:
        """Lines whose flash has to be drawn weaker by now, those first that wait longest; what is over is dropped once
        it was drawn so."""
        self._flashes = {key: began for key, began in self._flashes.items() if now - began <= FADE_S + 2 * READING_S}
        painted = {line: self._faded_at.get(line, 0.0) for line, _ in self._flashes}
        due = sorted((line for line, at in painted.items() if now - at >= READING_S), key=lambda line: painted[line])
        self._faded_at = painted | dict.fromkeys(due[:ROWS_A_FRAME], now)
        return due

    def _repaint(self, first: int, last: int) -> None:
        if 0 <= first <= last < len(self.rows):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def _spoken(self, line: int, column: int) -> str:
        text, ours = self.cell(line, column)
        said = COLUMNS[column].spoken
        leg = self.leg_at(line, column)
        in_ticket = f", in the ticket: {'buy' if leg.side is Side.BUY else 'sell'} {leg.ratio}" if leg else ""
        strike = "" if column == STRIKE else f"{_strike(self.rows[line].strike)} "
        return f"{strike}{said} {text}{', ' + self._named if ours else ''}{in_ticket}"

    def _tip(self, line: int, column: int) -> str:
        instrument = self.instrument_at(line, column)
        if instrument is None:
            return ""
        quote = self._quotes.get(instrument.conid)
        parts = [instrument.label]
        if instrument.trading_class and instrument.trading_class != instrument.symbol:
            parts.append(f"trading class {instrument.trading_class}")
        if self.cell(line, column).is_modelled:
            parts.append(f"{self._named}: from the middle of bid and ask")
        if quote is not None:
            parts.append(f"{quote.delay.value} data{', halted' if quote.is_halted else ''}")
        return " · ".join(parts)


def _strike(strike: Any) -> str:
    """Without decimals that say nothing: 570, 572.5."""
    text = fmt.price(strike)
    return text.removesuffix(".00") if text.endswith(".00") else text.rstrip("0") if "." in text else text
