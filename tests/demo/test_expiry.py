"""What the close of an expiry day makes of positions and cash, to the cent."""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.account import DemoAccount, Figures
from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.demo.exchange import Exchange
from ibdesk.demo.faults import Faults
from ibdesk.demo.fills import Fill
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from tests.demo.door import LUNCH, MAIN, SECOND, Ticks, open_demo

SPY, AAPL = 756733, 265598
DAY = date(2026, 11, 18)
CLOSE = session("XNYS", DAY)[1]
D = Decimal


class Floor:
    """An exchange whose second account holds what a test puts there."""

    def __init__(self) -> None:
        self.market = Market(Catalogue(DAY))
        self.account = DemoAccount(self.market)
        self.exchange = Exchange(self.account, Faults(), Ticks())

    def hold(self, option: Listing, quantity: int, price: str = "1.50") -> None:
        self.account.record(Fill(exec_id=f"a.{option.conid}.01", account=SECOND, listing=option, at=LUNCH,
                                 quantity=D(quantity), price=D(price), commission=D(0), order_id=1))

    def option(self, right: str, away: int, under: int = SPY) -> Listing:
        """An option of today whose strike is so far above the close."""
        strike = (self.market.price(under, CLOSE) + away).to_integral_value()
        return self.market.catalogue.option(under, DAY, right, strike)

    def at(self, instant: datetime) -> Figures:
        self.exchange.run(instant)
        return self.account.figures(SECOND, instant)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def held(figures: Figures, conid: int) -> Decimal:
    return next((one.quantity for one in figures.holdings if one.listing.conid == conid), D(0))


def cash(figures: Figures) -> Decimal:
    return next(line.cash for line in figures.lines if line.currency == "USD")


def test_what_is_out_of_the_money_is_gone_with_its_premium(floor: Floor) -> None:
    call = floor.option("C", 20)
    floor.hold(call, 2)
    before = floor.at(CLOSE - timedelta(seconds=1))
    assert held(before, call.conid) == 2
    after = floor.at(CLOSE)
    assert held(after, call.conid) == 0 and cash(after) == cash(before)
    assert next(one.realized for one in after.holdings if one.listing.conid == call.conid) == D(-300)


@pytest.mark.parametrize(
    ("right", "away", "quantity", "shares"),
    [("C", -20, 2, 200), ("C", -20, -2, -200), ("P", 20, 2, -200), ("P", 20, -2, 200)],
)
def test_what_is_in_the_money_becomes_shares_at_the_strike(
    floor: Floor, right: str, away: int, quantity: int, shares: int
) -> None:
    option = floor.option(right, away)
    floor.hold(option, quantity)
    before = floor.at(CLOSE - timedelta(seconds=1))
    after = floor.at(CLOSE)
    assert held(after, SPY) - held(before, SPY) == shares and held(after, option.conid) == 0
    assert cash(after) - cash(before) == -shares * option.strike
    row = next(one for one in after.holdings if one.listing.conid == option.conid)
    assert row.realized == 0, "the premium is in the price of the shares"


def test_a_cent_decides(floor: Floor) -> None:
    close = floor.market.price(SPY, CLOSE)
    at_the_money = floor.market.catalogue.option(SPY, DAY, "C", close)
    a_cent_in = floor.market.catalogue.option(SPY, DAY, "C", close - D("0.01"))
    floor.hold(at_the_money, 1)
    floor.hold(a_cent_in, 1)
    before = held(floor.at(LUNCH), SPY)
    assert held(floor.at(CLOSE), SPY) - before == 100


def test_options_of_a_future_become_the_future(floor: Floor) -> None:
    future = floor.market.catalogue.front_future
    option = floor.option("P", 200, future.conid)
    floor.hold(option, 1, "180")
    before, after = floor.at(CLOSE - timedelta(seconds=1)), floor.at(CLOSE)
    assert held(after, future.conid) == -1 and held(after, option.conid) == 0
    gain = (option.strike - floor.market.price(future.conid, CLOSE)) * future.multiplier
    assert cash(after) - cash(before) == gain


def test_a_dial_that_leaps_over_the_close_settles_all_the_same(floor: Floor) -> None:
    call = floor.option("C", -20)
    floor.hold(call, 1)
    floor.at(LUNCH)
    later = floor.at(session("XNYS", date(2026, 11, 19))[0] + timedelta(hours=1))
    assert held(later, call.conid) == 0 and held(later, SPY) == 108


def test_the_book_of_the_first_day_expires_too(floor: Floor) -> None:
    expiry = next(one.listing.expiry for one in floor.account.figures(MAIN, LUNCH).holdings
                  if one.listing.asset_class == "OPT" and one.listing.symbol == "SPY")
    assert expiry is not None
    floor.exchange.run(session("XNYS", expiry)[1])
    rows = floor.account.figures(MAIN, session("XNYS", expiry)[1]).holdings
    assert not [one for one in rows if one.listing.expiry == expiry and one.quantity and one.listing.is_option]


def test_no_trade_is_told_of_it() -> None:
    async def life() -> None:
        async with open_demo() as (gateway, door):
            market = gateway.account.market
            strike = (market.price(SPY, CLOSE) - 20).to_integral_value()
            call = market.catalogue.option(SPY, DAY, "C", strike)
            gateway.account.record(Fill(exec_id="a.1.01", account=MAIN, listing=call, at=LUNCH, quantity=D(1),
                                        price=D(2), commission=D(0), order_id=1))
            gateway.clock.set(CLOSE + timedelta(minutes=1))
            await door.get("iserver/accounts")
            await door.get("iserver/account/trades")
            _, trades = await door.get("iserver/account/trades")
            assert [row["conid"] for row in trades] == [call.conid]
            _, rows = await door.get(f"portfolio2/{MAIN}/positions")
            assert next(row for row in rows if row["conid"] == str(call.conid))["position"] == 0

    asyncio.run(life())
