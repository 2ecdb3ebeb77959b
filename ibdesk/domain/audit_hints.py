"""What in the log of calls a careful person would want to look at, and why: patterns, not proofs.

Pure over the rows given, in the order of the log. A hint names the rows that show it, so that a person can read them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import pairwise

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause
from ibdesk.domain.records import LoggedCall


class Severity(IntEnum):
    """How soon to look: when there is time, today, now."""

    NOTE = 1
    WARN = 2
    ALARM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHint:
    """One thing to look at: a sentence, and the rows (both included) that show it."""

    severity: Severity
    sentence: str
    first: int
    last: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HourUsed:
    """An hour (UTC) in which there were calls: its earliest instant, and its rows."""

    at: datetime
    first: int
    last: int


#: A habit needs two weeks of days with calls before an hour can be called unusual.
HABIT_DAYS = 14
#: What counts as new, and is compared with the habit before it.
NEW = timedelta(days=7)
#: Refused sign-ins and permissions (401, 403) in a row this long are not a session that just ended.
REFUSALS = 10
#: A series ends when nothing of its kind came for so long.
SERIES_ENDS = timedelta(minutes=10)
#: Calls are logged as they end and dated when they began; the slowest last two minutes.
CLOCK_SLACK = timedelta(minutes=5)
#: The Client Portal's families of paths (reference/client-portal-api.md), below /v1/api; the Flex service's; and what
#: the desk itself does.
KNOWN = re.compile(
    r"^/?(?:v1/(?:api|portal)/)?(?:iserver|portfolio2?|tickle|sso|logout|trsrv|hmds|md|pa|fyi|ws|oauth|gw|ibcust|"
    r"acesws|ccp|credentials|vault|gateway|demo|flex)(?:[/?]|$)|^/?$|^/AccountManagement/FlexWebService/"
)
_REFUSED = (401, 403)


def hints(
    calls: Sequence[LoggedCall], hours: Sequence[HourUsed], *, default: Environment, now: datetime
) -> tuple[AuditHint, ...]:
    """Everything worth a look in `calls` and `hours`, both oldest first; the most severe and newest come first.

    `default` is the environment the desk opens with.
    """
    found = [
        *_refusals(calls),
        *_certificates(calls),
        *_other_sessions(calls),
        *_boxed(calls),
        *_unknown_paths(calls),
        *_live(calls, default),
        *_deletions(calls),
        *_clock_back(calls),
        *_unusual_hours(hours, now),
    ]
    return tuple(sorted(found, key=lambda hint: (-hint.severity, -hint.last)))


def _series(calls: Sequence[LoggedCall], belongs: Callable[[LoggedCall], bool]) -> Iterator[list[LoggedCall]]:
    """Rows that belong, put together as long as little time passes between them."""
    series: list[LoggedCall] = []
    for row in calls:
        if not belongs(row):
            continue
        if series and row.call.at - series[-1].call.at > SERIES_ENDS:
            yield series
            series = []
        series.append(row)
    if series:
        yield series


def _hint(severity: Severity, rows: Sequence[LoggedCall], sentence: str) -> AuditHint:
    return AuditHint(
        severity=severity, sentence=sentence, first=rows[0].seq, last=rows[-1].seq, at=rows[-1].call.at
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _refusals(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for rows in _series(calls, lambda row: row.call.status in _REFUSED):
        if len(rows) >= REFUSALS:
            yield _hint(Severity.WARN, rows, f"The gateway refused {len(rows)} calls in a row for lack of a sign-in or "
                        "permission. Was somebody else at the gateway?")


def _certificates(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for rows in _series(calls, lambda row: row.call.outcome == Cause.CERTIFICATE_CHANGED):
        yield _hint(Severity.ALARM, rows, "The gateway showed another certificate than the one you trusted; nothing "
                    "was sent. Find out why before you trust the new one.")


def _other_sessions(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for rows in _series(calls, lambda row: row.call.outcome == Cause.COMPETING_SESSION):
        yield _hint(Severity.WARN, rows, "Another login with your user name had the brokerage session "
                    f"({_times(len(rows))}). If that was not you, change your password at the broker.")


def _boxed(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for rows in _series(calls, lambda row: row.call.outcome == Cause.PENALTY_BOX):
        yield _hint(Severity.NOTE, rows, "The broker shut the desk out for asking too often. ibdesk keeps the limits: "
                    "does another program use the same gateway?")


def _unknown_paths(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for rows in _series(calls, lambda row: not KNOWN.match(row.call.path)):
        yield _hint(Severity.ALARM, rows, f"ibdesk never calls {rows[0].call.path.partition('?')[0]}, yet a call to it "
                    "is in the log. Is this ibdesk the one you installed?")


def _live(calls: Sequence[LoggedCall], default: Environment) -> Iterator[AuditHint]:
    if default is Environment.LIVE:
        return
    for rows in _series(calls, lambda row: row.call.environment == Environment.LIVE and row.call.channel != "desk"):
        went = "A call" if len(rows) == 1 else f"{len(rows)} calls"
        yield _hint(Severity.NOTE, rows, f"{went} went to your live account, though the desk opens with "
                    f"{default.value}.")


def _deletions(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    told = {"DELETE": "Credentials were deleted", "REKEY": "The vault's key was changed",
            "PASSPHRASE": "The passphrase was changed", "RECOVERY": "A new recovery code was made",
            "RESTORE": "A backup was restored"}  # fmt: skip
    for row in calls:
        if row.call.channel == "desk" and row.call.method in told:
            yield _hint(Severity.NOTE, [row], f"{told[row.call.method]} on {row.call.at:%Y-%m-%d at %H:%M} UTC. "
                        "Was it you?")


def _clock_back(calls: Sequence[LoggedCall]) -> Iterator[AuditHint]:
    for before, row in pairwise(calls):
        if row.seq == before.seq + 1 and row.call.at < before.call.at - CLOCK_SLACK:
            back = before.call.at - row.call.at
            yield _hint(Severity.WARN, [before, row], f"The computer's clock went back by {_long(back)} between rows "
                        f"{before.seq} and {row.seq}: times around them are not what they seem.")


def _long(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"


def _unusual_hours(hours: Sequence[HourUsed], now: datetime) -> Iterator[AuditHint]:
    """Calls of the last week at an hour of the day in which there were none in the weeks before."""
    habit = [hour for hour in hours if hour.at < now - NEW]
    if len({hour.at.date() for hour in habit}) < HABIT_DAYS:
        return
    usual = {hour.at.hour for hour in habit}
    # An hour beside a usual one is a long day, or the change to summer time.
    near = usual | {(hour + 1) % 24 for hour in usual} | {(hour - 1) % 24 for hour in usual}
    for hour in hours:
        if now - NEW <= hour.at <= now and hour.at.hour not in near:
            yield AuditHint(
                severity=Severity.WARN, first=hour.first, last=hour.last, at=hour.at,
                sentence=f"The desk was in use on {hour.at:%Y-%m-%d} around {hour.at:%H}:00 UTC, an hour at which it "
                "never was before. Was it you?",
            )  # fmt: skip
