"""The states of the sign-in, one line for each change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibdesk.domain.records import SessionRecord
from ibdesk.ui.pages.activity.columns import SESSIONS
from ibdesk.ui.pages.activity.record_tab import RecordTab
from ibdesk.ui.pages.activity.table import RecordList

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_WHY = "Each change of the sign-in leaves a line here: signed in, competing, lost, ended."


class SessionsTab(RecordTab):
    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        place = RecordList("Sessions", SESSIONS, icon="signin", empty="No session yet", why=_WHY)
        super().__init__(desk, bridge, place, title="Sessions", file="sessions")
        self.follow(bridge.session_changed)

    async def fetch(self, limit: int) -> Sequence[SessionRecord]:
        return await self.desk.activity.sessions(limit=limit)


def build(desk: "Desk", bridge: "Bridge") -> SessionsTab:
    return SessionsTab(desk, bridge)
