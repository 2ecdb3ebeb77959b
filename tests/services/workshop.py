"""A vault, a demo gateway and the real adapter on a bench, with the services around them and a clock to turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ibdesk.brokers.base import Connection
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.brokers.portal.stream import StreamTimings
from ibdesk.brokers.throttle import Budget
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.events import Event, RateChanged
from ibdesk.domain.settings import Settings
from ibdesk.services.activity import Activity
from ibdesk.services.book import Book
from ibdesk.services.hub import Hub
from ibdesk.services.session import SessionService
from ibdesk.services.sync import SyncService
from ibdesk.services.tasks import Tasks
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from tests.store.fresh import fresh_vault

PASSPHRASE = "correct horse battery staple"
MAIN, SECOND = AccountId("DU7654321"), AccountId("DU7654322")
NOON = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)

#: The stream's patience in the budget's seconds, a thousand of which make one.
LIVELY = StreamTimings(
    greeting_within=20_000, silence_means_death=15_000, say_tic_every=60_000, renew_after=540_000, first_rest=0.05,
    longest_rest=0.2,
)

E = TypeVar("E")


def beside(work: Coroutine[Any, Any, E]) -> "asyncio.Task[E]":
    """Run work beside the test, which awaits it."""
    return asyncio.create_task(work)  # noqa: TID251 - the test holds it


class Dial:
    """A clock that moves when it is told to, and the waiting that goes with it. `advance` lets time pass; setting
    `instant` moves the wall clock alone, as a sleep or a person does."""

    def __init__(self, start: datetime = NOON) -> None:
        self.instant = start
        self.passed = timedelta()
        self._waiting: list[tuple[timedelta, asyncio.Event]] = []

    def __call__(self) -> datetime:
        return self.instant

    def ticks(self) -> float:
        """The loop's own seconds."""
        return self.passed.total_seconds()

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        rung = asyncio.Event()
        self._waiting.append((self.passed + timedelta(seconds=seconds), rung))
        both = [beside(event.wait()) for event in (rung, woken)]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting = [each for each in self._waiting if each[1] is not rung]
            for task in both:
                task.cancel()

    def advance(self, delta: timedelta) -> None:
        self.instant += delta
        self.passed += delta
        for due, rung in self._waiting:
            if due <= self.passed:
                rung.set()

    @property
    def next_in(self) -> timedelta | None:
        """How long the most impatient waiter still waits."""
        return min(due for due, _ in self._waiting) - self.passed if self._waiting else None


class Heard:
    """Everything the hub said of some kinds, and a way to wait for more."""

    def __init__(self, hub: Hub, *kinds: Any) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        for kind in kinds:
            hub.subscribe(kind, self._hear)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, is_it: Callable[[Any], bool], within: float = 20.0) -> Any:
        """The first event, past or coming, that is it."""
        async with asyncio.timeout(within):
            seen = 0
            while True:
                for event in self.events[seen:]:
                    seen += 1
                    if is_it(event):
                        return event
                self._changed.clear()
                await self._changed.wait()


async def brief(seconds: float) -> None:
    """The pause between two requests for what comes in steps, cut short: the demo's steps are (`DemoTimings.quick`)."""
    await asyncio.sleep(seconds / 50)


async def eventually(is_so: Callable[[], bool], within: float = 20.0) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.005)


@dataclass(kw_only=True)
class Workshop:
    """What a test may touch."""

    gateway: DemoGateway
    database: Database
    broker: PortalBroker
    dial: Dial
    hub: Hub
    tasks: Tasks
    session: SessionService
    sync: SyncService
    book: Book
    activity: Activity
    calls: list[ApiCall]
    failures: list[tuple[str, BaseException]]
    settings: Settings = field(default_factory=Settings)

    def asked(self, ending: str) -> int:
        """How many requests reached the gateway on paths with this in them."""
        return sum(ending in path for _, path in self.gateway.calls)


@asynccontextmanager
async def open_database_in(
    folder: Path, *, made: vaults.OpenVault | None = None
) -> AsyncIterator[tuple[vaults.OpenVault, Database]]:
    """A new vault's database, or that of one `made` already."""
    vault = made or fresh_vault(folder)
    database = open_database(vault)
    try:
        yield vault, database
    finally:
        await database.close()
        vault.close()


@asynccontextmanager
async def workshop(
    folder: Path,
    *,
    signed_out: bool = False,
    extra_positions: int = 0,
    environment: Environment = Environment.DEMO,
    live: bool = False,
    limits: DemoLimits | None = None,
    settings: Settings | None = None,
    patience: float = 5.0,
    stream: StreamTimings | None = None,
    shares_budget: bool = False,
) -> AsyncIterator[Workshop]:
    """Open everything, close everything. The request budget's seconds pass a thousand times faster. `live`: the
    gateway's accounts are live ones; `shares_budget`: requests are counted where the whole process counts them."""
    gateway = DemoGateway(
        timings=DemoTimings.quick(), limits=limits or DemoLimits.off(), signed_out=signed_out,
        extra_positions=extra_positions, live=live,
    )
    await gateway.start()
    calls: list[ApiCall] = []
    failures: list[tuple[str, BaseException]] = []
    dial, hub, tasks = Dial(), Hub(), Tasks(lambda name, error: failures.append((name, error)))
    chosen = settings or Settings()
    connection = Connection(
        url=gateway.url, environment=environment, certificate_sha256=gateway.certificate_sha256,
        timeout=timedelta(seconds=patience), requests_per_second=1000,
    )
    broker = PortalBroker(
        connection, on_call=calls.append, on_rate=lambda rate: hub.publish(RateChanged(rate=rate)), clock=dial,
        pause=brief, ticks=lambda: time.monotonic() * 1000, timings=stream or LIVELY,
        budget=None if shares_budget else Budget(per_second=1000, limits=()),
    )  # fmt: skip
    try:
        async with open_database_in(folder / "home") as (_, database):
            await broker.open()
            assert broker.session is not None
            session = SessionService(
                broker.session, hub=hub, tasks=tasks, database=database, environment=environment,
                settings=lambda: chosen, clock=dial, wait=dial.wait, ticks=dial.ticks, chance=lambda: 1.0,
            )
            sync = SyncService(
                broker, session=session, hub=hub, tasks=tasks, database=database, environment=environment,
                settings=lambda: chosen, clock=dial, wait=dial.wait, ticks=dial.ticks,
            )
            try:
                yield Workshop(
                    gateway=gateway, database=database, broker=broker, dial=dial, hub=hub, tasks=tasks,
                    session=session, sync=sync, book=Book(database, environment=environment, clock=dial),
                    activity=Activity(database, clock=dial, default_environment=lambda: environment),
                    calls=calls, failures=failures, settings=chosen,
                )
            finally:
                await tasks.close()
                await broker.close()
    finally:
        await gateway.stop()
    assert not failures, failures
