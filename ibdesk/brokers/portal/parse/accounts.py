"""The shapes of sessions, accounts, summaries, ledgers and P&L on the Portal's wire, and what they mean here."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ibdesk.brokers.base import SignIn
from ibdesk.brokers.portal.parse import wire
from ibdesk.domain.accounts import (
    Account,
    AccountId,
    AccountPnl,
    AccountSummary,
    LedgerLine,
    MarginType,
    looks_paper,
)
from ibdesk.domain.money import Currency, known
from ibdesk.domain.positions import Skipped
from ibdesk.domain.session import SessionFlags

#: Last letters of an account id that name a segment of it: `U1234567C` is U1234567's commodities.
_SEGMENT_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARGIN_TYPES = {
    "STKNOPT": MarginType.MARGIN, "STKMRGN": MarginType.MARGIN, "MRGN": MarginType.MARGIN, "REGT": MarginType.MARGIN,
    "PMRGN": MarginType.PORTFOLIO_MARGIN, "STKCASH": MarginType.CASH, "CASH": MarginType.CASH,
}


class _Server(msgspec.Struct, rename="camel"):
    server_name: str | None = None


class _Flags(msgspec.Struct, rename="camel"):
    authenticated: bool | None = None
    established: bool | None = None
    connected: bool | None = None
    competing: bool | None = None
    message: str | None = None
    fail: str | None = None
    server_info: _Server | None = None


class _Bridge(msgspec.Struct, rename="camel"):
    auth_status: _Flags | None = None


class _Tickle(msgspec.Struct, rename="camel"):
    session: str | None = None
    iserver: _Bridge | None = None
    error: str | None = None


class _Validation(msgspec.Struct, rename="upper"):
    user_name: wire.Text = None
    login_type: int | None = None


class _PortfolioAccount(msgspec.Struct, rename="camel"):
    id: str | None = None
    account_id: str | None = None
    account_title: str | None = None
    display_name: str | None = None
    account_alias: str | None = None
    currency: str | None = None
    type: str | None = None
    trading_type: str | None = None
    acct_cust_type: str | None = None
    ib_entity: str | None = None
    desc: str | None = None


class _Features(msgspec.Struct, rename="camel"):
    lite_user: bool | None = None


class BrokerageAccounts(msgspec.Struct, rename="camel"):
    """What the brokerage session knows of its accounts."""

    accounts: list[str] | None = None
    selected_account: str | None = None
    is_paper: bool | None = None
    aliases: dict[str, str | None] | None = None
    allow_features: _Features | None = None


class _Amount(msgspec.Struct, rename="camel"):
    amount: Decimal | None = None
    currency: str | None = None
    is_null: bool | None = None
    timestamp: Decimal | None = None
    value: str | int | Any = None


class _LedgerRow(msgspec.Struct, rename="camel"):
    cashbalance: Decimal | None = None
    settledcash: Decimal | None = None
    exchangerate: Decimal | None = None
    netliquidationvalue: Decimal | None = None
    interest: Decimal | None = None
    dividends: Decimal | None = None
    unrealizedpnl: Decimal | None = None
    realizedpnl: Decimal | None = None


class PnlRow(msgspec.Struct, rename="camel"):
    dpl: Decimal | None = None
    nl: Decimal | None = None
    upl: Decimal | None = None
    uel: Decimal | None = None
    el: Decimal | None = None


class _Pnl(msgspec.Struct, rename="camel"):
    upnl: dict[str, PnlRow] | None = None


def base_account(text: str) -> AccountId:
    """The account without the segment's letter or the suffix of a P&L key."""
    return AccountId(text.split(".")[0].rstrip(_SEGMENT_LETTERS))


def flags(body: bytes) -> SessionFlags:
    """The answer of auth/status or of opening the brokerage session; `signed_in` is left to the caller."""
    return _flags_of(wire.decode(body, _Flags, "the session"))


def tickled(body: bytes) -> tuple[SessionFlags, str]:
    """The answer to the keep-alive: flags, and the session value a WebSocket shows at the door."""
    answer = wire.decode(body, _Tickle, "the keep-alive")
    inner = answer.iserver.auth_status if answer.iserver else None
    return _flags_of(inner or _Flags()), answer.session or ""


def _flags_of(raw: _Flags) -> SessionFlags:
    authenticated = bool(raw.authenticated)
    return SessionFlags(
        reachable=True,
        signed_in=True,
        authenticated=authenticated,
        # Older answers have no such key; then the login counts as processed.
        established=authenticated if raw.established is None else raw.established,
        connected=bool(raw.connected),
        competing=bool(raw.competing),
        message=raw.fail or raw.message or "",
        server=(raw.server_info.server_name if raw.server_info else None) or "",
    )


def sign_in(body: bytes) -> SignIn:
    """Who signed in; LOGIN_TYPE 1 is live, 2 paper."""
    answer = wire.decode(body, _Validation, "the sign-in")
    paper = {1: False, 2: True}.get(answer.login_type or 0)
    return SignIn(user_name=str(answer.user_name or ""), is_paper=paper)


def brokerage_accounts(body: bytes) -> BrokerageAccounts:
    return wire.decode(body, BrokerageAccounts, "the brokerage accounts")


