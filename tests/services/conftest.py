"""An open vault and a bench on it: what the services of orders are tested with."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibdesk.store.database import Database, open_database
from tests.services.order_bench import OrderBench
from tests.store.fresh import fresh_vault


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A new vault of this test's own."""
    vault = fresh_vault(tmp_path / "home")
    opened = open_database(vault)
    yield opened
    asyncio.run(opened.close())
    vault.close()


@pytest.fixture
def bench(database: Database) -> OrderBench:
    return OrderBench(database=database)
