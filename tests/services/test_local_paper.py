"""The account of Local Paper lives in the vault, and a new one never mixes with the one before."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from ibdesk.services.local_paper import LocalPaper
from tests.services.workshop import Dial, open_database_in


def play(folder: Path, scene: Callable[[LocalPaper, Dial], Awaitable[None]]) -> None:
    async def run() -> None:
        dial = Dial()
        async with open_database_in(folder) as (_, database):
            await scene(LocalPaper(database, clock=dial, start=lambda: Decimal(25_000)), dial)

    asyncio.run(run())


def test_the_first_account_is_made_when_it_is_asked_for_and_stays(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, _dial: Dial) -> None:
        book = await local.load()
        assert (book.account, book.ledger.cash[0].amount) == ("LP0000001", 25_000)
        await local.save(replace(book, last_number=7))
        assert (await local.load()).last_number == 7

    play(tmp_path, scene)


def test_a_reset_begins_an_account_of_another_number(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, _dial: Dial) -> None:
        first = await local.load()
        fresh = await local.reset()
        assert fresh.account == "LP0000002" and fresh.orders == ()
        await local.save(first)  # a desk that still has the old one open
        assert (await local.load()).account == "LP0000002"

    play(tmp_path, scene)


def test_a_reset_counts_also_when_the_clock_was_set_back(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, dial: Dial) -> None:
        await local.load()
        dial.instant -= timedelta(days=1)
        assert (await local.reset()).account == (await local.load()).account == "LP0000002"

    play(tmp_path, scene)
