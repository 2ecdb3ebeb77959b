"""Orders of the account meet the market: at what is shown, once, and to the cent."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.orders import Exits, OrderRef, OrderState, OrderTicket, OrderType, Side, TimeInForce, Trail
from ibdesk.domain.paper import venue
from ibdesk.domain.paper.book import PaperBook, told
from ibdesk.domain.paper.ledger import cents, replayed
from tests.domain.paper.market import (
    CLOSE,
    NOON,
    OTHER,
    SHARE,
    D,
    at,
    book,
    later,
    looked,
    only,
    option,
    placed,
    spans_of,
    states,
    ticket,
)

CALL, HIGHER = option(100), option(105)
MARKET = OrderType.MARKET


def buy(quantity: int = 10, **more: object) -> OrderTicket:
    return ticket((SHARE, Side.BUY), quantity=D(quantity), **more)


def test_an_order_is_pending_until_the_venue_has_it_and_nothing_fills_before() -> None:
    step = venue.placed(book(), OrderRef("r"), buy(order_type=MARKET), NOON, spans_of((SHARE,)))
    assert states(step.book) == [OrderState.PENDING]
    assert looked(step.book, {SHARE: at("99", "101")}).fills == ()
    there = venue.arrived(step.book, step.changed, NOON).book
    assert states(looked(there, {SHARE: at("99", "101")})) == [OrderState.FILLED]


def test_a_purchase_takes_the_ask_and_pays_its_fee() -> None:
    after = looked(placed(book(), buy(order_type=MARKET)), {SHARE: at("99.98", "100.02")})
    (fill,) = after.fills
    assert (fill.execution.price, fill.execution.quantity, fill.execution.ref) == (D("100.02"), D(10), "r1")
    assert fill.commission is not None and fill.commission.amount == D("1.00")
    assert after.ledger.cash[0].amount == D("100000") - D("1000.20") - 1
    assert told(after, only(after)).average_price == D("100.02")


def test_a_sale_takes_the_bid() -> None:
    after = looked(placed(book(), ticket((SHARE, Side.SELL), quantity=D(10), order_type=MARKET)),
                   {SHARE: at("99.98", "100.02")})  # fmt: skip
    assert after.fills[0].execution.price == D("99.98") and after.ledger.quantity(SHARE.conid) == -10


def test_what_is_shown_fills_first_and_the_rest_when_it_is_shown_again() -> None:
    order = placed(book(), buy(250, limit=D(100)))
    first = looked(order, {SHARE: at("99", "100", sizes=100)})
    assert (only(first).resting.filled, only(first).state) == (100, OrderState.WORKING)
    same = looked(first, {SHARE: at("99", "100", sizes=100)}, later(1))
    assert only(same).resting.filled == 100, "the same hundred is not there twice"
    again = looked(same, {SHARE: at("99", "100", sizes=100)}, later(6))
    fresh = looked(again, {SHARE: at("99", "100", sizes=80)}, later(7))
    assert [fill.execution.quantity for fill in fresh.fills] == [100, 100, 50]
    assert only(fresh).state is OrderState.FILLED
    assert sum((f.commission.amount for f in fresh.fills if f.commission), D(0)) == D("1.25")


def test_two_orders_share_what_is_shown() -> None:
    both = placed(placed(book(), buy(80, limit=D(100)), "a"), buy(80, limit=D(100)), "b")
    after = looked(both, {SHARE: at("99", "100", sizes=100)})
    assert [order.resting.filled for order in after.orders] == [80, 20]


@pytest.mark.parametrize("seen", [
    None, at("99", "100", is_moving=False), at("99", "100", now=NOON - timedelta(days=12)),
])  # fmt: skip
def test_nothing_fills_against_missing_frozen_or_closed_markets(seen: object) -> None:
    order = placed(book(), buy(order_type=MARKET))
    after = looked(order, {} if seen is None else {SHARE: seen})  # type: ignore[dict-item]
    assert after.fills == () and not only(after).is_over


def test_a_combination_fills_whole_units_at_its_net_price_or_not_at_all() -> None:
    spread = ticket((CALL, Side.BUY), (HIGHER, Side.SELL), quantity=D(3), limit=D("1.50"))
    order = placed(book(), spread)
    apart = looked(order, {CALL: at("3.00", "3.10"), HIGHER: at("1.40", "1.50")})
    assert apart.fills == ()
    after = looked(apart, {CALL: at("2.80", "2.90", sizes=2), HIGHER: at("1.40", "1.50", sizes=50)}, later(10))
    assert [(fill.execution.side, fill.execution.quantity) for fill in after.fills] == [(Side.BUY, 2), (Side.SELL, 2)]
    assert told(after, only(after)).average_price == D("1.50") and only(after).resting.filled == 2


def test_a_credit_is_a_negative_price() -> None:
    short = ticket((CALL, Side.SELL), (HIGHER, Side.BUY), quantity=D(1), limit=D("-1.30"))
    after = looked(placed(book(), short), {CALL: at("2.80", "2.90"), HIGHER: at("1.40", "1.50")})
    assert only(after).state is OrderState.FILLED and told(after, only(after)).average_price == D("-1.30")
    assert after.ledger.cash[0].amount == D(100_000) + 130 - 2 - D("0.01")  # two fees of a dollar, a cent on the sale


def test_half_a_combination_on_show_fills_nothing() -> None:
    spread = ticket((CALL, Side.BUY), (HIGHER, Side.SELL), quantity=D(3), order_type=MARKET)
    after = looked(placed(book(), spread), {CALL: at("2.80", "2.90")})
    assert after.fills == ()


def test_exits_wait_for_their_order_and_the_first_ends_the_other() -> None:
    bracket = buy(10, limit=D(100), exits=Exits(take_profit=D(110), stop_loss=D(95)))
    waiting = looked(placed(book(), bracket), {SHARE: at("111", "112")})
    assert waiting.fills == () and len(waiting.orders) == 3
    opened = looked(waiting, {SHARE: at("99", "100")}, later(10))
    assert states(opened) == [OrderState.FILLED, OrderState.WORKING, OrderState.HELD]
    done = looked(opened, {SHARE: at("110", "111")}, later(20))
    assert states(done) == [OrderState.FILLED, OrderState.FILLED, OrderState.CANCELLED]
    assert done.ledger.quantity(SHARE.conid) == 0
    assert told(done, done.orders[1]).parent == "r1"


def test_a_part_of_an_exit_makes_the_other_smaller() -> None:
    bracket = buy(100, order_type=MARKET, exits=Exits(take_profit=D(110), stop_loss=D(95)))
    opened = looked(placed(book(), bracket), {SHARE: at("99", "100")})
    part = looked(opened, {SHARE: at("110", "111", sizes=30)}, later(10))
    assert [order.resting.quantity for order in part.orders] == [100, 100, 70]


def test_exits_of_an_order_that_ended_in_part_are_for_that_part() -> None:
    bracket = buy(100, limit=D(100), exits=Exits(stop_loss=D(95)))
    part = looked(placed(book(), bracket), {SHARE: at("99", "100", sizes=40)})
    asked = venue.cancel_asked(part, (part.orders[0].number,), later(1)).book
    gone = venue.ended(asked, (part.orders[0].number,), later(1)).book
    assert [(each.state, each.resting.quantity) for each in gone.orders] == [
        (OrderState.CANCELLED, 100), (OrderState.HELD, 40)]  # fmt: skip
    stopped = looked(gone, {SHARE: at("94", "94.10", last="94")}, later(2))
    assert stopped.ledger.quantity(SHARE.conid) == 0


def test_exits_of_an_order_that_got_nothing_go_with_it() -> None:
    bracket = placed(book(), buy(100, limit=D(90), exits=Exits(take_profit=D(110), stop_loss=D(80))))
    asked = venue.cancel_asked(bracket, (bracket.orders[0].number,), NOON).book
    assert set(states(venue.ended(asked, (bracket.orders[0].number,), NOON).book)) == {OrderState.CANCELLED}


def test_a_fill_may_be_quicker_than_a_cancel() -> None:
    order = placed(book(), buy(10, limit=D(100)))
    number = only(order).number
    asked = venue.cancel_asked(order, (number,), NOON).book
    assert states(asked) == [OrderState.CANCELLING]
    filled = looked(asked, {SHARE: at("99", "100")}, later(0.1))
    assert states(filled) == [OrderState.FILLED]
    assert venue.ended(filled, (number,), later(1)).book == filled


def test_a_change_keeps_what_was_filled() -> None:
    part = looked(placed(book(), buy(100, limit=D(100))), {SHARE: at("99", "100", sizes=40)})
    wanted = buy(60, limit=D(101))
    changed = venue.changed(part, only(part).number, wanted, later(1), spans_of((SHARE,))).book
    assert (only(changed).resting.filled, only(changed).resting.limit) == (40, D(101))
    done = looked(changed, {SHARE: at("100", "101")}, later(10))
    assert (only(done).state, done.ledger.quantity(SHARE.conid)) == (OrderState.FILLED, 60)
    assert only(done).ref == "r1"


def test_a_trailing_stop_follows_and_then_fires() -> None:
    held = looked(placed(book(), buy(10, order_type=MARKET), "a"), {SHARE: at("99", "100")})
    trail = ticket((SHARE, Side.SELL), quantity=D(10), order_type=OrderType.TRAILING, trail=Trail(amount=D(2)))
    order = placed(held, trail, "b")
    risen = looked(order, {SHARE: at("109", "110", last="110")}, later(1))
    assert risen.orders[1].resting.stop == D(108)
    fallen = looked(risen, {SHARE: at("107", "108", last="107.5")}, later(2))
    assert fallen.orders[1].state is OrderState.FILLED


def test_a_day_order_ends_with_its_day_and_a_lasting_one_does_not() -> None:
    both = placed(placed(book(), buy(limit=D(90)), "day"), buy(limit=D(90), tif=TimeInForce.GTC), "gtc")
    night = looked(both, {SHARE: at("99", "100", now=CLOSE)}, CLOSE + timedelta(hours=5))
    assert states(night) == [OrderState.CANCELLED, OrderState.HELD]


def test_an_order_for_the_close_meets_the_first_look_after_it_or_ends() -> None:
    order = placed(book(), buy(order_type=OrderType.MARKET_ON_CLOSE))
    before = looked(order, {SHARE: at("99", "100", last="99.5")}, CLOSE - timedelta(seconds=1))
    assert before.fills == ()
    after = looked(before, {SHARE: at("99", "100", last="99.6")}, CLOSE + timedelta(seconds=2))
    assert after.fills[0].execution.price == D("99.6")
    missed = looked(before, {SHARE: at("99", "100", last="99.6")}, CLOSE + timedelta(hours=1))
    assert (missed.fills, states(missed)) == ((), [OrderState.CANCELLED])


def test_an_order_on_an_option_that_expired_is_gone() -> None:
    order = placed(book(), ticket((CALL, Side.BUY), limit=D(1), tif=TimeInForce.GTC))
    assert states(looked(order, {}, NOON + timedelta(days=3))) == [OrderState.CANCELLED]


def test_an_immediate_order_fills_what_is_there_and_ends() -> None:
    order = placed(book(), buy(100, limit=D(100), tif=TimeInForce.IOC))
    after = looked(order, {SHARE: at("99", "100", sizes=30)})
    assert (only(after).state, only(after).resting.filled) == (OrderState.CANCELLED, 30)


def test_one_leg_with_a_ratio_trades_that_many_for_each_unit() -> None:
    order = placed(book(), ticket((SHARE, Side.BUY, 3), quantity=D(10), order_type=MARKET))
    after = looked(order, {SHARE: at("99", "100")})
    assert (only(after).resting.filled, after.ledger.quantity(SHARE.conid)) == (10, 30)


ACTS = st.lists(st.one_of(
    st.tuples(st.just("place"), st.integers(0, 4), st.integers(1, 60), st.integers(90, 110)),
    st.tuples(st.just("market"), st.integers(90, 110), st.integers(1, 40), st.integers(0, 3)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0), st.just(0)),
), max_size=40)  # fmt: skip


@given(ACTS)
def test_no_story_fills_too_much_pays_too_much_or_loses_a_cent(acts: list[tuple[str, int, int, int]]) -> None:
    now, held = NOON, book()
    for number, (what, first, second, third) in enumerate(acts):
        now += timedelta(seconds=1 + first % 7)
        if what == "place":
            held = placed(held, _wanted(first, second, third), f"r{number}", now)
        elif what == "cancel" and held.orders:
            chosen = (held.orders[first % len(held.orders)].number,)
            held = venue.ended(venue.cancel_asked(held, chosen, now).book, chosen, now).book
        elif what == "market":
            bid = D(first) - D(third) / 4
            seen = {each: at(str(bid), str(bid + D("0.5")), sizes=second, instrument=each) for each in (SHARE, OTHER)}
            seen |= {each: at(str(bid / 50), str(bid / 50 + D("0.05")), sizes=second, instrument=each)
                     for each in (CALL, HIGHER)}  # fmt: skip
            held = looked(held, seen, now)
        _is_sound(held)
    assert msgspec.json.decode(msgspec.json.encode(held), type=PaperBook) == held


def _wanted(kind: int, quantity: int, price: int) -> OrderTicket:
    side = Side.BUY if price % 2 else Side.SELL
    match kind:
        case 0:
            return ticket((SHARE, side), quantity=D(quantity), order_type=MARKET)
        case 1:
            return ticket((OTHER, side), quantity=D(quantity), limit=D(price), tif=TimeInForce.GTC)
        case 2:
            return ticket((CALL, Side.BUY), (HIGHER, Side.SELL), quantity=D(quantity), limit=D(price - 99) / 100)
        case 3:
            return ticket((SHARE, Side.BUY), quantity=D(quantity), limit=D(price),
                          exits=Exits(take_profit=D(price + 1), stop_loss=D(price - 1)))  # fmt: skip
        case _:
            return ticket((SHARE, side), quantity=D(quantity), order_type=OrderType.STOP, stop=D(price))


def _is_sound(held: PaperBook) -> None:
    assert replayed(held.base, held.fills) == held.ledger
    line = held.ledger.cash[0]
    assert line.amount + sum((each.cost for each in held.ledger.holdings), D(0)) - line.realized == held.start
    assert line.amount == cents(line.amount)
    assert len({fill.execution.exec_id for fill in held.fills}) == len(held.fills)
    for order in held.orders:
        report = told(held, order)
        assert D(0) <= report.filled <= report.quantity
        assert (report.state is OrderState.FILLED) == (report.filled == report.quantity)
        mine = [fill.execution for fill in held.fills if fill.execution.order_id == report.id]
        for leg in report.legs:
            traded = sum((each.quantity for each in mine if each.instrument == leg.instrument), D(0))
            assert traded == report.filled * leg.ratio
        if not order.ticket.is_combo and report.limit is not None:
            sign = order.side.sign
            assert all(each.price * sign <= report.limit * sign for each in mine)
        if order.ticket.is_combo and report.limit is not None and report.average_price is not None:
            assert report.average_price <= report.limit
