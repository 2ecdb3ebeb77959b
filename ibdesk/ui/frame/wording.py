"""What the header and the status line say about a state: pure, so that every sentence has a test."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from ibdesk.domain.calls import RateState
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from ibdesk.domain.events import LinkChanged
from ibdesk.domain.hours import NEW_YORK, Calendar, market_state
from ibdesk.domain.session import Session, SessionState
from ibdesk.ui import format as fmt
from ibdesk.ui.session import wording as truths


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A state from longest to shortest wording, its tone, and the whole story for the tooltip."""

    full: str
    short: str
    tone: str
    tip: str = ""


_SESSION: dict[SessionState, tuple[str, str, str]] = {
    SessionState.UNKNOWN: ("Checking the session…", "muted", "The gateway is being asked."),
    SessionState.OFFLINE: (
        "Gateway not running",
        "loss",
        "Nothing answers at the gateway's address. Start the gateway.",
    ),
    SessionState.STRANGER: (
        "Something else answers", "loss", f"{truths.STRANGER} Ask the Doctor what it is.",
    ),
    SessionState.SIGNED_OUT: ("Signed out · sign in", "warn", "Sign in on the gateway's own page in your browser."),
    SessionState.BROKERAGE_LOST: (
        "Brokerage session lost",
        "warn",
        "Signed in, but the brokerage session has to be opened again.",
    ),
    SessionState.CONNECTING: ("Connecting…", "warn", "The broker is opening the brokerage session."),
    SessionState.COMPETING: (
        "Another session is active",
        "warn",
        "The same user name is signed in elsewhere. Only one of the two can trade.",
    ),
}


def is_searched(session: Session | None, link: LinkChanged | None, now: datetime) -> bool:
    """Whether it is the gateway that is missing, so that looking for it at once may help; in every other state a
    person or the broker has to act first."""
    if session is None or link is None or link.is_up or truths.is_expected(link, now):
        return False
    return session.state is SessionState.OFFLINE


def session_words(
    session: Session | None, now: datetime, link: LinkChanged | None = None, boxed_until: datetime | None = None
) -> Words:
    """The session pill. None: no account is connected. `link` tells how the search for a lost gateway goes,
    `boxed_until` when the broker's penalty box ends."""
    if session is not None and link is not None and not link.is_up:
        until = link.expected_until
        if truths.is_expected(link, now) and until is not None:
            return Words(
                full=f"In maintenance until {truths.new_york(until)}", short="Maintenance", tone="muted",
                tip=" ".join(truths.expected(until)),
            )
        if boxed_until is not None and boxed_until > now:
            text, tip = truths.locked_out(link, boxed_until, now)
            return Words(
                full=f"Locked out until {boxed_until.astimezone():%H:%M}", short="Locked out", tone="warn",
                tip=f"{text} {tip}",
            )
        if is_searched(session, link, now):
            what = "Gateway not running"
            return Words(full=f"{what} · {truths.next_try(link, now)}", short=what, tone="loss", tip=link.reason)
        if session.is_ready:  # signed in, and the account is being read
            return Words(full="Connecting…", short="Connecting…", tone="warn", tip=truths.RETURNING)
    if session is None:
        return Words(
            full="No account connected", short="Not connected", tone="muted", tip="Connect an account to see it here."
        )
    if session.is_ready:
        return _ready(session, now)
    text, tone, tip = _SESSION[session.state]
    return Words(full=text, short=text.split(" · ")[0], tone=tone, tip=session.detail or tip)


def _ready(session: Session, now: datetime) -> Words:
    due = session.next_tickle()
    parts = ["Connected"]
    if due is not None:
        parts.append(f"tickle in {fmt.countdown(due - now)}")
    if session.ends_at is not None:
        parts.append(f"session ends in {fmt.countdown(session.ends_at - now)}")
    expiring = session.state is SessionState.EXPIRING
    if expiring:
        parts[0] = "Ends soon"
    tip = f"Signed in {fmt.age(session.signed_in_at, now)}. The broker ends every session after at most 24 hours."
    return Words(
        full=" · ".join(parts),
        short=parts[0],
        tone="warn" if expiring else "gain",
        tip=tip + (" Sign in again to go on." if expiring else ""),
    )


#: What the stages of a sync are called, where their own names say nothing to a person.
_STAGES = {"session": "", "fetch": "the account"}


def sync_words(last: datetime | None, now: datetime, *, running: str | None, failed: bool) -> Words:
    """The sync pill; `running` is the stage of a sync that is on its way, None when there is none."""
    if running is not None:
        what = f"Syncing {_STAGES.get(running, running)}".rstrip()
        return Words(full=f"{what}…", short="Syncing…", tone="accent", tip="Reading the account.")
    if failed:
        tip = "The last sync failed. Press to try again; Activity tells why."
        return Words(
            full=f"Sync failed · data {fmt.age(last, now)}" if last else "Sync failed",
            short="Failed",
            tone="warn",
            tip=tip,
        )
    if last is None:
        return Words(full="Never synced", short="No sync", tone="", tip="Press to sync (F5).")
    return Words(full=f"Synced {fmt.age(last, now)}", short=fmt.age(last, now), tone="", tip="Press to sync (F5).")


