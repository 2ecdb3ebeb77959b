"""Which strikes and expiries of a chain are near, usual and standard."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.chains import (
    Chain,
    ChainRow,
    Expiry,
    around,
    expiries_of,
    expiry_of,
    is_monthly,
    middle,
    outward,
    price_of,
    probe,
    rows_between,
    rows_of,
    same_day,
    usual_expiry,
    usual_month,
    usual_width,
)
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import Quote
from ibdesk.domain.money import USD

DECEMBER = date(2026, 12, 18)
TODAY = date(2026, 11, 20)


def option(
    conid: int, strike: str, right: Right = Right.CALL, *, day: date = DECEMBER, root: str = "SPY"
) -> Instrument:
    return Instrument(
        conid=Conid(conid), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100),
        option=OptionTerms(right=right, strike=Decimal(strike), expiry=day), underlying_conid=Conid(1),
        trading_class=root,
    )


def row(strike: str) -> ChainRow:
    return ChainRow(strike=Decimal(strike))


def quote(**parts: str) -> Quote:
    figures = {name: Decimal(text) for name, text in parts.items()}
    return Quote(conid=Conid(1), received_at=datetime(2026, 11, 20, 17, tzinfo=UTC), **figures)  # type: ignore[arg-type]


def test_rows_pair_calls_with_puts_and_leave_other_days_and_roots_out() -> None:
    contracts = [
        option(1, "600"), option(2, "600", Right.PUT), option(3, "590", Right.PUT), option(4, "600", root="SPY1"),
        option(5, "600", day=date(2026, 12, 11)),
    ]
    rows = rows_of(contracts, Expiry(day=DECEMBER, trading_class="SPY"))
    assert [(each.strike, each.conids) for each in rows] == [(590, (3,)), (600, (1, 2))]
    assert rows[0].call is None and rows[0].of(Right.PUT) is contracts[2]


def test_two_roots_that_end_on_one_day_are_two_expiries() -> None:
    found = expiries_of([option(1, "600", root="SPXW"), option(2, "600", root="SPX"), option(3, "600", root="SPX")])
    assert found == (Expiry(day=DECEMBER, trading_class="SPX"), Expiry(day=DECEMBER, trading_class="SPXW"))
    assert expiry_of(Instrument(conid=Conid(1), symbol="SPY", asset_class=AssetClass.ETF, currency=USD)) is None


def test_an_adjusted_root_is_not_standard() -> None:
    assert Expiry(day=DECEMBER, trading_class="AAPL1").is_nonstandard
    assert not Expiry(day=DECEMBER, trading_class="SPXW").is_nonstandard
    assert Expiry(day=DECEMBER).days(TODAY) == 28


@given(st.lists(st.integers(1, 500), unique=True, max_size=40), st.integers(1, 500))
def test_outward_holds_every_strike_and_never_comes_back_nearer(strikes: list[int], price: int) -> None:
    found = outward([Decimal(each) for each in strikes], Decimal(price))
    assert sorted(found) == sorted(map(Decimal, strikes))
    distances = [abs(each - price) for each in found]
    assert distances == sorted(distances)


def test_without_a_price_the_middle_of_the_list_is_the_money() -> None:
    strikes = [Decimal(each) for each in (580, 590, 600, 610, 620)]
    assert outward(strikes, None)[0] == 600 and outward([], None) == ()


def test_the_probe_is_the_roundest_strike_near_the_price() -> None:
    strikes = [Decimal(each) for each in range(590, 613)]
    assert probe(strikes, Decimal("601.3")) == 600
    assert probe([Decimal("12.5"), Decimal("13")], Decimal("12.6")) == 13
    assert probe([], Decimal(1)) is None


def test_a_person_is_shown_the_monthly_about_four_weeks_ahead() -> None:
    months = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
    assert usual_month(months, TODAY) == date(2026, 12, 1)
    assert usual_month(months[:1], TODAY) == date(2026, 11, 1) and usual_month((), TODAY) is None
    weeklies = [Expiry(day=date(2026, 12, day), trading_class="SPY") for day in (4, 11, 18)]
    assert usual_expiry([*weeklies, Expiry(day=DECEMBER, trading_class="SPY1")], TODAY) == weeklies[2]
    assert usual_expiry(weeklies[:1], TODAY) == weeklies[0]
    assert usual_expiry([Expiry(day=DECEMBER, trading_class="SPY1")], TODAY) is not None
    assert usual_expiry([], TODAY) is None


def test_an_expiry_without_its_root_is_the_usual_one_of_its_day() -> None:
    adjusted, usual = Expiry(day=DECEMBER, trading_class="SPY1"), Expiry(day=DECEMBER, trading_class="SPY")
    assert same_day([adjusted, usual], Expiry(day=DECEMBER)) == usual
    assert same_day([adjusted, usual], adjusted) == adjusted and same_day([adjusted], Expiry(day=DECEMBER)) == adjusted
    assert same_day([usual], Expiry(day=TODAY)) is None


@pytest.mark.parametrize(("day", "expected"), [(date(2026, 12, 18), True), (date(2026, 12, 11), False),
                                               (date(2027, 1, 15), True), (date(2026, 12, 17), False)])  # fmt: skip
def test_a_monthly_ends_on_a_third_friday(day: date, expected: bool) -> None:
    assert is_monthly(day) is expected


def test_a_price_is_the_last_then_the_middle_then_the_prior_close() -> None:
    assert price_of(quote(last="600", bid="1", ask="2")) == 600
    assert price_of(quote(bid="1", ask="2")) == Decimal("1.5")
    assert price_of(quote(prior_close="9")) == 9
    assert price_of(None) is None and price_of(quote()) is None


def test_a_crossed_or_half_market_has_no_middle_but_a_bid_of_zero_has() -> None:
    assert middle(quote(bid="2", ask="1")) is None and middle(quote(ask="1")) is None
    assert middle(quote(bid="-1", ask="1")) is None and middle(quote(bid="0", ask="0")) is None
    assert middle(quote(bid="0", ask="0.05")) == Decimal("0.025")


def test_the_line_at_the_price_lies_above_the_first_strike_that_is_not_below_it() -> None:
    rows = [row("590"), row("600"), row("610")]
    assert rows_between(rows, Decimal(601)) == 2 and rows_between(rows, Decimal(600)) == 1
    assert rows_between(rows, Decimal(1)) == 0 and rows_between(rows, Decimal(999)) == 3
    assert rows_between(rows, None) == 0


def test_a_spread_is_usually_about_one_percent_wide() -> None:
    dense = [row(str(strike)) for strike in range(560, 640)]
    assert usual_width(dense, Decimal(600)) == 5
    assert usual_width([row(str(strike)) for strike in range(560, 640, 5)], Decimal(600)) == 1
    assert usual_width(dense, None) == 1 and usual_width([], Decimal(600)) == 1


def test_rows_around_a_price_are_those_nearest_to_it_in_order() -> None:
    rows = [row(str(strike)) for strike in range(590, 611)]
    assert [each.strike for each in around(rows, Decimal(600), 4)] == [598, 599, 600, 601]
    assert around(rows, Decimal(1), 3) == tuple(rows[:3]) and around(rows, Decimal(999), 3) == tuple(rows[-3:])
    assert around(rows[:2], Decimal(600), 9) == tuple(rows[:2])


def test_a_chain_knows_what_its_contracts_are_on() -> None:
    chain = Chain(expiry=Expiry(day=DECEMBER), rows=(ChainRow(strike=Decimal(600), put=option(1, "600", Right.PUT)),))
    assert chain.underlying_conid == 1 and len(chain.instruments) == 1
    assert Chain(expiry=Expiry(day=DECEMBER)).underlying_conid is None
