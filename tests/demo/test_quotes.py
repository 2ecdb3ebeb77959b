"""What is displayed lies around the last price, on the grid, and says how late it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.catalogue import ES, Catalogue
from ibdesk.demo.chains import Chains
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from ibdesk.demo.quotes import (
    availability,
    data_instant,
    day_ends,
    open_interest,
    phase,
    step_at,
    touch,
)
from ibdesk.domain.matching import Phase
from tests.demo.door import LUNCH

TODAY = date(2026, 11, 18)
SATURDAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(Catalogue(TODAY))


@pytest.mark.parametrize("conid", [756733, 265598, 14204, 479624278])
def test_the_last_price_lies_between_bid_and_ask(market: Market, conid: int) -> None:
    shown = touch(market, market.catalogue[conid], LUNCH)
    assert shown.bid is not None
    assert shown.ask is not None
    assert shown.bid < market.price(conid, LUNCH) < shown.ask


@pytest.mark.parametrize("conid", [756733, 265598, ES])
def test_every_option_of_a_month_hangs_together(market: Market, conid: int) -> None:
    rows = list(Chains(market).contracts(conid, "DEC26", LUNCH))
    calls = {(one.expiry, one.strike): market.price(one.conid, LUNCH) for one in rows if one.right == "C"}
    for one in rows:
        shown = touch(market, one, LUNCH)
        assert shown.ask is not None
        assert shown.ask % step_at(one, shown.ask) == 0
        assert shown.bid is None or 0 < shown.bid < shown.ask
        assert open_interest(one, LUNCH) > 0
        delta, gamma, theta, vega = market.greeks(one.conid, LUNCH)
        assert -1 <= delta <= 1
        assert (delta >= 0) == (one.right == "C")
        assert gamma >= 0 <= vega
        assert theta <= Decimal("0.2")
        assert 0.05 < market.volatility(one.conid, LUNCH) < 1.2
    strikes = sorted({strike for _, strike in calls})
    for expiry in {day for day, _ in calls}:
        prices = [calls[expiry, strike] for strike in strikes if (expiry, strike) in calls]
        assert prices == sorted(prices, reverse=True)


def test_options_from_three_dollars_on_move_in_nickels(market: Market) -> None:
    call = market.catalogue.option(265598, date(2026, 12, 18), "C", Decimal(230))
    assert (step_at(call, Decimal("2.99")), step_at(call, Decimal(3))) == (Decimal("0.01"), Decimal("0.05"))
    spy = market.catalogue.option(756733, date(2026, 12, 18), "C", Decimal(600))
    assert step_at(spy, Decimal(9)) == Decimal("0.01")


def test_a_day_has_its_phases(market: Market) -> None:
    share = market.catalogue[265598]
    opens, closes = session("XNYS", TODAY)
    second = timedelta(seconds=1)
    for at, wanted in (
        (opens - timedelta(hours=1), Phase.EXTENDED), (opens, Phase.OPENING), (opens + 3 * second, Phase.OPEN),
        (closes, Phase.CLOSING), (closes + 3 * second, Phase.EXTENDED), (closes + timedelta(hours=5), Phase.CLOSED),
        (SATURDAY, Phase.CLOSED),
    ):
        assert phase(share, at) is wanted, at
    option = market.catalogue.option(265598, date(2026, 12, 18), "C", Decimal(230))
    assert phase(option, closes + timedelta(hours=1)) is Phase.CLOSED
    assert day_ends(share, LUNCH, extended=False) == closes
    assert day_ends(share, LUNCH, extended=True) == closes + timedelta(hours=4)
    assert day_ends(share, SATURDAY, extended=False) == session("XNYS", date(2026, 11, 23))[1]


def test_data_say_how_late_they_are(market: Market) -> None:
    share = market.catalogue[265598]
    late, none = replace(share, data="D"), replace(share, data="N")
    assert [availability(one, "XNYS", LUNCH) for one in (share, late, none)] == ["RpB", "DpB", "N"]
    assert [availability(one, "XNYS", SATURDAY) for one in (share, late, none)] == ["ZB", "YB", "N"]
    assert LUNCH - data_instant(late, LUNCH) == timedelta(minutes=15)


@pytest.mark.parametrize(("conid", "moves"), [(756733, False), (14204, False), (479624278, True)])
def test_the_sizes_shown_stand_still_while_nothing_trades(market: Market, conid: int, moves: bool) -> None:
    shown = [touch(market, market.catalogue[conid], SATURDAY + timedelta(seconds=2 * each)) for each in range(30)]
    assert (len({(each.bid_size, each.ask_size) for each in shown}) > 1) is moves
