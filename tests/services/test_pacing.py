"""How long the keeper rests: quick for a person, slower and slower for a dead gateway, once a minute otherwise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.domain.settings import Settings
from ibdesk.services.pacing import Waiting, back_off, rest

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
SETTINGS = Settings()


def seconds(state: SessionState, *, ends_in: float = 36_000, chance: float = 1.0, **more: object) -> float:
    waiting = {"waited": timedelta(), "attempts": 1, "since_tickle": timedelta(), "outage": None} | more
    session = Session(state=state, flags=SessionFlags(reachable=True), ends_at=NOW + timedelta(seconds=ends_in))
    return rest(session, Waiting(**waiting), SETTINGS, NOW, lambda: chance).total_seconds()  # type: ignore[arg-type]


@pytest.mark.parametrize(("attempts", "wait"), [(1, 3), (2, 6), (3, 12), (4, 24), (5, 48), (6, 60), (7, 60), (99, 60)])
def test_a_lost_gateway_is_asked_after_twice_as_long_each_time_up_to_a_minute(attempts: int, wait: float) -> None:
    assert back_off(attempts, SETTINGS, lambda: 1.0).total_seconds() == wait


@pytest.mark.parametrize("attempts", range(12))
@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_the_jitter_takes_a_quarter_at_most_and_never_asks_sooner_than_allowed(attempts: int, chance: float) -> None:
    wait, full = back_off(attempts, SETTINGS, lambda: chance), back_off(attempts, SETTINGS, lambda: 1.0)
    assert timedelta(seconds=3) <= wait <= full
    assert wait >= full * 3 / 4


def test_a_person_s_limits_hold_even_when_they_contradict_each_other() -> None:
    odd = Settings(reconnect_min=Decimal(30), reconnect_max=Decimal(10))
    assert back_off(1, odd, lambda: 1.0) == back_off(9, odd, lambda: 1.0) == timedelta(seconds=30)


def test_who_waits_for_a_sign_in_is_served_quickly_at_first() -> None:
    assert seconds(SessionState.SIGNED_OUT) == 3
    assert seconds(SessionState.SIGNED_OUT, waited=timedelta(minutes=10)) == 30
    assert seconds(SessionState.SIGNED_OUT, waited=timedelta(days=2)) == 60


def test_a_ready_session_is_looked_at_once_a_minute_or_when_its_keep_alive_is_due() -> None:
    assert seconds(SessionState.READY) == 60
    assert seconds(SessionState.READY, since_tickle=timedelta(seconds=220)) == 20
    assert seconds(SessionState.READY, since_tickle=timedelta(seconds=500)) == 1
    assert seconds(SessionState.READY, since_tickle=None) == 1


def test_the_moment_of_a_warning_is_not_slept_through() -> None:
    assert seconds(SessionState.READY, ends_in=3600 + 20) == 20
    assert seconds(SessionState.EXPIRING, ends_in=900 + 7) == 7


def test_in_an_announced_outage_the_broker_is_asked_once_a_minute_and_soon_after_its_end() -> None:
    outage = Outage(name="it", begins=NOW, ends=NOW + timedelta(minutes=30))
    assert seconds(SessionState.OFFLINE, outage=outage) == 60
    ending = Outage(name="it", begins=NOW, ends=NOW + timedelta(seconds=20))
    assert seconds(SessionState.OFFLINE, outage=ending, chance=0.0) == 20
    assert seconds(SessionState.SIGNED_OUT, outage=ending) == 25
