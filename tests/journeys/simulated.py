"""A world in which a week takes seconds: a loop whose time passes only while nobody has anything to do.

Everything else is real: the desk as wiring builds it, its vault, the demo gateway, TLS and WebSocket on loopback. Each
timer, time-out and pause of either side runs on the loop's time, and so do both clocks, so nothing has to be told.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, get_args

from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import Environment
from ibdesk.domain.events import Event
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.waiting import wait
from ibdesk.store import secrets
from ibdesk.store.vault import OpenVault
from ibdesk.wiring import desks
from tests.demo.door import shared_identity
from tests.services.workshop import MAIN, NOON
from tests.store.fresh import fresh_vault

Value = TypeVar("Value")
Kind = TypeVar("Kind")

#: How long (real seconds) a thread may keep the world waiting before it is looked at again.
_THREADS = 0.05
#: So often in a row the loop goes on with what it has before the sockets are looked at: looking is half of all work.
_TURNS = 4
#: No timer comes on the dot (seconds): whoever waits until more than a while has passed would ask again for ever.
_LATE = 1e-6


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop that, instead of sleeping until its next timer, moves its time there."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self.threads_at_work = 0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return self._seconds

    def skip(self, seconds: float) -> None:
        """So much time passes at once."""
        self._seconds += seconds

    def count(self, change: int) -> None:
        """One more thread works, or one less."""
        self.threads_at_work += change


class _Skipping(selectors.BaseSelector):
    """The system's selector; where it would sleep with nothing on its way, time is skipped instead."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout == 0 and self._turns < _TURNS:
            self._turns += 1
            return []
        self._turns = 0
        ready = self._real.select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.threads_at_work or timeout is None:
            return self._real.select(_THREADS)
        ready = self._real.select(0)  # what was sent a moment ago on loopback has arrived by now
        if not ready:
            self._loop.skip(timeout + _LATE)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


@contextmanager
def _threads_counted(loop: SimulatedLoop) -> Iterator[None]:
    """The world waits for threads: what they work on takes no simulated time."""
    submit = ThreadPoolExecutor.submit

    def counted(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **named: Any) -> "Future[Any]":
        loop.count(1)
        future = submit(self, fn, *args, **named)
        future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(loop.count, -1))
        return future

    ThreadPoolExecutor.submit = counted  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]


def run_simulated(work: Callable[["Time"], Coroutine[Any, Any, Value]]) -> Value:
    """Run a journey in simulated time."""
    loop = SimulatedLoop()
    with _threads_counted(loop), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work(Time(loop)))


class Time:
    """What time it is for whom. While this computer sleeps its own seconds (`ticks`) stand still and everything else
    goes on; `wrong` is how far its clock is off."""

    def __init__(self, loop: SimulatedLoop, start: datetime = NOON) -> None:
        self._loop = loop
        self._start = start
        self._slept = 0.0
        self._woke = asyncio.Event()
        self.wrong = timedelta()

    def ticks(self) -> float:
        """This computer's seconds."""
        return self._loop.time()

    def world_ticks(self) -> float:
        """Everybody else's seconds."""
        return self._loop.time() + self._slept

    def true(self) -> datetime:
        """What time it is."""
        return self._start + timedelta(seconds=self.world_ticks())

    def ours(self) -> datetime:
        """What this computer's clock shows."""
        return self.true() + self.wrong

    def sleep(self, how_long: timedelta) -> None:
        """This computer is put to sleep and woken up."""
        self._slept += how_long.total_seconds()
        woke, self._woke = self._woke, asyncio.Event()
        woke.set()

    async def until(self, instant: datetime) -> None:
        """Let the world go on until then; what this computer sleeps through passes too."""
        while (left := (instant - self.true()).total_seconds()) > 0:
            await wait(left, self._woke)

    async def pass_by(self, how_long: timedelta) -> None:
        """Let the world go on for so long, of this computer's seconds."""
        await asyncio.sleep(how_long.total_seconds())


@dataclass(kw_only=True)
class World:
    """What a journey may touch, and what it heard: failures of tasks and the newest events."""

    time: Time
    gateway: DemoGateway
    desk: Desk
    vault: OpenVault
    home: Path
    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    is_troubled: bool = False
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=2000))

    def heard(self, kind: type[Kind]) -> list[Kind]:
        """Every event of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, is_so: Callable[[], bool], within: timedelta, step: timedelta = timedelta(seconds=1)) -> bool:
        """Whether something came to be so within this (simulated) time."""
        ends = self.time.world_ticks() + within.total_seconds()
        while not is_so():
            if self.time.world_ticks() >= ends:
                return False
            await self.time.pass_by(step)
        return True


#: Prices stream so rarely that a week of them is bearable; everything else keeps its real time.
TIMINGS = DemoTimings(stream=1800.0)


@asynccontextmanager
async def simulated_desk(
    time: Time, folder: Path, *, settings: Mapping[str, str] | None = None, timings: DemoTimings = TIMINGS,
    limits: DemoLimits | None = None,
) -> AsyncIterator[World]:
    """The whole desk of a new vault, connected to a demo gateway with the broker's own limits, watching."""
    gateway = DemoGateway(
        clock=DemoClock(time.true(), ticks=time.world_ticks), timings=timings, limits=limits,
        ticks=time.world_ticks, identity=shared_identity(),
    )
    await gateway.start()
    home = folder / "home"
    vault = fresh_vault(home)
    credentials = Credentials(
        environment=Environment.DEMO, gateway_url=gateway.url, user_name="demo", account=MAIN,
        certificate_sha256=gateway.certificate_sha256,
    )
    world = desks.World(
        home=home, clock=time.ours, ticks=time.ticks, variables={}, overrides=settings or {},
        environment=Environment.DEMO, watching=True,
    )
    async with AsyncExitStack() as opened:
        opened.push_async_callback(gateway.stop)
        opened.callback(vault.close)
        desk = await desks.build_desk(
            vault, opened, world, first=lambda tx, at: secrets.save_credentials(tx, vault, credentials, at)
        )
        made = World(time=time, gateway=gateway, desk=desk, vault=vault, home=home)
        desk.tasks.on_failure = lambda name, error: made.failures.append((name, error))
        for kind in get_args(Event):
            desk.hub.subscribe(kind, made.events.append)
        yield made
