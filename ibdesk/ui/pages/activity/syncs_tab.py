"""The readings of positions and balances, with what each changed and what failed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibdesk.domain.records import SyncRecord
from ibdesk.ui.pages.activity.columns import SYNCS
from ibdesk.ui.pages.activity.record_tab import RecordTab
from ibdesk.ui.pages.activity.table import RecordList

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_WHY = "Each reading of positions and balances leaves a line here, also when it failed. F5 syncs now."


class SyncsTab(RecordTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        place = RecordList("Syncs", SYNCS, icon="refresh", empty="No sync yet", why=_WHY)
        super().__init__(desk, bridge, place, title="Syncs", file="syncs")
        self.follow(bridge.sync_changed)

    async def fetch(self, limit: int) -> Sequence[SyncRecord]:
        return await self.desk.activity.syncs(limit=limit)


def build(desk: "Desk", bridge: "Bridge") -> SyncsTab:
    return SyncsTab(desk, bridge)
