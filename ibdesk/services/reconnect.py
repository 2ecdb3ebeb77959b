"""What an outage is: when it begins, what is told while it lasts, and what is done, in which order, when it ends.

The session's keeper is the only one who asks a lost gateway, at the pace of `pacing`; this listens to it, to the
stream and to the syncs. A loss is told at the first failed call or the first silence of the stream. The return is:
the session's status first (it has been asked), then the stream (opened anew by `live`) and a fresh picture of every
account at once, and only then the source counts as connected again and the outage is accounted for. That one picture
is fetched even with "sync by itself" off: without it the figures of before would look fresh, for the return is what
ends their being stale, and nothing could be said of the outage. The other way, leaving them stale until a person
syncs, would call a desk lost that is not.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ibdesk.domain.away import AwayReport, compare
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    LinkChanged,
    SessionChanged,
    StreamChanged,
    SyncChanged,
    WentAway,
)
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.session import SessionService
from ibdesk.services.sync import SyncService
from ibdesk.services.tasks import Tasks

log = logging.getLogger(__name__)

#: A sync that ended so has shown that the source is away. (The penalty box has not: the broker is there and says no.)
LOSES = frozenset({
    Cause.GATEWAY_NOT_RUNNING, Cause.GATEWAY_PLAIN_HTTP, Cause.NOT_A_GATEWAY, Cause.ACCESS_DENIED,
    Cause.CERTIFICATE_UNKNOWN, Cause.CERTIFICATE_CHANGED, Cause.NOT_AUTHENTICATED, Cause.BROKERAGE_LOST,
    Cause.COMPETING_SESSION, Cause.MAINTENANCE, Cause.TIMED_OUT,
})  # fmt: skip
#: A shorter outage hid nothing worth telling, unless a holding changed.
WORTH_TELLING = timedelta(minutes=1)


class Reconnect:
    """Follows one source through its outages. `state` is the newest word on it, `last_report` on the last outage."""

    def __init__(
        self,
        *,
        source: str,
        session: SessionService,
        sync: SyncService,
        pages: Callable[[], Awaitable[Sequence[AccountPage]]],
        hub: Hub,
        tasks: Tasks,
        settings: Callable[[], Settings],
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state: LinkChanged | None = None
        self.last_report: AwayReport | None = None
        self._source = source
        self._session = session
        self._sync = sync
        self._pages = pages
        self._hub = hub
        self._tasks = tasks
        self._settings = settings
        self._clock = clock
        self._ticks = ticks
        self._is_up = False
        self._lost: ConnectionLost | None = None
        self._attempts = 0
        self._heard_at: datetime | None = None
        self._before: asyncio.Task[tuple[AccountPage, ...]] | None = None
        self._returning: asyncio.Task[None] | None = None
        self._returned_at: float | None = None

    def start(self) -> None:
        """Follow the source from now on."""
        self._hub.subscribe(SessionChanged, self._session_changed)
        self._hub.subscribe(StreamChanged, self._stream_changed)
        self._hub.subscribe(SyncChanged, self._sync_changed)
        self._hub.subscribe(AccountChanged, self._account_changed)

    async def try_now(self) -> None:
        """Somebody is impatient: ask at once, whatever the pace; the request budget still holds."""
        if self.state is not None and not self._is_up:
            self._publish(replace(self.state, next_try=None))
        await self._session.refresh()

    def _session_changed(self, event: SessionChanged) -> None:
        if event.session.is_ready:
            self._heard_at = event.session.checked_at or self._heard_at
            self._return()
            return
        problem = self._session.problem
        self._lose(event.session.detail or (problem.message if problem is not None else event.session.state.value))
        self._attempts += 1
        self._tell()

    def _stream_changed(self, event: StreamChanged) -> None:
        if event.state.is_up:
            self._return()
        elif event.state.last_heard is not None:
            self._heard_at = max(self._heard_at or event.state.last_heard, event.state.last_heard)
            self._lose(event.state.reason)

    def _sync_changed(self, event: SyncChanged) -> None:
        if event.source is not self._sync.source:
            return
        if event.error is not None and event.error.cause in LOSES:
            self._lose(event.error.message)

    def _account_changed(self, event: AccountChanged) -> None:
        if event.source is not self._sync.source:  # another window onto the same account says nothing of this one
            return
        self._heard_at = self._clock()
        self._return(is_synced=True)

    def _lose(self, reason: str) -> None:
        """The source is gone: tell it once. Everything of it is stale from the moment it was last heard."""
        if not self._is_up or self._tasks.is_closing:
            return
        now = self._clock()
        self._is_up = False
        self._attempts = 0
        self._lost = ConnectionLost(source=self._source, since=min(self._heard_at or now, now), reason=reason)
        self._before = self._tasks.start("remember what was held", self._pictures())
        self._hub.publish(self._lost)
        self._tell()

    def _tell(self) -> None:
        """How the search goes."""
        outage, problem = self._session.outage, self._session.problem
        said = self._lost.reason if self._lost is not None else ""
        since = self._lost.since if self._lost is not None else self.state.since if self.state else self._clock()
        self._publish(
            LinkChanged(
                source=self._source,
                is_up=False,
                since=since,
                attempts=self._attempts,
                next_try=self._session.next_look,
                expected_until=None if outage is None else outage.ends,
                reason=said if problem is None else problem.message,
            )
        )

    def _publish(self, state: LinkChanged) -> None:
        self.state = state
        self._hub.publish(state)

    def _return(self, *, is_synced: bool = False) -> None:
        """Begin the way back, if there is one to go. A line that breaks again and again gets no extra pictures; in the
        penalty box nothing is asked, and the look that follows it leads here again."""
        is_on_its_way = self._returning is not None or self._tasks.is_closing
        if self._is_up or is_on_its_way or not self._session.session.is_ready:
            return
        if self._lost is not None and self._session.boxed_until is not None:
            self._tell()
            return
        if self._lost is None:
            self._connected()
            return
        pause = float(self._settings().sync_interval)
        if not is_synced and self._returned_at is not None and self._ticks() - self._returned_at < pause:
            return  # the next sync is as near
        lost = self._lost
        self._returning = self._tasks.start("reconnect", self._come_back(lost, self._before))
        self._returning.add_done_callback(lambda _task: self._came_back(lost))

    def _came_back(self, lost: ConnectionLost) -> None:
        self._returning = None
        if self._lost is not None and self._lost is not lost:
            self._return()  # lost again while the last time was accounted for

    async def _come_back(self, lost: ConnectionLost, before: "asyncio.Task[tuple[AccountPage, ...]] | None") -> None:
        until = self._clock()
        outcome = await self._sync.run()
        if any(each.started_at < until for each in outcome.records):
            outcome = await self._sync.run()  # the one before had begun already and saw a time before the loss
        if not any(each.status in (SyncStatus.SUCCESS, SyncStatus.PARTIAL) for each in outcome.records):
            self._tell()
            return  # what failed is in the sync log; the next sync that succeeds, or the next look, leads here again
        if not self._session.session.is_ready:
            return
        self._connected()
        await self._account_for(lost, () if before is None else await before, until)

    def _connected(self) -> None:
        now = self._clock()
        self._is_up = True
        self._returned_at = None if self._lost is None else self._ticks()
        self._lost = self._before = None
        self._hub.publish(ConnectionRestored(source=self._source, at=now))
        self._publish(LinkChanged(source=self._source, is_up=True, since=now))

    async def _account_for(self, lost: ConnectionLost, before: Sequence[AccountPage], until: datetime) -> None:
        """Say what the outage hid."""
        after = await self._pictures()
        report = compare(before, after, since=lost.since, until=max(until, lost.since), reason=lost.reason)
        if report.holdings or report.until - report.since >= WORTH_TELLING:
            self.last_report = report
            self._hub.publish(WentAway(report=report))

    async def _pictures(self) -> tuple[AccountPage, ...]:
        """What is stored, without the curves, which are long and not compared."""
        try:
            return tuple(replace(page, equity=()) for page in await self._pages())
        except DeskError as error:
            log.warning("The stored pictures could not be read for the report: %s", error.message)
            return ()
