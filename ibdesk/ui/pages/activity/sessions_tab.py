"""The session as it stands, and below it every state it was in, one line for each change."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent

from ibdesk.domain.events import LinkChanged
from ibdesk.domain.records import SessionRecord
from ibdesk.ui.pages.activity.columns import SESSIONS
from ibdesk.ui.pages.activity.record_tab import RecordTab
from ibdesk.ui.pages.activity.table import RecordList
from ibdesk.ui.session.panel import TruthPanel
from ibdesk.ui.session.wording import AWAY
from ibdesk.ui.widgets import Button, Card

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_WHY = "Each change of the sign-in leaves a line here: signed in, competing, lost, ended."


class SessionsTab(RecordTab):
    """The truth panel above the history; without an account there is only the history."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        place = RecordList("Sessions", SESSIONS, icon="signin", empty="No session yet", why=_WHY)
        self.away = Button(AWAY, tip="What the last outage hid")
        super().__init__(desk, bridge, place, title="Session history", file="sessions", controls=(self.away,))
        self._link: LinkChanged | None = desk.reconnect.state if desk.reconnect is not None else None
        self.panel = TruthPanel()
        now = Card()
        now.setAccessibleName("Session now")
        now.body.setContentsMargins(0, 0, 0, 0)
        now.add(self.panel)
        self.column.insertWidget(0, now)
        now.setVisible(desk.session is not None)
        self.follow(bridge.session_changed)
        self.panel.wanted.connect(bridge.command)
        self.away.clicked.connect(lambda: bridge.command.emit("away"))
        bridge.session_changed.connect(lambda _event: self._show_now())
        bridge.link_changed.connect(self._link_changed)
        bridge.second.connect(self._show_second)

    async def fetch(self, limit: int) -> Sequence[SessionRecord]:
        return await self.desk.activity.sessions(limit=limit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_now()

    def _link_changed(self, event: LinkChanged) -> None:
        self._link = event
        self._show_now()

    def _show_second(self, _now: datetime) -> None:
        if self.isVisible():
            self._show_now()

    def _show_now(self) -> None:
        session, reconnect = self.desk.session, self.desk.reconnect
        self.away.setVisible(reconnect is not None and reconnect.last_report is not None)
        if session is not None:
            self.panel.show_truth(session.truth(), self.desk.clock(), self._link)


def build(desk: "Desk", bridge: "Bridge") -> SessionsTab:
    return SessionsTab(desk, bridge)
