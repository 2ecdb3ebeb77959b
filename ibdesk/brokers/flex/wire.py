"""How a Flex call leaves this computer: verified TLS, in its token's turn, audited, and with the token nowhere else.

The token is part of the address, and the HTTP library puts addresses into its errors; so none of its errors is kept,
not even as the context of ours.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import aiohttp
from yarl import URL

import ibdesk
from ibdesk.brokers.base import CallSink
from ibdesk.brokers.certificate import pin_bytes
from ibdesk.brokers.flex.hosts import base_of
from ibdesk.brokers.flex.pace import Pace
from ibdesk.brokers.http import redacted
from ibdesk.brokers.statements import StatementPlace
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Unavailable

CHANNEL = "flex"
#: A year of a busy account is some tens of megabytes.
LARGEST = 512 * 1024 * 1024
_CHUNK = 256 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
#: Seconds without a byte; the service thinks before it begins to answer.
SILENCE = timedelta(seconds=90)


class Wire:
    """The session for one place. Open before the first call, close after the last."""

    def __init__(
        self, place: StatementPlace, *, on_call: CallSink, clock: Callable[[], datetime],
        silence: timedelta = SILENCE, largest: int = LARGEST,
    ) -> None:  # fmt: skip
        self.base = base_of(place)
        self._pin: aiohttp.Fingerprint | bool = True
        if place.certificate_sha256:
            self._pin = aiohttp.Fingerprint(pin_bytes(place.certificate_sha256))
        self._on_call, self._clock = on_call, clock
        self._silence, self._largest = silence, largest
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        if self._session is None:
            silent = self._silence.total_seconds()
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"ibdesk/{ibdesk.__version__}"},  # required by the service (reference A2)
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=silent, sock_read=silent),
                trust_env=False,
            )
            # aiohttp would send a GET again by itself, past pace and audit; it has no public switch
            self._session._retry_connection = False

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(
        self, url: str, query: Mapping[str, str], *, pace: Pace, heard: Callable[[int], None] = lambda count: None
    ) -> tuple[int, bytes]:
        """Status and body, audited. `heard` is told the bytes so far. Raises DeskError branches."""
        await pace.turn()
        at, begun = self._clock(), time.perf_counter()
        status, body, error, outcome = None, b"", None, "cancelled"
        try:
            status, body, error = await self._exchange(url, query, heard)
            outcome = "ok" if error is None else error.cause
        finally:
            self._on_call(
                ApiCall(
                    at=at, channel=CHANNEL, method="GET", path=redacted(URL(url).path, query), status=status,
                    outcome=outcome, milliseconds=round((time.perf_counter() - begun) * 1000), bytes_out=0,
                    bytes_in=len(body), detail=error.message if error else "",
                )
            )  # fmt: skip
        if error is not None or status is None:
            raise error or AssertionError("no answer and no error")
        return status, body

    async def _exchange(
        self, url: str, query: Mapping[str, str], heard: Callable[[int], None]
    ) -> tuple[int | None, bytes, DeskError | None]:
        """Status, body, and what went wrong: a value, so that nothing hangs on to the library's exception."""
        session = self._session
        if session is None:
            raise AssertionError("the wire is not open")
        try:
            async with session.get(
                URL(f"{url}?{urlencode(query)}", encoded=True), ssl=self._pin, allow_redirects=False
            ) as reply:
                body = bytearray()
                async for chunk in reply.content.iter_chunked(_CHUNK):
                    body += chunk
                    heard(len(body))
                    if len(body) > self._largest:
                        return reply.status, b"", _too_large()
                return reply.status, bytes(body), None
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
            return None, b"", _failure(problem, URL(url))


def _too_large() -> BadData:
    return BadData(
        "The statement is larger than any that can be used.", remedy="Ask for a shorter period.",
        cause=Cause.BAD_ANSWER,
    )


def _failure(problem: BaseException, url: URL) -> DeskError:
    """What a failure below the service at `url` means. One line a case, the first that fits."""
    place = url.authority
    is_here = url.host in LOOPBACK
    remedy = "Start what should answer there, or give the query another address." if is_here else (
        "Check the internet connection and try again.")
    match problem:
        case aiohttp.ServerFingerprintMismatch() | aiohttp.ClientSSLError():
            return NeedsPerson(
                "The Flex service's certificate is not the one expected. Nothing was sent.",
                remedy="Check the computer's date, and whether a proxy or virus scanner reads your connections.",
                cause=Cause.CERTIFICATE_CHANGED,
            )
        case TimeoutError():
            return Unavailable(
                f"The Flex service at {place} did not answer in time.", remedy=remedy,
                cause=Cause.TIMED_OUT,
            )
        case aiohttp.ClientConnectorError():
            return Unavailable(
                f"The Flex service at {place} cannot be reached.", remedy=remedy,
                cause=Cause.FLEX_UNREACHABLE,
            )
    return Unavailable(
        f"The connection to the Flex service at {place} was cut.", remedy=remedy,
        cause=Cause.FLEX_UNREACHABLE,
    )
