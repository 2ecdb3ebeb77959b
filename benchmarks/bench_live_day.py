"""G8: a trading day of 500 positions, live: the memory it takes.

Six and a half hours pass in 65 seconds: clock and pauses of the desk run 360 times as fast, the demo's TWS, in another
process, tells as many running figures as 500 positions have in a day when each is told every five seconds, and forty
orders are executed every half hour. The book is written to an encrypted vault once a minute of that day, and drawn by
the live view. Memory is what the process holds after a collection; the first hour is for everything made once.

Exit code 1 when it grew by 5 % or more after the first hour, or a print is missing.
"""

import asyncio
import gc
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import psutil
from tws_bench import ACCOUNT, live_window, on_qt, tws_server

from ibdesk.services.waiting import wait
from ibdesk.store import trades

POSITIONS, HOURS, SECONDS, EVERY_S = 476, 6.5, 65.0, 5.0
SPEED = HOURS * 3600 / SECONDS
RATE = int((POSITIONS + 24) / EVERY_S * SPEED)
GROWTH_GOAL = 5.0


def held_mb() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


async def run() -> int:
    began = time.perf_counter()

    def clock() -> datetime:
        return server.clock() + timedelta(seconds=(time.perf_counter() - began) * (SPEED - 1))

    async def hasty(seconds: float, woken: asyncio.Event) -> None:
        await wait(seconds / SPEED, woken)

    sizes: list[tuple[float, float]] = []
    with tws_server(POSITIONS) as server:
        async with live_window(server, clock=clock, wait=hasty) as window:
            window.live.start()
            await window.is_whole()
            started, cpu = time.perf_counter(), time.process_time()
            await server.ask("storm", RATE)
            for half in range(int(HOURS * 2)):
                await server.ask("trade", 40)
                await asyncio.sleep(max(0.0, started + (half + 1) * SECONDS / HOURS / 2 - time.perf_counter()))
                sizes.append(((half + 1) / 2, held_mb()))
            share = 100 * (time.process_time() - cpu) / (time.perf_counter() - started)
            executions = (await server.ask("storm", 0))["executions"]
            async with asyncio.timeout(20):
                while True:
                    stored = await window.database.read(trades.load_fills, ACCOUNT)
                    stored += await window.database.read(trades.load_fills, "DU7654322")
                    if len(stored) >= executions and all(each.commission is not None for each in stored):
                        break
                    await asyncio.sleep(0.2)
            is_whole = len(stored) == executions
    print("MB after each half hour: " + ", ".join(f"{size:.0f}" for _, size in sizes))
    first = max(size for hour, size in sizes if hour <= 1.0)
    growth = 100 * (sizes[-1][1] / first - 1)
    print(f"{RATE:,} figures a second at {SPEED:.0f} times the speed, CPU {share:.0f} % of a core")
    is_flat = growth < GROWTH_GOAL
    print(("ok    " if is_flat else "MISS  ") + f"{growth:+.1f} % after the first hour (goal < {GROWTH_GOAL:.0f} %)")
    print(("ok    " if is_whole else "MISS  ") + f"{len(stored)} prints of {executions}, with their commissions")
    return 0 if is_flat and is_whole else 1


if __name__ == "__main__":
    raise SystemExit(on_qt(run))
