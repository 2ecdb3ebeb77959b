"""The red strip under the header while trading is stopped, and where the frame's kill switch is put together."""

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ibdesk.domain.events import TradingLockChanged
from ibdesk.ui.safety import kill_words as words
from ibdesk.ui.safety.kill_panel import show_panel
from ibdesk.ui.widgets import Banner, Button

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class KillStrip(QWidget):
    """Shown as long as the lock holds: why, since when, for what, what was not done, and how it ends."""

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self.banner = Banner("", tone="loss", action="What was done…")
        self.again = Button("Try again", tip="Cancel what could not be cancelled, and write down what could not be")
        self.banner.pressed.connect(lambda: show_panel(desk, bridge, self))
        self.again.clicked.connect(self._try_again)
        row = self.banner.layout()
        assert isinstance(row, QHBoxLayout)  # noqa: S101 - a banner is one row
        row.insertWidget(row.indexOf(self.banner.button), self.again)
        holder = QHBoxLayout(self)
        holder.setContentsMargins(16, 12, 16, 12)
        holder.addWidget(self.banner)
        bridge.lock_changed.connect(self._lock_changed)
        bridge.second.connect(self.draw)
        self.draw(desk.clock())

    def draw(self, now: datetime) -> None:
        """Say how it stands; an end that has come takes the strip away."""
        switch = self._desk.kill_switch
        lock = switch.lock if switch is not None else None
        if switch is None or lock is None:
            self.hide()
            return
        if self.parent() is not None:
            self.show()
        report = switch.report
        text, detail = words.headline(lock, now), words.detail(lock, report, now)
        if (text, detail) != (self.banner.text.text(), self.banner.detail.text()):
            self.banner.set(text, detail=detail, tone="loss", action="What was done…")
        self.again.setVisible(report is not None and bool(report.uncancelled or report.unwritten))
        self.again.setEnabled(report is None or not report.is_cancelling)

    def _lock_changed(self, _event: TradingLockChanged) -> None:
        self.draw(self._desk.clock())

    def _try_again(self) -> None:
        if self._desk.kill_switch is not None:
            self._bridge.start("cancel again", self._desk.kill_switch.retry(), self.again)
