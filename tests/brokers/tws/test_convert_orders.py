"""Orders of the socket, both ways: what a frame says, and what leaves for a ticket."""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ibdesk.brokers.tws import convert_orders as parse
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Leg, OrderRef, OrderState, OrderTicket, OrderType, Side, TimeInForce, Trail

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
UNSET = sys.float_info.max


def stock(conid: int, symbol: str) -> Instrument:
    return Instrument(conid=Conid(conid), symbol=symbol, asset_class=AssetClass.STOCK, currency=USD)


AAPL, SPY = stock(1, "AAPL"), stock(2, "SPY")
KNOWN = {each.conid: each for each in (AAPL, SPY)}


def contract(**fields: Any) -> Any:
    plain = {"conId": 1, "symbol": "AAPL", "secType": "STK", "localSymbol": "AAPL", "comboLegs": None}
    return SimpleNamespace(**(plain | fields))


def wire(**fields: Any) -> Any:
    plain = {
        "account": "DU7654321", "action": "BUY", "totalQuantity": 2.0, "orderType": "LMT", "lmtPrice": 100.5,
        "auxPrice": UNSET, "tif": "DAY", "orderRef": "ours", "permId": 77, "clientId": 2, "parentId": 0,
        "outsideRth": False, "trailStopPrice": UNSET, "trailingPercent": UNSET, "filledQuantity": UNSET,
    }
    return SimpleNamespace(**(plain | fields))


def told(order: Any = None, what: Any = None, status: str = "Submitted") -> parse.Told:
    found = parse.told(5, what or contract(), order or wire(), SimpleNamespace(status=status), KNOWN, NOW)
    assert found is not None
    return found


def ticket(**fields: Any) -> OrderTicket:
    plain: dict[str, Any] = {
        "account": AccountId("DU7654321"), "mode": Mode.DEMO, "quantity": Decimal(2), "limit": Decimal("100.50"),
        "legs": (Leg(instrument=AAPL, side=Side.BUY),),
    }
    return OrderTicket(**(plain | fields))


@pytest.mark.parametrize(("status", "state"), [
    ("PendingSubmit", OrderState.PENDING), ("PreSubmitted", OrderState.HELD), ("Submitted", OrderState.WORKING),
    ("PendingCancel", OrderState.CANCELLING), ("ApiCancelled", OrderState.CANCELLED), ("Filled", OrderState.FILLED),
    ("Cancelled", OrderState.CANCELLED), ("Inactive", OrderState.INACTIVE), ("ValidationError", None),
    ("ApiUpdate", None), ("", None),
])  # fmt: skip
def test_statuses_are_the_brokers_own_and_those_of_a_library_are_none(status: str, state: OrderState | None) -> None:
    assert parse.state_of(status) is state


def test_a_frame_is_an_order() -> None:
    found = told()
    assert (found.order.limit, found.order.quantity, found.order.ref, found.order.id) == (
        Decimal("100.5"), 2, "ours", "77")
    assert found.order.legs == (Leg(instrument=AAPL, side=Side.BUY),) and found.is_whole
    assert (found.client_id, found.number) == (2, 5)


def test_prices_a_type_does_not_use_are_not_told() -> None:
    order = told(wire(orderType="MKT", lmtPrice=0.0, auxPrice=0.0)).order
    assert (order.limit, order.stop, order.trail) == (None, None, None)
    stop = told(wire(orderType="STP LMT", lmtPrice=99.0, auxPrice=98.0)).order
    assert (stop.order_type, stop.limit, stop.stop) == (OrderType.STOP_LIMIT, 99, 98)


def test_a_type_from_elsewhere_keeps_its_price_and_has_no_name() -> None:
    order = told(wire(orderType="MIDPRICE", tif="GTD", lmtPrice=50.0)).order
    assert (order.order_type, order.tif, order.limit) == (None, None, 50)


def test_a_sold_combination_is_ours_bought_the_other_way_round() -> None:
    legs = [SimpleNamespace(conId=1, ratio=1, action="BUY"), SimpleNamespace(conId=2, ratio=2, action="SELL")]
    bag = contract(conId=0, secType="BAG", comboLegs=legs)
    order = told(wire(action="SELL", lmtPrice=3.0), bag).order
    assert order.legs == (Leg(instrument=AAPL, side=Side.SELL), Leg(instrument=SPY, side=Side.BUY, ratio=2))
    assert order.limit == -3


