"""A demo Flex service and the real client on one bench; their seconds pass only where the client waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ibdesk.brokers.flex.client import FlexClient
from ibdesk.brokers.flex.pace import Paces
from ibdesk.brokers.statements import Period, StatementFile, StatementPlace, StatementProgress, StatementWanted
from ibdesk.demo.certificate import make_identity
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.flex import QUERY, TOKEN, DemoFlex
from ibdesk.demo.gateway import DemoGateway
from ibdesk.domain.calls import ApiCall

NOON = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
ASKED = Period(first=date(2025, 11, 20), last=date(2026, 11, 19))
IDENTITY = make_identity()
ACCOUNT = DemoGateway(clock=DemoClock(NOON, ticks=lambda: 0.0), identity=IDENTITY).account


class Passing:
    """Time that passes while somebody waits, and not otherwise."""

    def __init__(self, start: datetime = NOON) -> None:
        self.start, self.passed = start, 0.0
        self.pauses: list[float] = []

    def ticks(self) -> float:
        return self.passed

    def clock(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        self.passed += seconds
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Bench:
    """What a test may touch."""

    demo: DemoFlex
    client: FlexClient
    passing: Passing
    calls: list[ApiCall]
    steps: list[StatementProgress] = field(default_factory=list)

    async def fetch(self, *, query: str = QUERY, token: str = TOKEN, is_firm: bool = False,
                    period: Period = ASKED) -> StatementFile:
        wanted = StatementWanted(query_id=query, period=period, is_firm=is_firm)
        return await self.client.fetch(token, wanted, self.steps.append)

    @property
    def asked(self) -> list[str]:
        return [call.step for call in self.demo.calls]


@asynccontextmanager
async def bench(
    *, place: Callable[[DemoFlex], StatementPlace] | None = None, **options: Any
) -> AsyncIterator[Bench]:
    """Open everything, close everything. The demo enforces the pace, by the same seconds."""
    passing, calls = Passing(), []
    not_ready = options.pop("not_ready", 0)
    demo = DemoFlex(ACCOUNT, DemoClock(NOON, ticks=passing.ticks), identity=IDENTITY, ticks=passing.ticks,
                    not_ready=not_ready)
    await demo.start()
    chosen = place(demo) if place else StatementPlace(url=demo.url, certificate_sha256=demo.certificate_sha256)
    client = FlexClient(
        chosen, paces=Paces(ticks=passing.ticks, pause=passing.pause), on_call=calls.append, clock=passing.clock,
        ticks=passing.ticks, pause=passing.pause, **options,
    )  # fmt: skip
    await client.open()
    try:
        yield Bench(demo=demo, client=client, passing=passing, calls=calls)
    finally:
        await client.close()
        await demo.stop()
