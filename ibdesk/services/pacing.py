"""How long the session's keeper rests before it asks again, in every state; the only place that decides it.

A lost gateway is asked after `reconnect_min`, then twice as long each time up to `reconnect_max`, with jitter. What
only a person can change (a sign-in) is asked for every 3 s at first, then after a twentieth of the time already
waited, at most every 60 s. In an announced outage it is asked once a minute: hammering earns a block (ibeam #204).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import Session, SessionState, next_warning
from ibdesk.domain.settings import Settings

AT_FIRST = timedelta(seconds=3)
AT_LEAST = timedelta(seconds=60)
AT_MOST_EVERY = timedelta(seconds=1)
#: The end of an outage is not met to the second, and not by every desk at once.
SPREAD = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the rest depends on besides the session. `waited` is how long the state has lasted, `attempts` how often
    in a row nothing answered, `since_tickle` the age of the last keep-alive, all on the loop's clock; `outage` the
    announced outage that explains the state."""

    waited: timedelta
    attempts: int
    since_tickle: timedelta | None
    outage: Outage | None


def rest(
    session: Session, waiting: Waiting, settings: Settings, now: datetime, chance: Callable[[], float]
) -> timedelta:
    """How long to rest before the session is asked again. `chance` gives numbers from 0 to 1."""
    if session.is_ready:
        return _when_ready(session, waiting, settings, now)
    if waiting.outage is not None:
        left = waiting.outage.ends - now + SPREAD * chance()
        return max(AT_FIRST, min(AT_LEAST, left))
    if session.state is SessionState.OFFLINE:
        return back_off(waiting.attempts, settings, chance)
    return max(AT_FIRST, min(AT_LEAST, waiting.waited / 20))


def back_off(attempts: int, settings: Settings, chance: Callable[[], float]) -> timedelta:
    """The rest after so many vain attempts: doubling, three quarters to all of it, never below the shortest."""
    shortest, longest = float(settings.reconnect_min), float(settings.reconnect_max)
    full = min(longest, shortest * 2.0 ** min(max(attempts - 1, 0), 16))
    return timedelta(seconds=max(shortest, full * (0.75 + 0.25 * chance())))


def _when_ready(session: Session, waiting: Waiting, settings: Settings, now: datetime) -> timedelta:
    """Until the next look, keep-alive or warning, whichever comes first."""
    every = timedelta(seconds=float(settings.tickle_interval))
    due = timedelta() if waiting.since_tickle is None else every - waiting.since_tickle
    warning = next_warning(session, now, settings.session_warning_minutes)
    until_warning = AT_LEAST if warning is None else warning - now
    return max(AT_MOST_EVERY, min(AT_LEAST, due, until_warning))
