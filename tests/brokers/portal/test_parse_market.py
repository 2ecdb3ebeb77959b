"""Contracts, quotes, bars and equity curves, in every form they were seen in."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.brokers.portal.parse import market as parse
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import BadData
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import Delay, OptionFigures
from tests.brokers.portal.replies import reply

ACCOUNT = AccountId("DU1000001")
NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


def test_a_search_hit_has_its_classes_and_option_months_and_unusable_hits_are_left_out() -> None:
    (hit,) = parse.matches(reply("search"))
    assert (hit.conid, hit.symbol, hit.name, hit.exchange) == (756733, "SPY", "SPDR S&P 500 ETF TRUST", "ARCA")
    assert hit.classes == (AssetClass.STOCK, AssetClass.OPTION, AssetClass.CFD, AssetClass.COMBO)
    assert hit.option_months == ("APR26", "MAY26", "JUN26")


def test_contract_details_read_text_and_gaps() -> None:
    details = parse.details(reply("contract"), Conid(265598))
    assert (details.symbol, details.asset_class, details.currency) == ("AAPL", AssetClass.STOCK, "USD")
    assert details.valid_exchanges == ("SMART", "AMEX", "NYSE")
    assert (details.multiplier, details.maturity) == (None, "")


def test_the_first_snapshot_of_a_stream_knows_nothing_yet() -> None:
    assert parse.quotes(reply("quotes_first"), NOW) == {}


def test_a_quote_reads_separators_signs_and_percents() -> None:
    quote = parse.quotes(reply("quotes"), NOW)[Conid(756733)]
    assert (quote.last, quote.bid, quote.ask) == (Decimal("655.89"), Decimal("655.88"), Decimal("1655.90"))
    assert (quote.change, quote.change_percent) == (Decimal("-3.50"), Decimal("0.54"))
    assert (quote.daily_pnl, quote.prior_close, quote.delay) == (Decimal("12.5"), Decimal("652.39"), Delay.LIVE)
    assert not quote.is_close and not quote.is_halted
    assert quote.updated_at == datetime(2026, 4, 2, 22, 40, tzinfo=UTC)


@pytest.mark.parametrize("told", ["0", "-1", '"soon"', "null", "1e300", "99999999999999999"])
def test_an_instant_of_no_world_is_none(told: str) -> None:
    (quote,) = parse.quotes(f'[{{"conid": 1, "31": "2", "_updated": {told}}}]'.encode(), NOW).values()
    assert (quote.last, quote.updated_at) == (2, None)


def test_a_c_marks_yesterdays_close_and_an_h_a_halt() -> None:
    quotes = parse.quotes(reply("quotes"), NOW)
    closed, halted = quotes[Conid(265598)], quotes[Conid(8314)]
    assert (closed.last, closed.is_close, closed.delay) == (Decimal("174.79"), True, Delay.DELAYED)
    assert (halted.last, halted.is_halted, halted.delay) == (Decimal("12.00"), True, Delay.FROZEN)
    assert halted.change_percent == Decimal("0.04")


def test_quotes_without_any_figure_or_name_are_left_out() -> None:
    assert set(parse.quotes(reply("quotes"), NOW)) == {756733, 265598, 8314}


def test_bars_are_oldest_first_and_exact() -> None:
    first, second = parse.bars(reply("history"))
    assert first.at == datetime(2026, 4, 2, 13, 30, tzinfo=UTC)
    assert (first.open, first.high, first.low, first.close) == tuple(
        map(Decimal, ("646.42", "647.47", "646.38", "646.86"))
    )
    assert second.close == Decimal("647.1")
    assert parse.bars(b'{"data": null}') == ()


def test_the_longest_curve_of_all_periods_is_the_equity_history() -> None:
    curve = parse.equity_all_periods(reply("allperiods"))[ACCOUNT]
    assert [point.value for point in curve] == [Decimal("1002158.75"), Decimal("1002417.8")]
    assert curve[0].at == datetime(2026, 3, 31, 20, tzinfo=UTC)


def test_a_performance_answer_is_an_equity_history_too() -> None:
    curve = parse.equity_performance(reply("performance"))[ACCOUNT]
    assert [point.value for point in curve] == [Decimal("1002417.8"), Decimal("1002500.05")]
    assert curve[0].at == datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert parse.equity_performance(b"{}") == {}


@pytest.mark.parametrize("body", [b"{}", b"[1", b"junk"])
def test_quotes_that_are_none_are_bad_data(body: bytes) -> None:
    with pytest.raises(BadData):
        parse.quotes(body, NOW)


def test_an_options_figures_are_read_and_the_size_at_the_bid_is_88() -> None:
    (quote,) = parse.quotes(
        b'[{"conid":1,"84":"1.20","86":"1.25","88":"130","85":"1,090","7762":"21694","7633":"18.5%","7308":"-0.41",'
        b'"7310":"-0.05","7638":"1.2K"}]', NOW,
    ).values()
    assert (quote.bid_size, quote.ask_size, quote.volume) == (130, 1090, 21694)
    assert quote.option == OptionFigures(
        volatility=Decimal("0.185"), delta=Decimal("-0.41"), theta=Decimal("-0.05"), open_interest=Decimal(1200)
    )
    plain, odd = parse.quotes(b'[{"conid":1,"31":"5"},{"conid":2,"31":"5","7308":"N/A"}]', NOW).values()
    assert plain.option is None and odd.option is None
