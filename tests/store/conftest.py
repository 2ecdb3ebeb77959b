"""An open, migrated vault in a folder of its own, at the lowest price a passphrase may have."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from ibdesk.store import cipher
from ibdesk.store.vault import OpenVault
from tests.store.fresh import fresh_vault

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_vault(home: Path) -> Iterator[OpenVault]:
    """A new vault with all its tables."""
    made = fresh_vault(home)
    yield made
    made.close()


@pytest.fixture
def in_transaction(open_vault: OpenVault) -> Iterator[Callable[..., Any]]:
    """Run a query function in a write transaction of its own."""
    engine = cipher.engine(open_vault.paths.database, open_vault.database_key(), begin="IMMEDIATE")

    def run(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with engine.begin() as tx:
            return work(tx, *args, **named)

    yield run
    engine.dispose()


def dump(tx: Connection) -> str:
    """Everything in the database as text, decrypted; bytes both as they are and in hex."""
    driver = cipher.raw(tx)
    tables = [name for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    values = [value for table in tables for row in driver.execute(f"SELECT * FROM {table}") for value in row]  # noqa: S608
    return "\n".join(f"{v!r} {v.hex()}" if isinstance(v, bytes) else str(v) for v in values)
