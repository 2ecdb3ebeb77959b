"""The backups of the vault: how old the newest is, what became of the last try, the list, and what can be done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from ibdesk.domain.errors import DeskError
from ibdesk.domain.records import BackupInfo, BackupReason
from ibdesk.ui import format as fmt
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.theme import look
from ibdesk.ui.widgets import Banner, Button, Card, Label

#: Rows of the list without scrolling.
SHOWN = 5
#: The height of the sentence that there is none yet, in pixels.
EMPTY = 180
_WHY = {BackupReason.SCHEDULE: "schedule", BackupReason.PERSON: "by hand"}

BACKUPS: tuple[Field, ...] = (
    Field(title="Made", width=168, text=lambda row: fmt.moment(row.made_at)),
    Field(title="Size", width=90, text=lambda row: fmt.size(row.bytes), is_number=True),
    Field(title="Rows", width=90, text=lambda row: f"{row.rows:,}", is_number=True),
    Field(title="Why", width=120, text=lambda row: _WHY.get(row.reason, row.reason.value)),
    Field(title="File", width=260, text=lambda row: Path(row.path).name),
)


class BackupsCard(Card):
    """Section "Backups"; the signals ask the page."""

    now_wanted = Signal()
    elsewhere_wanted = Signal()
    test_wanted = Signal()
    restore_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Backups")
        self.newest = Label("", wrap=True)
        self.failed = Banner(tone="loss", action="Try again")
        self.failed.pressed.connect(self.now_wanted)
        self.now, self.elsewhere = Button("Back up now", icon="database"), Button("Back up to…")
        self.test = Button("Test a backup…", tip="Proves that a file can be restored; the vault is not touched")
        self.restore = Button("Restore…", tip="Closes this desk and puts a backup in the vault’s place")
        self.restore.setAccessibleName("Restore a backup")
        self.folder = Button("Open folder", icon="external")
        self.folder.setAccessibleName("Open the folder of the backups")
        self.list = RecordList(
            "Backups", BACKUPS, icon="database", empty="No backup yet",
            why="“Back up now” makes one at once; the schedule below makes them by itself.")
        self._fit(0)
        for button, signal in (
            (self.now, self.now_wanted), (self.elsewhere, self.elsewhere_wanted), (self.test, self.test_wanted),
            (self.restore, self.restore_wanted), (self.folder, self.folder_wanted),
        ):
            button.clicked.connect(signal)
        self._stack()

    def show_backups(self, backups: Sequence[BackupInfo], *, now: datetime, hours: int) -> None:
        """The list, newest first, and whether the newest is as young as the schedule wants it."""
        self.list.show_records(backups, is_all=True)
        self._fit(len(backups))
        if not backups:
            self.newest.setText("There is no backup of this vault yet.")
            self.newest.set_tone("warn")
            return
        late = hours > 0 and now - backups[0].made_at > timedelta(hours=2 * hours)
        self.newest.setText(
            f"The last backup was made {fmt.age(backups[0].made_at, now)}"
            + (", later than the schedule wants." if late else ". Each is read again and checked when it is made."))
        self.newest.set_tone("warn" if late else "")

    def show_failure(self, error: DeskError | None) -> None:
        """Why the last backup failed; None since one succeeded."""
        self.failed.setVisible(error is not None)
        if error is not None:
            self.failed.set(f"The last backup failed. {error.message}", detail=error.remedy, tone="loss",
                            action="Try again")

    def _fit(self, rows: int) -> None:
        """As high as its rows, their header and the line below them; or as what is said when there are none."""
        self.list.setFixedHeight((min(rows, SHOWN) + 3) * look().row_height if rows else EMPTY)

    def _stack(self) -> None:
        self.body.setSpacing(10)
        self.add(self.newest)
        self.add(self.failed)
        self.failed.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.now, self.elsewhere, self.test, self.restore):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.folder)
        self.add(row)
        self.add(self.list)
