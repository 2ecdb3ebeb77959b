"""A block is seen without anything leaving."""

import asyncio
from pathlib import Path

import pytest

from ibdesk.domain.errors import Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.receipts import LoggedReceipt, Step
from ibdesk.services.blocked_trial import try_blocked
from ibdesk.store import receipts
from ibdesk.store.evidence import load_evidence
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, REAL, SHARE
from tests.services.workshop import NOON, open_database_in


async def tried(bench: OrderBench, most: int = 50_000) -> str:
    async def newest() -> LoggedReceipt:
        return (await bench.database.read(lambda tx: receipts.newest(tx, steps=(Step.BLOCKED,), limit=1)))[0]

    account = REAL if bench.mode is Mode.IBKR_LIVE else MAIN
    return await try_blocked(bench.orders, SHARE, account, most=most, now=NOON, newest_block=newest)


def test_it_leaves_a_receipt_that_counts_as_evidence_and_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            bench = OrderBench(database=database)
            assert await bench.steps(await tried(bench)) == [Step.CHECK_RUN, Step.BLOCKED]
            assert bench.broker.placed == [] and bench.book.orders == ()
            evidence = await database.read(load_evidence)
            assert evidence.blocked_at == NOON and evidence.paper_orders == 0

    asyncio.run(run())


def test_real_money_is_never_tried_with(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            bench = OrderBench(database=database, mode=Mode.IBKR_LIVE, read_only=False)
            with pytest.raises(Refused, match="paper orders alone"):
                await tried(bench)
            assert bench.broker.placed == [] and await bench.newest(Step.BLOCKED) == []

    asyncio.run(run())


def test_what_nothing_blocks_is_not_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            bench = OrderBench(database=database)
            with pytest.raises(Refused, match="Nothing blocks"):
                await tried(bench, most=1)
            assert bench.broker.placed == []

    asyncio.run(run())
