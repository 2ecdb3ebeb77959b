"""Software nobody here wrote is satisfied: ibind's REST client and its WebSocket client run against the demo."""

import asyncio
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

os.environ["IBIND_LOG_TO_FILE"] = "False"  # read when ibind is imported
os.environ["IBIND_LOG_TO_CONSOLE"] = "False"
os.environ["IBIND_WS_TIMEOUT"] = "2"  # closing, it sleeps five seconds and waits for itself that long

ibind = pytest.importorskip("ibind", reason="ibind is not installed")

from ibind import subscriptions as wanted  # noqa: E402 - after the environment is set

from ibdesk.demo.gateway import DemoGateway  # noqa: E402
from ibdesk.demo.timings import DemoLimits, DemoTimings  # noqa: E402
from tests.demo.door import MAIN, SECOND, shared_identity, still_clock  # noqa: E402

AAPL, KO = "265598", 8894
# urllib3 warns of the unverified loopback certificate once per connection
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


class Beside:
    """An event loop in a thread, because ibind blocks."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="demo")
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def gateway() -> Iterator[DemoGateway]:
    """A demo with its ordinary pace of streams, signed in, without limits."""
    beside = Beside()

    async def start() -> DemoGateway:
        demo = DemoGateway(
            clock=still_clock(), limits=DemoLimits.off(), identity=shared_identity(),
            timings=DemoTimings(jar_delay=0.0, handshake=0.05),
        )
        await demo.start()
        return demo

    demo = beside.run(start())
    yield demo
    beside.run(demo.stop())
    beside.stop()


@pytest.fixture
def client(gateway: DemoGateway) -> Iterator[Any]:
    one = ibind.IbkrClient(account_id=MAIN, url=f"{gateway.url}/v1/api/", cacert=False, timeout=5, max_retries=1)
    yield one
    one.close()


def _twice(call: Callable[[], Any]) -> Any:
    """The second answer; the first one is the broker's warm-up."""
    call()
    return call().data


def test_the_session_calls(client: Any) -> None:
    assert client.tickle().data["session"]
    assert client.check_health() is True
    assert client.authentication_status().data["authenticated"]
    assert client.initialize_brokerage_session(compete=True).data["connected"]
    assert client.receive_brokerage_accounts().data["accounts"] == [MAIN, SECOND]
    assert client.validate().data["LOGIN_TYPE"] == 2


def test_the_portfolio_calls(client: Any) -> None:
    assert [row["id"] for row in client.portfolio_accounts().data] == [MAIN, SECOND]
    net = client.portfolio_summary().data["netliquidation"]["amount"]
    assert client.get_ledger().data["BASE"]["netliquidationvalue"] == net
    assert client.invalidate_backend_portfolio_cache().data == {"message": "success"}
    assert len(client.positions(page=0).data) == len(client.positions2().data) == 22
    assert "long" in client.portfolio_account_allocation(MAIN).data["assetClass"]
    assert client.position_and_contract_info(AAPL).data[MAIN][0]["ticker"] == "AAPL"
    assert client.account_performance([MAIN], "1M").data["nav"]["data"][0]["navs"][-1] == net
    assert client.transaction_history([MAIN], [AAPL], "USD", days=900).data["transactions"]


def test_the_contract_calls(client: Any) -> None:
    hit = client.search_contract_by_symbol("AAPL").data[0]
    assert hit["conid"] == AAPL
    assert 230.0 in client.search_strikes_by_conid(AAPL, "OPT", "DEC26").data["call"]
    found = client.search_secdef_info_by_conid(AAPL, "OPT", "DEC26", strike="230", right="C").data
    assert {row["right"] for row in found} == {"C"}
    assert len(client.security_definition_by_conid([AAPL, "14204"]).data["secdef"]) == 2
    assert client.security_stocks_by_symbol(["AAPL"]).data["AAPL"]
    assert client.security_future_by_symbol(["ES"]).data["ES"]
    assert client.contract_information_by_conid(AAPL).data["company_name"] == "APPLE INC"
    assert client.currency_exchange_rate("EUR", "USD").data["rate"] > 1
    assert client.currency_pairs("USD").data["USD"]


def test_the_market_data_calls(client: Any) -> None:
    client.receive_brokerage_accounts()
    row = _twice(lambda: client.live_marketdata_snapshot([AAPL], ["31", "84", "86"]))[0]
    assert {"31", "84", "86"} <= set(row)
    assert client.live_marketdata_snapshot_by_symbol(["AAPL"], ["31"])["AAPL"]["last_price"] == row["31"]
    assert len(client.marketdata_history_by_conid(AAPL, "1d", period="1m").data["data"]) > 15
    assert client.marketdata_unsubscribe_all().data == {"unsubscribed": True}


def _order(**more: Any) -> Any:
    fields = {"side": "BUY", "quantity": 10, "order_type": "LMT", "tif": "DAY", "price": 62.0, **more}
    return ibind.OrderRequest(conid=KO, acct_id=MAIN, **fields)


def _rows(client: Any) -> dict[int, Any]:
    return {row["orderId"]: row for row in client.live_orders(account_id=MAIN).data["orders"]}


