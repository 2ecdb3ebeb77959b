"""Every call to the broker: filtered, read back into the past, and the chain that proves none was changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QLineEdit

from ibdesk.domain.records import LoggedCall
from ibdesk.ui.pages.activity.columns import CALLS
from ibdesk.ui.pages.activity.record_tab import PAGE, RecordTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.widgets import Banner, Button

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class CallsTab(RecordTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        self.filter = QLineEdit()
        self.only_errors = QCheckBox("Only errors")
        self.verify = Button("Verify chain", icon="lock", tip="Check that no call was changed or removed afterwards")
        self.verdict = Banner(tone="gain", closable=True)
        empty, why = _no_calls(is_filtered=False)
        super().__init__(
            desk, bridge, RecordList("API calls", CALLS, icon="activity", empty=empty, why=why), title="API calls",
            file="calls", controls=(self.filter, self.only_errors, self.verify),
        )
        self._prepare_filter()
        self.column.insertWidget(0, self.verdict)
        self.verdict.hide()
        self.verdict.closed.connect(self.verdict.hide)
        self.verify.clicked.connect(lambda: bridge.start("verify the audit log", self._verify(), self.verify))
        self.follow(bridge.calls_changed)

    async def fetch(self, limit: int) -> Sequence[LoggedCall]:
        self.list.say_empty(*_no_calls(bool(self._text or self.only_errors.isChecked())))
        return await self._older_than(None, limit)

    def read_more(self) -> None:
        self.bridge.start("read older calls", self._read_older(), self.list.more)

    def _prepare_filter(self) -> None:
        self.filter.setPlaceholderText("Filter by path, outcome or detail")
        self.filter.setAccessibleName("Filter the API calls")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(230)
        self.only_errors.setAccessibleName("Only errors")
        self.filter.textChanged.connect(self.settle)
        self.only_errors.toggled.connect(self.settle)

    @property
    def _text(self) -> str:
        return self.filter.text().strip()

    async def _older_than(self, number: int | None, limit: int) -> Sequence[LoggedCall]:
        return await self.desk.activity.calls(
            text=self._text, only_errors=self.only_errors.isChecked(), before=number, limit=limit
        )

    async def _read_older(self) -> None:
        last = self.list.model.records[-1].seq
        older = await self._older_than(last, PAGE)
        if self.list.model.records and self.list.model.records[-1].seq == last:
            self.list.append(older, is_all=len(older) < PAGE)

    async def _verify(self) -> None:
        broken = await self.desk.activity.verify()
        if broken is None:
            self.verdict.set("The audit log is whole: every call is there as it was written.", tone="gain")
        else:
            self.verdict.set(
                f"Call no. {broken} does not fit the chain: the log was changed outside ibdesk.", tone="loss",
                detail="Keep this vault and its backups as they are, and compare them from that call on.",
            )
        self.verdict.show()


def _no_calls(is_filtered: bool) -> tuple[str, str]:
    if is_filtered:
        return "No call matches", "Change the filter, or take “Only errors” away."
    return "No call yet", "Every call to the broker is written here, without secrets, and cannot be changed later."


def build(desk: "Desk", bridge: "Bridge") -> CallsTab:
    return CallsTab(desk, bridge)
