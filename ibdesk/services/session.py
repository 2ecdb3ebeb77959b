"""When the session is asked for, kept alive, opened again and given up.

The wall clock says what is shown and stored; the loop's own clock sets the pace, so that a clock set back or forward
neither stops the keep-alive nor makes anything wait for hours. How long it rests in between is `pacing`'s to say.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ibdesk.brokers.base import SessionControl
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from ibdesk.domain.events import Notice, RateChanged, SessionChanged, TimeJumped
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import (
    KeepAlive,
    NextStep,
    Session,
    SessionFlags,
    SessionState,
    doubted,
    keep_alive,
    moved,
    next_step,
    observed,
    state_of,
    tickled,
)
from ibdesk.domain.settings import Settings
from ibdesk.domain.truth import StreamState, Truth, truth
from ibdesk.services.desk import Clock
from ibdesk.services.endings import Endings
from ibdesk.services.hub import Hub
from ibdesk.services.outages import Outages
from ibdesk.services.overdue import Overdue
from ibdesk.services.pacing import AT_FIRST, Waiting, rest
from ibdesk.services.problems import EXPLAINED, announced, flags_of, problem_of, without_brokerage
from ibdesk.services.session_log import SessionLog, standing
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store.database import Database

log = logging.getLogger(__name__)

#: A lost brokerage session is opened again at once and then this rarely: repeated opening earns 503 (ibeam #19).
OPEN_AGAIN = timedelta(seconds=60)
#: In an announced outage it comes back by itself, and opening hardly helps.
OPEN_RARELY = timedelta(minutes=5)
#: A keep-alive that was not answered is sent again after this; it may be sent once a second at most.
TICKLE_AGAIN = timedelta(seconds=10)
#: The gateway's own handshake takes 3 s and a few round trips (reference/client-portal-api.md 1.8).
HANDSHAKE = timedelta(seconds=12)
#: For so long after a person went to the sign-in page an announced outage does not slow the asking down.
PERSON_WAITS = timedelta(minutes=5)
#: Who closes the desk does not wait longer for a gateway that may be gone.
SIGN_OUT_WITHIN = timedelta(seconds=5)


class SessionService:
    """The one keeper of the broker's session. Never takes over another login by itself.

    `ticks` are seconds of the loop's clock, `chance` gives numbers from 0 to 1; `stream_state` is set by the one who
    reads the stream.
    """

    def __init__(
        self,
        control: SessionControl,
        *,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        environment: Environment,
        settings: Callable[[], Settings],
        clock: Clock,
        wait: Wait = wait,
        ticks: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.session = Session()
        self.stream_state: Callable[[], StreamState] = StreamState
        self._control = control
        self._hub = hub
        self._tasks = tasks
        self._log = SessionLog(database, environment=environment, clock=clock)
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._ticks = ticks
        self._chance = chance
        self._turn = asyncio.Lock()
        self._is_kept = False
        self._nudged = asyncio.Event()
        self._look_at: float | None = None
        self._same_since: float | None = None
        self._tickled_at: float | None = None
        self._opened_at: float | None = None
        self._not_before: float | None = None
        self._person_at: float | None = None
        self._attempts = 0
        self._error: DeskError | None = None
        self._boxed_until: datetime | None = None
        self._outages = Outages(clock=clock, region=lambda: settings().region)
        self._overdue = Overdue(
            control, hub=hub, tasks=tasks, is_doubted=lambda: self.session.is_ready, silent=self._failed)
        self._endings = Endings(hub, first=lambda: settings().session_warning_minutes)
        hub.subscribe(TimeJumped, self._jumped)
        hub.subscribe(RateChanged, self._rate_changed)

    @property
    def sign_in_page(self) -> str:
        return self._control.sign_in_page

    @property
    def problem(self) -> DeskError | None:
        """Why nothing can be asked of the broker now, and the one next step; None when all is well."""
        if self.session.is_ready:
            return None
        outage = self.outage
        return announced(outage) if outage is not None else self._error or problem_of(self.session.state)

    @property
    def outage(self) -> Outage | None:
        """The announced outage that explains why the session is not ready; None when it is, or nothing explains it."""
        session = self.session
        if session.is_ready or session.state is SessionState.COMPETING or session.checked_at is None:
            return None
        if self._error is not None and self._error.cause not in EXPLAINED:
            return None
        return self._outages.running()

    @property
    def boxed_until(self) -> datetime | None:
        """The end of the broker's penalty box, before which nothing is asked; None when it is not shut."""
        return until if (until := self._boxed_until) is not None and until > self._clock() else None

    @property
    def next_look(self) -> datetime | None:
        """When the session is asked next by itself; None before it is kept."""
        if self._look_at is None:
            return None
        return self._clock() + timedelta(seconds=max(0.0, self._look_at - self._ticks()))

    def truth(self) -> Truth:
        """The five lamps as they stand now."""
        return truth(
            self.session, self.stream_state(), outage=self.outage, boxed_until=self._boxed_until,
            unanswered_since=self._overdue.since, now=self._clock(), tickle_every=self._tickle_every(),
        )  # fmt: skip

    def start(self) -> None:
        """Ask for the status now and keep the session alive from then on; once is enough."""
        if not self._is_kept:
            self._is_kept = True
            self._tasks.start("session", self._keep())

    async def refresh(self) -> Session:
        """The session as the broker tells it now, and frequent asking again from here: a person is waiting. An
        unreachable gateway is a state, not an error."""
        async with self._turn:
            self._same_since, self._attempts = None, 0
            await self._ask()
        return self.session

    async def look(self, *, if_ready: bool = False) -> Session:
        """The session as the broker tells it now; the pace of asking stays as it is. `if_ready`: there is a sign that
        it was lost, which adds nothing once that is known."""
        async with self._turn:
            if self.session.is_ready or not if_ready:
                await self._ask()
        return self.session

    def sign_in(self, open_browser: Callable[[str], object]) -> None:
        """Show the sign-in page. Once a person has signed in there, the polling notices."""
        open_browser(self.sign_in_page)
        self._person_at = self._same_since = self._ticks()
        self._hurry()

    async def open_brokerage(self, *, take_over: bool = False) -> Session:
        """Open the brokerage session; `take_over` throws another login out and needs a person's yes.

        Raises what the broker answers: NeedsPerson, Unavailable.
        """
        async with self._turn:
            await self._open(take_over=take_over)
        return self.session

    async def sign_out(self, within: timedelta = SIGN_OUT_WITHIN) -> None:
        """End the session at the broker. Raises Unavailable when that could not be done in time."""
        try:
            async with asyncio.timeout(within.total_seconds()), self._turn:
                await self._control.sign_out()
        except TimeoutError as late:
            raise Unavailable(
                "The gateway did not answer in time, so the session may still be open.",
                remedy="Sign out again when the gateway answers, or stop the gateway.", cause=Cause.TIMED_OUT,
            ) from late
        except NeedsPerson as error:
            if error.cause is not Cause.NOT_AUTHENTICATED:  # nobody was signed in: that is what was wanted
                raise
        async with self._turn:
            await self._observe(SessionFlags(reachable=True))

    async def wait_until_ready(self, within: timedelta) -> Session:
        """The session once it is ready. NeedsPerson when nobody signed in, Unavailable when nothing answered."""
        ready = asyncio.Event()

        def look(event: SessionChanged) -> None:
            if event.session.is_ready:
                ready.set()

        unsubscribe = self._hub.subscribe(SessionChanged, look)
        try:
            if not self.session.is_ready:
                await self._wait(within.total_seconds(), ready)
        finally:
            unsubscribe()
        if self.problem is not None:
            raise self.problem
        return self.session

    async def hear(self, flags: SessionFlags) -> None:
        """Take in what the stream said of the session; a loss is looked into at once."""
        async with self._turn:
            was_ready = self.session.is_ready
            if was_ready == flags.authenticated:
                return  # the stream's flags are fewer than the status has: they add nothing to what is known
            await self._ask()
        if was_ready and not self.session.is_ready:
            self._hurry()

    def _jumped(self, event: TimeJumped) -> None:
        """The computer slept: nothing that was known holds. Its clock was set back: what is known moves along."""
        if event.by < timedelta():
            before = self.session
            self.session = moved(before, event.by, self._settings().region)
            self._endings.moved(before, self.session)
        if event.slept and self.session.is_ready:
            self._set(doubted(self.session, "This computer slept; the session is being asked."))
        self._tickled_at, self._attempts, self._same_since = None, 0, None
        self._hurry()

    def _rate_changed(self, event: RateChanged) -> None:
        self._boxed_until = event.rate.boxed_until

    async def _keep(self) -> None:
        while not self._tasks.is_closing:
            self._look_at = self._ticks() + AT_FIRST.total_seconds()  # in case the step breaks
            await asyncio.wait((self._tasks.start("session step", self._one_step()),))  # one that breaks is reported
            while (left := self._look_at - self._ticks()) > 0:
                await self._wait(left, self._nudged)
                self._nudged.clear()

    def _hurry(self) -> None:
        """Ask at once, if the session is kept at all."""
        self._look_at = self._ticks()
        self._nudged.set()

    async def _one_step(self) -> None:
        async with self._turn:
            self._attempts += 1  # taken back when the gateway answers; what others ask in between slows nothing down
            await self._step()

    async def _step(self) -> None:
        if self.session.is_ready and keep_alive(self.session, self._clock()) is KeepAlive.DEAD:
            await self._become(doubted(self.session, "The session was not kept alive; it is being asked."))
            self._tickled_at = None
        if self._tickle_is_due():
            await self._tickle()
        else:
            await self._ask()
        if self._should_open():
            try:
                await self._open(take_over=False)
            except DeskError as error:
                await self._failed(error)
        if self.session.is_ready and self._tickle_is_due():
            await self._tickle()

    def _tickle_is_due(self) -> bool:
        since = self._since(self._tickled_at)
        return self.session.flags.signed_in and (since is None or since >= self._tickle_every())

    def _tickle_every(self) -> timedelta:
        return timedelta(seconds=float(self._settings().tickle_interval))

    def _since(self, ticks: float | None) -> timedelta | None:
        return None if ticks is None else timedelta(seconds=self._ticks() - ticks)

    def _should_open(self) -> bool:
        """Whether the brokerage session is to be opened, without taking it from anyone.

        "Connected, not authenticated" is a handshake under way right after a sign-in, and a loss otherwise; a loss
        has to be mended within 30 s, else the gateway signs itself out (reference/client-portal-api.md 1.8).
        """
        session, opened = self.session, self._since(self._opened_at)
        if opened is not None and opened < (OPEN_AGAIN if self.outage is None else OPEN_RARELY):
            return False
        if next_step(session.state) is NextStep.OPEN_BROKERAGE:
            return True
        if session.state is not SessionState.CONNECTING or session.flags.authenticated:
            return False
        return session.signed_in_at is not None or (self._since(self._same_since) or timedelta()) >= HANDSHAKE

    def _rest(self) -> timedelta:
        if self._not_before is not None and self._not_before > self._ticks():
            return timedelta(seconds=self._not_before - self._ticks())
        person = self._since(self._person_at)
        waiting = Waiting(
            waited=self._since(self._same_since) or timedelta(),
            attempts=self._attempts,
            since_tickle=self._since(self._tickled_at),
            outage=self.outage if person is None or person > PERSON_WAITS else None,
        )
        return rest(self.session, waiting, self._settings(), self._clock(), self._chance)

    async def _ask(self) -> None:
        try:
            flags = await self._control.status()
        except DeskError as error:
            await self._failed(error)
        else:
            if not self.session.is_ready and state_of(flags) is SessionState.READY:
                self.session = replace(self.session, last_tickle=None)  # another session's: this one is to have its own
                self._tickled_at = None
            await self._observe(flags)

    async def _tickle(self) -> None:
        try:
            flags = await self._control.tickle()
        except DeskError as error:
            log.info("The keep-alive was not answered: %s", error.message)
            self._tickled_at = self._ticks() - (self._tickle_every() - TICKLE_AGAIN).total_seconds()
            await self._ask()
            return
        self.session = tickled(self.session, self._clock())
        self._tickled_at = self._ticks()
        await self._observe(flags)
        if self.session.is_ready:
            await self._log.write(self.session, "Kept alive.")

    async def _open(self, *, take_over: bool) -> None:
        self._opened_at = self._ticks()
        await self._observe(await self._control.open_brokerage(take_over=take_over))

    async def _failed(self, error: DeskError) -> None:
        """What an error says of the session. One that says nothing of it (the penalty box, a broker's 503) leaves the
        state as it is and its sentence beside it; in an announced outage such an answer means that the broker is away.
        """
        self._outages.hear(error)
        flags = flags_of(self.session.flags, error)
        if flags is None and error.cause in EXPLAINED and self._outages.running() is not None:
            flags = without_brokerage(self.session.flags)
        if flags is None:
            self._not_before = self._ticks_at(error.retry_at) if isinstance(error, Unavailable) else None
            if not self.session.is_ready:
                self._error = error
            await self._become(replace(self.session, detail=error.message))
            return
        is_news = self._error is None or self._error.cause is not error.cause
        await self._observe(flags, error)
        if is_news and isinstance(error, NeedsPerson) and self.outage is None:
            self._hub.publish(Notice(error=error))

    def _ticks_at(self, instant: datetime | None) -> float | None:
        """The loop's time at an instant of the wall clock, taken down before that clock is moved."""
        return None if instant is None else self._ticks() + (instant - self._clock()).total_seconds()

    async def _observe(self, flags: SessionFlags, error: DeskError | None = None) -> None:
        self._error = error
        self._not_before = None
        self._attempts = 0 if flags.reachable else max(1, self._attempts)
        if state_of(flags) is SessionState.READY:
            self._outages.forget()
        settings = self._settings()
        warn_before = timedelta(minutes=settings.session_warning_minutes)
        newer = observed(self.session, flags, self._clock(), region=settings.region, warn_before=warn_before)
        await self._become(replace(newer, detail="" if error is None else error.message))

    async def _become(self, newer: Session) -> None:
        if self._set(newer):
            await self._log.write(newer)

    def _set(self, newer: Session) -> bool:
        """Take the newer session in, plan the next look and tell everybody; whether it is another state."""
        changed = standing(newer) != standing(self.session)
        if changed or self._same_since is None:
            self._same_since = self._ticks()
        self.session = newer
        self._look_at = self._ticks() + self._rest().total_seconds()
        self._nudged.set()
        self._hub.publish(SessionChanged(session=newer))
        self._endings.look(newer, self._clock())
        return changed
