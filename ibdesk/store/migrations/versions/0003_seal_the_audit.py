"""Seal the end of the audit log, and remember when the vault's keys were last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("row_hash", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "vault_dates",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_vault_dates"),
    )
    # `audit_seal` is a function of every connection of ours (cipher.py). What was there before is taken as it is.
    op.execute(
        "INSERT INTO audit_head (id, last_seq, row_hash, seal) "
        "SELECT 1, seq, row_hash, audit_seal(seq, row_hash) FROM ibkr_trading_activity_log ORDER BY seq DESC LIMIT 1"
    )
