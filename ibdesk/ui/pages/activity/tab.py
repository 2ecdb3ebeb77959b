"""What a tab of Activity is: a widget that reads itself again, soon after what it shows has changed."""

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ibdesk.domain.errors import Refused

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Several events of one moment are one reading, milliseconds.
SETTLE_MS = 300


class ActivityTab(QWidget):
    """One tab. A tab overrides `read`; `reload` runs it at once, `settle` soon, and showing the tab settles it."""

    def __init__(self, desk: "Desk", bridge: "Bridge", name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.desk, self.bridge = desk, bridge
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self.reload)

    async def read(self) -> None:
        """Read what is shown and show it."""

    def reload(self) -> None:
        """Read again now. A desk that is closing has nothing more to show."""
        self._timer.stop()
        with suppress(Refused):
            self.bridge.start(f"read {self.accessibleName()}", self.read())

    def settle(self) -> None:
        """Read again in a moment."""
        self._timer.start()

    @property
    def is_settling(self) -> bool:
        """Whether a reading is due already."""
        return self._timer.isActive()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.settle()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
