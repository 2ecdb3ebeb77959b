"""Live orders: recorded rows, both readings of sizeAndFills, combinations, and statuses nobody knows."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from ibdesk.brokers.portal.parse import orders as parse
from ibdesk.domain.orders import Order, OrderRef, OrderState, OrderType, Side, TimeInForce
from tests.brokers.door import LUNCH
from tests.brokers.portal.replies import reply
from tests.brokers.portal.tickets import AAPL, option

KNOWN = {each.conid: each for each in (AAPL, option(111, "590"), option(222, "580"))}


def read(**fields: object) -> Order | None:
    row = parse.whole({
        name: msgspec.Raw(msgspec.json.encode(value))
        for name, value in ({"acct": "DU1", "orderId": 1, "conid": 265598, "side": "BUY"} | fields).items()
    })
    return None if row is None else parse.order(row, KNOWN, {"7": OrderRef("parent")}, LUNCH)


def recorded() -> list[Order]:
    rows = parse.live(reply("live_orders"))
    found = [parse.order(row, KNOWN, {"2": OrderRef("ours")}, LUNCH) for row in rows]
    return [each for each in found if each is not None]


def test_a_recorded_order_from_elsewhere_is_read_whole() -> None:
    first = recorded()[0]
    assert (first.account, first.id, first.ref, first.state) == ("DU1000001", "473740665", None, OrderState.FILLED)
    assert (first.order_type, first.tif, first.limit) == (OrderType.MARKET, TimeInForce.DAY, None)
    assert (first.quantity, first.filled, first.average_price) == (1, 1, Decimal("647.09"))
    assert first.updated_at == datetime(2026, 4, 1, 23, 40, 47, tzinfo=UTC)
    assert first.legs == (), "SPY is not known here"
    assert first.label == "SPY"


def test_a_sold_combination_is_ours_bought_the_other_way_round() -> None:
    combo = recorded()[1]
    assert [(leg.instrument.conid, leg.side, leg.ratio) for leg in combo.legs] == [
        (111, Side.BUY, 1), (222, Side.SELL, 2),
    ]
    assert (combo.limit, combo.average_price) == (Decimal("-1.25"), Decimal("-1.30"))
    assert (combo.quantity, combo.filled, combo.ref, combo.tif) == (5, 1, "ours", TimeInForce.GTC)
    assert combo.is_partly_filled and combo.is_ours


def test_a_status_and_a_time_in_force_nobody_knows_are_not_guessed() -> None:
    child = recorded()[2]
    assert child.state is OrderState.UNKNOWN and "Levitating" in child.message
    assert child.tif is None and child.parent == "ours" and child.outside_hours
    assert (child.limit, child.stop, child.quantity) == (Decimal("1250.5"), Decimal(1240), 5)
    assert child.at == LUNCH


def test_rows_that_are_no_order_leave_the_rest_standing() -> None:
    assert [each.id for each in recorded()] == ["473740665", "2", "3", "4", "9"]
    assert recorded()[3].stop == 200 and recorded()[3].limit is None


@pytest.mark.parametrize(("fields", "quantity", "filled"), [
    ({"sizeAndFills": "0/5"}, 5, 0),
    ({"sizeAndFills": "2/5"}, 5, 2),
    ({"sizeAndFills": "100/622", "filledQuantity": 100.0, "remainingQuantity": 622.0}, 722, 100),
    ({"sizeAndFills": "600/122"}, 722, 600),
    ({"sizeAndFills": "5", "status": "Filled"}, 5, 5),
    ({"sizeAndFills": "5"}, 5, 0),
    ({"sizeAndFills": "0/1", "remainingQuantity": 100.0, "filledQuantity": 0.0}, 100, 0),
    ({"sizeAndFills": "1/2", "totalSize": 9, "filledQuantity": 4}, 9, 4),
])
def test_both_readings_of_sizes_and_fills(fields: dict[str, object], quantity: int, filled: int) -> None:
    order = read(**fields)
    assert order is not None
    assert (order.quantity, order.filled) == (quantity, filled)


def test_an_order_of_unknown_size_or_owner_is_none() -> None:
    assert read() is None
    assert read(acct=None, totalSize=5) is None
    assert parse.whole({"acct": msgspec.Raw(b'"DU1"')}) is None


def test_the_parent_is_known_by_the_brokers_id_or_by_ours() -> None:
    by_theirs, by_ours, other = (read(totalSize=1, parentId=each) for each in ("7", "parent", "8"))
    assert by_theirs is not None and by_ours is not None and other is not None
    assert (by_theirs.parent, by_ours.parent, other.parent) == ("parent", "parent", None)


def test_a_combination_that_cannot_be_read_and_an_exercise_have_no_legs_but_a_name() -> None:
    for fields in ({"conidex": "28812380;;;junk"}, {"secType": "BAG"}, {"side": "EXER"}, {"conid": -1},
                   {"conidex": "28812380;;;111/0,222/1"}):
        order = read(totalSize=1, orderDesc="EXERCISE 5, Day", **fields)
        assert order is not None and order.legs == () and order.label == "EXERCISE 5, Day"


def test_sentinels_and_nonsense_are_no_prices() -> None:
    order = read(totalSize=1, origOrderType="LIMIT", price="1.7976931348623157E308", avgPrice="NaN",
                 lastExecutionTime="soon")
    assert order is not None
    assert (order.limit, order.average_price, order.updated_at) == (None, None, LUNCH)
