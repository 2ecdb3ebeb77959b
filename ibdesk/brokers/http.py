"""How a request leaves this computer: pinned TLS on loopback, one session, a time-out, and an audit of every call.

What: the one HTTP session of a connection; every answer or failure comes back as bytes or as a DeskError.
Why: the gateway's certificate is self-signed and expired, any local program can use the gateway, and it hangs
instead of failing; so the pin, the host rule, the time-out and the audit sit where no call can go around them.
Also tried: httpx and requests (2 to 4 times slower here, and neither checks a pin before it sends).
Would change our mind: aiohttp dropping `Fingerprint`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import aiohttp
from yarl import URL

import ibdesk
from ibdesk.brokers.base import CallSink, Certificate, CertificateUnknown, Connection
from ibdesk.brokers.certificate import pin_bytes, show_certificate
from ibdesk.brokers.failures import failure_of
from ibdesk.brokers.origin import Origin, origin_of
from ibdesk.brokers.throttle import Clock, Throttle
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable

#: Query names whose values never reach the audit.
_SECRET_NAMES = ("session", "token", "oauth_token", "t", "username", "user")
#: Larger than any message the broker sends; a gateway drops those over 64 KiB anyway.
_LARGEST_MESSAGE = 16 * 1024 * 1024
#: Close codes of a socket that ended in order; 1006 is a connection that was cut (RFC 6455, 7.4.1).
_POLITE = (1000, 1001)
#: A whole page of positions (about 120 kB) without pausing the connection in the middle.
_READ_AHEAD = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, unread. Ask for headers by their lower-case names."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


#: Judges an answer: None when it is one, else the error to raise.
Judge = Callable[[Answer], DeskError | None]


async def fetch_certificate(
    url: str, *, allow_remote: bool = False, within: timedelta = timedelta(seconds=10)
) -> Certificate:
    """What the gateway shows, for a person to look at; nothing is sent to it. Raises DeskError branches."""
    origin = origin_of(url, allow_remote=allow_remote)
    if origin.scheme != "https":
        raise Refused(
            "An unencrypted gateway shows no certificate.",
            remedy="Use an https address, or go on without encryption.", cause=Cause.GATEWAY_PLAIN_HTTP,
        )
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await show_certificate(origin.host, origin.port)
    except (OSError, TimeoutError) as problem:
        raise failure_of(problem, origin.url) from problem


class Http:
    """One connection's session. Open before the first call, close after the last."""

    def __init__(
        self, connection: Connection, *, base: str, judge: Judge, throttle: Throttle, on_call: CallSink, clock: Clock
    ) -> None:
        self._connection = connection
        self._base, self._judge, self._throttle = base, judge, throttle
        self._on_call, self._clock = on_call, clock
        self._session: aiohttp.ClientSession | None = None
        self._origin: Origin | None = None
        self._fingerprint: aiohttp.Fingerprint | None = None

    async def open(self) -> None:
        """Check where the connection leads; nothing is sent yet. Raises Refused."""
        self._origin = origin_of(self._connection.url, allow_remote=self._connection.allow_remote)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=8),
                cookie_jar=aiohttp.DummyCookieJar(),  # the gateway keeps the cookies, and drops ours
                headers={"User-Agent": f"ibdesk/{ibdesk.__version__}"},
                timeout=aiohttp.ClientTimeout(total=self._connection.timeout.total_seconds()),
                trust_env=False,
                read_bufsize=_READ_AHEAD,
            )
            # aiohttp would send GET, PUT and DELETE again by itself, past budget and audit; it has no public switch
            self._session._retry_connection = False

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"{}",
        urgent: bool = False,
    ) -> bytes:
        """The body of a good answer. Raises DeskError branches; waits for its turn in the budget first.

        A GET whose connection was cut before its answer is sent once more, in a turn of its own: a kept connection
        ends when the gateway likes. Nothing else is ever sent again.
        """
        try:
            return await self._in_turn(method, path, query or {}, body, urgent)
        except Unavailable as problem:
            if method != "GET" or not _was_cut(problem.__cause__):
                raise
        return await self._in_turn(method, path, query or {}, body, urgent)

    async def _in_turn(self, method: str, path: str, query: Mapping[str, str], body: bytes, urgent: bool) -> bytes:
        async with self._throttle.turn(path, urgent=urgent):
            return await self._audited(method, path, query, b"" if method == "GET" else body)

    async def _audited(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        at, begun = self._clock(), time.perf_counter()
        answer: Answer | None = None
        error: DeskError | None = None
        try:
            answer = await self._exchange(method, path, query, body)
            error = self._throttle.punish(retry_after(answer)) if answer.status == 429 else self._judge(answer)
        except DeskError as problem:
            error = problem
        except asyncio.CancelledError:
            self._log(at, "rest", method, redacted(self._base + path, query), begun, None, "cancelled", len(body))
            raise
        wait = retry_after(answer) if answer is not None else None
        if wait is not None and isinstance(error, Unavailable) and error.retry_at is None:
            error.retry_at = self._clock() + wait
        outcome, detail = (error.cause, error.message) if error else ("ok", "")
        elapsed = self._log(
            at, "rest", method, redacted(self._base + path, query), begun, answer.status if answer else None,
            outcome, len(body), len(answer.body) if answer else 0, detail, told_at(answer),
        )
        self._throttle.report(elapsed)
        if error is not None or answer is None:
            raise error or AssertionError("no answer and no error")
        return answer.body

    def _log(
        self, at: datetime, channel: str, method: str, path: str, begun: float, status: int | None, outcome: str,
        bytes_out: int = 0, bytes_in: int = 0, detail: str = "", told: datetime | None = None,
    ) -> float:
        """Hand the call to the audit; returns the milliseconds it took."""
        elapsed = (time.perf_counter() - begun) * 1000
        self._on_call(
            ApiCall(
                at=at, channel=channel, method=method, path=path, status=status, outcome=outcome,
                milliseconds=round(elapsed), bytes_out=bytes_out, bytes_in=bytes_in, detail=detail,
                environment=self._connection.environment, told_at=told,
            )
        )
        return elapsed

    async def _exchange(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        session, url = self._open_session(), self._url(path, query)
        pin = await self._pin()
        try:
            async with session.request(
                method, url, data=body or None, ssl=pin, allow_redirects=False,
                headers={"Content-Type": "application/json"} if body else None,
            ) as reply:
                content = await reply.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as problem:
            raise failure_of(problem, self._connection.url) from problem
        return Answer(path=path, status=reply.status, body=content, headers=reply.headers)

    async def socket(self, path: str, *, cookie: str) -> aiohttp.ClientWebSocketResponse:
        """An open WebSocket, audited; close it with `hang_up`. Raises DeskError branches."""
        at, begun = self._clock(), time.perf_counter()
        try:
            opened = await self._shake_hands(path, cookie)
        except DeskError as problem:
            self._log(at, "ws", "CONNECT", self._base + path, begun, None, problem.cause, detail=problem.message)
            raise
        self._log(at, "ws", "CONNECT", self._base + path, begun, 101, "ok")
        return opened

    async def _shake_hands(self, path: str, cookie: str) -> aiohttp.ClientWebSocketResponse:
        session, url, pin = self._open_session(), self._url(path, {}), await self._pin()
        try:
            async with asyncio.timeout(self._connection.timeout.total_seconds()):
                return await session.ws_connect(
                    url, ssl=pin, headers={"Cookie": cookie}, max_msg_size=_LARGEST_MESSAGE,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )
        except aiohttp.WSServerHandshakeError as problem:
            refused = Answer(path=path, status=problem.status, headers={}, body=b"")
            error = self._throttle.punish(None) if problem.status == 429 else self._judge(refused)
            raise (error or failure_of(problem, self._connection.url)) from problem
        except (aiohttp.ClientError, OSError, TimeoutError) as problem:
            raise failure_of(problem, self._connection.url) from problem

    async def hang_up(self, socket: aiohttp.ClientWebSocketResponse, path: str, reason: str = "") -> None:
        """Close it politely, audited with the reason."""
        at, begun = self._clock(), time.perf_counter()
        await socket.close()
        outcome = "ok" if socket.close_code in _POLITE else "cut"
        self._log(at, "ws", "CLOSE", self._base + path, begun, socket.close_code, outcome, detail=reason)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise Unavailable(
                "The connection to the gateway is closed.", remedy="Open the desk's connection again.",
                cause=Cause.GATEWAY_NOT_RUNNING,
            )
        return self._session

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        origin = self._origin.url if self._origin else self._connection.url
        tail = f"?{urlencode(query, safe=',@')}" if query else ""
        return URL(f"{origin}{self._base}{path}{tail}", encoded=True)

    async def _pin(self) -> aiohttp.Fingerprint | bool:
        """What TLS must find; aiohttp checks it before the request is written."""
        connection = self._connection
        if self._origin is not None and self._origin.scheme == "http":
            return False
        if not connection.certificate_sha256:
            shown = await fetch_certificate(
                connection.url, allow_remote=connection.allow_remote, within=connection.timeout
            )
            raise CertificateUnknown(
                f"The gateway at {connection.url} shows a certificate you have not trusted yet.",
                remedy="Compare it with the gateway's and trust it once.", certificate=shown,
            )
        if self._fingerprint is None:  # one object: aiohttp keeps connections apart by it, and would shake hands anew
            self._fingerprint = aiohttp.Fingerprint(pin_bytes(connection.certificate_sha256))
        return self._fingerprint


def _was_cut(problem: BaseException | None) -> bool:
    """Whether a connection ended that had been made."""
    if isinstance(problem, aiohttp.ClientConnectorError):
        return False
    return isinstance(problem, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ConnectionResetError)


def redacted(path: str, query: Mapping[str, str]) -> str:
    """The path as the audit may keep it: the values of secret names are replaced."""
    if not query:
        return path
    kept = {name: "***" if name.lower() in _SECRET_NAMES else value for name, value in query.items()}
    return f"{path}?{urlencode(kept, safe=',@*')}"


def retry_after(answer: Answer) -> timedelta | None:
    """The broker's own wish, in seconds, when it states one."""
    text = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isdigit() else None


def told_at(answer: Answer | None) -> datetime | None:
    """The other side's clock, from its Date header; it counts whole seconds."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", "")) if answer else None
    except ValueError:
        return None
    return told if told is None or told.tzinfo is not None else told.replace(tzinfo=UTC)
