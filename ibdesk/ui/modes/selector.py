"""When the mode button's panel opens and what it is told: the connections, the checklist, the unlocked account."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from ibdesk.domain.events import SettingsChanged
from ibdesk.ui.modes.choices import Standing, choices
from ibdesk.ui.modes.panel import ModePanel
from ibdesk.ui.session.popover import Popover

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: The panel's width, in pixels.
WIDTH = 430


async def standing_of(desk: "Desk") -> Standing:
    """What the offer of modes depends on, read now."""
    known = await desk.preferences.credentials()
    live, items = desk.going_live, None
    if live is not None:
        items = len((await live.look()).missing)
    return Standing(
        mode=desk.mode, lender=desk.environment, connected={each.environment: each.account for each in known},
        uses_ibkr=desk.preferences.sourced.settings.ibkr_enabled, open_items=items,
        armed=None if live is None else live.armed,
    )  # fmt: skip


class ModeSelector(QObject):
    """The panel of one desk. `anchor` is the mode button; `run` does a command by its name."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", view: QWidget, anchor: QWidget, run: Callable[[str], None]
    ) -> None:
        super().__init__(view)
        self._desk, self._bridge = desk, bridge
        self.panel = ModePanel()
        self.popover = Popover(self.panel, anchor, view, width=WIDTH)
        self.panel.wanted.connect(run)
        self.panel.left.connect(self.popover.shut)
        bridge.settings_changed.connect(self._settings_changed)
        bridge.arming_changed.connect(lambda _event: self._refresh())
        plain = Standing(mode=desk.mode, lender=desk.environment, connected={})
        self.panel.show_choices(choices(plain))

    def toggle(self) -> None:
        """Open the panel, or close it."""
        if self.popover.isVisible():
            self.popover.shut()
            return
        self.popover.open()
        self.panel.take_focus()
        self._bridge.start("read the modes", self._read())

    def _settings_changed(self, _event: SettingsChanged) -> None:
        self._refresh()

    def _refresh(self) -> None:
        if self.popover.isVisible():
            self._bridge.start("read the modes", self._read())

    async def _read(self) -> None:
        self.panel.show_choices(choices(await standing_of(self._desk)))
        self.popover.place()
        QTimer.singleShot(0, self.popover, self.popover.place)  # when new rows know their heights
