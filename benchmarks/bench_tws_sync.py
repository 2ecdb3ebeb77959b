"""G8: a sync of 10,000 positions over the socket of TWS, against the bare library's receive of the same.

The demo's TWS, in another process, holds 10,000 positions. The desk's sync of that account (download, domain values,
an encrypted vault) and the bare library's account download (`reqAccountUpdatesAsync` of a connected IB, which leaves
its own objects in memory) are done in turns over connections that stand, the median of five.

Exit code 1 when the desk takes more than 1.5 times as long.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tws_bench import ACCOUNT, database_in, place_of, tws_server

from ibdesk.brokers.tws import seam
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.domain.accounts import Environment
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.settings import Settings
from ibdesk.services.hub import Hub
from ibdesk.services.sync import SyncService
from ibdesk.services.tasks import Tasks

POSITIONS, ROUNDS, GOAL = 9_976, 5, 1.5


async def run() -> int:
    asyncio.set_event_loop(asyncio.get_running_loop())
    settings, tasks = Settings(), Tasks()
    ours, theirs = [], []
    with tws_server(POSITIONS) as server, tempfile.TemporaryDirectory() as folder:
        async with database_in(Path(folder) / "home") as database:
            broker = TwsBroker(place_of(server.port), clock=server.clock)
            sync = SyncService(
                broker, session=None, hub=Hub(), tasks=tasks, database=database, environment=Environment.DEMO,
                settings=lambda: settings, clock=server.clock,
            )
            for at in range(ROUNDS + 1):
                began = time.perf_counter()
                outcome = await sync.run(ACCOUNT)
                taken = time.perf_counter() - began
                assert outcome.status is SyncStatus.SUCCESS, outcome
                assert outcome.counts.processed >= POSITIONS, outcome
                bare = await _bare(server.port)
                if at:  # the first has the server's own first answer in it, and both imports
                    ours.append(taken)
                    theirs.append(bare)
            stages = outcome.records[0].stages
            await tasks.close()
            await broker.close()
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    print(f"10,000 positions: ibdesk {statistics.median(ours):.2f} s {dict(stages)}, "
          f"bare library {statistics.median(theirs):.2f} s")
    print(("ok    " if ratio <= GOAL else "MISS  ") + f"{ratio:.2f} x the bare receive (goal <= {GOAL} x)")
    return 0 if ratio <= GOAL else 1


async def _bare(port: int) -> float:
    ib = seam.library().IB()
    await ib.client.connectAsync("127.0.0.1", port, 41)
    began = time.perf_counter()
    await ib.reqAccountUpdatesAsync(ACCOUNT)
    taken = time.perf_counter() - began
    assert len(ib.portfolio()) >= POSITIONS
    ib.disconnect()
    await asyncio.sleep(0.1)
    return taken


if __name__ == "__main__":
    raise SystemExit(asyncio.run(run()))
