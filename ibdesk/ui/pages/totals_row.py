"""The line under a positions table: the sums of what is listed, each under its column."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ibdesk.ui.models.columns import PARTIAL, Totals
from ibdesk.ui.pages.position_table import PositionTable
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.dense_table import FIRST_PAD, PAD

_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_TONES = {-1: "loss", 0: "text", 1: "gain"}


class TotalsRow(QWidget):
    """Sums in base currency. Notional has none; accounts with different base currencies have none and say so."""

    def __init__(self, table: PositionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._totals = Totals(count=0, texts={})
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        header = table.horizontalHeader()
        header.sectionResized.connect(lambda *_: self.update())
        header.sectionMoved.connect(lambda *_: self.update())
        table.horizontalScrollBar().valueChanged.connect(lambda _: self.update())
        table.columns_changed.connect(self.update)
        table.position_model.totals_changed.connect(self.read)
        look().themeChanged.connect(self.update)

    def read(self) -> None:
        """Take the sums anew."""
        self._totals = self._table.position_model.totals()
        names = {column.total: column.title for column in reversed(self._table.position_model.columns)}
        spoken = [f"{names[key]} {text}" for key, (text, _) in self._totals.texts.items() if key in names]
        self.setAccessibleName(f"Total of {self._totals.count} positions: {', '.join(spoken) or self._note()}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, look().row_height + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look().colour("line"))
        painter.drawLine(0, 0, self.width(), 0)
        painter.setFont(font(Text.TABLE, bold=True))
        header, model = self._table.horizontalHeader(), self._table.position_model
        for at, column in enumerate(model.columns):
            if self._table.isColumnHidden(at):
                continue
            left = header.sectionViewportPosition(at)
            room = QRect(left + PAD, 1, header.sectionSize(at) - 2 * PAD, self.height() - 1)
            if at == 0:
                painter.setPen(look().colour("muted"))
                painter.drawText(room.adjusted(FIRST_PAD - PAD, 0, 200, 0), _LEFT, self._title())
            elif column.total in self._totals.texts:
                text, sign = self._totals.texts[column.total]
                painter.setPen(look().colour("muted" if model.is_dimmed else _TONES[sign]))
                painter.drawText(room.adjusted(-60, 0, 0, 0), _RIGHT, text)

    def _title(self) -> str:
        note = self._note()
        return f"Total · {self._totals.count}" + (f" · {note}" if note else "")

    def _note(self) -> str:
        if not self._table.position_model.base:
            return "no sum: the accounts' base currencies differ"
        return f"{PARTIAL} without positions that lack the figure" if self._totals.is_partial else ""
