"""A read-only table over a tuple of records: newest first, older ones appended when asked for."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QFontDatabase

from ibdesk.ui.models.copying import guarded
from ibdesk.ui.pages.activity.columns import Field, value_of
from ibdesk.ui.theme import Text, font, look

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DISPLAY = Qt.ItemDataRole.DisplayRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RecordModel(QAbstractTableModel):
    """The records and their columns; texts are made when a row is first shown."""

    def __init__(self, fields: Sequence[Field], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fields = tuple(fields)
        self.records: tuple[Any, ...] = ()
        self._texts: dict[int, tuple[str, ...]] = {}
        self._mono = _mono()

    def show(self, records: Sequence[Any]) -> None:
        """Replace everything. The same records again change nothing, so that the place in the list stays."""
        if tuple(records) == self.records:
            return
        self.beginResetModel()
        self.records, self._texts = tuple(records), {}
        self.endResetModel()

    def append(self, older: Sequence[Any]) -> None:
        """Add older records below."""
        if not older:
            return
        first = len(self.records)
        self.beginInsertRows(_ROOT, first, first + len(older) - 1)
        self.records = (*self.records, *older)
        self.endInsertRows()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.records)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.fields)

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        field = self.fields[index.column()]
        if role in (_DISPLAY, Qt.ItemDataRole.ToolTipRole):
            return self._row(index.row())[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if field.is_number else _LEFT
        if role == Qt.ItemDataRole.ForegroundRole and field.tone is not None:
            tone = field.tone(self.records[index.row()])
            return look().colour(tone) if tone else None
        if role == Qt.ItemDataRole.FontRole and field.is_mono:
            return self._mono
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        field = self.fields[section]
        if role == _DISPLAY:
            return field.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if field.is_number else _LEFT
        return None

    def csv(self) -> str:
        """All records as a CSV document with headers."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([field.title for field in self.fields])
        for record in self.records:
            writer.writerow([_cell(field, record) for field in self.fields])
        return out.getvalue()

    def tabs(self, rows: Sequence[int]) -> str:
        """Some rows, tab separated under their headers, for the clipboard."""
        lines = ["\t".join(field.title for field in self.fields)]
        lines.extend("\t".join(_cell(field, self.records[row]) for field in self.fields) for row in rows)
        return "\n".join(lines) + "\n"

    def _row(self, row: int) -> tuple[str, ...]:
        texts = self._texts.get(row)
        if texts is None:
            record = self.records[row]
            texts = self._texts[row] = tuple(field.text(record) for field in self.fields)
        return texts


def _cell(field: Field, record: Any) -> str:
    value = value_of(field, record)
    return value if field.is_number else guarded(value)


def _mono() -> QFont:
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPointSizeF(font(Text.CAPTION).pointSizeF())
    return made
