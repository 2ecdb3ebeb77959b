"""What is told between two looks: the newest of each figure, and every print."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ibdesk.brokers.base import LinkNews, LinkState, OrderNews
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert_market import Ticks
from ibdesk.brokers.tws.inbox import Inbox, Listener
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.pnl import PositionMoved, PositionPnl

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")


async def nobody() -> Any:
    raise AssertionError("nothing is asked here")


def inbox() -> tuple[Inbox, Listener]:
    made = Inbox(Contracts(nobody), lambda: NOW)
    return made, Listener(made, 2, lambda: NOW, is_main=True)


def contract(conid: int = 1, **fields: Any) -> Any:
    plain = {
        "conId": conid, "symbol": "AAPL", "secType": "STK", "lastTradeDateOrContractMonth": "", "strike": 0.0,
        "right": "", "multiplier": "", "exchange": "NASDAQ", "primaryExchange": "", "currency": "USD",
        "localSymbol": "AAPL", "tradingClass": "",
    }
    return SimpleNamespace(**(plain | fields))


def print_(exec_id: str, **fields: Any) -> Any:
    plain = {
        "execId": exec_id, "time": NOW, "acctNumber": ACCOUNT, "exchange": "ARCA", "side": "BOT", "shares": 1.0,
        "price": 2.0, "permId": 7, "liquidation": 0, "orderRef": "",
    }
    return SimpleNamespace(**(plain | fields))


def test_positions_are_told_as_the_newest_and_prints_each() -> None:
    box, listener = inbox()
    listener.positioned(ACCOUNT, contract(), 1.0, 5.0)
    listener.positioned(ACCOUNT, contract(), 2.0, 6.0)
    listener.executed(contract(), print_("a.01.01"))
    listener.executed(contract(), print_("b.01.01"))
    assert box.wake.is_set()
    news, moved = box.batch()
    assert isinstance(news, OrderNews) and len(news.fills) == 2 and news.is_whole
    assert isinstance(moved, PositionMoved) and (moved.quantity, moved.average_cost) == (2, 6)
    assert box.batch() == () and not box.wake.is_set()


@pytest.mark.logs("an execution cannot be read: a.01.01")
def test_a_print_that_cannot_be_read_asks_for_the_book() -> None:
    box, listener = inbox()
    listener.executed(contract(currency=""), print_("a.01.01"))
    (news,) = box.batch()
    assert isinstance(news, OrderNews) and not news.is_whole and news.fills == ()


def test_running_figures_are_spread_over_batches_and_the_unchanged_are_not_told() -> None:
    box, _ = inbox()
    for number in range(250):
        box.pnl_keys[str(number)] = (ACCOUNT, Conid(number + 1))
        box.latest_pnl[str(number)] = ["95", str(number), "1", "0.5", "nan", "1.7976931348623157E308", "9"]
    sizes = [len(box.batch()) for _ in range(4)]
    assert sizes == [100, 100, 50, 0]
    box.latest_pnl["3"] = ["95", "3", "1", "0.5", "nan", "1.7976931348623157E308", "9"]
    assert box.batch() == ()
    box.latest_pnl["3"] = ["95", "3", "1", "0.75", "nan", "1.7976931348623157E308", "9"]
    (figure,) = box.batch()
    assert isinstance(figure, PositionPnl)
    assert (figure.daily, figure.unrealized, figure.realized, figure.value) == (Decimal("0.75"), None, None, 9)
    box.latest_pnl["999"] = ["95", "999", "1", "1", "1", "1", "1"]
    assert box.batch() == (), "nobody asked for it any more"


def test_a_reader_who_has_forgotten_is_told_again() -> None:
    box, listener = inbox()
    box.pnl_keys["7"] = (ACCOUNT, Conid(1))
    box.latest_pnl["7"] = ["95", "7", "1", "1", "1", "1", "1"]
    listener.positioned(ACCOUNT, contract(), 1.0, 5.0)
    listener.executed(contract(), print_("a.01.01"))
    box.accounts[4] = ACCOUNT
    listener.account_moved(4, 1.0, sys.float_info.max, 0.0)
    listener.account_valued(4, "NetLiquidation", "1000.50")
    listener.account_valued(4, "Cushion", "0.5")
    first = box.batch()
    (total,) = [each for each in first if isinstance(each, AccountPnl)]
    assert (total.daily, total.unrealized, total.net_liquidation) == (1, None, Decimal("1000.5"))
    box.retell()
    again = box.batch()
    assert [type(each) for each in again] == [PositionMoved, AccountPnl, PositionPnl]
    box.tell_again()
    box.retell()
    assert {type(each) for each in box.batch()} == {type(each) for each in first}


def test_quotes_are_whole_and_only_of_lines_that_are_open() -> None:
    box, listener = inbox()
    box.ticks[5] = Ticks(Conid(1))
    listener.ticked(5, 1, 9.5)
    listener.ticked(5, 2, 10.5)
    listener.delay_told(5, 1)
    listener.option_ticked(6, 13, (0.1,) * 8)
    (quote,) = box.batch()
    assert isinstance(quote, Quote) and (quote.bid, quote.ask) == (Decimal("9.5"), Decimal("10.5"))
    listener.ticked(5, 1, 9.75)
    box.drop_ticks(5)
    assert box.batch() == ()


def test_the_line_of_orders_tells_no_positions_and_no_turns() -> None:
    box, _ = inbox()
    other = Listener(box, 2, lambda: NOW, is_main=False)
    other.positioned(ACCOUNT, contract(), 1.0, 5.0)
    other.said(-1, 1100, "lost")
    other.clock_told(int(NOW.timestamp()))
    other.executed(contract(), print_("a.01.01"))
    assert [type(each) for each in box.batch()] == [OrderNews]
    assert not box.turns and not box.is_broker_lost


def test_farms_and_another_session_are_told() -> None:
    box, listener = inbox()
    listener.said(-1, 2104, "Market data farm connection is OK:usfarm")
    assert box.batch() == ()
    listener.said(-1, 2103, "Market data farm connection is broken:usfarm")
    listener.said(-1, 2104, "Market data farm connection is OK:usfarm")
    listener.said(7, 10197, "No market data during competing live session")
    told = [each for each in box.batch() if isinstance(each, LinkNews)]
    assert [(each.state, each.code) for each in told] == [
        (LinkState.FARM_LOST, 2103), (LinkState.FARM_OK, 2104), (LinkState.FARM_LOST, 10197)]
    assert "same user" in told[-1].reason


def test_the_skew_is_told_when_it_changes() -> None:
    box, listener = inbox()
    for seconds in (0, 1, 90, 91):
        listener.clock_told(int(NOW.timestamp()) + seconds)
    told = [each.skew for each in box.batch() if isinstance(each, LinkNews)]
    assert told == [timedelta(seconds=0.5), timedelta(seconds=90.5)]


def test_waking_is_an_event_of_the_loop() -> None:
    async def scene() -> None:
        box, listener = inbox()
        waiting = asyncio.create_task(box.wake.wait())  # noqa: TID251
        await asyncio.sleep(0)
        listener.hung_up()
        assert await waiting

    asyncio.run(scene())
