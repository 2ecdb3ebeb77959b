"""The line to TWS follows the settings while the desk is open: another port, another number, off and on again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.events import LineChanged, SettingsChanged
from ibdesk.domain.line import LineState
from ibdesk.domain.positions import Source
from ibdesk.services.hub import Hub
from ibdesk.services.live_pnl import LivePnl
from ibdesk.services.socket_health import SocketHealth
from ibdesk.services.tasks import Tasks
from ibdesk.services.tws_moves import TwsMoves
from tests.brokers.door import LUNCH, demo
from tests.brokers.tws.door import QUICK, place_of
from tests.services.workshop import Dial, Heard, eventually, open_database_in


@dataclass
class Two:
    """A followed line, and where a second TWS of the same account listens."""

    broker: TwsBroker
    pnl: LivePnl
    health: SocketHealth
    hub: Hub
    heard: Heard
    first: TwsPlace
    second: TwsPlace
    wanted: TwsPlace | None

    def want(self, place: TwsPlace | None, *names: str) -> None:
        """A person changes a setting."""
        self.wanted = place
        self.hub.publish(SettingsChanged(names=names or ("tws_port",)))

    @property
    def states(self) -> list[LineState]:
        return [event.line.state for event in self.heard.events if isinstance(event, LineChanged)]

    def is_up(self) -> bool:
        return self.pnl.line.state is LineState.UP


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Two]:
    async with open_database_in(folder) as (_, database), demo() as gateway:
        services = [gateway.tws_service(master=1), gateway.tws_service(master=1)]
        for service in services:
            await service.start()
        first, second = (place_of(service, read_only=True, keepalive=5.0) for service in services)
        broker = TwsBroker(first, clock=lambda: LUNCH, timings=QUICK, jitter=lambda: 0.5)
        hub, tasks, dial = Hub(), Tasks(lambda name, error: None), Dial(LUNCH)
        heard = Heard(hub, LineChanged)
        assert broker.stream is not None
        pnl = LivePnl(
            broker.stream, source=Source.TWS, hub=hub, tasks=tasks, database=database, clock=dial, wait=dial.wait
        )
        health = SocketHealth(broker, address="first", client_id=1, line=lambda: pnl.line, clock=dial)
        made = Two(broker, pnl, health, hub, heard, first, second, first)
        moves = TwsMoves(broker, pnl, health, wanted=lambda: made.wanted, hub=hub, tasks=tasks)
        await pnl.open()
        pnl.start()
        moves.start()
        try:
            await eventually(made.is_up)
            yield made
        finally:
            await tasks.close()
            await pnl.close()
            await broker.close()
            for service in services:
                await service.stop()


def test_another_port_closes_the_old_line_at_once_and_opens_the_new_one(tmp_path: Path) -> None:
    async def run() -> None:
        async with two(tmp_path) as desk:
            before, desk.wanted = len(desk.states), desk.second
            desk.want(desk.second)
            await eventually(lambda: LineState.DOWN in desk.states[before:])
            await eventually(lambda: desk.is_up() and desk.health.known().address.endswith(str(desk.second.port)))
            assert bool(desk.pnl.book.shown)

    asyncio.run(run())


def test_another_client_id_is_the_number_of_the_next_connection(tmp_path: Path) -> None:
    async def run() -> None:
        async with two(tmp_path) as desk:
            desk.want(replace(desk.first, client_id=41), "tws_client_id")
            await eventually(lambda: desk.health.known().client_id == 41 and desk.is_up())
            desk.want(replace(desk.first, client_id=41), "theme")
            assert desk.is_up(), "what has nothing to do with it leaves the line alone"

    asyncio.run(run())


def test_switched_off_nothing_is_asked_any_more_and_on_again_everything_is(tmp_path: Path) -> None:
    async def run() -> None:
        async with two(tmp_path) as desk:
            desk.want(None, "tws_enabled")
            await eventually(lambda: desk.pnl.line.state is LineState.DOWN)
            assert desk.pnl.line.reason == "TWS is switched off in Settings." and desk.pnl.line.remedy
            await eventually(lambda: desk.broker.word.open_for is None)
            with pytest.raises(Refused) as refused:
                await desk.broker.accounts()
            assert refused.value.cause is Cause.BAD_SETTING
            assert not desk.is_up()
            desk.want(desk.first, "tws_enabled")
            await eventually(desk.is_up)

    asyncio.run(run())


def test_a_place_where_nobody_answers_is_told_and_the_way_back_is_open(tmp_path: Path) -> None:
    async def run() -> None:
        async with two(tmp_path) as desk:
            desk.want(replace(desk.first, port=1))
            await eventually(lambda: "127.0.0.1:1" in desk.pnl.line.reason and bool(desk.pnl.line.remedy))
            desk.want(desk.second)
            await eventually(desk.is_up)

    asyncio.run(run())
