"""One socket: the greeting, the version both can speak, then frames one by one, counted by the second."""

import asyncio
import re
from collections import deque
from collections.abc import Callable

from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.faults import Hang
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.outlet import Outlet
from ibdesk.demo.tws.session import handle, start
from ibdesk.demo.tws.wire import Unframer, WireError, fields_of, frame, zoned

GREETING = b"API\0"
VERSIONS = re.compile(r"v(\d{1,9})(?:\.\.(\d{1,9}))?( .*)?")
OLDEST = 100
START_API = "71"
#: Messages a second, all together, and how often more are forgiven (tws-api.md section 2, code 100).
MOST, FORGIVEN = 50, 2
PACE = "+PACEAPI"


class Connection(asyncio.Protocol):
    """A peer from its first byte to its last. `changed` is called when it comes and when it goes."""

    def __init__(self, floor: Floor, changed: "Callable[[Connection, bool], None]") -> None:
        self._floor, self._changed = floor, changed
        self._unframer = Unframer()
        self._greeting = b""
        self._times: deque[float] = deque()
        self._breaches = 0
        self._waits = False
        self._outlet: Outlet | None = None
        self.client: Client | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport was expected")
        self._outlet = Outlet(transport)
        self._changed(self, True)
        if self._floor.faults.hang is Hang.CLOSED:
            transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._outlet is not None:
            self._outlet.abort()
        if self.client is not None and self._floor.clients.get(self.client.id) is self.client:
            del self._floor.clients[self.client.id]
        self._changed(self, False)

    def pause_writing(self) -> None:
        if self._outlet is not None:
            self._outlet.is_full = True

    def resume_writing(self) -> None:
        if self._outlet is not None:
            self._outlet.is_full = False

    def data_received(self, data: bytes) -> None:
        if self._outlet is None or (self._floor.faults.hang is Hang.SILENT and self.client is None):
            return
        if len(self._greeting) < len(GREETING):
            missing = len(GREETING) - len(self._greeting)
            self._greeting, data = self._greeting + data[:missing], data[missing:]
            if not GREETING.startswith(self._greeting):
                self._outlet.abort()
                return
        try:
            for payload in self._unframer.feed(data):
                self._take(payload, self._outlet)
                if self._outlet.is_closing:
                    return
        except WireError:
            self._outlet.close()
            return
        self._outlet.flush()

    def close(self) -> None:
        if self._outlet is not None:
            self._outlet.close()

    def abort(self) -> None:
        if self._outlet is not None:
            self._outlet.abort()

    def _take(self, payload: bytes, outlet: Outlet) -> None:
        if self.client is None:
            self._agree(payload.decode(errors="replace").rstrip("\0"), outlet)
            return
        if not self._is_welcome(self.client):
            return
        fields = fields_of(payload)
        if self.client.is_on:
            handle(self._floor, self.client, fields)
        elif fields[:1] == [START_API]:
            start(self._floor, self.client, fields)
        else:
            outlet.close()

    def _agree(self, text: str, outlet: Outlet) -> None:
        """The version both can speak, in one write."""
        found = VERSIONS.fullmatch(text)
        most = int(found[2] or found[1]) if found is not None else 0
        if found is None or most < OLDEST:
            outlet.close()
            return
        version = min(most, self._floor.faults.version or self._floor.most_version)
        self.client = Client(outlet, version)
        self._waits = PACE in (found[3] or "")
        outlet.write(frame(version, zoned(self._floor.now, self._floor.zone)))
        outlet.flush()
        outlet.drip, outlet.burst = self._floor.faults.drip, self._floor.faults.burst

    def _is_welcome(self, client: Client) -> bool:
        """Count a message; more than fifty a second are complained of or, where the client asked so, wait."""
        now, times = self._floor.ticks(), self._times
        times.append(now)
        while times and now - times[0] >= 1.0:
            times.popleft()
        if not self._floor.faults.is_paced or len(times) <= MOST:
            return True
        if self._waits:
            client.outlet.pause()
            asyncio.get_running_loop().call_later(times[0] + 1.0 - now, client.outlet.resume)
            return True
        count = len(times)
        times.clear()
        self._breaches += 1
        client.error(-1, 100, f"Max rate of messages per second has been exceeded:max={MOST} rec={count} "
                              f"({self._breaches})")
        if self._breaches > FORGIVEN:
            client.outlet.close()
            return False
        return True
