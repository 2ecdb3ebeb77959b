"""One list of Activity: its table, what is shown while there is nothing, and more of it on demand."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets import Button, EmptyState, Label, SkeletonRows
from ibdesk.ui.widgets.dense_table import DenseTable


class RecordList(QWidget):
    """Records in a standard table view. `more_wanted` asks for older ones."""

    more_wanted = Signal()

    def __init__(self, name: str, fields: Sequence[Field], *, icon: str, empty: str, why: str) -> None:
        super().__init__()
        self.model = RecordModel(fields, self)
        self.table = RecordTable(self.model)
        self.table.setAccessibleName(name)
        self.empty = EmptyState(icon, empty, why)
        self.more = Button("Load more")
        self.count = Label("", kind=Text.CAPTION, tone="muted")
        self.more.clicked.connect(self.more_wanted)
        self._places = QStackedWidget()
        for place in (SkeletonRows(12, columns=7), self.empty, self.table):
            self._places.addWidget(place)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 4, 12, 8)
        foot.addWidget(self.count)
        foot.addStretch(1)
        foot.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._places, 1)
        column.addLayout(foot)
        self.more.hide()

    def show_records(self, records: Sequence[Any], *, is_all: bool) -> None:
        """Show these, newest first; `is_all` hides the button for more."""
        self.model.show(records)
        self._draw(is_all)

    def append(self, older: Sequence[Any], *, is_all: bool) -> None:
        """Show older ones below."""
        self.model.append(older)
        self._draw(is_all)

    def say_empty(self, title: str, why: str) -> None:
        """Another reason why there is nothing."""
        self.empty.set(title, why)

    def _draw(self, is_all: bool) -> None:
        shown = len(self.model.records)
        self._places.setCurrentIndex(2 if shown else 1)
        self.count.setText("" if not shown else f"{shown:,} shown" if is_all else f"the newest {shown:,} shown")
        self.more.setVisible(bool(shown) and not is_all)
        self.table.fit_last()


class RecordTable(DenseTable):
    """Dense, read-only, selectable by row; Ctrl+C copies with headers."""

    def __init__(self, model: RecordModel) -> None:
        super().__init__()
        self._records = model
        self.setModel(model)
        self.setFont(font(Text.TABLE))
        header = self.horizontalHeader()
        header.setProperty("kind", "records")  # a cell stands 3 pixels further in than the stylesheet says
        header.setStretchLastSection(True)
        for at, field in enumerate(model.fields):
            self.setColumnWidth(at, field.width)
        self.dress_rows()

    def fit_last(self) -> None:
        """The last column needs what its words need, and no more than it was given: else there is a bar to scroll where
        nothing is hidden."""
        last = len(self._records.fields) - 1
        needed = max(self.sizeHintForColumn(last), self.horizontalHeader().sectionSizeHint(last))
        self.setColumnWidth(last, min(self._records.fields[last].width, needed))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.ignore()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.dress_rows()
        self.fit_last()

    def dress_rows(self) -> None:
        super().dress_rows()
        self.viewport().update()

    # For a file or the clipboard -----------------------------------------------------------------------------------

    def csv(self) -> str:
        """Every record as a CSV document."""
        return self._records.csv()

    def count(self) -> int:
        """How many records are listed."""
        return self._records.rowCount()

    def copy(self) -> None:
        """Put the selected records with their headers on the clipboard."""
        if lines := self._selected_lines():
            QGuiApplication.clipboard().setText(self._records.tabs(lines))
