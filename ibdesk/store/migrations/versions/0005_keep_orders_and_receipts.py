"""Keep order intents, orders, executions, drafts, the trading lock and the chained compliance receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: What the first row of the audit seals.
GENESIS = "0" * 64
APPEND_ONLY = ("trading_compliance_log", "order_intents")


def upgrade() -> None:
    # A log that was never written is sealed as empty, so that taking away every row with the seal shows too.
    op.execute(
        sa.text(
            "INSERT INTO audit_head (id, last_seq, row_hash, seal) SELECT 1, 0, :genesis, audit_seal(0, :genesis) "
            "WHERE NOT EXISTS (SELECT 1 FROM audit_head) AND NOT EXISTS (SELECT 1 FROM ibkr_trading_activity_log)"
        ).bindparams(genesis=GENESIS)
    )
    op.create_table(
        "trading_compliance_log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts_utc", sa.BigInteger(), nullable=False),
        sa.Column("ts_monotonic", sa.BigInteger(), nullable=False),
        sa.Column("et_trade_date", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("account_hash", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("client_order_ref", sa.String(), nullable=False),
        sa.Column("broker_order_id", sa.String(), nullable=False),
        sa.Column("order_snapshot", sa.String(), nullable=False),
        sa.Column("market_snapshot", sa.String(), nullable=False),
        sa.Column("account_snapshot", sa.String(), nullable=False),
        sa.Column("preview", sa.String(), nullable=False),
        sa.Column("rule_set_id", sa.String(), nullable=False),
        sa.Column("rules_hash", sa.String(), nullable=False),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("checks", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("override_reason", sa.String(), nullable=False),
        sa.Column("broker_text", sa.String(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("row_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_trading_compliance_log"),
    )
    op.create_index("ix_trading_compliance_log_correlation_id", "trading_compliance_log", ["correlation_id"])
    op.create_table(
        "compliance_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("row_hash", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_compliance_head"),
    )
    op.create_table(
        "order_intents",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("draft_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_order_intents"),
        sa.UniqueConstraint("draft_id", name="uq_order_intents_draft_id"),
    )
    # Nothing was ever written to the orders of the first step: they were declared before there was trading.
    op.drop_table("ibkr_orders")
    op.create_table(
        "ibkr_orders",
        sa.Column("order_key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("client_order_ref", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("conid", sa.BigInteger(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("order_type", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("limit_price", sa.String(), nullable=True),
        sa.Column("stop_price", sa.String(), nullable=True),
        sa.Column("filled_quantity", sa.String(), nullable=False),
        sa.Column("average_fill_price", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("filled_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("order_key", name="pk_ibkr_orders"),
    )
    op.create_index("ix_ibkr_orders_account_id_updated_at", "ibkr_orders", ["account_id", "updated_at"])
    op.create_table(
        "executions",
        sa.Column("exec_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("client_order_ref", sa.String(), nullable=True),
        sa.Column("conid", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("price", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("commission", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("replaced", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("exec_id", name="pk_executions"),
    )
    op.create_index("ix_executions_account_id_at", "executions", ["account_id", "at"])
    op.create_table(
        "order_drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_drafts"),
    )
    op.create_table(
        "remembered_answers",
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode NOT LIKE '%live%'", name="ck_remembered_answers_never_live"),
        sa.PrimaryKeyConstraint("mode", "question_id", name="pk_remembered_answers"),
    )
    op.create_table(
        "trading_locks",
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("environment", name="pk_trading_locks"),
    )
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
