"""A contract is asked for once, many together, and remembered."""

import asyncio

from aiohttp import web

from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.domain.instruments import Conid
from tests.brokers.door import Desk, Small, connected, small
from tests.brokers.portal.tickets import AAPL, option


def definition(conid: str) -> str:
    return f'{{"conid":{conid},"currency":"USD","assetClass":"STK","ticker":"S{conid}"}}'


def contracts_of(desk: Desk) -> Contracts:
    calls = desk.broker._calls
    assert isinstance(calls, Calls)
    return Contracts(calls)


def serve(server: Small) -> None:
    async def answer(request: web.Request) -> web.Response:
        rows = (definition(each) for each in request.query["conids"].split(",") if each != "13")
        return web.Response(text=f'{{"secdef":[{",".join(rows)}]}}')

    server.routes["/trsrv/secdef"] = answer


def test_contracts_are_asked_for_two_hundred_at_a_time_and_only_once() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            serve(server)
            contracts = contracts_of(desk)
            wanted = [Conid(number) for number in range(1000, 1201)]
            known = await contracts.of(wanted)
            assert len(known) == 201 and known[Conid(1000)].symbol == "S1000"
            assert server.asked.count("GET /trsrv/secdef") == 2
            await contracts.of(wanted)
            await asyncio.gather(*(contracts.of([Conid(5)]) for _ in range(3)))
            assert server.asked.count("GET /trsrv/secdef") == 3

    asyncio.run(scene())


def test_one_nobody_knows_is_left_out() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            serve(server)
            contracts = contracts_of(desk)
            for _ in range(2):
                assert Conid(13) not in await contracts.of([Conid(13), Conid(14)])
            assert server.asked.count("GET /trsrv/secdef") == 1
            desk.broker._calls.forget_brokerage()
            await contracts.of([Conid(13)])
            assert server.asked.count("GET /trsrv/secdef") == 2, "the next session is asked again"

    asyncio.run(scene())


def test_what_knows_its_trading_class_is_not_replaced_by_what_does_not() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            contracts = contracts_of(desk)
            plain = option(111, "590")
            weekly = type(plain)(**{name: getattr(plain, name) for name in plain.__slots__} | {"trading_class": "SPYW"})
            contracts.keep([AAPL, weekly, plain])
            assert contracts.known[Conid(111)].trading_class == "SPYW"
            assert server.asked == []

    asyncio.run(scene())
