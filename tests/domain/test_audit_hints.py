"""What in the log a careful person would look at: each pattern is found, and an ordinary week shows none."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.audit_hints import AuditHint, HourUsed, Severity, hints
from ibdesk.domain.errors import Cause
from ibdesk.domain.records import LoggedCall
from tests.store.examples import NOW, call


def log(*calls: object) -> tuple[LoggedCall, ...]:
    return tuple(LoggedCall(seq=seq, call=each, row_hash="") for seq, each in enumerate(calls, start=1))  # type: ignore[arg-type]


def look(*calls: object, hours: tuple[HourUsed, ...] = (), default: Environment = Environment.PAPER,
         now: datetime = NOW) -> tuple[AuditHint, ...]:
    return hints(log(*calls), hours, default=default, now=now)


def test_an_ordinary_day_shows_nothing() -> None:
    paths = ("tickle", "iserver/auth/status", "portfolio/DU7654321/summary", "ws", "logout", "pa/performance?x=1")
    assert look(*(call(n, path=f"/v1/api/{path}") for n, path in enumerate(paths))) == ()
    assert look() == ()


def test_a_few_refusals_are_a_session_that_ended_and_many_are_told() -> None:
    refused = [call(n, status=401, outcome=Cause.NOT_AUTHENTICATED) for n in range(10)]
    assert look(*refused[:9]) == ()
    (hint,) = look(call(), *refused)
    assert (hint.severity, hint.first, hint.last) == (Severity.WARN, 2, 11)
    assert "refused 10 calls" in hint.sentence


def test_refusals_hours_apart_are_no_series() -> None:
    assert look(*(call(n * 3600, status=403) for n in range(20))) == ()


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({"outcome": Cause.CERTIFICATE_CHANGED}, Severity.ALARM, "another certificate"),
        ({"outcome": Cause.COMPETING_SESSION}, Severity.WARN, "Another login"),
        ({"outcome": Cause.PENALTY_BOX}, Severity.NOTE, "asking too often"),
        ({"path": "/v1/api/exfiltrate?to=them"}, Severity.ALARM, "never calls /v1/api/exfiltrate,"),
        ({"path": "/etc/passwd"}, Severity.ALARM, "never calls /etc/passwd"),
        ({"environment": "live"}, Severity.NOTE, "A call went to your live account"),
        ({"channel": "desk", "method": "DELETE", "path": "credentials/live"}, Severity.NOTE, "were deleted"),
        ({"channel": "desk", "method": "REKEY", "path": "vault/key"}, Severity.NOTE, "key was changed"),
    ],
)
def test_one_odd_call_is_told(changes: dict[str, object], severity: Severity, words: str) -> None:
    (hint,) = look(call(0), call(1, **changes), call(2))
    assert (hint.severity, hint.first, hint.last) == (severity, 2, 2)
    assert words in hint.sentence
    assert hint.at == NOW + timedelta(seconds=1)


def test_live_calls_are_expected_where_the_desk_opens_live() -> None:
    assert look(call(environment="live"), default=Environment.LIVE) == ()


def test_a_clock_that_went_back_is_told_and_slow_calls_are_not() -> None:
    assert look(call(100), call(0)) == ()
    (hint,) = look(call(0), replace(call(0), at=NOW - timedelta(hours=5)))
    assert "went back by 5 hours between rows 1 and 2" in hint.sentence


def test_the_most_severe_come_first_and_of_those_the_newest() -> None:
    found = look(
        call(0, outcome=Cause.PENALTY_BOX), call(1, outcome=Cause.CERTIFICATE_CHANGED),
        call(9000, outcome=Cause.CERTIFICATE_CHANGED),
    )
    assert [(hint.severity, hint.first) for hint in found] == [
        (Severity.ALARM, 3), (Severity.ALARM, 2), (Severity.NOTE, 1)
    ]


def days(first: int, last: int, *at_hours: int) -> tuple[HourUsed, ...]:
    """Hours used on days so long before NOW."""
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    instants = [midnight - timedelta(days=day) + timedelta(hours=hour) for day in range(first, last, -1)
                for hour in at_hours]
    return tuple(HourUsed(at=at, first=n, last=n) for n, at in enumerate(instants, start=1))


def test_an_hour_never_used_before_is_told_once_there_is_a_habit() -> None:
    habit, night = days(30, 8, 13, 14, 15), days(2, 1, 3)
    (hint,) = look(hours=habit + night)
    assert "around 03:00 UTC" in hint.sentence and hint.severity is Severity.WARN
    assert look(hours=days(18, 8, 13) + night) == ()  # ten days are no habit
    assert look(hours=habit + days(2, 1, 12, 16)) == ()  # an hour more at either end is a long day
    assert look(hours=days(30, 8, 23) + days(2, 1, 0)) == ()  # and midnight is beside 23:00
