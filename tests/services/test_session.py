"""The session's keeper against a real gateway: asked, kept alive, opened again, never stolen."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.demo.gateway import sign_in
from ibdesk.demo.portal.login import Stage
from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.events import Notice, SessionChanged, SessionEnding, TimeJumped
from ibdesk.domain.session import NextStep, SessionFlags, SessionState
from ibdesk.domain.truth import Lamp, Light
from tests.services.workshop import Heard, Workshop, beside, eventually, workshop


def states(shop: Workshop) -> Heard:
    return Heard(shop.hub, SessionChanged)


def is_state(state: SessionState) -> Callable[[SessionChanged], bool]:
    return lambda event: event.session.state is state


def test_a_ready_session_is_found_tickled_and_written_down(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = states(shop)
            shop.session.start()
            await heard.until(lambda event: event.session.last_tickle is not None)
            assert shop.session.session.state is SessionState.READY
            assert shop.session.problem is None
            assert shop.asked("/tickle") == 1
            await eventually(lambda: shop.dial.next_in is not None)
            kept_alive, became_ready = await shop.activity.sessions()
            assert (became_ready.status, became_ready.authenticated, became_ready.expires_at) == (
                "ready", True, shop.session.session.ends_at)
            assert (kept_alive.message, kept_alive.last_tickle) == ("Kept alive.", shop.dial.instant)

    asyncio.run(run())


def test_the_session_is_tickled_every_interval_and_looked_at_in_between(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.session.start()
            await eventually(lambda: shop.asked("/tickle") == 1 and shop.dial.next_in is not None)
            for _ in range(4):
                shop.dial.advance(shop.dial.next_in or timedelta())
                await eventually(lambda: shop.dial.next_in == timedelta(seconds=60))
            assert shop.asked("/tickle") == 2
            assert shop.dial.instant - shop.session.session.signed_in_at == timedelta(seconds=240)

    asyncio.run(run())


def test_of_several_signs_of_one_loss_only_the_first_asks_the_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            shop.gateway.expire_session()
            asked = shop.asked("auth/status")
            signs = (shop.session.look(if_ready=True), shop.session.hear(SessionFlags(reachable=True)))
            for sign in [beside(sign) for sign in (*signs, shop.session.look(if_ready=True))]:
                await sign
            assert shop.session.session.state is SessionState.SIGNED_OUT
            assert shop.asked("auth/status") == asked + 1

    asyncio.run(run())


def test_good_news_of_the_stream_is_looked_into_while_the_session_is_lost(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            await shop.session.refresh()
            await sign_in(shop.gateway.url)
            await eventually(lambda: shop.gateway.login.stage is Stage.READY)
            await shop.session.hear(SessionFlags(reachable=True, signed_in=True, authenticated=True))
            assert shop.session.session.is_ready

    asyncio.run(run())


def test_waiting_for_a_sign_in_asks_every_three_seconds_then_rarer(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            shop.session.start()
            await eventually(lambda: shop.dial.next_in is not None)
            assert shop.session.session.state is SessionState.SIGNED_OUT
            assert shop.dial.next_in == timedelta(seconds=3)
            shop.dial.advance(timedelta(minutes=10))
            await eventually(lambda: shop.dial.next_in is not None and shop.dial.next_in > timedelta(seconds=3))
            assert shop.dial.next_in == timedelta(seconds=30)
            await shop.session.refresh()
            await eventually(lambda: shop.dial.next_in == timedelta(seconds=3))

    asyncio.run(run())


def test_signing_in_on_the_page_is_noticed(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            assert shop.session.sign_in_page.startswith(shop.gateway.url)
            shop.session.start()
            await eventually(lambda: shop.dial.next_in is not None)
            waiting = beside(shop.session.wait_until_ready(timedelta(hours=1)))
            await sign_in(shop.gateway.url)
            while not waiting.done():
                shop.dial.advance(timedelta(seconds=3))
                await asyncio.sleep(0.02)
            assert (await waiting).is_ready
            assert next(record.status for record in await shop.activity.sessions()) == "ready"
            assert "signed out" in [record.status for record in await shop.activity.sessions()]

    asyncio.run(run())


def test_nobody_signing_in_is_a_person_s_turn(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            await shop.session.refresh()
            waiting = beside(shop.session.wait_until_ready(timedelta(seconds=9)))
            await eventually(lambda: shop.dial.next_in is not None)
            shop.dial.advance(timedelta(seconds=9))
            with pytest.raises(NeedsPerson) as problem:
                await waiting
            assert problem.value.cause is Cause.NOT_AUTHENTICATED
            assert "gateway must be authenticated" in problem.value.message

    asyncio.run(run())


def test_a_lost_brokerage_session_is_opened_again_without_taking_over(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = states(shop)
            shop.session.start()
            await heard.until(is_state(SessionState.READY))
            await eventually(lambda: shop.dial.next_in is not None)
            shop.gateway.lose_brokerage()
            shop.dial.advance(timedelta(seconds=60))
            await eventually(lambda: shop.asked("ssodh/init") == 1)
            while not shop.session.session.is_ready:
                shop.dial.advance(timedelta(seconds=3))
                await asyncio.sleep(0.02)
            assert shop.asked("ssodh/init") == 1
            assert shop.gateway.login.stage is Stage.READY

    asyncio.run(run())


def test_a_competing_login_is_shown_and_never_thrown_out_by_itself(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = states(shop)
            shop.session.start()
            await heard.until(is_state(SessionState.READY))
            await eventually(lambda: shop.dial.next_in is not None)
            shop.gateway.compete()
            for _ in range(5):
                shop.dial.advance(timedelta(seconds=60))
                await asyncio.sleep(0.02)
            await heard.until(is_state(SessionState.COMPETING))
            assert shop.asked("ssodh/init") == 0
            assert shop.session.problem is not None
            assert shop.session.problem.cause is Cause.COMPETING_SESSION
            await shop.session.open_brokerage(take_over=True)
            await eventually(lambda: shop.asked("ssodh/init") == 1)

    asyncio.run(run())


def test_a_gateway_that_dies_is_offline_and_comes_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.gateway.kill()
            assert (await shop.session.refresh()).state is SessionState.OFFLINE
            assert isinstance(shop.session.problem, Unavailable)
            await shop.gateway.start()
            assert (await shop.session.refresh()).state is SessionState.READY

    asyncio.run(run())


def test_an_expired_sign_in_is_signed_out_and_signing_in_again_starts_a_new_day(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            shop.gateway.expire_session()
            session = await shop.session.refresh()
            assert (session.state, session.signed_in_at, session.ends_at) == (SessionState.SIGNED_OUT, None, None)

    asyncio.run(run())


def test_an_ending_session_is_announced_an_hour_before_the_region_s_midnight(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            session = await shop.session.refresh()
            assert session.ends_at is not None
            shop.dial.instant = session.ends_at - timedelta(minutes=61)
            assert (await shop.session.refresh()).state is SessionState.READY
            shop.dial.instant = session.ends_at - timedelta(minutes=60)
            ending = await shop.session.refresh()
            assert ending.state is SessionState.EXPIRING and ending.is_ready

    asyncio.run(run())


def test_signing_out_ends_the_session_at_the_broker(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.session.sign_out()
            assert shop.session.session.state is SessionState.SIGNED_OUT
            assert shop.asked("/logout") == 1

    asyncio.run(run())


def test_a_stranger_s_answer_is_told_once_and_asked_about_no_faster(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            notices = Heard(shop.hub, Notice)
            await shop.session.refresh()
            shop.gateway.bad_bytes("html", times=20)
            for _ in range(3):
                await shop.session.refresh()
            assert shop.session.session.state is SessionState.STRANGER
            assert shop.session.problem is not None
            assert shop.session.session.detail == shop.session.problem.message
            assert shop.session.truth().action is NextStep.EXAMINE
            assert len(notices.events) <= 1
            signed_in_at = shop.session.session.signed_in_at
            shop.gateway.heal()
            assert (await shop.session.refresh()).signed_in_at == signed_in_at is not None

    asyncio.run(run())


def test_in_the_penalty_box_the_state_stays_and_nothing_is_asked(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = states(shop)
            shop.session.start()
            await heard.until(is_state(SessionState.READY))
            await eventually(lambda: shop.dial.next_in is not None)
            shop.gateway.limit()
            shop.dial.advance(timedelta(seconds=60))
            await heard.until(lambda event: "too many requests" in event.session.detail)
            assert shop.session.session.state is SessionState.READY
            asked = len(shop.gateway.calls)
            await eventually(lambda: shop.dial.next_in is not None)
            assert shop.dial.next_in == timedelta(minutes=15)
            await shop.session.refresh()
            assert len(shop.gateway.calls) == asked

    asyncio.run(run())


def test_a_penalty_box_found_at_the_first_look_is_not_called_a_dead_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.gateway.limit()
            await shop.session.refresh()
            assert shop.session.problem is not None
            assert shop.session.problem.cause is Cause.PENALTY_BOX

    asyncio.run(run())


def test_a_broker_s_outage_says_nothing_of_the_session(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            shop.gateway.bad_bytes("not_json", path="iserver/auth/status")
            session = await shop.session.refresh()
            assert session.state is SessionState.READY and session.detail
            assert (await shop.session.refresh()).detail == ""

    asyncio.run(run())


def test_one_step_that_breaks_does_not_end_the_keeping(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            shop.session.start()
            await eventually(lambda: shop.dial.next_in is not None)

            def stumble(_event: SessionChanged) -> None:
                unsubscribe()
                raise RuntimeError("a listener of the session broke")

            unsubscribe = shop.hub.subscribe(SessionChanged, stumble)
            await sign_in(shop.gateway.url)
            for _ in range(200):
                if shop.session.session.is_ready:
                    break
                shop.dial.advance(timedelta(seconds=3))
                await asyncio.sleep(0.02)
            assert shop.session.session.is_ready
            assert [(name, str(error)) for name, error in shop.failures] == [
                ("session step", "a listener of the session broke")
            ]
            shop.failures.clear()

    asyncio.run(run())


def test_the_end_is_announced_once_at_sixty_fifteen_and_five_minutes_and_anew_the_next_day(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = Heard(shop.hub, SessionEnding)
            ends_at = (await shop.session.refresh()).ends_at
            assert ends_at is not None
            for minutes in (61, 60, 59, 30, 15, 14, 5, 4, 1):
                shop.dial.instant = ends_at - timedelta(minutes=minutes)
                await shop.session.refresh()
            assert [(event.minutes, event.ends_at) for event in heard.events] == [
                (60, ends_at), (15, ends_at), (5, ends_at)
            ]
            shop.gateway.expire_session()
            shop.dial.instant = ends_at
            await shop.session.refresh()
            await sign_in(shop.gateway.url)
            await eventually(lambda: shop.gateway.login.stage is Stage.READY)
            again = (await shop.session.refresh()).ends_at
            assert again == ends_at + timedelta(days=1)
            shop.dial.instant = again - timedelta(minutes=60)
            await shop.session.refresh()
            assert [event.minutes for event in heard.events] == [60, 15, 5, 60]

    asyncio.run(run())


def test_a_warning_that_was_slept_through_is_not_made_up_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = Heard(shop.hub, SessionEnding)
            ends_at = (await shop.session.refresh()).ends_at
            assert ends_at is not None
            shop.dial.instant = ends_at - timedelta(minutes=10)
            await shop.session.refresh()
            assert [event.minutes for event in heard.events] == [15]

    asyncio.run(run())


def test_the_keeper_wakes_for_the_very_minute_of_a_warning(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = Heard(shop.hub, SessionEnding)
            ends_at = (await shop.session.refresh()).ends_at
            assert ends_at is not None
            shop.dial.instant = ends_at - timedelta(minutes=60, seconds=17)
            shop.session.start()
            await eventually(lambda: shop.dial.next_in == timedelta(seconds=17))
            shop.dial.advance(timedelta(seconds=17))
            assert (await heard.until(lambda event: True)).minutes == 60

    asyncio.run(run())


def test_a_session_that_was_not_kept_alive_counts_as_lost_until_it_has_answered(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.session.start()
            await eventually(lambda: shop.session.session.last_tickle is not None and shop.dial.next_in is not None)
            heard = states(shop)
            shop.dial.instant += timedelta(seconds=360)
            assert shop.session.truth().headline == "The session was not kept alive"
            shop.dial.advance(timedelta(seconds=60))
            await heard.until(is_state(SessionState.READY))
            assert isinstance(heard.events[0], SessionChanged)
            assert heard.events[0].session.state is SessionState.UNKNOWN
            await eventually(lambda: shop.session.session.last_tickle == shop.dial.instant)

    asyncio.run(run())


def test_a_keep_alive_that_is_not_answered_is_sent_again_but_not_every_second(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.session.start()
            await eventually(lambda: shop.session.session.last_tickle is not None and shop.dial.next_in is not None)
            shop.gateway.bad_bytes("not_json", path="tickle", times=2)
            for _ in range(4):
                shop.dial.advance(timedelta(seconds=60))
                await eventually(lambda: shop.dial.next_in is not None and shop.dial.next_in > timedelta())
                await asyncio.sleep(0.03)
            assert shop.asked("/tickle") == 2
            assert shop.dial.next_in == timedelta(seconds=10)
            for _ in range(2):
                shop.dial.advance(timedelta(seconds=10))
                await asyncio.sleep(0.05)
            assert shop.asked("/tickle") == 4
            assert shop.session.session.last_tickle == shop.dial.instant

    asyncio.run(run())


def test_after_a_sleep_the_session_is_doubted_at_once_and_asked(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.session.start()
            await eventually(lambda: shop.session.session.last_tickle is not None and shop.dial.next_in is not None)
            tickles = shop.asked("/tickle")
            shop.dial.instant += timedelta(hours=8)
            shop.hub.publish(TimeJumped(at=shop.dial.instant, by=timedelta(hours=8), slept=True))
            assert not shop.session.session.is_ready
            await eventually(lambda: shop.session.session.is_ready)
            assert shop.asked("/tickle") == tickles + 1
            assert shop.session.session.last_tickle == shop.dial.instant

    asyncio.run(run())


def test_a_clock_set_back_repeats_no_warning_and_moves_no_deadline_into_another_day(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = Heard(shop.hub, SessionEnding)
            ends_at = (await shop.session.refresh()).ends_at
            assert ends_at is not None
            shop.dial.instant = ends_at - timedelta(minutes=59)
            await shop.session.refresh()
            shop.dial.instant -= timedelta(seconds=30)
            shop.hub.publish(TimeJumped(at=shop.dial.instant, by=timedelta(seconds=-30), slept=False))
            assert (await shop.session.refresh()).ends_at == ends_at
            assert [event.minutes for event in heard.events] == [60]

    asyncio.run(run())


def test_signing_out_of_a_gateway_that_hangs_ends_in_time_and_says_that_it_failed(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            shop.gateway.hang()
            with pytest.raises(Unavailable) as problem:
                await shop.session.sign_out(timedelta(seconds=0.2))
            assert problem.value.cause is Cause.TIMED_OUT and "may still be open" in problem.value.message
            await shop.gateway.kill()
            with pytest.raises(Unavailable):
                await shop.session.sign_out()

    asyncio.run(run())


def test_signing_out_when_nobody_is_signed_in_is_already_done(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            await shop.session.refresh()
            await shop.session.sign_out()
            assert shop.session.session.state is SessionState.SIGNED_OUT

    asyncio.run(run())


def test_the_penalty_box_is_a_lamp_with_a_countdown(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            shop.gateway.limit()
            await shop.session.refresh()
            lamp = shop.session.truth().lamps[0]
            assert (lamp.lamp, lamp.light, lamp.action) == (Lamp.GATEWAY, Light.WARN, NextStep.WAIT)
            assert lamp.deadline == shop.dial.instant + timedelta(minutes=15)

    asyncio.run(run())


def test_a_clock_set_back_in_the_penalty_box_makes_nobody_wait_for_hours(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.session.start()
            await eventually(lambda: shop.session.session.last_tickle is not None and shop.dial.next_in is not None)
            shop.gateway.limit()
            shop.dial.advance(timedelta(seconds=60))
            await eventually(lambda: shop.dial.next_in == timedelta(minutes=15))
            shop.dial.instant -= timedelta(hours=2)
            assert shop.session.next_look == shop.dial.instant + timedelta(minutes=15)

    asyncio.run(run())


def test_a_certificate_that_changed_in_the_maintenance_is_not_explained_by_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.dial.instant = shop.dial.instant.replace(hour=4, minute=50)  # 23:50 in New York
            shop.gateway.bad_bytes("html", path="auth/status", times=2)
            await shop.session.refresh()
            assert shop.session.outage is None
            assert shop.session.problem is not None and shop.session.problem.cause is Cause.NOT_A_GATEWAY
            shop.gateway.heal()
            await shop.gateway.kill()
            await shop.session.refresh()
            assert shop.session.outage is not None
            assert shop.session.problem is not None and shop.session.problem.cause is Cause.MAINTENANCE

    asyncio.run(run())
