"""What is said of the socket of TWS: asked where nobody follows it, the live book's word where somebody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from ibdesk.domain.errors import Cause
from ibdesk.domain.line import Line, LineState
from ibdesk.services.socket_health import SocketHealth, broker_lost
from tests.brokers.door import LUNCH
from tests.brokers.tws.door import MAIN, SECOND, Scene, at_tws, watching


@asynccontextmanager
async def looking(line: Line) -> AsyncIterator[tuple[Scene, SocketHealth]]:
    async with at_tws(read_only=True) as scene:
        yield scene, SocketHealth(
            scene.broker, address="127.0.0.1:7497", client_id=1, line=lambda: line, clock=lambda: LUNCH
        )


def test_a_socket_that_nobody_follows_is_asked() -> None:
    async def run() -> None:
        async with looking(Line()) as (_, health):
            before = health.known()
            assert (before.line.state, before.accounts, before.quiet_for) == (LineState.NEVER, (), None)
            seen = await health.look()
            assert (seen.line.state, seen.accounts, seen.problem) == (LineState.UP, (MAIN, SECOND), None)
            assert seen.line.since is not None and LUNCH - seen.line.since < timedelta(seconds=5)
            assert seen.quiet_for is not None and seen.quiet_for < timedelta(seconds=5)
            assert seen.line.skew is not None
            assert (health.known().line.state, health.known().accounts) == (LineState.UP, (MAIN, SECOND))

    asyncio.run(run())


def test_asking_does_not_disturb_the_reader_of_the_stream() -> None:
    async def run() -> None:
        line = Line().become(LineState.UP, LUNCH - timedelta(hours=3))
        async with looking(line) as (scene, health), watching(scene.broker) as watch:
            for _ in range(3):
                seen = await health.look()
            assert seen.line.since == LUNCH - timedelta(hours=3) and seen.problem is None
            assert watch.is_up

    asyncio.run(run())


def test_a_tws_that_is_not_there_is_a_problem_with_a_next_step() -> None:
    async def run() -> None:
        async with looking(Line()) as (scene, health):
            await scene.service.stop()
            seen = await health.look()
            assert seen.problem is not None and seen.problem.cause is Cause.TWS_REFUSED
            assert (seen.line.state, seen.line.since, seen.line.reason) == (
                LineState.DOWN, LUNCH, seen.problem.message
            )
            assert seen.problem.remedy and seen.quiet_for is None

    asyncio.run(run())


def test_a_socket_whose_broker_is_lost_answers_and_is_not_well() -> None:
    async def run() -> None:
        lost = Line().become(LineState.BROKER_LOST, LUNCH, code=1100)
        async with looking(lost) as (_, health):
            seen = await health.look()
            assert seen.line.state is LineState.BROKER_LOST and seen.accounts == (MAIN, SECOND)
            assert seen.problem is not None and seen.problem.cause is Cause.BROKERAGE_LOST
            assert broker_lost(replace(lost, state=LineState.RESTORING)) is None

    asyncio.run(run())
