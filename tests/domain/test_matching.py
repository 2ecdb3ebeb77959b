"""An order never gets worse than it asked for, never more than it wanted, and a stop fires on its own side only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.matching import (
    Matched,
    Phase,
    Print,
    Resting,
    Touch,
    leg_prices,
    match,
    net_touch,
    trailing_stop,
)  # fmt: skip
from ibdesk.domain.orders import OrderState, OrderType, Side, TimeInForce, Trail

AT = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
D = Decimal


def touch(bid: str = "9.90", ask: str = "10.10", last: str = "10.00", size: int = 500) -> Touch:
    return Touch(bid=D(bid), ask=D(ask), last=D(last), bid_size=D(size), ask_size=D(size))


def order(side: Side = Side.BUY, kind: OrderType = OrderType.LIMIT, **more: object) -> Resting:
    return replace(Resting(side=side, order_type=kind, quantity=D(300)), **more)  # type: ignore[arg-type]


def look(one: Resting, shown: Touch, phase: Phase = Phase.OPEN, at: datetime = AT) -> Matched:
    return match(one, shown, at, phase)


def test_a_market_order_takes_the_other_side_and_waits_for_more() -> None:
    first = look(order(kind=OrderType.MARKET), touch(size=200))
    assert first.prints == (Print(price=D("10.10"), quantity=D(200)),)
    assert first.order.state is OrderState.WORKING
    second = look(first.order, touch(ask="10.20", size=200))
    assert second.prints == (Print(price=D("10.20"), quantity=D(100)),)
    assert second.order.state is OrderState.FILLED
    assert look(second.order, touch()).prints == ()


def test_a_limit_above_the_ask_gets_the_ask() -> None:
    done = look(order(limit=D("10.50")), touch())
    assert done.prints[0].price == D("10.10")
    assert look(order(side=Side.SELL, limit=D("9.00")), touch()).prints[0].price == D("9.90")


def test_a_resting_limit_is_filled_at_its_price_when_a_trade_goes_through_it() -> None:
    waiting = look(order(limit=D("10.00")), touch())
    assert (waiting.prints, waiting.order.state) == ((), OrderState.WORKING)
    assert look(waiting.order, touch(last="9.99")).prints[0].price == D("10.00")
    assert look(waiting.order, touch(last="8.00")).prints == ()  # an old trade, outside what is shown now


def test_a_stop_waits_and_then_trades_at_market() -> None:
    held = look(order(side=Side.SELL, kind=OrderType.STOP, stop=D("9.50")), touch())
    assert held.order.state is OrderState.HELD
    fired = look(held.order, touch(bid="9.30", ask="9.50", last="9.40"))
    assert fired.prints[0].price == D("9.30")


def test_a_fired_stop_limit_stays_a_limit() -> None:
    one = order(side=Side.SELL, kind=OrderType.STOP_LIMIT, stop=D("9.50"), limit=D("9.45"))
    fired = look(one, touch(bid="9.30", ask="9.50", last="9.40"))
    assert (fired.prints, fired.order.is_triggered) == ((), True)
    later = look(fired.order, touch(bid="9.60", ask="9.80", last="9.70"))
    assert later.prints[0].price == D("9.60")


def test_a_trailing_stop_follows_up_and_not_down() -> None:
    one = order(side=Side.SELL, kind=OrderType.TRAILING, trail=Trail(amount=D(1)))
    for last, stop in (("10.00", "9.00"), ("11.00", "10.00"), ("10.50", "10.00")):
        done = look(one, touch(last=last))
        one = done.order
        assert (one.stop, done.prints) == (D(stop), ())
    assert look(one, touch(bid="9.80", ask="10.20", last="9.99")).prints[0].price == D("9.80")
    assert trailing_stop(Side.BUY, Trail(amount=D(10), is_percent=True), None, D(50)) == D(55)


def test_at_the_close_all_trades_at_the_last_price_or_nothing() -> None:
    for kind, limit, price in (
        (OrderType.MARKET_ON_CLOSE, None, D("10.00")),
        (OrderType.LIMIT_ON_CLOSE, D("10.05"), D("10.00")),
        (OrderType.LIMIT_ON_CLOSE, D("9.95"), None),
    ):
        one = order(kind=kind, limit=limit)
        assert look(one, touch()).order.state is OrderState.HELD
        done = look(one, touch(size=1), Phase.CLOSING)
        assert [each.price for each in done.prints] == ([price] if price else [])
        assert done.order.state is (OrderState.FILLED if price else OrderState.CANCELLED)


def test_an_opening_order_trades_in_the_opening_only() -> None:
    one = order(limit=D("10.20"), tif=TimeInForce.OPG)
    assert look(one, touch()).prints == ()
    assert look(one, touch(), Phase.OPENING).prints == (Print(price=D("10.00"), quantity=D(300)),)
    assert look(replace(one, limit=D(9)), touch(), Phase.OPENING).order.state is OrderState.CANCELLED


def test_what_an_immediate_order_does_not_get_is_cancelled() -> None:
    done = look(order(limit=D("10.10"), tif=TimeInForce.IOC), touch(size=100))
    assert (done.prints[0].quantity, done.order.state) == (D(100), OrderState.CANCELLED)
    assert look(order(limit=D(9), tif=TimeInForce.IOC), touch()).order.state is OrderState.CANCELLED


def test_nothing_trades_while_closed_and_a_day_order_ends_with_its_day() -> None:
    one = order(limit=D(11), good_until=AT + timedelta(hours=3))
    assert look(one, touch(), Phase.CLOSED).order.state is OrderState.HELD
    assert look(one, touch(), Phase.EXTENDED).prints == ()
    assert look(replace(one, outside_hours=True), touch(), Phase.EXTENDED).prints
    assert look(one, touch(), at=AT + timedelta(hours=3)).order.state is OrderState.CANCELLED


def test_nobody_there_means_no_trade() -> None:
    assert look(order(kind=OrderType.MARKET), Touch(bid=D(1), bid_size=D(5))).prints == ()
    assert look(order(kind=OrderType.MARKET), touch(size=0)).prints == ()


def test_a_combination_costs_what_its_legs_cost() -> None:
    legs = ((1, touch("4.90", "5.10", "5.00", 20)), (-2, touch("1.90", "2.10", "2.00", 9)))
    net = net_touch(legs)
    assert (net.ask, net.bid, net.last) == (D("1.30"), D("0.70"), D("1.00"))
    assert (net.ask_size, net.bid_size) == (4, 4)  # nine of the second leg are four units and a half
    assert leg_prices(legs, Side.BUY, D("1.30")) == (D("5.10"), D("1.90"))
    assert leg_prices(legs, Side.BUY, D("1.20")) == (D("5.00"), D("1.90"))
    assert net_touch(((1, touch()), (-1, Touch(ask=D("0.01"), ask_size=D(5))))).ask is None


def test_a_credit_is_a_negative_price() -> None:
    legs = ((-1, touch("4.90", "5.10", "5.00", 20)), (1, touch("1.90", "2.10", "2.00", 20)))
    one = Resting(side=Side.BUY, order_type=OrderType.LIMIT, quantity=D(2), limit=D("-2.80"))
    assert look(one, net_touch(legs)).prints == (Print(price=D("-2.80"), quantity=D(2)),)
    assert look(replace(one, limit=D("-3.00")), net_touch(legs)).prints == ()


cents = st.integers(min_value=1, max_value=3000).map(lambda number: D(number) / 100)
sizes = st.integers(min_value=0, max_value=50).map(D)


@st.composite
def markets(draw: st.DrawFn) -> Touch:
    bid, spread, last = draw(cents), draw(cents), draw(cents)
    return Touch(
        bid=draw(st.sampled_from([bid, None])), ask=draw(st.sampled_from([bid + spread, None])),
        last=draw(st.sampled_from([last, bid, None])), bid_size=draw(sizes), ask_size=draw(sizes),
    )


@st.composite
def orders(draw: st.DrawFn) -> Resting:
    kind = draw(st.sampled_from(list(OrderType)))
    return Resting(
        side=draw(st.sampled_from(list(Side))), order_type=kind,
        quantity=draw(st.integers(min_value=1, max_value=100).map(D)),
        limit=draw(cents) if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_ON_CLOSE) else None,
        stop=draw(cents) if kind in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
        trail=Trail(amount=draw(cents), is_percent=draw(st.booleans())) if kind is OrderType.TRAILING else None,
        tif=draw(st.sampled_from(list(TimeInForce))),
    )


@given(one=orders(), looks=st.lists(st.tuples(markets(), st.sampled_from(list(Phase))), max_size=8))
def test_whatever_the_market_does_an_order_gets_what_it_asked_for(
    one: Resting, looks: list[tuple[Touch, Phase]]
) -> None:
    got = D(0)
    for shown, phase in looks:
        done = look(one, shown, phase)
        assert done == look(one, shown, phase)
        for each in done.prints:
            got += each.quantity
            assert each.quantity > 0
            if one.limit is not None:
                assert each.price <= one.limit if one.side is Side.BUY else each.price >= one.limit
            assert phase is not Phase.CLOSED
        if done.order.is_triggered and not one.is_triggered:
            seen = shown.last if shown.last is not None else shown.against(one.side)[0]
            stop = done.order.stop
            assert seen is not None
            assert stop is not None
            assert seen >= stop if one.side is Side.BUY else seen <= stop
        if one.is_over:
            assert done.prints == ()
        one = done.order
        assert got == one.filled <= one.quantity
        assert (one.state is OrderState.FILLED) == (one.filled == one.quantity)


@given(st.lists(st.tuples(st.integers(-3, 3).filter(bool), markets()), min_size=1, max_size=4), sizes)
def test_legs_add_up_to_the_net_price_exactly(legs: list[tuple[int, Touch]], improved: Decimal) -> None:
    net = net_touch(legs)
    for side, price in ((Side.BUY, net.ask), (Side.SELL, net.bid)):
        if price is None:
            continue
        paid = price - side.sign * improved / 100
        prices = leg_prices(legs, side, paid)
        if prices is not None:
            assert sum(each * ratio for each, (ratio, _) in zip(prices, legs, strict=True)) == paid


@pytest.mark.parametrize("side", list(Side))
@given(lasts=st.lists(cents, min_size=1, max_size=12), amount=cents)
def test_a_trailing_stop_never_goes_back(side: Side, lasts: list[Decimal], amount: Decimal) -> None:
    stop: Decimal | None = None
    for last in lasts:
        moved = trailing_stop(side, Trail(amount=amount), stop, last)
        assert stop is None or (moved <= stop if side is Side.BUY else moved >= stop)
        stop = moved
