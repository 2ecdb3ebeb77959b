"""Order news: what changed becomes the whole order, and what cannot be told is said to be missing."""

from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.order_news import OrderRows
from ibdesk.brokers.portal.parse import stream as parse
from ibdesk.brokers.portal.parse.stream import OrdersNews, TradesNews
from ibdesk.domain.orders import OrderState, Side
from tests.brokers.door import LUNCH
from tests.brokers.portal.replies import reply
from tests.brokers.portal.tickets import AAPL, option

KNOWN = {each.conid: each for each in (AAPL, option(111, "590"))}
FULL = {
    "acct": "DU1", "conid": 265598, "orderId": 922048212, "sizeAndFills": "0/100", "description1": "AAPL",
    "remainingQuantity": 100.0, "filledQuantity": 0.0, "totalSize": 100.0, "status": "Submitted", "side": "BUY",
    "origOrderType": "LIMIT", "price": 372, "timeInForce": "GTC", "order_ref": "ours",
    "lastExecutionTime": "200708173551",
}


def heard(*rows: dict[str, object], topic: str = "sor") -> OrdersNews | TradesNews:
    frame = msgspec.json.encode({"topic": topic, "args": list(rows)})
    news = parse.message(frame, LUNCH)
    assert isinstance(news, OrdersNews | TradesNews)
    return news


def test_a_delta_is_merged_into_what_was_told_before() -> None:
    rows = OrderRows(KNOWN)
    first = rows.hear(heard(FULL), LUNCH)
    assert first.is_whole and first.orders[0].state is OrderState.WORKING
    sizes = {"filledQuantity": 40.0, "remainingQuantity": 60.0, "avgPrice": "371.5"}
    delta = {"acct": "DU1", "orderId": 922048212, **sizes}
    (partly,) = rows.hear(heard(delta), LUNCH).orders
    assert (partly.filled, partly.quantity, partly.limit, partly.ref) == (40, 100, 372, "ours")
    assert partly.average_price == Decimal("371.5") and partly.legs[0].side is Side.BUY
    last = {"acct": "DU1", "orderId": 922048212, "status": "Filled", "filledQuantity": 100.0}
    (done,) = rows.hear(heard(last), LUNCH).orders
    assert (done.state, done.filled) == (OrderState.FILLED, 100)


def test_what_cannot_be_told_is_said_to_be_missing() -> None:
    rows = OrderRows(KNOWN)
    alone = rows.hear(heard({"acct": "DU1", "orderId": 1, "status": "PreSubmitted", "bgColor": "#FFFFFF"}), LUNCH)
    assert alone.orders == () and not alone.is_whole
    stranger = rows.hear(heard(FULL | {"conid": 5, "orderId": 2}, {"status": "Filled"}), LUNCH)
    assert stranger.orders[0].legs == () and not stranger.is_whole
    rows.forget()
    assert not rows.hear(heard({"acct": "DU1", "orderId": 2, "status": "Filled"}), LUNCH).is_whole


def test_a_child_is_known_by_its_parent_told_before() -> None:
    rows = OrderRows(KNOWN)
    child = FULL | {"orderId": 3, "parentId": 922048212, "order_ref": None, "status": "PreSubmitted"}
    news = rows.hear(heard(FULL, child), LUNCH)
    assert [each.parent for each in news.orders] == [None, "ours"]
    assert [each.state for each in news.orders] == [OrderState.WORKING, OrderState.HELD]


def test_executions_are_fills_where_their_contract_is_known() -> None:
    recorded = msgspec.json.decode(reply("trades"))
    rows = [row for row in recorded if row.get("conid") in KNOWN and row.get("trade_time_r")]
    news = OrderRows(KNOWN).hear(heard(*rows, topic="str"), LUNCH)
    assert news.is_whole and [each.execution.instrument.conid for each in news.fills] == [265598, 111, 265598]
    assert news.fills[0].commission is not None
    assert not OrderRows({}).hear(heard(*rows, topic="str"), LUNCH).is_whole


def test_empty_and_odd_messages_are_no_news() -> None:
    for body in (b'{"topic":"sor","args":[]}', b'{"topic":"sor"}', b'{"topic":"sor","args":"x"}', b'{"topic":"str"}',
                 b'{"topic":"str","args":[]}', b'{"topic":"str","args":{}}', b'{"topic":"str","args":[5]}'):
        assert parse.message(body, LUNCH) is None


def test_an_order_whose_only_contract_is_not_known_is_told_and_is_not_all_there_is_to_tell() -> None:
    stranger = OrderRows(KNOWN).hear(heard(FULL | {"conid": 5}), LUNCH)
    assert [order.legs for order in stranger.orders] == [()] and not stranger.is_whole


def test_a_new_socket_takes_nothing_from_what_the_old_one_told() -> None:
    rows = OrderRows(KNOWN)
    rows.hear(heard(FULL), LUNCH)
    rows.forget()
    news = rows.hear(heard({"acct": "DU1", "orderId": 922048212, "status": "Filled"}), LUNCH)
    assert news.orders == () and not news.is_whole
    (child,) = rows.hear(heard(FULL | {"orderId": 3, "parentId": 922048212, "order_ref": None}), LUNCH).orders
    assert child.parent != "ours"
