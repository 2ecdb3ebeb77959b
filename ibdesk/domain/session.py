"""The brokerage session as a state machine: what the broker's flags mean and what to do next."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

#: The documents say "every 4", "every 5" and "after 6 minutes": one truth, 240 s < 300 s < 360 s (acceptance F11).
TICKLE_EVERY = timedelta(seconds=240)
TICKLE_LATE = timedelta(seconds=300)
TICKLE_DEAD = timedelta(seconds=360)
#: A sign-in lives at most a day (reference/client-portal-api.md 2.2).
SESSION_LIFE = timedelta(hours=24)


class Region(StrEnum):
    """Whose midnight ends the session."""

    NEW_YORK = "America/New_York"
    ZUG = "Europe/Zurich"
    HONG_KONG = "Asia/Hong_Kong"


class SessionState(StrEnum):
    """Where we are between "nothing answers" and "ready"."""

    UNKNOWN = "unknown"
    OFFLINE = "offline"
    STRANGER = "something else answers"
    SIGNED_OUT = "signed out"
    BROKERAGE_LOST = "brokerage lost"
    CONNECTING = "connecting"
    COMPETING = "competing"
    READY = "ready"
    EXPIRING = "expiring"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFlags:
    """The broker's own flags, read together. `reachable` False means that nothing answered, `is_gateway` False that
    what answered is something else.

    `signed_in` is the outer sign-in, the rest is the brokerage session. `is_paper` is None until told.
    """

    reachable: bool
    is_gateway: bool = True
    signed_in: bool = False
    authenticated: bool = False
    established: bool = False
    connected: bool = False
    competing: bool = False
    message: str = ""
    server: str = ""
    is_paper: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What we know of the session, and since when. All instants are aware UTC."""

    state: SessionState = SessionState.UNKNOWN
    flags: SessionFlags = SessionFlags(reachable=False)
    checked_at: datetime | None = None
    signed_in_at: datetime | None = None
    last_tickle: datetime | None = None
    ends_at: datetime | None = None
    detail: str = ""

    def next_tickle(self, every: timedelta = TICKLE_EVERY) -> datetime | None:
        """When the next keep-alive is due."""
        return None if self.last_tickle is None else self.last_tickle + every

    @property
    def is_ready(self) -> bool:
        return self.state in (SessionState.READY, SessionState.EXPIRING)


class KeepAlive(StrEnum):
    """How old the last keep-alive is: due when the next should have been sent, late when the broker's limit is
    reached, dead when the broker has forgotten the session."""

    NONE = "none"
    FRESH = "fresh"
    DUE = "due"
    LATE = "late"
    DEAD = "dead"


def keep_alive(session: Session, now: datetime) -> KeepAlive:
    """How well the session is kept alive. NONE while nobody is signed in or nothing was sent yet."""
    if session.last_tickle is None or not session.flags.signed_in:
        return KeepAlive.NONE
    age = now - session.last_tickle
    if age < TICKLE_EVERY:
        return KeepAlive.FRESH
    if age < TICKLE_LATE:
        return KeepAlive.DUE
    return KeepAlive.LATE if age < TICKLE_DEAD else KeepAlive.DEAD


def state_of(flags: SessionFlags) -> SessionState:
    """The state the broker's flags describe."""
    if not flags.reachable:
        return SessionState.OFFLINE
    if not flags.is_gateway:
        return SessionState.STRANGER
    if flags.competing:
        return SessionState.COMPETING
    if flags.authenticated:
        return SessionState.READY if flags.established else SessionState.CONNECTING
    if not flags.signed_in:
        return SessionState.SIGNED_OUT
    return SessionState.CONNECTING if flags.connected else SessionState.BROKERAGE_LOST


def session_end(signed_in_at: datetime, region: Region) -> datetime:
    """When the session ends: 24 h or the region's next midnight, whichever comes first."""
    local = signed_in_at.astimezone(ZoneInfo(region.value))
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(signed_in_at + SESSION_LIFE, midnight.astimezone(signed_in_at.tzinfo))


