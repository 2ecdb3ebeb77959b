"""A ticket in its context: its cost, its net price, and the proof that it lowers risk."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.case import is_stale, net_touch, price_of, touch
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Exits, Leg, Order, OrderRef, OrderTicket, OrderType, Side
from ibdesk.domain.positions import Position
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    buying,
    case,
    context,
    leg,
    market,
    quote,
    selling,
    summary,
    ticket,
    working,
)  # fmt: skip
from tests.domain.compliance.sample import ACCOUNT, Legs, book, legs, option, stock

VERTICAL = (leg(CALL, 1), leg(option("105C"), -1))
SHORT = option("105C")
BUY_WRITE = (Leg(instrument=stock(), side=Side.BUY, ratio=100), leg(CALL, -1))


@pytest.mark.parametrize(
    ("of", "unit", "cost"),
    [
        (buying(quantity=3, limit="2.45"), "2.45", "735"),
        (selling(quantity=2, limit="1.50"), "1.50", "-300"),
        (ticket(*VERTICAL, quantity=2, limit="0.60"), "0.60", "120"),
        (ticket(*VERTICAL, limit="-0.10"), "-0.10", "-10"),
        (ticket(*BUY_WRITE, quantity=2, limit="98.00"), "98.00", "19600"),
        (market(ticket(*VERTICAL)), "0.70", "70"),  # 1.10 less 0.40
        (market(ticket(*BUY_WRITE)), "99.01", "9901"),
        (replace(buying(limit=None), order_type=OrderType.STOP, stop=Decimal("1.20")), "1.20", "120"),
    ],
)
def test_what_an_order_pays(of: OrderTicket, unit: str, cost: str) -> None:
    one = case(of)
    assert (one.unit, one.cost) == (Decimal(unit), Decimal(cost))


def test_without_a_quote_a_market_order_costs_what_the_book_marks_it() -> None:
    marked = replace(book(), marks={CALL.conid: Decimal(2)})
    assert case(market(buying()), context(quotes={}, book=marked)).cost == Decimal(200)
    assert case(market(buying()), context(quotes={})).cost is None


def test_a_net_price_needs_every_leg_and_has_two_sides() -> None:
    of = ticket(*VERTICAL)
    assert (net_touch(of, context()), net_touch(of, context(), -1)) == (Decimal("0.70"), Decimal("0.56"))
    assert net_touch(of, context(quotes={CALL.conid: quote(CALL, "1.00", "1.10")})) is None


@pytest.mark.parametrize(
    ("bid", "ask", "middle"),
    [("1.00", "1.10", "1.05"), ("1.10", "1.00", "7"), (None, "1.10", "7"), ("0", "0.10", "0.05")],
)
def test_the_price_is_the_middle_of_a_sound_quote_else_the_last(bid: str | None, ask: str, middle: str) -> None:
    assert price_of(quote(CALL, bid, ask, last=Decimal(7))) == Decimal(middle)


def test_minus_one_is_no_price_and_a_worthless_option_may_be_bid_nothing() -> None:
    assert touch(quote(CALL, "-1", "-1"), 1) is None
    assert touch(quote(CALL, "-1", "-1"), -1) is None
    assert touch(quote(CALL, "0", "0.05"), -1) == 0
    assert touch(quote(CALL, "1.797e308", "1.797e308"), 1) is None


@pytest.mark.parametrize(
    ("held", "of", "lowers"),
    [
        (legs((CALL, 5)), selling(quantity=5), True),
        (legs((CALL, 5)), selling(quantity=6), False),
        (legs((CALL, -1)), buying(), True),
        (legs(), selling(), False),
        (legs((CALL, 1), (option("105C"), -1)), selling(), False),  # the short is left bare
        (legs((CALL, 1), (option("105C"), -1)), ticket(leg(CALL, -1), leg(option("105C"), 1)), True),
        (legs((CALL, 2), (option("105C"), -1)), selling(), True),
        (legs((stock(), 100), (CALL, -1)), selling(stock(), quantity=1), False),
        (legs((stock(), 100)), selling(stock(), quantity=100), True),
        (legs((CALL, 1)), ticket(leg(CALL, -1), leg(option("105C"), 1)), False),  # a roll opens
    ],
)
def test_only_what_is_proved_on_the_result_lowers_risk(held: Legs, of: OrderTicket, lowers: bool) -> None:
    assert case(of, context(book=book(*((each, str(quantity)) for each, quantity in held)))).lowers_risk is lowers


def test_a_ticket_with_exits_never_lowers_risk() -> None:
    seen = context(book=book((CALL, 1)))
    assert case(selling(), seen).lowers_risk
    assert not case(replace(selling(), exits=Exits(take_profit=Decimal("0.50"))), seen).lowers_risk


def test_a_working_order_that_makes_things_bare_by_itself_is_not_held_against_closing() -> None:
    seen = context(book=book((CALL, 1), working=(legs((option("105C"), -3)),)))
    assert not case(selling(), seen).lowers_risk  # it would cover one of the three
    other = context(book=book((stock(), 10), (option("95P"), 1), working=(legs((option("105C"), -3)),)))
    assert case(selling(option("95P")), other).lowers_risk


def _sale(quantity: int, *, parent: str = "", filled: int = 0) -> Order:
    order = working(selling(stock(), quantity=quantity), quantity=quantity)
    return replace(order, parent=OrderRef(parent) if parent else None, filled=Decimal(filled))


@pytest.mark.parametrize(
    ("at_work", "quantity", "lowers"),
    [
        ((_sale(10),), 1, False),
        ((_sale(4),), 6, True),
        ((_sale(4),), 7, False),
        ((_sale(10, filled=4),), 4, True),
        ((working(buying(stock(), quantity=3), quantity=3),), 10, True),  # what is bought is no claim
        ((_sale(5, parent="entry"), _sale(4, parent="entry")), 5, True),  # one of them cancels the other
        ((_sale(5, parent="entry"), _sale(4, parent="entry")), 6, False),
    ],
)
def test_what_working_orders_close_already_lowers_risk_no_second_time(
    at_work: tuple[Order, ...], quantity: int, lowers: bool
) -> None:
    seen = context(book=book((stock(), 10)), working=at_work)
    assert case(selling(stock(), quantity=quantity), seen).lowers_risk is lowers


def test_an_exit_that_is_changed_stands_for_its_brother_too() -> None:
    profit, loss = _sale(10, parent="entry"), replace(_sale(10, parent="entry"), ref=OrderRef("loss"))
    seen = context(book=book((stock(), 10)), working=(profit, loss)).without(loss)
    assert case(selling(stock(), quantity=10), seen).lowers_risk
    assert not case(selling(stock(), quantity=11), seen).lowers_risk


@pytest.mark.parametrize(("unsure", "most"), [((), 10), ((-4,), 6), ((4,), 10), ((-4, 4), 6), ((-4, -6), 0)])
def test_where_the_positions_may_lack_a_trade_it_must_lower_risk_with_it_and_without(
    unsure: tuple[int, ...], most: int
) -> None:
    rows = (Position(account=ACCOUNT, instrument=stock(), quantity=Decimal(10)),)
    held = book_of(rows, unsure=tuple((stock(), Decimal(each)) for each in unsure))
    seen = context(book=held)
    for quantity in (1, 4, 6, 7, 10, 11):
        assert case(selling(stock(), quantity=quantity), seen).lowers_risk is (quantity <= most)
    assert not case(buying(stock()), seen).lowers_risk


def test_cover_that_may_be_sold_already_does_not_count() -> None:
    rows = tuple(Position(account=ACCOUNT, instrument=each, quantity=Decimal(quantity))
                 for each, quantity in ((stock(), 200), (CALL, -1)))  # fmt: skip
    for unsure, lowers in (((), True), (((stock(), Decimal(-100)),), False)):
        assert case(selling(stock(), quantity=100), context(book=book_of(rows, unsure=unsure))).lowers_risk is lowers


def _working(instrument: Instrument, signed: int, *, parent: str = "") -> Order:
    order = working(ticket(leg(instrument, 1 if signed > 0 else -1)), quantity=abs(signed))
    return replace(order, parent=OrderRef(parent) if parent else None)


@pytest.mark.parametrize(
    ("held", "at_work", "lowers"),
    [
        (legs((stock(), 100), (CALL, 1), (SHORT, -1)), (), True),  # the shares cover the short call
        (legs((stock(), 100), (CALL, 1), (SHORT, -1)), (_working(stock(), -100),), False),  # they are being sold
        (legs((stock(), 200), (CALL, 1), (SHORT, -1)), (_working(stock(), -100),), True),
        (legs((stock(), 200), (CALL, 1), (SHORT, -1)),
         (_working(stock(), -100, parent="a"), _working(stock(), -100, parent="a")), True),  # one cancels the other
        (legs((stock(), 200), (CALL, 1), (SHORT, -1)),
         (_working(stock(), -100), _working(stock(), -100)), False),
        (legs((stock(), 100), (CALL, 1), (SHORT, -1)), (_working(SHORT, 1), _working(stock(), -100)), False),
        (legs((option("110C"), 1), (CALL, 1), (SHORT, -1)),
         (working(ticket(leg(option("110C"), -1), leg(SHORT, 1))),), True),  # cover and short leave together
        (legs((stock(), -100), (CALL, 1), (option("95P"), -1)), (_working(stock(), 100),), True),
    ],
)  # fmt: skip
def test_cover_that_a_working_order_sells_is_no_cover(held: Legs, at_work: tuple[Order, ...], lowers: bool) -> None:
    rows = tuple(Position(account=ACCOUNT, instrument=each, quantity=quantity) for each, quantity in held)
    seen = context(book=book_of(rows, (each.changes for each in at_work)), working=at_work)
    assert case(selling(), seen).lowers_risk is lowers


def test_shares_that_a_working_order_buys_back_do_not_cover_a_put() -> None:
    rows = tuple(Position(account=ACCOUNT, instrument=each, quantity=Decimal(quantity))
                 for each, quantity in ((stock(), -100), (option("90P"), 1), (option("95P"), -1)))  # fmt: skip
    for at_work, lowers in (((), True), ((_working(stock(), 100),), False)):
        seen = context(book=book_of(rows, (each.changes for each in at_work)), working=at_work)
        assert case(selling(option("90P")), seen).lowers_risk is lowers


def test_figures_of_a_time_to_come_count_as_old() -> None:
    for ahead, stale in ((60, False), (61, True)):
        assert is_stale(context(summary=summary(received_at=NOW + timedelta(seconds=ahead)))) is stale


def test_old_figures_count_as_unknown_and_the_kind_of_account_stays() -> None:
    old: Context = context(summary=summary(kind=MarginType.CASH, received_at=NOW - timedelta(seconds=121)))
    assert is_stale(old)
    assert case(seen=old).net_liquidation is None
    assert case(seen=old).summary.margin_type is MarginType.CASH
    assert case(seen=context(summary=None)).summary.margin_type is MarginType.MARGIN
    assert case(seen=context(summary=summary(kind=MarginType.UNKNOWN))).summary.margin_type is MarginType.MARGIN


def test_shares_of_net_liquidation_are_of_something_above_nothing() -> None:
    assert case().share(Decimal(500)) == 1
    for nothing in ("0", "-100", None):
        assert case(seen=context(summary=summary(nothing))).share(Decimal(500)) is None
