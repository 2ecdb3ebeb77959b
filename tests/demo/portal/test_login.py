"""The login machine walks through its stages, and its timers end them."""

from datetime import timedelta

import pytest

from ibdesk.demo.portal.login import Login, Stage
from ibdesk.demo.timings import DemoTimings
from tests.demo.door import Ticks, still_clock


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def login(ticks: Ticks) -> Login:
    return Login(DemoTimings(), ticks)


def test_a_sign_in_waits_for_the_handshake(login: Login, ticks: Ticks) -> None:
    assert login.stage is Stage.UP_NO_LOGIN
    login.open_page()
    assert login.stage is Stage.LOGIN_PAGE
    login.sign_in()
    assert login.stage is Stage.BROKERAGE_PENDING
    ticks.pass_by(2.9)
    assert login.stage is Stage.BROKERAGE_PENDING
    ticks.pass_by(0.2)
    assert login.stage is Stage.READY


def test_six_idle_minutes_end_the_session_and_a_call_prolongs_it(login: Login, ticks: Ticks) -> None:
    login.start_ready()
    ticks.pass_by(300)
    login.touch()
    ticks.pass_by(300)
    assert login.stage is Stage.READY
    ticks.pass_by(60)
    assert login.stage is Stage.EXPIRED
    assert login.session == ""


def test_a_sign_in_lives_a_day(login: Login, ticks: Ticks) -> None:
    login.sign_in()
    for _ in range(24 * 12 - 1):
        ticks.pass_by(300)
        assert login.is_signed_in
        login.touch()
    ticks.pass_by(300)
    assert login.stage is Stage.EXPIRED


def test_a_competing_login_keeps_the_session_unless_we_compete(login: Login, ticks: Ticks) -> None:
    login.start_ready()
    login.compete()
    login.open_brokerage(compete=False)
    assert login.stage is Stage.COMPETING
    login.open_brokerage(compete=True)
    ticks.pass_by(3.0)
    assert login.stage is Stage.READY


@pytest.mark.parametrize("fault", [Login.compete, Login.lose])
def test_a_lost_brokerage_session_ends_the_sign_in_within_half_a_minute(
    login: Login, ticks: Ticks, fault: object
) -> None:
    login.start_ready()
    fault(login)  # type: ignore[operator]
    ticks.pass_by(29)
    assert login.is_signed_in
    ticks.pass_by(2)
    assert login.stage is Stage.LOGGED_OUT


def test_maintenance_ends_by_itself_in_a_new_brokerage_session(login: Login, ticks: Ticks) -> None:
    login.start_ready()
    before = login.brokerage
    login.maintain(60.0)
    assert login.stage is Stage.MAINTENANCE
    ticks.pass_by(61)
    assert login.stage is Stage.READY
    assert login.brokerage == before + 1


def test_every_sign_in_has_another_session_id(login: Login) -> None:
    login.sign_in()
    first = login.session
    login.sign_out()
    login.sign_in()
    assert login.session not in ("", first)


def test_behind_a_real_gateway_the_handshake_is_the_gateways(ticks: Ticks) -> None:
    login = Login(DemoTimings(), ticks, by_gateway=True)
    login.sign_in()
    ticks.pass_by(60)
    assert login.stage is Stage.SSO_ONLY
    login.gateway_answered()
    assert login.stage is Stage.READY


@pytest.mark.parametrize(("region", "hours"), [("America/New_York", 11.2), ("Europe/Zurich", 5.2)])
def test_the_region_s_midnight_ends_a_session(ticks: Ticks, region: str, hours: float) -> None:
    clock = still_clock()
    login = Login(DemoTimings(region=region), ticks, clock=clock.now)
    login.start_ready()
    clock.advance(timedelta(hours=hours, seconds=-1))
    assert login.stage is Stage.READY
    clock.advance(timedelta(seconds=1))
    assert login.stage is Stage.EXPIRED
    login.start_ready()
    assert login.stage is Stage.READY


def test_taking_another_login_s_session_is_counted(login: Login) -> None:
    login.start_ready()
    login.compete()
    login.open_brokerage(compete=False)
    assert (login.stage, login.take_overs) == (Stage.COMPETING, 0)
    login.open_brokerage(compete=True)
    assert (login.stage, login.take_overs) == (Stage.BROKERAGE_PENDING, 1)


def test_recovering_signs_in_anew_only_where_the_sign_in_has_ended(login: Login) -> None:
    login.start_ready()
    session = login.session
    login.lose()
    login.recover()
    assert (login.stage, login.session) == (Stage.READY, session)
    login.expire()
    login.recover()
    assert login.stage is Stage.READY
    assert login.session not in ("", session)
