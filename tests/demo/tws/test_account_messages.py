"""Positions, values, profit and the day's executions over the socket agree with the account and follow its changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService
from tests.demo.tws.door import MAIN, SECOND, UNSET, RawClient, open_tws, placing, signed_on

Script = Callable[[DemoGateway, TwsService, RawClient], Awaitable[None]]


def talk(script: Script, **settings: object) -> None:
    async def main() -> None:
        async with open_tws(**settings) as (gateway, service), signed_on(service) as client:
            await script(gateway, service, client)

    asyncio.run(main())


def test_positions_are_those_of_both_accounts() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(61, 1)
        rows = (await client.until("62"))[:-1]
        told = {(one[2], int(one[3])): (Decimal(one[14]), Decimal(one[15])) for one in rows}
        truth = {
            (account, one.listing.conid): (one.quantity, one.average_price * one.listing.multiplier)
            for account in (MAIN, SECOND) for one in gateway.account.figures(account, gateway.clock.now()).holdings
            if one.quantity
        }
        assert told == truth
        assert {len(one) for one in rows} == {16}
        assert not [one for one in rows if one[14].endswith(".0")]

    talk(script)


def test_a_position_is_told_again_when_it_changes_until_that_is_cancelled() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(61, 1)
        await client.until("62")
        client.send(*placing(1, "SELL", 420, "MKT"))
        row = await client.next("61")
        assert row[3] == "265598"
        while row[14] != "0":
            row = await client.next("61")
        client.send(64, 1)
        client.send(*placing(2, "BUY", 1, "MKT"))
        await client.until("59")
        assert "61" not in {one[0] for one in await client.settle()}

    talk(script)


def test_account_updates_come_whole_and_again_after_a_trade() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(6, 2, 1, MAIN)
        told = await client.until("54")
        figures = gateway.account.figures(MAIN, gateway.clock.now())
        values = {(one[2], one[4]): one[3] for one in told if one[0] == "6"}
        assert Decimal(values["NetLiquidation", "USD"]) == figures.net_liquidation
        assert Decimal(values["ExchangeRate", "EUR"]) == figures.lines[1].rate
        cash = sum(Decimal(values["CashBalance", line.currency]) * line.rate for line in figures.lines)
        assert cash == pytest.approx(figures.cash, abs=Decimal("0.05"))
        rows = [one for one in told if one[0] == "7"]
        assert {len(one) for one in rows} == {20}
        assert len(rows) == len(figures.holdings)
        assert told[-2] == ["8", "1", "12:48"]
        client.send(*placing(1, "BUY", 1, "MKT"))
        rows = [one for one in await client.until("54") if one[0] == "7" and one[2] == "265598"]
        assert rows[0][13] == "421"
        client.send(6, 2, 0, MAIN)
        await client.settle()
        client.send(*placing(2, "BUY", 1, "MKT"))
        await client.until("59")
        assert "7" not in {one[0] for one in await client.settle()}

    talk(script)


def test_values_of_one_account_or_of_all_come_once() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(76, 1, 5, SECOND, "", 0)
        assert {one[3] for one in (await client.until("74"))[:-1]} == {SECOND}
        client.send(76, 1, 6, "", "", 0)
        assert {one[3] for one in (await client.until("74"))[:-1]} == {MAIN, SECOND}
        client.send(76, 1, 7, "U1", "", 0)
        assert (await client.error())[:2] == ["7", "321"]
        client.send(6, 2, 1, "U1")
        assert (await client.error())[1] == "321"

    talk(script)


def test_a_summary_has_the_wanted_tags_and_no_third_is_answered() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(62, 1, 5, "All", "NetLiquidation,AccountType")
        told = (await client.until("64"))[:-1]
        assert sorted((one[3], one[4]) for one in told) == [
            (MAIN, "AccountType"), (MAIN, "NetLiquidation"), (SECOND, "AccountType"), (SECOND, "NetLiquidation")]
        client.send(62, 1, 6, "All", "$LEDGER:ALL")
        assert {"EUR", "BASE", "USD"} <= {one[6] for one in (await client.until("64"))[:-1]}
        client.send(62, 1, 7, "All", "NetLiquidation")
        assert (await client.error())[:2] == ["7", "322"]
        client.send(63, 1, 5)
        client.send(62, 1, 7, "All", "NetLiquidation")
        await client.until("64")

    talk(script)


def test_profit_begins_without_figures_and_is_told_when_it_moves() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(94, 5, MAIN, "", 265598)
        client.send(92, 6, MAIN, "")
        assert await client.next("95") == ["95", "5", "0", UNSET, UNSET, UNSET, UNSET]
        assert await client.next("94") == ["94", "6", UNSET, UNSET, UNSET]
        row = await client.next("95")
        figures = gateway.account.figures(MAIN, gateway.clock.now())
        one = next(one for one in figures.holdings if one.listing.conid == 265598)
        assert [Decimal(text) for text in (row[2], row[3], row[4], row[6])] == [
            one.quantity, one.daily, one.unrealized, one.market_value]
        assert row[5] == UNSET
        total = await client.next("94")
        assert [Decimal(text) for text in total[2:]] == [figures.daily, figures.unrealized, figures.realized]
        service.pulse()
        assert not await client.settle()
        gateway.clock.advance(timedelta(minutes=1))
        assert (await client.next("95"))[6] != row[6]
        client.send(93, 6)
        client.send(95, 5)
        await client.settle()
        gateway.clock.advance(timedelta(minutes=1))
        service.pulse()
        assert not await client.settle()

    talk(script)


def test_profit_of_what_was_sold_today_is_realized_and_of_what_is_not_held_unknown() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(94, 5, MAIN, "", 76792991)
        await client.next("95")
        assert (await client.next("95"))[2:] == ["0", "234", "0", "-830", "0"]
        client.send(94, 6, MAIN, "", 107113386)
        await client.next("95")
        assert (await client.next("95"))[2:] == ["0", UNSET, UNSET, UNSET, UNSET]
        client.send(94, 7, "U1", "", 265598)
        assert (await client.error())[:2] == ["7", "321"]

    talk(script)


@pytest.mark.parametrize(("criteria", "count"), [
    ({}, 3), ({"client": 1}, 2), ({"client": 9}, 0), ({"account": SECOND}, 0), ({"symbol": "AAPL"}, 2),
    ({"type": "OPT"}, 0), ({"side": "BUY"}, 1), ({"side": "SELL"}, 2), ({"time": "20261118-17:00:00"}, 2),
    ({"time": "20261118 10:00:00 America/New_York"}, 3), ({"time": "20261118 12:00:00"}, 2),
    ({"time": "20261118-18:00:00"}, 0), ({"exchange": "NYSE"}, 0), ({"time": "20261117 10:00:00 Nowhere"}, 3),
])
def test_the_days_executions_can_be_filtered(criteria: dict[str, object], count: int) -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, "BUY", 1, "MKT"))
        await client.until("59")
        client.send(*placing(2, "SELL", 1, "MKT"))
        await client.until("59")
        client.send(7, 3, 5, criteria.get("client", 0), criteria.get("account", ""), criteria.get("time", ""),
                    criteria.get("symbol", ""), criteria.get("type", ""), criteria.get("exchange", ""),
                    criteria.get("side", ""))
        assert len([one for one in await client.until("55") if one[0] == "11"]) == count

    talk(script)


def test_ten_thousand_positions_are_told() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(61, 1)
        assert len(await client.until("62")) == 10_025

    talk(script, extra_positions=10_000)
