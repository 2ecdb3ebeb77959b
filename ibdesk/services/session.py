"""When the session is asked for, kept alive, opened again and given up, and what is written down of it.

The longer a state lasts that only waiting can change, the rarer the gateway is asked: every 3 s at first (a person is
signing in), then a twentieth of the time already waited, at most every 60 s. `refresh` begins anew.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ibdesk.brokers.base import SessionControl
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import DeskError, NeedsPerson, Unavailable
from ibdesk.domain.events import Notice, SessionChanged
from ibdesk.domain.records import SessionRecord
from ibdesk.domain.session import (
    NextStep,
    Session,
    SessionFlags,
    SessionState,
    next_step,
    observed,
    tickled,
)
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.problems import flags_of, problem_of
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import records
from ibdesk.store.database import Database

log = logging.getLogger(__name__)

ASK_AT_FIRST = timedelta(seconds=3)
ASK_AT_LEAST = timedelta(seconds=60)
#: A lost brokerage session is opened again at once and then this rarely: repeated opening earns 503 (ibeam #19).
OPEN_AGAIN = timedelta(seconds=60)
#: The gateway's own handshake takes 3 s and a few round trips (reference/client-portal-api.md 1.8).
HANDSHAKE = timedelta(seconds=12)


class SessionService:
    """The one keeper of the broker's session. Never takes over another login by itself."""

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
    ) -> None:
        self.session = Session()
        self._control = control
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._environment = environment
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._turn = asyncio.Lock()
        self._nudged = asyncio.Event()
        self._same_since: datetime | None = None
        self._opened_at: datetime | None = None
        self._not_before: datetime | None = None
        self._error: DeskError | None = None

    @property
    def sign_in_page(self) -> str:
        return self._control.sign_in_page

    @property
    def problem(self) -> DeskError | None:
        """Why nothing can be asked of the broker now, and the one next step; None when all is well."""
        if self.session.is_ready:
            return None
        return self._error or problem_of(self.session.state)

    def start(self) -> None:
        """Ask for the status now and keep the session alive from then on."""
        self._tasks.start("session", self._keep())

    async def refresh(self) -> Session:
        """The session as the broker tells it now. An unreachable gateway is a state, not an error."""
        async with self._turn:
            self._same_since = None
            await self._ask()
        self._nudged.set()
        return self.session

    async def open_brokerage(self, *, take_over: bool = False) -> Session:
        """Open the brokerage session; `take_over` throws another login out and needs a person's yes.

        Raises what the broker answers: NeedsPerson, Unavailable.
        """
        async with self._turn:
            await self._open(take_over=take_over)
        self._nudged.set()
        return self.session

    async def sign_out(self) -> None:
        """End the session at the broker."""
        async with self._turn:
            await self._control.sign_out()
            await self._ask()
        self._nudged.set()

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
            if was_ready and flags.authenticated:
                return  # the stream's flags are fewer than the status has; good news adds nothing
            await self._ask()
        if was_ready != self.session.is_ready:
            self._nudged.set()

    async def _keep(self) -> None:
        while True:
            await asyncio.wait((self._tasks.start("session step", self._one_step()),))  # one that breaks is reported
            await self._wait(self._pause().total_seconds(), self._nudged)
            self._nudged.clear()

    async def _one_step(self) -> None:
        async with self._turn:
            await self._step()

    async def _step(self) -> None:
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
        due = self.session.next_tickle(self._tickle_every())
        return self.session.flags.signed_in and (due is None or self._clock() >= due)

    def _tickle_every(self) -> timedelta:
        return timedelta(seconds=float(self._settings().tickle_interval))

    def _should_open(self) -> bool:
        """Whether the brokerage session is to be opened, without taking it from anyone.

        "Connected, not authenticated" is a handshake under way right after a sign-in, and a loss otherwise; a loss
        has to be mended within 30 s, else the gateway signs itself out (reference/client-portal-api.md 1.8).
        """
        now, session = self._clock(), self.session
        if self._opened_at is not None and now < self._opened_at + OPEN_AGAIN:
            return False
        if next_step(session.state) is NextStep.OPEN_BROKERAGE:
            return True
        if session.state is not SessionState.CONNECTING or session.flags.authenticated:
            return False
        return session.signed_in_at is not None or now - (self._same_since or now) >= HANDSHAKE

    def _pause(self) -> timedelta:
        now = self._clock()
        if self._not_before is not None and self._not_before > now:
            return self._not_before - now
        if not self.session.is_ready:
            waited = now - (self._same_since or now)
            return max(ASK_AT_FIRST, min(ASK_AT_LEAST, waited / 20))
        due = self.session.next_tickle(self._tickle_every())
        return ASK_AT_LEAST if due is None else max(timedelta(seconds=1), min(ASK_AT_LEAST, due - now))

    async def _ask(self) -> None:
        try:
            flags = await self._control.status()
        except DeskError as error:
            await self._failed(error)
        else:
            await self._observe(flags)

    async def _tickle(self) -> None:
        try:
            flags = await self._control.tickle()
        except DeskError as error:
            log.info("The keep-alive was not answered: %s", error.message)
            await self._ask()
            return
        self.session = tickled(self.session, self._clock())
        await self._observe(flags)
        if self.session.is_ready:
            await self._write_down(self.session, "Kept alive.")

    async def _open(self, *, take_over: bool) -> None:
        self._opened_at = self._clock()
        await self._observe(await self._control.open_brokerage(take_over=take_over))

    async def _failed(self, error: DeskError) -> None:
        """What an error says of the session. One that says nothing of it (the penalty box, a broker's 503) leaves the
        state as it is and its sentence beside it; where no state is known yet, it is all there is to say."""
        flags = flags_of(self.session.flags, error)
        if flags is None:
            self._not_before = error.retry_at if isinstance(error, Unavailable) else None
            if not self.session.flags.reachable:
                self._error = error
            await self._become(replace(self.session, detail=error.message))
            return
        is_news = self._error is None or self._error.cause is not error.cause
        await self._observe(flags, error)
        if is_news and isinstance(error, NeedsPerson):
            self._hub.publish(Notice(error=error))

    async def _observe(self, flags: SessionFlags, error: DeskError | None = None) -> None:
        self._error = error
        self._not_before = None
        settings = self._settings()
        newer = observed(
            self.session,
            flags,
            self._clock(),
            region=settings.region,
            warn_before=timedelta(minutes=settings.session_warning_minutes),
        )
        await self._become(replace(newer, detail="" if error is None else error.message))

    async def _become(self, newer: Session) -> None:
        changed = _standing(newer) != _standing(self.session)
        if changed or self._same_since is None:
            self._same_since = self._clock()
        self.session = newer
        self._hub.publish(SessionChanged(session=newer))
        if changed:
            await self._write_down(newer)

    async def _write_down(self, session: Session, message: str = "") -> None:
        try:
            await self._database.write(records.add_session, self._record(session, message))
        except DeskError as error:
            log.error("The session's state could not be stored: %s", error.message)

    def _record(self, session: Session, message: str) -> SessionRecord:
        return SessionRecord(
            at=self._clock(),
            environment=self._environment,
            status=session.state.value,
            authenticated=session.flags.authenticated,
            competing=session.flags.competing,
            last_tickle=session.last_tickle,
            expires_at=session.ends_at,
            message=message or session.detail or session.flags.message,
        )


def _standing(session: Session) -> tuple[SessionState, bool, str]:
    """What makes a state worth a line in the record."""
    return (session.state, session.flags.competing, session.detail)
