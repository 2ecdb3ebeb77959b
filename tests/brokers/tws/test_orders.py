"""An order is told in pieces, repeated and out of order; what is kept of it only moves forward."""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from ibdesk.brokers.tws.orders import Orders
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.orders import OrderId, OrderRef, OrderState

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")
UNSET = sys.float_info.max
AAPL = Instrument(conid=Conid(1), symbol="AAPL", asset_class=AssetClass.STOCK, currency=USD)


def contract(conid: int = 1) -> Any:
    return SimpleNamespace(conId=conid, symbol="AAPL", secType="STK", localSymbol="AAPL", comboLegs=None)


def wire(**fields: Any) -> Any:
    plain = {
        "account": ACCOUNT, "action": "BUY", "totalQuantity": 2.0, "orderType": "LMT", "lmtPrice": 100.5,
        "auxPrice": UNSET, "tif": "DAY", "orderRef": "ours", "permId": 77, "clientId": 2, "parentId": 0,
        "outsideRth": False, "trailStopPrice": UNSET, "trailingPercent": UNSET, "filledQuantity": UNSET,
    }
    return SimpleNamespace(**(plain | fields))


def opened(orders: Orders, number: int = 5, status: str = "Submitted", what: Any = None, **fields: Any) -> Any:
    return orders.opened(number, what or contract(), wire(**fields), SimpleNamespace(status=status), NOW)[0]


def status(orders: Orders, word: str, filled: float = 0, left: float = 2, price: float = 0, *, number: int = 5,
           perm: int = 77, client: int = 2) -> Any:
    return orders.status(number, word, filled, left, price, perm, client, NOW)[0]


def book() -> Orders:
    return Orders({AAPL.conid: AAPL})


def test_a_frame_is_news_once() -> None:
    orders = book()
    assert opened(orders).state is OrderState.WORKING
    assert opened(orders) is None
    assert opened(orders, lmtPrice=101.0).limit == 101


def test_before_the_broker_has_named_it_an_order_goes_by_its_number() -> None:
    orders = book()
    opened(orders, status="PendingSubmit", permId=0)
    assert status(orders, "Submitted").id == "77"
    (known,) = orders.all()
    assert (known.id, known.state) == ("77", OrderState.WORKING)
    assert orders.number_of(OrderId("77")) == (2, 5)


def test_a_status_without_an_order_is_nothing() -> None:
    assert book().status(5, "Filled", 1, 0, 1, 77, 2, NOW) == (None, False)


def test_a_fill_is_never_taken_back() -> None:
    orders = book()
    opened(orders)
    assert status(orders, "Filled", 2, 0, 100.4).filled == 2
    assert status(orders, "Submitted", 0, 2) is None
    assert opened(orders, status="Submitted") is None
    (known,) = orders.all()
    assert (known.state, known.filled, str(known.average_price)) == (OrderState.FILLED, 2, "100.4")


def test_a_cancelled_order_may_turn_out_filled_and_nothing_else() -> None:
    orders = book()
    opened(orders)
    assert orders.ended(5, 2, OrderState.CANCELLED, "", NOW) is not None
    assert status(orders, "Submitted") is None
    assert status(orders, "Filled", 2, 0, 100).state is OrderState.FILLED
    assert orders.ended(5, 2, OrderState.CANCELLED, "", NOW) is None


def test_a_status_that_only_a_library_has_changes_nothing() -> None:
    orders = book()
    opened(orders)
    assert status(orders, "ValidationError") is None


def test_the_same_number_of_another_client_is_another_order() -> None:
    orders = book()
    opened(orders)
    opened(orders, clientId=9, permId=78, orderRef="theirs")
    assert {each.ref for each in orders.all()} == {"ours", "theirs"}
    assert orders.by_ref(ACCOUNT, OrderRef("theirs")) is not None
    assert orders.by_number(9, 5) is not None and orders.by_number(8, 5) is None


def test_an_order_entered_at_tws_has_no_number_and_goes_by_the_brokers_id() -> None:
    orders = book()
    opened(orders, number=0, clientId=0, permId=90, orderRef="")
    (known,) = orders.all()
    assert known.id == "90" and not known.is_ours
    assert status(orders, "Filled", 2, 0, 1, number=0, perm=90, client=0).state is OrderState.FILLED


def test_words_are_kept_whether_they_come_before_or_after_the_order() -> None:
    orders = book()
    assert orders.warned(5, 2, "held", NOW) is None
    assert opened(orders).message == "held"
    assert orders.warned(5, 2, "still held", NOW).message == "still held"  # type: ignore[union-attr]
    assert orders.warned(5, 2, "still held", NOW) is None


def test_legs_come_when_their_contract_is_known() -> None:
    known: dict[Conid, Instrument] = {}
    orders = Orders(known)
    opened(orders)
    assert orders.legless() == (1,) and orders.all()[0].legs == ()
    known[AAPL.conid] = AAPL
    assert orders.list(ACCOUNT)[0].legs[0].instrument is AAPL


def test_a_child_names_its_parent_by_our_id() -> None:
    orders = book()
    opened(orders)
    child = opened(orders, number=6, permId=79, orderRef="", parentId=5)
    assert child.parent == "ours" and orders.children(OrderRef("ours")) == (child,)


def test_a_finished_order_is_matched_by_the_brokers_id() -> None:
    orders = book()
    opened(orders)
    finished = orders.completed(contract(), wire(totalQuantity=0.0, filledQuantity=2.0, orderRef=""),
                                SimpleNamespace(status="Filled"), NOW)
    assert finished is not None and (finished.state, finished.filled, finished.ref) == (OrderState.FILLED, 2, "ours")
    unseen = orders.completed(contract(), wire(permId=99), SimpleNamespace(status="Filled"), NOW)
    assert unseen is not None and unseen.filled == unseen.quantity
    assert orders.completed(contract(), wire(permId=0), SimpleNamespace(status="Filled"), NOW) is None


def test_an_open_order_that_is_listed_no_more_has_ended() -> None:
    orders = book()
    opened(orders)
    opened(orders, number=6, permId=78)
    status(orders, "Submitted", 2, 0, 100, number=6, perm=78)
    ids = orders.open_ids()
    assert ids == {"77", "78"}
    ended = {each.id: each.state for each in orders.vanished(ids, NOW)}
    assert ended == {"77": OrderState.CANCELLED, "78": OrderState.FILLED}
    assert all("does not list" in each.message for each in orders.all())
