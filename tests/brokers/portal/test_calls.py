"""Warm-ups: what has to be asked first, and when again."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from aiohttp import web

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import BarSize, Span
from tests.brokers.door import MAIN, SECOND, Desk, Dial, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply

ACCOUNT = AccountId("DU1000001")


def furnish(server: Small) -> None:
    """A gateway with one account that holds one stock."""
    server.says("/portfolio/accounts", reply("accounts"))
    server.says("/iserver/accounts", reply("brokerage_accounts"))
    server.says(f"/portfolio/{ACCOUNT}/summary", reply("summary_seconds"))
    server.says(f"/portfolio/{ACCOUNT}/ledger", reply("ledger"))
    server.says(f"/portfolio/{ACCOUNT}/positions/0", reply("class_stk"))
    server.says(f"/portfolio/{ACCOUNT}/positions/1", "[]")
    server.says("/iserver/account/pnl/partitioned", reply("pnl"))


def test_the_accounts_are_asked_for_before_anything_else_and_once_in_a_session() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            await desk.broker.snapshot(MAIN)
            assert desk.sent[:4] == [
                "GET /portfolio/accounts", "GET /iserver/accounts", f"GET /portfolio/{MAIN}/summary",
                f"GET /portfolio/{MAIN}/ledger",
            ]
            desk.calls.clear()
            await desk.broker.snapshot(MAIN)
            assert "GET /portfolio/accounts" not in desk.sent

    asyncio.run(scene())


def test_a_young_list_of_accounts_is_not_asked_for_again() -> None:
    async def scene() -> None:
        async with small() as server, _dialled(server) as desk:
            furnish(server)
            await desk.broker.accounts()
            desk.dial.turn(4.9)
            await desk.broker.accounts()
            assert server.asked.count("GET /portfolio/accounts") == 1
            desk.dial.turn(0.2)
            await desk.broker.accounts()
            assert server.asked.count("GET /portfolio/accounts") == 2
            assert server.asked.count("GET /iserver/accounts") == 1

    asyncio.run(scene())


def test_those_who_ask_while_it_is_being_asked_take_the_one_answer() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            await asyncio.gather(
                desk.broker.accounts(), desk.broker.snapshot(ACCOUNT), desk.broker.select(ACCOUNT),
                return_exceptions=True,
            )
            assert server.asked.count("GET /portfolio/accounts") == 1
            assert server.asked.count("GET /iserver/accounts") == 1

    asyncio.run(scene())


def _dialled(server: Small) -> AbstractAsyncContextManager[Desk]:
    dial = Dial()
    return connected(server.url, dial=dial, ticks=dial.ticks)


def test_accounts_first_is_cured_by_asking_and_the_read_repeated_once() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            refusals = [1]

            async def pnl(_: web.Request) -> web.Response:
                if refusals:
                    refusals.pop()
                    return web.Response(status=500, body=b'{"error":"Please query /accounts first"}')
                return web.Response(body=reply("pnl"))

            server.routes["/iserver/account/pnl/partitioned"] = pnl
            snapshot = await desk.broker.snapshot(ACCOUNT)
            assert snapshot.pnl is not None
            assert server.asked[-3:] == [
                "GET /iserver/account/pnl/partitioned", "GET /iserver/accounts", "GET /iserver/account/pnl/partitioned",
            ]

    asyncio.run(scene())


def test_accounts_first_again_after_asking_is_not_repeated_blindly() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/marketdata/history", '{"error":"Please query /accounts first"}', 500)
            with pytest.raises(Unavailable):
                await desk.broker.market.history(Conid(1), Span.DAY, BarSize.DAY)  # type: ignore[union-attr]
            assert server.asked.count("GET /iserver/marketdata/history") == 2

    asyncio.run(scene())


def test_an_empty_brokerage_list_right_after_the_login_is_asked_for_once_more() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            server.says("/iserver/accounts", "{}")
            assert len(await desk.broker.accounts()) == 2
            assert server.asked.count("GET /iserver/accounts") == 2
            assert desk.dial.pauses == [1.0]

    asyncio.run(scene())


def test_without_a_brokerage_session_the_portfolio_is_still_read() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            for path in ("/iserver/accounts", "/iserver/account/pnl/partitioned"):
                server.says(path, '{"error":"Bad Request: no bridge","statusCode":400}', 400)
            snapshot = await desk.broker.snapshot(ACCOUNT)
            assert len(snapshot.positions) == 1
            assert snapshot.pnl is None

    asyncio.run(scene())


def test_a_new_sign_in_warms_up_again() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            furnish(server)
            await desk.broker.snapshot(ACCOUNT)
            server.says(f"/portfolio/{ACCOUNT}/summary", "Access Denied", 401)
            with pytest.raises(DeskError) as gone:
                await desk.broker.snapshot(ACCOUNT)
            assert gone.value.cause is Cause.NOT_AUTHENTICATED
            furnish(server)
            server.asked.clear()
            await desk.broker.snapshot(ACCOUNT)
            assert server.asked[:2] == ["GET /portfolio/accounts", "GET /iserver/accounts"]

    asyncio.run(scene())


def test_two_connections_to_one_gateway_spend_from_one_budget() -> None:
    async def scene() -> None:
        async with small() as server:
            furnish(server)
            async with connected(server.url, budget=None) as first:
                await _who(first, server)
            async with connected(server.url, budget=None) as second:
                with pytest.raises(Unavailable):  # once a minute, whoever asks
                    await _who(second, server)
            assert server.asked == ["GET /sso/validate"]

    asyncio.run(scene())


async def _who(desk: Desk, server: Small) -> None:
    server.says("/sso/validate", reply("validate_paper"))
    assert desk.broker.session is not None
    await desk.broker.session.signed_in_as()


def test_what_must_not_happen_twice_is_not_repeated_after_the_accounts_were_asked_for() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/once", '{"error":"Please query /accounts first"}', 500)
            calls = desk.broker._calls
            before = calls.session
            with pytest.raises(Unavailable) as first:
                await calls.once("POST", "/once", b'{"price":1.5}')
            assert first.value.cause is Cause.BROKERAGE_LOST
            assert server.asked == ["POST /once"] and server.bodies == [b'{"price":1.5}']
            assert calls.session == before + 1, "the next call warms up again"

    asyncio.run(scene())


def test_the_chosen_account_is_remembered_for_its_session() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            calls = desk.broker._calls
            assert await calls.selected() == MAIN
            await calls.select(SECOND)
            assert await calls.selected() == SECOND
            calls.forget_brokerage()
            assert await calls.selected() == SECOND, "the broker remembers too"

    asyncio.run(scene())
