"""The table of what moves: a standard table view that keeps its order, its selection and its place under the ticks."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from ibdesk.domain.instruments import Conid
from ibdesk.domain.pnl import PnlKey, PnlRow
from ibdesk.ui.models.columns import Kind
from ibdesk.ui.models.live import AnyIndex, LiveModel
from ibdesk.ui.models.live_columns import LIVE, LiveColumn, as_csv, as_tabs
from ibdesk.ui.models.painting import LiveDelegate
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.dense_table import FIRST_PAD, PAD

#: Where the person's order of the lines is kept.
ORDER = "tables/Live/order"
#: How far the symbol's column shrinks to keep the others in sight, logical pixels.
NARROWEST = 150
#: How many lines are measured for the width of their figures.
MEASURED = 200


class LiveTable(QTableView):
    """Positions while they move. `chosen` carries the current row's key, or None; `export_wanted` asks for a file."""

    chosen = Signal(object)
    explain_wanted = Signal(object, object)
    export_wanted = Signal()
    scrolled = Signal()

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live positions")
        self._settings = settings
        self._needed: dict[int, int] = {}
        self._kept: tuple[PnlKey | None, int, int, int] = (None, 0, 0, 0)
        self.live = LiveModel(LIVE, parent=self)
        self.live.visible = self.lines_on_screen
        self.setModel(self.live)
        self.setItemDelegate(LiveDelegate(self.live, self))
        self._dress_view()
        self._dress_header()
        self.live.modelAboutToBeReset.connect(self._keep_place)
        self.live.modelReset.connect(self._find_place)
        self.live.modelReset.connect(self._measure)
        self.live.changed.connect(lambda _rows: self._measure())
        self.verticalScrollBar().valueChanged.connect(lambda _value: self.scrolled.emit())
        look().themeChanged.connect(self._dress_rows)
        self._dress_rows()
        self._restore_order()

    # For the view --------------------------------------------------------------------------------------------------

    def lines_on_screen(self) -> tuple[int, int]:
        """The first and the last line a person can see; (0, -1) while hidden."""
        if not self.isVisible():
            return 0, -1
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return max(0, first), last if last >= 0 else self.live.rowCount() - 1

    def conids_on_screen(self) -> tuple[Conid, ...]:
        """What a person can see."""
        first, last = self.lines_on_screen()
        return tuple(self.live.instrument_at(line).conid for line in range(first, last + 1))

    def show_account(self, shown: bool) -> None:
        """The column of accounts, where there are several."""
        at = next(at for at, column in enumerate(self.live.columns) if column.key == "account")
        if self.isColumnHidden(at) == shown:
            self.setColumnHidden(at, not shown)
            self.fit()

    def shown_columns(self) -> list[LiveColumn]:
        """The columns from left to right."""
        return [column for at, column in enumerate(self.live.columns) if not self.isColumnHidden(at)]

    def current_key(self) -> PnlKey | None:
        """The row the person looks at."""
        index = self.currentIndex()
        return self.live.row_at(index.row()).key if index.isValid() else None

    def choose(self, key: PnlKey) -> None:
        """Go to a row."""
        line = self.live.line_of(key)
        if line is not None:
            self.selectRow(line)

    def chosen_rows(self) -> list[PnlRow]:
        """The selected rows from top to bottom."""
        return [self.live.row_at(line) for line in sorted({at.row() for at in self.selectionModel().selectedRows()})]

    def copy(self) -> None:
        """Put the selected rows with their headers on the clipboard."""
        if rows := self.chosen_rows():
            QGuiApplication.clipboard().setText(as_tabs(rows, self.shown_columns()))

    def csv(self) -> str:
        """All rows as a CSV document."""
        return as_csv((self.live.row_at(line) for line in range(self.live.rowCount())), self.shown_columns())

    def count(self) -> int:
        """How many positions are listed."""
        return self.live.rowCount()

    def current_menu(self) -> QMenu:
        """The menu of the current position, not opened."""
        return self._menu(self.visualRect(self.currentIndex()).center())

    def fit(self) -> None:
        """Spread the width over the columns; where it is scarce the names give way before a scroll bar appears."""
        header = self.horizontalHeader()
        shown = [at for at in range(header.count()) if not self.isColumnHidden(at)]
        natural = {at: self._natural(at) for at in shown}
        spare = self.viewport().width() - sum(natural.values())
        if spare < 0 and natural[0] + spare >= NARROWEST:
            natural[0] += spare
        share = max(0, spare) / (len(shown) + 2)
        for at in shown:
            header.resizeSection(at, natural[at] + int(share * (3 if at == 0 else 1)))

    # Qt's events ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open_menu(self.visualRect(self.currentIndex()).center(), by_key=True)
        elif event.key() == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.clearSelection()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
        self.scrolled.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()
        self.fit()

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        self.chosen.emit(self.live.row_at(current.row()).key if current.isValid() else None)

    # ---------------------------------------------------------------------------------------------------------------

    def _dress_view(self) -> None:
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setCornerWidget(QWidget())  # else the corner between the scroll bars is drawn by the platform's style
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def _dress_header(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(44)
        header.setStyleSheet(
            f"QHeaderView::section {{ padding: 5px {PAD}px; }}"
            f" QHeaderView::section:first {{ padding-left: {FIRST_PAD}px; }}"
        )
        header.setAccessibleName("Live positions: columns")
        header.setSortIndicatorClearable(True)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)

    def _dress_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(look().row_height)
        self.horizontalHeader().setFont(font(Text.CAPTION))
        self.live.redraw()

    def _restore_order(self) -> None:
        """The order of last time: a column's key, with a minus before it for the largest first."""
        saved = str(self._settings.value(ORDER, ""))
        keys = [column.key for column in self.live.columns]
        key = saved.removeprefix("-")
        at = keys.index(key) if key in keys else -1
        way = Qt.SortOrder.DescendingOrder if saved.startswith("-") else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(at, way)
        self.setSortingEnabled(True)
        self.sortByColumn(at, way)
        self.horizontalHeader().sortIndicatorChanged.connect(self._keep_order)

    def _keep_order(self, at: int, way: Qt.SortOrder) -> None:
        key = self.live.columns[at].key if at >= 0 else ""
        self._settings.setValue(ORDER, f"{'-' if way is Qt.SortOrder.DescendingOrder else ''}{key}" if key else "")

    def _natural(self, at: int) -> int:
        column = self.live.columns[at]
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(column.title) + 26
        return max(column.width, title, self._needed.get(at, 0))

    def _measure(self) -> None:
        """Widen columns of figures to their longest text. They never shrink, so figures move inside fixed columns."""
        if not self.isVisible():
            return
        metrics, before = QFontMetrics(font(Text.TABLE, bold=True)), dict(self._needed)
        first, last = self.lines_on_screen()
        for at, column in enumerate(self.live.columns):
            if column.kind not in (Kind.NUMBER, Kind.GAIN) or self.isColumnHidden(at):
                continue
            lines = range(first, min(last + 1, first + MEASURED))
            longest = max((self.live.cell(line, at).text for line in lines), key=len, default="")
            self._needed[at] = max(self._needed.get(at, 0), metrics.horizontalAdvance(longest) + 2 * PAD + 2)
        if self._needed != before:
            self.fit()

    def _open_menu(self, at: QPoint, *, by_key: bool = False) -> None:
        """Opened by Enter, its first line is ready to be chosen by another one."""
        menu = self._menu(at)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(at))
        first = next((action for action in menu.actions() if action.isEnabled()), None)
        if by_key and first is not None:
            menu.setActiveAction(first)

    def _menu(self, at: QPoint) -> QMenu:
        index = self.indexAt(at)
        if not index.isValid():
            index = self.currentIndex()
        menu = QMenu(self)
        row = self.live.row_at(index.row()) if index.isValid() else None
        column = self.live.columns[index.column()] if index.isValid() else None
        self._add(menu, "Explain this number", lambda: self.explain_wanted.emit(row, column), row is not None)
        self._add(menu, "Copy with headers", self.copy, bool(self.chosen_rows())).setShortcut("Ctrl+C")
        menu.addSeparator()
        self._add(menu, "Save as CSV…", self.export_wanted.emit, self.live.rowCount() > 0)
        return menu

    @staticmethod
    def _add(menu: QMenu, text: str, then: Callable[[], object], enabled: bool) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: then())
        action.setEnabled(enabled)
        return action

    def _keep_place(self) -> None:
        current = self.currentIndex()
        keys = self.live.listed()
        key = keys[current.row()] if current.isValid() and current.row() < len(keys) else None
        across = self.horizontalScrollBar().value()
        self._kept = key, max(0, current.column()), self.verticalScrollBar().value(), across

    def _find_place(self) -> None:
        key, column, down, across = self._kept
        line = None if key is None else self.live.line_of(key)
        if line is not None:
            flags = self.selectionModel().SelectionFlag
            index = self.live.index(line, column)
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.verticalScrollBar().setValue(down)
        self.horizontalScrollBar().setValue(across)
        QTimer.singleShot(0, self, lambda: self.verticalScrollBar().setValue(down))
