"""Chains list weeklies and today, hold what the account holds, and keep one root with odd terms."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.catalogue import ES, Catalogue
from ibdesk.demo.chains import AAPL, ADJUSTED, QQQ, SPY, Chains, month_code
from ibdesk.demo.market import Market
from tests.demo.door import LUNCH

TODAY = date(2026, 11, 18)


@pytest.fixture(scope="module")
def chains() -> Chains:
    return Chains(Market(Catalogue(TODAY)))


@pytest.mark.parametrize("conid", [SPY, QQQ, ES])
def test_daily_options_expire_today_until_the_close(chains: Chains, conid: int) -> None:
    assert chains.expiries(conid, LUNCH)[:4] == tuple(TODAY + timedelta(days=n) for n in (0, 1, 2, 5))
    assert chains.expiries(conid, LUNCH + timedelta(hours=4))[0] == TODAY + timedelta(days=1)
    assert len(chains.expiries(conid, LUNCH)) >= 8


def test_weeklies_are_inside_the_months(chains: Chains) -> None:
    days = chains.expiries(AAPL, LUNCH)
    assert days[:3] == (date(2026, 11, 20), date(2026, 11, 27), date(2026, 12, 4))
    assert chains.months(AAPL, LUNCH)[:2] == ("NOV26", "DEC26")
    assert month_code(days[-1]) == chains.months(AAPL, LUNCH)[-1]


@pytest.mark.parametrize("conid", [SPY, QQQ, AAPL, ES])
def test_strikes_surround_the_money_and_are_dense_near_it(chains: Chains, conid: int) -> None:
    strikes = chains.strikes(conid, LUNCH)
    spot = Market(Catalogue(TODAY)).price(conid, LUNCH)
    assert strikes[0] < spot < strikes[-1]
    near = [one for one in strikes if abs(one - spot) < spot * Decimal("0.03")]
    assert near[1] - near[0] < strikes[1] - strikes[0]
    assert sum(1 for one in strikes if one < spot) >= 8


def test_one_month_one_strike_gives_both_rights_of_each_expiry(chains: Chains) -> None:
    found = list(chains.contracts(SPY, "DEC26", LUNCH, strike=Decimal(600)))
    assert {one.right for one in found} == {"C", "P"}
    assert date(2026, 12, 18) in {one.expiry for one in found}
    assert not list(chains.contracts(SPY, "DEC26", LUNCH, strike=Decimal("600.37")))
    assert not list(chains.contracts(SPY, "202612", LUNCH))


def test_future_options_stand_on_the_future_that_outlives_them(chains: Chains) -> None:
    catalogue = Catalogue(TODAY)
    mine = Chains(Market(catalogue))
    front, back = (one.conid for one in catalogue.futures())
    assert {one.underlying for one in mine.contracts(ES, "JAN27", LUNCH)} == {back}
    assert {one.underlying for one in mine.contracts(ES, "NOV26", LUNCH)} == {front}
    assert {(one.asset_class, one.multiplier) for one in mine.contracts(ES, "JAN27", LUNCH)} == {("FOP", Decimal(50))}


def test_an_adjusted_root_has_the_multiplier_of_the_others_and_its_own_conid(chains: Chains) -> None:
    month = month_code(chains.adjusted_expiry)
    both = [one for one in chains.contracts(AAPL, month, LUNCH, strike=Decimal(230), right="C")
            if one.expiry == chains.adjusted_expiry]
    assert [one.trading_class for one in both] == ["", ADJUSTED]
    assert both[0].conid != both[1].conid
    assert both[0].multiplier == both[1].multiplier
    assert both[1].occ.startswith("AAPL1 ")


def test_no_two_options_of_the_chains_share_a_conid() -> None:
    chains = Chains(Market(Catalogue(TODAY)))
    found = [
        one for conid in (SPY, QQQ, AAPL, ES) for month in chains.months(conid, LUNCH)
        for one in chains.contracts(conid, month, LUNCH)
    ]
    assert len({one.conid for one in found}) == len(found) > 8_000
