"""The table of modes promises what the adapters can spell, and nothing where no broker is built in."""

from dataclasses import replace

import pytest

from ibdesk.brokers.portal.parse.words import ORDER_TYPES, tif_of
from ibdesk.brokers.tws.convert_orders import type_of
from ibdesk.domain.mode_orders import BY_MODE, COMBINATION, EXITS, KINDS, ModeOrders
from ibdesk.domain.modes import FACES, Mode
from ibdesk.domain.orders import OrderType, TimeInForce


def of(mode: Mode) -> ModeOrders:
    return next(each for each in BY_MODE if each.mode is mode)


def test_every_mode_and_every_kind_of_order_is_there() -> None:
    assert [each.mode for each in BY_MODE] == [face.mode for face in FACES]
    assert set(KINDS) == {*OrderType, *TimeInForce, COMBINATION, EXITS}


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.IBKR_PAPER, Mode.IBKR_LIVE])
def test_what_the_gateways_modes_take_can_be_spelled_for_both_of_its_doors(mode: Mode) -> None:
    taken = of(mode)
    assert taken.order_types == set(ORDER_TYPES) and all(tif_of(each.value) is each for each in taken.tifs)
    words = {"MKT", "LMT", "STP", "STP LMT", "TRAIL", "MOC", "LOC"}
    assert {type_of(word) for word in words} == taken.order_types


def test_market_and_limit_orders_are_taken_wherever_orders_are() -> None:
    for each in BY_MODE:
        assert each.why_not or {OrderType.MARKET, OrderType.LIMIT} <= each.order_types


def test_a_mode_without_a_broker_takes_nothing_and_says_why() -> None:
    for mode in (Mode.ALPACA_PAPER, Mode.ALPACA_LIVE):
        assert of(mode).why_not and not any(of(mode).takes(kind) for kind in KINDS)


def test_each_kind_is_asked_of_its_own_part() -> None:
    taken = of(Mode.IBKR_PAPER)
    assert all(taken.takes(kind) for kind in KINDS)
    bare = replace(taken, has_combinations=False, tifs=frozenset({TimeInForce.DAY}))
    assert not bare.takes(COMBINATION) and bare.takes(EXITS)
    assert bare.takes(TimeInForce.DAY) and not bare.takes(TimeInForce.GTC)
