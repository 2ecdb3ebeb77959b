"""G7: from choosing an expiry to 17 strikes at the money with prices, cold and with the contracts known.

The desk's own service asks a demo gateway in another process, over TLS, through the request budget of ten a second.
Cold: each expiry for the first time, compared with what the budget permits for the requests that were made. Cached: the
same expiry chosen again, compared with one bare aiohttp snapshot of the same contracts on a warm connection.
Medians over several expiries.

Prints each ratio with its goal; exit code 1 when one is missed.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp

from ibdesk.brokers.base import Connection
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.brokers.portal.parse.market import FIELDS
from ibdesk.domain.accounts import Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.chains import Chain, Expiry
from ibdesk.domain.instruments import Conid
from ibdesk.services.chains import Chains, Underlying

ROOT = Path(__file__).resolve().parent.parent
SPY, STRIKES, EXPIRIES, A_SECOND = Conid(756733), 17, 4, 10
COLD_GOAL, CACHED_GOAL = 1.2, 1.5
SERVER = """
import asyncio
from ibdesk.demo.gateway import serve
from ibdesk.demo.timings import DemoLimits
asyncio.run(serve(limits=DemoLimits.off()))
"""


async def priced(chains: Chains, underlying: Underlying, expiry: Expiry) -> tuple[float, Chain]:
    """Seconds until the band is there with prices."""
    begin = time.perf_counter()
    steps = chains.follow(underlying, expiry)
    async for chain in steps:
        if chain.is_priced:
            taken = time.perf_counter() - begin
            await steps.aclose()
            return taken, chain
    raise RuntimeError("the chain has no prices")


async def bare(http: aiohttp.ClientSession, url: str, chain: Chain) -> float:
    """Seconds for one snapshot of the chain's contracts."""
    conids = [str(each.conid) for row in chain.rows for each in (row.call, row.put) if each is not None]
    query = {"conids": ",".join(conids), "fields": ",".join(FIELDS)}
    begin = time.perf_counter()
    async with http.get(f"{url}/v1/api{endpoints.QUOTES}", params=query) as answer:
        await answer.read()
    return time.perf_counter() - begin


async def run(url: str, certificate: str) -> tuple[list[float], list[float], list[float], list[int]]:
    calls: list[ApiCall] = []
    broker = PortalBroker(
        Connection(url=url, environment=Environment.DEMO, certificate_sha256=certificate,
                   timeout=timedelta(seconds=30), requests_per_second=A_SECOND),
        on_call=calls.append, on_rate=lambda rate: None, clock=lambda: datetime.now(UTC),
    )  # fmt: skip
    cold: list[float] = []
    again: list[float] = []
    snapshots: list[float] = []
    made: list[int] = []
    async with AsyncExitStack() as opened:
        await broker.open()
        opened.push_async_callback(broker.close)
        assert broker.market is not None and broker.session is not None
        await broker.session.open_brokerage()
        chains = Chains(broker.market, session=None, clock=lambda: datetime.now(UTC))
        http = await opened.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)))
        underlying = await chains.open(SPY)
        expiries = [(await chains.expiries(underlying, month))[-1] for month in underlying.months[:EXPIRIES]]
        for expiry in expiries:
            await asyncio.sleep(1.1)  # a budget that is full again
            before = len(calls)
            taken, chain = await priced(chains, underlying, expiry)
            assert len(chain.rows) >= STRIKES, len(chain.rows)
            cold.append(taken)
            made.append(len(calls) - before)
            for _ in range(5):
                await asyncio.sleep(0.3)
                again.append((await priced(chains, underlying, expiry))[0])
                snapshots.append(await bare(http, url, chain))
    return cold, again, snapshots, made


def main() -> int:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout is not None
        line = json.loads(server.stdout.readline())
        cold, again, snapshots, made = asyncio.run(run(line["portal"], line["certificate_sha256"]))
    finally:
        server.terminate()
        server.wait()
    allowed = [count / A_SECOND for count in made]
    first = median(taken / most for taken, most in zip(cold, allowed, strict=True))
    cached = median(again) / median(snapshots)
    print(f"cold {median(cold):.2f} s for {median(made):.0f} requests, which the budget permits in "
          f"{median(allowed):.2f} s; cached {median(again) * 1000:.1f} ms, a bare snapshot "
          f"{median(snapshots) * 1000:.1f} ms")  # fmt: skip
    held = first <= COLD_GOAL and cached <= CACHED_GOAL
    print(f"G7 chain, cold: {first:.2f} x (goal: at most {COLD_GOAL}) {'held' if first <= COLD_GOAL else 'MISSED'}")
    print(f"G7 chain, cached: {cached:.2f} x (goal: at most {CACHED_GOAL}) "
          f"{'held' if cached <= CACHED_GOAL else 'MISSED'}")  # fmt: skip
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
