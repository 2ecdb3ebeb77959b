"""What watches over an open desk's vault: the system's lock and sleep, a backup that failed, a key that grew old."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.events import BackupDone, TimeJumped
from ibdesk.ui.system_lock import SystemLock

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


def is_old(made: datetime | None, now: datetime, days: int) -> bool:
    """Whether a key of that day should be changed; 0 days is never."""
    return made is not None and days > 0 and (now - made).days >= days


class VaultGuard(QObject):
    """Lives as long as `parent`, the desk's view. `lock` hides the desk; idleness is somebody else's to notice."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", *, lock: Callable[[], None], parent: QWidget,
        system: SystemLock | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._lock, self._view = desk, bridge, lock, parent
        self.system = system or SystemLock(self)
        self.system.locked.connect(self._with_system)
        bridge.time_jumped.connect(self._time_jumped)
        bridge.backup_done.connect(self._backed_up)
        bridge.start("remind of what is due", self._remind())

    def _with_system(self) -> None:
        if self._desk.preferences.sourced.settings.lock_with_system:
            self._lock()

    def _time_jumped(self, event: TimeJumped) -> None:
        """The computer slept, and some systems tell nobody: whoever woke it need not be the owner."""
        if event.slept:
            self._with_system()

    def _backed_up(self, event: BackupDone) -> None:
        if event.error is not None:
            self._bridge.failed("back up", event.error)

    async def _remind(self) -> None:
        desk = self._desk
        if desk.environment is Environment.DEMO:
            return
        if desk.environment is Environment.LIVE:
            from ibdesk.ui.wizard.again import ask_again  # the wizard's pages take time to import: only where asked

            await ask_again(desk, self._bridge, self._view.window())
        await desk.care.look()
        days = desk.preferences.sourced.settings.rekey_reminder
        if is_old(desk.care.key_changed_at, desk.clock(), days):
            self._bridge.failed("remind of the key", NeedsPerson(
                f"The vault’s key is older than {days} days.",
                remedy="Change it now and then: Settings, Vault, Change the key.", cause=Cause.KEY_OLD))
