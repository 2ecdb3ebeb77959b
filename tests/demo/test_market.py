"""Prices are the same on every run, and every way of asking gives the same one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.catalogue import Catalogue, monthly_expiry
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from tests.demo.door import LUNCH

ANCHOR = date(2026, 11, 18)
AAPL, SAP, FUND, ES_SPOT = 265598, 14204, 32998817, 416904


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(Catalogue(ANCHOR), seed=7)


def test_the_same_seed_and_instant_give_the_same_price(market: Market) -> None:
    again = Market(Catalogue(ANCHOR), seed=7)
    assert all(again.price(one.conid, LUNCH) == market.price(one.conid, LUNCH) for one in Catalogue(ANCHOR))


def test_another_seed_gives_another_price(market: Market) -> None:
    assert Market(Catalogue(ANCHOR), seed=8).price(AAPL, LUNCH) != market.price(AAPL, LUNCH)


def test_a_path_passes_its_pins(market: Market) -> None:
    assert market.close(AAPL, ANCHOR - timedelta(days=1)) == Decimal("229.98")
    assert market.close(AAPL, ANCHOR - timedelta(days=520)) == Decimal("187.32")


def test_prices_move_while_the_venue_is_open(market: Market) -> None:
    seconds = [market.price(AAPL, LUNCH + timedelta(seconds=number)) for number in range(60)]
    assert len(set(seconds)) > 5


def test_prices_rest_while_the_venue_is_closed(market: Market) -> None:
    evening = LUNCH + timedelta(hours=6)
    assert market.price(AAPL, evening) == market.price(AAPL, evening + timedelta(hours=9))
    assert market.price(AAPL, evening) == market.close(AAPL, ANCHOR)


def test_a_session_ends_at_its_close_and_the_next_one_is_measured_from_it(market: Market) -> None:
    assert market.prior_close(AAPL, LUNCH + timedelta(days=1)) == market.close(AAPL, ANCHOR)
    just_before = session("XNYS", ANCHOR)[1] - timedelta(seconds=1)
    close = market.close(AAPL, ANCHOR)
    assert abs(market.price(AAPL, just_before) - close) < close / 500


def test_the_running_bar_ends_at_the_last_price(market: Market) -> None:
    bar = market.day_bar(AAPL, ANCHOR, LUNCH)
    assert bar is not None
    first, high, low, last = bar
    assert last == market.price(AAPL, LUNCH)
    assert low <= min(first, last) <= max(first, last) <= high


def test_small_bars_add_up_to_the_day(market: Market) -> None:
    opens, closes = session("XNYS", ANCHOR)
    day = market.day_bar(AAPL, ANCHOR, closes)
    starts = [opens + timedelta(minutes=5 * number) for number in range(78)]
    small = [market.bar(AAPL, start, start + timedelta(minutes=5)) for start in starts]
    bars = [bar for bar in small if bar is not None]
    assert day is not None
    assert (bars[0][0], bars[-1][3]) == (day[0], day[3])
    assert max(bar[1] for bar in bars) == day[1]
    assert min(bar[2] for bar in bars) == day[2]


def test_there_are_more_than_three_years_of_days(market: Market) -> None:
    long_ago = ANCHOR - timedelta(days=3 * 366)
    days = [long_ago + timedelta(days=number) for number in range(7)]
    assert sum(market.day_bar(AAPL, day, LUNCH) is not None for day in days) >= 4


def test_a_fund_changes_once_a_day(market: Market) -> None:
    assert market.price(FUND, LUNCH) == market.price(FUND, LUNCH + timedelta(hours=2))
    assert market.price(FUND, LUNCH + timedelta(hours=6)) != market.price(FUND, LUNCH)


def test_a_european_share_rests_at_lunch_in_new_york(market: Market) -> None:
    assert market.price(SAP, LUNCH) == market.close(SAP, ANCHOR)


def test_a_future_stands_above_its_index_by_the_carry(market: Market) -> None:
    front = market.catalogue.front_future
    basis = market.price(front.conid, LUNCH) - market.price(ES_SPOT, LUNCH)
    assert Decimal(0) < basis < market.price(ES_SPOT, LUNCH) / 100
    assert market.price(front.conid, LUNCH) % Decimal("0.25") == 0


def test_an_option_is_never_worth_less_than_exercising_it_on_the_forward(market: Market) -> None:
    expiry = monthly_expiry(ANCHOR)
    deep = market.catalogue.option(AAPL, expiry, "C", Decimal(150))
    assert market.price(deep.conid, LUNCH) > market.price(AAPL, LUNCH) - 150 - 1
    after = session("XNYS", expiry)[1] + timedelta(hours=1)
    assert market.price(deep.conid, after) == max(Decimal(0), market.price(AAPL, after) - 150)


def test_ten_thousand_extra_holdings_share_a_few_walks() -> None:
    market = Market(Catalogue(ANCHOR, extra=10_000))
    assert len({one.path for one in market.catalogue.extra}) == 40
    assert all(market.price(one.conid, LUNCH) > 0 for one in market.catalogue.extra[::250])
