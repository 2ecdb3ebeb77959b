"""Which market-data lines our snapshots hold open: each opens one of the user's hundred, and only a call closes it.

The stream has its own lines and closes them itself (reference/client-portal-api.md 6.3).
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import Declined, Faulted
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.throttle import Clock
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Conid

#: After this nobody is taken to ask again, and within this somebody surely waits for the figures.
_IDLE, _AWAITED = timedelta(seconds=60), timedelta(seconds=5)
#: So many fit into a pause between two snapshots without the next one having to wait for the budget.
_AT_A_TIME = 4


class Lines:
    """The snapshots of one gateway. `streamed` are the instruments whose lines the stream has opened."""

    def __init__(self, calls: Calls, *, clock: Clock, streamed: Callable[[], Collection[Conid]]) -> None:
        self._calls, self._clock, self._streamed = calls, clock, streamed
        self._session = -1
        self._asked: dict[Conid, datetime] = {}  # when last, the longest ago first
        self._closing: dict[Conid, asyncio.Event] = {}

    def is_open(self, conid: Conid) -> bool:
        """Whether a snapshot of this brokerage session opened its line, and it was not closed since."""
        return self._session == self._calls.session and conid in self._asked

    async def snapshot(self, conids: Sequence[Conid], fields: Sequence[str]) -> bytes:
        """What the broker knows of these fields now; of a line it has to open first, next to nothing. A line that is
        being closed is asked for after that: overtaken, the closing would take away what was just opened."""
        for conid in conids:
            while conid in self._closing:
                await self._closing[conid].wait()
        query = {"conids": ",".join(map(str, conids)), "fields": ",".join(fields)}
        body = await self._calls.get(endpoints.QUOTES, query)
        if self._session != self._calls.session:  # the lines of the one before went with it
            self._session, self._asked = self._calls.session, {}
        for conid in conids:
            self._asked.pop(conid, None)
            self._asked[conid] = self._clock()
        return body

    async def close_idle(self) -> None:
        """Close some of those nobody asks for any more, and as many more as are beyond what the user may have."""
        now, streamed = self._clock(), frozenset(self._streamed())
        ours = [conid for conid in self._asked if conid not in streamed]
        beyond = len(ours) + len(streamed) - endpoints.MOST_LINES
        idle = [conid for conid in ours if now - self._asked[conid] >= _IDLE][:_AT_A_TIME]
        spare = [conid for conid in ours if now - self._asked[conid] >= _AWAITED][: max(0, beyond)]
        taken = [(conid, self._asked.pop(conid)) for conid in max(idle, spare, key=len)]  # others may close meanwhile
        await asyncio.gather(*(self._close(*each) for each in taken))

    async def _close(self, conid: Conid, asked: datetime) -> None:
        session, done = self._session, asyncio.Event()
        self._closing[conid] = done
        try:
            await self._calls.post(endpoints.UNSUBSCRIBE, {"conid": conid})
        except (Declined, Faulted):
            return  # it was not open any more
        except DeskError:  # whoever waits for a snapshot is told of it by that; the line is closed another time
            if self._session == session:  # the lines of one that ended went with it
                self._asked = {conid: asked, **self._asked}
        finally:
            del self._closing[conid]
            done.set()
