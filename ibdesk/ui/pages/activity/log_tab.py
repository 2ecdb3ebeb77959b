"""The program's own log as a tab: what it did and what failed, without secrets and account numbers."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout

from ibdesk.ui.pages.activity.tab import ActivityTab
from ibdesk.ui.support.bundle import show_bundle
from ibdesk.ui.support.log_view import LINES, LogView
from ibdesk.ui.widgets import Button, Card

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_EMPTY = "Nothing is in the log yet: ibdesk notes here what it began, what failed, and why."


class LogTab(ActivityTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__(desk, bridge, "Log")
        self._support = desk.support
        self.view = LogView(bridge, self._lines, name="Log of ibdesk", empty=_EMPTY, has_levels=True)
        self.folder = Button("Open folder", icon="external", tip="Where the log files are kept")
        self.bundle = Button("Support bundle…", tip="A file for whoever helps you; you see all of it first")
        self.view.bar.addWidget(self.folder)
        self.view.bar.addWidget(self.bundle)
        self.folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._support.log_folder))))
        self.bundle.clicked.connect(
            lambda: bridge.start("support bundle", show_bundle(desk.support, bridge, self), self.bundle)
        )
        card = Card()
        card.body.setContentsMargins(12, 12, 12, 12)
        card.add(self.view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)

    async def read(self) -> None:
        self.view.refresh()

    async def _lines(self, text: str, level: str) -> tuple[str, ...]:
        return await self._support.log(LINES, text, level)


def build(desk: "Desk", bridge: "Bridge") -> LogTab:
    return LogTab(desk, bridge)
