"""When the broker's own daily equity is fetched: once a day for each account, beside the syncs.

The broker gives performance data once in 15 minutes and punishes who asks more often
(reference/client-portal-api.md 10), so the last attempt is looked up in the sync log, which survives a restart.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ibdesk.brokers.base import Broker
from ibdesk.domain.accounts import Account, AccountId, masked
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import AccountChanged
from ibdesk.domain.positions import SyncCounts
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.store import records, series
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(days=1)
RETRY_AFTER = timedelta(hours=1)
STAGE = "equity history"
#: A day of syncs of one account; older lines cannot hold an attempt that still counts.
LINES = 3_000


class EquityHistory:
    """Fills the equity curve with the days before ibdesk watched."""

    def __init__(
        self, broker: Broker, *, hub: Hub, database: Database, clock: Clock, timer: Callable[[], float]
    ) -> None:
        self._broker = broker
        self._hub = hub
        self._database = database
        self._clock = clock
        self._timer = timer
        self._due: dict[AccountId, datetime] | None = None
        self._is_fetching = False

    def is_due(self, accounts: Sequence[Account]) -> bool:
        """Whether `fetch` would ask the broker for any of these."""
        if self._is_fetching:
            return False
        due, now = self._due, self._clock()
        return due is None or any(due.get(account.id, now) <= now for account in accounts)

    async def fetch(self, accounts: Sequence[Account]) -> None:
        """Fetch and store what is due, one account after the other; failures are lines in the sync log."""
        if self._is_fetching:
            return
        self._is_fetching = True
        try:
            if self._due is None:
                self._due = _attempts(await self._database.read(records.load_syncs, LINES, (self._broker.source,)))
            for account in accounts:
                now = self._clock()
                if self._due.get(account.id, now) <= now:
                    self._due[account.id] = now + RETRY_AFTER  # whatever becomes of this attempt, it was one
                    self._due[account.id] = await self._fetch(account.id)
        except DeskError as error:
            log.error("The equity history could not be stored: %s", error.message)
        finally:
            self._is_fetching = False

    async def _fetch(self, account: AccountId) -> datetime:
        """Fetch one account's days; when to ask again."""
        started, began = self._clock(), self._timer()
        try:
            days = await self._broker.equity_history(account)
        except DeskError as error:
            log.info("No equity history of %s: %s", masked(account), error.message)
            failed = self._record(account, started, began, error=error)
            await self._database.write(records.add_sync, failed)
            return self._clock() + RETRY_AFTER
        points = tuple(day for day in days if day.at < started)  # today's is dated at a close still to come
        record = self._record(account, started, began, count=len(points))

        def store(tx: "Connection") -> None:
            series.add_equity(tx, account, points, self._broker.source)
            records.add_sync(tx, record)

        await self._database.write(store)
        if points:
            self._hub.publish(AccountChanged(account=account, as_of=points[-1].at, source=self._broker.source))
        return self._clock() + AGAIN_AFTER

    def _record(
        self, account: AccountId, started: datetime, began: float, *, count: int = 0, error: DeskError | None = None
    ) -> SyncRecord:
        return SyncRecord(
            account=account,
            source=self._broker.source,
            started_at=started,
            finished_at=self._clock(),
            status=SyncStatus.SUCCESS if error is None else SyncStatus.FAILED,
            counts=SyncCounts(processed=count),
            stages={STAGE: round((self._timer() - began) * 1000)},
            errors=() if error is None else (error.message,),
            cause="" if error is None else error.cause.value,
        )


def _attempts(lines: Sequence[SyncRecord]) -> dict[AccountId, datetime]:
    """When each account may be asked again, by the newest attempt in the log (newest first)."""
    due: dict[AccountId, datetime] = {}
    for line in lines:
        if STAGE in line.stages and line.account is not None:
            pause = AGAIN_AFTER if line.status is SyncStatus.SUCCESS else RETRY_AFTER
            due.setdefault(line.account, line.started_at + pause)
    return due