def accounts(body: bytes, brokerage: BrokerageAccounts) -> tuple[Account, ...]:
    """The portfolio's accounts, in the broker's order; what the brokerage session adds is merged in."""
    rows = wire.decode(body, list[_PortfolioAccount], "the accounts")
    return tuple(_account(row, brokerage) for row in rows if row.id or row.account_id)


def _account(row: _PortfolioAccount, brokerage: BrokerageAccounts) -> Account:
    id_ = AccountId(row.account_id or row.id or "")
    is_paper = brokerage.is_paper
    if is_paper is None:
        is_paper = row.type == "DEMO" or looks_paper(id_)
    alias = (brokerage.aliases or {}).get(id_) or row.account_alias or ""
    return Account(
        id=id_,
        title=row.account_title or row.display_name or row.desc or id_,
        currency=Currency(row.currency or "USD"),
        is_paper=is_paper,
        margin_type=_MARGIN_TYPES.get(row.trading_type or "", MarginType.UNKNOWN),
        customer_type=row.acct_cust_type or "",
        entity=row.ib_entity or "",
        alias="" if alias == id_ else alias,
        lite=brokerage.allow_features.lite_user if brokerage.allow_features else None,
    )


def summary(body: bytes, account: AccountId, received_at: datetime) -> AccountSummary:
    """The account's figures. Money is in `amount`; flags, counts and text are in `value`."""
    raw = wire.decode(body, dict[str, _Amount | None], "the account summary")
    lines = {name: line for name, line in raw.items() if line is not None}
    times = [at for at in (wire.instant(known(line.timestamp)) for line in lines.values()) if at is not None]

    def money(name: str) -> Decimal | None:
        line = lines.get(name)
        return None if line is None or line.is_null else known(line.amount)

    def text(name: str) -> str:
        line = lines.get(name)
        return "" if line is None or line.value is None else str(line.value)

    return AccountSummary(
        account=account,
        currency=Currency(_base_currency(lines)),
        as_of=min(max(times, default=received_at), received_at),
        received_at=received_at,
        net_liquidation=money("netliquidation"),
        total_cash=money("totalcashvalue"),
        equity_with_loan=money("equitywithloanvalue"),
        previous_equity=money("previousdayequitywithloanvalue"),
        available_funds=money("availablefunds"),
        excess_liquidity=money("excessliquidity"),
        buying_power=money("buyingpower"),
        initial_margin=money("initmarginreq"),
        maintenance_margin=money("maintmarginreq"),
        gross_position_value=money("grosspositionvalue"),
        cushion=wire.number(text("cushion")),
        sma=money("sma"),
        accrued_cash=money("accruedcash"),
        accrued_dividend=money("accrueddividend"),
        day_trades_remaining=tuple(
            _count(text("daytradesremaining" + after)) for after in ("", "t+1", "t+2", "t+3", "t+4")
        ),
        margin_type=_MARGIN_TYPES.get(text("tradingtype-s"), MarginType.UNKNOWN),
    )


def _base_currency(lines: Mapping[str, _Amount]) -> str:
    line = lines.get("netliquidation")
    return (line.currency if line else None) or "USD"


def _count(text: str) -> int | None:
    value = wire.number(text)
    return None if value is None else int(value)


def ledger(
    body: bytes, account: AccountId, base: Currency
) -> tuple[tuple[LedgerLine, ...], tuple[Skipped, ...]]:
    """One line per currency, and those whose cash or rate is not told: neither is ever made up.

    The broker's BASE line repeats them converted, so it is left out.
    """
    raw = wire.decode(body, dict[str, _LedgerRow], "the cash ledger")
    lines: list[LedgerLine] = []
    skipped: list[Skipped] = []
    for currency, row in ((Currency(name), row) for name, row in raw.items() if name != "BASE"):
        cash, rate = known(row.cashbalance), known(row.exchangerate) or (Decimal(1) if currency == base else None)
        if cash is None or rate is None:
            what = "amount" if cash is None else "exchange rate"
            why = f"The broker sent no {what} with it."
            skipped.append(Skipped(what=f"cash in {currency}", why=why, currency=currency))
            continue
        lines.append(
            LedgerLine(
                account=account,
                currency=currency,
                rate=rate,
                cash=cash,
                settled_cash=known(row.settledcash),
                net_liquidation=known(row.netliquidationvalue),
                interest=known(row.interest),
                dividends=known(row.dividends),
                unrealized=known(row.unrealizedpnl),
                realized=known(row.realizedpnl),
            )
        )
    return tuple(lines), tuple(skipped)


def pnl(body: bytes, at: datetime) -> dict[AccountId, AccountPnl]:
    """The partitioned P&L by account; empty at the first call of a session."""
    return pnl_rows(wire.decode(body, _Pnl, "the P&L").upnl or {}, at)


def pnl_rows(rows: Mapping[str, PnlRow], at: datetime) -> dict[AccountId, AccountPnl]:
    """REST and the WebSocket send the same rows under `ACCOUNT.Core`; other partitions are models inside it."""
    return {
        base_account(key): AccountPnl(
            account=base_account(key),
            daily=known(row.dpl),
            unrealized=known(row.upl),
            net_liquidation=known(row.nl),
            excess_liquidity=known(row.uel if row.el is None else row.el),
            as_of=at,
        )
        for key, row in rows.items()
        if key.endswith(".Core") or "." not in key
    }
