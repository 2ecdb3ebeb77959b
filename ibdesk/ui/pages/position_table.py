"""The table of positions both rooms use: a standard table view that keeps its place, its columns and its selection."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QMenu, QWidget

from ibdesk.domain.portfolio import Row
from ibdesk.ui.models.columns import Column, Kind
from ibdesk.ui.models.copying import as_csv, as_tabs
from ibdesk.ui.models.painting import PositionDelegate
from ibdesk.ui.models.positions import PositionModel
from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets.dense_table import PAD, DenseTable

#: Bumped when columns are added or renamed, so that an old arrangement is not forced on new columns.
LAYOUT_VERSION = 1
#: How far the instrument's column shrinks to keep the others in sight, logical pixels.
NARROWEST_NAME = 160
#: How many lines are measured for the width of their figures.
MEASURED_LINES = 200


class PositionTable(DenseTable):
    """Positions with sorting, choosing of columns, copying and explaining. `name` is where its layout is kept."""

    explain_wanted = Signal(object, object)
    export_wanted = Signal()
    columns_changed = Signal()

    def __init__(
        self, columns: Sequence[Column], name: str, settings: QSettings, *, hidden: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._key = f"tables/{name}/v{LAYOUT_VERSION}"
        self._settings = settings
        self._hidden_at_first = frozenset(hidden)
        self._withheld: set[str] = set()
        self._is_fitted = True
        self._needed: dict[int, int] = {}
        self._kept: tuple[list[object], object, int, int, int] | None = None
        #: What can be done with a position, for its menu: text, what it does, why not now (empty when it can).
        self.entries_of: Callable[[Row], Sequence[tuple[str, Callable[[], object], str]]] = lambda _row: ()
        self.position_model = PositionModel(columns, parent=self)
        self.position_model.visible = self.lines_on_screen
        self.setModel(self.position_model)
        self.setItemDelegate(PositionDelegate(self.position_model, self))
        self._prepare()
        self._prepare_header()
        self.position_model.modelAboutToBeReset.connect(self._keep_place)
        self.position_model.modelReset.connect(self._find_place)
        for signal in (self.position_model.modelReset, self.position_model.layoutChanged):
            signal.connect(self._measure)
        self._restore_layout()
        self.dress_rows()

    # For the page --------------------------------------------------------------------------------------------------

    def lines_on_screen(self) -> tuple[int, int]:
        """The first and the last line a person can see; (0, -1) while hidden."""
        if not self.isVisible():
            return 0, -1
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        return max(0, first), last if last >= 0 else self.position_model.rowCount() - 1

    def shown_columns(self) -> list[Column]:
        """The columns as they stand from left to right."""
        header = self.horizontalHeader()
        order = (header.logicalIndex(at) for at in range(header.count()))
        return [self.position_model.columns[at] for at in order if not self.isColumnHidden(at)]

    def withhold(self, key: str, withheld: bool) -> None:
        """Take a column away where it means nothing, whatever the person chose; or give it back."""
        before = key in self._withheld
        if withheld == before:
            return
        self._withheld.symmetric_difference_update({key})
        self._show_columns(self._chosen())
        self.fit()

    def set_shown(self, key: str, shown: bool) -> None:
        """Show or hide one column and remember it."""
        chosen = self._chosen()
        chosen = chosen | {key} if shown else chosen - {key}
        self._settings.setValue(f"{self._key}/shown", sorted(chosen))
        self._show_columns(chosen)
        self.fit()
        self.columns_changed.emit()

    def reset_layout(self) -> None:
        """Columns, order and widths as they came."""
        self._settings.remove(self._key)
        header = self.horizontalHeader()
        for at in range(header.count()):
            header.moveSection(header.visualIndex(at), at)
        self._is_fitted = True
        self._show_columns(self._chosen())
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.fit()
        self.columns_changed.emit()

    def column_menu(self) -> QMenu:
        """Every column to tick, and the way back."""
        menu = QMenu(self)
        menu.setAccessibleName("Columns")
        chosen = self._chosen()
        for column in self.position_model.columns:
            if column.key in self._withheld:
                continue
            action = menu.addAction(column.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(column.key in chosen)
            action.setEnabled(column.kind is not Kind.INSTRUMENT)
            action.setToolTip(column.formula)
            action.toggled.connect(lambda shown, key=column.key: self.set_shown(key, shown))
        menu.addSeparator()
        menu.addAction("Reset columns").triggered.connect(self.reset_layout)
        return menu

    def chosen_rows(self) -> list[Row]:
        """The selected positions from top to bottom."""
        lines = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [row for line in lines if (row := self.position_model.row_at(line)) is not None]

    def all_rows(self) -> list[Row]:
        """Every position the filter leaves, in the table's order."""
        lines = range(self.position_model.rowCount())
        return [row for line in lines if (row := self.position_model.row_at(line)) is not None]

    def current_menu(self) -> QMenu:
        """The menu of the current position, not opened."""
        return self._menu(self.visualRect(self.currentIndex()).center())

    def copy(self) -> None:
        """Put the selected rows with their headers on the clipboard."""
        if rows := self.chosen_rows():
            QGuiApplication.clipboard().setText(as_tabs(rows, self.shown_columns()))

    def count(self) -> int:
        """How many positions the filter leaves."""
        return len(self.all_rows())

    def csv(self) -> str:
        """All rows the filter leaves, as a CSV document."""
        return as_csv(self.all_rows(), self.shown_columns())

    def fit(self) -> None:
        """Spread spare width over the columns until the person sets a width."""
        if not self._is_fitted:
            return
        header = self.horizontalHeader()
        shown = [at for at in range(header.count()) if not self.isColumnHidden(at)]
        natural = {at: self._natural(at) for at in shown}
        spare = self.viewport().width() - sum(natural.values())
        if spare < 0:
            # A little narrow: the names give way before a scroll bar appears.
            if natural[0] + spare >= NARROWEST_NAME:
                natural[0] += spare
            spare = 0
        share = spare / (len(shown) + 2) if shown else 0
        header.blockSignals(True)
        for at in shown:
            wide = 3 if self.position_model.columns[at].kind is Kind.INSTRUMENT else 1
            header.resizeSection(at, natural[at] + int(share * wide))
        header.blockSignals(False)
        self.viewport().update()
        self.columns_changed.emit()

    # Qt's events ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._on_group():
            self.position_model.toggle(self.currentIndex().row())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open_menu(self.visualRect(self.currentIndex()).center(), by_key=True)
        elif event.key() == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.clearSelection()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    # ---------------------------------------------------------------------------------------------------------------

    def dress_rows(self) -> None:
        super().dress_rows()
        self.position_model.redraw()

    def _prepare(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        # Without one of its own the corner between the scroll bars is drawn by the platform's style.
        self.setCornerWidget(QWidget())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.clicked.connect(self._clicked)

    def _prepare_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setMinimumSectionSize(44)
        self._let_sort()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self.column_menu().popup(header.mapToGlobal(at)))
        header.sectionResized.connect(self._resized)
        header.sectionMoved.connect(self._save_header)

    def _natural(self, at: int) -> int:
        """The width a column needs at least: for its kind of figures and for its title with the sort mark."""
        column = self.position_model.columns[at]
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(column.title) + 26
        return max(column.width, title, self._needed.get(at, 0))

    def _measure(self) -> None:
        """Widen columns of figures to their longest text. They never shrink, so prices move inside fixed columns."""
        model, metrics = self.position_model, QFontMetrics(font(Text.TABLE, bold=True))
        before = dict(self._needed)
        for at, column in enumerate(model.columns):
            if column.kind not in (Kind.NUMBER, Kind.GAIN) or self.isColumnHidden(at):
                continue
            lines = range(min(model.rowCount(), MEASURED_LINES))
            longest = max((model.cell(line, at).text for line in lines), key=len, default="")
            self._needed[at] = max(self._needed.get(at, 0), metrics.horizontalAdvance(longest) + 2 * PAD + 2)
        if self._needed != before:
            self.fit()

    def _chosen(self) -> frozenset[str]:
        saved = self._settings.value(f"{self._key}/shown")
        if saved is None:
            return frozenset(c.key for c in self.position_model.columns) - self._hidden_at_first
        # A list of one comes back as a bare text from an INI file.
        return frozenset([saved] if isinstance(saved, str) else saved)

    def _show_columns(self, chosen: frozenset[str]) -> None:
        for at, column in enumerate(self.position_model.columns):
            shown = column.key in chosen or column.kind is Kind.INSTRUMENT
            self.setColumnHidden(at, not shown or column.key in self._withheld)

    def _restore_layout(self) -> None:
        state = self._settings.value(f"{self._key}/header")
        if state is not None and self.horizontalHeader().restoreState(state):
            self._is_fitted = False
        self._show_columns(self._chosen())

    def _resized(self, _at: int, old: int, new: int) -> None:
        if old and new:
            self._is_fitted = False
            self._save_header()
            self.columns_changed.emit()

    def _save_header(self) -> None:
        self._settings.setValue(f"{self._key}/header", self.horizontalHeader().saveState())

    def _on_group(self) -> bool:
        index = self.currentIndex()
        return index.isValid() and self.position_model.row_at(index.row()) is None

    def _clicked(self, index: QModelIndex) -> None:
        if self.position_model.row_at(index.row()) is None:
            self.position_model.toggle(index.row())

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
        row = self.position_model.row_at(index.row()) if index.isValid() else None
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for text, run, why_not in self.entries_of(row) if row is not None else ():
            self._add(menu, text, run, not why_not).setToolTip(why_not)
        menu.addSeparator()
        self._add(menu, "Copy with headers", self.copy, bool(self.chosen_rows())).setShortcut("Ctrl+C")
        column = self.position_model.columns[index.column()] if index.isValid() else None
        self._add(menu, "Explain this number", lambda: self.explain_wanted.emit(row, column), row is not None)
        menu.addSeparator()
        self._add(menu, "Save as CSV…", self.export_wanted.emit, self.position_model.rowCount() > 0)
        menu.addMenu(self.column_menu()).setText("Columns")
        return menu

    @staticmethod
    def _add(menu: QMenu, text: str, then: Callable[[], object], enabled: bool) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: then())
        action.setEnabled(enabled)
        return action

    def _keep_place(self) -> None:
        keys = self.position_model.keys()
        lines = sorted({index.row() for index in self.selectionModel().selectedRows()})
        current = self.currentIndex()
        self._kept = (
            [keys[line] for line in lines if line < len(keys)],
            keys[current.row()] if current.isValid() and current.row() < len(keys) else None,
            current.column(), self.verticalScrollBar().value(), self.horizontalScrollBar().value(),
        )

    def _find_place(self) -> None:
        if self._kept is None:
            return
        selected, current, column, down, across = self._kept
        where = {key: line for line, key in enumerate(self.position_model.keys())}
        chosen = self.selectionModel()
        flags = chosen.SelectionFlag
        if current in where:
            chosen.setCurrentIndex(self.position_model.index(where[current], column), flags.NoUpdate)
        for key in selected:
            if key in where:
                chosen.select(self.position_model.index(where[key], 0), flags.Select | flags.Rows)
        self.verticalScrollBar().setValue(down)
        self.horizontalScrollBar().setValue(across)
        QTimer.singleShot(0, self, lambda: self.verticalScrollBar().setValue(down))
