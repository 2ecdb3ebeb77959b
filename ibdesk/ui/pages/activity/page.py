"""The Activity room: which list is shown, what filters it, and when it is read again."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.ui.pages.activity.columns import CALLS, SESSIONS, SYNCS
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.pages.export import write_csv
from ibdesk.ui.widgets import Banner, Button, Card, Segmented

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Records read at once; the table stays quick far beyond.
PAGE = 200
#: Several events of one moment are one reading of the vault, milliseconds.
SETTLE_MS = 300
TABS = (("syncs", "Syncs"), ("sessions", "Sessions"), ("calls", "API calls"))


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Activity room of an open desk."""
    return ActivityPage(desk, bridge)


class ActivityPage(QWidget):
    """Three lists; the one on screen is read again when its records change."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self.setAccessibleName("Activity")
        self._activity, self._bridge = desk.activity, bridge
        self.tabs = Segmented(TABS, name="Activity")
        self.filter = QLineEdit()
        self.only_errors = QCheckBox("Only errors")
        self.verify = Button("Verify chain", icon="lock", tip="Check that no call was changed or removed afterwards")
        self.export = Button("Export CSV", icon="export")
        self.verdict = Banner(tone="gain", closable=True)
        self.lists = _lists()
        self._asked = 0
        self._limits = {"syncs": PAGE, "sessions": PAGE}
        self._places = QStackedWidget()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._stack()
        self._wire()
        self.show_tab("syncs")

    def show_tab(self, name: str) -> None:
        """Show one of the lists and read it."""
        self.tabs.set_current(name)
        self._places.setCurrentWidget(self.lists[name])
        for control in (self.filter, self.only_errors, self.verify):
            control.setVisible(name == "calls")
        self.reload()

    def reload(self) -> None:
        """Read the list on screen again. A desk that is closing has nothing more to show."""
        self._timer.stop()
        with suppress(Refused):
            self._bridge.start("read the activity", self._read(self.tabs.current))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _stack(self) -> None:
        self.filter.setPlaceholderText("Filter by path, outcome or detail")
        self.filter.setAccessibleName("Filter the API calls")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(230)
        self.only_errors.setAccessibleName("Only errors")
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.tabs)
        bar.addStretch(1)
        for control in (self.filter, self.only_errors, self.verify, self.export):
            bar.addWidget(control)
        for place in self.lists.values():
            self._places.addWidget(place)
        card = Card()
        card.edge_to_edge()
        card.add(self._places, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(12)
        column.addLayout(bar)
        column.addWidget(self.verdict)
        column.addWidget(card, 1)
        self.verdict.hide()

    def _wire(self) -> None:
        self.tabs.chosen.connect(self.show_tab)
        self.filter.textChanged.connect(self._settle)
        self.only_errors.toggled.connect(self._settle)
        self.verify.clicked.connect(lambda: self._bridge.start("verify the audit log", self._verify(), self.verify))
        self.export.clicked.connect(lambda: self._bridge.start("save as CSV", self._save(), self.export))
        self.verdict.closed.connect(self.verdict.hide)
        for name, place in self.lists.items():
            place.more_wanted.connect(lambda name=name: self._more(name))
        for signal, name in (
            (self._bridge.calls_changed, "calls"), (self._bridge.sync_changed, "syncs"),
            (self._bridge.session_changed, "sessions"),
        ):
            signal.connect(lambda _event, changed=name: self._changed(changed))
        self._timer.timeout.connect(self.reload)

    def _settle(self) -> None:
        self._timer.start()

    def _changed(self, name: str) -> None:
        """New records: read them soon, unless the person has scrolled into the past."""
        is_at_top = self.lists[name].table.verticalScrollBar().value() == 0
        if self.isVisible() and self.tabs.current == name and is_at_top and not self._timer.isActive():
            self._settle()

    def _more(self, name: str) -> None:
        if name == "calls":
            self._bridge.start("read older calls", self._read_older(), self.lists[name].more)
        else:
            self._limits[name] += PAGE
            self.reload()

    async def _read(self, name: str) -> None:
        self._asked += 1
        asked, place = self._asked, self.lists[name]
        records: tuple[Any, ...]
        if name == "syncs":
            records = await self._activity.syncs(limit=self._limits[name])
        elif name == "sessions":
            records = await self._activity.sessions(limit=self._limits[name])
        else:
            text, errors = self.filter.text().strip(), self.only_errors.isChecked()
            records = await self._activity.calls(text=text, only_errors=errors, limit=PAGE)
            place.say_empty(*_no_calls(bool(text or errors)))
        if asked == self._asked:
            place.show_records(records, is_all=len(records) < self._limits.get(name, PAGE))

    async def _read_older(self) -> None:
        place = self.lists["calls"]
        last = place.model.records[-1].seq
        older = await self._activity.calls(
            text=self.filter.text().strip(), only_errors=self.only_errors.isChecked(), before=last, limit=PAGE
        )
        if place.model.records and place.model.records[-1].seq == last:
            place.append(older, is_all=len(older) < PAGE)

    async def _verify(self) -> None:
        broken = await self._activity.verify()
        if broken is None:
            self.verdict.set("The audit log is whole: every call is there as it was written.", tone="gain")
        else:
            self.verdict.set(
                f"Call no. {broken} does not fit the chain: the log was changed outside ibdesk.", tone="loss",
                detail="Keep this vault and its backups as they are, and compare them from that call on.",
            )
        self.verdict.show()

    async def _save(self) -> None:
        name = self.tabs.current
        dialog = QFileDialog(self.window(), "Save as CSV")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("CSV file (*.csv)")
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(f"ibdesk-{name}.csv")
        if await self._bridge.ask(dialog):
            path = dialog.selectedFiles()[0]
            write_csv(path, self.lists[name].model.csv())
            self._bridge.say(f"Saved {len(self.lists[name].model.records):,} lines to {path}")


def _lists() -> dict[str, RecordList]:
    return {
        "syncs": RecordList(
            "Syncs", SYNCS, icon="refresh", empty="No sync yet",
            why="Each reading of positions and balances leaves a line here, also when it failed. F5 syncs now.",
        ),
        "sessions": RecordList(
            "Sessions", SESSIONS, icon="signin", empty="No session yet",
            why="Each change of the sign-in leaves a line here: signed in, competing, lost, ended.",
        ),
        "calls": RecordList("API calls", CALLS, icon="activity", empty=_no_calls(False)[0], why=_no_calls(False)[1]),
    }


def _no_calls(is_filtered: bool) -> tuple[str, str]:
    if is_filtered:
        return "No call matches", "Change the filter, or take “Only errors” away."
    return "No call yet", "Every call to the broker is written here, without secrets, and cannot be changed later."