def gateway_words(
    url: str, session: Session | None, rate: RateState | None, *, is_expected: bool = False
) -> Words:
    """The gateway's place in the status line; what is away by announcement alarms nobody, and what did not answer
    last time is not green, whatever the session's flags say of the time before."""
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}" if parts.port else (parts.hostname or "")
    name = f"Client Portal Gateway {where}".rstrip()
    if session is None:
        return Words(full="No gateway", short="No gateway", tone="muted")
    if is_expected:
        return Words(full=f"{name} · maintenance", short=where, tone="muted", tip=url)
    if session.state in (SessionState.OFFLINE, SessionState.UNKNOWN):
        tone = "loss" if session.state is SessionState.OFFLINE else "muted"
        return Words(
            full=f"{name} · {'not running' if tone == 'loss' else 'not asked yet'}", short=where, tone=tone, tip=url
        )
    if session.state is SessionState.STRANGER:
        return Words(
            full=f"{name} · something else answers", short=where, tone="loss", tip=f"{session.detail}\n{url}".strip())
    if rate is not None and rate.unanswered_since is not None and session.is_ready:
        return Words(full=f"{name} · waiting for an answer", short=where, tone="accent", tip=url)
    if session.is_ready and session.detail:
        return Words(
            full=f"{name} · last question not answered", short=where, tone="warn", tip=f"{session.detail}\n{url}")
    latency = rate.latency_ms if rate is not None else None
    text = name if latency is None else f"{name} · {fmt.milliseconds(latency)}"
    return Words(full=text, short=where, tone="gain", tip=url)


def rate_words(rate: RateState | None, limit: int, now: datetime) -> Words:
    """The request budget's place in the status line."""
    if rate is not None and rate.boxed_until is not None and rate.boxed_until > now:
        left = fmt.countdown(rate.boxed_until - now)
        return Words(
            full=f"Locked out by the broker · {left}", short=left, tone="loss", tip="No request is sent until then."
        )
    used = rate.per_second if rate is not None else 0.0
    allowed = rate.limit if rate is not None else limit
    waiting = f" · {rate.waiting} waiting" if rate is not None and rate.waiting else ""
    return Words(full=f"Requests {used:.1f}/s of {allowed}{waiting}", short=f"{used:.1f}/s", tone="")


def boxed(until: datetime) -> Unavailable:
    """The broker's penalty box as a notice with a countdown."""
    return Unavailable(
        "The broker has locked ibdesk out for a while, because it was asked too often.",
        remedy="Nothing is asked until the time is over; what is stored stays readable.",
        cause=Cause.PENALTY_BOX,
        retry_at=until,
    )


def database_words(size: int) -> str:
    """The vault's place in the status line."""
    return f"Database encrypted · {fmt.size(size)}"


def market_words(calendar: Calendar, now: datetime) -> str:
    """The exchange's state and clock: "NYSE open · closes in 3 h 12 m · 12:48:07 ET"."""
    state = market_state(calendar, now)
    left = fmt.countdown(state.changes_at - now)
    what = f"NYSE open · closes in {left}" if state.is_open else f"NYSE closed · opens in {left}"
    if state.reason:
        what += f" · {state.reason}"
    return f"{what} · {fmt.clock(now, NEW_YORK, label='ET')}"


#: The one command that helps, by cause; causes that only time or another program can mend have none.
HELPS: dict[Cause, tuple[str, str]] = {
    Cause.GATEWAY_NOT_RUNNING: ("Why?", "activity:doctor"),
    Cause.ACCESS_DENIED: ("Why?", "activity:doctor"),
    Cause.NOT_AUTHENTICATED: ("Sign in", "sign-in"),
    Cause.COMPETING_SESSION: ("Take over…", "take-over"),
    Cause.BROKERAGE_LOST: ("Reconnect", "reconnect"),
    Cause.CERTIFICATE_CHANGED: ("Compare", "room:settings"),
    Cause.CERTIFICATE_UNKNOWN: ("Review", "room:settings"),
    Cause.GATEWAY_PLAIN_HTTP: ("Why?", "activity:doctor"),
    Cause.NOT_A_GATEWAY: ("Why?", "activity:doctor"),
    Cause.HOST_NOT_LOOPBACK: ("Settings", "room:settings"),
    Cause.BAD_SETTING: ("Settings", "room:settings"),
    Cause.KEY_OLD: ("Change the key…", "rekey"),
    Cause.TIMED_OUT: ("Why?", "activity:doctor"),
    Cause.BAD_ANSWER: ("Activity", "activity:calls"),
    Cause.BROKER_ERROR: ("Activity", "activity:calls"),
    Cause.OUTCOME_UNKNOWN: ("Look at the orders", "room:orders"),
    Cause.ORDER_UNKNOWN: ("Look at the orders", "room:orders"),
    Cause.ORDER_REFUSED: ("Look at the orders", "room:orders"),
    Cause.QUESTION_STALE: ("Back to the ticket", "room:trade"),
    Cause.QUESTION_BUSY: ("Look at the orders", "room:orders"),
    Cause.READ_ONLY: ("Read-only setting", "setting:read_only"),
}

#: What is over once the session is ready again.
MENDED_BY_SESSION = frozenset(
    {
        Cause.GATEWAY_NOT_RUNNING,
        Cause.NOT_AUTHENTICATED,
        Cause.BROKERAGE_LOST,
        Cause.COMPETING_SESSION,
        Cause.TIMED_OUT,
        Cause.NOT_A_GATEWAY,
        Cause.GATEWAY_PLAIN_HTTP,
        Cause.MAINTENANCE,
    }
)


def tone_of(error: DeskError) -> str:
    """Amber for what a person or time mends, red for what is final or broken."""
    if error.cause is Cause.CERTIFICATE_CHANGED:
        return "loss"
    return "warn" if isinstance(error, NeedsPerson | Unavailable) else "loss"
