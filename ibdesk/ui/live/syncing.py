"""Reading the accounts over the socket because a person wants it: started from anywhere, told in one small window."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.outcome import SyncOutcome
from ibdesk.ui.models.sources import SOURCES
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label, line

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: The commands of the window: all accounts, or the one that is looked at.
SYNC_ALL, SYNC_SHOWN = "sync:tws", "sync:tws-shown"
#: Where every sync leaves a line.
RECORD = "activity:syncs"
HEADS = ("Account", "Result", "Processed", "New", "Updated", "Removed", "Skipped", "Errors")
STATUS = {
    SyncStatus.SUCCESS: ("Success", "gain"), SyncStatus.PARTIAL: ("Partial", "warn"),
    SyncStatus.FAILED: ("Failed", "loss"), SyncStatus.SKIPPED: ("Skipped", "warn"),
}
#: So many messages are told; the record has all of them.
TOLD = 6


class SyncResult(QDialog):
    """What one sync did, account by account, and why something of it did not work. Accepted: once more."""

    def __init__(self, outcome: SyncOutcome, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Sync over {SOURCES[source]}")
        self.setMinimumWidth(640)
        self.wanted = ""
        word, tone = STATUS[outcome.status]
        self.headline = Label(headline(outcome), kind=Text.TITLE, bold=True, tone="" if tone == "gain" else tone)
        self.headline.setAccessibleName(f"{word}: {self.headline.text()}")
        self.rows = [_cells(record) for record in outcome.records]
        if len(self.rows) > 1:
            self.rows.append(("All", word, *_figures(outcome.counts), str(_errors(outcome.records))))
        self.messages = messages(outcome)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(12)
        column.addWidget(self.headline)
        column.addLayout(self._grid(outcome))
        for text in self.messages:
            label = Label(text, tone="muted", wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addStretch(1)
        column.addLayout(self._foot())

    def _grid(self, outcome: SyncOutcome) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        for at, head in enumerate(HEADS):
            grid.addWidget(_cell(Label(head, kind=Text.CAPTION, tone="muted"), at), 0, at)
        for number, cells in enumerate(self.rows, start=1):
            is_sum = number > len(outcome.records)
            if is_sum:
                grid.addWidget(line(), number, 0, 1, len(HEADS))
            tone = STATUS[outcome.status if is_sum else outcome.records[number - 1].status][1]
            for at, text in enumerate(cells):
                label = Label(text, bold=is_sum, tone=tone if HEADS[at] == "Result" else "")
                grid.addWidget(_cell(label, at), number + is_sum, at)
        grid.setColumnStretch(0, 1)
        return grid

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        again, record, close = Button("Sync again", icon="refresh"), Button("Record"), Button("Close", kind="primary")
        again.clicked.connect(self.accept)
        record.setToolTip("Every sync with its stages")
        record.clicked.connect(self._to_the_record)
        close.clicked.connect(self.reject)
        row.addWidget(again)
        row.addWidget(record)
        row.addStretch(1)
        row.addWidget(close)
        close.setDefault(True)
        close.setFocus()
        return row

    def _to_the_record(self) -> None:
        self.wanted = RECORD
        self.reject()


def headline(outcome: SyncOutcome) -> str:
    """The run in one sentence."""
    read = sum(record.status in (SyncStatus.SUCCESS, SyncStatus.PARTIAL) for record in outcome.records)
    if not read:
        return "No account was read"
    accounts = f"{read} of {len(outcome.records)} accounts" if len(outcome.records) > 1 else "The account"
    verb = "were read" if len(outcome.records) > 1 else "was read"
    rest = ", some of it could not be" if outcome.status is SyncStatus.PARTIAL and read == len(outcome.records) else ""
    return f"{accounts} {verb}{rest}"


def messages(outcome: SyncOutcome) -> list[str]:
    """What went wrong, each once, and the next step at the end."""
    said = [
        f"{record.account}: {message}" if record.account is not None else message
        for record in outcome.records for message in record.errors
    ]
    shown = said[:TOLD]
    if len(said) > TOLD:
        shown.append(f"{len(said) - TOLD} more are in the record.")
    return shown if outcome.error is None else [*shown, outcome.error.remedy]


async def sync_over_tws(desk: "Desk", bridge: "Bridge", account: AccountId | None) -> None:
    """Read this account, or all, over the socket, and tell what it did until nobody wants it once more."""
    service = desk.tws_sync
    while service is not None and not desk.tasks.is_closing:
        dialog = SyncResult(await service.run(account), service.source, QApplication.activeWindow())
        is_again = await bridge.ask(dialog)
        if not is_again:
            if dialog.wanted:
                bridge.command.emit(dialog.wanted)
            return


def _cells(record: SyncRecord) -> tuple[str, ...]:
    return (record.account or "All", STATUS[record.status][0], *_figures(record.counts), str(len(record.errors)))


def _figures(counts: SyncCounts) -> tuple[str, ...]:
    found = (counts.processed, counts.new, counts.updated, counts.removed, counts.skipped)
    return tuple(f"{each:,}" for each in found)


def _errors(records: tuple[SyncRecord, ...]) -> int:
    return sum(len(record.errors) for record in records)


def _cell(label: Label, at: int) -> Label:
    side = Qt.AlignmentFlag.AlignLeft if at < 2 else Qt.AlignmentFlag.AlignRight
    label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return label
