"""What an order looks like on the wire: prices by type, combinations by sign, children by their parent."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.portal.parse import tickets
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.orders import Exits, Leg, OrderRef, OrderTicket, OrderType, OtherHalf, Side, TimeInForce, Trail
from ibdesk.domain.pairs import first_ref
from tests.brokers.portal.tickets import ES, at_market, option, stock, vertical


def sent(ticket: OrderTicket, ref: str | None = "r1", operator: str = "") -> list[dict[str, object]]:
    body = tickets.placing(ticket, OrderRef(ref) if ref else None, operator)
    return msgspec.json.decode(body)["orders"]  # type: ignore[no-any-return]


def test_a_stock_order_is_its_conid_side_and_price_under_our_id() -> None:
    assert sent(stock()) == [{
        "acctId": "DU7654321", "conid": 265598, "side": "BUY", "quantity": 5, "orderType": "LMT", "tif": "DAY",
        "outsideRTH": False, "price": 226.5, "cOID": "r1",
    }]


def test_figures_are_written_digit_by_digit_and_never_through_a_float() -> None:
    ticket = stock(limit=Decimal("0.10000000000000000001"), quantity=Decimal("1E+2"))
    body = tickets.placing(ticket, None)
    assert b'"price":0.10000000000000000001' in body
    assert b'"quantity":100,' in body
    assert b"cOID" not in body


@pytest.mark.parametrize(("changes", "expected"), [
    ({"order_type": OrderType.MARKET, "limit": None}, {"orderType": "MKT"}),
    ({"order_type": OrderType.STOP, "limit": None, "stop": Decimal(200)}, {"orderType": "STP", "price": 200}),
    ({"order_type": OrderType.STOP_LIMIT, "stop": Decimal(200)},
     {"orderType": "STOP_LIMIT", "price": 226.5, "auxPrice": 200}),
    ({"order_type": OrderType.TRAILING, "limit": None, "trail": Trail(amount=Decimal("1.5"), is_percent=True)},
     {"orderType": "TRAIL", "trailingType": "%", "trailingAmt": 1.5}),
    ({"order_type": OrderType.TRAILING, "limit": None, "stop": Decimal(210), "trail": Trail(amount=Decimal(2))},
     {"orderType": "TRAIL", "trailingType": "amt", "trailingAmt": 2, "price": 210}),
    ({"order_type": OrderType.MARKET_ON_CLOSE, "limit": None}, {"orderType": "MOC"}),
    ({"order_type": OrderType.LIMIT_ON_CLOSE}, {"orderType": "LOC", "price": 226.5}),
])
def test_each_type_has_its_prices_where_the_broker_wants_them(
    changes: dict[str, object], expected: dict[str, object]
) -> None:
    (order,) = sent(stock(**changes))
    names = ("orderType", "price", "auxPrice", "trailingType", "trailingAmt")
    assert {name: order[name] for name in names if name in order} == expected


def test_a_combination_is_bought_with_the_signs_of_its_legs_and_a_credit_is_a_negative_price() -> None:
    (order,) = sent(vertical("-1.25"))
    assert order["conidex"] == "28812380;;;111/-1,222/1"
    assert (order["side"], order["quantity"], order["price"]) == ("BUY", 3, -1.25)
    assert "conid" not in order


def test_ratios_are_multiplied_by_their_sign_and_one_leg_by_its_quantity() -> None:
    butterfly = vertical()
    legs = (butterfly.legs[0], Leg(instrument=option(333, "570"), side=Side.BUY, ratio=2))
    assert tickets.combination(legs) == "28812380;;;111/-1,333/2"
    (order,) = sent(stock(legs=(Leg(instrument=option(1, "500"), side=Side.SELL, ratio=2),)))
    assert (order["side"], order["quantity"]) == ("SELL", 10)


def test_other_currencies_have_their_own_spread_contract_and_name_the_venue() -> None:
    (order,) = sent(vertical(currency="CHF"))
    assert order["conidex"] == "61227087@EUREX;;;111/-1,222/1"
    with pytest.raises(Refused) as refused:
        sent(vertical(currency="EUR"))
    assert refused.value.cause is Cause.ORDER_REFUSED


def test_a_bracket_is_the_order_and_its_turned_around_exits_that_name_it() -> None:
    ticket = stock(exits=Exits(take_profit=Decimal(250), stop_loss=Decimal(210)), tif=TimeInForce.GTC)
    parent, target, stop = sent(ticket)
    assert parent["cOID"] == "r1" and "parentId" not in parent
    assert all(child["parentId"] == "r1" and "cOID" not in child for child in (target, stop))
    assert (target["side"], target["orderType"], target["price"], target["tif"]) == ("SELL", "LMT", 250, "GTC")
    assert (stop["side"], stop["orderType"], stop["price"], stop["quantity"]) == ("SELL", "STP", 210, 5)


def test_a_pair_is_two_orders_of_one_group_with_ids_of_their_own() -> None:
    ticket = replace(stock(), tif=TimeInForce.GTC, limit=Decimal(250), other=OtherHalf(stop=Decimal(210)))
    limit, stop = sent(ticket, first_ref(OrderRef("r")))
    assert (limit["cOID"], stop["cOID"]) == ("r-oco1", "r-oco2")
    assert limit["isSingleGroup"] is stop["isSingleGroup"] is True and "parentId" not in stop
    assert (limit["orderType"], limit["price"], stop["orderType"], stop["price"]) == ("LMT", 250, "STP", 210)
    assert limit["side"] == stop["side"] and limit["quantity"] == stop["quantity"] and stop["tif"] == "GTC"


def test_a_trailing_stop_of_a_pair_says_how_far_it_trails() -> None:
    trail = OtherHalf(order_type=OrderType.TRAILING, trail=Trail(amount=Decimal("2.5"), is_percent=True))
    _, stop = sent(replace(stock(), limit=Decimal(250), other=trail), first_ref(OrderRef("r")))
    assert (stop["orderType"], stop["trailingType"], stop["trailingAmt"]) == ("TRAIL", "%", 2.5) and "price" not in stop


def test_the_exit_of_a_credit_is_a_debit() -> None:
    ticket = vertical("-1.25")
    (target,) = tickets.exits_of(
        OrderTicket(account=ticket.account, mode=ticket.mode, legs=ticket.legs, limit=ticket.limit,
                    tif=TimeInForce.IOC, exits=Exits(take_profit=Decimal("-0.40")))
    )
    assert target.limit == Decimal("0.40")
    assert [leg.side for leg in target.legs] == [Side.BUY, Side.SELL]
    assert target.tif is TimeInForce.DAY


def test_futures_say_that_a_person_enters_them_and_who() -> None:
    ticket = stock(legs=(Leg(instrument=ES, side=Side.BUY),))
    (order,) = sent(ticket, operator="demo")
    assert (order["manualIndicator"], order["extOperator"]) == (True, "demo")
    assert "manualIndicator" not in sent(stock())[0]
    assert b'"manualIndicator":true' in tickets.changing(ticket)
    assert tickets.tags("demo") == {"manualIndicator": "true", "extOperator": "demo"}


def test_a_change_is_sent_bare() -> None:
    body = msgspec.json.decode(tickets.changing(stock()))
    assert body["price"] == 226.5
    assert not {"orders", "cOID"} & set(body)


@pytest.mark.parametrize("ticket", [
    stock(legs=()), stock(quantity=Decimal("NaN")), stock(limit=Decimal("Infinity")),
    at_market(quantity=Decimal("-Infinity")),
])
def test_what_is_no_order_is_refused_here(ticket: OrderTicket) -> None:
    with pytest.raises(Refused) as refused:
        sent(ticket)
    assert refused.value.cause is Cause.ORDER_REFUSED


@given(
    st.decimals(min_value="0.000001", max_value="10000000", allow_nan=False, places=6),
    st.decimals(min_value="0.000001", max_value="10000000", allow_nan=False, places=6),
)
def test_any_price_and_quantity_reach_the_wire_to_the_digit(price: Decimal, quantity: Decimal) -> None:
    body = tickets.placing(stock(limit=price, quantity=quantity), None)
    order = msgspec.json.decode(body, type=dict[str, list[dict[str, msgspec.Raw]]])["orders"][0]
    assert [Decimal(bytes(order[name]).decode()) for name in ("price", "quantity")] == [price, quantity]
