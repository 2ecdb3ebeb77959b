"""What an account's download says: pairs of key and value for figures and cash, rows for what is held."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ibdesk.brokers.tws.convert import bond_multiplier, conid_of, instrument, number, size, tidy
from ibdesk.domain.accounts import AccountId, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import Currency
from ibdesk.domain.positions import Position, Skipped

_BASE = "BASE"
_BONDS = (AssetClass.BOND, AssetClass.BILL)
_MARGIN_TYPES = {
    "STKNOPT": MarginType.MARGIN, "STKMRGN": MarginType.MARGIN, "MRGN": MarginType.MARGIN, "REGT": MarginType.MARGIN,
    "PMRGN": MarginType.PORTFOLIO_MARGIN, "STKCASH": MarginType.CASH, "CASH": MarginType.CASH,
}
_DAY_TRADES = ("DayTradesRemaining", *(f"DayTradesRemainingT+{days}" for days in range(1, 5)))


class Figures:
    """The pairs of one account: by key, then by currency. The last of a repeated pair counts."""

    def __init__(self, pairs: Iterable[tuple[str, str, str]]) -> None:
        self._told: dict[str, dict[str, str]] = {}
        for key, value, currency in pairs:
            self._told.setdefault(key, {})[currency] = value

    def text(self, key: str) -> str:
        return next(iter(self._told.get(key, {}).values()), "")

    def money(self, key: str, currency: str) -> Decimal | None:
        told = self._told.get(key, {})
        found = number(told.get(currency) or told.get(_BASE) or told.get(""))
        return None if found is None else tidy(found)

    def of(self, key: str, currency: str) -> Decimal | None:
        """The figure in exactly that currency."""
        found = number(self._told.get(key, {}).get(currency))
        return None if found is None else tidy(found)

    def currencies(self, key: str) -> tuple[str, ...]:
        """Those a key is told in, without the line that sums them up."""
        return tuple(each for each in self._told.get(key, {}) if each not in (_BASE, ""))

    @property
    def base(self) -> Currency:
        """What net liquidation is told in: the account's own currency."""
        return Currency(next(iter(self.currencies("NetLiquidation")), "") or "USD")


def summary(figures: Figures, account: AccountId, at: datetime) -> AccountSummary:
    """The account's figures; None for what was not told."""
    base = figures.base

    def money(key: str) -> Decimal | None:
        return figures.money(key, base)

    return AccountSummary(
        account=account, currency=base, as_of=at, received_at=at, net_liquidation=money("NetLiquidation"),
        total_cash=money("TotalCashValue"), equity_with_loan=money("EquityWithLoanValue"),
        previous_equity=money("PreviousDayEquityWithLoanValue"), available_funds=money("AvailableFunds"),
        excess_liquidity=money("ExcessLiquidity"), buying_power=money("BuyingPower"),
        initial_margin=money("InitMarginReq"), maintenance_margin=money("MaintMarginReq"),
        gross_position_value=money("GrossPositionValue"), cushion=number(figures.text("Cushion")), sma=money("SMA"),
        accrued_cash=money("AccruedCash"), accrued_dividend=money("AccruedDividend"),
        day_trades_remaining=tuple(_count(figures.text(key)) for key in _DAY_TRADES),
        margin_type=_MARGIN_TYPES.get(figures.text("TradingType-S"), MarginType.UNKNOWN),
    )  # fmt: skip


def _count(text: str) -> int | None:
    found = number(text)
    return None if found is None else int(found)


def ledger(figures: Figures, account: AccountId) -> tuple[tuple[LedgerLine, ...], tuple[Skipped, ...]]:
    """One line per currency, and those without amount or rate: neither is ever made up."""
    lines: list[LedgerLine] = []
    skipped: list[Skipped] = []
    key = "CashBalance" if figures.currencies("CashBalance") else "TotalCashBalance"
    for name in figures.currencies(key):
        currency = Currency(name)
        cash = figures.of(key, name)
        rate = figures.of("ExchangeRate", name) or (Decimal(1) if currency == figures.base else None)
        if cash is None or rate is None:
            what = "amount" if cash is None else "exchange rate"
            skipped.append(
                Skipped(what=f"cash in {name}", why=f"The broker sent no {what} with it.", currency=currency)
            )
            continue
        lines.append(LedgerLine(
            account=account, currency=currency, rate=rate, cash=cash,
            net_liquidation=figures.of("NetLiquidationByCurrency", name), interest=figures.of("AccruedCash", name),
            dividends=figures.of("NetDividend", name), unrealized=figures.of("UnrealizedPnL", name),
            realized=figures.of("RealizedPnL", name),
        ))  # fmt: skip
    return tuple(lines), tuple(skipped)


def position(
    account: AccountId, row: Sequence[Any], known_before: Mapping[Conid, Instrument]
) -> Position | Skipped | None:
    """A row of the download; None for what was closed today."""
    contract, quantity, price, value, cost, unrealized, realized = row
    held, what = size(quantity), instrument(contract, known_before)
    name = contract.localSymbol or contract.symbol or "a position"
    if held is None:
        return Skipped(what=name, why="The broker sent no quantity with it.", conid=conid_of(contract))
    if held == 0:
        return None
    if what is None:
        lacks = "contract id" if conid_of(contract) is None else "currency"
        return Skipped(what=name, why=f"The broker sent no {lacks} with it.", conid=conid_of(contract))
    market_price, market_value, average = number(price), number(value), number(cost)
    if what.asset_class in _BONDS:
        multiplier = bond_multiplier(held, market_price, market_value)
        what = what if multiplier is None else replace(what, multiplier=multiplier)
    return Position(
        account=account, instrument=what, quantity=held, average_cost=_tidy(average),
        average_price=None if average is None else tidy(average / what.multiplier), price=_tidy(market_price),
        market_value=_tidy(market_value), unrealized=_tidy(number(unrealized)), realized=_tidy(number(realized)),
    )


def _tidy(value: Decimal | None) -> Decimal | None:
    return None if value is None else tidy(value)
