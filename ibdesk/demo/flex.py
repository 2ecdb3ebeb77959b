"""A Flex Web Service with nobody's money behind it: two calls over HTTPS on loopback, and every way they go wrong.

It answers at any path that ends in SendRequest or GetStatement, with status 200 for refusals too, as the broker does.
A query whose id is the name of a code (`token_expired`) is always refused with it, so that each can be met by hand.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

from aiohttp import web

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.certificate import ServerIdentity, make_identity
from ibdesk.demo.clock import NEW_YORK, DemoClock
from ibdesk.demo.statement import render, report_day

HOST = "127.0.0.1"
PATH = "/AccountManagement/FlexWebService"
#: What a person types to use it.
TOKEN, QUERY = "112233445566778899001122", "1000001"
#: The published codes by name, with words like the broker's (reference/flex-and-nav.md A4).
CODES: Mapping[str, tuple[int, str]] = {
    "not_generated": (1001, "Statement could not be generated at this time. Please try again shortly."),
    "not_available": (1003, "Statement is not available."),
    "incomplete": (1004, "Statement is incomplete at this time. Please try again shortly."),
    "settlement_not_ready": (1005, "Settlement data is not ready at this time. Please try again shortly."),
    "fifo_not_ready": (1006, "FIFO P/L data is not ready at this time. Please try again shortly."),
    "mtm_not_ready": (1007, "MTM P/L data is not ready at this time. Please try again shortly."),
    "pnl_not_ready": (1008, "MTM and FIFO P/L data is not ready at this time. Please try again shortly."),
    "heavy_load": (1009, "The server is under heavy load. Please try again shortly."),
    "legacy_query": (1010, "Legacy Flex Queries are no longer supported."),
    "service_inactive": (1011, "Service account is inactive."),
    "token_expired": (1012, "Token has expired."),
    "address_restricted": (1013, "IP restriction."),
    "query_invalid": (1014, "Query is invalid."),
    "token_invalid": (1015, "Token is invalid."),
    "account_invalid": (1016, "Account in invalid."),
    "reference_invalid": (1017, "Reference code is invalid."),
    "too_many_requests": (1018, "Too many requests have been made from this token."),
    "in_progress": (1019, "Statement generation in progress. Please try again shortly."),
    "not_validated": (1020, "Invalid request or unable to validate request."),
    "not_retrieved": (1021, "Statement could not be retrieved at this time. Please try again shortly."),
}
HTML = b"<!DOCTYPE html><html><body>Flex services are temporarily unavailable.</body></html>"
#: Bodies sent in place of an answer: content, and the status that goes with it.
ODDITIES: Mapping[str, tuple[int, bytes]] = {
    "html": (200, HTML),
    "broken": (500, HTML),
    "empty": (200, b""),
    "csv": (200, b'"ClientAccountID","Symbol","Quantity"\n"DU7654321","AAPL","420"\n'),
    "not_xml": (200, b"<FlexStatementResponse><Status>Success</Stat"),
    "bomb": (200, b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                  b"<FlexStatementResponse><Status>&b;</Status></FlexStatementResponse>"),
    "other_xml": (200, b"<rss version='2.0'></rss>"),
    "new_code": (200, b"<FlexStatementResponse><Status>Fail</Status><ErrorCode>1099</ErrorCode>"
                      b"<ErrorMessage>The moon is full.</ErrorMessage></FlexStatementResponse>"),
    "echo": (200, b"<FlexStatementResponse><Status>Fail</Status><ErrorCode>1097</ErrorCode>"
                  b"<ErrorMessage>The token {token} is unknown.</ErrorMessage></FlexStatementResponse>"),
    "new_transient_code": (200, b"<FlexStatementResponse><Status>Warn</Status><ErrorCode>1098</ErrorCode>"
                                b"<ErrorMessage>Please try again.</ErrorMessage></FlexStatementResponse>"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call as it arrived; `at` in seconds of the service's ticks."""

    step: str
    query: Mapping[str, str]
    agent: str
    at: float


@dataclass(slots=True)
class _Fault:
    step: str
    times: int
    status: int
    body: bytes


@dataclass(slots=True)
class _Job:
    content: bytes
    not_ready: int


