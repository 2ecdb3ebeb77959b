"""The session machine: flags to state, state to next step, and when the session ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.session import (
    NextStep,
    Region,
    Session,
    SessionFlags,
    SessionState,
    next_step,
    observed,
    session_end,
    state_of,
    tickled,
)

HOUR = timedelta(hours=1)
READY = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, connected=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seen(session: Session, flags: SessionFlags, now: datetime) -> Session:
    return observed(session, flags, now, region=Region.NEW_YORK, warn_before=HOUR)


@pytest.mark.parametrize(
    ("flags", "state", "step"),
    [
        (SessionFlags(reachable=False), SessionState.OFFLINE, NextStep.START_GATEWAY),
        (SessionFlags(reachable=True), SessionState.SIGNED_OUT, NextStep.SIGN_IN),
        (SessionFlags(reachable=True, signed_in=True), SessionState.BROKERAGE_LOST, NextStep.OPEN_BROKERAGE),
        (SessionFlags(reachable=True, signed_in=True, connected=True), SessionState.CONNECTING, NextStep.WAIT),
        (
            SessionFlags(reachable=True, signed_in=True, authenticated=True, connected=True),
            SessionState.CONNECTING,
            NextStep.WAIT,
        ),
        (
            SessionFlags(reachable=True, signed_in=True, competing=True, connected=True),
            SessionState.COMPETING,
            NextStep.ASK_TAKE_OVER,
        ),
        (READY, SessionState.READY, NextStep.NONE),
    ],
)
def test_the_flags_read_together_name_one_state_and_one_step(
    flags: SessionFlags, state: SessionState, step: NextStep
) -> None:
    assert state_of(flags) is state
    assert next_step(state) is step


@given(st.builds(SessionFlags, reachable=st.booleans(), signed_in=st.booleans(), authenticated=st.booleans(),
                 established=st.booleans(), connected=st.booleans(), competing=st.booleans()))
def test_only_an_authenticated_established_session_without_a_rival_is_ready(flags: SessionFlags) -> None:
    ready = state_of(flags) is SessionState.READY
    assert ready == (flags.reachable and flags.authenticated and flags.established and not flags.competing)


def test_midnight_in_new_york_comes_before_a_day_is_over() -> None:
    assert session_end(at("2026-11-20T17:48"), Region.NEW_YORK) == at("2026-11-21T05:00")


def test_the_regions_have_their_own_midnight() -> None:
    assert session_end(at("2026-11-20T17:48"), Region.ZUG) == at("2026-11-20T23:00")
    assert session_end(at("2026-11-20T17:48"), Region.HONG_KONG) == at("2026-11-21T16:00")


def test_a_day_of_25_hours_still_ends_after_24() -> None:
    # New York goes back to standard time on 1 November 2026: midnight to midnight takes 25 hours.
    signed_in = at("2026-11-01T04:00")
    assert session_end(signed_in, Region.NEW_YORK) == signed_in + timedelta(hours=24)


def test_the_last_hour_is_announced() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    assert session.state is SessionState.READY
    assert seen(session, READY, at("2026-11-21T03:59")).state is SessionState.READY
    last_hour = seen(session, READY, at("2026-11-21T04:00"))
    assert last_hour.state is SessionState.EXPIRING
    assert last_hour.is_ready


def test_a_lost_brokerage_session_keeps_the_sign_in_and_its_end() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    lost = seen(session, SessionFlags(reachable=True, signed_in=True), at("2026-11-20T18:00"))
    assert lost.state is SessionState.BROKERAGE_LOST
    assert lost.ends_at == session.ends_at
    assert seen(lost, READY, at("2026-11-20T18:05")).signed_in_at == session.signed_in_at


def test_signing_out_forgets_when_the_session_began() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    out = seen(session, SessionFlags(reachable=True), at("2026-11-20T18:00"))
    assert (out.signed_in_at, out.ends_at) == (None, None)


def test_the_next_tickle_is_four_minutes_after_the_last() -> None:
    session = tickled(Session(), at("2026-11-20T17:48"))
    assert session.next_tickle() == at("2026-11-20T17:52")
    assert Session().next_tickle() is None
