"""The Portfolio room: the full table with its words to search by, its columns to choose, and cash per currency; and the
live view beside it."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.live.syncing import sync_over_tws
from ibdesk.ui.live.view import LiveView
from ibdesk.ui.models.columns import FULL
from ibdesk.ui.models.view import State
from ibdesk.ui.pages.book_view import BookView
from ibdesk.ui.pages.cash_card import CashCard
from ibdesk.ui.pages.drift_banner import DriftBanner
from ibdesk.ui.pages.export import save_csv
from ibdesk.ui.pages.freshness import CONNECT, AgeLabel, Stopped, no_account
from ibdesk.ui.pages.positions_card import PositionsCard
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Button, IconButton, Label, Segmented

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Columns that wait in the chooser: true for everyone, wanted by few.
HIDDEN_AT_FIRST = (
    "average_cost", "priced", "bid", "ask", "rate", "multiplier", "exchange", "expiry", "conid", "realized",
)
#: The other source's pictures are read by themselves, too, while somebody looks at the live view.
SYNC_TIP = "Read positions and balances of what is shown over TWS or IB Gateway now"
TABS = (("positions", "Positions"), ("live", "Live"))
#: Where it is kept which of them was looked at last.
LAST_TAB = "portfolio/tab"
#: Letters come faster than a table of 10,000 rows need be searched (milliseconds).
TYPING_PAUSE_MS = 120


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Portfolio of an open desk."""
    return Portfolio(desk, bridge, QSettings())


