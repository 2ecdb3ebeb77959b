"""The Activity room: which tabs it has, and which of them is on screen."""

from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.pages.activity.tab import ActivityTab
from ibdesk.ui.rooms import ACTIVITY_TABS as TABS
from ibdesk.ui.widgets import Segmented

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


def build(desk: "Desk", bridge: "Bridge") -> QWidget:
    """The Activity room of an open desk."""
    return ActivityPage(desk, bridge)


class ActivityPage(QWidget):
    """The tabs; each is made when it is first shown."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self.setAccessibleName("Activity")
        self._desk, self._bridge = desk, bridge
        self.tabs = Segmented([(tab.key, tab.title) for tab in TABS], name="Activity")
        self._made: dict[str, ActivityTab] = {}
        self._places = QStackedWidget()
        self._stack()
        self.tabs.chosen.connect(self.show_tab)
        self.show_tab(TABS[0].key)

    def show_tab(self, key: str) -> None:
        """Turn to a tab; what it shows is read again."""
        self.tabs.set_current(key)
        tab = self.tab(key)
        self._places.setCurrentWidget(tab)
        tab.reload()

    def tab(self, key: str) -> ActivityTab:
        """One of the tabs, made now if nobody has been there."""
        if key not in self._made:
            made = import_module(f"ibdesk.ui.pages.activity.{key}_tab").build(self._desk, self._bridge)
            assert isinstance(made, ActivityTab)  # noqa: S101 - every tab file's `build` returns one
            self._made[key] = made
            self._places.addWidget(made)
        return self._made[key]

    def _stack(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(self.tabs)
        bar.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(12)
        column.addLayout(bar)
        column.addWidget(self._places, 1)
