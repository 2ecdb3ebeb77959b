"""Prices, bars, chains, rules and hours as TWS spells them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from ibdesk.brokers.tws import convert_market as parse
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import BarSize, Delay, Span
from ibdesk.domain.orders import OrderType, TimeInForce

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
CONID = Conid(265598)


def test_a_quote_is_all_that_was_heard() -> None:
    ticks = parse.Ticks(CONID)
    assert not ticks.is_heard
    for kind, value in ((1, 99.5), (2, 100.5), (0, 3.0), (3, 4.0), (4, 100.0), (9, 80.0), (8, 1234.0), (49, 0.0)):
        ticks.hear(kind, value)
    ticks.delayed(1)
    quote = ticks.quote(NOW)
    assert (quote.bid, quote.ask, quote.last, quote.prior_close) == (Decimal("99.5"), Decimal("100.5"), 100, 80)
    assert (quote.change, quote.change_percent, quote.delay) == (20, 25, Delay.LIVE)
    assert (quote.bid_size, quote.ask_size, quote.volume) == (3, 4, 1234)
    assert ticks.is_priced and not quote.is_halted and not quote.is_close


def test_without_a_last_price_it_is_the_close_and_says_so() -> None:
    ticks = parse.Ticks(CONID)
    ticks.hear(9, 80.0)
    ticks.hear(1, -1.0)
    quote = ticks.quote(NOW)
    assert (quote.last, quote.is_close, quote.bid, quote.change) == (80, True, None, None)


def test_delayed_ticks_are_prices_marked_as_delayed() -> None:
    ticks = parse.Ticks(CONID)
    ticks.hear(66, 0.0)
    ticks.hear(67, 0.05)
    ticks.delayed(3)
    quote = ticks.quote(NOW)
    assert (quote.bid, quote.ask, quote.delay) == (0, Decimal("0.05"), Delay.DELAYED)


def test_figures_of_an_option_are_the_models_and_what_is_not_computed_is_none() -> None:
    ticks = parse.Ticks(CONID)
    ticks.compute(12, (0.5, 0.5, 1.0, 0.0, 0.1, 0.1, 0.1, 100.0))
    ticks.compute(13, (0.25, -0.4, 1.0, 0.0, 0.01, 0.2, -2.0, 100.0))
    ticks.hear(27, 150.0)
    option = ticks.quote(NOW).option
    assert option is not None
    assert (option.volatility, option.delta, option.theta, option.open_interest) == (
        Decimal("0.25"), Decimal("-0.4"), None, 150)
    unknown = parse.Ticks(CONID)
    unknown.compute(10, (-1.0, -2.0, -1.0, -1.0, -2.0, -2.0, -2.0, -1.0))
    figures = unknown.quote(NOW).option
    assert figures is not None and (figures.volatility, figures.delta) == (None, None)


def test_bars_of_days_begin_at_midnight_and_others_where_they_say() -> None:
    def bar(at: str) -> Any:
        return SimpleNamespace(date=at, open=1.0, high=2.0, low=0.5, close=1.5)

    daily, hourly = parse.bar(bar("20261118")), parse.bar(bar("1795024080"))
    assert daily is not None and daily.at == datetime(2026, 11, 18, tzinfo=UTC)
    assert hourly is not None and hourly.close == Decimal("1.5") and hourly.at.tzinfo is UTC
    assert parse.bar(bar("never")) is None
    assert parse.bar(SimpleNamespace(date="20261118", open=1.0, high=float("nan"), low=1.0, close=1.0)) is None
    assert parse.asked_for(Span.FIVE_YEARS, BarSize.DAY) == ("5 Y", "1 day")


def test_expiries_become_months_and_strikes_are_in_order() -> None:
    assert parse.months(["20261218", "20261204", "20270115", "2026"]) == (date(2026, 12, 1), date(2027, 1, 1))
    assert parse.strikes([600.0, 595.5, 600.0, 0.0]) == (Decimal("595.5"), Decimal(600))


def details(**fields: Any) -> Any:
    plain = {
        "validExchanges": "SMART,ARCA", "marketRuleIds": "26,32", "minTick": 0.01,
        "orderTypes": "DAY,GTC,LMT,MKT,STPLMT",
        "tradingHours": "20261118:0400-20261118:2000;20261119:CLOSED", "liquidHours": "20261118:0930-20261118:1600",
        "timeZoneId": "US/Eastern", "sizeIncrement": 1.0, "longName": "Apple", "industry": "Tech", "category": "",
        "stockType": "COMMON", "contract": SimpleNamespace(
            conId=265598, symbol="AAPL", secType="STK", currency="USD", exchange="SMART", primaryExchange="NASDAQ",
            multiplier="", lastTradeDateOrContractMonth=""),
    }
    return SimpleNamespace(**(plain | fields))


def test_rules_are_types_times_and_steps() -> None:
    steps = [SimpleNamespace(lowEdge=0.0, increment=0.0001), SimpleNamespace(lowEdge=1.0, increment=0.01)]
    rules = parse.rules(details(), CONID, steps)
    assert rules.order_types == {OrderType.LIMIT, OrderType.MARKET, OrderType.STOP_LIMIT}
    assert rules.tifs == {TimeInForce.DAY, TimeInForce.GTC} and rules.outside_hours_types == {OrderType.LIMIT}
    assert (rules.step_at(Decimal("0.5")), rules.step_at(Decimal(5))) == (Decimal("0.0001"), Decimal("0.01"))
    assert (parse.rule_of(details(), "ARCA"), parse.rule_of(details(), "NYSE")) == (32, 26)
    assert parse.rule_of(details(marketRuleIds=""), "ARCA") is None


def test_without_a_rule_the_smallest_step_holds_and_without_times_the_usual_two() -> None:
    rules = parse.rules(details(orderTypes="LMT"), CONID, [])
    assert rules.step_at(Decimal(5)) == Decimal("0.01") and rules.tifs == {TimeInForce.DAY, TimeInForce.GTC}


def test_hours_are_in_the_venues_zone_and_a_closed_day_has_none() -> None:
    hours = parse.hours(details(), CONID)
    assert hours.is_open(datetime(2026, 11, 18, 15, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 11, 18, 10, tzinfo=UTC))
    assert hours.is_open(datetime(2026, 11, 18, 10, tzinfo=UTC), outside_hours=True)
    assert len(hours.spans) == 2
    assert parse.hours(details(liquidHours="nonsense;20261118:9999-20261118:1600", tradingHours=""), CONID).spans == ()


def test_a_hit_and_details_are_told() -> None:
    hit = parse.match(SimpleNamespace(contract=details().contract, derivativeSecTypes=["OPT", "CFD", "OPT"]))
    assert hit is not None
    assert (hit.symbol, hit.exchange, hit.classes) == (
        "AAPL", "NASDAQ", (AssetClass.STOCK, AssetClass.OPTION, AssetClass.CFD))
    found = parse.details(details(), CONID)
    assert (found.name, found.valid_exchanges, found.asset_class) == ("Apple", ("SMART", "ARCA"), AssetClass.STOCK)
