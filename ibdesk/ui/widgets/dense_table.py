"""What every table of the desk has in common: rows to select, no grid, quiet headers, rows as the theme has them."""

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ibdesk.ui.theme import Text, font, look

#: Space beside a cell's text, and before that of the first column; headers stand over it.
PAD = 8
FIRST_PAD = 14


class DenseTable(QTableView):
    """Read-only rows. A table sets its model, then calls `dress_rows`, which follows the theme from then on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        look().themeChanged.connect(self.dress_rows)

    def dress_rows(self) -> None:
        """Heights and the headers' font. A new parent or theme takes the font away again."""
        self.verticalHeader().setDefaultSectionSize(look().row_height)
        self.horizontalHeader().setFont(font(Text.CAPTION))

    def select_line(self, line: int) -> None:
        """Select one row alone. Qt's own way adds to what is selected or takes away while Ctrl is held."""
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(self.model().index(line, 0), flags.ClearAndSelect | flags.Rows)

    def _let_sort(self) -> None:
        """A press on a header sorts, the third one takes that back. Cells are drawn by a delegate at `PAD`."""
        header = self.horizontalHeader()
        header.setStyleSheet(
            f"QHeaderView::section {{ padding: 5px {PAD}px; }}"
            f" QHeaderView::section:first {{ padding-left: {FIRST_PAD}px; }}"
        )
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setAccessibleName(f"{self.accessibleName()}: columns")
        self.setSortingEnabled(True)

    def _selected_lines(self) -> list[int]:
        """The selected rows from top to bottom."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})
