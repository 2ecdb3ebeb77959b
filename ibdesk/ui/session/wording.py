"""How the session's truth is said: pure, so that every sentence has a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ibdesk.domain.away import AwayReport, FigureChange, HoldingChange
from ibdesk.domain.events import LinkChanged, SessionEnding
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.session import NextStep, Session
from ibdesk.domain.truth import Lamp, LampState, Light, Truth
from ibdesk.ui import format as fmt

TITLES: dict[Lamp, str] = {
    Lamp.GATEWAY: "Gateway", Lamp.SIGN_ON: "Sign-on", Lamp.BROKERAGE: "Brokerage", Lamp.COMPETING: "Other logins",
    Lamp.MARKET_DATA: "Market data",
}
#: Each light's word and the token of its colour. The shape is in `lamp`, so three things say the same.
LIGHTS: dict[Light, tuple[str, str]] = {
    Light.GOOD: ("Good", "gain"), Light.WAITING: ("Waiting", "accent"), Light.EXPECTED: ("Expected", "muted"),
    Light.WARN: ("Attention", "warn"), Light.BAD: ("Problem", "loss"), Light.UNKNOWN: ("Unknown", "muted"),
}
#: From the light that decides the whole to the one that decides least.
GRAVITY = (Light.BAD, Light.EXPECTED, Light.WARN, Light.WAITING, Light.UNKNOWN, Light.GOOD)
#: What the button of a step says, and the window's command behind it. Waiting has none.
ACTIONS: dict[NextStep, tuple[str, str]] = {
    NextStep.START_GATEWAY: ("Start the Gateway", "start-gateway"),
    NextStep.EXAMINE: ("Ask the Doctor", "activity:doctor"),
    NextStep.SIGN_IN: ("Sign in", "sign-in"),
    NextStep.OPEN_BROKERAGE: ("Reconnect", "reconnect"),
    NextStep.ASK_TAKE_OVER: ("Take over…", "take-over"),
}

COMPETING_TITLE = "Another program uses this user name. Which one shall have the session?"
TAKE_OVER = (
    "Take over", "The other program (TWS, IBKR Mobile, Client Portal or a browser) is signed out of trading at once. "
    "Its orders stay at the broker.",
)
LEAVE_IT = (
    "Leave it there", "Nothing is interrupted. ibdesk shows what is stored, and goes on by itself when the other "
    "program signs out.",
)
RECIPE = (
    "To have both: give ibdesk a user name of its own. In Client Portal open Settings, Users and Access Rights, and "
    "add a user. It needs no trading permission to read positions and balances, and each user name has its own "
    "session. Market data is subscribed per user name."
)
AWAY = "While you were away"
STRANGER = "Something else answers at this address."
RETURNING = "The session is ready. The account is being read anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the strip under the header says of a session that ends, and how urgent that is."""

    text: str
    detail: str
    tone: str


def worst(truth: Truth) -> Light:
    """The light of the whole."""
    found = {lamp.light for lamp in truth.lamps}
    return next((light for light in GRAVITY if light in found), Light.UNKNOWN)


def seen(lamp: LampState, now: datetime, zone: tzinfo | None = None) -> str:
    """The lamp's age: "seen 4 s ago"."""
    return "not seen yet" if lamp.as_of is None else f"seen {fmt.age(lamp.as_of, now, zone)}"


def due(lamp: LampState, now: datetime) -> str:
    """The lamp's next deadline: "next keep-alive in 2:41"; empty without one."""
    if lamp.deadline is None:
        return ""
    left, what = lamp.deadline - now, lamp.deadline_is.removeprefix("the ")
    return f"{what} in {soon(left)}" if left > timedelta(0) else f"{what} now"


def described(lamp: LampState, now: datetime, zone: tzinfo | None = None) -> str:
    """One lamp as a screen reader says it."""
    word = LIGHTS[lamp.light][0]
    parts = (lamp.text, lamp.reason, seen(lamp, now, zone), due(lamp, now))
    return f"{TITLES[lamp.lamp]}: {word}. " + ". ".join(part.rstrip(".") for part in parts if part)


def soon(left: timedelta) -> str:
    """Time left as it is said: "12 s", "2:41", "14 h"."""
    seconds = max(0, int(left.total_seconds()))
    return f"{seconds} s" if seconds < 60 else fmt.countdown(left)


def new_york(instant: datetime) -> str:
    """The exchange's time of day, as the broker announces its windows in: "00:30 ET"."""
    return f"{instant.astimezone(NEW_YORK):%H:%M} ET"


def expected(until: datetime) -> tuple[str, str]:
    """An announced outage: what it is, and that nothing has to be done."""
    return (
        f"Interactive Brokers is in its maintenance until {new_york(until)}.", "ibdesk resumes by itself.",
    )


def locked_out(link: LinkChanged, until: datetime, now: datetime, zone: tzinfo | None = None) -> tuple[str, str]:
    """A loss in the broker's penalty box: what is known of it, that nothing is asked, and what happens after."""
    return (
        f"Locked out by the broker: nothing is asked until {until.astimezone(zone):%H:%M}.",
        f"Last known: {lost(link)} Lost {fmt.age(link.since, now, zone)}. Then the session is asked, and the account "
        "is read anew by itself.",
    )


def lost(link: LinkChanged) -> str:
    """What is missing."""
    return f"{link.reason.rstrip('.')}." if link.reason else "The connection is lost."


