"""One broker account: who it is, its figures, and its cash in each currency."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from ibdesk.domain.money import Currency

AccountId = NewType("AccountId", str)


class Environment(StrEnum):
    """Where orders and money are: a pretend world, the broker's paper world, or real money."""

    DEMO = "demo"
    PAPER = "paper"
    LIVE = "live"


class MarginType(StrEnum):
    """How the broker lends to the account."""

    CASH = "cash"
    MARGIN = "margin"
    PORTFOLIO_MARGIN = "portfolio margin"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account the sign-in can see. `lite` is None when the broker does not say."""

    id: AccountId
    title: str
    currency: Currency
    is_paper: bool
    margin_type: MarginType = MarginType.UNKNOWN
    customer_type: str = ""
    entity: str = ""
    alias: str = ""
    lite: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """The account's figures in its base currency; None is "not reported", never zero.

    `day_trades_remaining` is today and the four days after; -1 is the broker's "unlimited".
    `as_of` is when the broker computed it, `received_at` when we heard it.
    """

    account: AccountId
    currency: Currency
    as_of: datetime
    received_at: datetime
    net_liquidation: Decimal | None = None
    total_cash: Decimal | None = None
    equity_with_loan: Decimal | None = None
    previous_equity: Decimal | None = None
    available_funds: Decimal | None = None
    excess_liquidity: Decimal | None = None
    buying_power: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    gross_position_value: Decimal | None = None
    cushion: Decimal | None = None
    sma: Decimal | None = None
    accrued_cash: Decimal | None = None
    accrued_dividend: Decimal | None = None
    day_trades_remaining: tuple[int | None, ...] = field(default=(None,) * 5)
    margin_type: MarginType = MarginType.UNKNOWN
    pattern_day_trader: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """Cash and totals of one currency; `rate` is what one unit costs in the account's base currency."""

    account: AccountId
    currency: Currency
    rate: Decimal
    cash: Decimal
    settled_cash: Decimal | None = None
    net_liquidation: Decimal | None = None
    interest: Decimal | None = None
    dividends: Decimal | None = None
    unrealized: Decimal | None = None
    realized: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPnl:
    """The broker's running figures of an account, base currency."""

    account: AccountId
    daily: Decimal | None
    unrealized: Decimal | None
    net_liquidation: Decimal | None
    excess_liquidity: Decimal | None
    as_of: datetime


def newest_pnl(stored: AccountPnl | None, streamed: AccountPnl | None) -> AccountPnl | None:
    """The younger of two tellings; a stream that broke off does not outlive what was read since."""
    if stored is None or streamed is None:
        return stored or streamed
    return streamed if streamed.as_of >= stored.as_of else stored


def masked(account: str) -> str:
    """The account as logs may show it: its kind and its last four characters."""
    if len(account) <= 4:
        return "•" * len(account)
    prefix = account[: len(account) - len(account.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
    return f"{prefix}•••{account[-4:]}"


def looks_like_account(text: str) -> bool:
    """Whether it has the form of an account id: U, DU, F, DF, I, or LP of Local Paper, and digits, maybe a letter."""
    prefix = text.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip("0123456789")
    digits = text[len(prefix) :].rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return prefix in ("U", "DU", "F", "DF", "I", "DI", "LP") and digits.isdigit() and 5 <= len(digits) <= 9


def looks_paper(account: AccountId) -> bool:
    """Paper ids begin with D (DU, DF): reference/client-portal-api.md 3.1."""
    return account.startswith("D")
