"""What a ticket does to what is held."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exposure import EMPTY
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Exits, Leg, OrderTicket, Side
from ibdesk.domain.ticket_aims import Aim, aim_of
from tests.domain.contracts import XYZ, option

NEAR, FAR, HIGHER, CALL = option("Jan 100P"), option("Feb 100P"), option("Feb 105P"), option("Feb 100C")
SHORT = replace(EMPTY, held={NEAR.conid: Decimal(-2)})
LONG = replace(EMPTY, held={NEAR.conid: Decimal(2)})
BUY, SELL = Side.BUY, Side.SELL


def ticket(*legs: tuple[object, Side], quantity: int = 2) -> OrderTicket:
    made = tuple(Leg(instrument=each, side=side) for each, side in legs)  # type: ignore[arg-type]
    return OrderTicket(account=AccountId("DU7654321"), mode=Mode.DEMO, legs=made, quantity=Decimal(quantity))


def test_an_order_that_only_lowers_what_is_held_closes() -> None:
    assert aim_of(ticket((NEAR, BUY)), SHORT) is Aim.CLOSE
    assert aim_of(ticket((NEAR, SELL), quantity=1), LONG) is Aim.CLOSE


@pytest.mark.parametrize(("side", "quantity"), [(SELL, 2), (BUY, 3)])
def test_more_of_the_same_or_more_than_is_held_opens(side: Side, quantity: int) -> None:
    assert aim_of(ticket((NEAR, side), quantity=quantity), SHORT) is Aim.OPEN


def test_one_with_exits_opens() -> None:
    exits = Exits(take_profit=Decimal(1), stop_loss=Decimal(3))
    assert aim_of(replace(ticket((NEAR, BUY)), exits=exits), SHORT) is Aim.OPEN


def test_nothing_opens_nothing_and_closes_nothing() -> None:
    assert aim_of(ticket(), LONG) is Aim.OPEN


def test_an_option_closed_against_a_later_one_is_a_roll() -> None:
    assert aim_of(ticket((NEAR, BUY), (FAR, SELL)), SHORT) is Aim.ROLL
    assert aim_of(ticket((HIGHER, BUY), (NEAR, SELL)), LONG) is Aim.ROLL, "to another strike, too"
    assert aim_of(ticket((NEAR, BUY), (FAR, SELL)), EMPTY) is Aim.OPEN, "nothing is held that could be rolled"


@pytest.mark.parametrize("other", [(CALL, SELL), (XYZ, SELL), (FAR, BUY), (option("Jan 95P"), SELL)])
def test_anything_else_beside_a_closing_leg_is_no_roll(other: tuple[object, Side]) -> None:
    assert aim_of(ticket((NEAR, BUY), other), SHORT) is Aim.OPEN
