"""The session truth panel's contents: five lamps, each with its age, its next deadline and the one thing that helps.

The types are the contract between the session's keeper and the views; `truth` is the rule.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import KeepAlive, NextStep, Session, SessionState, keep_alive


class Lamp(StrEnum):
    """What can be well or ill by itself (acceptance F5: three flags and two sessions, never one light)."""

    GATEWAY = "gateway"
    SIGN_ON = "sign-on"
    BROKERAGE = "brokerage"
    COMPETING = "competing"
    MARKET_DATA = "market data"


class Light(StrEnum):
    """How a lamp stands. EXPECTED is an outage the broker announces (maintenance): no alarm."""

    GOOD = "good"
    WAITING = "waiting"
    EXPECTED = "expected"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LampState:
    """One lamp. `text` is a short statement; `as_of` when it was last seen so (its age); `deadline` the next instant
    that matters and `deadline_is` what happens then; `action` the single thing that helps, NONE when nothing is due.
    `reason` may say more. Instants are aware UTC, None when unknown."""

    lamp: Lamp
    light: Light
    text: str
    as_of: datetime | None = None
    deadline: datetime | None = None
    deadline_is: str = ""
    action: NextStep = NextStep.NONE
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """What the live stream is doing. `since` is when it came up or broke, `last_heard` its latest message."""

    is_up: bool = False
    since: datetime | None = None
    last_heard: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All five lamps in the order of `Lamp`, the one headline, and the single next action of the whole."""

    lamps: tuple[LampState, ...]
    headline: str
    action: NextStep = NextStep.NONE


#: The stream says something at least every 10 s (reference/client-portal-api.md 9.4).
SILENT_AFTER = timedelta(seconds=15)
#: An answer is waited for this long without a word of it.
OVERDUE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """All that the lamps are read from."""

    session: Session
    stream: StreamState
    outage: Outage | None
    boxed_until: datetime | None
    unanswered_since: datetime | None
    now: datetime
    tickle_every: timedelta

    @property
    def is_expected(self) -> bool:
        """Whether what is missing is explained by an announced outage."""
        return self.outage is not None and self.session.state is not SessionState.COMPETING

    @property
    def is_told(self) -> bool:
        """Whether a gateway has told how its session stands."""
        session = self.session
        return session.state not in (SessionState.UNKNOWN, SessionState.STRANGER) and session.flags.reachable

    def missing(self, lamp: Lamp, light: Light, text: str, action: NextStep, reason: str = "") -> LampState:
        """Something is not there: an alarm with its action, or, in an announced outage, only a matter of time."""
        if not self.is_expected or self.outage is None:
            return LampState(lamp=lamp, light=light, text=text, as_of=self.session.checked_at, action=action,
                             reason=reason)  # fmt: skip
        return LampState(
            lamp=lamp, light=Light.EXPECTED, text=text, as_of=self.session.checked_at, deadline=self.outage.ends,
            deadline_is=f"{self.outage.name} ends", action=NextStep.WAIT,
            reason=f"Interactive Brokers is in {self.outage.name}. The desk connects again by itself.",
        )  # fmt: skip


def truth(
    session: Session,
    stream: StreamState,
    *,
    outage: Outage | None,
    boxed_until: datetime | None,
    now: datetime,
    tickle_every: timedelta,
    unanswered_since: datetime | None = None,
) -> Truth:
    """What is known of the connection at `now`. `boxed_until` is the end of the broker's penalty box, if any,
    `unanswered_since` when the call left whose answer is overdue."""
    facts = _Facts(
        session=session, stream=stream, outage=outage, boxed_until=boxed_until, unanswered_since=unanswered_since,
        now=now, tickle_every=tickle_every,
    )
    lamps = (_gateway(facts), _sign_on(facts), _brokerage(facts), _competing(facts), _market_data(facts))
    worst = min(lamps, key=lambda lamp: _GRAVITY.index(lamp.light))
    action = next((lamp.action for lamp in sorted(lamps, key=lambda lamp: _GRAVITY.index(lamp.light))
                   if lamp.action is not NextStep.NONE), NextStep.NONE)  # fmt: skip
    return Truth(lamps=lamps, headline=_headline(worst, facts), action=action)


#: Which lamp speaks for the whole: the gravest, and of equals the first, since the later ones need it.
_GRAVITY = (Light.BAD, Light.EXPECTED, Light.WARN, Light.WAITING, Light.UNKNOWN, Light.GOOD)


def _headline(worst: LampState, facts: _Facts) -> str:
    if worst.light is Light.GOOD:
        return "Everything is connected"
    if worst.light is Light.EXPECTED and facts.outage is not None:
        return f"Interactive Brokers is in {facts.outage.name}"
    return worst.text


