import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.records import BackupReason
from ibdesk.store import cipher, migrations, restore, vault
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.tables import metadata
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE
from tests.store.examples import NOW

Run = Callable[..., Any]
NEWEST = migrations.revisions()[-1]
NEXT = int(NEWEST) + 1


def test_a_new_vault_gets_every_table(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    assert migrations.upgrade(made) == migrations.Upgrade(before=None, after=NEWEST)
    assert migrations.upgrade(made) == migrations.Upgrade(before=NEWEST, after=NEWEST)
    made.close()


def _steps_until(last: str, folder: Path) -> None:
    """The steps of an earlier version."""

    def later(_folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name[:4].isdigit() and name[:4] > last]

    shutil.copytree(migrations.FOLDER, folder, ignore=later)


def test_a_vault_at_the_first_step_keeps_its_rows(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    first = home / "first"
    _steps_until("0001", first)
    migrations.upgrade(made, first)
    with closing(cipher.connect(made.paths.database, made.database_key())) as connection:
        connection.execute("INSERT INTO equity_history VALUES ('DU1234567', 'portal', 1, '2.50')")
    assert migrations.upgrade(made).after == NEWEST
    with closing(cipher.connect(made.paths.database, made.database_key())) as connection:
        assert connection.execute("SELECT * FROM equity_history").fetchone() == ("DU1234567", "portal", 1, "2.50")
    made.close()


def test_a_lock_of_the_paper_environment_holds_in_both_paper_modes(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    before = home / "before"
    _steps_until("0006", before)
    migrations.upgrade(made, before)
    with closing(cipher.connect(made.paths.database, made.database_key())) as connection:
        connection.execute("INSERT INTO trading_locks VALUES ('paper', 1, 'why', NULL), ('live', 2, 'why', 3)")
    migrations.upgrade(made)
    with closing(cipher.connect(made.paths.database, made.database_key())) as connection:
        rows = connection.execute("SELECT * FROM trading_locks ORDER BY mode").fetchall()
    assert rows == [("ibkr_live", 2, "why", 3), ("ibkr_paper", 1, "why", None), ("local_paper", 1, "why", None)]
    made.close()


def test_the_steps_lead_to_the_declared_tables(in_transaction: Run) -> None:
    def differences(tx: Any) -> Any:
        return compare_metadata(MigrationContext.configure(tx, opts={"compare_type": False}), metadata)

    assert in_transaction(differences) == []


def test_the_documents_seven_tables_and_the_sync_log_are_there() -> None:
    documents = {
        "ibkr_credentials": {"gateway_url", "encrypted_username", "environment", "options_trading_level"},
        "ibkr_account_info": {
            "account_id", "account_number", "buying_power", "equity", "available_funds", "pdt_status",
            "day_trade_count", "portfolio_value",
        },
        "ibkr_positions": {"conid", "symbol", "quantity", "average_price", "market_value", "unrealized_pnl"},
        "ibkr_orders": {"order_id", "status", "symbol", "contract", "filled_quantity", "created_at", "updated_at"},
        "ibkr_session_tracking": {"status", "authenticated", "last_tickle_at", "session_expires_at"},
        "ibkr_trading_activity_log": {"at", "method", "path", "status"},
        "ibkr_compliance_acknowledgments": {"disclosure_id", "version", "sha256", "acknowledged_at"},
        "ibkr_sync_log": {"status", "errors", "processed", "new", "updated", "removed", "skipped"},
        "accounts": {"name", "broker_code", "account_identifier", "account_type", "currency"},
    }  # fmt: skip
    for name, columns in documents.items():
        assert columns <= set(metadata.tables[name].columns.keys())


def revision(open_vault: OpenVault, told: str) -> None:
    with closing(cipher.connect(open_vault.paths.database, open_vault.database_key())) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (told,))


def test_a_vault_of_a_newer_version_is_refused_and_left_alone(open_vault: OpenVault) -> None:
    revision(open_vault, "9999")
    open_vault.close()
    before = open_vault.paths.database.read_bytes()
    again = vault.open(open_vault.paths.folder, PASSPHRASE)
    with pytest.raises(Refused) as caught:
        migrations.upgrade(again)
    again.close()
    assert caught.value.cause is Cause.VAULT_NEWER
    assert open_vault.paths.database.read_bytes() == before


STEP = """
from alembic import op
revision = "{this:04}"
down_revision = "{before:04}"
branch_labels = None
depends_on = None

def upgrade():
    op.execute("CREATE TABLE later_{this} (a)")
    op.execute({last!r})
"""


@pytest.fixture
def newer(tmp_path: Path) -> Callable[..., Path]:
    """The steps of a later version: ours, and one more for each statement, which it ends with."""

    def steps(*statements: str) -> Path:
        folder = tmp_path / "steps"
        shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for this, statement in enumerate(statements, start=NEXT):
            step = STEP.format(this=this, before=this - 1, last=statement.format(this=this))
            (folder / "versions" / f"{this:04}_later.py").write_text(step)
        return folder

    return steps


def later_tables(connection: Any) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'later%'")]


def test_an_upgrade_keeps_an_encrypted_backup_that_opens(
    open_vault: OpenVault, newer: Callable[..., Path], tmp_path: Path
) -> None:
    steps = newer("INSERT INTO later_{this} VALUES (1)")
    done = migrations.upgrade(open_vault, steps)
    assert (done.before, done.after) == (NEWEST, f"{NEXT:04}")
    assert done.backup is not None
    open_vault.close()
    restored = vault.Paths(folder=tmp_path / "restored")
    told = restore.restore(done.backup, restored.folder, PASSPHRASE, now=NOW)
    assert (told.backup.reason, told.backup.revision) == (BackupReason.BEFORE_UPGRADE, NEWEST)
    again = vault.open(restored.folder, PASSPHRASE)
    with closing(cipher.connect(restored.database, again.database_key())) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
    again.close()


def test_a_step_that_fails_changes_nothing(open_vault: OpenVault, newer: Callable[..., Path]) -> None:
    steps = newer("INSERT INTO no_such_table VALUES (1)")
    with pytest.raises(Exception, match="no_such_table"):
        migrations.upgrade(open_vault, steps)
    with closing(cipher.connect(open_vault.paths.database, open_vault.database_key())) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
        assert later_tables(connection) == []


def test_a_failing_step_keeps_the_steps_before_it(open_vault: OpenVault, newer: Callable[..., Path]) -> None:
    steps = newer("INSERT INTO later_{this} VALUES (1)", "INSERT INTO no_such_table VALUES (1)")
    with pytest.raises(Exception, match="no_such_table"):
        migrations.upgrade(open_vault, steps)
    with closing(cipher.connect(open_vault.paths.database, open_vault.database_key())) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(f"{NEXT:04}",)]
        assert later_tables(connection) == [f"later_{NEXT}"]


def test_a_table_that_is_moved_does_not_take_its_children_along(
    open_vault: OpenVault, newer: Callable[..., Path]
) -> None:
    with closing(cipher.connect(open_vault.paths.database, open_vault.database_key())) as connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id REFERENCES parent (id) ON DELETE CASCADE)")
        connection.execute("INSERT INTO parent VALUES (1)")
        connection.execute("INSERT INTO child VALUES (1)")
    steps = newer("DELETE FROM parent")
    with pytest.raises(Exception, match="missing row of parent"):
        migrations.upgrade(open_vault, steps)
    with closing(cipher.connect(open_vault.paths.database, open_vault.database_key())) as connection:
        assert connection.execute("SELECT count(*) FROM child").fetchone() == (1,)
