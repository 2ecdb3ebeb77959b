"""The way into a demo gateway for tests: an HTTPS client that knows nothing of the server's insides."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any, Self

import aiohttp

from ibdesk.demo.certificate import ServerIdentity, make_identity
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings

MAIN = "DU7654321"
SECOND = "DU7654322"
#: A Wednesday, 12:48 in New York.
LUNCH = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


class Ticks:
    """Seconds that grow when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


def still_clock(at: datetime = LUNCH) -> DemoClock:
    """A dial that stands still until it is turned."""
    return DemoClock(at, ticks=lambda: 0.0)


class Door:
    """GET and POST below /v1/api; answers are (status, decoded JSON or text)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self.context, limit=50)
        self.http = aiohttp.ClientSession(self.url, connector=connector, timeout=aiohttp.ClientTimeout(10))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    async def get(self, path: str) -> tuple[int, Any]:
        return await self._call("GET", path)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self._call("POST", path, json=body) if body is not None else await self._call("POST", path)

    async def delete(self, path: str) -> tuple[int, Any]:
        return await self._call("DELETE", path)

    async def ok(self, path: str) -> Any:
        """The body of a GET that has to succeed."""
        status, body = await self.get(path)
        assert status == 200, (path, status, body)
        return body

    async def _call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        target = path if path.startswith("/") else f"/v1/api/{path}"
        async with self.http.request(method, target, allow_redirects=False, **more) as response:
            text = await response.text()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text

    async def socket(self) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect("/v1/api/ws", max_msg_size=65_536)


@cache
def shared_identity() -> ServerIdentity:
    """One certificate for all tests that do not look at it."""
    return make_identity()


@asynccontextmanager
async def open_demo(**settings: Any) -> AsyncIterator[tuple[DemoGateway, Door]]:
    """A running gateway with a still dial, quick timers and no limits, unless the test says otherwise."""
    settings.setdefault("clock", still_clock())
    settings.setdefault("timings", DemoTimings.quick())
    settings.setdefault("limits", DemoLimits.off())
    settings.setdefault("identity", shared_identity())
    gateway = DemoGateway(**settings)
    await gateway.start()
    try:
        async with Door(gateway.url) as door:
            yield gateway, door
    finally:
        await gateway.stop()
