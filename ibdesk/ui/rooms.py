"""The eight rooms and the tabs of Activity: order, names, icons and keys, and where each one's widget comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One room of the rail. `module` is its page in `ui.pages`; `group` puts a line where it changes."""

    key: str
    title: str
    group: int
    module: str = "coming"

    @property
    def icon(self) -> str:
        return self.key


ROOMS: tuple[Room, ...] = (
    Room(key="dashboard", title="Dashboard", group=0, module="dashboard"),
    Room(key="portfolio", title="Portfolio", group=0, module="portfolio"),
    Room(key="trade", title="Trade", group=0, module="trade"),
    Room(key="orders", title="Orders", group=0, module="orders"),
    Room(key="performance", title="Performance", group=0),
    Room(key="trust", title="Trust", group=1),
    Room(key="activity", title="Activity", group=2, module="activity"),
    Room(key="settings", title="Settings", group=2, module="settings"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab of Activity. Its file is `<key>_tab.py`, whose `build(desk, bridge)` makes it on first entry; `words`
    find it in the palette."""

    key: str
    title: str
    words: str = ""


ACTIVITY_TABS: tuple[Tab, ...] = (
    Tab(key="syncs", title="Syncs", words="sync log positions read failed"),
    Tab(key="sessions", title="Sessions", words="history tracking signed in"),
    Tab(key="calls", title="API calls", words="audit requests verify export"),
    Tab(key="receipts", title="Receipts", words="compliance orders blocked sent print proof checks why"),
    Tab(key="compliance", title="Disclosures", words="compliance acknowledgments agreed version options risk document"),
    Tab(key="doctor", title="Doctor", words="diagnosis trouble examine why gateway java conf start stop help"),
    Tab(key="log", title="Log", words="console file errors support bundle"),
)


def room_of(key: str) -> Room:
    """The room with this key."""
    return next(room for room in ROOMS if room.key == key)


def load_code(room: Room, then: Callable[[], None]) -> None:
    """Import the room's page in a turn of the loop of its own, then go on: with its widgets it would hold the window
    too long."""
    import_module(f"ibdesk.ui.pages.{room.module}")
    then()


def build_page(room: Room, desk: "Desk", bridge: "Bridge") -> QWidget:
    """The room's widget. Pages are imported here, on first entry: charts cost more than the whole first paint."""
    page = import_module(f"ibdesk.ui.pages.{room.module}")
    made = page.coming(room) if room.module == "coming" else page.build(desk, bridge)
    assert isinstance(made, QWidget)  # noqa: S101 - every page module's `build` returns one
    return made
