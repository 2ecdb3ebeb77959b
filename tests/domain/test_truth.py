"""The five lamps: each with its light and age, one headline, one next action."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import NextStep, Session, SessionFlags, SessionState, state_of
from ibdesk.domain.truth import Lamp, LampState, Light, StreamState, Truth, truth

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
EVERY = timedelta(seconds=240)
OPEN = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, connected=True)
READY = Session(
    state=SessionState.READY, flags=OPEN, checked_at=NOW - timedelta(seconds=5), last_tickle=NOW - timedelta(minutes=1),
    signed_in_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=11),
)
STREAM = StreamState(is_up=True, since=NOW - timedelta(minutes=3), last_heard=NOW)
OUTAGE = Outage(name="the nightly maintenance", begins=NOW - timedelta(minutes=1), ends=NOW + timedelta(minutes=44))


def seen(
    session: Session = READY, stream: StreamState = STREAM, outage: Outage | None = None, boxed: datetime | None = None
) -> Truth:
    return truth(session, stream, outage=outage, boxed_until=boxed, now=NOW, tickle_every=EVERY)


def lamp(all_: Truth, which: Lamp) -> LampState:
    return next(each for each in all_.lamps if each.lamp is which)


def in_state(flags: SessionFlags) -> Session:
    return replace(READY, state=state_of(flags), flags=flags)


def test_all_lamps_are_there_in_their_order_and_good_when_all_is_well() -> None:
    all_ = seen()
    assert [each.lamp for each in all_.lamps] == list(Lamp)
    assert {each.light for each in all_.lamps} == {Light.GOOD}
    assert (all_.headline, all_.action) == ("Everything is connected", NextStep.NONE)
    assert lamp(all_, Lamp.SIGN_ON).deadline == READY.ends_at
    assert lamp(all_, Lamp.BROKERAGE).deadline == NOW + timedelta(minutes=3)
    assert lamp(all_, Lamp.MARKET_DATA).as_of == NOW


@pytest.mark.parametrize(
    ("flags", "which", "action"),
    [
        (SessionFlags(reachable=False), Lamp.GATEWAY, NextStep.START_GATEWAY),
        (SessionFlags(reachable=True, is_gateway=False), Lamp.GATEWAY, NextStep.EXAMINE),
        (SessionFlags(reachable=True), Lamp.SIGN_ON, NextStep.SIGN_IN),
        (SessionFlags(reachable=True, signed_in=True), Lamp.BROKERAGE, NextStep.OPEN_BROKERAGE),
        (replace(OPEN, authenticated=False, competing=True), Lamp.COMPETING, NextStep.ASK_TAKE_OVER),
    ],
)
def test_what_is_missing_is_bad_and_says_the_single_next_step(
    flags: SessionFlags, which: Lamp, action: NextStep
) -> None:
    all_ = seen(in_state(flags), StreamState())
    assert lamp(all_, which).light is Light.BAD
    assert lamp(all_, which).action is action is all_.action


def test_what_something_else_answers_tells_nothing_of_the_session() -> None:
    all_ = seen(in_state(SessionFlags(reachable=True, is_gateway=False)))
    assert all_.headline == "Something else answers at this address"
    assert {lamp(all_, each).text for each in (Lamp.SIGN_ON, Lamp.BROKERAGE, Lamp.COMPETING)} == {"Not known"}


def test_the_sign_in_can_be_well_while_the_brokerage_session_is_lost() -> None:
    all_ = seen(in_state(SessionFlags(reachable=True, signed_in=True)))
    assert (lamp(all_, Lamp.GATEWAY).light, lamp(all_, Lamp.SIGN_ON).light) == (Light.GOOD, Light.GOOD)
    assert lamp(all_, Lamp.BROKERAGE).light is Light.BAD


@pytest.mark.parametrize(
    "flags", [SessionFlags(reachable=False), SessionFlags(reachable=True), SessionFlags(reachable=True, signed_in=True)]
)
def test_in_an_announced_outage_nothing_is_an_alarm_and_the_end_is_the_deadline(flags: SessionFlags) -> None:
    all_ = seen(in_state(flags), StreamState(), outage=OUTAGE)
    assert Light.BAD not in {each.light for each in all_.lamps}
    assert all_.action is NextStep.WAIT
    assert all_.headline == "Interactive Brokers is in the nightly maintenance"
    assert OUTAGE.ends in {each.deadline for each in all_.lamps}


def test_another_login_is_a_question_even_in_an_outage() -> None:
    all_ = seen(in_state(replace(OPEN, authenticated=False, competing=True)), outage=OUTAGE)
    assert all_.action is NextStep.ASK_TAKE_OVER


@pytest.mark.parametrize(
    ("age", "light"),
    [(239, Light.GOOD), (299, Light.GOOD), (300, Light.WARN), (359, Light.WARN), (360, Light.BAD)],
)
def test_a_keep_alive_is_late_at_five_minutes_and_dead_at_six(age: int, light: Light) -> None:
    all_ = seen(replace(READY, last_tickle=NOW - timedelta(seconds=age)))
    assert lamp(all_, Lamp.BROKERAGE).light is light


def test_the_end_of_the_session_asks_for_a_sign_in() -> None:
    all_ = seen(replace(READY, state=SessionState.EXPIRING, ends_at=NOW + timedelta(minutes=50)))
    assert lamp(all_, Lamp.SIGN_ON).light is Light.WARN
    assert all_.action is NextStep.SIGN_IN


def test_the_penalty_box_is_a_countdown() -> None:
    until = NOW + timedelta(minutes=14)
    found = lamp(seen(boxed=until), Lamp.GATEWAY)
    assert (found.light, found.deadline, found.action) == (Light.WARN, until, NextStep.WAIT)
    assert lamp(seen(boxed=NOW), Lamp.GATEWAY).light is Light.GOOD


def test_a_stream_that_says_nothing_is_not_called_well() -> None:
    silent = lamp(seen(stream=replace(STREAM, last_heard=NOW - timedelta(seconds=15))), Lamp.MARKET_DATA)
    assert silent.light is Light.WARN
    broken = lamp(seen(stream=StreamState(since=NOW, reason="It was cut.")), Lamp.MARKET_DATA)
    assert (broken.light, broken.reason) == (Light.WAITING, "It was cut.")


def test_before_anything_was_asked_nothing_is_claimed() -> None:
    all_ = seen(Session(), StreamState())
    assert {each.light for each in all_.lamps} == {Light.UNKNOWN}


def test_what_a_gateway_that_is_gone_would_say_is_not_known() -> None:
    gone = replace(READY, state=SessionState.OFFLINE, flags=SessionFlags(reachable=False))
    assert lamp(seen(gone), Lamp.BROKERAGE).text == "Not known"
    signed_out = replace(READY, state=SessionState.SIGNED_OUT, flags=SessionFlags(reachable=True))
    assert lamp(seen(signed_out), Lamp.BROKERAGE).text == "Needs a sign-in"


def test_an_answer_that_failed_while_all_is_open_is_told() -> None:
    found = lamp(seen(replace(READY, detail="The broker could not answer.")), Lamp.GATEWAY)
    assert (found.light, found.reason) == (Light.WARN, "The broker could not answer.")


@pytest.mark.parametrize(("waited", "light"), [(4, Light.GOOD), (7, Light.WAITING)])
def test_a_gateway_whose_answer_is_overdue_is_waited_for(waited: int, light: Light) -> None:
    since = NOW - timedelta(seconds=waited)
    all_ = truth(READY, STREAM, outage=None, boxed_until=None, now=NOW, tickle_every=EVERY, unanswered_since=since)
    found = lamp(all_, Lamp.GATEWAY)
    assert found.light is light
    assert light is Light.GOOD or found.text == "No answer for 7 s" == all_.headline