class DemoFlex:
    """The service. `not_ready` is how often a statement is still being made when it is asked for; `token` the only one
    that is let in."""

    def __init__(
        self,
        account: DemoAccount,
        clock: DemoClock,
        *,
        identity: ServerIdentity | None = None,
        port: int = 0,
        not_ready: int = 1,
        token: str = TOKEN,
        ticks: Callable[[], float] = time.monotonic,
        is_paced: bool = True,
    ) -> None:
        self.port, self.not_ready = port, not_ready
        self.seconds, self.pointer = 0.0, ""
        self._token = token
        self._account, self._clock, self._ticks, self._is_paced = account, clock, ticks, is_paced
        self._identity = identity or make_identity()
        self._faults: list[_Fault] = []
        self._lost: list[str] = []
        self._jobs: dict[str, _Job] = {}
        self._references = itertools.count(4_100_200_301)
        self._admitted: dict[str, deque[float]] = {}
        self._log: deque[Asked] = deque(maxlen=10_000)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"https://{HOST}:{self.port}"

    @property
    def certificate_sha256(self) -> str:
        return self._identity.sha256

    @property
    def calls(self) -> tuple[Asked, ...]:
        """Every call so far, oldest first."""
        return tuple(self._log)

    async def start(self) -> None:
        """Listen; the port stays the same afterwards. Raises OSError if it is taken."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self.port, ssl_context=self._identity.context).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self.port = runner, runner.addresses[0][1]

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def complain(self, name: str, times: int = 1, *, step: str = "") -> None:
        """The next calls (of one step, or any) are refused with the code of this name."""
        self._faults.append(_Fault(step, times, 200, _refusal(name)))

    def spoil(self, name: str, times: int = 1, *, step: str = "") -> None:
        """The next answers are one of `ODDITIES`, or `truncated`: a statement without its end."""
        status, body = ODDITIES.get(name, (200, b""))
        self._faults.append(_Fault(step, times, status, b"truncated" if name == "truncated" else body))

    def point_to(self, url: str) -> None:
        """SendRequest names this address for the statement; empty: none."""
        self.pointer = url or "none"

    def slow(self, seconds: float) -> None:
        """Every answer waits so long; 0 ends it."""
        self.seconds = seconds

    def lose_reply(self, step: str, times: int = 1) -> None:
        """The next calls of a step are carried out, and the connection is cut before the answer."""
        self._lost += [step] * times

    def heal(self) -> None:
        """Take back every fault."""
        self._faults.clear()
        self._lost.clear()
        self.seconds, self.pointer = 0.0, ""

    async def _handle(self, request: web.Request) -> web.Response:
        step = request.path.rstrip("/").rpartition("/")[2]
        query = dict(request.query)
        self._log.append(
            Asked(step=step, query=query, agent=request.headers.get("User-Agent", ""), at=self._ticks())
        )
        if step not in ("SendRequest", "GetStatement"):
            return web.Response(status=404, body=HTML, content_type="text/html")
        status, body = self._answer(step, query)
        await asyncio.sleep(self.seconds)
        if step in self._lost:
            self._lost.remove(step)
            if isinstance(request.transport, asyncio.WriteTransport):
                request.transport.abort()
        return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")

    def _answer(self, step: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        fault = next((each for each in self._faults if each.times > 0 and each.step in ("", step)), None)
        if fault is not None:
            fault.times -= 1
            if fault.body != b"truncated":
                return fault.status, fault.body.replace(b"{token}", query.get("t", "").encode())
        token = query.get("t", "")
        if not self._admits(token):
            return 200, _refusal("too_many_requests")
        if token != self._token:
            return 200, _refusal("token_invalid")
        if query.get("v") != "3":
            return 200, _refusal("not_validated")
        body = self._begin(query) if step == "SendRequest" else self._hand_out(query.get("q", ""))
        return 200, body[: len(body) // 2] if fault is not None else body

    def _admits(self, token: str) -> bool:
        """Once a second and ten times a minute (acceptance F3)."""
        now, past = self._ticks(), self._admitted.setdefault(token, deque(maxlen=10))
        if self._is_paced and past and (now - past[-1] < 1 or (len(past) == 10 and now - past[0] < 60)):
            return False
        past.append(now)
        return True

    def _begin(self, query: Mapping[str, str]) -> bytes:
        wanted = query.get("q", "")
        if wanted != QUERY:
            return _refusal(wanted if wanted in CODES else "query_invalid")
        try:
            first, last = (_day(query[name]) if name in query else None for name in ("fd", "td"))
        except ValueError:
            return _refusal("not_validated")
        if (first is None) != (last is None) or (first and last and not 0 <= (last - first).days < 365):
            return _refusal("not_validated")
        number, now = self._account.ids[0], self._clock.now()
        day = report_day(self._account, number, last or now.astimezone(NEW_YORK).date(), now)
        if day is None:
            return _refusal("not_available")
        reference = str(next(self._references))
        self._jobs[reference] = _Job(render(self._account, number, first, day, now), self.not_ready)
        url = self.pointer or f"{self.url}{PATH}/GetStatement"
        where = "" if url == "none" else f"<Url>{escape(url)}</Url>\n"
        return _response(f"<Status>Success</Status>\n<ReferenceCode>{reference}</ReferenceCode>\n{where}", now)

    def _hand_out(self, reference: str) -> bytes:
        job = self._jobs.get(reference)
        if job is None:
            return _refusal("reference_invalid")
        if job.not_ready > 0:
            job.not_ready -= 1
            return _refusal("in_progress")
        return job.content


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone


def _refusal(name: str) -> bytes:
    number, words = CODES[name]
    status = "Warn" if number == 1019 else "Fail"
    return _response(
        f"<Status>{status}</Status>\n<ErrorCode>{number}</ErrorCode>\n<ErrorMessage>{words}</ErrorMessage>\n", None
    )


def _response(inside: str, now: datetime | None) -> bytes:
    at = f"{now.astimezone(NEW_YORK):%d %B, %Y %I:%M %p} EST" if now else "20 November, 2026 12:48 PM EST"
    return f"<FlexStatementResponse timestamp='{at}'>\n{inside}</FlexStatementResponse>\n".encode()
