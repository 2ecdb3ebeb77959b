"""What the benchmarks of the socket share: the demo's TWS in a process of its own that does as it is told, the live
figures in a window in front of it, and a probe that tells how late that window's loop is."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import qasync
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.line import LineState
from ibdesk.domain.positions import Source
from ibdesk.domain.settings import ThemeName
from ibdesk.services.live_pnl import LivePnl
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.ui import theme
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.live.view import LiveView

ACCOUNT = AccountId("DU7654321")
PASSPHRASE = "four dry benches in the rain"
#: How often the probe asks to be called, in seconds.
EVERY = 0.005

SERVER = """
import asyncio, json, sys, time
from decimal import Decimal
from ibdesk.demo.clock import DemoClock, default_start
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tickets import DemoLeg, Ticket
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.orders import Side, TimeInForce
from datetime import UTC, datetime

async def trade(service, count):
    floor = service.floor
    listings = [one for one in floor.catalogue if one.asset_class == "STK" and one.currency == "USD"][:40]
    for at in range(count):
        one = listings[at % len(listings)]
        floor.exchange.place([Ticket(
            account="DU7654321", legs=(DemoLeg(listing=one),), conidex=str(one.conid),
            side=Side.BUY if at // len(listings) % 2 else Side.SELL, wire_type="MKT", quantity=Decimal(1), limit=None,
            stop=None, trail=None, tif=TimeInForce.DAY, outside_hours=False, ref=f"b{len(floor.exchange.orders)}",
            parent="", is_group=False, is_manual=True)], floor.now)
    while any(not one.is_over for one in floor.exchange.orders.values()):
        await asyncio.sleep(0.05)
        floor.exchange.run(floor.now)

async def main(extra):
    clock = DemoClock(default_start(datetime.now(UTC)), ticks=time.monotonic)
    gateway = DemoGateway(clock=clock, extra_positions=extra)
    service = gateway.tws_service(timings=TwsTimings(pulse=0.02, pnl=0.05), master=1)
    service.faults.pacing(False)
    await service.start()
    loop = asyncio.get_running_loop()
    print(json.dumps({"port": service.port, "now": clock.now().isoformat()}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, *rest = json.loads(line)
        told = {}
        if word == "storm":
            service.faults.storm(rest[0])
        elif word == "sent":
            told["steps"] = {one.id: one.storm_step for one in service.clients}
        elif word == "trade":
            await trade(service, rest[0])
        elif word == "kill":
            await service.kill()
        elif word == "start":
            await service.start()
        told["executions"] = len([one for one in service.executions if not one.is_combo])
        print(json.dumps(told), flush=True)
    await service.stop()

asyncio.run(main(int(sys.argv[1])))
"""


class Server:
    """The demo's TWS in another process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        told = self._heard()
        self.port = int(told["port"])
        self._began, self._now = time.monotonic(), datetime.fromisoformat(told["now"])

    def clock(self) -> datetime:
        """The desk's clock, on the day the server has."""
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def tell(self, *words: object) -> dict[str, Any]:
        """Have it do something and wait until it is done: blocks."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return self._heard()

    async def ask(self, *words: object) -> dict[str, Any]:
        """The same without holding the loop."""
        return await asyncio.get_running_loop().run_in_executor(None, self.tell, *words)


@contextmanager
def tws_server(extra: int) -> Iterator[Server]:
    """A TWS whose main account holds `extra` positions more than usual."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(extra)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )  # fmt: skip
    try:
        yield Server(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


def place_of(port: int) -> TwsPlace:
    return TwsPlace(host="127.0.0.1", port=port, environment=Environment.DEMO, read_only=True)


async def until(is_so: Callable[[], bool], within: float = 60.0, every: float = 0.005) -> None:
    """Wait for something. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not is_so():  # noqa: ASYNC110 - nobody tells it
            await asyncio.sleep(every)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The live view, the book behind it, and where it is kept."""

    live: LivePnl
    view: LiveView
    broker: TwsBroker
    database: Database

    async def is_whole(self) -> None:
        """Everything held has its figures."""
        await until(lambda: self.live.line.state is LineState.UP and not self.live.line.left)
        await until(lambda: all(row.told is not None for row in self.live.book.shown if row.quantity))


@asynccontextmanager
async def database_in(folder: Path) -> AsyncIterator[Database]:
    """A new vault's."""
    vault, _ = vaults.create(folder, PASSPHRASE, cost=LOWEST_COST)
    database = open_database(vault)
    try:
        yield database
    finally:
        await database.close()
        vault.close()


@asynccontextmanager
async def live_window(
    server: Server, *, clock: Callable[[], datetime] | None = None, wait: Wait = wait
) -> AsyncIterator[Window]:
    """The services of the socket on a vault of their own, drawn by the live view of a desk that does nothing else."""
    desk = await wiring.open_demo_desk(watching=False)
    clock = clock or server.clock
    with tempfile.TemporaryDirectory() as folder:
        try:
            async with database_in(Path(folder) / "home") as database:
                broker = TwsBroker(place_of(server.port), clock=clock)
                assert broker.stream is not None
                live = LivePnl(
                    broker.stream, source=Source.TWS, hub=desk.hub, tasks=desk.tasks, database=database, clock=clock,
                    wait=wait,
                )
                await live.open()
                own = replace(desk, live_pnl=live, clock=clock)
                bridge = Bridge(desk.tasks)
                bridge.listen(desk.hub)
                view = LiveView(own, bridge, QSettings(os.devnull, QSettings.Format.IniFormat))
                view.resize(1104, 700)
                view.show()
                try:
                    yield Window(live=live, view=view, broker=broker, database=database)
                finally:
                    bridge.deafen()
                    view.close()
                    await desk.tasks.close()
                    await live.close()
                    await broker.close()
        finally:
            await desk.close()


async def lateness(seconds: float) -> float:
    """The 99th percentile in milliseconds of how late the loop calls back."""
    loop, late = asyncio.get_running_loop(), list[float]()
    ends = loop.time() + seconds
    while (due := loop.time() + EVERY) < ends:
        rung: asyncio.Future[float] = loop.create_future()
        loop.call_at(due, lambda rung=rung: rung.set_result(loop.time()))  # type: ignore[misc]
        late.append(max(await rung - due, 0.0) * 1000)
    return sorted(late)[int(len(late) * 0.99)]


def on_qt(work: Callable[[], Any]) -> Any:
    """Run a coroutine function on Qt's loop as the application does."""
    sys.setswitchinterval(0.0005)
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setQuitOnLastWindowClosed(False)
    theme.apply(qt, theme.Theme(name=ThemeName.DARK))
    loop = qasync.QEventLoop(qt, already_running=False)
    asyncio.set_event_loop(loop)
    with loop:
        return loop.run_until_complete(work())
