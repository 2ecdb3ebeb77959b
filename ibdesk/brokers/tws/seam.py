"""Which library speaks to TWS, and everything in which the two differ: the only file that imports one, and late.

Only the library's client is used (socket, throttle, request encoding, decoding of frames); what it decodes is heard by
`ears.Ears` and not by the library's own bookkeeping. With it go its differences: `connectAsync`'s arguments, statuses
invented on errors, forgotten commissions, unqualified contracts, assertions on a second reqPnL. What is left is here.
"""

import logging
import struct
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

from ibdesk.brokers.tws import convert

_log = logging.getLogger(__name__)

#: Bytes taken in at once: a burst of running figures must not hold the window for longer than a frame can spare.
_AT_ONCE = 16 * 1024
#: Messages this room reads by itself before the library does.
_EXECUTION, _PNL_SINGLE = "11", "95"
_EXECUTION_TIME = 15
#: How many fields an execution has, and from which server version on it has one more (reference/tws-api.md 1.7).
_EXECUTION_FIELDS, _ONE_MORE_FROM = 31, 178
#: What a decoder makes of a message it cannot read. ib_async names a variable it does not have when it tells of one.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, NameError)
#: TWS complains of more than 50 requests in any second, as they arrive (tws-api.md 2, code 100). The library's own
#: throttle sends 45 at once and 45 a second later; in small portions the two never meet.
_PORTION, _PORTION_EVERY = 8, 0.2
REQUESTS_PER_SECOND = 40


@cache
def library() -> Any:
    """The library, imported at first use: it asks for the event loop while it loads, so one must be running by then
    (tws-api.md 3.2). Never its `patchAsyncio`, `startLoop` or `useQt`."""
    name = next((each for each in ("ib_insync", "ib_async") if find_spec(each) is not None), "ib_insync")
    return import_module(name)


def _tame(name: str) -> None:
    """The library writes account numbers and whole orders into its log: none of that may get into ours."""
    logger = logging.getLogger(name)
    if logger.propagate:
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.handlers[:] = [_Quietly()]


class _Quietly(logging.Handler):
    """Says that a message could not be decoded, and not what was in it."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.endswith(".Decoder"):
            kind = record.exc_info[0] if record.exc_info else None
            _log.info("a message of TWS could not be read (%s)", kind.__name__ if kind else "unknown")


class Wire:
    """One attempt at one connection, never used again after it. `ears` hears what TWS says."""

    def __init__(self, ears: Any, latest_pnl: dict[str, list[str]], on_pnl: Callable[[], None]) -> None:
        ears.ib = SimpleNamespace(TimezoneTWS="UTC")  # the decoders look here; times have a zone by then
        ears.defaultTimezone = UTC
        _tame(library().__name__)
        self.client: Any = library().Client(ears)
        self.client.MaxRequests, self.client.RequestsInterval = _PORTION, _PORTION_EVERY
        self._ears, self._latest_pnl, self._on_pnl = ears, latest_pnl, on_pnl
        self._handlers: Mapping[int, Callable[[list[str]], None]] = self.client.decoder.handlers
        self.client.decoder.interpret = self._interpret
        self.client.conn.hasData += self._first_words
        self.client.conn.disconnected += ears.hung_up
        self.client.apiError += ears.failed
        ears.on_number = self.client.updateReqId
        self._begun = b""

    async def connect(self, host: str, port: int, client_id: int) -> None:
        """TCP, handshake, start, until ids and accounts are told. No time-out of its own: the caller's scope ends it.
        Raises OSError when nobody listens."""
        await self.client.connectAsync(host, port, client_id, None)
        transport = self.client.conn.transport
        if transport is not None:
            transport.max_size = _AT_ONCE

    @property
    def has_spoken(self) -> bool:
        """Whether TCP stood and the handshake left."""
        return bool(self.client.conn.numMsgSent)

    @property
    def server_version(self) -> int:
        version: int = self.client.serverVersion()
        return version

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self.client.getAccounts())

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return len(self.client._msgQ)

    def new_id(self) -> int:
        """The next number for a request or an order: they share one series."""
        number: int = self.client.getReqId()
        return number

    @property
    def is_closing(self) -> bool:
        """Whether the socket is closed or closing: what is written now is lost, and asyncio complains of it."""
        transport = self.client.conn.transport
        return transport is None or bool(transport.is_closing())

    def hang_up(self, *, at_once: bool) -> None:
        """Close the socket; `at_once` without waiting for bytes that nobody takes (a half-open peer never does)."""
        transport = self.client.conn.transport
        if transport is None:
            return
        if at_once or not transport.get_write_buffer_size():
            transport.abort()
        else:
            transport.close()

    def _first_words(self, data: bytes) -> None:
        """The handshake's time names the zone TWS is set to; the library throws it away."""
        self._begun += data
        if len(self._begun) < 4:
            return
        end = 4 + struct.unpack(">I", self._begun[:4])[0]
        if len(self._begun) >= end or end > 1024:
            self.client.conn.hasData -= self._first_words
            fields = self._begun[4:end].decode("utf-8", "replace").split("\0")
            self._ears.greeted(fields[1] if len(fields) > 1 else "")
            self._begun = b""

    def _interpret(self, fields: list[str]) -> None:
        """One message. Running figures stay text until they are told: 100 000 of them may come in a second."""
        kind = fields[0] if fields else ""
        if kind == _PNL_SINGLE:
            if len(fields) >= 7:
                self._latest_pnl[fields[1]] = fields
                self._on_pnl()
            return
        if kind == _EXECUTION:
            self._mend_execution(fields)
        try:
            handler = self._handlers[int(kind)]
        except (KeyError, ValueError):
            _log.info("TWS sent a message of a kind nobody knows")
            return
        try:
            handler(fields)
        except _UNREADABLE as problem:
            _log.info("a message of TWS could not be read (%s)", type(problem).__name__)

    def _mend_execution(self, fields: list[str]) -> None:
        """An unknown zone or a field too many would cost the whole print (tws-api.md 3.4)."""
        if len(fields) <= _EXECUTION_TIME:
            return
        at = convert.instant(fields[_EXECUTION_TIME], self._ears.zone)
        if at is not None:
            fields[_EXECUTION_TIME] = f"{at:%Y%m%d %H:%M:%S} UTC"
        is_long = self.server_version >= _ONE_MORE_FROM and self.client.MaxClientVersion >= _ONE_MORE_FROM
        del fields[_EXECUTION_FIELDS + is_long :]


# --- what requests are made of -----------------------------------------------------------------------------------


def contract(**fields: Any) -> Any:
    """A contract of the library: conId, symbol, secType, exchange, …"""
    return library().Contract(**fields)


def order(**fields: Any) -> Any:
    """An order of the library; what is not given stays unset."""
    return library().Order(**fields)


def combo_leg(**fields: Any) -> Any:
    return library().ComboLeg(**fields)


def execution_filter(account: str = "") -> Any:
    return library().ExecutionFilter(acctCode=account)

