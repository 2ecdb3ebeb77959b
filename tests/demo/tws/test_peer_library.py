"""ib_insync (or ib_async) does with the demo's socket what it does with a TWS, at every server version."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.demo.tws.door import open_tws
from tests.demo.tws.peers import NAME, library, library_client

MAIN, SECOND = "DU7654321", "DU7654322"
#: What each library can speak: ib_insync fails at executions of 178, as the reference says.
VERSIONS = (157, 163, 164, 166, 170, 176, *((177, 178) if NAME == "ib_async" else ()))


async def until(is_so: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something the server sends."""
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.005)


def apple(ib: Any) -> Any:
    return library().Contract(conId=265598, exchange="SMART")


@pytest.mark.parametrize("version", VERSIONS)
def test_it_reads_everything_at_every_version(version: int) -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), library_client(service, version=version) as ib:
            assert ib.client.serverVersion() == version
            assert ib.managedAccounts() == [MAIN, SECOND]
            held = {(one.account, one.contract.conId): one.position for one in ib.positions()}
            figures = gateway.account.figures(MAIN, gateway.clock.now())
            for one in figures.holdings:
                assert held.get((MAIN, one.listing.conid), 0) == pytest.approx(float(one.quantity))
            found = await ib.reqContractDetailsAsync(apple(ib))
            assert found[0].longName == "APPLE INC"
            assert found[0].contract.primaryExchange == "NASDAQ"
            assert found[0].minTick == 0.01
            if version >= 164:
                assert found[0].suggestedSizeIncrement == 100
            chains = await ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598)
            assert {one.exchange for one in chains} == {"SMART", "CBOE", "AMEX"}
            assert "20261218" in chains[0].expirations
            names = await ib.reqMatchingSymbolsAsync("apple")
            assert names[0].contract.conId == 265598
            bars = await ib.reqHistoricalDataAsync(apple(ib), "", "1 D", "5 mins", "TRADES", True)
            assert len(bars) == 40
            assert bars[0].open == float(gateway.account.market.bar(
                265598, datetime(2026, 11, 18, 14, 30, tzinfo=UTC), datetime(2026, 11, 18, 14, 35, tzinfo=UTC))[0])

    asyncio.run(main())


@pytest.mark.parametrize("version", VERSIONS)
def test_it_places_changes_previews_and_cancels_at_every_version(version: int) -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), library_client(service, version=version) as ib:
            ibl = library()
            contract = (await ib.reqContractDetailsAsync(apple(ib)))[0].contract
            state = await ib.whatIfOrderAsync(contract, ibl.LimitOrder("BUY", 10, 231, account=MAIN, tif="DAY"))
            assert float(state.initMarginChange) > 0
            assert state.commission == 1.0
            order = ibl.LimitOrder("BUY", 10, 200, account=MAIN, tif="GTC", orderRef="mine")
            trade = ib.placeOrder(contract, order)
            await until(lambda: trade.orderStatus.status == "Submitted")
            known = next(iter(gateway.orders.values()))
            assert (known.ticket.ref, str(known.resting.limit)) == ("mine", "200")
            assert trade.order.permId == known.number
            order.lmtPrice = 201.5
            order.totalQuantity = 12
            ib.placeOrder(contract, order)
            await until(lambda: str(gateway.orders[known.number].resting.limit) == "201.5")
            assert gateway.orders[known.number].resting.quantity == 12
            ib.cancelOrder(order)
            await until(lambda: trade.orderStatus.status == "Cancelled")
            assert trade.order.totalQuantity == 12
            done = await ib.reqCompletedOrdersAsync(False)
            assert [(one.order.permId, one.orderStatus.status) for one in done] == [(known.number, "Cancelled")]

    asyncio.run(main())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_fill_comes_with_its_execution_its_commission_and_the_new_position(version: int) -> None:
    async def main() -> None:
        async with open_tws() as (_gateway, service), library_client(service, version=version) as ib:
            ibl = library()
            before = next(one.position for one in ib.positions() if one.contract.conId == 265598)
            contract = (await ib.reqContractDetailsAsync(apple(ib)))[0].contract
            trade = ib.placeOrder(contract, ibl.MarketOrder("SELL", 20, account=MAIN, tif="DAY"))
            await until(lambda: trade.orderStatus.status == "Filled")
            await until(lambda: bool(trade.fills and trade.fills[0].commissionReport.commission))
            truth = next(one for one in service.executions if one.fill.listing.conid == 265598)
            fill = trade.fills[0]
            assert fill.execution.execId == truth.exec_id
            assert fill.execution.time == truth.fill.at
            assert (fill.execution.side, fill.execution.shares, fill.execution.cumQty) == ("SLD", 20, 20)
            assert fill.commissionReport.commission == float(truth.fill.commission)
            assert fill.commissionReport.realizedPNL == float(truth.realized)
            await until(lambda: any(one.contract.conId == 265598 and one.account == MAIN
                                    and one.position == before - 20 for one in ib.positions()))
            again = await ib.reqExecutionsAsync()
            assert truth.exec_id in [one.execution.execId for one in again]

    asyncio.run(main())


