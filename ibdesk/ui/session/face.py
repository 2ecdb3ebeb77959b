"""Which event changes which part of the session's face: panel, strip, card, tray, sound; and when nothing ticks."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from ibdesk.domain.events import LinkChanged, SessionChanged, SessionEnding, WentAway
from ibdesk.domain.truth import Truth
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.session import wording
from ibdesk.ui.session.alerts import Alerts
from ibdesk.ui.session.away import AwayCard
from ibdesk.ui.session.ending import EndingStrip
from ibdesk.ui.session.panel import TruthPanel
from ibdesk.ui.session.popover import Popover
from ibdesk.ui.session.tray import Tray

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: The panel's width over the page, in pixels.
PANEL = 700


class SessionFace(QObject):
    """The parts of one desk's session. `view` is the desk's frame, `anchor` the pill the panel hangs from; `run` does a
    command by its name."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", view: QWidget, anchor: QWidget, run: Callable[[str], None],
        tray: Tray | None = None,
    ) -> None:
        super().__init__(view)
        self._desk, self._view, self._run = desk, view, run
        self.link: LinkChanged | None = desk.reconnect.state if desk.reconnect is not None else None
        self.strip = EndingStrip(desk.clock)
        self.away = AwayCard()
        self.panel = TruthPanel()
        self.popover = Popover(self.panel, anchor, view, width=PANEL)
        self.tray = tray or Tray(view)
        self.alerts = Alerts(
            settings=lambda: desk.preferences.sourced.settings, notify=self.tray.notify, is_in_front=self._is_in_front,
            is_up=self.link is not None and self.link.is_up, parent=self,
        )
        if desk.session is None:
            self.tray.withhold("sync", "sign-in")
        for wanted in (self.strip.wanted, self.panel.wanted, self.tray.wanted):
            wanted.connect(self._wanted)
        self.panel.left.connect(self.popover.shut)
        for signal, slot in (
            (bridge.session_changed, self._session_changed), (bridge.session_ending, self._session_ending),
            (bridge.link_changed, self._link_changed), (bridge.went_away, self._went_away),
            (bridge.connection_changed, lambda _event: self.refresh()), (bridge.second, self._show_time),
        ):
            signal.connect(slot)
        self.refresh()

    def toggle_panel(self) -> None:
        """Open the truth panel, or close it."""
        if self.popover.isVisible():
            self.popover.shut()
            return
        self._show_truth(self._desk.clock())
        self.popover.open()
        self.panel.take_focus()

    def show_away(self) -> None:
        """Show again what the last outage hid."""
        reconnect = self._desk.reconnect
        if reconnect is not None and reconnect.last_report is not None:
            self.away.show_report(reconnect.last_report)

    def refresh(self) -> None:
        """Say again how the session stands: in the tray always, in the panel while it is open."""
        now = self._desk.clock()
        session = self._desk.session
        light, text = wording.standing(
            session.session if session is not None else None, self._truth(), self.link, now)
        self.tray.show_state(light, text, is_locked=not self._view.isVisible())
        if self.popover.isVisible():
            self._show_truth(now)

    def _truth(self) -> Truth | None:
        return self._desk.session.truth() if self._desk.session is not None else None

    def _show_truth(self, now: datetime) -> None:
        truth = self._truth()
        if truth is not None:
            self.panel.show_truth(truth, now, self.link)
            QTimer.singleShot(0, self.popover, self.popover.place)  # when the rows know their new heights

    def _show_time(self, now: datetime) -> None:
        self.strip.show_time(now)
        if self.popover.isVisible():
            self._show_truth(now)

    def _session_changed(self, event: SessionChanged) -> None:
        self.strip.follow(event.session)
        self.refresh()

    def _session_ending(self, event: SessionEnding) -> None:
        self.strip.show_ending(event)
        self.alerts.session_ending(event, self._desk.clock())

    def _link_changed(self, event: LinkChanged) -> None:
        self.link = event
        self.alerts.link_changed(event, self._desk.clock())
        self.refresh()

    def _went_away(self, event: WentAway) -> None:
        self.away.show_report(event.report)
        self.alerts.went_away(event)

    def _wanted(self, name: str) -> None:
        if name == "open":
            self._come_forward()
        else:
            self._run(name)

    def _come_forward(self) -> None:
        window = self._view.window()
        if isinstance(window, MainWindow):
            window.come_forward()

    def _is_in_front(self) -> bool:
        window = self._view.window()
        return window.isActiveWindow() and not window.isMinimized()
