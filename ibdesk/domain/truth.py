"""The session truth panel's contents: five lamps, each with its age, its next deadline and the one thing that helps.

The types are the contract between the session's keeper and the views; `truth` is the rule.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ibdesk.domain.session import NextStep


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
