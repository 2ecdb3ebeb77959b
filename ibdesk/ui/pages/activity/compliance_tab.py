"""The Disclosures screen: how each text stands, what it holds up, and below it every yes that was ever given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.ui.pages.activity.columns import ACKNOWLEDGMENTS
from ibdesk.ui.pages.activity.record_tab import RecordTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.safety.disclosures import DisclosuresCard

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_WHY = "What you acknowledge leaves a line here that cannot be changed later."


class ComplianceTab(RecordTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        place = RecordList(
            "Acknowledgments", ACKNOWLEDGMENTS, icon="check", empty="Nothing acknowledged yet", why=_WHY)
        super().__init__(desk, bridge, place, title="Acknowledgments", file="acknowledgments")
        self.disclosures = DisclosuresCard(desk, bridge)
        self.column.insertWidget(0, self.disclosures)
        self.follow(bridge.notice)

    async def fetch(self, limit: int) -> Sequence[Acknowledgment]:
        await self.disclosures.read()
        given = await self.desk.preferences.acknowledgments()
        return given[::-1][:limit]


def build(desk: "Desk", bridge: "Bridge") -> ComplianceTab:
    return ComplianceTab(desk, bridge)
