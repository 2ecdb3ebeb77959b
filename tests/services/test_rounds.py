"""Work that repeats: after its own rest, and at once where waiting on would be wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from ibdesk.domain.events import SettingsChanged, TimeJumped
from ibdesk.services.hub import Hub
from ibdesk.services.rounds import Rounds
from ibdesk.services.tasks import Tasks
from tests.services.workshop import Dial, eventually

MINUTE = timedelta(minutes=1)


def with_rounds(life: Callable[[Dial, Hub, list[timedelta]], Awaitable[None]]) -> None:
    """Rounds of a minute that begin after half of one; `done` is when each was."""

    async def run() -> None:
        dial, hub, tasks, done = Dial(), Hub(), Tasks(), list[timedelta]()

        async def step() -> timedelta:
            done.append(dial.passed)
            return MINUTE

        Rounds("work", step, at_first=MINUTE / 2, settings="work_", hub=hub, tasks=tasks, wait=dial.wait).start()
        await eventually(lambda: dial.next_in is not None)
        await life(dial, hub, done)
        await tasks.close()

    asyncio.run(run())


async def rested(dial: Dial, done: list[timedelta], times: int) -> None:
    """Done so many times, and resting again for all of the minute."""
    await eventually(lambda: len(done) == times and dial.next_in == MINUTE)


def test_it_is_done_after_its_first_rest_and_then_after_the_one_it_names() -> None:
    async def life(dial: Dial, _hub: Hub, done: list[timedelta]) -> None:
        assert done == [] and dial.next_in == MINUTE / 2
        dial.advance(MINUTE / 2)
        await rested(dial, done, 1)
        dial.advance(MINUTE)
        await rested(dial, done, 2)

    with_rounds(life)


def test_a_clock_that_jumped_and_a_setting_of_its_own_do_not_wait() -> None:
    async def life(dial: Dial, hub: Hub, done: list[timedelta]) -> None:
        hub.publish(TimeJumped(by=timedelta(hours=8), slept=True, at=dial()))
        await rested(dial, done, 1)
        hub.publish(SettingsChanged(names=("theme", "work_hours")))
        await rested(dial, done, 2)
        hub.publish(SettingsChanged(names=("theme",)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(done) == 2

    with_rounds(life)
