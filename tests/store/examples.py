"""Facts to store: one account with a line of every class, as a snapshot at any instant."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.positions import Position, Snapshot, Source

NOW = datetime(2026, 11, 20, 15, 30, 0, 123456, tzinfo=UTC)
MAIN = AccountId("DU7654321")
SECOND = AccountId("DU7654322")


def account(identifier: AccountId = MAIN) -> Account:
    return Account(
        id=identifier,
        title="Demo main",
        currency=USD,
        is_paper=True,
        margin_type=MarginType.MARGIN,
        customer_type="INDIVIDUAL",
        entity="IBLLC-US",
        alias="main",
        lite=False,
    )


def position(conid: int, asset_class: AssetClass = AssetClass.STOCK, **changes: object) -> Position:
    instrument = Instrument(
        conid=Conid(conid),
        symbol=f"S{conid}",
        asset_class=asset_class,
        currency=USD,
        name="Some Company",
        broker_class=asset_class.value,
        exchange="NASDAQ",
        sector="Technology",
    )
    plain = Position(
        account=MAIN,
        instrument=instrument,
        quantity=Decimal("100.50"),
        average_cost=Decimal("12.3400"),
        average_price=Decimal("12.34"),
        price=Decimal("13.00"),
        market_value=Decimal("1306.5"),
        unrealized=Decimal("-66.33"),
        realized=None,
    )
    return replace(plain, **changes)


def option() -> Position:
    put = position(612, AssetClass.OPTION)
    terms = OptionTerms(right=Right.PUT, strike=Decimal("600.0"), expiry=date(2026, 12, 18))
    instrument = replace(
        put.instrument, multiplier=Decimal(100), expiry=terms.expiry, option=terms, underlying_conid=Conid(756733)
    )
    return replace(put, instrument=instrument, quantity=Decimal(-2))


def snapshot(*positions: Position, at: datetime = NOW, of: AccountId = MAIN) -> Snapshot:
    return Snapshot(
        account=of,
        source=Source.PORTAL,
        as_of=at,
        received_at=at + timedelta(milliseconds=40),
        summary=AccountSummary(
            account=of,
            currency=USD,
            as_of=at - timedelta(seconds=1),
            received_at=at,
            net_liquidation=Decimal("1250000.10"),
            total_cash=Decimal("-1.50"),
            equity_with_loan=Decimal("1249000"),
            buying_power=Decimal("4E+6"),
            day_trades_remaining=(2, 3, 3, None, -1),
            margin_type=MarginType.MARGIN,
            pattern_day_trader=False,
        ),
        ledger=(
            LedgerLine(account=of, currency=Currency("EUR"), rate=Decimal("1.0842"), cash=Decimal("-20.00")),
            LedgerLine(account=of, currency=USD, rate=Decimal(1), cash=Decimal("10.5"), interest=Decimal("0.01")),
        ),
        positions=tuple(replace(held, account=of) for held in positions),
        pnl=AccountPnl(
            account=of,
            daily=Decimal("-12.5"),
            unrealized=Decimal(3),
            net_liquidation=Decimal("1250000.2"),
            excess_liquidity=None,
            as_of=at,
        ),
    )


def call(number: int = 0, **changes: object) -> ApiCall:
    plain = ApiCall(
        at=NOW + timedelta(seconds=number),
        channel="http",
        method="GET",
        path=f"/v1/api/portfolio/DU7654321/positions/{number}",
        status=200,
        outcome="ok",
        milliseconds=12,
        bytes_out=0,
        bytes_in=1200,
        environment="demo",
    )
    return replace(plain, **changes)


#: For every setting that is not a switch, a text its variable may have, other than its default.
SETTING_TEXTS = {
    "default_environment": "live", "region": "Europe/Zurich", "theme": "light", "gateway_host": "127.0.0.1",
    "gateway_url": "https://localhost:5055", "account_id": "DU7654321", "benchmark": "QQQ", "sync_interval": "45000",
    "tickle_interval": "120000", "session_warning_minutes": "30", "requests_per_second": "5", "gateway_port": "5055",
    "request_timeout": "12", "connection_profile": "oauth", "reconnect_min": "5", "reconnect_max": "90",
    "gateway_folder": "clientportal.gw", "sign_out_when_idle": "30", "auto_lock": "5", "backup_hours": "12",
    "backup_keep": "3", "backup_folder": "elsewhere", "rekey_reminder": "90", "tws_host": "192.168.1.100",
    "tws_port": "4001", "tws_client_id": "7", "tws_order_client_id": "9", "keepalive": "30", "base_currency": "EUR",
    "local_paper_cash": "50100", "order_route": "tws", "digest_times": "10:00, 15:30",
    "risk_bp_buffer_pct": "12.5",
    "risk_contracts_confirm": "7",
    "risk_contracts_block": "70",
    "risk_shares_confirm": "700",
    "risk_shares_block": "7001",
    "risk_usual_factor": "3",
    "risk_premium_confirm_pct": "4",
    "risk_premium_block_pct": "15",
    "risk_exposure_confirm_pct": "30",
    "risk_exposure_block_pct": "250",
    "risk_max_loss_pct": "1.5",
    "risk_touch_pct": "8",
    "risk_mid_confirm_pct": "20",
    "risk_mid_block_pct": "40",
    "risk_spread_warn_pct": "15",
    "risk_option_quote_age": "3",
    "risk_stock_quote_age": "4",
    "risk_account_age": "60",
    "risk_duplicate_seconds": "20",
    "risk_orders_per_minute": "30",
    "risk_orders_per_day": "50",
    "risk_daily_loss_pct": "3",
    "risk_position_contracts": "250",
    "risk_expiry_minutes": "90",
    "risk_first_orders": "3",
    "risk_first_contracts": "2",
    "risk_first_shares": "10",
    "risk_day_trade_rule": "pdt_legacy",
    "risk_broker_level": "Level 3",
    "risk_own_level": "Level 2",
}
