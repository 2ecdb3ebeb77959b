"""How the audit of calls reaches the vault: gathered for a moment, written in one batch, none lost on close.

The adapter reports each call as it ends; one durable write per call would cost more than the call. So calls wait up to
`GATHER` and are written together, in order. `close` writes the rest; it comes after the brokers are closed, because
closing makes calls too.
"""

import asyncio
import logging
from collections import deque

from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import CallsLogged
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import audit
from ibdesk.store.database import Database

log = logging.getLogger(__name__)

#: Seconds a call may wait for company: short enough that the Activity room feels live.
GATHER = 0.3
#: Seconds before a failed write (a full disk) is tried again.
TRY_AGAIN = 5.0
#: Calls kept in memory while the disk refuses; the broker's budget makes that 15 minutes.
KEPT = 9_000


class CallLog:
    """The sink for a broker's calls. It has tasks of its own, so that a cancelled desk still writes everything."""

    def __init__(self, database: Database, hub: Hub, *, wait: Wait = wait) -> None:
        self._database = database
        self._hub = hub
        self._wait = wait
        self._tasks = Tasks()
        self._waiting: deque[ApiCall] = deque(maxlen=KEPT)
        self._arrived = asyncio.Event()
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def record(self, call: ApiCall) -> None:
        """Take one call; never blocks, never raises."""
        self._waiting.append(call)
        self._arrived.set()

    def start(self) -> None:
        self._writer = self._tasks.start("audit of calls", self._run())

    async def close(self) -> None:
        """Write what is left and end. What a full disk still refuses is counted in the log."""
        self._closing.set()
        self._arrived.set()
        if self._writer is not None:
            await self._writer
        if self._waiting:
            log.error("%d calls could not be written to the audit", len(self._waiting))

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self._arrived.wait()
            await self._wait(GATHER, self._closing)
            if not await self._write():
                await self._wait(TRY_AGAIN, self._closing)
        await self._write()

    async def _write(self) -> bool:
        self._arrived.clear()
        batch = tuple(self._waiting)
        if not batch:
            return True
        try:
            await self._database.write(audit.append_calls, batch)
        except DeskError as error:
            log.error("The audit could not be written: %s", error.message)
            self._arrived.set()
            return False
        for _ in batch:
            self._waiting.popleft()
        self._hub.publish(CallsLogged(count=len(batch)))
        return True
