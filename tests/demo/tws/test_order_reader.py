"""placeOrder is read whatever optional blocks it carries; the libraries' own encoders write them here."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.demo.tws.order_reader import AskedOrder, read_order
from ibdesk.demo.tws.wire import Reader, WireError
from tests.demo.tws.door import placing
from tests.demo.tws.peers import library
from tests.demo.tws.test_peer_library import VERSIONS

MORE: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
    "plain": lambda ibl, contract: {},
    "algo": lambda ibl, contract: {
        "algoStrategy": "Adaptive", "algoParams": [ibl.TagValue("adaptivePriority", "Urgent")]},
    "hedge": lambda ibl, contract: {"hedgeType": "P", "hedgeParam": "2"},
    "scale": lambda ibl, contract: {"scaleInitLevelSize": 10, "scalePriceIncrement": 0.5, "scaleAutoReset": True},
    "delta neutral": lambda ibl, contract: {"deltaNeutralOrderType": "LMT", "deltaNeutralAuxPrice": 1.5},
    "delta neutral contract": lambda ibl, contract: contract.__dict__.update(
        deltaNeutralContract=ibl.DeltaNeutralContract(conId=1, delta=0.5, price=2.0)) or {},
    "conditions": lambda ibl, contract: {"conditions": [ibl.PriceCondition(conId=1, exch="SMART", price=5.0)]},
    "trail": lambda ibl, contract: {"trailStopPrice": 190.0, "trailingPercent": 5.0},
    "legs": lambda ibl, contract: contract.__dict__.update(secType="BAG", comboLegs=[
        ibl.ComboLeg(conId=7, ratio=1, action="BUY"), ibl.ComboLeg(conId=8, ratio=2, action="SELL")]) or {
            "smartComboRoutingParams": [ibl.TagValue("NonGuaranteed", "1")]},
}


def written(version: int, kind: str) -> AskedOrder:
    """The order as the library's encoder sends it at a version, read back."""
    async def main() -> list[str]:
        ibl = library()
        sent: list[str] = []
        client = ibl.IB().client
        client.connState, client._serverVersion, client.sendMsg = client.CONNECTED, version, sent.append
        contract = ibl.Contract(conId=265598, secType="STK", exchange="SMART")
        more = MORE[kind](ibl, contract)
        order = ibl.Order(action="BUY", totalQuantity=3, orderType="LMT", lmtPrice=1.25, tif="GTC", account="DU1",
                          orderRef="ref", parentId=4, ocaGroup="oca", outsideRth=True, transmit=False, whatIf=True,
                          **more)
        client.placeOrder(17, contract, order)
        client.connState = client.DISCONNECTED
        return sent[0].split("\0")[:-1]

    return read_order(Reader(asyncio.run(main())[1:]), version)


@pytest.mark.parametrize("kind", MORE)
@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_read_with_every_optional_block(version: int, kind: str) -> None:
    asked = written(version, kind)

    assert (asked.order_id, asked.action, asked.quantity, asked.limit) == (17, "BUY", 3, Decimal("1.25"))
    assert (asked.order_type, asked.tif, asked.account, asked.order_ref) == ("LMT", "GTC", "DU1", "ref")
    assert (asked.parent, asked.group, asked.outside_hours) == (4, "oca", True)
    assert (asked.transmits, asked.is_preview) == (False, True)
    assert asked.has_conditions is (kind == "conditions")
    assert asked.trail_percent == (5 if kind == "trail" else None)
    assert [(leg.conid, leg.ratio, leg.action) for leg in asked.legs] == (
        [(7, 1, "BUY"), (8, 2, "SELL")] if kind == "legs" else [])


@pytest.mark.parametrize("cut", [1, 5, 20, 40, 80])
def test_an_order_that_ends_too_soon_is_an_error(cut: int) -> None:
    with pytest.raises(WireError):
        read_order(Reader([str(one) for one in placing(1, limit=200)][1:cut]), 157)
