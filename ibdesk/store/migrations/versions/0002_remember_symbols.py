"""Remember which contract a symbol stood for, so that kept prices are found again without the broker."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_symbols",
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("conid", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_known_symbols"),
    )