def _gateway(facts: _Facts) -> LampState:
    session, lamp = facts.session, Lamp.GATEWAY
    if facts.boxed_until is not None and facts.boxed_until > facts.now:
        return LampState(
            lamp=lamp, light=Light.WARN, text="Locked out for too many requests", as_of=session.checked_at,
            deadline=facts.boxed_until, deadline_is="requests are allowed again", action=NextStep.WAIT,
            reason="The broker accepts nothing before; nothing is sent.",
        )  # fmt: skip
    if session.checked_at is None or session.state is SessionState.UNKNOWN:
        return LampState(lamp=lamp, light=Light.UNKNOWN, text="Being asked", as_of=session.checked_at,
                         reason=session.detail)  # fmt: skip
    if not session.flags.reachable:
        said = session.detail or session.flags.message
        return facts.missing(lamp, Light.BAD, "The gateway does not answer", NextStep.START_GATEWAY, said)
    if session.state is SessionState.STRANGER:
        return LampState(
            lamp=lamp, light=Light.BAD, text="Something else answers at this address", as_of=session.checked_at,
            action=NextStep.EXAMINE, reason=session.detail,
        )  # fmt: skip
    waited = facts.now - (facts.unanswered_since or facts.now)
    if waited >= OVERDUE:
        return LampState(
            lamp=lamp, light=Light.WAITING, text=f"No answer for {int(waited.total_seconds())} s",
            as_of=session.checked_at, action=NextStep.WAIT, reason="It is asked once more, briefly.",
        )  # fmt: skip
    light = Light.WARN if session.is_ready and session.detail else Light.GOOD
    text = "The last question was not answered" if light is Light.WARN else "The gateway answers"
    return LampState(lamp=lamp, light=light, text=text, as_of=session.checked_at, reason=session.detail)


def _sign_on(facts: _Facts) -> LampState:
    session, lamp = facts.session, Lamp.SIGN_ON
    if not facts.is_told:
        return LampState(lamp=lamp, light=Light.UNKNOWN, text="Not known", as_of=session.checked_at)
    if not session.flags.signed_in:
        return facts.missing(lamp, Light.BAD, "Nobody is signed in", NextStep.SIGN_IN)
    is_ending = session.state is SessionState.EXPIRING
    return LampState(
        lamp=lamp, light=Light.WARN if is_ending else Light.GOOD,
        text="The session ends soon" if is_ending else "Signed in", as_of=session.checked_at,
        deadline=session.ends_at, deadline_is="the session ends" if session.ends_at else "",
        action=NextStep.SIGN_IN if is_ending else NextStep.NONE,
        reason="The broker ends every session after a day or at midnight." if is_ending else "",
    )  # fmt: skip


def _brokerage(facts: _Facts) -> LampState:
    session, lamp = facts.session, Lamp.BROKERAGE
    match session.state:
        case SessionState.READY | SessionState.EXPIRING:
            return _kept_alive(facts)
        case SessionState.CONNECTING:
            return LampState(lamp=lamp, light=Light.WAITING, text="The brokerage session is being opened",
                             as_of=session.checked_at, action=NextStep.WAIT)  # fmt: skip
        case SessionState.BROKERAGE_LOST:
            text = "The brokerage session is not open"
            return facts.missing(lamp, Light.BAD, text, NextStep.OPEN_BROKERAGE, session.detail)
        case SessionState.COMPETING:
            return LampState(lamp=lamp, light=Light.BAD, text="Another login has the brokerage session",
                             as_of=session.checked_at, action=NextStep.ASK_TAKE_OVER)  # fmt: skip
    text = "Needs a sign-in" if facts.is_told else "Not known"
    return LampState(lamp=lamp, light=Light.UNKNOWN, text=text, as_of=session.checked_at)


def _kept_alive(facts: _Facts) -> LampState:
    session, health = facts.session, keep_alive(facts.session, facts.now)
    light = {KeepAlive.LATE: Light.WARN, KeepAlive.DEAD: Light.BAD}.get(health, Light.GOOD)
    text = {
        KeepAlive.LATE: "The keep-alive is late", KeepAlive.DEAD: "The session was not kept alive"
    }.get(health, "The brokerage session is open")  # fmt: skip
    due = session.next_tickle(facts.tickle_every)
    return LampState(
        lamp=Lamp.BROKERAGE, light=light, text=text, as_of=session.checked_at, deadline=due,
        deadline_is="the next keep-alive" if due else "",
        action=NextStep.NONE if light is Light.GOOD else NextStep.WAIT,
        reason="" if light is Light.GOOD else "The broker forgets a session after six minutes; it is asked now.",
    )  # fmt: skip


def _competing(facts: _Facts) -> LampState:
    session, lamp = facts.session, Lamp.COMPETING
    if session.state is SessionState.COMPETING:
        return LampState(
            lamp=lamp, light=Light.BAD, text="Another login uses this user name", as_of=session.checked_at,
            action=NextStep.ASK_TAKE_OVER, reason="It is never thrown out without your word.",
        )  # fmt: skip
    if session.is_ready:
        return LampState(lamp=lamp, light=Light.GOOD, text="No other login", as_of=session.checked_at)
    return LampState(lamp=lamp, light=Light.UNKNOWN, text="Not known", as_of=session.checked_at)


def _market_data(facts: _Facts) -> LampState:
    stream, lamp = facts.stream, Lamp.MARKET_DATA
    if stream.is_up:
        heard = stream.last_heard or stream.since
        is_silent = heard is not None and facts.now - heard >= SILENT_AFTER
        return LampState(
            lamp=lamp, light=Light.WARN if is_silent else Light.GOOD,
            text="The live stream is silent" if is_silent else "Live prices arrive", as_of=heard,
            action=NextStep.WAIT if is_silent else NextStep.NONE,
        )  # fmt: skip
    if facts.session.is_ready:
        return LampState(lamp=lamp, light=Light.WAITING, text="The live stream is being opened", as_of=stream.since,
                         action=NextStep.WAIT, reason=stream.reason)  # fmt: skip
    if facts.is_expected:
        return facts.missing(lamp, Light.EXPECTED, "No live prices", NextStep.WAIT)
    return LampState(lamp=lamp, light=Light.UNKNOWN, text="Waits for the session", as_of=stream.since,
                     reason=stream.reason)  # fmt: skip