def test_without_its_contract_an_order_is_told_without_legs_and_says_so() -> None:
    found = told(what=contract(conId=99))
    assert found.order.legs == () and not found.is_whole and found.order.label == "BUY 2 AAPL"


def test_a_finished_order_tells_its_quantity_by_what_was_filled() -> None:
    order = told(wire(totalQuantity=0.0, filledQuantity=100.0), status="Filled").order
    assert (order.quantity, order.filled) == (100, 100)


def test_an_order_of_nobody_is_none() -> None:
    assert parse.told(1, contract(), wire(account=""), SimpleNamespace(status=""), KNOWN, NOW) is None


def test_what_leaves_names_everything_that_presets_would_fill_in() -> None:
    fields = parse.placing(ticket(), OrderRef("ours"))
    assert (fields["tif"], fields["orderType"], str(fields["lmtPrice"]), str(fields["totalQuantity"])) == (
        "DAY", "LMT", "100.5", "2")
    assert (fields["orderRef"], fields["account"], fields["action"]) == ("ours", "DU7654321", "BUY")


def test_stops_and_trails_leave_in_their_own_fields() -> None:
    stop = parse.placing(ticket(order_type=OrderType.STOP, stop=Decimal(90), limit=None), None)
    assert (str(stop["auxPrice"]), "lmtPrice" in stop) == ("90", False)
    trail = parse.placing(ticket(
        order_type=OrderType.TRAILING, trail=Trail(amount=Decimal(5), is_percent=True), stop=Decimal(95),
        tif=TimeInForce.GTC,
    ), None)  # fmt: skip
    assert (str(trail["trailingPercent"]), str(trail["trailStopPrice"]), trail["tif"]) == ("5", "95", "GTC")
    amount = parse.placing(ticket(order_type=OrderType.TRAILING, trail=Trail(amount=Decimal("0.5"))), None)
    assert str(amount["auxPrice"]) == "0.5"


def test_a_ratio_of_one_leg_is_quantity() -> None:
    fields = parse.placing(ticket(legs=(Leg(instrument=AAPL, side=Side.SELL, ratio=3),)), None)
    assert (fields["action"], str(fields["totalQuantity"])) == ("SELL", "6")


def test_what_is_no_number_never_leaves() -> None:
    with pytest.raises(Refused):
        parse.placing(ticket(quantity=Decimal("NaN")), None)


def test_a_frame_is_like_what_was_sent_or_like_what_it_was_before() -> None:
    sent = wire(totalQuantity=Decimal(2), lmtPrice=Decimal("100.50"))
    assert parse.is_like(wire(), sent)
    assert not parse.is_like(wire(lmtPrice=99.0), sent)
    assert not parse.is_like(wire(totalQuantity=1.0), sent)


def state(**fields: Any) -> Any:
    names = [f"{name}{when}" for name in ("initMargin", "maintMargin", "equityWithLoan")
             for when in ("Before", "Change", "After")]
    plain = dict.fromkeys(names, "1.7976931348623157E308") | {
        "commission": UNSET, "minCommission": UNSET, "maxCommission": UNSET, "commissionCurrency": "",
        "warningText": "",
    }
    return SimpleNamespace(**(plain | fields))


def test_a_preview_of_sentinels_is_none_yet() -> None:
    assert not parse.is_preview_told(state())
    assert parse.is_preview_told(state(initMarginAfter="1234.5"))


def test_a_preview_is_figures_and_a_commission_or_a_range_of_it() -> None:
    seen = parse.preview(state(
        initMarginBefore="100", initMarginChange="50", initMarginAfter="150", minCommission=1.0, maxCommission=1.3,
        commissionCurrency="USD", warningText=" Careful. ",
    ), NOW)  # fmt: skip
    assert (seen.initial_margin.current, seen.initial_margin.change, seen.initial_margin.after) == (100, 50, 150)
    assert (seen.commission_from, seen.commission_to, seen.currency) == (1, Decimal("1.3"), "USD")
    assert seen.equity.after is None and [each.text for each in seen.warnings] == ["Careful."]
    single = parse.preview(state(commission=0.65), NOW)
    assert (single.commission_from, single.commission_to) == (Decimal("0.65"), Decimal("0.65"))
