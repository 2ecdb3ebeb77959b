"""Clicks become legs, choices become tickets, and nothing unseen is left in them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import (
    NEEDS_LIMIT,
    NEEDS_STOP,
    Exits,
    Leg,
    OrderTicket,
    OrderType,
    OtherHalf,
    Side,
    Trail,
    faults,
)
from ibdesk.domain.ticket_edits import (
    MOST_LEGS,
    exit_faults,
    flipped,
    why_not,
    with_leg,
    with_legs,
    with_ratio,
    with_type,
    without_leg,
)
from tests.domain.contracts import XYZ, option

PUT, CALL = option("Jan 95P"), option("Jan 105C")
STRIKES = [option(f"Jan {strike}{right}") for strike in (90, 95, 100, 105) for right in "CP"]


def made(*legs: Leg, **parts: object) -> OrderTicket:
    plain = OrderTicket(account=AccountId("DU7654321"), mode=Mode.DEMO, legs=legs, limit=Decimal(1))
    return replace(plain, **parts)  # type: ignore[arg-type]


def test_a_click_adds_a_leg_and_the_same_click_again_adds_to_it() -> None:
    once = with_leg((), PUT, Side.SELL)
    twice = with_leg(once, PUT, Side.SELL)
    assert [(leg.side, leg.ratio) for leg in (*once, *twice)] == [(Side.SELL, 1), (Side.SELL, 2)]


def test_a_click_on_the_other_side_takes_the_leg_away() -> None:
    assert with_leg(with_leg((), PUT, Side.SELL), PUT, Side.BUY) == ()


@given(st.lists(st.tuples(st.sampled_from(STRIKES), st.sampled_from(Side)), max_size=20))
def test_no_row_of_clicks_makes_a_ticket_that_its_own_rules_refuse(clicks: list[tuple[object, Side]]) -> None:
    legs: tuple[Leg, ...] = ()
    for instrument, side in clicks:
        if not why_not(legs, instrument):  # type: ignore[arg-type]
            legs = with_leg(legs, instrument, side)  # type: ignore[arg-type]
    assert len(legs) <= MOST_LEGS
    assert len({leg.instrument.conid for leg in legs}) == len(legs)
    assert not legs or not faults(made(*legs))


def test_a_fifth_leg_another_underlying_and_another_currency_are_refused_with_a_reason() -> None:
    four = tuple(Leg(instrument=each, side=Side.BUY) for each in STRIKES[:4])
    assert "4 legs at most" in why_not(four, CALL)
    assert not why_not(four, STRIKES[0])
    other = replace(PUT, symbol="ABC")
    assert "on XYZ" in why_not(four[:1], other)
    assert "one currency" in why_not(four[:1], replace(CALL, currency=Currency("EUR")))


def test_shares_beside_an_option_come_in_what_it_delivers() -> None:
    legs = with_leg(with_leg((), CALL, Side.SELL), XYZ, Side.BUY)
    assert legs[1].ratio == 100
    assert with_leg(legs, XYZ, Side.BUY)[1].ratio == 200
    assert with_leg((), XYZ, Side.BUY)[0].ratio == 1


def test_a_leg_is_flipped_weighted_and_removed_by_its_contract() -> None:
    legs = with_leg(with_leg((), PUT, Side.SELL), CALL, Side.SELL)
    assert [leg.side for leg in flipped(legs, PUT.conid)] == [Side.BUY, Side.SELL]
    assert [leg.ratio for leg in with_ratio(legs, CALL.conid, 3)] == [1, 3]
    assert without_leg(legs, PUT.conid) == legs[1:]
    with pytest.raises(ValueError, match="at least 1"):
        with_ratio(legs, CALL.conid, 0)


def test_other_legs_have_none_of_the_prices_of_those_before() -> None:
    ticket = made(Leg(instrument=PUT, side=Side.BUY), stop=Decimal(2), exits=Exits(take_profit=Decimal(3)))
    after = with_legs(ticket, (Leg(instrument=CALL, side=Side.BUY),))
    assert (after.limit, after.stop, after.exits) == (None, None, None)


@given(st.sampled_from(OrderType))
def test_a_kind_of_order_keeps_only_the_prices_it_has(kind: OrderType) -> None:
    full = made(Leg(instrument=XYZ, side=Side.BUY), stop=Decimal(2), trail=Trail(amount=Decimal(1)))
    after = with_type(full, kind)
    assert (after.limit is not None) == (kind in NEEDS_LIMIT)
    assert (after.stop is not None) == (kind in NEEDS_STOP)
    assert (after.trail is not None) == (kind is OrderType.TRAILING)


@pytest.mark.parametrize(
    ("prices", "name"),
    [({"limit": Decimal(100)}, "limit"), ({"limit": None, "stop": Decimal(100)}, "stop"), ({"limit": None}, "market")],
)
@pytest.mark.parametrize(
    ("exits", "bought", "sold"),
    [((101, 99), (True, True), (False, False)), ((99, 101), (False, False), (True, True)),
     ((100, 100), (False, False), (False, False))],
)  # fmt: skip
def test_exits_must_be_on_their_sides_of_the_price_they_follow(
    prices: dict[str, Decimal | None], name: str, exits: tuple[int, int], bought: tuple[bool, bool],
    sold: tuple[bool, bool],
) -> None:  # fmt: skip
    wanted = Exits(take_profit=Decimal(exits[0]), stop_loss=Decimal(exits[1]))
    for side, fine in ((Side.BUY, bought), (Side.SELL, sold)):
        told = exit_faults(made(Leg(instrument=XYZ, side=side), **prices, exits=wanted), Decimal(100))
        assert (not told["target"], not told["loss"]) == fine
        assert all(f"than the {name}" in each for each in told.values() if each)


def test_a_pair_ends_with_another_kind_of_order_and_with_other_legs() -> None:
    pair = made(Leg(instrument=PUT, side=Side.SELL), other=OtherHalf(stop=Decimal("0.5")))
    assert with_type(pair, OrderType.LIMIT) == pair
    assert with_type(pair, OrderType.STOP).other is None
    assert with_legs(pair, flipped(pair.legs, PUT.conid)).other is None


def test_exits_with_no_price_to_follow_have_no_wrong_side() -> None:
    bare = made(Leg(instrument=XYZ, side=Side.BUY), limit=None, exits=Exits(take_profit=Decimal(1)))
    assert not any(exit_faults(bare).values())


def test_the_exits_of_a_credit_are_credits() -> None:
    credit = made(Leg(instrument=PUT, side=Side.SELL), Leg(instrument=CALL, side=Side.SELL), limit=Decimal("-1.88"),
                  exits=Exits(take_profit=Decimal("-0.90"), stop_loss=Decimal("-3.80")))  # fmt: skip
    assert not any(exit_faults(credit).values())
    wrong = Exits(take_profit=Decimal("-3.80"), stop_loss=Decimal("-0.90"))
    assert all(exit_faults(replace(credit, exits=wrong)).values())
