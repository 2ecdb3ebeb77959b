from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from ibdesk.domain.orders import (
    Exits,
    OrderIntent,
    OrderRef,
    OrderState,
    OrderTicket,
    OrderType,
    OtherHalf,
    Side,
    TimeInForce,
    Trail,
    faults,
)
from ibdesk.domain.pairs import first_ref, group_of, halves, intents_of, other_of, other_ref
from tests.domain.compliance.ready import NOW, leg, option, selling, working

STOP = OtherHalf(stop=Decimal("0.50"))
PAIR = selling(limit="2.00", quantity=3, tif=TimeInForce.GTC, outside_hours=True, other=STOP)
FIRST = first_ref(OrderRef("ibdesk-1"))
SECOND = OrderRef("ibdesk-1-oco2")


def test_each_half_knows_the_other_and_an_order_alone_knows_none() -> None:
    assert other_ref(FIRST) == SECOND and other_ref(SECOND) == FIRST
    assert other_ref(OrderRef("ibdesk-1")) is None


def test_both_halves_and_the_exits_of_one_order_are_a_group_and_an_order_alone_is_none() -> None:
    order = working(selling())
    assert group_of(replace(order, ref=FIRST)) == group_of(replace(order, ref=SECOND)) == "ibdesk-1"
    assert group_of(replace(order, parent=OrderRef("entry"))) == "entry"
    assert group_of(replace(order, ref=OrderRef("ibdesk-1"))) is None and group_of(order) is None


def test_the_other_half_is_found_among_the_orders() -> None:
    one, other = replace(working(selling()), ref=FIRST), replace(working(selling()), ref=SECOND)
    assert other_of(one, (one, other)) is other and other_of(one, (one,)) is None
    assert other_of(working(selling()), (one, other)) is None


def test_a_pair_is_a_limit_and_a_stop_of_one_size_and_life() -> None:
    limit, stop = halves(PAIR)
    assert (limit.order_type, limit.limit, limit.outside_hours, limit.other) == (OrderType.LIMIT, 2, True, None)
    assert (stop.order_type, stop.stop, stop.limit, stop.outside_hours) == (OrderType.STOP, STOP.stop, None, False)
    assert (limit.quantity, limit.tif, limit.legs) == (stop.quantity, stop.tif, stop.legs)
    assert halves(selling()) == (selling(),)


def test_each_half_is_an_intent_of_its_own() -> None:
    first, second = intents_of(OrderIntent(ref=FIRST, ticket=PAIR, at=NOW))
    assert (first.ref, second.ref) == (FIRST, SECOND)
    assert first.ticket == PAIR and second.ticket == halves(PAIR)[1]
    alone = OrderIntent(ref=OrderRef("x"), ticket=selling(), at=NOW)
    assert intents_of(alone) == (alone,)


@pytest.mark.parametrize(
    ("ticket", "says"),
    [
        (replace(PAIR, limit=Decimal("0.40")), "The stop must be below the limit"),
        (replace(PAIR, other=OtherHalf()), "Enter a stop price."),
        (replace(PAIR, other=OtherHalf(stop=Decimal("NaN"))), "Enter a stop price."),
        (replace(PAIR, other=OtherHalf(order_type=OrderType.TRAILING)), "Enter a trailing amount."),
        (replace(PAIR, other=OtherHalf(order_type=OrderType.TRAILING, trail=Trail(amount=Decimal(100),
                                                                                 is_percent=True))), "below 100 %"),
        (replace(PAIR, other=OtherHalf(order_type=OrderType.LIMIT)), "a stop or a trailing stop"),
        (replace(PAIR, order_type=OrderType.MARKET, limit=None), "a limit and a stop"),
        (replace(PAIR, legs=(leg(option("100C"), -1), leg(option("105C"), 1))), "for one contract"),
        (replace(PAIR, exits=Exits(stop_loss=Decimal(1))), "a limit and a stop"),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_said(ticket: OrderTicket, says: str) -> None:
    assert says in faults(ticket)[-1]


def test_a_bought_pair_has_its_stop_above_its_limit() -> None:
    short = replace(PAIR, legs=(replace(PAIR.legs[0], side=Side.BUY),), limit=Decimal("0.20"))
    assert faults(short) == () == faults(PAIR)
    assert "above the limit" in faults(replace(short, limit=Decimal("0.60")))[0]


def test_a_ticket_of_before_has_no_other_half_and_one_of_now_keeps_it() -> None:
    text = msgspec.json.encode(PAIR)
    assert msgspec.json.decode(text, type=OrderTicket) == PAIR
    before = msgspec.json.encode({key: value for key, value in msgspec.json.decode(text).items() if key != "other"})
    assert msgspec.json.decode(before, type=OrderTicket) == replace(PAIR, other=None)
    assert working(PAIR).state is OrderState.WORKING
