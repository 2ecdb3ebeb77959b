"""The Overview tab: six figures, the equity curve, the allocation and the positions, as one glance."""

from datetime import datetime

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from ibdesk.ui.models.columns import OVERVIEW
from ibdesk.ui.models.view import View
from ibdesk.ui.pages.dashboard.allocation_card import AllocationCard
from ibdesk.ui.pages.dashboard.equity_card import EquityCard
from ibdesk.ui.pages.dashboard.figures import FiguresRow
from ibdesk.ui.pages.positions_card import PositionsCard


class Overview(QWidget):
    """Draws a `View`; knows nothing of where it comes from."""

    def __init__(self, settings: QSettings, benchmark: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures = FiguresRow()
        self.equity = EquityCard(benchmark)
        self.allocation = AllocationCard()
        self.positions = PositionsCard(OVERVIEW, "Dashboard positions", settings)
        self._stack()

    def show_view(self, view: View, now: datetime) -> None:
        """Draw everything."""
        self.figures.show_view(view, now)
        self.equity.show_age(view, now)
        self.equity.show_view(view, now)
        self.allocation.show_view(view)
        self.positions.show_view(view, now)
        self.show_age(view, now)

    def show_age(self, view: View, now: datetime) -> None:
        """A second passed."""
        self.figures.show_age(view, now)
        self.positions.show_age(view, now)
        self.equity.show_age(view, now)
        self.allocation.set_stale(view.age(now) if view.is_stale(now) else "")

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.figures)
        charts = QWidget()
        row = QHBoxLayout(charts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.equity, 21)
        row.addWidget(self.allocation, 10)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(12)
        split.setChildrenCollapsible(False)
        split.addWidget(charts)
        split.addWidget(self.positions)
        split.setStretchFactor(0, 5)
        split.setStretchFactor(1, 6)
        split.setSizes([285, 340])
        column.addWidget(split, 1)
