"""Figures, instants and contracts of the socket, in every spelling they have been seen in."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.tws import convert
from ibdesk.domain.executions import ExecutionKind
from ibdesk.domain.instruments import AssetClass, Conid, OptionTerms, Right
from ibdesk.domain.orders import Side

NEW_YORK = ZoneInfo("America/New_York")
AT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


def contract(**fields: Any) -> Any:
    plain = {
        "conId": 265598, "symbol": "AAPL", "secType": "STK", "lastTradeDateOrContractMonth": "", "strike": 0.0,
        "right": "", "multiplier": "", "exchange": "NASDAQ", "primaryExchange": "", "currency": "USD",
        "localSymbol": "AAPL", "tradingClass": "NMS", "comboLegs": None,
    }
    return SimpleNamespace(**(plain | fields))


def report(**fields: Any) -> Any:
    plain = {
        "execId": "0000e0d5.6576fd38.01.01", "time": AT, "acctNumber": "DU7654321", "exchange": "ARCA", "side": "BOT",
        "shares": 100.0, "price": 189.55, "permId": 12345, "liquidation": 0, "orderRef": "ours",
    }
    return SimpleNamespace(**(plain | fields))


@pytest.mark.parametrize("unset", [
    None, "", sys.float_info.max, "1.7976931348623157E308", "1.7976931348623157e+308", float("nan"), float("inf"),
    -sys.float_info.max, 2147483647, "9223372036854775807", "no number", "1,5",
])  # fmt: skip
def test_what_stands_for_nothing_is_none(unset: Any) -> None:
    assert convert.number(unset) is None


def test_figures_are_exact_as_they_are_written() -> None:
    assert convert.number(0.1) == Decimal("0.1")
    assert convert.number("123.4500") == Decimal("123.45")
    assert convert.number(-0.0) == 0 and convert.number("0") == 0
    assert str(convert.size(100.0)) == "100" and str(convert.size("1E+2")) == "100"
    assert convert.positive(0.0) is None and convert.positive(-1.0) is None


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_float_comes_through_its_own_text(value: float) -> None:
    found = convert.number(value)
    if abs(value) < 1e300 and value not in (2147483647.0, 9223372036854775807.0):
        assert found is not None and float(found) == value


@given(st.text(max_size=40))
def test_no_text_stops_it(text: str) -> None:
    convert.number(text)
    convert.instant(text, UTC)
    convert.day(text)
    convert.zone_of(text)


@pytest.mark.parametrize("text", [
    "20261120  14:30:00", "20261120 14:30:00 America/New_York", "20261120 14:30:00 US/Eastern",
    "20261120 14:30:00 EST", "20261120-19:30:00", "20261120 19:30:00 UTC", "20261120 14:30:00 Mars/Olympus",
    "20261120-19:30:00 UTC", "1795203000",
])  # fmt: skip
def test_an_instant_is_the_same_in_every_spelling(text: str) -> None:
    assert convert.instant(text, NEW_YORK) == AT


def test_in_summer_a_short_zone_of_summer_is_meant() -> None:
    assert convert.instant("20260720 14:30:00 EDT", UTC) == datetime(2026, 7, 20, 18, 30, tzinfo=UTC)
    assert convert.instant("20260720 20:30:00 MET", UTC) == datetime(2026, 7, 20, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "20261120", "20261320 14:30:00", "20261120 25:00:00", "yesterday"])
def test_what_is_no_instant_is_none(text: str) -> None:
    assert convert.instant(text, UTC) is None


def test_a_stock_is_a_fund_where_its_details_say_so() -> None:
    assert convert.class_of("STK") is AssetClass.STOCK
    assert convert.class_of("STK", "ETF") is AssetClass.ETF
    assert convert.class_of("NEWS") is AssetClass.OTHER


def test_an_option_is_whole() -> None:
    found = convert.instrument(contract(
        conId=7, symbol="SPX", secType="OPT", lastTradeDateOrContractMonth="20261218", strike=6000.0, right="P",
        multiplier="100", exchange="SMART", tradingClass="SPXW",
    ), {})  # fmt: skip
    assert found is not None
    assert found.option == OptionTerms(right=Right.PUT, strike=Decimal(6000), expiry=date(2026, 12, 18))
    assert (found.multiplier, found.trading_class, found.exchange) == (100, "SPXW", "")


@pytest.mark.parametrize("right", ["?", "0", ""])
def test_a_right_that_is_none_makes_no_option(right: str) -> None:
    found = convert.instrument(contract(secType="OPT", right=right, strike=1.0), {})
    assert found is not None and found.option is None


def test_a_month_is_no_expiry_and_the_details_know_the_day() -> None:
    future = contract(secType="FUT", lastTradeDateOrContractMonth="202612", multiplier="50")
    found = convert.instrument(future, {})
    assert found is not None and found.expiry is None and found.multiplier == 50
    details = SimpleNamespace(
        contract=future, longName="E-mini", industry="", stockType="", underConId=11004968,
        realExpirationDate="20261218",
    )
    whole = convert.detailed(details)
    assert whole is not None and whole.expiry == date(2026, 12, 18) and whole.underlying_conid == 11004968
    assert convert.instrument(future, {whole.conid: whole}) is whole


@pytest.mark.parametrize("broken", [{"conId": 0}, {"conId": -5}, {"conId": 2**63}, {"currency": ""}])
def test_without_an_id_or_a_currency_it_is_nothing(broken: dict[str, Any]) -> None:
    assert convert.instrument(contract(**broken), {}) is None


def test_a_bond_is_worth_what_its_own_figures_say() -> None:
    assert convert.bond_multiplier(Decimal(10), Decimal("98.5"), Decimal("9850.01")) == 10
    assert convert.bond_multiplier(Decimal(10000), Decimal("98.5"), Decimal("9850")) == Decimal("0.01")
    assert convert.bond_multiplier(Decimal(10), None, Decimal(1)) is None


def test_a_print_is_read() -> None:
    found = convert.execution(contract(), report(), {})
    assert found is not None
    assert (found.side, found.quantity, found.price, found.at) == (Side.BUY, 100, Decimal("189.55"), AT)
    assert (found.order_id, found.ref, found.kind) == ("12345", "ours", ExecutionKind.TRADE)


def test_a_print_from_outside_has_no_order_of_ours() -> None:
    found = convert.execution(contract(), report(permId=0, orderRef="", liquidation=1, side="SLD"), {})
    assert found is not None
    assert (found.order_id, found.ref, found.kind, found.side) == (None, None, ExecutionKind.LIQUIDATION, Side.SELL)


@pytest.mark.parametrize("broken", [{"side": "EXERCISE"}, {"shares": 0.0}, {"price": float("nan")}, {"execId": ""}])
def test_what_is_no_print_is_none(broken: dict[str, Any]) -> None:
    assert convert.execution(contract(), report(**broken), {}) is None
    assert convert.execution(contract(secType="BAG"), report(), {}) is None


def test_the_profit_of_an_opening_is_not_told() -> None:
    told = SimpleNamespace(execId="a.01.01", commission=1.0, currency="USD", realizedPNL=sys.float_info.max)
    found = convert.commission(told)
    assert found is not None and (found.amount, found.realized) == (1, None)
    told.realizedPNL, told.commission = -12.5, sys.float_info.max
    assert convert.commission(told) is None


def test_an_execution_id_is_its_print_and_its_revision() -> None:
    assert convert.stem("00025b46.63f8f39c.01.02") == "00025b46.63f8f39c.01"
    assert (convert.revision("a.01.02"), convert.revision("a.b"), convert.stem("plain")) == (2, 0, "plain")


def test_a_known_instrument_is_the_one_that_is_told() -> None:
    kept = convert.instrument(contract(symbol="KNOWN"), {})
    assert kept is not None
    assert convert.instrument(contract(), {Conid(265598): kept}) is kept
