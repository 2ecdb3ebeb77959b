"""Who watches the vault of an open desk: the system's lock, a sleep, failed backups, an old key."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import BackupDone, Notice, TimeJumped
from ibdesk.services.desk import Desk
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.system_lock import SystemLock
from ibdesk.ui.vault.guard import VaultGuard
from tests.ui.sample_care import MADE, MadeUpCare
from tests.ui.sample_desk import NOW, sample_desk

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Guarded:
    """A guard at work and what it did."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.locks = desk, 0
        self.notices: list[Notice] = []
        self.bridge = Bridge(desk.tasks)
        self.bridge.listen(desk.hub)
        self.bridge.notice.connect(self.notices.append)
        self.view = QWidget()
        self.guard = VaultGuard(
            desk, self.bridge, lock=self._lock, parent=self.view, system=SystemLock(platform="somewhere else"))

    def _lock(self) -> None:
        self.locks += 1

    async def rest(self) -> None:
        await asyncio.sleep(0.05)

    async def end(self) -> None:
        await self.rest()
        self.bridge.deafen()
        await self.desk.close()
        self.view.deleteLater()


def test_the_systems_lock_and_a_sleep_lock_the_desk_unless_set_otherwise(run: Run, qtbot: QtBot) -> None:
    async def walk() -> None:
        it = Guarded(sample_desk(Environment.PAPER, care=MadeUpCare()))
        it.guard.system.locked.emit()
        assert it.locks == 1
        it.desk.hub.publish(TimeJumped(at=NOW, by=timedelta(hours=1), slept=True))
        await it.rest()
        assert it.locks == 2
        it.desk.hub.publish(TimeJumped(at=NOW, by=timedelta(hours=-1), slept=False))
        await it.rest()
        assert it.locks == 2, "a clock that was set back is no sleep"
        await it.desk.preferences.change("lock_with_system", "false")
        it.guard.system.locked.emit()
        assert it.locks == 2
        await it.end()

    run(walk())


def test_a_backup_that_failed_is_told(run: Run, qtbot: QtBot) -> None:
    async def walk() -> None:
        it = Guarded(sample_desk(Environment.DEMO))
        full = Unavailable("The disk is full.", remedy="Free some space.", cause=Cause.DISK_FULL)
        it.desk.hub.publish(BackupDone(at=NOW, error=full))
        it.desk.hub.publish(BackupDone(at=NOW, name="fine"))
        await it.rest()
        assert [notice.error for notice in it.notices] == [full]
        await it.end()

    run(walk())


@pytest.mark.parametrize(("made", "told"), [(MADE.replace(year=2025), True), (MADE, False)])
def test_an_old_key_is_reminded_of_when_the_desk_opens(run: Run, qtbot: QtBot, made: Any, told: bool) -> None:
    async def walk() -> None:
        care = MadeUpCare()
        care.key_changed_at = made
        it = Guarded(sample_desk(Environment.PAPER, care=care))
        await it.rest()
        causes = [notice.error.cause for notice in it.notices if notice.error is not None]
        assert causes == ([Cause.KEY_OLD] if told else [])
        await it.end()

    run(walk())
