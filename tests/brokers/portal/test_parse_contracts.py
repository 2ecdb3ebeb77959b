"""Definitions, chains, rules and schedules in the shapes the broker sends."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ibdesk.brokers.portal.parse import contracts as parse
from ibdesk.domain.errors import BadData
from ibdesk.domain.instruments import AssetClass, Conid, Right
from ibdesk.domain.orders import OrderType, TimeInForce
from tests.brokers.portal.replies import reply

OPTION = (
    b'{"conid":730679583,"symbol":"AAPL","secType":"OPT","exchange":"SMART","listingExchange":null,"right":"C",'
    b'"strike":217.5,"currency":"USD","cusip":null,"maturityDate":"20241018","multiplier":"100","tradingClass":"AAPL"}'
)


def test_a_recorded_chain_row_is_an_option() -> None:
    (found,) = parse.contracts(b"[" + OPTION + b"]", Conid(265598))
    assert (found.conid, found.label, found.multiplier) == (730679583, "AAPL Oct18'24 217.5 C", 100)
    assert (found.underlying_conid, found.trading_class, found.asset_class) == (265598, "AAPL", AssetClass.OPTION)


def test_rows_come_by_expiry_and_right_each_once_and_odd_ones_are_left_out() -> None:
    later = OPTION.replace(b"20241018", b"20241025").replace(b"730679583", b"2")
    put = OPTION.replace(b'"C"', b'"P"').replace(b"730679583", b"3").replace(b"217.5", b'"217.50"')
    odd = [b"5", *(OPTION.replace(word, b"null") for word in (b'"C"', b'"20241018"', b'"USD"'))]
    found = parse.contracts(b"[" + b",".join([later, put, OPTION, OPTION, *odd]) + b"]", None)
    assert [each.conid for each in found] == [730679583, 3, 2]
    assert found[1].option is not None and found[1].option.right is Right.PUT
    assert found[1].underlying_conid is None


def test_definitions_name_class_underlying_and_terms() -> None:
    found = {each.conid: each for each in parse.definitions(reply("secdef"))}
    assert found
    assert all(each.symbol and each.currency for each in found.values())
    body = (
        b'{"secdef":[{"conid":5,"currency":"USD","assetClass":"OPT","ticker":"SPY","expiry":"20261218","putOrCall":"P",'
        b'"strike":"570","multiplier":100.0,"undConid":756733},{"conid":6,"assetClass":"STK"},'
        b'{"conid":7,"currency":"USD","assetClass":"OPT","ticker":"SPY","strike":"0"},7,'
        b'{"conid":8,"currency":"USD","assetClass":"STK","type":"ETF","ticker":"SPY","strike":"0","multiplier":0.0}]}'
    )
    option, etf = parse.definitions(body)
    assert (option.label, option.underlying_conid, option.multiplier) == ("SPY Dec18'26 570 P", 756733, 100)
    assert (etf.asset_class, etf.multiplier, etf.option) == (AssetClass.ETF, 1, None)


def test_strikes_of_calls_and_puts_are_one_ladder() -> None:
    assert parse.strikes(b'{"call":[185.0,190.0],"put":[182.5,185.0]}') == (Decimal("182.5"), 185, 190)
    assert str(parse.strikes(b'{"call":[570.0]}')[0]) == "570"
    assert parse.strikes(b'{"call":[],"put":[]}') == ()


def test_months_are_dates_and_codes_again() -> None:
    section = parse.ChainSection(sec_type="OPT", months="JAN27;DEC26;XYZ26;DEC2026;", exchange="SMART")
    assert parse.months(section) == (date(2026, 12, 1), date(2027, 1, 1))
    assert parse.month_code(date(2026, 12, 18)) == "DEC26"
    assert parse.months(parse.ChainSection()) == ()


def test_a_search_tells_where_options_are() -> None:
    found = parse.chain_sections(reply("search"))
    assert any(parse.months(each) for each in found.values())
    without = b'[{"conid":"1","sections":[{"secType":"STK"},{"secType":"OPT"}]},{"conid":"-1"}]'
    assert parse.chain_sections(without) == {}


def test_rules_keep_what_the_desk_knows() -> None:
    found = parse.rules(
        b'{"orderTypes":["limit","midprice","stop_limit","marketonclose"],"orderTypesOutside":["limit"],'
        b'"tifTypes":["GTC/o,a","OVT/a","DAY"],"incrementRules":[{"lowerEdge":3.0,"increment":0.05},'
        b'{"lowerEdge":0.0,"increment":0.01}],"sizeIncrement":1,"error":null}', Conid(1),
    )
    assert found.order_types == {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.MARKET_ON_CLOSE}
    assert found.outside_hours_types == {OrderType.LIMIT}
    assert found.tifs == {TimeInForce.GTC, TimeInForce.DAY}
    assert [found.step_at(Decimal(price)) for price in ("2.99", "3", "-5")] == [
        Decimal("0.01"), Decimal("0.05"), Decimal("0.05"),
    ]
    single = parse.rules(b'{"increment":0.25}', Conid(1))
    assert single.step_at(Decimal(5000)) == Decimal("0.25")
    assert parse.rules(b"{}", Conid(1)).step_at(Decimal(1)) is None


def test_hours_are_spans_in_order_and_nonsense_is_left_out() -> None:
    found = parse.hours(
        b'{"exchange_time_zone":"US/Eastern","schedules":{"20260402":{"liquid_hours":[{"opening":1775136600,'
        b'"closing":1775160000},{"opening":2,"closing":1},{}],"extended_hours":[{"cancel_daily_orders":true,'
        b'"opening":1775116800,"closing":1775174400}]},"20260403":{}}}', Conid(1),
    )
    assert [(span.is_liquid, span.opens) for span in found.spans] == [
        (False, datetime(2026, 4, 2, 8, tzinfo=UTC)), (True, datetime(2026, 4, 2, 13, 30, tzinfo=UTC)),
    ]
    early, noon = datetime(2026, 4, 2, 9, tzinfo=UTC), datetime(2026, 4, 2, 16, tzinfo=UTC)
    assert not found.is_open(early) and found.is_open(early, outside_hours=True) and found.is_open(noon)


@pytest.mark.parametrize("read", [parse.definitions, parse.strikes, parse.chain_sections])
def test_what_cannot_be_read_is_said_so(read: object) -> None:
    with pytest.raises(BadData):
        read(b"<html>")  # type: ignore[operator]
