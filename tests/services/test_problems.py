"""Errors and sessions put into each other's words."""

import pytest

from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.session import SessionFlags, SessionState, state_of
from ibdesk.services.problems import flags_of, problem_of

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
        (Cause.NOT_A_GATEWAY, SessionState.OFFLINE),
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
