"""The demo's Flex service as any client sees it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from defusedxml.ElementTree import fromstring

from ibdesk.brokers.certificate import pin_bytes
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.flex import CODES, ODDITIES, QUERY, TOKEN, DemoFlex
from tests.brokers.flex.bench import ACCOUNT, IDENTITY, NOON, Passing

Ask = Callable[..., Awaitable[tuple[int, bytes]]]


def on_demo(work: Callable[[DemoFlex, Passing, Ask], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        passing = Passing()
        clock = DemoClock(NOON, ticks=passing.ticks)
        demo = DemoFlex(ACCOUNT, clock, identity=IDENTITY, ticks=passing.ticks, **options)
        await demo.start()
        pin = aiohttp.Fingerprint(pin_bytes(demo.certificate_sha256))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=pin)) as http:

            async def ask(step: str, **query: str) -> tuple[int, bytes]:
                passing.passed += 7
                async with http.get(f"{demo.url}/{step}", params={"t": TOKEN, "v": "3"} | query) as reply:
                    return reply.status, await reply.read()

            try:
                await work(demo, passing, ask)
            finally:
                await demo.stop()

    asyncio.run(main())


def said(body: bytes, name: str) -> str:
    text = fromstring(body).findtext(name)
    assert text is not None
    return str(text)


def test_a_request_is_answered_with_a_reference_and_where_to_go() -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        status, body = await ask("AccountManagement/FlexWebService/SendRequest", q=QUERY)
        assert (status, said(body, "Status")) == (200, "Success")
        assert said(body, "Url") == f"{demo.url}/AccountManagement/FlexWebService/GetStatement"
        reference = said(body, "ReferenceCode")
        for _ in range(2):
            assert said((await ask("GetStatement", q=reference))[1], "ErrorCode") == "1019"
        assert (await ask("GetStatement", q=reference))[1].startswith(b"<FlexQueryResponse")
        assert [call.step for call in demo.calls] == ["SendRequest"] + ["GetStatement"] * 3

    on_demo(work, not_ready=2)


@pytest.mark.parametrize("name", CODES)
def test_a_query_named_like_a_code_is_refused_with_it(name: str) -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        status, body = await ask("SendRequest", q=name)
        assert (status, said(body, "ErrorCode")) == (200, str(CODES[name][0]))
        assert said(body, "ErrorMessage") == CODES[name][1]
        demo.complain(name, step="GetStatement")
        assert said((await ask("GetStatement", q="1"))[1], "ErrorCode") == str(CODES[name][0])

    on_demo(work)


@pytest.mark.parametrize(("query", "code"), [
    ({"t": "1"}, "1015"), ({"q": "77"}, "1014"), ({"v": "2"}, "1020"), ({"fd": "20261101"}, "1020"),
    ({"fd": "20261119", "td": "20261101"}, "1020"), ({"fd": "20241119", "td": "20261119"}, "1020"),
    ({"fd": "x", "td": "y"}, "1020"), ({"fd": "20200101", "td": "20200131"}, "1003"),
])  # fmt: skip
def test_a_wrong_request_is_refused_as_the_broker_does(query: dict[str, str], code: str) -> None:
    async def work(_demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        assert said((await ask("SendRequest", **{"q": QUERY} | query))[1], "ErrorCode") == code

    on_demo(work)


def test_an_unknown_reference_is_refused_and_another_path_is_none() -> None:
    async def work(_demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        assert said((await ask("GetStatement", q="5"))[1], "ErrorCode") == "1017"
        assert (await ask("Universal"))[0] == 404

    on_demo(work)


def test_who_asks_too_often_is_told_so() -> None:
    async def work(_demo: DemoFlex, passing: Passing, ask: Ask) -> None:
        await ask("SendRequest", q=QUERY)
        passing.passed -= 6.5
        assert said((await ask("SendRequest", q="77"))[1], "ErrorCode") == "1018"
        for _ in range(9):
            passing.passed -= 5.9
            await ask("SendRequest", q="77")
        assert said((await ask("SendRequest", q="77"))[1], "ErrorCode") == "1018"
        passing.passed += 60
        assert said((await ask("SendRequest", q="77"))[1], "ErrorCode") == "1014"

    on_demo(work)


@pytest.mark.parametrize("name", ODDITIES)
def test_odd_answers_come_as_often_as_wanted(name: str) -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        demo.spoil(name, times=2)
        status, body = ODDITIES[name]
        expected = status, body.replace(b"{token}", TOKEN.encode())
        assert await ask("SendRequest", q=QUERY) == expected == await ask("GetStatement", q="1")
        assert said((await ask("SendRequest", q=QUERY))[1], "Status") == "Success"
        demo.spoil(name)
        demo.heal()
        assert said((await ask("SendRequest", q=QUERY))[1], "Status") == "Success"

    on_demo(work)


def test_it_points_where_it_is_told_to() -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        demo.point_to("https://example.com/a?b&c")
        assert said((await ask("SendRequest", q=QUERY))[1], "Url") == "https://example.com/a?b&c"
        demo.point_to("")
        assert b"Url" not in (await ask("SendRequest", q=QUERY))[1]

    on_demo(work)


def test_a_lost_reply_is_carried_out() -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        demo.lose_reply("SendRequest", times=2)  # the HTTP library asks once more by itself
        with pytest.raises(aiohttp.ClientError):
            await ask("SendRequest", q=QUERY)
        assert [call.step for call in demo.calls] == ["SendRequest"] * 2
        demo.slow(30.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask("SendRequest", q=QUERY)

    on_demo(work)


def test_the_port_stays_and_a_taken_one_is_an_error() -> None:
    async def work(demo: DemoFlex, _passing: Passing, ask: Ask) -> None:
        other = DemoFlex(ACCOUNT, DemoClock(NOON, ticks=lambda: 0.0), identity=IDENTITY, port=demo.port)
        with pytest.raises(OSError):
            await other.start()
        await demo.stop()
        port = demo.port
        await demo.start()
        assert demo.port == port and (await ask("SendRequest", q=QUERY))[0] == 200

    on_demo(work)
