"""The account's own count: worth, cash, margin and figures."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.domain.instruments import Instrument, Right
from ibdesk.domain.market import Quote
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderType, Side
from ibdesk.domain.paper import worth
from ibdesk.domain.paper.book import DayStart, PaperBook
from ibdesk.domain.paper.ledger import CashLine
from ibdesk.domain.paper.venue import with_mark
from tests.domain.paper.market import FUTURE, NOON, SHARE, D, at, book, looked, option, placed, ticket

DAY = date(2026, 11, 18)
EUR = Currency("EUR")


def traded(*rows: tuple[Instrument, int, str]) -> PaperBook:
    held = book()
    for number, (instrument, quantity, price) in enumerate(rows):
        side = Side.BUY if quantity > 0 else Side.SELL
        order = ticket((instrument, side), quantity=D(abs(quantity)), order_type=OrderType.MARKET)
        held = looked(placed(held, order, f"r{number}"), {instrument: at(price, price, instrument=instrument)})
    return held


def test_an_empty_account_is_worth_its_cash_and_ties_nothing_up() -> None:
    count = worth.worth_of(book(), DAY)
    assert (count.net, count.cash, count.available, count.margin.initial) == (100_000, 100_000, 100_000, 0)


def test_shares_tie_up_half_their_value_and_are_worth_their_mark() -> None:
    count = worth.worth_of(with_mark(traded((SHARE, 100, "50")), SHARE.conid, D(60)), DAY)
    assert (count.net, count.unrealized) == (D(100_999), D(999))
    assert (count.margin.initial, count.margin.maintenance) == (3000, 1500)
    assert count.available == count.net - 3000 and count.gross == 6000


def test_option_values_are_worth_something_and_lend_nothing() -> None:
    count = worth.worth_of(traded((option(100), 10, "3")), DAY)
    assert count.net == D(100_000) - D("6.50")
    assert count.equity == D(100_000) - 3000 - D("6.50") and count.margin.initial == 0


def test_a_credit_spread_ties_up_its_width() -> None:
    short, long = option(100, Right.PUT), option(95, Right.PUT)
    count = worth.worth_of(traded((long, 10, "1"), (short, -10, "2.50")), DAY)
    assert count.margin.initial == count.margin.maintenance == 5000


def test_a_naked_option_without_its_underlyings_price_is_counted_in_full() -> None:
    held = traded((option(100, Right.PUT), -1, "2.50"))
    assert worth.worth_of(held, DAY).margin.initial == 10_000
    known = with_mark(held, SHARE.conid, D(110))
    assert worth.worth_of(known, DAY).margin.initial == 250 + 1200  # a fifth of 110, less 10 out of the money


def test_a_futures_gain_is_cash_and_its_value_nothing() -> None:
    held = with_mark(traded((FUTURE, 2, "1000")), FUTURE.conid, D(1010))
    count = worth.worth_of(held, DAY)
    assert count.cash == count.net == D(100_000) + 1000 - D("4.50")
    assert count.margin.initial == D("0.12") * 2 * 1010 * 50


def test_other_currencies_count_at_their_rate() -> None:
    held = replace(book(), rates=((EUR, D("1.10")),))
    held = replace(held, ledger=replace(held.ledger, cash=(*held.ledger.cash, CashLine(currency=EUR, amount=D(1000)))))
    assert worth.worth_of(held, DAY).net == 101_100
    assert [(line.currency, line.rate) for line in worth.ledger_of(held)] == [("USD", 1), (EUR, D("1.10"))]


def test_the_summary_and_the_running_figures_are_those_of_the_count() -> None:
    held = replace(traded((SHARE, 100, "50")), day=DayStart(day=DAY, worth=D(99_000)))
    count = worth.worth_of(held, DAY)
    summary, pnl = worth.summary_of(held, count, NOON), worth.pnl_of(held, count, NOON)
    assert summary.net_liquidation == pnl.net_liquidation == D(99_999)
    assert (pnl.daily, summary.previous_equity) == (D(999), D(99_000))
    assert summary.buying_power == count.available * 2 and summary.excess_liquidity == count.excess
    (position,) = worth.positions_of(held)
    assert (position.average_cost, position.average_price) == (D("50.01"), D("50.01"))
    assert position.cost == D(5001) and position.value == 5000


def test_a_price_is_the_middle_for_options_and_the_last_trade_for_others() -> None:
    quote = Quote(conid=SHARE.conid, received_at=NOON, bid=D(1), ask=D(2), last=D("1.8"), prior_close=D(3))
    assert worth.price_of(quote, is_option=True) == D("1.5")
    assert worth.price_of(quote, is_option=False) == D("1.8")
    assert worth.price_of(replace(quote, last=None), is_option=False) == D("1.5")
    bare = replace(quote, bid=None, last=None)
    assert (worth.price_of(bare, is_option=True), worth.price_of(bare, is_option=False)) == (D(1), D(3))
    assert worth.price_of(Quote(conid=SHARE.conid, received_at=NOON), is_option=True) is None


def test_a_positions_day_counts_from_yesterdays_close_and_from_todays_trades() -> None:
    quote = Quote(conid=SHARE.conid, received_at=NOON, last=D(52), prior_close=D(49))
    fresh = traded((SHARE, 100, "50"))
    (held,) = fresh.ledger.holdings
    today = worth.traded_today(fresh, DAY)[SHARE.conid]
    assert worth.daily_of(held, today, quote) == D(199)  # 200 less the fee of a dollar
    assert worth.traded_today(fresh, DAY + timedelta(days=1)) == {}
    assert worth.daily_of(held, worth.Traded(), quote) == D(300)
    assert worth.daily_of(held, worth.Traded(), replace(quote, prior_close=None)) is None


def test_the_day_is_new_yorks() -> None:
    assert worth.trade_day(NOON) == DAY
    assert isinstance(worth.FLAT[FUTURE.asset_class], Decimal)


def test_what_a_position_in_another_currency_gained_counts_at_its_rate() -> None:
    share = replace(SHARE, currency=EUR)
    order = ticket((share, Side.BUY), quantity=D(200), order_type=OrderType.MARKET)
    held = looked(placed(replace(book(), rates=((EUR, D("1.10")),)), order), {share: at("50", "50", instrument=share)})
    sale = ticket((share, Side.SELL), quantity=D(100), order_type=OrderType.MARKET)
    held = looked(placed(held, sale, "r2"), {share: at("55", "55", instrument=share)})
    count = worth.worth_of(with_mark(held, share.conid, D(60)), DAY)
    lines = worth.ledger_of(with_mark(held, share.conid, D(60)))
    (dollars, euros) = sorted(lines, key=lambda line: line.currency, reverse=True)
    assert euros.cash == D(-10_001) + 5499 and euros.realized == D("498.50") and euros.unrealized == D("999.50")
    assert (euros.net_liquidation, dollars.net_liquidation) == (euros.cash + 6000, 100_000)
    assert (count.gross, count.unrealized, count.realized) == (6600, D("1099.45"), D("548.35"))
    assert count.net == 100_000 + euros.net_liquidation * D("1.10")


def test_what_was_bought_today_needs_no_close_of_yesterday() -> None:
    fresh = traded((SHARE, 100, "50"))
    (held,) = fresh.ledger.holdings
    quote = Quote(conid=SHARE.conid, received_at=NOON, last=D(52))
    assert worth.daily_of(held, worth.traded_today(fresh, DAY)[SHARE.conid], quote) == D(199)


def test_shares_beside_a_short_option_without_any_price_are_counted_at_nothing_more() -> None:
    held = traded((SHARE, 100, "50"), (option(100, Right.PUT), -1, "2.50"))
    bare = replace(held, marks=tuple(mark for mark in held.marks if mark.conid != SHARE.conid))
    assert worth.worth_of(bare, DAY).margin.initial == 10_000
    bare = replace(held, marks=tuple(mark for mark in held.marks if mark.conid == SHARE.conid))
    assert worth.worth_of(bare, DAY).margin.initial == 15_000, "the put in full and the shares at their price"
