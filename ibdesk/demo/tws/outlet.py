"""How one client's bytes leave: gathered and sent at once, or as a fault has it: dripping, in bursts, cut, or never."""

import asyncio
import socket
import struct
import sys
from enum import StrEnum

#: So much is gathered at most before it is handed to the system.
GATHERED = 65_536


class Cut(StrEnum):
    """How a connection ends in the middle of a message."""

    POLITE = "half a frame, then FIN"
    RUDE = "half a frame, then RST"


class Outlet:
    """Bytes on their way to one client. `is_full`: the client does not read as fast as we write, so what can be told
    later, and newer, should wait."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._gathered: list[bytes] = []
        self._size = 0
        self._waiting = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self.is_full = False
        self.is_mute = False
        self.cut: Cut | None = None
        #: seconds between two bytes, and the size of the bursts everything waits for; 0: neither
        self.drip = 0.0
        self.burst = 0

    @property
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Take a frame along; `flush` sends it."""
        if self.is_mute or self._transport.is_closing():
            return
        if self.cut is not None:
            self._cut(data, self.cut)
            return
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= GATHERED:
            self.flush()

    def flush(self) -> None:
        """Send what has been gathered."""
        if not self._gathered:
            return
        data = b"".join(self._gathered)
        self._gathered.clear()
        self._size = 0
        if self._transport.is_closing():
            return
        if self._waiting or self.drip > 0 or self.burst:
            self._waiting += data
            self._let_go()
        else:
            self._transport.write(data)

    def close(self) -> None:
        """End with FIN, after everything."""
        self.flush()
        if self._waiting:
            self._transport.write(bytes(self._waiting))
        self._stop()
        self._transport.close()

    def abort(self) -> None:
        """End at once, with RST where the system does so."""
        self._stop()
        self._transport.abort()

    def mute(self) -> None:
        """Neither read nor write any more, and stay open."""
        self.is_mute = True
        self._stop()
        self._transport.pause_reading()

    def pause(self) -> None:
        self._transport.pause_reading()

    def resume(self) -> None:
        if not self.is_mute and not self._transport.is_closing():
            self._transport.resume_reading()

    def _cut(self, data: bytes, cut: Cut) -> None:
        self.cut = None
        self._gathered.append(data[: max(1, len(data) // 2)])
        self.flush()
        self.is_mute = True
        if cut is Cut.RUDE:
            _reset_at_end(self._transport)
            self._transport.abort()
        else:
            self._transport.close()

    def _let_go(self) -> None:
        """The next byte or burst, and later the one after it."""
        if self._timer is not None:
            return
        if self.drip > 0:
            self._transport.write(bytes(self._waiting[:1]))
            del self._waiting[:1]
        elif len(self._waiting) >= self.burst:
            self._transport.write(bytes(self._waiting))
            self._waiting.clear()
        if self._waiting:
            wait = self.drip if self.drip > 0 else 0.05
            self._timer = asyncio.get_running_loop().call_later(wait, self._again)

    def _again(self) -> None:
        self._timer = None
        if self._transport.is_closing():
            return
        if not self.drip > 0 and self._waiting:  # a burst that waited long enough goes as it is
            self._transport.write(bytes(self._waiting))
            self._waiting.clear()
        elif self._waiting:
            self._let_go()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()
        self._gathered.clear()
        self._size = 0


def _reset_at_end(transport: asyncio.Transport) -> None:
    """Have the system end a connection with RST."""
    held = transport.get_extra_info("socket")
    if held is not None:
        layout = "hh" if sys.platform == "win32" else "ii"
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
