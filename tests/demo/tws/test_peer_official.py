"""The broker's own client (ibapi 9.81, server version 157) does the same; its message loop dies at a bad number."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.tws.door import open_tws
from tests.demo.tws.peers import HAS_OFFICIAL, Official

pytestmark = pytest.mark.skipif(not HAS_OFFICIAL, reason="the official client is not installed")
MAIN = "DU7654321"


def talk(script: Callable[[Official], None]) -> None:
    """Run a script in a thread beside the server's loop."""
    async def main() -> None:
        async with open_tws() as (_, service):
            peer = Official(service.port)
            try:
                await asyncio.wait_for(asyncio.to_thread(script, peer), 40)
            finally:
                await asyncio.to_thread(peer.close)

    asyncio.run(main())


def contract(**fields: Any) -> Any:
    from ibapi.contract import Contract

    made = Contract()
    for name, value in {"exchange": "SMART", "currency": "USD", **fields}.items():
        setattr(made, name, value)
    return made


def order(**fields: Any) -> Any:
    from ibapi.order import Order

    made = Order()
    for name, value in {"account": MAIN, "tif": "DAY", **fields}.items():
        setattr(made, name, value)
    return made


def apple() -> Any:
    return contract(symbol="AAPL", secType="STK")


def test_it_reads_positions_executions_profit_and_contracts() -> None:
    def script(peer: Official) -> None:
        from ibapi.execution import ExecutionFilter

        app = peer.app
        peer.wait("nextValidId")
        assert peer.wait("managedAccounts") == ("DU7654321,DU7654322",)
        app.reqPositions()
        peer.wait("positionEnd")
        assert (MAIN, 265598, 420.0) in [(row[0], row[1].conId, row[2]) for row in peer.all("position")]
        app.reqExecutions(11, ExecutionFilter())
        peer.wait("execDetailsEnd")
        assert peer.wait("execDetails")[1].symbol == "TSLA"
        peer.wait("commissionReport", lambda one: one.realizedPNL == -830.0)
        app.reqPnLSingle(12, MAIN, "", 265598)
        peer.wait("pnlSingle", lambda _id, held, daily, *_: held == 420 and abs(daily) < 1e300)
        app.reqPnLSingle(13, MAIN, "", 32998817)  # a fraction of a share: quantities are whole at this version
        peer.wait("pnlSingle", lambda number, held, *_: number == 13 and held == 120)
        app.reqPnL(14, MAIN, "")
        peer.wait("pnl", lambda _id, daily, *_: abs(daily) < 1e300)
        app.reqContractDetails(15, apple())
        assert peer.wait("contractDetails")[1].longName == "APPLE INC"
        peer.wait("contractDetailsEnd")
        app.reqContractDetails(16, contract(conId=728912344, exchange=""))
        assert peer.wait("bondContractDetails")[1].contract.symbol == "US-T"
        app.reqSecDefOptParams(17, "AAPL", "", "STK", 265598)
        peer.wait("securityDefinitionOptionParameterEnd")
        app.reqMatchingSymbols(18, "apple")
        peer.wait("symbolSamples")
        app.reqMarketRule(26)
        peer.wait("marketRule")
        app.reqContractDetails(19, contract(symbol="NOSUCH", secType="STK"))
        peer.wait("error", lambda number, code, _text: (number, code) == (19, 200))

    talk(script)


def test_it_reads_history_quotes_and_accounts() -> None:
    def script(peer: Official) -> None:
        app = peer.app
        peer.wait("nextValidId")
        app.reqHistoricalData(21, apple(), "", "2 D", "1 hour", "TRADES", 1, 1, False, [])
        peer.wait("historicalDataEnd")
        assert len(peer.all("historicalData")) == 11
        app.reqMktData(22, apple(), "", False, False, [])
        peer.wait("tickPrice", lambda _id, kind, *_: kind == 4)
        peer.wait("tickString")
        app.reqMktData(23, contract(symbol="AAPL", secType="OPT", lastTradeDateOrContractMonth="20261218", strike=230.0,
                                    right="C"), "", True, False, [])
        peer.wait("tickSnapshotEnd")
        assert peer.wait("tickOptionComputation")[0] == 23
        app.reqAccountUpdates(True, MAIN)
        peer.wait("accountDownloadEnd")
        assert peer.wait("updatePortfolio")[-1] == MAIN
        app.reqAccountSummary(24, "All", "NetLiquidation,TotalCashValue")
        peer.wait("accountSummaryEnd")
        app.reqCurrentTime()
        assert peer.wait("currentTime") == (1795024080,)

    talk(script)


def test_it_places_previews_and_cancels_orders() -> None:
    def script(peer: Official) -> None:
        app = peer.app
        first = peer.wait("nextValidId")[0]
        app.placeOrder(first, apple(), order(action="BUY", orderType="MKT", totalQuantity=5, whatIf=True))
        state = peer.wait("openOrder")[3]
        assert float(state.initMarginAfter) > 0
        app.placeOrder(first + 1, apple(), order(action="BUY", orderType="LMT", totalQuantity=5, lmtPrice=200.0))
        peer.wait("orderStatus", lambda number, status, *_: (number, status) == (first + 1, "Submitted"))
        app.cancelOrder(first + 1)
        peer.wait("orderStatus", lambda number, status, *_: (number, status) == (first + 1, "Cancelled"))
        peer.wait("error", lambda number, code, _text: (number, code) == (first + 1, 202))
        app.placeOrder(first + 2, apple(), order(action="SELL", orderType="MKT", totalQuantity=5))
        peer.wait("orderStatus", lambda number, status, *_: (number, status) == (first + 2, "Filled"))
        told = peer.wait("execDetails")[2]
        assert (told.side, told.shares, told.orderId) == ("SLD", 5.0, first + 2)
        assert peer.wait("commissionReport")[0].execId == told.execId
        app.reqCompletedOrders(False)
        peer.wait("completedOrdersEnd")
        assert {row[2].status for row in peer.all("completedOrder")} == {"Cancelled", "Filled"}
        app.reqAllOpenOrders()
        peer.wait("openOrderEnd")

    talk(script)


def test_a_taken_client_id_is_326() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.refuse_client_id(9)
            peer = Official(service.port)
            try:
                await asyncio.to_thread(peer.wait, "error", lambda _id, code, _text: code == 326)
            finally:
                await asyncio.to_thread(peer.close)

    asyncio.run(main())
