"""The Live view: the line's state on top, the totals, what moves, and below it the prints of the chosen position."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import Refused
from ibdesk.domain.events import LineChanged, PnlBookChanged
from ibdesk.domain.instruments import Conid
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.money import Currency
from ibdesk.domain.pnl import PnlKey, PnlRow
from ibdesk.ui import format as fmt
from ibdesk.ui.live.cards import FIGURES, TotalCards
from ibdesk.ui.live.executions import RowExecutions
from ibdesk.ui.live.explain import facts_of_cell, facts_of_total
from ibdesk.ui.live.strip import LineStrip
from ibdesk.ui.live.sums import LiveSums, oldest_rates, read_rates
from ibdesk.ui.live.table import LiveTable
from ibdesk.ui.live.words import when
from ibdesk.ui.models.live_columns import LiveColumn, told_at
from ibdesk.ui.pages.explain import FactsDialog
from ibdesk.ui.pages.export import save_csv
from ibdesk.ui.theme import look
from ibdesk.ui.widgets import Card, EmptyState, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.live_pnl import LivePnl
    from ibdesk.ui.bridge import Bridge

#: The setting that switches the socket on, as a command of the window.
SWITCH_ON = "setting:tws_enabled"
#: The desk once more, with what the settings say by now.
OPEN_ANEW = "open-anew"
#: Where it is looked for.
ADDRESS = "setting:tws_port"
#: What to look at while it never answered, in the order of how often it is the reason (acceptance D17).
LOOK = (
    "TWS has not told any position so far. Look whether TWS or IB Gateway runs and is signed in, whether host and port "
    "are the ones in its API settings, and whether “Enable ActiveX and Socket Clients” is ticked there. The desk tries "
    "again by itself."
)
#: So many rows are added up at once, a millisecond's work, and the window is left alone for so long (milliseconds).
AT_ONCE, REST_MS = 100, 4
#: What is on screen is told to the source when the list has stood still for so long (milliseconds).
STILL_MS = 400


def not_switched_on() -> EmptyState:
    """The view of a desk without a TWS."""
    made = EmptyState(
        "activity", "TWS is not switched on",
        "Live figures come from TWS or IB Gateway on this computer, over its API. Switch it on under Settings, TWS and "
        "IB Gateway.", action="Open the setting",
    )
    made.button.set_kind("primary")
    return made


def show_off(place: EmptyState, *, is_wanted: bool) -> None:
    """The same once it was switched on beside a desk that was opened without it."""
    if is_wanted:
        place.set("TWS is switched on", "This desk was opened without it. Opened anew, it connects; the vault stays "
                  "open, and nothing is lost.", action="Open the desk anew")


class LiveView(QWidget):
    """What one streaming source tells, of the chosen account or of all of them."""

    def __init__(self, desk: "Desk", bridge: "Bridge", settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live profit and loss")
        self._desk, self._bridge = desk, bridge
        self._newest: datetime | None = None
        self._restored_since: datetime | None = None
        self._rated: datetime | None = None
        self._watched: tuple[Conid, ...] = ()
        self._due: dict[PnlKey, PnlRow] = {}
        self._is_summed = False
        self._sums = LiveSums({}, {}, Currency(desk.preferences.sourced.settings.base_currency))
        self.strip, self.cards = LineStrip(), TotalCards()
        self.card, self.table = Card("Positions, live"), LiveTable(settings)
        self.count = self.card.add_count()
        self.executions = RowExecutions()
        self.off, self.empty = not_switched_on(), EmptyState("portfolio", "", "")
        self._places, self._lists = QStackedWidget(), QStackedWidget()
        self._full, self._skeleton = QWidget(), SkeletonRows(12, columns=8)
        self._still, self._adding = QTimer(self), QTimer(self)
        self._stack()
        self._wire()
        self.draw()

    # For the room --------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw everything as it is now."""
        live = self._desk.live_pnl
        if live is None:
            show_off(self.off, is_wanted=self._is_wanted)
            self._places.setCurrentWidget(self.off)
            return
        self._places.setCurrentWidget(self._full)
        self.table.live.choose_account(self._bridge.selected)
        self.table.live.show_rows(live.book.rows)
        self._draw_line(live.line)

    @property
    def is_switched_on(self) -> bool:
        """Whether there is a TWS beside the desk."""
        return self._desk.live_pnl is not None

    def export(self) -> None:
        """Save what is listed."""
        save_csv(self.table, self._bridge, "live positions")

    def explain_cell(self, row: PnlRow, column: LiveColumn) -> None:
        """Tell where one figure of a position comes from."""
        live = self._desk.live_pnl
        if live is None:
            return
        currency = row.instrument.currency
        found = self._sums.rate(row.account, currency)
        rates: Mapping[Currency, tuple[Currency, str]] = (
            {} if found is None else {currency: (found[0], fmt.number(found[1], 5))}
        )
        facts = facts_of_cell(row, column, self.table.live.around, live.line, rates)
        title = f"{column.title} of {row.instrument.label}"
        FactsDialog(title, column.text(row, self.table.live.around), facts, self).open()

    def explain_total(self, key: str) -> None:
        """Tell what a card's figure is made of."""
        live = self._desk.live_pnl
        if live is None:
            return
        totals, _ = self._sums.of(self._bridge.selected)
        shown = self.cards.figures[key].value.text()
        now = self._desk.clock()
        facts = facts_of_total(key, shown, totals, self._own(live), live.line, now, self._rates_are_of())
        FactsDialog(dict(FIGURES)[key], shown, facts, self).open()

    # Qt's events ---------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        live = self._desk.live_pnl
        if live is not None and not self._desk.tasks.is_closing:
            live.start()
            self._read_rates()
        self.draw()
        self._still.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._still.stop()
        self._watch()

    # ---------------------------------------------------------------------------------------------------------------

    def _stack(self) -> None:
        self.card.edge_to_edge()
        self.card.add(self._lists, 1)
        for place in (self._skeleton, self.table, self.empty):
            self._lists.addWidget(place)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setHandleWidth(10)
        both.setChildrenCollapsible(False)
        both.addWidget(self.card)
        both.addWidget(self.executions)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 1)
        both.setSizes([440, 170])
        self.executions.setMinimumHeight(158)  # three prints
        column = QVBoxLayout(self._full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.strip)
        column.addWidget(self.cards)
        column.addWidget(both, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._places.addWidget(self._full)
        self._places.addWidget(self.off)
        outer.addWidget(self._places)

    def _wire(self) -> None:
        bridge, table = self._bridge, self.table
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._watch)
        self._adding.setSingleShot(True)
        self._adding.setInterval(REST_MS)
        self._adding.timeout.connect(self._add_up)
        table.scrolled.connect(self._still.start)
        table.chosen.connect(self._chosen)
        table.explain_wanted.connect(self.explain_cell)
        table.export_wanted.connect(self.export)
        table.live.changed.connect(self._moved)
        table.live.modelReset.connect(self._listed)
        self.cards.explain_wanted.connect(self.explain_total)
        self.off.pressed.connect(lambda: bridge.command.emit(OPEN_ANEW if self._is_wanted else SWITCH_ON))
        bridge.settings_changed.connect(lambda _event: self._settings_changed())
        self.empty.pressed.connect(lambda: bridge.command.emit(ADDRESS))
        self.strip.address.clicked.connect(lambda: bridge.command.emit(ADDRESS))
        bridge.line_changed.connect(self._line_changed)
        bridge.pnl_book_changed.connect(self._book_changed)
        bridge.selection_changed.connect(lambda _account: self.draw())
        bridge.account_changed.connect(lambda _event: self._read_rates())
        bridge.second.connect(self._second_passed)
        look().themeChanged.connect(self._draw_totals)

    @property
    def _is_wanted(self) -> bool:
        return self._desk.preferences.sourced.settings.tws_enabled

    def _settings_changed(self) -> None:
        if not self.is_switched_on:
            self.draw()

    def _line_changed(self, event: LineChanged) -> None:
        live = self._desk.live_pnl
        if live is not None:
            self._draw_line(event.line)

    def _book_changed(self, event: PnlBookChanged) -> None:
        """Nothing is drawn while nobody looks: the newest book is taken up on the way in."""
        if self.isVisible():
            self.table.live.show_rows(event.book.rows)

    def _second_passed(self, now: datetime) -> None:
        live = self._desk.live_pnl
        if live is None or not self.isVisible():
            return
        self.table.live.set_now(now)
        self._draw_line(live.line)
        self._draw_totals()

    def _moved(self, rows: list[PnlRow]) -> None:
        for row in rows:
            self._due[row.key] = row
            at = told_at(row)
            if at is not None and (self._newest is None or at > self._newest):
                self._newest = at
        key = self.table.current_key()
        if key is not None and any(row.key == key for row in rows):
            self.executions.show_row(self.table.live.row_of(key))
        if not self._adding.isActive():
            self._add_up()

    def _add_up(self) -> None:
        """Count some of the rows that are due; the totals are drawn when all are."""
        some = list(islice(self._due, AT_ONCE))
        self._sums.put([self._due.pop(key) for key in some])
        if self._due:
            self._adding.start()
            return
        self._is_summed = True
        self._draw_totals()

    def _chosen(self, key: PnlKey | None) -> None:
        self.executions.show_row(None if key is None else self.table.live.row_of(key))

    def _listed(self) -> None:
        """Other lines than before: how many, of which accounts, and why there are none."""
        live = self._desk.live_pnl
        model = self.table.live
        rows = model.rowCount()
        self.count.setText(f"{rows:,}")
        self.count.setVisible(rows > 0)
        self.table.show_account(len({account for account, _ in model.listed()}) > 1)
        if live is not None:
            self._show_list(live.line, rows)
        self._chosen(self.table.current_key())
        self._draw_totals()
        if self.isVisible():
            self._still.start()

    def _show_list(self, line: Line, rows: int) -> None:
        if rows:
            self._lists.setCurrentWidget(self.table)
        elif line.state is LineState.NEVER or (line.state is LineState.RESTORING and not line.left):
            self._lists.setCurrentWidget(self._skeleton)
        else:
            if line.is_alive:
                self.empty.set("No positions", "TWS tells of none in this account. A purchase appears here at once.")
            else:
                self.empty.set("Nothing to show yet", LOOK, action="Host and port")
            self._lists.setCurrentWidget(self.empty)

    def _draw_line(self, line: Line) -> None:
        now, model = self._desk.clock(), self.table.live
        if line.state is LineState.RESTORING:
            self._restored_since = self._restored_since or line.since
        elif line.state is not LineState.UP:
            self._restored_since = None
        model.set_line(is_alive=line.is_alive, believed_since=self._restored_since if line.is_alive else None)
        self.strip.show_line(line, now, self._newest)
        is_old = not line.is_alive and self._newest is not None
        age = fmt.age(self._newest, now) if is_old else ""
        self.card.set_age(age)
        is_mixed = line.state is LineState.RESTORING and line.left and self._newest is not None
        self.cards.show_age("partly of before the outage" if is_mixed else age)
        if not model.rowCount():
            self._show_list(line, 0)

    def _draw_totals(self) -> None:
        live = self._desk.live_pnl
        if live is not None and self._is_summed:
            totals, overall = self._sums.of(self._bridge.selected)
            self.cards.show_totals(totals, overall, self._own(live))

    @staticmethod
    def _own(live: "LivePnl") -> Mapping[str, AccountPnl]:
        return {str(account): pnl for account, pnl in live.accounts.items()}

    def _watch(self) -> None:
        """Tell the source what is on screen: that comes back first after an outage."""
        live = self._desk.live_pnl
        wanted = self.table.conids_on_screen() if self.isVisible() else ()
        if live is not None and wanted != self._watched and not self._desk.tasks.is_closing:
            self._watched = wanted
            self._bridge.start("watch what is on screen", live.watch(wanted))

    def _read_rates(self) -> None:
        live = self._desk.live_pnl
        if live is not None and self.isVisible():
            with suppress(Refused):  # a desk that is closing has nothing more to tell
                self._bridge.start("read the rates", self._take_rates(live))

    def _rates_are_of(self) -> str:
        return "" if self._rated is None else when(self._rated, self._desk.clock())

    async def _take_rates(self, live: "LivePnl") -> None:
        bases: dict[AccountId, Currency] = {each.id: each.currency for each in await self._desk.book.accounts()}
        overall = Currency(self._desk.preferences.sourced.settings.base_currency)
        rates = await read_rates(live, bases)
        self._rated = await oldest_rates(live, bases)
        self.cards.show_rated(self._rates_are_of())
        if self._sums.is_made_with(bases, rates, overall):
            self._draw_totals()
            return
        self._sums = LiveSums(bases, rates, overall)
        self._is_summed = False
        self._due = {row.key: row for row in self.table.live.rows()}
        self.table.live.set_bases(bases)
        self._add_up()