class Portfolio(QWidget):
    """All positions of the chosen account, or of all of them: as they are stored, or live from TWS."""

    def __init__(self, desk: "Desk", bridge: "Bridge", settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Portfolio")
        self._desk, self._bridge, self._settings = desk, bridge, settings
        self.tabs = Segmented(TABS, name="Positions or live")
        self.live = LiveView(desk, bridge, settings)
        self.book = BookView.of(desk, bridge)
        self.words = QLineEdit()
        self.age = AgeLabel()
        self.note = Label("", kind=Text.CAPTION, tone="muted")
        self.stopped, self.drift = Stopped(self), DriftBanner()
        self.positions = PositionsCard(
            FULL, "Portfolio positions", settings, hidden=HIDDEN_AT_FIRST, with_account_group=True
        )
        self.positions.offer_orders(desk, bridge)
        self.copy = IconButton("copy", "Copy selected positions with headers")
        self.export = IconButton("export", "Save as CSV")
        self.columns = Button("Columns", icon="columns", kind="quiet", tip="Choose columns")
        self.sync = Button("Sync over TWS", icon="refresh", kind="quiet", tip=SYNC_TIP)
        self.cash = CashCard()
        self.empty = no_account()
        self._places, self._views = QStackedWidget(), QStackedWidget()
        self._full = QSplitter(Qt.Orientation.Vertical)
        self._typing = QTimer(self)
        self._stack()
        self._wire()
        self.draw()
        self._turn_to(str(settings.value(LAST_TAB, TABS[0][0])))

    def show_tab(self, key: str) -> None:
        """Turn to the stored positions or to the live ones, and remember it."""
        self._settings.setValue(LAST_TAB, key)
        self._turn_to(key)

    def draw(self) -> None:
        """Draw the view as it is."""
        view, now = self.book.view, self.book.now
        self.stopped.show_view(view, now)
        self.age.show_view(view, now)
        self.note.setText(view.why_no_sum)
        if view.state is State.EMPTY:
            self._places.setCurrentWidget(self.empty)
            return
        self._places.setCurrentWidget(self._full)
        self._draw_drift()
        self.positions.show_view(view, now)
        self.positions.table.position_model.set_quotes(self.book.quotes)
        self.cash.show_view(view)
        self.cash.show_age(view, now)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: self.book.wake(self))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.book.rest(self)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 14)
        column.setSpacing(10)
        column.addLayout(self._head())
        column.addWidget(self._views, 1)
        stored = QWidget()
        below = QVBoxLayout(stored)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(10)
        below.addWidget(self.stopped.banner)
        below.addWidget(self.drift)
        below.addWidget(self._places, 1)
        for view in (stored, self.live):
            self._views.addWidget(view)
        self._full.setHandleWidth(12)
        self._full.setChildrenCollapsible(False)
        self._full.addWidget(self.positions)
        self._full.addWidget(self.cash)
        self._full.setStretchFactor(0, 3)
        self._full.setStretchFactor(1, 1)
        self._full.setSizes([460, 218])
        for place in (self._full, self.empty):
            self._places.addWidget(place)

    def _head(self) -> QHBoxLayout:
        self.words.setPlaceholderText("Filter: symbol, name, class, sector, conid…")
        self.words.setAccessibleName("Filter positions")
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(340)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.tabs)
        head.addWidget(self.words, 2)
        head.addWidget(self.note)
        head.addStretch(1)
        head.addWidget(self.age, 0, Qt.AlignmentFlag.AlignVCenter)
        for control in (self.sync, self.columns, self.copy, self.export):
            head.addWidget(control)
        return head

    def _wire(self) -> None:
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_PAUSE_MS)
        self._typing.timeout.connect(lambda: self.positions.search(self.words.text()))
        self.words.textChanged.connect(lambda _text: self._typing.start())
        self.words.returnPressed.connect(self.positions.table.setFocus)
        self.positions.cleared.connect(self.words.clear)
        self.columns.clicked.connect(self._choose_columns)
        self.sync.clicked.connect(self._sync_over_tws)
        self.copy.clicked.connect(self._copy)
        self.export.clicked.connect(self._export)
        self.positions.export_wanted.connect(self._export)
        self.empty.pressed.connect(lambda: self._bridge.command.emit(CONNECT[0]))
        self.stopped.wanted.connect(self._bridge.command)
        self.drift.pressed.connect(self._read_both)
        self.book.changed.connect(self.draw)
        look().themeChanged.connect(self.draw)
        self.book.quotes_changed.connect(self.positions.table.position_model.set_quotes)
        self.book.aged.connect(self._draw_age)
        self.tabs.chosen.connect(self.show_tab)
        find = self._shortcut(QKeySequence(QKeySequence.StandardKey.Find))
        find.activated.connect(self.words.setFocus)
        for number, (key, _) in enumerate(TABS, start=1):
            self._shortcut(QKeySequence(f"Alt+{number}")).activated.connect(partial(self.show_tab, key))

    def _shortcut(self, keys: QKeySequence) -> QShortcut:
        made = QShortcut(keys, self)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return made

    @property
    def _is_live(self) -> bool:
        return self._views.currentWidget() is self.live

    def _turn_to(self, key: str) -> None:
        """What is about the stored positions alone is hidden beside the live ones."""
        self.tabs.set_current(key)
        self._views.setCurrentIndex(max(0, [name for name, _ in TABS].index(self.tabs.current)))
        for control in (self.words, self.note, self.age, self.columns):
            control.setVisible(not self._is_live)
        self.sync.setVisible(self.live.is_switched_on)
        for button in (self.copy, self.export):
            button.setVisible(not self._is_live or self.live.is_switched_on)

    def _sync_over_tws(self) -> None:
        """What is shown: one account, or all of them."""
        work = sync_over_tws(self._desk, self._bridge, self._bridge.selected)
        self._bridge.start("sync over TWS", work, busy=self.sync)

    def _draw_drift(self) -> None:
        """Two sources that differ for longer than a reading takes: the banner, and the column that says where."""
        self.drift.show_comparisons(self.book.view.comparisons, self.book.now)
        self.positions.table.withhold("drift", self.drift.isHidden())

    def _read_both(self) -> None:
        """Ask each source anew: most differences are one of them being older."""
        for service in (self._desk.sync, self._desk.tws_sync):
            if service is not None:
                self._bridge.start("sync", service.run(self._bridge.selected))

    def _copy(self) -> None:
        (self.live.table if self._is_live else self.positions.table).copy()

    def _choose_columns(self) -> None:
        menu = self.positions.table.column_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.columns.mapToGlobal(self.columns.rect().bottomLeft()))

    def _export(self) -> None:
        if self._is_live:
            self.live.export()
            return
        save_csv(self.positions.table, self._bridge, "positions")

    def _draw_age(self) -> None:
        if not self.isVisible():
            return
        view, now = self.book.view, self.book.now
        self.age.show_view(view, now)
        self.stopped.show_view(view, now)
        self._draw_drift()
        self.positions.show_age(view, now)
        self.cash.show_age(view, now)
