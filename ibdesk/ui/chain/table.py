"""The chain as a person works it: which keys and presses make legs, and which columns fit."""

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from ibdesk.domain.chains import ChainRow
from ibdesk.domain.instruments import Instrument, Right
from ibdesk.domain.orders import Side
from ibdesk.ui.chain.columns import COLUMNS, STRIKE, Field
from ibdesk.ui.chain.model import ChainModel
from ibdesk.ui.chain.painting import ChainDelegate
from ibdesk.ui.models.positions import AnyIndex
from ibdesk.ui.widgets.dense_table import PAD, DenseTable

_SIDES = {Qt.Key.Key_B: Side.BUY, Qt.Key.Key_S: Side.SELL}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier, Qt.KeyboardModifier.ShiftModifier)


class ChainTable(DenseTable):
    """Arrows and Page keys move, Home goes to the money, B and S add a leg of the call or put under the mark, Enter
    does what a press does: ask buys, bid sells. `/` searches, 1 to 9 choose an expiry, Q goes to the quantity."""

    leg_wanted = Signal(object, object)
    expiry_wanted = Signal(int)
    search_wanted = Signal()
    quantity_wanted = Signal()
    seen_changed = Signal()
    marked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Option chain")
        self.setAccessibleDescription("Calls left, puts right. B buys and S sells the call or put under the mark.")
        self.chain = ChainModel(parent=self)
        self.chain.visible = self.lines_on_screen
        self.painter_of_cells = ChainDelegate(self.chain, self)
        self.setItemDelegate(self.painter_of_cells)
        self.setModel(self.chain)
        self._at_money = True
        self._prepare()
        self._prepare_header()
        self.dress_rows()

    # For the view --------------------------------------------------------------------------------------------------

    def show_rows(self, rows: tuple[ChainRow, ...]) -> None:
        """Show these strikes. What a person looks at stays where it is while more come."""
        if rows == self.chain.rows:
            return
        mark, top = self.currentIndex(), self._top_strike()
        strike, column = self._strike_at(mark.row()), mark.column()
        self.chain.set_rows(rows)
        where = {row.strike: line for line, row in enumerate(rows)}
        if strike in where:
            self._set_mark(where[strike], column)
        if self._at_money or top[0] not in where:
            self.go_to_money(mark=strike not in where)
        else:
            self.verticalScrollBar().setValue(where[top[0]] * self._height() + top[1])
        self.seen_changed.emit()

    def go_to_money(self, *, mark: bool = True) -> None:
        """Put the price into the middle; with `mark` the mark goes there too, to the calls unless it was among puts."""
        line = self.chain.spot_line
        if not self.chain.rows:
            return
        self._at_money = True
        middle = self.viewport().height() // 2
        self.verticalScrollBar().setValue(max(0, line * self._height() - middle))
        if mark:
            column = self.currentIndex().column()
            self._set_mark(min(line, len(self.chain.rows) - 1), column if column >= 0 else _ASK_OF_CALL)
            self.verticalScrollBar().setValue(max(0, line * self._height() - middle))

    def mark_strike(self, instrument: Instrument) -> None:
        """Bring a contract under the mark."""
        if instrument.option is None:
            return
        for line, row in enumerate(self.chain.rows):
            if row.strike == instrument.option.strike:
                self._set_mark(line, _ASK_OF_CALL if instrument.option.right is Right.CALL else _ASK_OF_PUT)
                return

    @property
    def marked_row(self) -> ChainRow | None:
        """The strike under the mark."""
        line = self.currentIndex().row()
        return self.chain.rows[line] if 0 <= line < len(self.chain.rows) else None

    @property
    def marked_right(self) -> Right:
        """Calls or puts, by where the mark stands."""
        return COLUMNS[max(0, self.currentIndex().column())].right or Right.CALL

    def lines_on_screen(self) -> tuple[int, int]:
        """The first and the last line a person can see; (0, -1) while hidden."""
        if not self.isVisible():
            return 0, -1
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return max(0, first), last if last >= 0 else len(self.chain.rows) - 1

    # Qt's events ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key()) if event.key() in _KEYS else None
        if event.modifiers() not in _PLAIN:
            event.ignore()  # Ctrl and Alt belong to the window
        elif key in _SIDES:
            self._want(_SIDES[key])
        elif key in _ENTER:
            self._want(COLUMNS[self.currentIndex().column()].side)
        elif key is Qt.Key.Key_Home:
            self.go_to_money()
        elif key is Qt.Key.Key_Slash or event.text() == "/":
            self.search_wanted.emit()
        elif key is Qt.Key.Key_Q:
            self.quantity_wanted.emit()
        elif key in _DIGITS:
            self.expiry_wanted.emit(_DIGITS.index(key))
        elif key is Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and index == self._pressed:
            self._want(COLUMNS[index.column()].side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = QModelIndex(self.indexAt(event.position().toPoint()))
        super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
        if self._at_money:
            QTimer.singleShot(0, self, lambda: self.go_to_money(mark=False))
        self.seen_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()
        self.seen_changed.emit()

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        self.painter_of_cells.current = (current.row(), current.column())
        self.viewport().update()
        self.marked.emit()

    def fit(self) -> None:
        """Spread the columns over the width; what matters least goes first where it is narrow."""
        room = self.viewport().width()
        for most in (3, 2, 1, 0):
            shown = [at for at, column in enumerate(COLUMNS) if column.gives_way <= most]
            if sum(COLUMNS[at].width for at in shown) <= room:
                break
        widths = sum(COLUMNS[at].width for at in shown)
        spare = max(0, room - widths)
        left = room
        for at in range(len(COLUMNS)):
            self.setColumnHidden(at, at not in shown)
        for at in shown:
            width = COLUMNS[at].width + spare * COLUMNS[at].width // max(1, widths)
            self.setColumnWidth(at, width)
            left -= width
        if spare:
            self.setColumnWidth(STRIKE, self.columnWidth(STRIKE) + max(0, left))

    # ---------------------------------------------------------------------------------------------------------------

    def dress_rows(self) -> None:
        super().dress_rows()
        self.chain.redraw()

    def _prepare(self) -> None:
        self._pressed = QModelIndex()
        self.setStyleSheet("QTableView:focus { border: none; }")  # the mark's own ring shows where the keys go
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(lambda _value: self.seen_changed.emit())
        bar.actionTriggered.connect(lambda _action: self._left_money())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._left_money()
        super().wheelEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        self._left_money()
        return super().moveCursor(action, modifiers)

    def _left_money(self) -> None:
        """The person moved: more rows must not move the table under their hands."""
        self._at_money = False

    def _prepare_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(36)
        header.setSectionsClickable(False)
        header.setStyleSheet(f"QHeaderView::section {{ padding: 5px {PAD}px 5px 2px; }}")
        header.setAccessibleName("Option chain: columns")

    def _height(self) -> int:
        return self.verticalHeader().defaultSectionSize()

    def _set_mark(self, line: int, column: int) -> None:
        self.setCurrentIndex(self.chain.index(line, column))

    def _strike_at(self, line: int) -> Any:
        return self.chain.rows[line].strike if 0 <= line < len(self.chain.rows) else None

    def _top_strike(self) -> tuple[Any, int]:
        """The strike at the upper edge, and how many pixels of it are hidden above."""
        line, offset = divmod(self.verticalScrollBar().value(), self._height())
        return self._strike_at(line), offset

    def _want(self, side: Side | None) -> None:
        index = self.currentIndex()
        instrument = self.chain.instrument_at(index.row(), index.column()) if index.isValid() else None
        if instrument is not None and side is not None:
            self.leg_wanted.emit(instrument, side)


_DIGITS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_6, Qt.Key.Key_7,
           Qt.Key.Key_8, Qt.Key.Key_9)
_KEYS = {*_DIGITS, *_SIDES, *_ENTER, Qt.Key.Key_Home, Qt.Key.Key_Slash, Qt.Key.Key_Escape, Qt.Key.Key_Q}
_ASK_OF_CALL = next(at for at, each in enumerate(COLUMNS) if each.field is Field.ASK and each.right is Right.CALL)
_ASK_OF_PUT = next(at for at, each in enumerate(COLUMNS) if each.field is Field.ASK and each.right is Right.PUT)
