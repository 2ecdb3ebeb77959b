"""When the vault is backed up by itself, and which of those backups are kept.

A backup is due when the newest one is older than `backup_hours`, whoever made it: not after so long a time of running,
so a desk that is opened for an hour a day is backed up too. A date in the future (the clock was wrong once) counts for
nothing. A backup that fails is told once and tried again later.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.events import BackupDone
from ibdesk.domain.records import BackupInfo, BackupReason
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.rounds import Rounds
from ibdesk.services.tasks import Tasks
from ibdesk.services.vault_care import VaultCare
from ibdesk.services.waiting import Wait, wait
from ibdesk.store.files import disk_errors

log = logging.getLogger(__name__)

#: How long after opening the desk.
AT_FIRST = timedelta(minutes=1)
#: The folder is looked at this often at least: a disk that was away may be back, a file may have been deleted.
LOOK_AGAIN = timedelta(minutes=10)
#: After a failure.
TRY_AGAIN = timedelta(minutes=15)


class Backups:
    """Makes the scheduled backups. `last_error` is why the last one failed; None since one succeeded."""

    def __init__(
        self,
        care: VaultCare,
        *,
        hub: Hub,
        tasks: Tasks,
        settings: Callable[[], Settings],
        clock: Clock,
        wait: Wait = wait,
    ) -> None:
        self.last_error: DeskError | None = None
        self._care = care
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._rounds = Rounds(
            "backups", self._step, at_first=AT_FIRST, settings="backup_", hub=hub, tasks=tasks, wait=wait
        )  # fmt: skip

    def start(self) -> None:
        """Keep to the schedule from now on."""
        self._rounds.start()

    async def due_at(self) -> datetime | None:
        """When the next backup is due, in the past when it is overdue; None when there is no schedule."""
        hours = self._settings().backup_hours
        return None if hours == 0 else due(await self._care.backups(), timedelta(hours=hours), self._clock())

    async def _step(self) -> timedelta:
        """Back up if it is time; how long to wait then."""
        try:
            due_at = await self.due_at()
            if due_at is not None and due_at <= self._clock():
                await self._make()
                due_at = await self.due_at()
        except DeskError as error:
            return self._failed(error)
        left = LOOK_AGAIN if due_at is None else due_at - self._clock()
        return min(max(left, timedelta(seconds=1)), LOOK_AGAIN)

    async def _make(self) -> None:
        info = await self._care.make_backup(BackupReason.SCHEDULE)
        self.last_error = None
        log.info("The vault was backed up: %d bytes, %d rows", info.bytes, info.rows)
        self._hub.publish(BackupDone(at=info.made_at, name=Path(info.path).name))
        for old in to_delete(await self._care.backups(), self._settings().backup_keep, self._clock()):
            if old.path == info.path:  # never the one just made, whatever the clock says
                continue
            with disk_errors(Path(old.path)):
                await asyncio.to_thread(Path(old.path).unlink, missing_ok=True)

    def _failed(self, error: DeskError) -> timedelta:
        if error.cause is not Cause.VAULT_CLOSED:
            if self.last_error is None or self.last_error.cause is not error.cause:
                log.warning("The vault could not be backed up: %s", error.message)
                self._hub.publish(BackupDone(at=self._clock(), error=error))
            self.last_error = error
        return TRY_AGAIN


def due(made: Sequence[BackupInfo], every: timedelta, now: datetime) -> datetime:
    """When the next backup is due; `now` when there is none yet."""
    past = [info.made_at for info in made if info.made_at <= now]
    return max(past) + every if past else now


def to_delete(made: Sequence[BackupInfo], keep: int, now: datetime) -> tuple[BackupInfo, ...]:
    """The scheduled backups beyond the `keep` newest. Those a person made are the person's.

    Dates in the future are counted apart: after the clock was set back they would push out each new one.
    """
    scheduled = sorted(
        (info for info in made if info.reason is BackupReason.SCHEDULE), key=lambda info: info.made_at, reverse=True
    )
    past = [info for info in scheduled if info.made_at <= now]
    ahead = [info for info in scheduled if info.made_at > now]
    return (*ahead[keep:], *past[keep:])
