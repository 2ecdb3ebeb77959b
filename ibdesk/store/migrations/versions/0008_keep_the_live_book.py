"""Keep what a stream says of positions, its course, and show executions as `trades`."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "positions",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("conid", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("qty", sa.String(), nullable=False),
        sa.Column("avg_cost", sa.String(), nullable=True),
        sa.Column("unrealized_pnl", sa.String(), nullable=True),
        sa.Column("daily_pnl", sa.String(), nullable=True),
        sa.Column("market_value", sa.String(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "conid", "source", name="pk_positions"),
    )
    op.create_table(
        "position_snapshots",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("conid", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("qty", sa.String(), nullable=False),
        sa.Column("avg_cost", sa.String(), nullable=True),
        sa.Column("market_value", sa.String(), nullable=True),
        sa.Column("unrealized_pnl", sa.String(), nullable=True),
        sa.Column("realized_pnl", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "conid", "source", "at", name="pk_position_snapshots"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_position_snapshots_account_id_at", "position_snapshots", ["account_id", "at"])
    op.execute("""
        CREATE VIEW trades AS
        SELECT exec_id, account_id, conid, order_id, at AS time, side, quantity AS qty, price,
               json_extract(body, '$.execution.instrument.symbol') AS symbol,
               json_extract(body, '$.execution.instrument.currency') AS currency,
               commission,
               json_extract(body, '$.commission.currency') AS commission_currency,
               json_extract(body, '$.commission.realized') AS realized_pnl
        FROM executions
    """)
