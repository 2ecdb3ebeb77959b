"""A ticket says what is wanted, in whichever spelling the wire has for it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.tickets import BadTicketError, Ticket, read_ticket
from ibdesk.domain.orders import OrderType, Side, TimeInForce, Trail
from tests.demo.door import MAIN

CATALOGUE = Catalogue(date(2026, 11, 18))
KO, AAPL = 8894, 265598


def read(**fields: Any) -> Ticket:
    body = {"conid": KO, "orderType": "LMT", "side": "BUY", "quantity": 10, "price": 62.5, **fields}
    return read_ticket({key: value for key, value in body.items() if value is not None}, MAIN, CATALOGUE)


def test_a_plain_limit_order() -> None:
    ticket = read(cOID="a", tif="GTC", outsideRTH=True)
    assert (ticket.kind, ticket.side, ticket.limit, ticket.quantity) == (
        OrderType.LIMIT, Side.BUY, Decimal("62.5"), Decimal(10)
    )
    assert (ticket.tif, ticket.outside_hours, ticket.ref) == (TimeInForce.GTC, True, "a")
    assert not ticket.is_combo
    assert not ticket.needs_manual


def test_the_price_field_is_the_stop_of_some_types() -> None:
    assert (read(orderType="STP").stop, read(orderType="STP").limit) == (Decimal("62.5"), None)
    both = read(orderType="STOP_LIMIT", auxPrice="63")
    assert (both.limit, both.stop) == (Decimal("62.5"), Decimal(63))
    trailing = read(orderType="TRAIL", price=None, trailingType="%", trailingAmt=2)
    assert trailing.trail == Trail(amount=Decimal(2), is_percent=True)


@pytest.mark.parametrize("ratio", ["2", "+2"])
def test_a_combination_has_signed_ratios_and_may_cost_less_than_nothing(ratio: str) -> None:
    ticket = read(conid=None, conidex=f"28812380;;;{KO}/{ratio},{AAPL}/-1", price=-10.1)
    assert [(leg.listing.conid, leg.ratio) for leg in ticket.legs] == [(KO, 2), (AAPL, -1)]
    assert (ticket.is_combo, ticket.limit) == (True, Decimal("-10.1"))


def test_a_venue_may_follow_the_contract() -> None:
    assert read(conid=None, conidex="265598@NYSE").first.conid == AAPL


@pytest.mark.parametrize(
    "fields",
    [
        {"orderType": "MIDPRICE"}, {"side": "SHORT"}, {"tif": "FOREVER"}, {"quantity": "NaN"}, {"quantity": 1e12},
        {"price": None}, {"price": "1,5"}, {"price": 0}, {"price": -3}, {"conid": 416904}, {"conidex": "8894"},
        {"orderType": "STOP_LIMIT"}, {"orderType": "TRAIL", "trailingType": "x", "trailingAmt": 1},
        {"conid": None, "conidex": "28812380;;;8894/0"}, {"conid": None, "conidex": "28812380;;;8894"},
        {"conid": None, "conidex": f"28812380;;;{KO}/1,{AAPL}/1", "orderType": "LOC"}, {"price": 1e9},
    ],
)
def test_nonsense_is_refused_with_a_reason(fields: dict[str, Any]) -> None:
    with pytest.raises(BadTicketError, match=r"."):
        read(**fields)
