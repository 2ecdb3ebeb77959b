"""When pictures of the accounts are fetched and stored: every interval, on demand, one run shared by all who ask.

One account's picture is one transaction; if anything in it could not be fetched, nothing of it is stored and the
picture before it stays. Every attempt leaves a line in the sync log that names what failed.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from ibdesk.brokers.base import Broker
from ibdesk.domain.accounts import Account, AccountId, Environment, masked
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    FillsArrived,
    LineChanged,
    Notice,
    RateChanged,
    SessionChanged,
    SyncChanged,
    TimeJumped,
)
from ibdesk.domain.line import Line
from ibdesk.domain.modes import check_environment
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.domain.session import SessionState
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.history import EquityHistory
from ibdesk.services.hub import Hub
from ibdesk.services.outcome import Stages, SyncOutcome, status_of
from ibdesk.services.session import SessionService
from ibdesk.services.socket_health import broker_lost
from ibdesk.services.stored_picture import let_go, outdated, store
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import accounts, records
from ibdesk.store.database import Database

if TYPE_CHECKING:
    pass

__all__ = ["SyncOutcome", "SyncService"]

log = logging.getLogger(__name__)

#: After these no other account will fare better, so the run stops asking.
ENDS_THE_RUN = frozenset({
    Cause.GATEWAY_NOT_RUNNING, Cause.GATEWAY_PLAIN_HTTP, Cause.NOT_A_GATEWAY, Cause.ACCESS_DENIED,
    Cause.CERTIFICATE_UNKNOWN, Cause.CERTIFICATE_CHANGED, Cause.NOT_AUTHENTICATED, Cause.BROKERAGE_LOST,
    Cause.COMPETING_SESSION, Cause.PENALTY_BOX, Cause.MAINTENANCE, Cause.DISK_FULL, Cause.VAULT_CLOSED,
    Cause.CLIENT_ID_IN_USE, Cause.TWS_REFUSED, Cause.TWS_SILENT, Cause.TWS_GONE, Cause.TWS_TOO_OLD,
})  # fmt: skip
#: After these the session is looked at before another account is tried: one that hangs would hang too.
ASK_THE_SESSION = frozenset({Cause.TIMED_OUT})
#: Seconds after a print until the picture of the account is read anew, and between two such readings.
SETTLES, FOLLOWS_EVERY = 1.0, 10.0


class SyncService:
    """Keeps the vault's picture of every account young, as one source has it.

    A source has a `session` that somebody signs in to, or a `line` that stands or does not; without either it is asked
    whenever it is time. One that `stands_beside` another adds accounts that nobody told of; what the other says of
    accounts and of their past is fuller and stays.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        session: SessionService | None,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        environment: Environment,
        settings: Callable[[], Settings],
        clock: Clock,
        line: Callable[[], Line] | None = None,
        stands_beside: bool = False,
        wait: Wait = wait,
        timer: Callable[[], float] = perf_counter,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.last: SyncOutcome | None = None
        self.source = broker.source
        self._broker = broker
        self._line = line
        self._stands_beside = stands_beside
        self._session = session
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._environment = environment
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._timer = timer
        self._ticks = ticks
        self._history = EquityHistory(broker, hub=hub, database=database, clock=clock, timer=timer)
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._runs: dict[AccountId | None, asyncio.Task[SyncOutcome]] = {}
        self._accounts: tuple[Account, ...] = ()
        self._not_before: float | None = None
        self._failure: DeskError | None = None
        self._was_ready = False
        self._must_be_fresh = False
        self._beside: asyncio.Task[None] | None = None
        self._follows_fills = False
        self._followed_fills = -FOLLOWS_EVERY

    @property
    def running(self) -> bool:
        return bool(self._runs)

    def start(self) -> None:
        """Sync every interval from now on, and at once when the session becomes ready or the line comes up."""
        if self._line is None:
            self._hub.subscribe(SessionChanged, self._session_changed)
        else:
            self._hub.subscribe(LineChanged, self._line_changed)
        self._hub.subscribe(ConnectionLost, self._connection_lost)
        self._hub.subscribe(TimeJumped, lambda event: self._woken.set())
        self._hub.subscribe(RateChanged, self._rate_changed)
        self._hub.subscribe(FillsArrived, self._fills_arrived)
        self._tasks.start("sync every interval", self._every_interval())

    async def run(self, account: AccountId | None = None) -> SyncOutcome:
        """Sync this account, or all. Callers during a run get its outcome (one gateway, one fetch). Failures are in
        the records, never raised."""
        whose = "all accounts" if account is None else masked(account)
        log.info("Sync over %s asked for: %s", self.source.value, whose)
        return await asyncio.shield(self._shared(account, fresh=True))

    async def finish(self) -> None:
        """Wait for what a run began beside itself, the equity history: who closes the desk at once would cut it off."""
        if self._beside is not None:
            await asyncio.wait((self._beside,))

    def _shared(self, account: AccountId | None, *, fresh: bool) -> asyncio.Task[SyncOutcome]:
        running = self._runs.get(account) or self._runs.get(None)
        if running is not None:
            return running
        task = self._tasks.start("sync", self._run(account, fresh=fresh))
        self._runs[account] = task
        task.add_done_callback(lambda ended: self._runs.pop(account, None))
        return task

    async def _every_interval(self) -> None:
        while not self._tasks.is_closing:
            self._woken.clear()
            if self._should_try():
                # a run that breaks is reported; the next comes
                await asyncio.wait((self._shared(None, fresh=self._must_be_fresh),))
            await self._wait(self._pause().total_seconds(), self._woken)

    def _should_try(self) -> bool:
        """Whether an automatic run makes sense: ready, not in the penalty box, or a reason not yet written down."""
        if not self._settings().auto_sync or self._boxed_for() > timedelta():
            return False
        if self._line is not None and not self._line().is_alive:
            return False
        if self._session is None or self._session.session.is_ready:
            return True
        session, problem = self._session.session, self._session.problem
        if session.state is SessionState.UNKNOWN or session.checked_at is None:
            return False
        return problem is not None and not self._was_said(problem)

    def _was_said(self, problem: DeskError) -> bool:
        last = self.last.error if self.last is not None else None
        return last is not None and last.cause is problem.cause

    def _pause(self) -> timedelta:
        interval = timedelta(seconds=float(self._settings().sync_interval))
        return max(interval, self._boxed_for())

    def _boxed_for(self) -> timedelta:
        """How long the penalty box is still shut, on the loop's clock: the wall clock may be set back."""
        if self._not_before is None:
            return timedelta()
        return timedelta(seconds=max(0.0, self._not_before - self._ticks()))

    def _rate_changed(self, event: RateChanged) -> None:
        """A call went through, or was refused: the broker's own word on the penalty box is newer than ours."""
        if self._not_before is not None and event.rate.boxed_until is None:
            self._not_before = None
            self._woken.set()

    def _fills_arrived(self, _event: FillsArrived) -> None:
        """What was traded is held, or is not any more: who closes or opens next looks at the new picture. Prints come
        in handfuls, so the handful is waited for."""
        if not self._follows_fills and not self._tasks.is_closing:
            self._follows_fills = True
            self._tasks.start("sync after a trade", self._after_fills())

    async def _after_fills(self) -> None:
        """An order that fills bit by bit must not use the request budget up."""
        since = self._ticks() - self._followed_fills
        try:
            await self._wait(max(SETTLES, FOLLOWS_EVERY - since), asyncio.Event())
        finally:
            self._follows_fills = False
        self._followed_fills = self._ticks()
        self._must_be_fresh = True
        self._woken.set()

    def _connection_lost(self, _event: ConnectionLost) -> None:
        self._must_be_fresh = True  # what the broker kept from before the outage is not good enough after it

    def _session_changed(self, event: SessionChanged) -> None:
        self._became(is_ready=event.session.is_ready)

    def _line_changed(self, event: LineChanged) -> None:
        if event.source is self.source:
            self._became(is_ready=event.line.is_alive)

    def _became(self, *, is_ready: bool) -> None:
        if is_ready != self._was_ready:
            self._accounts = ()
            self._woken.set()
        self._was_ready = is_ready

    async def _run(self, account: AccountId | None, *, fresh: bool) -> SyncOutcome:
        async with self._turn:
            self._failure = None
            made = await self._records(account, fresh=fresh)
            self.last = SyncOutcome(status=status_of(made), records=made, error=self._failure)
            self._sum_up(self.last)
        is_any_read = any(record.status in (SyncStatus.SUCCESS, SyncStatus.PARTIAL) for record in made)
        if is_any_read and not self._stands_beside and self._history.is_due(self._accounts):
            self._beside = self._tasks.start("equity history", self._history.fetch(self._accounts))
        return self.last

    async def _records(self, account: AccountId | None, *, fresh: bool) -> tuple[SyncRecord, ...]:
        started, stages = self._clock(), Stages(self._timer)
        self._publish(SyncChanged(account=account, started_at=started, stage="session"))
        try:
            wanted = await self._wanted(account, stages)
        except DeskError as error:
            skipped = error.cause in ENDS_THE_RUN and not self._is_ready()
            status = SyncStatus.SKIPPED if skipped else SyncStatus.FAILED
            return (await self._failed(account, started, stages, error, status),)
        made: list[SyncRecord] = []
        ended_by: DeskError | None = None
        for each in wanted:
            if ended_by is not None:
                made.append(await self._failed(each, started, stages, ended_by, SyncStatus.SKIPPED))
                continue
            try:
                made.append(await self._sync(each, stages, fresh=fresh))
            except DeskError as error:
                made.append(await self._failed(each, started, stages, error, SyncStatus.FAILED))
                ended_by = error if await self._ends_the_run(error) else None
            started, stages = self._clock(), Stages(self._timer)
        if ended_by is not None and self._session is not None and ended_by.cause not in ASK_THE_SESSION:
            await self._session.look()
        return tuple(made)

    async def _ends_the_run(self, error: DeskError) -> bool:
        """Whether no other account will fare better. After a time-out the session knows, once it was asked."""
        if error.cause in ASK_THE_SESSION and self._session is not None:
            await self._session.look()
            return not self._is_ready()
        return error.cause in ENDS_THE_RUN

    async def _wanted(self, account: AccountId | None, stages: Stages) -> tuple[AccountId, ...]:
        """The accounts to sync, once the session and the environment allow it."""
        with stages.stage("session"):
            await self._check_session()
        with stages.stage("accounts"):
            if not self._accounts:
                self._accounts = await self._fetch_accounts()
        known = tuple(each.id for each in self._accounts)
        if account is None:
            return known
        if account not in known:
            raise Refused(
                f"This sign-in cannot see the account {account}.",
                remedy="Check the account id, or sign in with the user name that may see it.",
                cause=Cause.UNKNOWN_ACCOUNT,
            )
        return (account,)

    async def _check_session(self) -> None:
        if self._line is not None and (problem := broker_lost(self._line())) is not None:
            raise problem
        if self._session is None or self._session.session.is_ready:
            return
        await self._session.look()
        if self._session.problem is not None:
            raise self._session.problem

    def _is_ready(self) -> bool:
        return self._session is None or self._session.session.is_ready

    async def _fetch_accounts(self) -> tuple[Account, ...]:
        seen = await self._broker.accounts()
        if not seen:
            raise Unavailable(
                "The broker names no account for this sign-in yet.",
                remedy="Right after signing in this takes some seconds; it is tried again by itself.",
                cause=Cause.UNKNOWN_ACCOUNT,
            )
        for account in seen:
            check_environment(self._environment, account)
        save = accounts.add_accounts if self._stands_beside else accounts.save_accounts
        await self._database.write(save, seen, self._clock())
        return seen

    async def _sync(self, account: AccountId, stages: Stages, *, fresh: bool) -> SyncRecord:
        """Fetch and store one account's picture. Raises what stopped it; nothing is stored then."""
        started = self._clock()
        self._publish(SyncChanged(account=account, started_at=started, stage="fetch"))
        with stages.stage("fetch"):
            picture = await self._broker.snapshot(account, fresh=fresh)
        with stages.stage("store"):
            counts, was_ahead = await self._database.write(store, picture)
        self._not_before = None
        self._must_be_fresh = False
        record = SyncRecord(
            account=account,
            source=self.source,
            started_at=started,
            finished_at=self._clock(),
            status=SyncStatus.PARTIAL if counts.skipped else SyncStatus.SUCCESS,
            counts=counts,
            stages=stages.taken,
            errors=(*outdated(picture, counts, was_ahead), *(f"{row.what}: {row.why}" for row in picture.skipped)),
            next_at=self._next_at(),
        )
        await self._write_down(record)
        as_of, positions = picture.as_of, list(picture.positions)
        del picture
        await let_go(positions)
        self._hub.publish(AccountChanged(account=account, as_of=as_of, source=self.source))
        self._publish(SyncChanged(account=account, started_at=started, finished_at=record.finished_at, counts=counts))
        return record

    async def _failed(
        self, account: AccountId | None, started: datetime, stages: Stages, error: DeskError, status: SyncStatus
    ) -> SyncRecord:
        """Write down by name why an account was not synced, and tell it."""
        if error.cause is Cause.PENALTY_BOX and isinstance(error, Unavailable) and error.retry_at is not None:
            self._not_before = self._ticks() + (error.retry_at - self._clock()).total_seconds()
        self._failure = error
        record = SyncRecord(
            account=account,
            source=self.source,
            started_at=started,
            finished_at=self._clock(),
            status=status,
            stages=stages.taken,
            errors=(error.message,),
            cause=error.cause.value,
            next_at=self._next_at(),
        )
        await self._write_down(record)
        self._publish(SyncChanged(account=account, started_at=started, finished_at=record.finished_at, error=error))
        return record

    def _publish(self, event: SyncChanged) -> None:
        self._hub.publish(replace(event, source=self.source))

    def _sum_up(self, outcome: SyncOutcome) -> None:
        """One line for each run in the log, and one for each account that was not read or not whole."""
        counts = outcome.counts
        log.info(
            "Sync over %s: %s, %d accounts, %d processed, %d new, %d updated, %d removed, %d skipped",
            self.source.value, outcome.status.value, len(outcome.records), counts.processed, counts.new,
            counts.updated, counts.removed, counts.skipped,
        )  # fmt: skip
        for record in outcome.records:
            if record.errors:
                who = "no account" if record.account is None else masked(record.account)
                log.info("Sync over %s, %s: %s", self.source.value, who, "; ".join(record.errors))

    def _next_at(self) -> datetime:
        return self._clock() + self._pause()

    async def _write_down(self, record: SyncRecord) -> None:
        try:
            await self._database.write(records.add_sync, record)
        except DeskError as error:
            log.error("The sync could not be written down: %s", error.message)
            self._hub.publish(Notice(error=error))
