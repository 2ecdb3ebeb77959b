"""One picture into the vault: the younger stays, unless the stored one was of a time to come."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ibdesk.domain.accounts import AccountSummary
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Snapshot, Source, SyncCounts
from ibdesk.services.stored_picture import let_go, outdated, store
from ibdesk.store import snapshots
from tests.services.workshop import MAIN, NOON, open_database_in

PICTURE = Snapshot(
    account=MAIN, source=Source.TWS, as_of=NOON, received_at=NOON, ledger=(), positions=(),
    summary=AccountSummary(account=MAIN, currency=USD, as_of=NOON, received_at=NOON),
)


def test_a_younger_picture_stays_and_one_of_the_future_does_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            ahead = NOON + timedelta(hours=1)
            assert await database.write(store, replace(PICTURE, as_of=ahead, received_at=ahead)) == (SyncCounts(), None)
            assert await database.write(store, replace(PICTURE, received_at=ahead)) == (SyncCounts(), None)
            assert await database.read(snapshots.stored_as_of, MAIN, Source.TWS) == ahead
            assert await database.write(store, PICTURE) == (SyncCounts(), ahead)
            assert await database.read(snapshots.stored_as_of, MAIN, Source.TWS) == NOON

    asyncio.run(run())


def test_an_older_picture_and_a_clock_that_was_set_back_are_said() -> None:
    assert outdated(PICTURE, SyncCounts(), None) == ()
    assert "before the stored one" in outdated(PICTURE, SyncCounts(skipped=1), None)[0]
    assert "clock was set back" in outdated(PICTURE, SyncCounts(), NOON + timedelta(hours=1))[0]


def test_what_is_let_go_is_gone() -> None:
    positions = [object()] * 1001
    asyncio.run(let_go(positions))  # type: ignore[arg-type]
    assert not positions
