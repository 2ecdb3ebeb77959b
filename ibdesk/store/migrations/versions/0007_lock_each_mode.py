"""Keep the lock on trading for each mode: Local Paper and IBKR Paper had one between them, which both keep."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("trading_locks", "environment", new_column_name="mode")
    op.execute(
        "INSERT INTO trading_locks (mode, at, reason, until) "
        "SELECT 'local_paper', at, reason, until FROM trading_locks WHERE mode = 'paper'"
    )
    op.execute("UPDATE trading_locks SET mode = 'ibkr_' || mode WHERE mode IN ('paper', 'live')")
