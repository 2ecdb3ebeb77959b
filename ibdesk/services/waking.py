"""How the desk notices that time did not pass as it seemed: the computer slept, or its clock was moved."""

import time
from asyncio import Event
from collections.abc import Callable
from datetime import timedelta

from ibdesk.domain.events import TimeJumped
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait

#: How often the two clocks are compared.
BEAT = timedelta(seconds=5)
#: More than any busy moment: a sleep shorter than this harms nobody.
SLEPT = timedelta(seconds=30)
#: A clock that is kept by the network moves by less than this.
SET_BACK = timedelta(seconds=5)


class Waking:
    """Compares the wall clock with the loop's own clock at every beat and publishes TimeJumped.

    In a sleep the loop's clock stands still on Linux and macOS and goes on on Windows; both are noticed. A clock set
    forward looks like a sleep, and asking once more is right then too. `ticks` are seconds of the loop's clock.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        tasks: Tasks,
        clock: Clock,
        wait: Wait = wait,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._tasks = tasks
        self._clock = clock
        self._wait = wait
        self._ticks = ticks

    def start(self) -> None:
        """Compare from now on."""
        self._tasks.start("notice sleep", self._compare())

    async def _compare(self) -> None:
        never = Event()
        while True:
            wall, ran = self._clock(), self._ticks()
            await self._wait(BEAT.total_seconds(), never)
            here = timedelta(seconds=self._ticks() - ran)
            by = jump(self._clock() - wall, here)
            if by is not None:
                self._hub.publish(TimeJumped(at=self._clock(), by=by, slept=by > timedelta()))


def jump(passed: timedelta, here: timedelta) -> timedelta | None:
    """By how much the wall clock left what passed here, or what passed here left a beat; None when all is well."""
    beyond = passed - here
    if beyond < -SET_BACK or beyond > SLEPT:
        return beyond
    stood_still = here - BEAT
    return stood_still if stood_still > SLEPT else None
