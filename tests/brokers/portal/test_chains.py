"""The mandated order of calls, once a session, and what is never asked twice."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from ibdesk.brokers.base import MarketData
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Right
from tests.brokers.door import LUNCH, Desk, at_demo, connected, small

SPY, ES = Conid(756733), Conid(11004968)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def market(desk: Desk) -> MarketData:
    assert desk.broker.market is not None
    return desk.broker.market


def asked(desk: Desk) -> list[str]:
    return [path.split("?")[0].rpartition("/")[2] for path in desk.sent if "secdef/" in path]


def test_a_chain_is_searched_for_first_then_its_strikes_then_its_contracts() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            strikes = await market(desk).chain_strikes(SPY, date(2026, 12, 18))
            assert strikes == tuple(sorted(strikes)) and len(strikes) > 30
            contracts = await market(desk).chain_contracts(SPY, DECEMBER, strikes[20])
            assert asked(desk) == ["search", "strikes", "info"]
            assert {each.option.right for each in contracts if each.option} == {Right.CALL, Right.PUT}
            assert all(each.underlying_conid == SPY and each.multiplier == 100 for each in contracts)
            months = await market(desk).chain_months(SPY)
            assert months[:2] == (NOVEMBER, DECEMBER)

    asyncio.run(scene())


def test_todays_and_the_weekly_expiries_are_inside_their_month() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            strikes = await market(desk).chain_strikes(SPY, NOVEMBER)
            contracts = await market(desk).chain_contracts(SPY, NOVEMBER, strikes[len(strikes) // 2])
            expiries = sorted({each.expiry for each in contracts if each.expiry})
            assert expiries[0] == LUNCH.date() and len(expiries) > 3

    asyncio.run(scene())


def test_many_strikes_at_once_want_one_search_and_a_second_look_asks_nothing() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            strikes = (await market(desk).chain_strikes(SPY, DECEMBER))[20:37]
            many = await asyncio.gather(*(market(desk).chain_contracts(SPY, DECEMBER, each) for each in strikes))
            assert asked(desk).count("search") == 1 and asked(desk).count("info") == 17
            before = len(desk.calls)
            again = [await market(desk).chain_contracts(SPY, DECEMBER, each) for each in strikes]
            assert again == many and len(desk.calls) == before
            known = await market(desk).instruments([contract.conid for each in many for contract in each])
            assert known == tuple(contract for each in many for contract in each) and len(desk.calls) == before

    asyncio.run(scene())


def test_contracts_are_quoted_with_their_greeks() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            strikes = await market(desk).chain_strikes(SPY, DECEMBER)
            contracts = await market(desk).chain_contracts(SPY, DECEMBER, strikes[len(strikes) // 2])
            for quote in await market(desk).quotes([each.conid for each in contracts]):
                assert quote.bid is not None and quote.ask is not None and quote.bid < quote.ask
                assert quote.option is not None and quote.option.volatility is not None
                assert 0 < quote.option.volatility < 2 and quote.option.open_interest is not None
                assert quote.option.delta is not None and abs(quote.option.delta) <= 1

    asyncio.run(scene())


def test_a_new_brokerage_session_is_searched_again_even_for_known_contracts() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            strikes = await market(desk).chain_strikes(SPY, DECEMBER)
            contracts = await market(desk).chain_contracts(SPY, DECEMBER, strikes[20])
            desk.broker._calls.forget_brokerage()
            await market(desk).quotes([contracts[0].conid])
            assert asked(desk).count("search") == 2
            assert await market(desk).chain_strikes(SPY, DECEMBER) == strikes
            assert asked(desk).count("strikes") == 1

    asyncio.run(scene())


def test_a_session_that_changed_behind_our_back_is_searched_again_when_strikes_come_empty() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            await market(desk).chain_months(SPY)
            gateway._state.warm.searched.clear()
            assert await market(desk).chain_strikes(SPY, DECEMBER)
            assert asked(desk) == ["search", "strikes", "search", "strikes"]

    asyncio.run(scene())


def test_options_on_futures_are_found_under_the_index_and_name_their_future() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            (month, *_) = await market(desk).chain_months(ES)
            strikes = await market(desk).chain_strikes(ES, month)
            contracts = await market(desk).chain_contracts(ES, month, strikes[len(strikes) // 2])
            assert {each.asset_class for each in contracts} == {AssetClass.FUTURE_OPTION}
            (under,) = {each.underlying_conid for each in contracts}
            assert under is not None
            (future,) = await market(desk).instruments([under])
            assert future.asset_class is AssetClass.FUTURE
            assert await market(desk).chain_months(under) == await market(desk).chain_months(ES)

    asyncio.run(scene())


def test_a_strike_that_is_not_listed_and_a_thing_without_options_are_empty() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            assert await market(desk).chain_contracts(SPY, DECEMBER, Decimal("1.23")) == ()
            bond = next(each for each in await market(desk).find("VTI"))
            assert await market(desk).chain_months(bond.conid) == ()
            assert await market(desk).chain_strikes(bond.conid, DECEMBER) == ()

    asyncio.run(scene())


def test_an_underlying_nobody_knows_is_refused_and_a_lost_session_is_not_an_empty_chain() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            with pytest.raises(Refused) as unknown:
                await market(desk).chain_months(Conid(123))
            assert unknown.value.cause is Cause.NOTHING_FOUND
            gateway.expire_session()
            with pytest.raises(DeskError) as out:
                await market(desk).chain_months(SPY)
            assert out.value.cause is Cause.NOT_AUTHENTICATED

    asyncio.run(scene())


def test_a_server_fault_is_not_an_empty_chain() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            spy = '{"conid":756733,"currency":"USD","assetClass":"STK","ticker":"SPY"}'
            server.says("/trsrv/secdef", f'{{"secdef":[{spy}]}}')
            found = '[{"conid":"756733","sections":[{"secType":"OPT","months":"DEC26"}]}]'
            server.says("/iserver/secdef/search", found)
            server.says("/iserver/secdef/info", '{"error":"Internal"}', 500)
            with pytest.raises(DeskError) as fault:
                await market(desk).chain_contracts(SPY, DECEMBER, Decimal(570))
            assert fault.value.cause is Cause.BROKER_ERROR
            server.says("/iserver/secdef/info", '{"error":"No Contracts retrieved "}', 500)
            assert await market(desk).chain_contracts(SPY, DECEMBER, Decimal(570)) == ()

    asyncio.run(scene())


def test_trading_hours_are_asked_for_once_a_day() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            hours = await market(desk).hours(SPY)
            assert hours.is_open(LUNCH) and hours.zone == "America/New_York"
            assert await market(desk).hours(SPY) is hours
            assert sum("trading-schedule" in path for path in desk.sent) == 1

    asyncio.run(scene())
