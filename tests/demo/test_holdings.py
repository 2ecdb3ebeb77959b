"""Trades change positions, cash and totals of the one account, to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.account import DemoAccount, Figures, Holding
from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.demo.fills import Fill
from ibdesk.demo.holdings import standing, traded
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from tests.demo.door import LUNCH, MAIN, SECOND

D = Decimal
LATER = LUNCH + timedelta(minutes=20)


@pytest.fixture
def account() -> DemoAccount:
    return DemoAccount(Market(Catalogue(date(2026, 11, 18))))


def deal(account: DemoAccount, conid: int, quantity: str, price: str, *, fee: str = "1.00", number: int = 1) -> Fill:
    return Fill(
        exec_id=f"0000e0d5.{number:08x}.01.01", account=MAIN, listing=account.market.catalogue[conid],
        quantity=D(quantity), price=D(price), at=LUNCH, commission=D(fee), order_id=number,
    )


def of(figures: Figures, listing: Listing) -> Holding:
    return next(one for one in figures.holdings if one.listing is listing)


@pytest.mark.parametrize("conid", [265598, 14204, 107113386, 118089500, 479624278])
@pytest.mark.parametrize("quantity", ["7", "-7", "-900"])
def test_net_liquidation_moves_by_the_price_paid_and_the_fee(account: DemoAccount, conid: int, quantity: str) -> None:
    before = account.figures(MAIN, LATER)
    listing = account.market.catalogue[conid]
    fill = deal(account, conid, quantity, str(account.market.price(conid, LUNCH) + D("0.5")))
    account.record(fill)
    now = account.figures(MAIN, LATER)
    price, rate = account.market.price(conid, LATER), account.rate(listing.currency, LATER)
    expected = (fill.quantity * (price - fill.price) * listing.multiplier - fill.commission) * rate
    assert abs(now.net_liquidation - before.net_liquidation - expected) <= D("0.02")
    assert of(now, listing).is_traded
    assert account.figures(SECOND, LATER).holdings == DemoAccount(account.market).figures(SECOND, LATER).holdings
    line = next(one for one in now.lines if one.currency == listing.currency)
    assert line.net_liquidation == line.cash + line.value
    assert now.daily - before.daily == pytest.approx(expected, abs=D("0.03"))


def test_a_future_moves_cash_by_its_variation(account: DemoAccount) -> None:
    future = account.market.catalogue.front_future
    before = account.figures(MAIN, LATER)
    account.record(deal(account, future.conid, "1", str(account.market.price(future.conid, LUNCH)), fee="2.25"))
    now = account.figures(MAIN, LATER)
    moved = account.market.price(future.conid, LATER) - account.market.price(future.conid, LUNCH)
    assert now.cash - before.cash == moved * 50 - D("2.25")
    assert of(now, future).quantity == 3


def test_a_closed_position_stays_as_a_row_of_zero_with_its_profit(account: DemoAccount) -> None:
    held = of(account.figures(MAIN, LUNCH), account.market.catalogue[265598])
    account.record(deal(account, 265598, str(-held.quantity), "231"))
    row = of(account.figures(MAIN, LUNCH), held.listing)
    assert (row.quantity, row.market_value, row.unrealized) == (0, 0, 0)
    assert row.realized == held.quantity * (231 - held.average_price) - 1


def test_what_if_changes_nothing_and_agrees_with_what_follows(account: DemoAccount) -> None:
    fill = deal(account, 107113386, "30", "570")
    before = account.figures(MAIN, LUNCH)
    guess = account.what_if(MAIN, (fill,), LUNCH)
    assert account.figures(MAIN, LUNCH) is before
    account.record(fill)
    assert account.figures(MAIN, LUNCH) == guess
    assert guess.initial_margin > before.initial_margin


def test_days_after_a_trade_are_drawn_with_it(account: DemoAccount) -> None:
    account.record(deal(account, 107113386, "100", "100"))
    days, values = account.history(MAIN, date(2026, 11, 20))
    assert days[-1] == date(2026, 11, 20)
    assert values[-1] == float(account.figures(MAIN, session("XNYS", days[-1])[1]).net_liquidation)
    untouched = DemoAccount(account.market).history(MAIN, date(2026, 11, 20))[1]
    assert values[-4] == untouched[-4]
    assert values[-1] > untouched[-1] + 40_000


def test_an_option_traded_here_is_margined_as_a_strategy(account: DemoAccount) -> None:
    catalogue, expiry = account.market.catalogue, date(2026, 12, 18)
    legs = [catalogue.option(756733, expiry, "P", D(strike)) for strike in (580, 575)]
    fills = tuple(
        deal(account, one.conid, sign, str(account.market.price(one.conid, LUNCH)), number=number)
        for number, (one, sign) in enumerate(zip(legs, ("-1", "1"), strict=True))
    )
    before, after = account.figures(MAIN, LUNCH), account.what_if(MAIN, fills, LUNCH)
    credit = sum(-one.quantity * one.price * 100 for one in fills)
    assert after.initial_margin - before.initial_margin == D(500) - credit


def test_a_position_starts_from_what_was_held(account: DemoAccount) -> None:
    held = of(account.figures(MAIN, LUNCH), account.market.catalogue[265598])
    assert standing(held).cost == held.quantity * held.average_price
    more = traded(held, [deal(account, 265598, "1", "230")], account.market, LUNCH)
    assert more.quantity == held.quantity + 1
