"""The table of orders: keys, signs and menu of each order, and columns that give way where there is no room."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QWidget

from ibdesk.ui.orders.columns import ACTS, ORDER, Column
from ibdesk.ui.orders.model import OrdersModel
from ibdesk.ui.orders.painting import NAMES, OrderDelegate, act_at
from ibdesk.ui.orders.rows import Act, OrderRow
from ibdesk.ui.widgets.dense_table import PAD, DenseTable

#: What Enter does to an order: the one thing it waits for.
_ON_ENTER = (Act.ANSWER, Act.SETTLE, Act.CHANGE)


class OrderTable(DenseTable):
    """Emits `wanted(act, row)`; `menu_of` fills the menu of the selected orders, `export_wanted` asks for a file."""

    wanted = Signal(object, object)
    export_wanted = Signal()
    chosen = Signal()

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Orders")
        self.orders = OrdersModel(columns, self)
        self.orders.visible = self.lines_on_screen
        self.menu_of: Callable[[OrderRow], Sequence[tuple[str, Callable[[], object], str]]] = lambda _row: ()
        self._withheld: frozenset[str] = frozenset()
        self._pressed: tuple[int, Act] | None = None
        self._delegate = OrderDelegate(self.orders, self)
        self.setModel(self.orders)
        self.setItemDelegate(self._delegate)
        self._prepare()
        self.dress_rows()
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self.orders.rowsRemoved.connect(lambda *_: self.chosen.emit())

    def lines_on_screen(self) -> tuple[int, int]:
        """The first and the last line a person can see; (0, -1) while hidden."""
        if not self.isVisible():
            return 0, -1
        last = self.rowAt(self.viewport().height() - 1)
        return max(0, self.rowAt(0)), last if last >= 0 else self.orders.rowCount() - 1

    def chosen_rows(self) -> list[OrderRow]:
        """The selected orders from top to bottom."""
        return [self.orders.row(line) for line in self._selected_lines()]

    def copy(self) -> None:
        """Put the selected orders with their headers on the clipboard."""
        if lines := self._selected_lines():
            QGuiApplication.clipboard().setText(self.orders.tabs(lines))

    def csv(self) -> str:
        """All listed orders as a CSV document."""
        return self.orders.csv()

    def count(self) -> int:
        """How many orders are listed."""
        return self.orders.rowCount()

    def withhold(self, key: str, withheld: bool) -> None:
        """Take a column away where it means nothing; or give it back."""
        if withheld != (key in self._withheld):
            self._withheld = self._withheld ^ {key}
            self.fit()

    def fit(self) -> None:
        """Give the order's words the room that is left; what matters least gives way to them."""
        columns = self.orders.columns
        shown = [column for column in columns if column.key not in self._withheld]
        while len(shown) > 1 and self._left_for_words(shown) < ORDER.width:
            least = min(shown, key=lambda column: column.keep)
            if least.keep >= ORDER.keep:
                break
            shown.remove(least)
        for at, column in enumerate(columns):
            self.setColumnHidden(at, column not in shown)
            if column is not ORDER:
                self.setColumnWidth(at, self._width(column))
        self.setColumnWidth(columns.index(ORDER), max(140, self._left_for_words(shown)))

    def menu_at(self, at: QPoint) -> QMenu:
        """What can be done with the order below this point, or with the selected one."""
        index = self.indexAt(at)
        if not index.isValid():
            index = self.currentIndex()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self.orders.row(index.row()) if index.isValid() else None
        if row is not None:
            self._add_acts(menu, row)
            for text, run, why in self.menu_of(row):
                self._add(menu, text, run, why)
            menu.addSeparator()
        copy = self._add(menu, "Copy with headers", self.copy, "" if self.chosen_rows() else "Select an order first.")
        copy.setShortcut("Ctrl+C")
        self._add(menu, "Save as CSV…", self.export_wanted.emit, "" if self.count() else "There is nothing to save.")
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self._current()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) or row is None or event.isAutoRepeat():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self._want(row, *_ON_ENTER)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._want(row, Act.CANCEL)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self._act_below(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        is_left = event.button() is Qt.MouseButton.LeftButton
        self._pressed = self._act_below(event.position().toPoint()) if is_left else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, None
        if pressed is not None and pressed == self._act_below(event.position().toPoint()):
            self.wanted.emit(pressed[1], self.orders.row(pressed[0]))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self._act_below(event.position().toPoint()) is None:
            self._want(self.orders.row(index.row()), *_ON_ENTER)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.dress_rows()

    def dress_rows(self) -> None:
        super().dress_rows()
        self.orders.redraw()
        self.fit()

    def _prepare(self) -> None:
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu_at(at).popup(self.viewport().mapToGlobal(at)))
        self.horizontalHeader().setMinimumSectionSize(40)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._let_sort()

    def _width(self, column: Column) -> int:
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(column.title) + 2 * PAD + 8
        return max(column.width, title if column is not ACTS else 0)

    def _left_for_words(self, shown: Sequence[Column]) -> int:
        taken = sum(self._width(column) for column in shown if column is not ORDER)
        return self.viewport().width() - taken

    def _current(self) -> OrderRow | None:
        index = self.currentIndex()
        return self.orders.row(index.row()) if index.isValid() else None

    def _want(self, row: OrderRow, *acts: Act) -> None:
        """The first of these that the order offers."""
        act = next((act for act in acts if act in row.acts), None)
        if act is not None:
            self.wanted.emit(act, row)

    def _act_below(self, point: QPoint) -> tuple[int, Act] | None:
        index = self.indexAt(point)
        if not index.isValid() or self.orders.columns[index.column()] is not ACTS:
            return None
        act = act_at(self.orders.row(index.row()).acts, self.visualRect(index), point)
        return None if act is None else (index.row(), act)

    def _hover(self, found: tuple[int, Act] | None) -> None:
        if found != self._delegate.hovered:
            self._delegate.hovered = found
            self.viewport().setToolTip(NAMES[found[1]] if found is not None else "")
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)
            self.viewport().update()

    def _add_acts(self, menu: QMenu, row: OrderRow) -> None:
        names = {
            Act.CHANGE: "Change…", Act.CANCEL: "Cancel order", Act.ANSWER: "Answer…", Act.SETTLE: "Settle by hand…",
        }
        for act in row.acts:
            self._add(menu, names[act], partial(self.wanted.emit, act, row))

    @staticmethod
    def _add(menu: QMenu, text: str, run: Callable[[], object], why_not: str = "") -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: run())
        action.setEnabled(not why_not)
        action.setToolTip(why_not)
        return action
