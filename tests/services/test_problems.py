"""Errors and sessions put into each other's words."""

from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import SessionFlags, SessionState, state_of
from ibdesk.services.problems import EXPLAINED, announced, flags_of, problem_of, without_brokerage

READY = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, connected=True)


@pytest.mark.parametrize(
    ("cause", "state"),
    [
        (Cause.NOT_AUTHENTICATED, SessionState.SIGNED_OUT),
        (Cause.BROKERAGE_LOST, SessionState.BROKERAGE_LOST),
        (Cause.COMPETING_SESSION, SessionState.COMPETING),
        (Cause.GATEWAY_NOT_RUNNING, SessionState.OFFLINE),
        (Cause.TIMED_OUT, SessionState.OFFLINE),
        (Cause.CERTIFICATE_CHANGED, SessionState.OFFLINE),
        (Cause.NOT_A_GATEWAY, SessionState.STRANGER),
    ],
)
def test_an_error_stands_for_a_state(cause: Cause, state: SessionState) -> None:
    flags = flags_of(READY, NeedsPerson("It stopped.", remedy="Go on.", cause=cause))

    assert flags is not None and state_of(flags) is state


@pytest.mark.parametrize(
    "cause", [Cause.PENALTY_BOX, Cause.RATE_LIMITED, Cause.MAINTENANCE, Cause.BROKER_ERROR, Cause.BAD_ANSWER]
)
def test_some_errors_say_nothing_of_the_session(cause: Cause) -> None:
    assert flags_of(READY, Unavailable("It stopped.", remedy="Go on.", cause=cause)) is None


@pytest.mark.parametrize("state", [each for each in SessionState if each not in ("ready", "expiring")])
def test_every_state_that_cannot_be_used_has_its_reason_and_next_step(state: SessionState) -> None:
    problem = problem_of(state)

    assert problem.message and problem.remedy


def test_what_a_person_must_do_and_what_passes_by_itself_are_told_apart() -> None:
    assert isinstance(problem_of(SessionState.SIGNED_OUT), NeedsPerson)
    assert isinstance(problem_of(SessionState.COMPETING), NeedsPerson)
    assert isinstance(problem_of(SessionState.BROKERAGE_LOST), Unavailable)


def test_an_announced_outage_says_until_when_in_the_broker_s_own_time_and_asks_nothing_of_anybody() -> None:
    begins = datetime(2026, 11, 20, 4, 45, tzinfo=UTC)
    told = announced(Outage(name="the nightly maintenance", begins=begins, ends=begins + timedelta(minutes=45)))

    assert "expected until 00:30 New York time" in told.message and "nothing to do" in told.remedy
    assert (told.cause, told.retry_at) == (Cause.MAINTENANCE, begins + timedelta(minutes=45))


def test_a_wrong_certificate_or_another_login_is_not_explained_by_an_outage() -> None:
    assert not {Cause.CERTIFICATE_CHANGED, Cause.NOT_A_GATEWAY, Cause.COMPETING_SESSION, Cause.PENALTY_BOX} & EXPLAINED


def test_without_its_brokerage_session_a_sign_in_stays_what_it_was() -> None:
    assert state_of(without_brokerage(READY)) is SessionState.BROKERAGE_LOST
    assert state_of(without_brokerage(SessionFlags(reachable=True))) is SessionState.SIGNED_OUT