def test_an_order_is_previewed_placed_answered_modified_listed_and_cancelled(client: Any) -> None:
    client.receive_brokerage_accounts()
    assert _twice(client.live_orders) == {"orders": [], "snapshot": True}
    _twice(lambda: client.live_marketdata_snapshot([str(KO)], ["31", "84", "86"]))
    preview = client.whatif_order(_order()).data
    assert (preview["amount"]["amount"], preview["error"]) == ("620.00 USD (10 Shares)", None)

    yes = {ibind.QuestionType.PRICE_PERCENTAGE_CONSTRAINT: True}
    number = int(client.place_order(_order(price=58.0, coid="ours"), yes).data["order_id"])
    assert _rows(client)[number]["order_ref"] == "ours"
    with pytest.raises(Exception, match="already registered"):
        client.place_order(_order(price=58.0, coid="ours"), yes)
    with pytest.raises(Exception, match="positive reply"):
        client.place_order(_order(price=58.0), {ibind.QuestionType.PRICE_PERCENTAGE_CONSTRAINT: False})

    client.modify_order(str(number), _order(price=62.0, quantity=20), yes)
    assert (_rows(client)[number]["price"], _rows(client)[number]["totalSize"]) == ("62", 20.0)
    _wait(lambda: client.order_status(str(number)).data["order_status"] == "Submitted")
    assert client.cancel_order(str(number)).data["msg"] == "Request was submitted"
    _wait(lambda: _rows(client)[number]["status"] == "Cancelled")


def test_an_order_that_fills_is_in_the_trades_and_the_positions(client: Any) -> None:
    client.receive_brokerage_accounts()
    _twice(client.live_orders)
    client.trades()
    ask = _twice(lambda: client.live_marketdata_snapshot([str(KO)], ["86"]))[0]["86"]
    held = client.position_and_contract_info(str(KO)).data[MAIN][0]["position"]
    number = int(client.place_order(_order(price=float(ask), coid="fills"), {}).data["order_id"])
    _wait(lambda: _rows(client)[number]["status"] == "Filled")
    (trade,) = client.trades().data
    assert (trade["order_ref"], trade["size"], trade["order_id"]) == ("fills", 10.0, number)
    client.invalidate_backend_portfolio_cache()
    assert client.position_and_contract_info(str(KO)).data[MAIN][0]["position"] == held + 10


def test_a_bracket_and_suppressed_questions(client: Any) -> None:
    client.receive_brokerage_accounts()
    _twice(client.live_orders)
    assert client.suppress_messages(["o10151", "o163"]).data == {"status": "submitted"}
    parent = _order(price=58.0, coid="parent")
    exits = [_order(price=price, parent_id="parent") for price in (70.0, 50.0)]
    for each in exits:
        each.side = "SELL"
    exits[1].order_type = "STP"
    placed = client.place_order([parent, *exits], {}).data
    assert [row["order_status"] for row in placed] == ["PreSubmitted"] * 3
    assert client.reset_suppressed_messages().data == {"status": "submitted"}
    market = _order(order_type="MKT", price=None, quantity=1)
    yes = {ibind.QuestionType.MARKET_ORDER_CONFIRMATION: True}
    assert client.place_order(market, yes).data["order_status"] == "PreSubmitted"
    _wait(lambda: "Filled" in {row["status"] for row in _rows(client).values()})
    client.cancel_order("-1")
    _wait(lambda: {row["status"] for row in _rows(client).values()} == {"Filled", "Cancelled"})


def test_all_six_subscriptions_become_active(gateway: DemoGateway, client: Any) -> None:
    sink = ibind.CallbackSink()
    heard: set[str] = set()
    for event in ("MarketData", "Orders", "Pnl", "AccountSummary", "AccountLedger", "Trades"):
        sink.on(getattr(ibind.events, event), lambda one: heard.add(type(one).__name__))
    socket = ibind.IbkrWsClient(
        account_id=MAIN, host="127.0.0.1", port=str(gateway.port), ibkr_client=client, cacert=False, sink=sink
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # filters of the mark do not reach ibind's threads
        socket.start()
        try:
            _wait(socket.is_ready)
            handles = [
                socket.subscribe(each)
                for each in (
                    wanted.MarketDataSubscription(conid=AAPL, fields=["31", "84", "86"]),
                    wanted.OrdersSubscription(),
                    wanted.PnlSubscription(),
                    wanted.AccountSummarySubscription(account_id=MAIN),
                    wanted.AccountLedgerSubscription(account_id=MAIN),
                    wanted.TradesSubscription(),
                )
            ]
            assert socket.wait_all(handles, timeout_each=6) == []
            socket.tic()
            _wait(lambda: len(heard) == 6)
        finally:
            with _hushed("ibind"):  # closing, it calls its own close an error
                socket.shutdown()


@contextmanager
def _hushed(name: str) -> Iterator[None]:
    loggers = [logging.getLogger(each) for each in (name, *logging.root.manager.loggerDict) if each.startswith(name)]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    yield
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def _wait(is_true: Callable[[], bool], seconds: float = 8.0) -> None:
    """Until it is true; ibind has threads of its own and nothing to await."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not is_true():
        assert time.monotonic() < until, "ibind did not get ready"
        pause.wait(0.02)
