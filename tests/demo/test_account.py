"""Every figure of the demo account can be checked against the others, to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.account import DemoAccount, Figures, cents
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from tests.demo.door import LUNCH, MAIN, SECOND

ANCHOR = date(2026, 11, 18)


@pytest.fixture(scope="module")
def account() -> DemoAccount:
    return DemoAccount(Market(Catalogue(ANCHOR)))


@pytest.fixture(scope="module")
def figures(account: DemoAccount) -> Figures:
    return account.figures(MAIN, LUNCH)


@pytest.mark.parametrize("hours", [0, 3, 30, 72, 24 * 40])
@pytest.mark.parametrize("name", [MAIN, SECOND])
def test_net_liquidation_is_cash_and_values_at_the_shown_rates(account: DemoAccount, name: str, hours: int) -> None:
    one = account.figures(name, LUNCH + timedelta(hours=hours))
    rates = {line.currency: line.rate for line in one.lines}
    values = sum(holding.value * rates[holding.listing.currency] for holding in one.holdings)
    cash = sum(line.cash * line.rate for line in one.lines)
    assert cents(values + cash) == one.net_liquidation


def test_the_main_account_looks_like_the_drawing(figures: Figures) -> None:
    assert Decimal(1_200_000) < figures.net_liquidation < Decimal(1_380_000)
    assert {one.listing.asset_class for one in figures.holdings} == {
        "STK", "OPT", "FUT", "FOP", "BOND", "FUND", "CRYPTO", "CFD"
    }
    assert {line.currency for line in figures.lines} == {"USD", "EUR", "GBP", "JPY"}
    assert 18 <= len(figures.holdings) <= 25
    assert any(one.quantity < 0 for one in figures.holdings)
    assert [one.listing.symbol for one in figures.holdings if one.quantity == 0] == ["TSLA"]
    gains = [one.unrealized > 0 for one in figures.holdings if one.quantity]
    assert any(gains)
    assert not all(gains)


def test_a_future_adds_nothing_but_its_gain_is_in_cash(account: DemoAccount) -> None:
    before, after = account.figures(MAIN, LUNCH), account.figures(MAIN, LUNCH + timedelta(minutes=30))
    future = [next(one for one in each.holdings if one.listing.asset_class == "FUT") for each in (before, after)]
    assert [one.value for one in future] == [0, 0]
    assert after.cash - before.cash != 0
    usd = [next(line for line in each.lines if line.currency == "USD").cash for each in (before, after)]
    assert usd[1] - usd[0] == future[1].unrealized - future[0].unrealized


def test_a_cfd_adds_its_gain_only(figures: Figures) -> None:
    cfd = next(one for one in figures.holdings if one.listing.asset_class == "CFD")
    assert cfd.value == cfd.unrealized != cfd.market_value


def test_the_holding_closed_today_was_held_this_morning(account: DemoAccount) -> None:
    morning = account.figures(MAIN, session("XNYS", ANCHOR)[0] + timedelta(minutes=5))
    tesla = next(one for one in morning.holdings if one.listing.symbol == "TSLA")
    assert tesla.quantity == 40
    assert tesla.realized == 0
    later = account.figures(MAIN, LUNCH)
    sold = next(one for one in later.holdings if one.listing.symbol == "TSLA")
    assert (sold.quantity, sold.market_value) == (0, 0)
    assert later.realized == sold.realized != 0


def test_the_day_begins_at_the_prior_close(account: DemoAccount) -> None:
    one = account.figures(MAIN, LUNCH)
    apple = one.holdings[0]
    assert apple.daily == cents(apple.quantity * (apple.price - account.market.prior_close(265598, LUNCH)))


def test_history_ends_where_the_account_stands(account: DemoAccount) -> None:
    closing = session("XNYS", ANCHOR)[1]
    days, values = account.history(MAIN, ANCHOR)
    assert days[-1] == ANCHOR
    # currencies and crypto close a little later than New York, so the last point is near, not equal
    assert values[-1] == pytest.approx(float(account.figures(MAIN, closing).net_liquidation), rel=0.003)
    assert (days[-1] - days[0]).days > 730


def test_history_does_not_jump_when_something_is_bought(account: DemoAccount) -> None:
    _, values = account.history(MAIN, ANCHOR)
    steps = abs(values[1:] / values[:-1] - 1)
    assert steps.max() < 0.06


def test_extra_positions_fill_the_main_account_only() -> None:
    account = DemoAccount(Market(Catalogue(ANCHOR, extra=500)))
    assert len(account.figures(MAIN, LUNCH).holdings) > 500
    assert len(account.figures(SECOND, LUNCH).holdings) == 3
