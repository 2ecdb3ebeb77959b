"""A tab that is one list of records: its card, its controls, older records on demand, and its CSV file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.ui.pages.activity.tab import ActivityTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.pages.export import write_csv
from ibdesk.ui.widgets import Button, Card
from ibdesk.ui.widgets.save_dialog import CSV, SaveDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Records read at once; the table stays quick far beyond.
PAGE = 200


class RecordTab(ActivityTab):
    """A tab overrides `fetch`, which answers with the newest `limit` records. `controls` stand in the title row."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", place: RecordList, *, title: str, file: str,
        controls: Sequence[QWidget] = (),
    ) -> None:
        """`file` names the exported file."""
        super().__init__(desk, bridge, title)
        self.list, self._file = place, file
        self.export = Button("Export CSV", icon="export")
        self.limit = PAGE
        self._asked = 0
        self.card = Card(title)
        self.card.edge_to_edge()
        for control in (*controls, self.export):
            self.card.add_control(control)
        self.card.add(place, 1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        self.column.addWidget(self.card, 1)
        self.export.clicked.connect(lambda: bridge.start("save as CSV", self._save(), self.export))
        place.more_wanted.connect(self.read_more)

    async def fetch(self, limit: int) -> Sequence[Any]:
        """The newest records. Each tab has its own; Qt's classes cannot be abstract ones, so this says what is owed."""
        raise NotImplementedError

    async def read(self) -> None:
        self._asked += 1
        asked = self._asked
        records = await self.fetch(self.limit)
        if asked == self._asked:
            self.list.show_records(records, is_all=len(records) < self.limit)

    def read_more(self) -> None:
        """Show older records too."""
        self.limit += PAGE
        self.reload()

    def follow(self, *signals: SignalInstance) -> None:
        """Read again when one of these tells of new records, unless the person has scrolled into the past."""
        for signal in signals:
            signal.connect(lambda _event: self._changed())

    def _changed(self) -> None:
        is_at_top = self.list.table.verticalScrollBar().value() == 0
        if self.isVisible() and is_at_top and not self.is_settling:
            self.settle()

    async def _save(self) -> None:
        dialog = SaveDialog(self.window(), "Save as CSV", CSV, f"ibdesk-{self._file}")
        if await self.bridge.ask(dialog):
            write_csv(dialog.path, self.list.model.csv())
            self.bridge.say(f"Saved {len(self.list.model.records):,} lines to {dialog.path}")
