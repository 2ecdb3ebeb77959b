"""What is done when an answer is overdue: one short question, so that a gateway that hangs is found out in seconds.

A call may take its whole time-out, and a hanging gateway takes it from every call; what a status takes is known. So
one is asked as soon as any answer is overdue, and its silence counts, unless something else was answered meanwhile:
then the gateway is slow and not gone. A gateway that is well is never asked for this.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from ibdesk.brokers.base import SessionControl
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.events import RateChanged
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks

#: Seconds. With the time until an answer counts as overdue, a hang is known 10 s after the call that met it.
SHORT = 5.0


class Overdue:
    """Follows one connection's answers. `since` is when the call left whose answer is overdue; `silent` hears of a
    gateway that did not answer the short question either; `is_doubted` tells whether there is anything to find out."""

    def __init__(
        self, control: SessionControl, *, hub: Hub, tasks: Tasks, is_doubted: Callable[[], bool],
        silent: Callable[[DeskError], Awaitable[None]],
    ) -> None:  # fmt: skip
        self.since: datetime | None = None
        self._control = control
        self._tasks = tasks
        self._is_doubted = is_doubted
        self._silent = silent
        self._is_asking = False
        hub.subscribe(RateChanged, self._rate_changed)

    def _rate_changed(self, event: RateChanged) -> None:
        is_new = self.since is None and event.rate.unanswered_since is not None
        self.since = event.rate.unanswered_since
        if is_new and not self._is_asking and self._is_doubted() and not self._tasks.is_closing:
            self._is_asking = True
            self._tasks.start("ask once more, briefly", self._ask())

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(SHORT):
                answers = (await self._control.status()).reachable
        except TimeoutError:
            answers = False
        except DeskError:
            answers = True  # what it says is the keeper's to find out; it speaks
        finally:
            self._is_asking = False
        if not answers and self.since is not None and self._is_doubted():
            await self._silent(Unavailable(
                "The gateway takes calls and does not answer.",
                remedy="Check the internet connection; the gateway waits for ever when it cannot reach the broker.",
                cause=Cause.TIMED_OUT,
            ))