def returning_detail(link: LinkChanged, now: datetime, zone: tzinfo | None = None) -> str:
    """What had been lost, and since when."""
    return f"{lost(link)} Lost {fmt.age(link.since, now, zone)}."


def lost_detail(link: LinkChanged, now: datetime, zone: tzinfo | None = None) -> str:
    """Since when, and when it is looked for again."""
    again = next_try(link, now)
    return f"Lost {fmt.age(link.since, now, zone)}. {again[0].upper()}{again[1:].rstrip('…')}."


def is_expected(link: LinkChanged | None, now: datetime) -> bool:
    """Whether what is lost is lost by announcement."""
    return link is not None and not link.is_up and link.expected_until is not None and link.expected_until > now


def next_try(link: LinkChanged, now: datetime) -> str:
    """When the lost source is looked for again: "next try in 12 s"."""
    if link.next_try is None or link.next_try <= now:
        return "trying now…"
    return f"next try in {soon(max(link.next_try - now, timedelta(seconds=1)))}"


def must_wait(truth: Truth) -> bool:
    """Whether the gateway is not asked before a known time: locked out, or away by announcement."""
    return any(lamp.lamp is Lamp.GATEWAY and lamp.deadline is not None for lamp in truth.lamps)


def is_ready(truth: Truth) -> bool:
    """Whether Gateway, sign-on and brokerage all stand and may be asked."""
    if must_wait(truth):
        return False
    needed = (Lamp.GATEWAY, Lamp.SIGN_ON, Lamp.BROKERAGE)
    stands = (Light.GOOD, Light.WARN)
    return bool(truth.lamps) and all(lamp.light in stands for lamp in truth.lamps if lamp.lamp in needed)


def search(
    link: LinkChanged | None, now: datetime, zone: tzinfo | None = None, *, is_ready: bool = False
) -> str:
    """How the search for a lost source goes, for the panel; empty while nothing is lost."""
    if link is None or link.is_up:
        return ""
    lost = f"Lost {fmt.age(link.since, now, zone)}"
    if is_expected(link, now):
        return f"{lost} · announced, no action needed"
    if is_ready:
        return f"{lost} · the account is being read anew"
    tries = f"{link.attempts} {'try' if link.attempts == 1 else 'tries'} so far" if link.attempts else ""
    return " · ".join(part for part in (lost, next_try(link, now), tries) if part)


def ending(event: SessionEnding, now: datetime, zone: tzinfo | None = None) -> Ending:
    """The strip of a session that ends; calm an hour before, urgent in the last minutes."""
    left = event.ends_at - now
    if left <= timedelta(0):
        return Ending(text="The session has ended.", detail="Sign in to go on.", tone="loss")
    return Ending(
        text=f"The session ends in {soon(left) if left < timedelta(minutes=1) else fmt.countdown(left)}.",
        detail=f"At {event.ends_at.astimezone(zone):%H:%M}. Signing in again takes a minute in your browser and "
        "begins a new day; nothing is interrupted.",
        tone="accent" if event.minutes > 15 else "warn",
    )


def standing(
    session: Session | None, truth: Truth | None, link: LinkChanged | None, now: datetime, zone: tzinfo | None = None
) -> tuple[Light, str]:
    """The tray's light and sentence. It names an hour instead of counting down: nothing ticks when hidden."""
    if session is None or truth is None:
        return Light.UNKNOWN, "No account connected"
    if link is not None and is_expected(link, now) and link.expected_until is not None:
        return Light.EXPECTED, expected(link.expected_until)[0]
    if session.is_ready and session.ends_at is not None:
        return worst(truth), f"{truth.headline.rstrip('.')} · session ends {session.ends_at.astimezone(zone):%H:%M}"
    return worst(truth), truth.headline


def span(report: AwayReport, zone: tzinfo | None = None) -> str:
    """When it was: "Sat 21 Nov 14:02 to 14:09 (7:00)"."""
    since, until = report.since.astimezone(zone), report.until.astimezone(zone)
    begun = f"{since:%a} {since.day} {since:%b %H:%M}"
    ended = f"{until:%H:%M}" if since.date() == until.date() else f"{until:%a} {until.day} {until:%b %H:%M}"
    return f"{begun} to {ended} ({lasted(report.until - report.since)})"


def lasted(time: timedelta) -> str:
    """How long it took: "40 s", "7 min", "9 h 12 m"."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else fmt.countdown(time)


def before_after(change: HoldingChange | FigureChange) -> tuple[str, str]:
    """A change's two sides for people; a holding of 0 is "none"."""
    if isinstance(change, HoldingChange):
        return fmt.quantity(change.before) if change.before else "none", (
            fmt.quantity(change.after) if change.after else "none")
    return fmt.money(change.before, change.currency), fmt.money(change.after, change.currency)


def summary(report: AwayReport) -> str:
    """What the outage hid, in one line without any amount."""
    if report.as_of is None:
        return "The first fresh picture has not come yet."
    held, figures = len(report.holdings), len(report.figures)
    if not held and not figures:
        return "Nothing changed in your holdings and figures."
    parts = (
        f"{held} holding{'' if held == 1 else 's'} changed" if held else "",
        f"{figures} figure{'' if figures == 1 else 's'} changed" if figures else "",
    )
    return " · ".join(part for part in parts if part)