def test_profit_of_positions_and_accounts_agrees_with_the_account() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), library_client(service) as ib:
            figures = gateway.account.figures(MAIN, gateway.clock.now())
            lines = {one.listing.conid: ib.reqPnLSingle(MAIN, "", one.listing.conid) for one in figures.holdings[:8]}
            total = ib.reqPnL(MAIN)
            await until(lambda: all(one.value == one.value for one in lines.values()) and total.dailyPnL < 1e300)
            for one in figures.holdings[:8]:
                line = lines[one.listing.conid]
                assert (line.position, line.dailyPnL, line.unrealizedPnL, line.value) == pytest.approx(
                    tuple(map(float, (one.quantity, one.daily, one.unrealized, one.market_value))))
            assert (total.dailyPnL, total.unrealizedPnL, total.realizedPnL) == pytest.approx(
                tuple(map(float, (figures.daily, figures.unrealized, figures.realized))))

    asyncio.run(main())


def test_quotes_come_and_move_with_the_dial() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), library_client(service) as ib:
            contract = (await ib.reqContractDetailsAsync(apple(ib)))[0].contract
            ticker = ib.reqMktData(contract)
            await until(lambda: ticker.ask == ticker.ask and ticker.volume == ticker.volume)
            assert ticker.bid < ticker.last < ticker.ask
            before = ticker.time, ticker.last
            gateway.clock.set(datetime(2026, 11, 18, 18, 48, tzinfo=UTC))
            await until(lambda: ticker.last != before[1])
            ib.cancelMktData(contract)

    asyncio.run(main())


def test_account_values_and_the_portfolio_come_whole() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), library_client(service, account=MAIN) as ib:
            figures = gateway.account.figures(MAIN, gateway.clock.now())
            values = {(one.tag, one.currency): one.value for one in ib.accountValues(MAIN)}
            assert float(values["NetLiquidation", "USD"]) == float(figures.net_liquidation)
            assert float(values["CashBalance", "EUR"]) == float(figures.lines[1].cash)
            assert len(ib.portfolio()) == len([one for one in figures.holdings if one.quantity])
            summary = {(one.account, one.tag): one.value for one in await ib.accountSummaryAsync()}
            assert float(summary[MAIN, "NetLiquidation"]) == float(figures.net_liquidation)
            assert (SECOND, "NetLiquidation") in summary

    asyncio.run(main())


def test_options_of_one_expiry_and_their_quotes_are_found() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            ibl = library()
            found = await ib.reqContractDetailsAsync(ibl.Option("AAPL", "20261218", 230, "C", "SMART"))
            assert [(one.contract.strike, one.contract.right) for one in found] == [(230.0, "C")]
            ticker = ib.reqMktData(found[0].contract, "101")
            await until(lambda: ticker.modelGreeks is not None)
            assert 0 < ticker.modelGreeks.delta < 1
            assert ticker.modelGreeks.undPrice > 0
            assert ticker.callOpenInterest > 0
            assert not await ib.reqContractDetailsAsync(ibl.Stock("NOSUCH", "SMART", "USD"))

    asyncio.run(main())


def test_a_combination_is_traded_as_one_order() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            ibl = library()
            legs = [(await ib.reqContractDetailsAsync(ibl.Option("AAPL", "20261218", strike, "C", "SMART")))[0].contract
                    for strike in (230, 240)]
            bag = ibl.Bag(symbol="AAPL", exchange="SMART", currency="USD", comboLegs=[
                ibl.ComboLeg(conId=leg.conId, ratio=1, action=side, exchange="SMART")
                for leg, side in zip(legs, ("BUY", "SELL"), strict=True)
            ])
            trade = ib.placeOrder(bag, ibl.MarketOrder("BUY", 2, account=MAIN, tif="DAY"))
            await until(lambda: trade.orderStatus.status == "Filled" and len(trade.fills) == 3)
            kinds = sorted(one.contract.secType for one in trade.fills)
            assert kinds == ["BAG", "OPT", "OPT"]
            assert {one.execution.side for one in trade.fills if one.contract.secType == "OPT"} == {"BOT", "SLD"}

    asyncio.run(main())
