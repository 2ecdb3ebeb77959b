"""One list of Activity: its table, what is shown while there is nothing, and more of it on demand."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.pages.activity.columns import ALWAYS, Field
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
        self._withheld: frozenset[int] = frozenset()
        self.setModel(model)
        self.setFont(font(Text.TABLE))
        header = self.horizontalHeader()
        header.setProperty("kind", "records")  # a cell stands 3 pixels further in than the stylesheet says
        self._fits = any(field.stretches for field in model.fields)
        header.setStretchLastSection(not self._fits)
        if self._fits:
            header.setSectionResizeMode(header.ResizeMode.Interactive)
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        for at, field in enumerate(model.fields):
            self.setColumnWidth(at, field.width)
        self.dress_rows()

    def fit_last(self) -> None:
        """The last column needs what its words need, and no more than it was given: else there is a bar to scroll where
        nothing is hidden. Where a column stretches, all of them are fitted to the room there is."""
        if self._fits:
            self.fit()
            return
        last = len(self._records.fields) - 1
        needed = max(self.sizeHintForColumn(last), self.horizontalHeader().sectionSizeHint(last))
        self.setColumnWidth(last, min(self._records.fields[last].width, needed))

    def withhold(self, column: int, withheld: bool) -> None:
        """Take a column away where it means nothing; or give it back."""
        self._withheld = self._withheld | {column} if withheld else self._withheld - {column}
        self.setColumnHidden(column, withheld)
        self.fit_last()

    def fit(self) -> None:
        """Show what there is room for: what stretches gives way first, then the columns that matter least. A hidden
        one is still copied and exported."""
        fields, room = self._records.fields, self.viewport().width()
        shown = [at for at in range(len(fields)) if at not in self._withheld]
        while sum(self._least(at) for at in shown) > room:
            lowest = min(shown, key=lambda at: fields[at].keep)
            if fields[lowest].keep >= ALWAYS:
                break
            shown.remove(lowest)
        spare = room - sum(self._least(at) for at in shown)
        for at in range(len(fields)):
            self.setColumnHidden(at, at not in shown)
        for at, width in self._shared(shown, max(0, spare)).items():
            self.setColumnWidth(at, width)

    def _shared(self, shown: Sequence[int], spare: int) -> dict[int, int]:
        """The widths: what is to spare first brings the stretching ones to the width they want, then is shared."""
        fields = self._records.fields
        widths = {at: self._least(at) for at in shown}
        stretching = [at for at in shown if fields[at].stretches]
        for at in stretching:
            more = min(spare, max(0, fields[at].width - widths[at]))
            widths[at], spare = widths[at] + more, spare - more
        for left, at in enumerate(reversed(stretching)):
            share = spare // (len(stretching) - left)
            widths[at], spare = widths[at] + share, spare - share
        return widths

    def _least(self, at: int) -> int:
        field = self._records.fields[at]
        return field.least if field.stretches else field.width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit()

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
