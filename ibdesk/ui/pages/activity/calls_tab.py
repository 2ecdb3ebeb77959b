"""Every call to the broker: filtered, verified by its chain, exported whole, with what is worth a look."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QLineEdit

from ibdesk.domain.records import LoggedCall
from ibdesk.ui.pages.activity.columns import CALLS
from ibdesk.ui.pages.activity.hints import HintsPanel
from ibdesk.ui.pages.activity.record_tab import PAGE, RecordTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.widgets import Banner, Button
from ibdesk.ui.widgets.save_dialog import LOG, SaveDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class CallsTab(RecordTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        self.filter = QLineEdit()
        self.only_errors = QCheckBox("Only errors")
        self.rows = Button("", kind="pill", icon="cross", tip="Show all rows again")
        self.verify = Button("Verify chain", icon="lock", tip="Check that no call was changed or removed afterwards")
        self.export_all = Button("Export log…", icon="export", tip="The whole log with its hashes, CSV or JSON lines")
        self.verdict = Banner(tone="gain", closable=True)
        self.hints = HintsPanel()
        self._range: tuple[int, int] | None = None
        self._has_hints = False
        empty, why = _no_calls(is_filtered=False)
        super().__init__(
            desk, bridge, RecordList("API calls", CALLS, icon="activity", empty=empty, why=why), title="API calls",
            file="calls", controls=(self.rows, self.filter, self.only_errors, self.verify, self.export_all),
        )
        self.export.setText("Export shown")
        self.export.setToolTip("The rows below, as CSV")
        self._prepare_filter()
        self.column.insertWidget(0, self.verdict)
        self.column.insertWidget(1, self.hints)
        self.verdict.hide()
        self.verdict.closed.connect(self.verdict.hide)
        self.verify.clicked.connect(lambda: bridge.start("verify the audit log", self._verify(), self.verify))
        self.export_all.clicked.connect(lambda: bridge.start("export the audit log", self._export(), self.export_all))
        self.hints.again.connect(
            lambda: bridge.start("look through the audit", self._look_through(), self.hints.look_again))
        self.hints.rows_wanted.connect(self.show_rows)
        self.rows.clicked.connect(self.show_all_rows)
        self.follow(bridge.calls_changed)

    async def fetch(self, limit: int) -> Sequence[LoggedCall]:
        if not self._has_hints:
            self._has_hints = True
            await self._look_through()
        is_filtered = bool(self._text or self.only_errors.isChecked() or self._range)
        self.list.say_empty(*_no_calls(is_filtered))
        return await self._older_than(None, limit)

    def show_rows(self, first: int, last: int) -> None:
        """Show these rows alone (both included), whatever was filtered before."""
        self._range = (first, last)
        self.rows.setText(f"Row {first:,}" if first == last else f"Rows {first:,} to {last:,}")
        self.rows.setAccessibleName(f"{self.rows.text()}: show all rows again")
        self.rows.show()
        self.filter.clear()
        self.only_errors.setChecked(False)
        self.reload()

    def show_all_rows(self) -> None:
        """No longer only those of a hint."""
        self._range = None
        self.rows.hide()
        self.reload()

    def read_more(self) -> None:
        self.bridge.start("read older calls", self._read_older(), self.list.more)

    def _prepare_filter(self) -> None:
        self.filter.setPlaceholderText("Filter by path, outcome or detail")
        self.filter.setAccessibleName("Filter the API calls")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(210)
        self.rows.hide()
        self.only_errors.setAccessibleName("Only errors")
        self.filter.textChanged.connect(self.settle)
        self.only_errors.toggled.connect(self.settle)

    @property
    def _text(self) -> str:
        return self.filter.text().strip()

    async def _older_than(self, number: int | None, limit: int) -> Sequence[LoggedCall]:
        first, last = self._range or (0, None)
        before = number if number is not None or last is None else last + 1
        found = await self.desk.activity.calls(
            text=self._text, only_errors=self.only_errors.isChecked(), before=before, limit=limit
        )
        return [row for row in found if row.seq >= first]

    async def _read_older(self) -> None:
        last = self.list.model.records[-1].seq
        older = await self._older_than(last, PAGE)
        if self.list.model.records and self.list.model.records[-1].seq == last:
            self.list.append(older, is_all=len(older) < PAGE)

    async def _look_through(self) -> None:
        self.hints.show_hints(await self.desk.activity.hints(), self.desk.clock())

    async def _verify(self) -> None:
        fault = await self.desk.activity.fault()
        if fault is None:
            newest = await self.desk.activity.calls(limit=1)
            count = newest[0].seq if newest else 0
            self.verdict.set(f"The audit log is whole: all {count:,} calls are as they were written.", tone="gain")
        else:
            self.verdict.set(
                f"The audit log was changed outside ibdesk: {fault.what}.", tone="loss",
                detail=f"Everything from row {fault.row:,} on proves nothing. Keep this vault and its backups as they "
                "are, and compare them from that row on.",
            )
        self.verdict.show()

    async def _export(self) -> None:
        dialog = SaveDialog(self.window(), "Export the audit log", LOG, "ibdesk-audit")
        if await self.bridge.ask(dialog):
            path, kind = dialog.path, dialog.ending
            count = await self.desk.activity.export_audit(path, kind, replace=True)  # the dialog asked
            self.bridge.say(f"Saved {count:,} calls with their hashes to {path}")


def _no_calls(is_filtered: bool) -> tuple[str, str]:
    if is_filtered:
        return "No call matches", "Change the filter, or take “Only errors” away."
    return "No call yet", "Every call to the broker is written here, without secrets, and cannot be changed later."


def build(desk: "Desk", bridge: "Bridge") -> CallsTab:
    return CallsTab(desk, bridge)
