"""Every state of the two sessions, as the demo goes through them."""

import asyncio

import pytest

from ibdesk.brokers.base import SessionControl
from ibdesk.domain.errors import BadData, Cause, DeskError
from ibdesk.domain.session import SessionState, state_of
from tests.brokers.door import Desk, at_demo, connected, free_port, small
from tests.brokers.portal.replies import reply


def session(desk: Desk) -> SessionControl:
    assert desk.broker.session is not None
    return desk.broker.session


async def state(desk: Desk) -> SessionState:
    return state_of(await session(desk).status())


def test_a_ready_session_says_paper_and_the_server() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            flags = await session(desk).status()
            assert state_of(flags) is SessionState.READY
            assert flags.is_paper is True
            assert flags.server
            assert (await session(desk).signed_in_as()).is_paper is True

    asyncio.run(scene())


def test_a_gateway_that_is_not_there_is_an_answer() -> None:
    async def scene() -> None:
        async with connected(f"https://127.0.0.1:{await free_port()}", "AB" * 32) as desk:
            flags = await session(desk).status()
            assert state_of(flags) is SessionState.OFFLINE
            assert flags.message
            assert [call.outcome for call in desk.calls] == [Cause.GATEWAY_NOT_RUNNING]

    asyncio.run(scene())


def test_a_gateway_that_hangs_is_offline_too() -> None:
    async def scene() -> None:
        async with at_demo() as (_, gateway), connected(gateway.url, gateway.certificate_sha256, seconds=0.2) as desk:
            gateway.hang()
            assert await state(desk) is SessionState.OFFLINE
            gateway.hang(False)
            assert await state(desk) is SessionState.READY

    asyncio.run(scene())


def test_nobody_signed_in_is_told_from_a_lost_brokerage_session() -> None:
    async def scene() -> None:
        async with at_demo(signed_out=True) as (desk, gateway):
            assert await state(desk) is SessionState.SIGNED_OUT
            gateway.login.start_ready()
            assert await state(desk) is SessionState.READY
            gateway.lose_brokerage()
            flags = await session(desk).status()
            assert flags.signed_in and not flags.authenticated
            gateway.expire_session()
            assert await state(desk) is SessionState.SIGNED_OUT

    asyncio.run(scene())


def test_a_401_that_names_authentication_means_the_brokerage_session_while_the_keep_alive_answers() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/auth/status", '{"error":"not authenticated","statusCode":401}', 401)
            server.says("/tickle", '{"session": "1", "iserver": {"authStatus": {"authenticated": false}}}')
            assert await state(desk) is SessionState.BROKERAGE_LOST
            server.says("/tickle", "Access Denied", 401)
            assert await state(desk) is SessionState.SIGNED_OUT

    asyncio.run(scene())


def test_a_status_that_denies_everything_leaves_it_to_the_keep_alive_who_is_signed_in() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/auth/status", reply("status_signed_out"))
            server.says("/tickle", '{"session": "1"}')
            assert await state(desk) is SessionState.BROKERAGE_LOST
            server.says("/tickle", "", 401)
            assert await state(desk) is SessionState.SIGNED_OUT

    asyncio.run(scene())


def test_a_competing_session_is_never_taken_over_without_a_yes() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            gateway.compete()
            assert await state(desk) is SessionState.COMPETING
            assert state_of(await session(desk).open_brokerage()) is not SessionState.READY
            await session(desk).open_brokerage(take_over=True)
            for _ in range(100):
                if await state(desk) is SessionState.READY:
                    return
                await asyncio.sleep(0.01)
            raise AssertionError("the session did not come back")

    asyncio.run(scene())


def test_opening_the_brokerage_session_says_publish_and_whether_to_compete() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/auth/ssodh/init", reply("status_not_established"))
            await session(desk).open_brokerage()
            await session(desk).open_brokerage(take_over=True)
            assert server.bodies == [b'{"publish":true,"compete":false}', b'{"publish":true,"compete":true}']

    asyncio.run(scene())


def test_who_signed_in_is_asked_once_a_minute_and_anew_after_signing_out() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            await session(desk).signed_in_as()
            await session(desk).signed_in_as()
            assert desk.sent.count("GET /sso/validate") == 1
            await session(desk).sign_out()
            with pytest.raises(DeskError) as nobody:
                await session(desk).signed_in_as()
            assert nobody.value.cause is Cause.NOT_AUTHENTICATED
            assert gateway.calls[-1][1].endswith("/sso/validate")

    asyncio.run(scene())


def test_a_web_page_instead_of_a_status_means_that_this_is_no_gateway() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            gateway.bad_bytes("html", "iserver/auth/status")
            with pytest.raises(BadData) as page:
                await session(desk).status()
            assert page.value.cause is Cause.NOT_A_GATEWAY
            assert page.value.raw.startswith(b"<!DOCTYPE")
            assert len(desk.calls) == 1

    asyncio.run(scene())


def test_maintenance_is_raised_and_not_taken_for_a_signed_out_session() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/auth/status", "", 503)
            with pytest.raises(DeskError) as away:
                await session(desk).status()
            assert away.value.cause is Cause.MAINTENANCE

    asyncio.run(scene())


def test_the_sign_in_page_is_the_gateways_own() -> None:
    async def scene() -> None:
        async with connected("https://localhost:5000/", "AB" * 32) as desk:
            assert session(desk).sign_in_page == "https://localhost:5000/"
            assert desk.calls == []

    asyncio.run(scene())
