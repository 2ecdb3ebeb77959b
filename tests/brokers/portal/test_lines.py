"""What a snapshot opened is closed once nobody asks for it any more, a few at a time, and never what is streamed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.lines import Lines
from ibdesk.domain.instruments import Conid
from tests.brokers.door import Desk, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply
from tests.services.workshop import beside

CLOSING = "POST /iserver/marketdata/unsubscribe"


def conids(*numbers: int) -> list[Conid]:
    return [Conid(number) for number in numbers]


@asynccontextmanager
async def gateway(*streamed: int) -> AsyncIterator[tuple[Lines, Desk, Small]]:
    async with small() as server, connected(server.url) as desk:
        server.says("/iserver/accounts", reply("brokerage_accounts"))
        server.says("/iserver/marketdata/snapshot", "[]")
        server.says("/iserver/marketdata/unsubscribe", '{"success": true}')
        yield Lines(desk.broker._calls, clock=desk.dial.clock, streamed=lambda: conids(*streamed)), desk, server


def closed(server: Small) -> list[int]:
    return [json.loads(body)["conid"] for call, body in zip(server.asked, server.bodies, strict=True)
            if call == CLOSING]  # fmt: skip


def test_what_was_not_asked_for_a_minute_is_closed_and_what_is_streamed_stays() -> None:
    async def scene() -> None:
        async with gateway(2) as (lines, desk, server):
            await lines.snapshot(conids(1, 2, 3), ("31",))
            desk.dial.turn(30)
            await lines.snapshot(conids(3), ("31",))
            desk.dial.turn(30)
            await lines.close_idle()
            assert closed(server) == [1]
            assert [lines.is_open(each) for each in conids(1, 2, 3)] == [False, True, True]
            await lines.close_idle()
            assert closed(server) == [1], "once"

    asyncio.run(scene())


def test_two_who_close_at_once_close_nothing_twice() -> None:
    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            await lines.snapshot(conids(1, 2), ("31",))
            desk.dial.turn(60)
            await asyncio.gather(lines.close_idle(), lines.close_idle())
            assert sorted(closed(server)) == [1, 2]

    asyncio.run(scene())


def test_who_asks_for_a_line_that_is_being_closed_opens_it_after_that() -> None:
    """Told the other way round the gateway would close what was just opened, and nobody would know."""

    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            began, go_on = asyncio.Event(), asyncio.Event()

            async def slowly(_: web.Request) -> web.Response:
                began.set()
                await go_on.wait()
                return web.Response(text='{"success": true}')

            server.routes["/iserver/marketdata/unsubscribe"] = slowly
            await lines.snapshot(conids(1), ("31",))
            desk.dial.turn(60)
            closing = beside(lines.close_idle())
            await began.wait()
            asking = beside(lines.snapshot(conids(1), ("31",)))
            for _ in range(3):
                await lines.snapshot(conids(2), ("31",))
            assert not asking.done(), "only who wants that one waits"
            go_on.set()
            await asyncio.gather(closing, asking)
            assert lines.is_open(Conid(1))
            assert [call for call in server.asked if "marketdata" in call][-1].endswith("snapshot")

    asyncio.run(scene())


def test_a_line_of_a_session_that_ended_meanwhile_is_not_put_back() -> None:
    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            began, go_on = asyncio.Event(), asyncio.Event()

            async def fails(_: web.Request) -> web.Response:
                began.set()
                await go_on.wait()
                return web.Response(text='{"error":"slow"}', status=429)

            server.routes["/iserver/marketdata/unsubscribe"] = fails
            await lines.snapshot(conids(1), ("31",))
            desk.dial.turn(60)
            closing = beside(lines.close_idle())
            await began.wait()
            desk.broker._calls.forget_brokerage()
            await lines.snapshot(conids(2), ("31",))
            go_on.set()
            await closing
            assert not lines.is_open(Conid(1)) and lines.is_open(Conid(2))

    asyncio.run(scene())


def test_few_are_closed_at_a_time_the_longest_idle_first() -> None:
    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            await lines.snapshot(conids(*range(1, 8)), ("31",))
            await lines.snapshot(conids(1), ("31",))
            desk.dial.turn(60)
            await lines.close_idle()
            assert sorted(closed(server)) == [2, 3, 4, 5]
            await lines.close_idle()
            assert sorted(closed(server)[4:]) == [1, 6, 7]

    asyncio.run(scene())


def test_beyond_the_users_hundred_lines_the_oldest_make_room_at_once() -> None:
    async def scene() -> None:
        async with gateway(*range(1000, 1080)) as (lines, desk, server):
            await lines.snapshot(conids(*range(1, 16)), ("31",))
            desk.dial.turn(6)
            await lines.snapshot(conids(*range(16, 31)), ("31",))
            await lines.close_idle()
            assert sorted(closed(server)) == list(range(1, 11))

    asyncio.run(scene())


@pytest.mark.parametrize(("status", "is_open"), [(500, False), (429, True)])
def test_a_line_that_is_closed_already_is_forgotten_and_one_that_could_not_be_is_tried_again(
    status: int, is_open: bool
) -> None:
    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            server.says("/iserver/marketdata/unsubscribe", '{"error":"unknown"}', status)
            await lines.snapshot(conids(1), ("31",))
            desk.dial.turn(60)
            await lines.close_idle()
            assert lines.is_open(Conid(1)) is is_open

    asyncio.run(scene())


def test_another_brokerage_session_begins_without_lines() -> None:
    async def scene() -> None:
        async with gateway() as (lines, desk, server):
            await lines.snapshot(conids(1), ("31",))
            desk.broker._calls.forget_brokerage()
            assert not lines.is_open(Conid(1))
            await lines.snapshot(conids(2), ("31",))
            desk.dial.turn(60)
            await lines.close_idle()
            assert closed(server) == [2]

    asyncio.run(scene())


def test_quotes_give_idle_lines_back_while_they_wait_for_new_ones() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            assert desk.broker.market is not None
            spy, aapl = conids(756733, 265598)
            await desk.broker.market.quotes([spy])
            desk.dial.turn(60)
            await desk.broker.market.quotes([spy])
            assert f"POST {endpoints.UNSUBSCRIBE}" not in desk.sent, "it was asked for again"
            desk.dial.turn(60)
            assert [quote.conid for quote in await desk.broker.market.quotes([aapl])] == [aapl]
            assert desk.sent.count(f"POST {endpoints.UNSUBSCRIBE}") == 1

    asyncio.run(scene())


