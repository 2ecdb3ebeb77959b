"""Tickets that begin as something that exists already."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, Order, OrderState, OrderType, Side, TimeInForce, faults
from ibdesk.domain.prefilled import closing_ticket, is_still_held, rolling, ticket_of, undoing
from tests.domain.contracts import XYZ, option

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
MAIN = AccountId("DU7654321")
LOW, HIGH = option("Jan 100C"), option("Jan 105C")
ORDER = Order(
    account=MAIN, state=OrderState.WORKING, quantity=Decimal(10), order_type=OrderType.LIMIT, tif=TimeInForce.GTC,
    at=NOW, updated_at=NOW, limit=Decimal("-2.15"), outside_hours=True,
    legs=(Leg(instrument=LOW, side=Side.SELL), Leg(instrument=HIGH, side=Side.BUY)),
)


def test_a_change_begins_with_what_the_order_is() -> None:
    ticket = ticket_of(ORDER, Mode.DEMO)
    assert (ticket.legs, ticket.quantity, ticket.limit, ticket.tif, ticket.outside_hours) == (
        ORDER.legs, ORDER.quantity, ORDER.limit, ORDER.tif, True)
    assert faults(ticket) == ()
    assert ticket_of(replace(ORDER, tif=None), Mode.DEMO).tif is TimeInForce.DAY


def test_an_order_nobody_knows_the_contract_of_cannot_be_changed() -> None:
    for unknown in (replace(ORDER, legs=()), replace(ORDER, order_type=None)):
        with pytest.raises(ValueError, match="not known"):
            ticket_of(unknown, Mode.DEMO)


def test_closing_a_position_is_its_opposite_at_the_market() -> None:
    long, short = (closing_ticket(MAIN, Mode.DEMO, XYZ, Decimal(held)) for held in (5, -3))
    assert (long.legs[0].side, long.quantity, long.order_type) == (Side.SELL, 5, OrderType.MARKET)
    assert (short.legs[0].side, short.quantity) == (Side.BUY, 3)
    with pytest.raises(ValueError, match="nothing"):
        closing_ticket(MAIN, Mode.DEMO, XYZ, Decimal(0))


def test_the_opposite_of_an_order_takes_back_what_was_filled_and_no_more() -> None:
    ticket = undoing(replace(ORDER, filled=Decimal(4)), Mode.DEMO)
    assert ticket.changes == ((LOW, Decimal(4)), (HIGH, Decimal(-4)))
    assert ticket.order_type is OrderType.LIMIT and ticket.limit is None
    one = replace(ORDER, legs=ORDER.legs[:1], filled=Decimal(1))
    assert undoing(one, Mode.DEMO).order_type is OrderType.MARKET
    with pytest.raises(ValueError, match="nothing was filled"):
        undoing(ORDER, Mode.DEMO)


def test_the_opposite_only_closes_while_all_of_it_is_held() -> None:
    filled = replace(ORDER, filled=Decimal(4))
    held = {LOW.conid: Decimal(-4), HIGH.conid: Decimal(9)}
    assert is_still_held(filled, lambda conid: held.get(conid, Decimal(0)))
    for conid, less in ((LOW.conid, Decimal(-3)), (HIGH.conid, Decimal(-9))):
        assert not is_still_held(filled, lambda each, c=conid, x=less: x if each == c else held[each])
    assert not is_still_held(ORDER, lambda _conid: Decimal(100))


@pytest.mark.parametrize(("held", "sides"), [("3", (Side.SELL, Side.BUY)), ("-3", (Side.BUY, Side.SELL))])
def test_rolling_closes_the_old_option_and_holds_as_much_of_the_new(held: str, sides: tuple[Side, Side]) -> None:
    later = option("Feb 100C")
    ticket = rolling(MAIN, Mode.DEMO, Decimal(held), LOW, later)
    assert tuple(leg.side for leg in ticket.legs) == sides
    changes = dict(ticket.changes)
    assert changes[LOW] == -Decimal(held) and changes[later] == Decimal(held)
    with pytest.raises(ValueError, match="nothing to roll"):
        rolling(MAIN, Mode.DEMO, Decimal(0), LOW, later)


def test_shares_are_held_by_their_number() -> None:
    bought = replace(ORDER, legs=(Leg(instrument=XYZ, side=Side.BUY),), filled=Decimal(10))
    assert is_still_held(bought, lambda conid: Decimal(10) if conid == Conid(1) else Decimal(0))
