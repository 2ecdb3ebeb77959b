"""Orders meet the market as the dial turns, one by one and to the share."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.exchange import DemoOrder, Exchange, Status
from ibdesk.demo.faults import Faults
from ibdesk.demo.fills import Fill
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from ibdesk.demo.quotes import size, touch
from ibdesk.demo.tickets import read_ticket
from tests.demo.door import LUNCH, MAIN, Ticks

KO, CLOSE = 8894, session("XNYS", date(2026, 11, 18))[1]
D = Decimal


class Floor:
    """An exchange with a clock in hand."""

    def __init__(self) -> None:
        self.account = DemoAccount(Market(Catalogue(date(2026, 11, 18))))
        self.faults, self.ticks = Faults(), Ticks()
        self.exchange = Exchange(self.account, self.faults, self.ticks, latency=0.25)

    def place(self, at: datetime = LUNCH, **fields: Any) -> int:
        body = {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 10, **fields}
        ticket = read_ticket(body, MAIN, self.account.market.catalogue)
        number = self.exchange.place([ticket], at)[0].number
        self.ticks.pass_by(1)
        return number

    def at(self, instant: datetime, number: int) -> DemoOrder:
        self.exchange.run(instant)
        return self.exchange.orders[number]


@pytest.fixture
def floor() -> Floor:
    return Floor()


def later(seconds: float) -> datetime:
    return LUNCH + timedelta(seconds=seconds)


def test_the_broker_takes_a_moment(floor: Floor) -> None:
    number = floor.place()
    floor.ticks.pass_by(-0.9)
    assert floor.at(LUNCH, number).status is Status.PRE_SUBMITTED
    floor.ticks.pass_by(0.2)
    assert floor.at(LUNCH, number).status is Status.FILLED


def test_a_large_order_takes_what_is_shown_and_waits_for_more(floor: Floor) -> None:
    shown = size(floor.account.market.catalogue[KO], LUNCH, 1)
    number = floor.place(quantity=5000)
    first = floor.at(LUNCH, number)
    assert (first.resting.filled, first.status) == (shown, Status.SUBMITTED)
    assert floor.at(LUNCH, number).resting.filled == shown  # nothing new is shown in the same moment
    other = floor.place(quantity=10)
    assert floor.at(LUNCH, other).resting.filled == 0  # and the first order has taken it all
    assert floor.at(later(2), number).resting.filled > shown
    assert floor.at(later(120), number).status is Status.FILLED
    fills = [one for one in floor.exchange.news if isinstance(one, Fill) and one.order_id == number]
    assert sum(one.quantity for one in fills) == 5000
    assert sum(one.commission for one in fills) == 25
    assert len({one.exec_id for one in fills}) == len(fills) > 1


def test_a_jump_of_the_dial_still_meets_a_stop_on_the_way(floor: Floor) -> None:
    market = floor.account.market
    _, high, low, _ = market.bar(KO, later(60), later(7200)) or (D(0),) * 4
    number = floor.place(orderType="STP", side="SELL", price=low + (high - low) / 4 // D("0.01") * D("0.01"))
    done = floor.at(later(7200), number)
    assert done.status is Status.FILLED
    assert done.changed_at < later(7200)


def test_no_auction_is_jumped_over(floor: Floor) -> None:
    number = floor.place(orderType="MOC", quantity=7000)
    assert floor.at(later(60), number).status is Status.PRE_SUBMITTED
    done = floor.at(CLOSE + timedelta(days=1), number)
    assert (done.status, done.changed_at) == (Status.FILLED, CLOSE)
    assert done.average_price == floor.account.market.price(KO, CLOSE)


def test_a_short_pause_over_the_close_still_meets_the_auction(floor: Floor) -> None:
    number = floor.place(at=CLOSE - timedelta(seconds=3), orderType="MOC")
    floor.exchange.run(CLOSE - timedelta(seconds=2))
    assert floor.at(CLOSE + timedelta(seconds=6), number).status is Status.FILLED


def test_an_opening_order_given_at_noon_is_for_the_next_opening(floor: Floor) -> None:
    number = floor.place(tif="OPG")
    done = floor.at(CLOSE + timedelta(days=1), number)
    assert (done.status, done.changed_at) == (Status.FILLED, session("XNYS", date(2026, 11, 19))[0])


def test_a_day_order_ends_with_the_day_and_a_lasting_one_does_not(floor: Floor) -> None:
    day, lasting = (floor.place(orderType="LMT", price=55, tif=tif) for tif in ("DAY", "GTC"))
    assert floor.at(CLOSE + timedelta(hours=6), day).status is Status.CANCELLED
    assert not floor.at(CLOSE + timedelta(hours=6), lasting).is_over


def test_an_option_order_dies_with_its_option(floor: Floor) -> None:
    option = floor.account.market.catalogue.option(756733, date(2026, 11, 18), "C", D(640))
    number = floor.place(conid=option.conid, orderType="LMT", side="SELL", price=5, tif="GTC", quantity=1)
    assert floor.at(CLOSE + timedelta(hours=6), number).status is Status.CANCELLED


def test_a_price_is_never_worse_than_the_limit_over_a_whole_day(floor: Floor) -> None:
    market = floor.account.market
    bid = touch(market, market.catalogue[KO], LUNCH).bid or D(0)
    numbers = [floor.place(orderType="LMT", price=bid - D(n) / 50, quantity=700) for n in range(8)]
    for minutes in range(0, 200, 10):
        floor.exchange.run(LUNCH + timedelta(minutes=minutes))
    for number in numbers:
        order = floor.exchange.orders[number]
        assert order.resting.filled <= 700
        fills = [one for one in floor.exchange.news if isinstance(one, Fill) and one.order_id == number]
        assert all(one.price <= (order.ticket.limit or D(0)) for one in fills)


def test_fills_and_cash_reconcile(floor: Floor) -> None:
    before = floor.account.figures(MAIN, later(300))
    for number in range(6):
        floor.place(side="SELL" if number % 3 == 2 else "BUY", quantity=100 * (number + 1))
        floor.exchange.run(later(10 * number))
    floor.exchange.run(later(300))
    after = floor.account.figures(MAIN, later(300))
    fills = [one for one in floor.exchange.news if isinstance(one, Fill)]
    assert before.cash - after.cash == sum(one.paid + one.commission for one in fills)
    held = [next(one for one in each.holdings if one.listing.conid == KO).quantity for each in (before, after)]
    assert held[1] - held[0] == sum(one.quantity for one in fills)


def test_a_cancel_can_lose_against_a_fill(floor: Floor) -> None:
    number = floor.place(orderType="LMT", price=60)
    floor.faults.fills_before_cancel = 1
    assert floor.exchange.cancel(number, LUNCH).status is Status.PENDING_CANCEL
    done = floor.at(later(1), number)
    assert done.status is Status.PENDING_CANCEL  # not before the broker gets to it
    floor.ticks.pass_by(1)
    done = floor.at(later(2), number)
    assert (done.status, done.average_price) == (Status.FILLED, D(60))


def test_an_order_can_fill_half_and_end(floor: Floor) -> None:
    floor.faults.halved_orders = 1
    number = floor.place(orderType="LMT", price=60, quantity=11)
    done = floor.at(later(1), number)
    assert (done.status, done.resting.filled) == (Status.CANCELLED, 5)
    told = [one.status for one in floor.exchange.news if isinstance(one, DemoOrder)]
    assert told == [Status.PRE_SUBMITTED, Status.SUBMITTED, Status.CANCELLED]


def test_a_partial_exit_shrinks_its_sibling(floor: Floor) -> None:
    catalogue = floor.account.market.catalogue
    shown = size(catalogue[KO], LUNCH, 0)
    bodies = [
        {"conid": KO, "orderType": "LMT", "side": "SELL", "quantity": shown + 50, "price": price, "isSingleGroup": True}
        for price in (60, 70)
    ]
    first, second = floor.exchange.place([read_ticket(one, MAIN, catalogue) for one in bodies], LUNCH)
    floor.ticks.pass_by(1)
    assert floor.at(LUNCH, first.number).resting.filled == shown
    assert floor.at(LUNCH, second.number).resting.quantity == 50
    floor.exchange.run(later(30))
    assert floor.at(later(30), second.number).status is Status.CANCELLED


def test_a_late_refusal_leaves_an_inactive_order(floor: Floor) -> None:
    floor.faults.late_rejections.append("no")
    done = floor.at(later(5), floor.place())
    assert (done.status, done.reason) == (Status.INACTIVE, "no")


def test_a_corrected_execution_changes_the_account(floor: Floor) -> None:
    floor.at(LUNCH, floor.place())
    before = floor.account.figures(MAIN, later(5)).cash
    last = floor.account.blotter.last
    assert last is not None
    floor.exchange.correct_last(last.price - 1)
    assert floor.account.figures(MAIN, later(5)).cash == before + 10
    again = floor.exchange.news[-1]
    assert isinstance(again, Fill)
    assert (again.print_id, again.exec_id[-2:]) == (last.print_id, "02")


def test_an_order_that_is_over_cannot_be_found_by_time_only_by_id(floor: Floor) -> None:
    number = floor.place(cOID="mine")
    found = floor.exchange.find("mine", LUNCH - timedelta(hours=1))
    assert found is not None
    assert found.number == number
    assert floor.exchange.find("mine", datetime(2027, 1, 1, tzinfo=UTC)) is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(1, 900), st.sampled_from(["BUY", "SELL"]),
                  st.sampled_from(["MKT", "LMT", "STP", "TRAIL", "MOC"]), st.sampled_from(["DAY", "GTC", "IOC"])),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("modify"), st.integers(0, 9), st.integers(1, 900)),
        st.tuples(st.just("wait"), st.integers(0, 4000)),
        st.tuples(st.sampled_from(["halve", "win", "refuse", "group"])),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_fills_add_up_and_what_is_over_stays_over(steps: list[tuple[Any, ...]]) -> None:
    floor, now = Floor(), LUNCH
    over: dict[int, DemoOrder] = {}
    for step in steps:
        numbers = list(floor.exchange.orders)
        match step:
            case ("place", quantity, side, kind, tif):
                price = {"price": "63.4"} if kind in ("LMT", "STP") else {}
                trail = {"trailingType": "amt", "trailingAmt": "0.05"} if kind == "TRAIL" else {}
                floor.place(now, quantity=quantity, side=side, orderType=kind, tif=tif, **price, **trail)
            case ("group",):
                bodies = [{"conid": KO, "orderType": "LMT", "side": "BUY", "quantity": 400, "price": price,
                           "isSingleGroup": True} for price in ("63.5", "63.4")]
                catalogue = floor.account.market.catalogue
                floor.exchange.place([read_ticket(one, MAIN, catalogue) for one in bodies], now)
            case ("cancel", which) if which < len(numbers) and not floor.exchange.orders[numbers[which]].is_over:
                floor.exchange.cancel(numbers[which], now)
            case ("modify", which, quantity) if which < len(numbers):
                order = floor.exchange.orders[numbers[which]]
                if not order.is_over and quantity > order.resting.filled:
                    changed = replace(order.ticket, quantity=D(quantity))
                    floor.exchange.modify(order.number, changed, now)
            case ("halve",):
                floor.faults.halved_orders = 1
            case ("win",):
                floor.faults.fills_before_cancel = 1
            case ("refuse",):
                floor.faults.late_rejections = ["no"]
            case ("wait", seconds):
                now += timedelta(seconds=seconds)
        floor.ticks.pass_by(1)
        floor.exchange.run(now)
        for number, order in floor.exchange.orders.items():
            assert over.get(number, order) == order
            if order.is_over:
                over[number] = order
    fills = [one for one in floor.exchange.news if isinstance(one, Fill)]
    for number, order in floor.exchange.orders.items():
        got = [one for one in fills if one.order_id == number]
        assert sum(abs(one.quantity) for one in got) == order.resting.filled <= order.resting.quantity
        assert sum(abs(one.quantity) * one.price for one in got) == order.spent
        assert (order.status is Status.FILLED) == (order.resting.filled == order.resting.quantity)
    fresh = DemoAccount(Market(Catalogue(date(2026, 11, 18))))
    before, after = fresh.figures(MAIN, now), floor.account.figures(MAIN, now)
    assert before.cash - after.cash == sum(one.paid + one.commission for one in fills)
