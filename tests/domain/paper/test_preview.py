"""What an order would do, counted before it is sent."""

from dataclasses import replace

import pytest

from ibdesk.domain.instruments import AssetClass, Instrument, Right
from ibdesk.domain.matching import Touch
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderTicket, OrderType, Side
from ibdesk.domain.paper import preview
from ibdesk.domain.paper.book import PaperBook
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
