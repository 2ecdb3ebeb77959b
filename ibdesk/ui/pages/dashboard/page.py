"""The Dashboard room: its three tabs, what stands above them, and its wiring to the shared book view."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.returns import Range
from ibdesk.ui.models.view import State
from ibdesk.ui.pages.book_view import BookView
from ibdesk.ui.pages.dashboard.account import AccountTab
from ibdesk.ui.pages.dashboard.overview import Overview
from ibdesk.ui.pages.dashboard.permissions import PermissionsTab
from ibdesk.ui.pages.export import save_csv
from ibdesk.ui.pages.freshness import CONNECT, AgeLabel, Stopped, no_account
from ibdesk.ui.theme import look
from ibdesk.ui.widgets import Segmented

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Dashboard of an open desk."""
    return Dashboard(desk, bridge, QSettings())


class Dashboard(QWidget):
    """Paints the stored book first; what the broker tells arrives later."""

    def __init__(self, desk: "Desk", bridge: "Bridge", settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Dashboard")
        self._desk, self._bridge = desk, bridge
        self.book = BookView.of(desk, bridge)
        self.tabs = Segmented(
            (("overview", "Overview"), ("account", "Account"), ("permissions", "Permissions")), name="Dashboard tab"
        )
        self.age = AgeLabel()
        self.stopped = Stopped(self)
        self.overview = Overview(settings, desk.preferences.sourced.settings.benchmark)
        self.overview.positions.offer_orders(desk, bridge)
        self.account = AccountTab()
        self.permissions = PermissionsTab(desk.mode)
        self.empty = no_account()
        self._places = QStackedWidget()
        self._stack()
        self._wire()
        self.draw()

    def draw(self) -> None:
        """Draw the view as it is."""
        view, now = self.book.view, self.book.now
        self.stopped.show_view(view, now)
        self.age.show_view(view, now)
        self.tabs.setVisible(view.state is not State.EMPTY)
        if view.state is State.EMPTY:
            self._places.setCurrentWidget(self.empty)
            return
        self.show_tab(self.tabs.current)
        self.overview.show_view(view, now)
        self.overview.positions.table.position_model.set_quotes(self.book.quotes)
        self.overview.equity.rename_benchmark(self._desk.preferences.sourced.settings.benchmark)

    def show_tab(self, key: str) -> None:
        """Turn to "overview", "account" or "permissions"."""
        self.tabs.set_current(key)
        view, now = self.book.view, self.book.now
        if view.state is State.EMPTY:
            return
        if key == "account":  # drawn only while it is looked at: its figures change with every price
            self.account.show_view(view, now)
            self.account.show_age(view, now)
        if key == "permissions":
            self.permissions.show_view(view, now)
        shown = {"account": self.account, "permissions": self.permissions}
        self._places.setCurrentWidget(shown.get(key, self.overview))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # After the first paint: the stored book is read while the skeleton is already on screen.
        QTimer.singleShot(0, self, lambda: self.book.wake(self))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.book.rest(self)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 14)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.age, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(head)
        column.addWidget(self.stopped.banner)
        for place in (self.overview, self.account, self.permissions, self.empty):
            self._places.addWidget(place)
        column.addWidget(self._places, 1)

    def _wire(self) -> None:
        self.tabs.chosen.connect(self.show_tab)
        self.empty.pressed.connect(lambda: self._bridge.command.emit(CONNECT[0]))
        self.stopped.wanted.connect(self._bridge.command)
        self.permissions.setting_wanted.connect(lambda name: self._bridge.command.emit(f"setting:{name}"))
        self.book.changed.connect(self.draw)
        look().themeChanged.connect(self.draw)
        self.book.figures_changed.connect(self._draw_figures)
        self.book.quotes_changed.connect(self.overview.positions.table.position_model.set_quotes)
        self.book.aged.connect(self._draw_age)
        self.overview.equity.benchmark_wanted.connect(self._ask_benchmark)
        table = self.overview.positions
        table.export_wanted.connect(lambda: save_csv(table.table, self._bridge, "positions"))

    def _draw_figures(self) -> None:
        view, now = self.book.view, self.book.now
        self.overview.figures.show_view(view, now)
        if self.account.isVisible():
            self.account.show_view(view, now)

    def _draw_age(self) -> None:
        if not self.isVisible():
            return
        view, now = self.book.view, self.book.now
        self.age.show_view(view, now)
        self.overview.show_age(view, now)
        if self.account.isVisible():
            self.account.show_age(view, now)
        self.stopped.show_view(view, now)

    def _ask_benchmark(self, key: str) -> None:
        symbol = self._desk.preferences.sourced.settings.benchmark
        if self._desk.market is None:
            self.overview.equity.set_benchmark((), f"No broker is connected, so there are no prices of {symbol}.")
            return
        self._bridge.start("benchmark", self._fetch_benchmark(symbol, Range(key)))

    async def _fetch_benchmark(self, symbol: str, span: Range) -> None:
        assert self._desk.market is not None  # noqa: S101 - asked before starting
        series = await self._desk.market.benchmark(symbol, span)
        # The person may have chosen another range meanwhile.
        if self.overview.equity.span is span:
            self.overview.equity.set_benchmark(series.points, series.reason)
