"""Every fault by its name: while it lasts nothing wrong is stored; once it is over the desk mends itself."""

import asyncio
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys.simulated import Time, run_simulated, simulated_desk
from tests.journeys.troubles import TROUBLES, Recovery, check_doings, check_stored, heal, own_log, person, settle

#: A person signs in within minutes, the penalty box lasts a quarter of an hour, a sync comes every five minutes.
RECOVERS_WITHIN = timedelta(minutes=25)


@pytest.mark.parametrize("name", TROUBLES)
def test_a_fault_ends_and_leaves_the_desk_whole(name: str, tmp_path: Path) -> None:
    async def journey(time: Time) -> None:
        chance = random.Random(name)
        async with simulated_desk(time, tmp_path, settings={"sync_interval": "300"}) as world:
            somebody = asyncio.create_task(person(world, chance))  # noqa: TID251 - the test holds it
            try:
                await settle(world)
                await TROUBLES[name].hurts(world, chance)
                for _ in range(4):
                    await time.pass_by(timedelta(minutes=chance.uniform(1, 5)))
                    await check_stored(world, figures=not TROUBLES[name].spoils)
                await heal(world)
                assert await Recovery(world).within(RECOVERS_WITHIN), world.desk.session
                await check_stored(world)
                await check_doings(world, log)
            finally:
                somebody.cancel()
                await asyncio.wait([somebody])

    with own_log() as log:
        run_simulated(journey)


FULL_DISK = """
import asyncio, logging, resource, sys
from pathlib import Path
from ibdesk.store.check import check
from tests.services.workshop import workshop

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    async with workshop(Path(sys.argv[1])) as bench:
        await bench.session.refresh()
        await bench.sync.run()
        before = await bench.book.pages()
        log = next(Path(sys.argv[1]).rglob("*.vault-wal"))
        for more in (0, 4096, 9000, 20000):
            limit(log.stat().st_size + more)
            outcome = await bench.sync.run()
            limit(resource.RLIM_INFINITY)
            after = await bench.book.pages()
            print(more, outcome.status, sorted({each.cause for each in outcome.records}))
            for was, now in zip(before, after, strict=True):
                assert len(now.rows) == len(was.rows)
                assert now.received_at == now.summary.received_at
        outcome = await bench.sync.run()
        print(outcome.status, (await check(bench.database)).findings)

logging.disable(logging.CRITICAL)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_a_disk_that_fills_during_a_sync_is_named_and_costs_nothing_stored(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False, timeout=50,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    *full, last = told.stdout.splitlines()
    assert "0 failed ['disk_full']" in full, told.stdout
    assert last == "success ()"
