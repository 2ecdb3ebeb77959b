"""The ticket's own faults and the order state machine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import (
    FINAL,
    FOLLOWS,
    Exits,
    Impossible,
    Leg,
    Order,
    OrderId,
    OrderRef,
    OrderRules,
    OrderState,
    OrderTicket,
    OrderType,
    Side,
    Tick,
    Trail,
    advance,
    faults,
)

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
USD = Currency("USD")
SPY = Instrument(conid=Conid(756733), symbol="SPY", asset_class=AssetClass.ETF, currency=USD)
PUT = Instrument(
    conid=Conid(1), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100))  # fmt: skip


def ticket(**changes: object) -> OrderTicket:
    plain = OrderTicket(
        account=AccountId("DU7654321"), mode=Mode.IBKR_PAPER, legs=(Leg(instrument=SPY, side=Side.BUY),),
        quantity=Decimal(10), limit=Decimal("650.10"),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def order(state: OrderState = OrderState.WORKING, **changes: object) -> Order:
    plain = Order(
        account=AccountId("DU7654321"), state=state, legs=(Leg(instrument=SPY, side=Side.BUY),), quantity=Decimal(10),
        order_type=OrderType.LIMIT, tif=None, at=AT, updated_at=AT, ref=OrderRef("a"), limit=Decimal(650),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_whole_ticket_has_no_faults_and_says_what_it_changes():
    assert faults(ticket()) == ()
    spread = ticket(
        legs=(Leg(instrument=SPY, side=Side.SELL), Leg(instrument=PUT, side=Side.BUY, ratio=2)), quantity=Decimal(3))
    assert spread.changes == ((SPY, Decimal(-3)), (PUT, Decimal(6)))
    assert spread.is_combo and not ticket().is_combo


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"legs": ()}, "Choose what to buy or sell."),
        ({"legs": (Leg(instrument=SPY, side=Side.BUY), Leg(instrument=SPY, side=Side.SELL))}, "two legs"),
        ({"quantity": Decimal(0)}, "above zero"),
        ({"quantity": Decimal(-1)}, "above zero"),
        ({"quantity": Decimal("NaN")}, "above zero"),
        ({"quantity": Decimal("Infinity")}, "above zero"),
        ({"legs": (Leg(instrument=PUT, side=Side.BUY),), "quantity": Decimal("1.5")}, "whole number"),
        ({"limit": None}, "limit price"),
        ({"limit": Decimal("NaN")}, "limit price"),
        ({"limit": Decimal(-1)}, "above zero"),
        ({"order_type": OrderType.STOP}, "stop price"),
        ({"order_type": OrderType.STOP_LIMIT}, "stop price"),
        ({"order_type": OrderType.TRAILING}, "trailing amount"),
        ({"order_type": OrderType.TRAILING, "trail": Trail(amount=Decimal(0))}, "above zero"),
        ({"exits": Exits()}, "profit target"),
        ({"exits": Exits(take_profit=Decimal("NaN"))}, "Enter a profit target"),
        ({"exits": Exits(stop_loss=Decimal("-5"))}, "stop loss must be above zero"),
        ({"order_type": OrderType.TRAILING, "trail": Trail(amount=Decimal(100), is_percent=True)}, "below 100 %"),
    ],
)
def test_each_fault_is_named(changes, says):
    found = faults(ticket(**changes))
    assert len(found) == 1
    assert says in found[0]


def test_legs_in_two_currencies_are_refused():
    other = replace(PUT, currency=Currency("EUR"))
    legs = (Leg(instrument=SPY, side=Side.BUY), Leg(instrument=other, side=Side.SELL))
    assert faults(ticket(legs=legs)) == ("All legs must be in one currency.",)


def test_shares_and_funds_may_be_fractions_and_a_spread_may_be_a_credit():
    assert faults(ticket(quantity=Decimal("0.5"))) == ()
    fund = replace(SPY, asset_class=AssetClass.FUND)
    assert faults(ticket(legs=(Leg(instrument=fund, side=Side.SELL),), quantity=Decimal("120.418"))) == ()
    half = ticket(quantity=Decimal("0.5"), legs=(Leg(instrument=PUT, side=Side.BUY),))
    assert faults(half) == ("Enter a whole number of contracts.",)
    legs = (Leg(instrument=SPY, side=Side.SELL), Leg(instrument=PUT, side=Side.BUY))
    assert faults(ticket(legs=legs, limit=Decimal("-1.20"))) == ()


def test_a_leg_of_nothing_cannot_be_made():
    with pytest.raises(ValueError, match="at least 1"):
        Leg(instrument=SPY, side=Side.BUY, ratio=0)


def test_a_report_moves_the_order_on_and_loses_nothing():
    sent = order(OrderState.INTENDED, label="BUY 10 SPY")
    report = order(
        OrderState.WORKING, ref=None, legs=(), filled=Decimal(4), average_price=Decimal("650.05"), id=OrderId("7"),
        updated_at=AT + timedelta(seconds=2), limit=None, label="other")
    after = advance(sent, report)
    assert isinstance(after, Order)
    assert (after.state, after.filled, after.id, after.ref) == (OrderState.WORKING, 4, "7", "a")
    assert (after.legs, after.limit, after.label) == (sent.legs, Decimal(650), "BUY 10 SPY")
    assert after.is_partly_filled and after.remaining == 6


def test_a_cancel_that_lost_against_the_fill_is_a_fill():
    cancelled = order(OrderState.CANCELLED)
    after = advance(cancelled, order(OrderState.FILLED, filled=Decimal(10)))
    assert isinstance(after, Order) and after.state is OrderState.FILLED


@pytest.mark.parametrize(
    ("before", "report"),
    [
        (order(OrderState.FILLED, filled=Decimal(10)), order(OrderState.WORKING, filled=Decimal(10))),
        (order(OrderState.DECLINED), order(OrderState.PENDING)),
        (order(OrderState.CANCELLED), order(OrderState.WORKING)),
        (order(filled=Decimal(5)), order(filled=Decimal(4))),
        (order(), order(filled=Decimal(11))),
        (order(id=OrderId("1")), order(id=OrderId("2"))),
    ],
)
def test_an_impossible_report_is_said_and_not_applied(before, report):
    found = advance(before, report)
    assert isinstance(found, Impossible)
    assert found.why and found.order == before


@given(st.lists(st.tuples(st.sampled_from(OrderState), st.integers(0, 10)), max_size=12))
def test_whatever_is_reported_fills_only_grow_and_an_end_stays_an_end(reports):
    now = order(OrderState.INTENDED)
    for state, filled in reports:
        after = advance(now, order(state, filled=Decimal(filled)))
        if isinstance(after, Impossible):
            continue
        assert after.filled >= now.filled
        assert now.state not in FINAL or after.state is now.state
        now = after


def test_every_state_says_what_may_follow():
    assert set(FOLLOWS) == set(OrderState)
    assert all(OrderState.INTENDED not in after for after in FOLLOWS.values())


def test_at_a_border_the_upper_step_holds():
    ticks = (Tick(above=Decimal(0), step=Decimal("0.01")), Tick(above=Decimal(3), step=Decimal("0.05")))
    rules = OrderRules(
        conid=SPY.conid, order_types=frozenset(), outside_hours_types=frozenset(), tifs=frozenset(), ticks=ticks)
    assert rules.step_at(Decimal("2.99")) == Decimal("0.01")
    assert rules.step_at(Decimal("3.00")) == Decimal("0.05")
    assert rules.step_at(Decimal("-3.10")) == Decimal("0.05")
    assert replace(rules, ticks=()).step_at(Decimal(1)) is None