def observed(
    session: Session, flags: SessionFlags, now: datetime, *, region: Region, warn_before: timedelta
) -> Session:
    """The session after the broker answered with these flags at `now`."""
    state = state_of(flags)
    if state is not SessionState.READY:
        is_untold = not flags.reachable or not flags.is_gateway
        signed_in_at = session.signed_in_at if flags.signed_in or is_untold else None
        return replace(
            session, state=state, flags=flags, checked_at=now, signed_in_at=signed_in_at,
            ends_at=session.ends_at if signed_in_at else None,
        )
    signed_in_at = session.signed_in_at or now
    if now >= session_end(signed_in_at, region):
        signed_in_at = now  # it outlived its end, so somebody signed in again unnoticed: a new day begins
    ends_at = session_end(signed_in_at, region)
    if now >= ends_at - warn_before:
        state = SessionState.EXPIRING
    return replace(
        session, state=state, flags=flags, checked_at=now, signed_in_at=signed_in_at, ends_at=ends_at
    )


def tickled(session: Session, at: datetime) -> Session:
    """The session after a keep-alive was answered."""
    return replace(session, last_tickle=at)


def doubted(session: Session, why: str) -> Session:
    """The session when what is known of it may no longer hold: it has to be asked. The sign-in is remembered."""
    return replace(session, state=SessionState.UNKNOWN, detail=why)


def moved(session: Session, by: timedelta, region: Region) -> Session:
    """The same session after this computer's clock was moved: its instants keep their distance from now."""

    def shifted(at: datetime | None) -> datetime | None:
        return None if at is None else at + by

    signed_in_at = shifted(session.signed_in_at)
    return replace(
        session, checked_at=shifted(session.checked_at), last_tickle=shifted(session.last_tickle),
        signed_in_at=signed_in_at, ends_at=None if signed_in_at is None else session_end(signed_in_at, region),
    )  # fmt: skip


#: Minutes before the end at which a person is warned, besides the first warning they chose (acceptance B36).
LAST_WARNINGS = (15, 5)


def warning_due(session: Session, now: datetime, first: int) -> int | None:
    """The latest warning (minutes before the end) whose moment has come; None before the first and after the end."""
    if not session.is_ready or session.ends_at is None or now >= session.ends_at:
        return None
    reached = [
        mark for mark in {first, *LAST_WARNINGS}
        if mark <= first and now >= session.ends_at - timedelta(minutes=mark)
    ]  # fmt: skip
    return min(reached, default=None)


def next_warning(session: Session, now: datetime, first: int) -> datetime | None:
    """When the next warning is due."""
    if session.ends_at is None:
        return None
    marks = (session.ends_at - timedelta(minutes=mark) for mark in {first, *LAST_WARNINGS} if mark <= first)
    return min((at for at in marks if at > now), default=None)


class NextStep(StrEnum):
    """The single next action; the view words it, the service does it."""

    NONE = "none"
    START_GATEWAY = "start gateway"
    EXAMINE = "examine"
    SIGN_IN = "sign in"
    OPEN_BROKERAGE = "open brokerage"
    WAIT = "wait"
    ASK_TAKE_OVER = "ask take over"


def next_step(state: SessionState) -> NextStep:
    """What helps in this state."""
    match state:
        case SessionState.READY | SessionState.EXPIRING:
            return NextStep.NONE
        case SessionState.OFFLINE:
            return NextStep.START_GATEWAY
        case SessionState.STRANGER:
            return NextStep.EXAMINE
        case SessionState.SIGNED_OUT:
            return NextStep.SIGN_IN
        case SessionState.BROKERAGE_LOST:
            return NextStep.OPEN_BROKERAGE
        case SessionState.CONNECTING | SessionState.UNKNOWN:
            return NextStep.WAIT
        case SessionState.COMPETING:
            return NextStep.ASK_TAKE_OVER
    assert_never(state)
