"""The compliance receipts: one line for each order, sent or blocked, filtered, opened, exported with their hashes."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QLineEdit

from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.modes import FACES
from ibdesk.domain.receipt_document import OUTCOME_WORDS, TONES, asked_words, price_words
from ibdesk.domain.receipts import Outcome, ReceiptFilter, ReceiptHead
from ibdesk.ui import format as fmt
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.record_tab import PAGE, RecordTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.safety.receipts import show_receipt
from ibdesk.ui.widgets import Button, Segmented
from ibdesk.ui.widgets.save_dialog import LOG, SaveDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_KINDS = (("all", "All"), ("sent", "Sent"), ("blocked", "Blocked"))
_BLOCKED = {"all": None, "sent": False, "blocked": True}
#: How far back, in New York days with today; 0 is all.
_SPANS = (("1", "Today"), ("7", "7 days"), ("0", "All time"))
_WHY = "Every order that is sent or blocked leaves a receipt here that cannot be changed later."


def _words(head: ReceiptHead) -> str:
    if head.outcome is Outcome.STOPPED:
        return "Trading was stopped"
    ticket = head.ticket
    return asked_words(ticket, head.asked) if ticket is not None and ticket.legs else "All orders of the account"


def _price(head: ReceiptHead) -> str:
    is_order = head.ticket is not None and head.ticket.legs and head.asked is None
    return price_words(head.ticket) if is_order and head.ticket is not None else ""


def _mode(head: ReceiptHead) -> str:
    return next((face.word for face in FACES if face.mode == head.mode), head.mode)


RECEIPTS: tuple[Field, ...] = (
    Field(title="Begun, UTC", width=170, text=lambda row: fmt.moment(row.at, UTC),
          value=lambda row: row.at.isoformat()),
    Field(title="Outcome", width=112, text=lambda row: OUTCOME_WORDS[row.outcome],
          tone=lambda row: TONES.get(row.outcome, "")),
    Field(title="Order", width=240, least=200, stretches=True, text=_words),
    Field(title="Price", width=170, least=140, stretches=True, keep=7, text=_price),
    Field(title="Why", width=420, least=200, stretches=True, text=lambda row: row.decision),
    Field(title="Mode", width=100, keep=6, text=_mode),
    Field(title="Steps", width=56, keep=5, text=lambda row: f"{row.steps:,}", value=lambda row: row.steps,
          is_number=True),
    Field(title="Our id", width=220, keep=3, text=lambda row: row.correlation, is_mono=True),
)


class ReceiptsTab(RecordTab):
    """Enter or a double click opens a receipt."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        self.filter = QLineEdit()
        self.kind = Segmented(_KINDS, name="Which receipts")
        self.span = Segmented(_SPANS, current="0", name="How far back")
        self.open = Button("Open", icon="receipt", tip="Read, print or save the receipt (Enter)")
        self.export_all = Button("Export log…", icon="export", tip="All receipts with their hashes, CSV or JSON lines")
        place = RecordList("Receipts", RECEIPTS, icon="receipt", empty="No receipt yet", why=_WHY)
        super().__init__(
            desk, bridge, place, title="Receipts", file="receipts",
            controls=(self.kind, self.span, self.filter, self.open, self.export_all),
        )
        self.export.setText("Export shown")
        self.filter.setPlaceholderText("Symbol, reason or id")
        self.filter.setAccessibleName("Filter the receipts")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(150)
        self.filter.textChanged.connect(self.settle)
        for choice in (self.kind, self.span):
            choice.chosen.connect(lambda _key: self.reload())
        place.table.activated.connect(self._activated)
        place.table.selectionModel().currentChanged.connect(self._selected)
        self.open.clicked.connect(lambda: self._activated(place.table.currentIndex()))
        self.export_all.clicked.connect(
            lambda: bridge.start("export the receipts", self._export_all(), self.export_all))
        self.open.setEnabled(False)
        self.follow(bridge.orders_changed, bridge.fills_arrived, bridge.lock_changed)

    async def fetch(self, limit: int) -> Sequence[ReceiptHead]:
        wanted = self._wanted()
        if wanted == ReceiptFilter():
            self.list.say_empty("No receipt yet", _WHY)
        else:
            self.list.say_empty("No receipt matches", "Change the filter, or look further back.")
        found = await self.desk.activity.receipt_heads(wanted, limit=limit)
        self.open.setEnabled(bool(found) and self.list.table.currentIndex().isValid())
        return found

    def read_more(self) -> None:
        self.bridge.start("read older receipts", self._read_older(), self.list.more)

    def _wanted(self) -> ReceiptFilter:
        days = int(self.span.current or 0)
        since = None
        if days:
            today = self.desk.clock().astimezone(NEW_YORK).date()
            since = datetime.combine(today - timedelta(days=days - 1), time(), NEW_YORK)
        return ReceiptFilter(blocked=_BLOCKED[self.kind.current or "all"], text=self.filter.text().strip(), since=since)

    async def _read_older(self) -> None:
        last = self.list.model.records[-1]
        older = await self.desk.activity.receipt_heads(self._wanted(), before=last.last_seq, limit=PAGE)
        if self.list.model.records and self.list.model.records[-1] == last:
            self.list.append(older, is_all=len(older) < PAGE)

    def _selected(self, *_: Any) -> None:
        self.open.setEnabled(self.list.table.currentIndex().isValid())

    def _activated(self, index: QModelIndex) -> None:
        if index.isValid():
            show_receipt(self.desk, self.bridge, self.list.model.records[index.row()].correlation, self)

    async def _export_all(self) -> None:
        dialog = SaveDialog(self.window(), "Export the receipts", LOG, "ibdesk-receipts")
        if await self.bridge.ask(dialog):
            path, kind = dialog.path, dialog.ending
            count = await self.desk.activity.export_receipts(path, kind, replace=True)  # the dialog asked
            self.bridge.say(f"Saved {count:,} steps with their hashes to {path}")


def build(desk: "Desk", bridge: "Bridge") -> ReceiptsTab:
    return ReceiptsTab(desk, bridge)
