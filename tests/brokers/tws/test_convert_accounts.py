"""An account's download: pairs for figures and cash, rows for what is held."""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from ibdesk.brokers.tws import convert_accounts as parse
from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.positions import Position, Skipped

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")
PAIRS = [
    ("NetLiquidation", "100000.50", "USD"), ("TotalCashValue", "5000", "USD"), ("Cushion", "0.8", ""),
    ("DayTradesRemaining", "-1", ""), ("DayTradesRemainingT+1", "3", ""), ("TradingType-S", "STKNOPT", ""),
    ("CashBalance", "4000", "USD"), ("CashBalance", "1000", "EUR"), ("CashBalance", "5100", "BASE"),
    ("CashBalance", "7", "XXX"), ("ExchangeRate", "1.1", "EUR"), ("ExchangeRate", "1.00", "USD"),
    ("BuyingPower", "1.7976931348623157E308", "USD"), ("NetLiquidation", "100001.50", "USD"),
]


def row(quantity: float = 2.0, price: float = 98.5, value: float = 197.0, cost: float = 90.0, **fields: Any) -> Any:
    plain = {
        "conId": 1, "symbol": "AAPL", "secType": "STK", "lastTradeDateOrContractMonth": "", "strike": 0.0, "right": "",
        "multiplier": "", "exchange": "", "primaryExchange": "NASDAQ", "currency": "USD", "localSymbol": "AAPL",
        "tradingClass": "",
    }
    return (SimpleNamespace(**(plain | fields)), quantity, price, value, cost, 17.0, sys.float_info.max)


def test_figures_are_the_last_of_each_and_what_is_unset_is_none() -> None:
    figures = parse.Figures(PAIRS)
    found = parse.summary(figures, ACCOUNT, NOW)
    assert (found.net_liquidation, found.total_cash, found.buying_power) == (Decimal("100001.5"), 5000, None)
    assert (found.currency, found.cushion, found.margin_type) == ("USD", Decimal("0.8"), MarginType.MARGIN)
    assert found.day_trades_remaining == (-1, 3, None, None, None)


def test_cash_is_a_line_per_currency_and_one_without_a_rate_is_said_by_name() -> None:
    lines, skipped = parse.ledger(parse.Figures(PAIRS), ACCOUNT)
    assert {line.currency: (line.cash, line.rate) for line in lines} == {
        "USD": (4000, 1), "EUR": (1000, Decimal("1.1"))}
    assert [(each.currency, each.what) for each in skipped] == [("XXX", "cash in XXX")]


def test_a_row_is_a_position_with_its_price_per_unit() -> None:
    found = parse.position(ACCOUNT, row(multiplier="100", secType="OPT", right="C", strike=5.0,
                                        lastTradeDateOrContractMonth="20261218", cost=900.0), {})
    assert isinstance(found, Position)
    assert (found.average_cost, found.average_price, found.realized) == (900, 9, None)
    assert (found.quantity, found.price, found.unrealized) == (2, Decimal("98.5"), 17)


def test_a_bond_is_told_with_the_multiplier_its_figures_imply() -> None:
    found = parse.position(ACCOUNT, row(secType="BOND", quantity=10, price=98.5, value=9850.0, cost=970.0), {})
    assert isinstance(found, Position) and found.instrument.multiplier == 10 and found.average_price == 97


def test_what_was_closed_today_is_left_out_and_what_cannot_be_read_is_named() -> None:
    assert parse.position(ACCOUNT, row(0.0), {}) is None
    rows = ((row(float("nan")), "quantity"), (row(conId=0), "contract id"), (row(currency=""), "currency"))
    for broken, lacks in rows:
        found = parse.position(ACCOUNT, broken, {})
        assert isinstance(found, Skipped) and lacks in found.why and found.what == "AAPL"
