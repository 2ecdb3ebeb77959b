"""The doctor as a tab: a first examination when somebody comes, and the support bundle."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from ibdesk.ui.doctor.view import DoctorView
from ibdesk.ui.pages.activity.tab import ActivityTab
from ibdesk.ui.support.bundle import show_bundle

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class DoctorTab(ActivityTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__(desk, bridge, "Doctor")
        self.view = DoctorView(desk, bridge, doctor=desk.doctor, keeper=desk.gateway)
        self.view.bundle_wanted.connect(
            lambda report: bridge.start(
                "support bundle", show_bundle(desk.support, bridge, self, report), self.view.bundle
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    async def read(self) -> None:
        await self.view.arrive()


def build(desk: "Desk", bridge: "Bridge") -> DoctorTab:
    return DoctorTab(desk, bridge)
