"""Which orders are listed where, and what can be done with them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.orders import OrderId, OrderRef, OrderState, Side
from ibdesk.ui.orders.rows import Act, OrderRow, Show, acts_of, is_from_elsewhere, key_of, listed, nested, net_price
from tests.ui.orders.bench import quote, quotes
from tests.ui.orders.sample import (
    BUYS_CALLS,
    EVERY_KIND,
    FROM_ELSEWHERE,
    IS_ASKED,
    IS_FILLED,
    IS_LOST,
    IS_REFUSED,
    MAIN,
    NOW,
    SELLS_SHARES,
    SMALL,
    TODAY,
    leg,
    order,
    share,
)


def test_what_wants_a_person_comes_first_and_then_the_newest() -> None:
    shown = listed(EVERY_KIND, Show.WORKING, None, TODAY)
    assert shown == (IS_LOST, IS_ASKED, BUYS_CALLS, SELLS_SHARES, FROM_ELSEWHERE)


def test_filled_ones_and_todays_others_have_lists_of_their_own() -> None:
    assert listed(EVERY_KIND, Show.FILLED, None, TODAY) == (IS_FILLED,)
    assert set(listed(EVERY_KIND, Show.TODAY, None, TODAY)) == set(EVERY_KIND)
    cut = replace(SELLS_SHARES, state=OrderState.CANCELLED)
    assert listed([cut], Show.FILLED, None, TODAY) == (cut,)
    yesterday = NOW - timedelta(days=1)
    old = replace(IS_FILLED, updated_at=yesterday)
    assert listed([old, replace(BUYS_CALLS, updated_at=yesterday)], Show.TODAY, None, TODAY)[0].id == BUYS_CALLS.id
    assert listed([old], Show.FILLED, None, TODAY) == ()


def test_an_order_just_written_down_is_working_already() -> None:
    assert listed([replace(BUYS_CALLS, state=OrderState.INTENDED)], Show.WORKING, MAIN, TODAY)
    assert listed([BUYS_CALLS], Show.WORKING, SMALL, TODAY) == ()


@pytest.mark.parametrize(("one", "question", "acts"), [
    (BUYS_CALLS, False, (Act.CHANGE, Act.CANCEL)),
    (FROM_ELSEWHERE, False, (Act.CHANGE, Act.CANCEL)),
    (replace(FROM_ELSEWHERE, legs=()), False, (Act.CANCEL,)),
    (replace(FROM_ELSEWHERE, order_type=None), False, (Act.CANCEL,)),
    (IS_LOST, False, (Act.SETTLE,)),
    (IS_ASKED, True, (Act.ANSWER,)),
    (IS_ASKED, False, ()),
    (BUYS_CALLS, True, (Act.ANSWER,)),
    (replace(BUYS_CALLS, id=None), False, ()),
    (replace(BUYS_CALLS, state=OrderState.CANCELLING), False, ()),
    (IS_FILLED, False, ()),
    (IS_REFUSED, False, ()),
])  # fmt: skip
def test_an_order_offers_what_can_be_done_with_it(one, question, acts) -> None:  # type: ignore[no-untyped-def]
    assert acts_of(one, may_trade=True, has_question=question) == acts
    assert acts_of(one, may_trade=False, has_question=question) == ()


def test_the_exits_of_our_orders_are_not_from_elsewhere() -> None:
    assert is_from_elsewhere(FROM_ELSEWHERE)
    assert not is_from_elsewhere(replace(FROM_ELSEWHERE, parent=OrderRef("ibdesk-1")))
    assert not is_from_elsewhere(BUYS_CALLS)


def test_exits_stand_below_the_order_they_close_and_alone_where_it_is_not_listed() -> None:
    stop = replace(SELLS_SHARES, ref=None, id=OrderId("9"), parent=BUYS_CALLS.ref)
    target = replace(stop, ref=OrderRef("ibdesk-target"), id=OrderId("10"))
    rows = [OrderRow(order=each) for each in (target, SELLS_SHARES, BUYS_CALLS, stop)]
    assert [(row.order, row.is_below) for row in nested(rows)] == [
        (SELLS_SHARES, False), (BUYS_CALLS, False), (target, True), (stop, True),
    ]
    assert [(row.order, row.is_below) for row in nested(rows[:2])] == [(target, False), (SELLS_SHARES, False)]


def test_the_stop_of_a_pair_stands_below_its_limit_and_alone_where_that_is_over() -> None:
    limit = replace(SELLS_SHARES, ref=OrderRef("p-oco1"))
    stop = replace(SELLS_SHARES, ref=OrderRef("p-oco2"), id=OrderId("9"))
    rows = [OrderRow(order=each) for each in (stop, BUYS_CALLS, limit)]
    assert [(row.order, row.is_below) for row in nested(rows)] == [(BUYS_CALLS, False), (limit, False), (stop, True)]
    assert [(row.order, row.is_below) for row in nested(rows[:2])] == [(stop, False), (BUYS_CALLS, False)]


def test_an_order_keeps_its_name_when_the_broker_gives_it_an_id() -> None:
    assert key_of(IS_LOST) == key_of(replace(IS_LOST, id=BUYS_CALLS.id))
    assert key_of(FROM_ELSEWHERE) == "77"


def test_the_price_of_several_legs_is_the_net_of_their_middles() -> None:
    assert net_price(SELLS_SHARES.legs, quotes()) == Decimal("142.65")
    assert net_price(IS_ASKED.legs, quotes()) == Decimal("-2.08")
    assert net_price(IS_ASKED.legs, {}) is None and net_price((), {}) is None
    xyz = share("XYZ", 9)
    wide = {xyz.conid: quote(xyz.conid, "10", "9", "12")}
    assert net_price(order(leg(Side.BUY, xyz), leg(Side.BUY, xyz, 2)).legs, wide) == Decimal("31.5")
