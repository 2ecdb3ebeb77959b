"""When work that repeats by itself is done next: after the rest it names, and at once when the clock jumps or one of
its own settings is changed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from ibdesk.domain.events import SettingsChanged, TimeJumped
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait


class Rounds:
    """Does `step` again and again, each time after the rest that the one before gave back, the first time after
    `at_first`: opening the desk has better things to do. `settings` is what the names of its settings begin with."""

    def __init__(
        self, name: str, step: Callable[[], Awaitable[timedelta]], *, at_first: timedelta, settings: str, hub: Hub,
        tasks: Tasks, wait: Wait = wait,
    ) -> None:  # fmt: skip
        self._name = name
        self._step = step
        self._at_first = at_first
        self._settings = settings
        self._hub = hub
        self._tasks = tasks
        self._wait = wait
        self._woken = asyncio.Event()

    def start(self) -> None:
        """Go on until the desk is closed."""
        self._hub.subscribe(TimeJumped, lambda event: self._woken.set())
        self._hub.subscribe(SettingsChanged, self._hear)
        self._tasks.start(self._name, self._keep())

    def _hear(self, event: SettingsChanged) -> None:
        if any(name.startswith(self._settings) for name in event.names):
            self._woken.set()

    async def _keep(self) -> None:
        rest = self._at_first
        while True:
            await self._wait(rest.total_seconds(), self._woken)
            self._woken.clear()
            rest = await self._step()
