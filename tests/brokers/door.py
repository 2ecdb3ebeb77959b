"""The ways to a gateway for tests: our broker in front of the demo, and small servers that misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

from ibdesk.brokers.base import Connection
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.brokers.portal.stream import StreamTimings
from ibdesk.brokers.throttle import Budget
from ibdesk.demo.certificate import make_identity
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall, RateState

MAIN = AccountId("DU7654321")
SECOND = AccountId("DU7654322")
#: A Wednesday, 12:48 in New York.
LUNCH = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
QUICK = StreamTimings(
    greeting_within=0.3, silence_means_death=1.0, say_tic_every=0.2, renew_after=0.4, subscriptions_per_second=50,
    gather=0.02, first_rest=0.02, longest_rest=0.05,
)


class Dial:
    """A clock and a pause: pausing turns the clock, so nothing in a test waits."""

    def __init__(self, at: datetime = LUNCH) -> None:
        self.at = at
        self.seconds = 0.0
        self.pauses: list[float] = []

    def clock(self) -> datetime:
        return self.at

    def ticks(self) -> float:
        return self.seconds

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.turn(seconds)


@dataclass
class Desk:
    """A broker and everything it reported."""

    broker: PortalBroker
    dial: Dial
    calls: list[ApiCall] = field(default_factory=list)
    rates: list[RateState] = field(default_factory=list)

    @property
    def sent(self) -> list[str]:
        """Method and path of each call, without the prefix."""
        return [f"{call.method} {call.path.removeprefix(endpoints.BASE)}" for call in self.calls]


@asynccontextmanager
async def connected(
    url: str, certificate: str = "", *, dial: Dial | None = None, seconds: float = 5.0,
    environment: Environment = Environment.DEMO, read_only: bool = True, **more: object
) -> AsyncIterator[Desk]:
    """Our client, opened, with a budget of its own that is never the bottleneck."""
    dial = dial or Dial()
    calls: list[ApiCall] = []
    rates: list[RateState] = []
    connection = Connection(
        url=url, environment=environment, certificate_sha256=certificate, timeout=timedelta(seconds=seconds),
        read_only=read_only,
    )
    options: dict[str, object] = {"budget": Budget(per_second=10_000, limits=()), "timings": QUICK} | more
    broker = PortalBroker(
        connection, on_call=calls.append, on_rate=rates.append, clock=dial.clock, pause=dial.pause,
        jitter=lambda: 0.5, **options,  # type: ignore[arg-type]
    )
    await broker.open()
    try:
        yield Desk(broker, dial, calls, rates)
    finally:
        await broker.close()


@asynccontextmanager
async def demo(*, signed_out: bool = False, extra_positions: int = 0) -> AsyncIterator[DemoGateway]:
    """A demo gateway whose market stands still and whose timers are short."""
    gateway = DemoGateway(
        clock=DemoClock(LUNCH, ticks=lambda: 0.0), timings=DemoTimings.quick(), limits=DemoLimits.off(),
        signed_out=signed_out, extra_positions=extra_positions,
    )
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def at_demo(*, signed_out: bool = False, extra_positions: int = 0) -> AsyncIterator[tuple[Desk, DemoGateway]]:
    """Our client in front of the demo."""
    async with (
        demo(signed_out=signed_out, extra_positions=extra_positions) as gateway,
        connected(gateway.url, gateway.certificate_sha256) as desk,
    ):
        yield desk, gateway


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Small:
    """A small server that answers what it was told to, and remembers what it was asked."""

    url: str = ""
    certificate: str = ""
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)
    routes: dict[str, Handler] = field(default_factory=dict)

    def says(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> None:
        """Answer every request to `path` (without /v1/api) with this; `*` is every other path."""
        content = body.encode() if isinstance(body, str) else body

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=content, status=status, headers=headers)

        self.routes[path] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(endpoints.BASE)
        self.asked.append(f"{request.method} {path}")
        self.headers.append(dict(request.headers))
        self.peers.add(request.transport and request.transport.get_extra_info("peername"))
        self.bodies.append(await request.read())
        handler = self.routes.get(path) or self.routes.get("*")
        return await handler(request) if handler else web.Response(status=404)


@asynccontextmanager
async def small(*, tls: bool = False) -> AsyncIterator[Small]:
    """A small server of our own on loopback, plain or with a certificate like the gateway's."""
    server, identity = Small(), make_identity() if tls else None
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    context: ssl.SSLContext | None = identity.context if identity else None
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    server.certificate = identity.sha256 if identity else ""
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """A bare TCP server; yields its port."""

    talking: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*(task for task in talking if task), return_exceptions=True)
        await server.wait_closed()


async def free_port() -> int:
    """A port at which nothing listens."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def until(claim: Callable[[], bool]) -> None:
    """Let the other side work until the claim is true."""
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0.005)
