"""The expiry board: what ends today, this week or within 30 days, with one position in full beside it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.errors import DeskError, Refused
from ibdesk.domain.expiries import Window
from ibdesk.services.expiry_board import Board, Line
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.expiry.acts import ExpiryActs
from ibdesk.ui.expiry.columns import ExpiryModel, key_of
from ibdesk.ui.expiry.details import Details
from ibdesk.ui.expiry.figures import ExpiryFigures
from ibdesk.ui.expiry.table import ExpiryTable, Together
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Banner, Card, EmptyState, IconButton, Label, Segmented, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: The board is read anew this often while it is on screen; prices that stream come in between.
READ_EVERY, PRICE_EVERY = timedelta(seconds=15), timedelta(seconds=2)
#: A picture of the account older than this is called old.
OLD = timedelta(seconds=90)


class ExpiryBoard(QWidget):
    """What ends in the chosen account, or in all of them."""

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Expiry board")
        self._desk, self._bridge, self._expiry = desk, bridge, desk.expiry
        self.board: Board | None = None
        self._chosen: object = None
        self._is_reading, self._read_again = False, False
        self._read_at: datetime | None = None
        self._priced_at: datetime | None = None
        self.windows = Segmented([(each.value, each.value.capitalize()) for each in Window], name="Ends",
                                 current=Window.WEEK.value)
        self.age = Label("", kind=Text.CAPTION, tone="muted")
        self.refresh_button = IconButton("refresh", "Read the board again")
        self.banner = Banner("", tone="warn")
        self.figures = ExpiryFigures()
        takes = self._expiry is not None and self._expiry.takes_instructions
        self.details = Details(mode=desk.mode, takes_instructions=takes, can_trade=desk.orders is not None)
        self._acts = ExpiryActs(desk, bridge, self)
        self.card = Card("Expiring options")
        self.count = self.card.add_count()
        self.empty = EmptyState("orders", "", "")
        self._table_place, self._places = QStackedWidget(), QStackedWidget()
        self._build_table()
        self._stack()
        self._wire()
        self.setFocusProxy(self.table)
        self._draw()

    @property
    def window_shown(self) -> Window:
        return Window(self.windows.current)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the table lists."""
        return () if self.board is None else self.board.within(self.window_shown)

    @property
    def selected(self) -> Line | None:
        """The position that is shown in full."""
        return next((line for line in self.lines if key_of(line) == self._chosen), None)

    def refresh(self) -> None:
        """Read everything anew; asking while it is being read reads it once more after."""
        if self._expiry is None or self._is_reading:
            self._read_again = self._is_reading
            return
        self._is_reading, self._read_again, self._read_at = True, False, self._desk.clock()
        try:
            self._bridge.start("read the expiries", self._read(self._bridge.selected))
        except Refused:  # the desk closes
            self._is_reading = False

    def choose(self, window: Window) -> None:
        """Look so far ahead."""
        self.windows.choose(window.value)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self.refresh)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._read_at = None

    async def _read(self, account: object) -> None:
        assert self._expiry is not None  # noqa: S101 - asked before starting
        try:
            board = await self._expiry.board(self._bridge.selected)
        except DeskError as error:
            self._say_failed(error)
            return
        finally:
            self._is_reading = False
        if self._bridge.selected != account:
            self.refresh()
            return
        self.board = board
        self._show_trouble(board)
        self._draw()
        if self._read_again:
            self.refresh()

    # What is drawn -------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        now = self._desk.clock()
        if self._expiry is None:
            self.empty.set("No account is connected", "Expiries appear here once an account was read.",
                           action="Connect IBKR Account")
            self._places.setCurrentWidget(self.empty)
            return
        if self.board is None:
            self._table_place.setCurrentIndex(0)
            self._places.setCurrentWidget(self._full)
            return
        self._show_counts(self.board)
        self.figures.show_board(self.board, self.window_shown, now)
        lines = self.lines
        if not lines:
            title, why = words.empty_words(self.window_shown, self.board.lines, now)
            self.empty.set(title, why, action="Show 30 days" if self.board.lines else "")
        self._places.setCurrentWidget(self._full if lines else self.empty)
        self._table_place.setCurrentWidget(self.table)
        is_single = self._bridge.selected is not None
        self.table.set_single(is_single)
        self.model.show_lines(lines, now)
        self.together.show_settlings(self.board.settlings_within(self.window_shown), is_single=is_single)
        self._keep_choice(lines)
        self._show_details(now)
        self._show_age(now)

    def _show_counts(self, board: Board) -> None:
        for window in Window:
            count = len(board.within(window))
            name = window.value.capitalize() if window is not Window.MONTH else "30 days"
            self.windows.set_text(window.value, f"{name} {count}" if count else name)
        self.count.setText(str(len(self.lines)))

    def _keep_choice(self, lines: tuple[Line, ...]) -> None:
        at = self.model.line_of(self._chosen)
        if at is None and lines:
            at, self._chosen = 0, key_of(lines[0])
        if at is not None and self.table.currentIndex().row() != at:
            self.table.select_line(at)

    def _show_details(self, now: datetime) -> None:
        chosen = self.selected
        if chosen is not None and self.board is not None:
            # another way of orders may be chosen at any time, and with it one that takes such a word
            self.details.takes_instructions = self._expiry is not None and self._expiry.takes_instructions
            self.details.show_line(chosen, self.board, now)

    def _show_age(self, now: datetime) -> None:
        received = None if self.board is None else self.board.received_at
        if received is None:
            self.age.setText("")
            return
        is_old = now - received > OLD
        self.age.setText(f"{'Old: as' if is_old else 'As'} of {fmt.age(received, now)}")
        self.age.set_tone("warn" if is_old else "muted")

    def _show_trouble(self, board: Board) -> None:
        self.banner.setVisible(bool(board.trouble))
        if board.trouble:
            self.banner.set("Prices could not be asked: those of the last sync are shown.", detail=board.trouble,
                            tone="warn")

    def _say_failed(self, error: DeskError) -> None:
        self.banner.set(error.message, detail=error.remedy, action="Try again", tone="warn")
        self.banner.show()
        if self.board is None:
            self.empty.set("The expiries could not be read", error.message, action="Try again")
            self._places.setCurrentWidget(self.empty)

    # What happens --------------------------------------------------------------------------------------------------

    def _second_passed(self, now: datetime) -> None:
        if not self.isVisible() or self.board is None:
            return
        if self._read_at is None or now - self._read_at >= READ_EVERY:
            self.refresh()
        self.model.show_lines(self.lines, now)
        self.figures.show_board(self.board, self.window_shown, now)
        self._show_details(now)
        self._show_age(now)

    def _prices_moved(self, _event: object) -> None:
        now = self._desk.clock()
        if not self.isVisible() or self.board is None or self._expiry is None:
            return
        if self._priced_at is None or now - self._priced_at >= PRICE_EVERY:
            self._priced_at = now
            self.board = self._expiry.requoted(self.board)
            self._draw()

    def _changed(self, _event: object) -> None:
        if self.isVisible():
            self.refresh()

    def _row_changed(self) -> None:
        at = self.table.currentIndex().row()
        if 0 <= at < len(self.lines):
            self._chosen = key_of(self.lines[at])
            self._show_details(self._desk.clock())

    def _help(self) -> None:
        if self._expiry is None:
            self._bridge.command.emit("connect")
        elif self.board is None:
            self.refresh()
        else:
            self.choose(Window.MONTH)

    # How it is put together ----------------------------------------------------------------------------------------

    def _build_table(self) -> None:
        self.model = ExpiryModel(self)
        self.table = ExpiryTable(self.model)
        for place in (SkeletonRows(8, columns=7), self.table):
            self._table_place.addWidget(place)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.windows)
        head.addStretch(1)
        head.addWidget(self.age)
        head.addWidget(self.refresh_button)
        column.addLayout(head)
        column.addWidget(self.banner)
        self.banner.hide()
        self.card.edge_to_edge()
        self.card.add(self._table_place, 1)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setHandleWidth(12)
        across.setChildrenCollapsible(False)
        across.addWidget(self._left())
        across.addWidget(self.details)
        across.setStretchFactor(0, 1)
        across.setSizes([780, 400])
        self.details.setMinimumWidth(360)
        self._full = QWidget()
        full = QVBoxLayout(self._full)
        full.setContentsMargins(0, 0, 0, 0)
        full.setSpacing(12)
        full.addWidget(self.figures)
        full.addWidget(across, 1)
        for place in (self._full, self.empty):
            self._places.addWidget(place)
        column.addWidget(self._places, 1)

    def _left(self) -> QWidget:
        self.together = Together()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.card, 1)
        column.addWidget(self.together)
        return left

    def _wire(self) -> None:
        bridge, details = self._bridge, self.details
        self.windows.chosen.connect(lambda _key: self._draw())
        self.refresh_button.clicked.connect(self.refresh)
        self.banner.pressed.connect(self.refresh)
        self.empty.pressed.connect(self._help)
        self.table.selectionModel().currentRowChanged.connect(lambda _now, _before: self._row_changed())
        details.close_wanted.connect(self._acts.close)
        details.exercise_wanted.connect(self._acts.exercise)
        details.lapse_wanted.connect(self._acts.lapse)
        details.withdraw_wanted.connect(self._acts.withdraw)
        acts = self._acts
        self.table.bind({"E": acts.exercise, "L": acts.lapse, "C": acts.close, "W": acts.withdraw})
        bridge.second.connect(self._second_passed)
        bridge.quotes_changed.connect(self._prices_moved)
        for signal in (bridge.account_changed, bridge.fills_arrived, bridge.lock_changed):
            signal.connect(self._changed)
        bridge.selection_changed.connect(self._account_chosen)
        look().themeChanged.connect(self._draw)

    def _account_chosen(self, _account: object) -> None:
        self.board = None
        self._draw()
        self._changed(None)
