"""The session machine: flags to state, state to next step, and when the session ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.session import (
    KeepAlive,
    NextStep,
    Region,
    Session,
    SessionFlags,
    SessionState,
    doubted,
    keep_alive,
    moved,
    next_step,
    next_warning,
    observed,
    session_end,
    state_of,
    tickled,
    warning_due,
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
        (SessionFlags(reachable=True, is_gateway=False), SessionState.STRANGER, NextStep.EXAMINE),
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


@pytest.mark.parametrize(
    ("age", "health"),
    [(0, KeepAlive.FRESH), (239, KeepAlive.FRESH), (240, KeepAlive.DUE), (299, KeepAlive.DUE), (300, KeepAlive.LATE),
     (359, KeepAlive.LATE), (360, KeepAlive.DEAD), (86_400, KeepAlive.DEAD)],
)
def test_a_keep_alive_is_fresh_for_four_minutes_late_at_five_and_dead_at_six(age: int, health: KeepAlive) -> None:
    now = at("2026-11-20T17:48")
    session = tickled(seen(Session(), READY, now - HOUR), now - timedelta(seconds=age))
    assert keep_alive(session, now) is health


def test_nobody_signed_in_needs_no_keep_alive() -> None:
    now = at("2026-11-20T17:48")
    assert keep_alive(Session(), now) is KeepAlive.NONE
    out = seen(tickled(Session(), now - HOUR), SessionFlags(reachable=True), now)
    assert keep_alive(out, now) is KeepAlive.NONE


def test_a_gateway_that_does_not_answer_ends_no_sign_in() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    away = seen(session, SessionFlags(reachable=False), at("2026-11-20T17:50"))
    assert (away.signed_in_at, away.ends_at) == (session.signed_in_at, session.ends_at)


def test_a_session_that_outlives_its_end_was_signed_in_again_unnoticed() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    assert session.ends_at == at("2026-11-21T05:00")
    after = seen(session, READY, at("2026-11-21T05:01"))
    assert (after.state, after.ends_at) == (SessionState.READY, at("2026-11-22T05:00"))


def test_a_doubted_session_is_not_ready_and_remembers_the_sign_in() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    doubt = doubted(session, "It slept.")
    assert (doubt.is_ready, doubt.detail, doubt.ends_at) == (False, "It slept.", session.ends_at)
    assert seen(doubt, READY, at("2026-11-20T18:48")).signed_in_at == session.signed_in_at


def test_when_the_clock_is_set_back_ages_stay_and_the_end_is_still_a_midnight() -> None:
    now = at("2026-11-20T17:48")
    session = tickled(seen(Session(), READY, now), now)
    back = moved(session, -2 * HOUR, Region.NEW_YORK)
    assert (back.last_tickle, back.checked_at, back.signed_in_at) == (now - 2 * HOUR,) * 3
    assert back.ends_at == session.ends_at
    assert moved(Session(), -HOUR, Region.ZUG) == Session()


@pytest.mark.parametrize(
    ("left", "first", "mark"),
    [(61, 60, None), (60, 60, 60), (16, 60, 60), (15, 60, 15), (6, 60, 15), (5, 60, 5), (0.1, 60, 5), (0, 60, None),
     (90, 120, 120), (30, 10, None), (9, 10, 10), (5, 5, 5), (14, 15, 15)],
)
def test_the_end_is_announced_at_the_chosen_minutes_then_at_15_and_5(left: float, first: int, mark: int | None) -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    assert session.ends_at is not None
    assert warning_due(session, session.ends_at - timedelta(minutes=left), first) == mark


def test_only_a_session_that_is_open_can_be_about_to_end() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    lost = seen(session, SessionFlags(reachable=True, signed_in=True), at("2026-11-21T04:50"))
    assert warning_due(lost, at("2026-11-21T04:50"), 60) is None


def test_the_next_warning_is_the_next_mark() -> None:
    session = seen(Session(), READY, at("2026-11-20T17:48"))
    assert next_warning(session, at("2026-11-20T18:00"), 60) == at("2026-11-21T04:00")
    assert next_warning(session, at("2026-11-21T04:00"), 60) == at("2026-11-21T04:45")
    assert next_warning(session, at("2026-11-21T04:56"), 60) is None
    assert next_warning(Session(), at("2026-11-21T04:56"), 60) is None
