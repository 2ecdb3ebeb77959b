"""The session's keeper against a real gateway: asked, kept alive, opened again, never stolen."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.demo.gateway import sign_in
from ibdesk.demo.portal.login import Stage
from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.events import Notice, SessionChanged
from ibdesk.domain.session import SessionState
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
            assert shop.session.session.state is SessionState.OFFLINE
            assert shop.session.problem is not None
            assert shop.session.session.detail == shop.session.problem.message
            assert len(notices.events) <= 1

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
