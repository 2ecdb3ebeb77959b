"""Orders and executions in the wire's many spellings."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.exchange import DemoOrder, Status, resting_of
from ibdesk.demo.faults import WhatIfFault
from ibdesk.demo.fills import Fill
from ibdesk.demo.market import Market
from ibdesk.demo.portal.order_rows import (
    describe,
    happened_since,
    live_row,
    preview,
    status_row,
    text,
    trade_row,
)
from ibdesk.demo.questions import Scene
from ibdesk.demo.tickets import read_ticket
from tests.demo.door import LUNCH, MAIN

ACCOUNT = DemoAccount(Market(Catalogue(date(2026, 11, 18))))
CATALOGUE = ACCOUNT.market.catalogue
CALL = CATALOGUE.option(265598, date(2026, 12, 18), "C", Decimal(230))
D = Decimal


def order(status: Status = Status.SUBMITTED, filled: str = "0", **fields: Any) -> DemoOrder:
    body = {"conid": 265598, "orderType": "LMT", "side": "BUY", "quantity": 5, "price": 230, "tif": "DAY", **fields}
    ticket = read_ticket(body, MAIN, CATALOGUE)
    resting = replace(resting_of(ticket, LUNCH), filled=D(filled))
    return DemoOrder(
        number=1, ticket=ticket, resting=resting, status=status, at=LUNCH, changed_at=LUNCH, due=0.0,
        spent=D(filled) * 229,
    )


def test_a_partial_fill_is_no_status_of_its_own() -> None:
    row = live_row(order(filled="2"))
    assert (row["status"], row["sizeAndFills"], row["remainingQuantity"], row["avgPrice"]) == (
        "Submitted", "2/5", 3.0, "229"
    )
    assert live_row(order(Status.FILLED, "5"))["sizeAndFills"] == "5"


def test_times_and_days_have_their_own_spelling() -> None:
    row = live_row(order())
    assert (row["timeInForce"], row["lastExecutionTime"], row["lastExecutionTime_r"]) == (
        "CLOSE", "261118174800", 1795024080000
    )
    assert live_row(order(tif="GTC"))["timeInForce"] == "GTC"


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, Status.SUBMITTED, "Buy 5 Limit 230 Day"),
        ({"side": "SELL", "tif": "GTC"}, Status.SUBMITTED, "Sell 5 Limit 230 Gtc"),
        ({"orderType": "MKT", "price": None}, Status.FILLED, "Bought 5 AAPL Market, Day"),
        ({"orderType": "STP"}, Status.SUBMITTED, "Buy 5 Stop 230 Day"),
        ({"orderType": "STOP_LIMIT", "auxPrice": 231}, Status.SUBMITTED, "Buy 5 Stop Limit 230 Stop 231 Day"),
    ],
)
def test_an_order_is_described_in_words(fields: dict[str, Any], status: Status, words: str) -> None:
    assert describe(order(status, **fields)) == words


def test_stop_prices_and_own_ids_are_told_where_they_are() -> None:
    stop = live_row(order(orderType="STP", cOID="mine"))
    assert (stop["price"], stop["auxPrice"], stop["order_ref"]) == ("", "230", "mine")
    assert not {"auxPrice", "order_ref", "parentId", "description2"} & set(live_row(order()))
    assert live_row(order(conid=CALL.conid, price=8))["description2"] == "DEC 18 '26 230 Call"


def test_a_single_order_has_letters_and_texts() -> None:
    row = status_row(order(filled="2"))
    assert (row["side"], row["size"], row["cum_fill"], row["limit_price"]) == ("B", "3", "2", "230")
    over = status_row(replace(order(Status.INACTIVE), reason="too late"))
    assert (over["order_status_description"], over["cannot_cancel_order"]) == ("too late", True)


def test_an_execution_has_a_text_price_and_a_letter_for_its_side() -> None:
    fill = Fill(
        exec_id="0000e0d5.1.01.01", account=MAIN, listing=CALL, quantity=D(-2), price=D("8.10"), at=LUNCH,
        commission=D("1.30"), order_id=1, ref="mine",
    )
    row = trade_row(fill)
    assert (row["side"], row["size"], row["price"], row["commission"], row["net_amount"]) == (
        "S", 2.0, "8.1", "1.3", 1620.0
    )
    assert (row["trade_time"], row["order_ref"], row["sec_type"]) == ("20261118-17:48:00", "mine", "OPT")
    assert "open_close" not in row
    assert "open_close" in trade_row(fill, streamed=True)


def test_a_preview_of_an_option_names_a_range_of_fees() -> None:
    scene = Scene(ticket=order(conid=CALL.conid, price=8).ticket, account=ACCOUNT, now=LUNCH)
    assert preview(scene, None)["amount"]["commission"] == "3.25 ... 3.575 USD"
    assert "E308" in preview(scene, WhatIfFault.SENTINEL)["initial"]["change"]
    assert preview(scene, WhatIfFault.WARNING)["warn"].startswith("21/")
    assert preview(scene, WhatIfFault.ERROR)["equity"] is None


def test_numbers_have_no_needless_zeros() -> None:
    assert [text(one) for one in (D("10.00"), D(1000), D("-0.50"), None)] == ["10", "1000", "-0.5", ""]


def test_old_orders_are_shown_while_they_work() -> None:
    done, working = order(Status.FILLED), order()
    assert happened_since([done, working], LUNCH) == [done, working]
    assert happened_since([done, working], LUNCH.replace(day=19)) == [working]
