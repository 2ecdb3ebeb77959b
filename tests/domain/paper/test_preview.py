"""What an order would do, counted before it is sent."""

from dataclasses import replace

import pytest

from ibdesk.domain.instruments import AssetClass, Instrument, Right
from ibdesk.domain.matching import Touch
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderTicket, OrderType, Side
from ibdesk.domain.paper import preview
from ibdesk.domain.paper.book import PaperBook
from ibdesk.domain.paper.venue import with_mark
from tests.domain.paper.market import NOON, SHARE, D, at, book, looked, option, placed, ticket

TOUCHES = {SHARE.conid: Touch(bid=D("99.9"), ask=D("100.1"), bid_size=D(100), ask_size=D(100))}
BUY = ticket((SHARE, Side.BUY), quantity=D(100), order_type=OrderType.MARKET)


def holding(quantity: int) -> PaperBook:
    order = replace(BUY, quantity=D(quantity))
    return looked(placed(book(10_000), order), {SHARE: at("100", "100")})


def test_a_purchase_is_counted_at_the_ask_with_its_fee() -> None:
    seen = preview.what_if(book(), BUY, TOUCHES, NOON)
    assert (seen.amount, seen.commission_from, seen.refusal) == (D(-10_010), D("1.00"), "")
    assert seen.initial_margin.after == D("5005.00") and seen.equity.change == D("-1.00")
    assert seen.warnings == (preview.OWN_COUNT,)


def test_the_orders_own_price_counts_where_it_has_one() -> None:
    assert preview.what_if(book(), replace(BUY, order_type=OrderType.LIMIT, limit=D(90)), {}, NOON).amount == D(-9000)


def test_what_leaves_less_than_nothing_is_refused_unless_it_closes() -> None:
    big = replace(BUY, quantity=D(5000))
    assert "100,000.00 USD free" in preview.what_if(book(), big, TOUCHES, NOON).refusal
    poor = replace(holding(100), start=D(10_000))
    close = ticket((SHARE, Side.SELL), quantity=D(100), order_type=OrderType.MARKET)
    assert preview.what_if(poor, close, TOUCHES, NOON).refusal == ""
    more = replace(BUY, quantity=D(100))
    assert "this order needs" in preview.what_if(poor, more, TOUCHES, NOON).refusal, "more of it closes nothing"


def test_a_spread_is_counted_at_its_net() -> None:
    short, long = option(100, Right.PUT), option(95, Right.PUT)
    touches = {short.conid: Touch(bid=D("2.4"), ask=D("2.6")), long.conid: Touch(bid=D("0.9"), ask=D("1.1"))}
    spread = ticket((short, Side.SELL), (long, Side.BUY), quantity=D(10), limit=D("-1.40"))
    seen = preview.what_if(book(), spread, touches, NOON)
    assert (seen.amount, seen.initial_margin.change) == (D(1400), 5000)


def test_without_any_price_there_is_nothing_to_count() -> None:
    assert preview.what_if(book(), BUY, {}, NOON).refusal


@pytest.mark.parametrize(("wanted", "why"), [
    (ticket((replace(SHARE, asset_class=AssetClass.CRYPTO), Side.BUY)), "none of them"),
    (ticket((replace(option(100), expiry=NOON.date().replace(day=1)), Side.BUY)), "has expired"),
    (ticket((replace(SHARE, currency=Currency("EUR")), Side.BUY)), "not known yet"),
    (BUY, ""),
])  # fmt: skip
def test_what_the_account_cannot_take_it_says(wanted: OrderTicket, why: str) -> None:
    found = preview.unfit(book(), wanted, NOON)
    assert (why in found) if why else found == ""
    assert isinstance(wanted.legs[0].instrument, Instrument)


def test_what_the_authorities_take_of_a_sale_is_in_its_fees() -> None:
    sale = ticket((SHARE, Side.SELL), quantity=D(1000), limit=D(50))
    assert preview.what_if(book(), sale, TOUCHES, NOON).commission_from == D("6.23")


def test_a_side_nobody_is_at_counts_at_the_last_mark_and_without_one_at_the_other_side() -> None:
    for shown, mark, side, amount in (
        (Touch(bid=D(98)), D(99), Side.BUY, -9900), (Touch(ask=D(98)), D(99), Side.SELL, 9900),
        (Touch(bid=D(98)), None, Side.BUY, -9800), (Touch(ask=D(98)), None, Side.SELL, 9800),
    ):  # fmt: skip
        held = book() if mark is None else with_mark(book(), SHARE.conid, mark)
        order = ticket((SHARE, side), quantity=D(100), order_type=OrderType.MARKET)
        assert preview.what_if(held, order, {SHARE.conid: shown}, NOON).amount == amount


def test_a_price_of_nothing_is_none_to_count_with() -> None:
    free = replace(BUY, order_type=OrderType.LIMIT, limit=D(0))
    assert "no price" in preview.what_if(book(), free, TOUCHES, NOON).refusal


def test_a_net_that_the_legs_cannot_add_up_to_is_counted_at_what_is_shown() -> None:
    upper, lower = option(100, Right.PUT), option(95, Right.PUT)
    touches = {upper.conid: Touch(bid=D("2.4"), ask=D("2.6")), lower.conid: Touch(bid=D("0.9"), ask=D("1.1"))}
    both = ticket((upper, Side.BUY), (lower, Side.BUY), limit=D("0.50"))
    assert preview.what_if(book(), both, touches, NOON).amount == -(D("2.6") + D("1.1")) * 100


def test_an_account_below_nothing_may_do_what_frees_funds_and_no_more_of_the_same_side() -> None:
    short, long = option(100, Right.PUT), option(95, Right.PUT)
    touches = {short.conid: Touch(bid=D("2.4"), ask=D("2.6")), long.conid: Touch(bid=D("0.9"), ask=D("1.1"))}
    sold = placed(book(2_000), ticket((short, Side.SELL), quantity=D(10), order_type=OrderType.MARKET))
    poor = looked(sold, {short: at("2.4", "2.6", instrument=short)})
    bought = ticket((long, Side.BUY), quantity=D(10), order_type=OrderType.MARKET)
    assert preview.what_if(poor, bought, touches, NOON).refusal == "", "a cover frees more than it costs"
    more = ticket((short, Side.SELL), quantity=D(1), order_type=OrderType.MARKET)
    assert "this order needs" in preview.what_if(poor, more, touches, NOON).refusal
