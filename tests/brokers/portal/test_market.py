"""Contracts and prices: warm-ups, retries and what is never asked."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from aiohttp import web

from ibdesk.brokers.base import MarketData
from ibdesk.brokers.portal.parse import market as parse_market
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import BarSize, Span
from tests.brokers.door import Desk, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply

SPY = Conid(756733)


def market(desk: Desk) -> MarketData:
    assert desk.broker.market is not None
    return desk.broker.market


def answers(server: Small, path: str, *bodies: bytes | int) -> None:
    """One answer after the other; the last one stays. A number is a status."""
    left = list(bodies)

    async def answer(_: web.Request) -> web.Response:
        body = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=body) if isinstance(body, int) else web.Response(body=body)

    server.routes[path] = answer


def test_quotes_are_asked_for_until_they_have_figures_and_only_for_those_without() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/accounts", reply("brokerage_accounts"))
            only_spy = b'[{"conid": 756733, "31": "655.89"}]'
            answers(server, "/iserver/marketdata/snapshot", reply("quotes_first"), only_spy, reply("quotes"))
            quotes = await market(desk).quotes([SPY, Conid(265598)])
            assert [quote.conid for quote in quotes] == [SPY, 265598]
            asked = [call.path for call in desk.calls if "snapshot" in call.path]
            assert ["conids=756733,265598&" in path for path in asked] == [True, True, False]
            assert "conids=265598&" in asked[2]
            assert desk.dial.pauses == [0.5, 0.5]

    asyncio.run(scene())


def test_an_instrument_without_data_is_left_out_after_a_few_steps() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/accounts", reply("brokerage_accounts"))
            server.says("/iserver/marketdata/snapshot", reply("quotes_first"))
            assert await market(desk).quotes([SPY]) == ()
            assert server.asked.count("GET /iserver/marketdata/snapshot") == 5

    asyncio.run(scene())


def test_quotes_are_asked_for_a_hundred_at_a_time() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/accounts", reply("brokerage_accounts"))

            async def all_known(request: web.Request) -> web.Response:
                rows = (f'{{"conid": {conid}, "31": "1"}}' for conid in request.query["conids"].split(","))
                return web.Response(text=f"[{','.join(rows)}]")

            server.routes["/iserver/marketdata/snapshot"] = all_known
            assert len(await market(desk).quotes([Conid(number) for number in range(1, 252)])) == 251
            assert server.asked.count("GET /iserver/marketdata/snapshot") == 3

    asyncio.run(scene())


@pytest.mark.parametrize("first", [500, 503])
def test_the_history_of_a_cold_instrument_is_asked_for_twice(first: int) -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            answers(server, "/iserver/marketdata/history", first, reply("history"))
            assert len(await market(desk).history(SPY, Span.DAY, BarSize.MINUTE_5)) == 2
            answers(server, "/iserver/marketdata/history", first)
            server.asked.clear()
            with pytest.raises(Unavailable):
                await market(desk).history(SPY, Span.DAY, BarSize.MINUTE_5)
            assert len(server.asked) == 2

    asyncio.run(scene())


def test_no_history_is_a_reason_and_not_an_empty_chart() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/marketdata/history", '{"data": [], "points": 0}')
            with pytest.raises(Refused) as none:
                await market(desk).history(SPY, Span.DAY, BarSize.DAY)
            assert none.value.cause is Cause.NOTHING_FOUND
            assert len(server.asked) == 1

    asyncio.run(scene())


def test_a_search_goes_by_symbol_first_and_by_name_only_when_that_finds_nothing() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            answers(server, "/iserver/secdef/search", reply("search"))
            assert (await market(desk).find("spy"))[0].conid == SPY
            answers(server, "/iserver/secdef/search", b'{"error":"No symbol found"}', reply("search"))
            assert await market(desk).find("spdr")
            assert [call.path.partition("?")[2] for call in desk.calls] == [
                "symbol=SPY", "symbol=SPDR", "symbol=spdr&name=true",
            ]

    asyncio.run(scene())


def test_a_search_without_a_session_is_not_taken_for_no_hits() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            gateway.expire_session()
            with pytest.raises(DeskError) as out:
                await market(desk).find("AAPL")
            assert out.value.cause is Cause.NOT_AUTHENTICATED

    asyncio.run(scene())


def test_a_contract_nobody_knows_is_said_to_be_unknown() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            with pytest.raises(Refused) as unknown:
                await market(desk).details(Conid(123))
            assert unknown.value.cause is Cause.NOTHING_FOUND

    asyncio.run(scene())


def test_dividends_are_asked_for_once_a_day_and_those_without_are_remembered_too() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/iserver/accounts", reply("brokerage_accounts"))
            rows = b'[{"conid": 756733, "7286": "1.83", "7288": "20261218"}, {"conid": 265598}]'
            answers(server, "/iserver/marketdata/snapshot", b'[{"conid": 756733}]', rows)
            asked = [SPY, Conid(265598)]
            found = await market(desk).dividends(asked)
            assert {conid: (each.amount, each.ex_date) for conid, each in found.items()} == {
                SPY: (Decimal("1.83"), date(2026, 12, 18))}
            before = server.asked.count("GET /iserver/marketdata/snapshot")
            assert before == 3 and await market(desk).dividends(asked) == found
            assert server.asked.count("GET /iserver/marketdata/snapshot") == before

    asyncio.run(scene())


@pytest.mark.parametrize(
    "row", [b'"7286": "0.26"', b'"7286": "0", "7288": "20261218"', b'"7286": "x", "7288": "20261218"',
            b'"7286": "0.26", "7288": "20261399"', b'"7286": "0.26", "7288": "soon"'],
)  # fmt: skip
def test_half_a_dividend_is_none(row: bytes) -> None:
    assert parse_market.dividends(b'[{"conid": 756733, ' + row + b"}]") == {}


def test_a_day_may_be_written_with_dashes() -> None:
    (found,) = parse_market.dividends(b'[{"conid": 1, "7286": 0.26, "7288": "2026-12-18"}]').values()
    assert (found.amount, found.ex_date) == (Decimal("0.26"), date(2026, 12, 18))
