"""Every table of the vault, typed. The names starting with `ibkr_` and their columns are the documents' own.

Rows are the record of what a source said; `series_chunks` alone is a cache that can be thrown away.
Amounts are text, instants integer microseconds (see `columns.py`); None is "not reported", never zero.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    Named,
    Table,
    TypedColumns,
    UniqueConstraint,
)

from ibdesk.store import order_tables, pnl_tables  # noqa: F401 - trading and the live book are part of the vault
from ibdesk.store.columns import DayText, DecimalText, UtcInstant
from ibdesk.store.schema import metadata as metadata

JsonMap = dict[str, int]


class AccountColumns(TypedColumns):
    id = Column(Integer, primary_key=True)
    name: Named[str]
    broker_code: Named[str]
    account_identifier: Named[str]
    account_type: Named[str]
    currency: Named[str]


accounts = Table("accounts", metadata, AccountColumns, UniqueConstraint("broker_code", "account_identifier"))


class CredentialColumns(TypedColumns):
    """How one environment is reached. The user name is AES-256-GCM inside the encrypted file."""

    environment: Named[str] = Column(primary_key=True)
    gateway_url: Named[str]
    gateway_host: Named[str]
    gateway_port: Named[int]
    gateway_ssl: Named[int]
    encrypted_username: Named[bytes] = Column(LargeBinary)
    key_version: Named[int]
    account_id: Named[str]
    certificate_sha256: Named[str]
    options_trading_level: Named[int | None]
    updated_at: Named[datetime] = Column(UtcInstant())


ibkr_credentials = Table(
    "ibkr_credentials",
    metadata,
    CredentialColumns,
    CheckConstraint("environment IN ('demo', 'paper', 'live')", name="environment"),
)


class FlexQueryColumns(TypedColumns):
    """The queries of the broker's Flex service. `service_url` is empty for the broker's own."""

    label: Named[str] = Column(primary_key=True)
    query_id: Named[str]
    encrypted_token: Named[bytes] = Column(LargeBinary)
    key_version: Named[int]
    service_url: Named[str]
    certificate_sha256: Named[str]
    added_at: Named[datetime] = Column(UtcInstant())


flex_queries = Table("flex_queries", metadata, FlexQueryColumns)


class AccountInfoColumns(TypedColumns):
    """The account and its figures as one source last told them.

    `portfolio_value` is net liquidation, `equity` is equity with loan value. `day_trade_count` is what the legacy rule
    counts: 3 minus the broker's day trades remaining today, where that is 0 to 3 (FINRA 4210, before June 2026).
    `as_of` and `received_at` are the whole picture's, `figures_…` those of its figures, `pnl_…` the running figures.
    """

    account_id: Named[str] = Column(primary_key=True)
    source: Named[str] = Column(primary_key=True)
    account_number: Named[str]
    currency: Named[str]
    as_of: Named[datetime] = Column(UtcInstant())
    received_at: Named[datetime] = Column(UtcInstant())
    figures_as_of: Named[datetime] = Column(UtcInstant())
    figures_received_at: Named[datetime] = Column(UtcInstant())
    portfolio_value: Named[Decimal | None] = Column(DecimalText())
    total_cash: Named[Decimal | None] = Column(DecimalText())
    equity: Named[Decimal | None] = Column(DecimalText())
    previous_equity: Named[Decimal | None] = Column(DecimalText())
    available_funds: Named[Decimal | None] = Column(DecimalText())
    excess_liquidity: Named[Decimal | None] = Column(DecimalText())
    buying_power: Named[Decimal | None] = Column(DecimalText())
    initial_margin: Named[Decimal | None] = Column(DecimalText())
    maintenance_margin: Named[Decimal | None] = Column(DecimalText())
    gross_position_value: Named[Decimal | None] = Column(DecimalText())
    cushion: Named[Decimal | None] = Column(DecimalText())
    sma: Named[Decimal | None] = Column(DecimalText())
    accrued_cash: Named[Decimal | None] = Column(DecimalText())
    accrued_dividend: Named[Decimal | None] = Column(DecimalText())
    pdt_status: Named[int | None]
    day_trade_count: Named[int | None]
    day_trades_remaining: Named[list[int | None]] = Column(JSON)
    margin_type: Named[str]
    pnl_as_of: Named[datetime | None] = Column(UtcInstant())
    pnl_daily: Named[Decimal | None] = Column(DecimalText())
    pnl_unrealized: Named[Decimal | None] = Column(DecimalText())
    pnl_net_liquidation: Named[Decimal | None] = Column(DecimalText())
    pnl_excess_liquidity: Named[Decimal | None] = Column(DecimalText())


ibkr_account_info = Table("ibkr_account_info", metadata, AccountInfoColumns)


class AccountMetadataColumns(TypedColumns):
    """What the broker says an account is; one row per account, whatever the source of its figures."""

    account_id: Named[str] = Column(primary_key=True)
    title: Named[str]
    currency: Named[str]
    is_paper: Named[int]
    margin_type: Named[str]
    customer_type: Named[str]
    entity: Named[str]
    alias: Named[str]
    lite: Named[int | None]
    shown_order: Named[int]
    seen_at: Named[datetime] = Column(UtcInstant())


ibkr_account_metadata = Table("ibkr_account_metadata", metadata, AccountMetadataColumns)


class LedgerColumns(TypedColumns):
    account_id: Named[str] = Column(primary_key=True)
    currency: Named[str] = Column(primary_key=True)
    source: Named[str] = Column(primary_key=True)
    rate: Named[Decimal] = Column(DecimalText())
    cash: Named[Decimal] = Column(DecimalText())
    settled_cash: Named[Decimal | None] = Column(DecimalText())
    net_liquidation: Named[Decimal | None] = Column(DecimalText())
    interest: Named[Decimal | None] = Column(DecimalText())
    dividends: Named[Decimal | None] = Column(DecimalText())
    unrealized_pnl: Named[Decimal | None] = Column(DecimalText())
    realized_pnl: Named[Decimal | None] = Column(DecimalText())
    as_of: Named[datetime] = Column(UtcInstant())
    closed_at: Named[datetime | None] = Column(UtcInstant())


ledger_lines = Table("ledger_lines", metadata, LedgerColumns)


class PositionColumns(TypedColumns):
    """A holding as one source last told it. `closed_at` is set when a newer snapshot no longer has it."""

    account_id: Named[str] = Column(primary_key=True)
    conid: Named[int] = Column(BigInteger, primary_key=True)
    source: Named[str] = Column(primary_key=True)
    symbol: Named[str]
    name: Named[str]
    asset_class: Named[str]
    broker_class: Named[str]
    currency: Named[str]
    multiplier: Named[Decimal] = Column(DecimalText())
    exchange: Named[str]
    sector: Named[str]
    expiry: Named[date | None] = Column(DayText())
    option_right: Named[str | None]
    strike: Named[Decimal | None] = Column(DecimalText())
    option_expiry: Named[date | None] = Column(DayText())
    underlying_conid: Named[int | None] = Column(BigInteger)
    quantity: Named[Decimal] = Column(DecimalText())
    average_price: Named[Decimal | None] = Column(DecimalText())
    average_cost: Named[Decimal | None] = Column(DecimalText())
    current_price: Named[Decimal | None] = Column(DecimalText())
    market_value: Named[Decimal | None] = Column(DecimalText())
    unrealized_pnl: Named[Decimal | None] = Column(DecimalText())
    realized_pnl: Named[Decimal | None] = Column(DecimalText())
    shown_order: Named[int]
    as_of: Named[datetime] = Column(UtcInstant())
    closed_at: Named[datetime | None] = Column(UtcInstant())


ibkr_positions = Table("ibkr_positions", metadata, PositionColumns)


class SessionColumns(TypedColumns):
    id = Column(Integer, primary_key=True)
    at: Named[datetime] = Column(UtcInstant())
    environment: Named[str]
    status: Named[str]
    authenticated: Named[int]
    competing: Named[int]
    last_tickle_at: Named[datetime | None] = Column(UtcInstant())
    session_expires_at: Named[datetime | None] = Column(UtcInstant())
    message: Named[str]


ibkr_session_tracking = Table("ibkr_session_tracking", metadata, SessionColumns)


class ActivityColumns(TypedColumns):
    """Every call to the broker. Append-only (triggers refuse the rest) and chained (see `audit.py`)."""

    seq: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    at: Named[datetime] = Column(UtcInstant())
    environment: Named[str]
    channel: Named[str]
    method: Named[str]
    path: Named[str]
    status: Named[int | None]
    outcome: Named[str]
    milliseconds: Named[int]
    bytes_out: Named[int] = Column(BigInteger)
    bytes_in: Named[int] = Column(BigInteger)
    detail: Named[str]
    prev_hash: Named[str]
    row_hash: Named[str]


ibkr_trading_activity_log = Table("ibkr_trading_activity_log", metadata, ActivityColumns)


class AuditHeadColumns(TypedColumns):
    """One row: where the log above ends, sealed with a key of the vault, so that a cut-off end is noticed."""

    id: Named[int] = Column(Integer, primary_key=True)
    last_seq: Named[int]
    row_hash: Named[str]
    seal: Named[str]


audit_head = Table("audit_head", metadata, AuditHeadColumns)


class VaultDateColumns(TypedColumns):
    """When something was last done to the vault as a whole, such as changing its key."""

    name: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcInstant())


vault_dates = Table("vault_dates", metadata, VaultDateColumns)


class AcknowledgmentColumns(TypedColumns):
    """Proof that a person acknowledged a text. Append-only."""

    id = Column(Integer, primary_key=True)
    disclosure_id: Named[str]
    version: Named[str]
    sha256: Named[str]
    statement_sha256: Named[str]
    shown_at: Named[datetime] = Column(UtcInstant())
    acknowledged_at: Named[datetime] = Column(UtcInstant())
    account_hash: Named[str]
    app_version: Named[str]
    method: Named[str]


ibkr_compliance_acknowledgments = Table("ibkr_compliance_acknowledgments", metadata, AcknowledgmentColumns)


class SyncColumns(TypedColumns):
    id = Column(Integer, primary_key=True)
    account_id: Named[str | None]
    source: Named[str]
    started_at: Named[datetime] = Column(UtcInstant())
    finished_at: Named[datetime] = Column(UtcInstant())
    status: Named[str]
    processed: Named[int]
    new: Named[int]
    updated: Named[int]
    removed: Named[int]
    skipped: Named[int]
    stages: Named[JsonMap] = Column(JSON)
    errors: Named[list[str]] = Column(JSON)
    cause: Named[str]
    next_at: Named[datetime | None] = Column(UtcInstant())


ibkr_sync_log = Table(
    "ibkr_sync_log",
    metadata,
    SyncColumns,
    CheckConstraint("status IN ('success', 'partial', 'failed', 'skipped')", name="status"),
)


class EquityColumns(TypedColumns):
    account_id: Named[str] = Column(primary_key=True)
    source: Named[str] = Column(primary_key=True)
    as_of: Named[datetime] = Column(UtcInstant(), primary_key=True)
    net_liquidation: Named[Decimal] = Column(DecimalText())


equity_history = Table("equity_history", metadata, EquityColumns, sqlite_with_rowid=False)


class PriceColumns(TypedColumns):
    conid: Named[int] = Column(BigInteger, primary_key=True)
    bar: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcInstant(), primary_key=True)
    open: Named[Decimal] = Column(DecimalText())
    high: Named[Decimal] = Column(DecimalText())
    low: Named[Decimal] = Column(DecimalText())
    close: Named[Decimal] = Column(DecimalText())
    received_at: Named[datetime] = Column(UtcInstant())


price_history = Table("price_history", metadata, PriceColumns, sqlite_with_rowid=False)


class SymbolColumns(TypedColumns):
    """The contract a symbol (upper case) stood for when the broker was last asked."""

    symbol: Named[str] = Column(primary_key=True)
    conid: Named[int] = Column(BigInteger)
    found_at: Named[datetime] = Column(UtcInstant())


known_symbols = Table("known_symbols", metadata, SymbolColumns)


class ChunkColumns(TypedColumns):
    """Stretches of a long series as binary doubles, for drawing: a cache of `equity_history`, rebuilt when missing."""

    series: Named[str] = Column(primary_key=True)
    first_at: Named[datetime] = Column(UtcInstant(), primary_key=True)
    last_at: Named[datetime] = Column(UtcInstant())
    points: Named[bytes] = Column(LargeBinary)


series_chunks = Table("series_chunks", metadata, ChunkColumns)
