"""The way into a demo TWS for tests: a raw client that knows frames and nothing of the server's insides."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from tests.demo.door import shared_identity, still_clock

MAIN, SECOND = "DU7654321", "DU7654322"
UNSET = "1.7976931348623157E308"
#: Contract fields of a share of Apple, as the libraries send them.
AAPL = (265598, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")


def framed(*fields: object) -> bytes:
    data = "".join(f"{one}\0" for one in fields).encode()
    return struct.pack(">I", len(data)) + data


def placing(
    order_id: int, side: str = "BUY", quantity: object = 5, kind: str = "LMT", limit: object = "", aux: object = "",
    **more: Any,
) -> tuple[object, ...]:
    """placeOrder at 157 with every optional block left out."""
    contract = more.pop("contract", AAPL)
    wanted = {"account": "DU7654321", "ref": "", "transmit": 1, "parent": 0, "group": "", "tif": "DAY", "what_if": 0,
              "outside": 0, "trail_stop": "", "trail_percent": ""} | more
    return (
        3, order_id, *contract, "", "", side, quantity, kind, limit, aux, wanted["tif"], wanted["group"],
        wanted["account"], "O", 0, wanted["ref"], wanted["transmit"], wanted["parent"], 0, 0, 0, 0,
        wanted["outside"], 0, *wanted.get("legs", ()), "", "", "", "", "", "", "", "", "", 0, "", -1, 0, "", "", 0, "",
        "", 0, 0, "", 0, "", "", "", "", "", 0, "", "", "", "", 0, "", wanted["trail_stop"], wanted["trail_percent"],
        "", "", "", "", "", "", "", 0, "", "", 0, 0, "", "", wanted["what_if"], "", 0, 0, 0, 0, "", "", "", "", "", "",
        0, "", "", "", "", "", "", "", "", 0, 0, 0, "",
    )


class RawClient:
    """One socket to a TWS."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.version = 0

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    def send(self, *fields: object) -> None:
        if not self.writer.transport.is_closing():
            self.writer.write(framed(*fields))

    async def greet(self, versions: str = "v100..157") -> list[str]:
        """The handshake; the server's version and time."""
        text = versions.encode()
        self.writer.write(b"API\0" + struct.pack(">I", len(text)) + text)
        reply = await self.receive()
        self.version = int(reply[0])
        return reply

    async def sign_on(self, client_id: int = 1, versions: str = "v100..157") -> Self:
        """The handshake and startApi, up to the last farm."""
        await self.greet(versions)
        self.send(71, 2, client_id, "")
        await self.until("4", code="2158")
        return self

    async def receive(self) -> list[str]:
        """The next message. Raises IncompleteReadError at the end."""
        async with asyncio.timeout(20):
            size = struct.unpack(">I", await self.reader.readexactly(4))[0]
            fields = (await self.reader.readexactly(size)).decode().split("\0")
        assert fields.pop() == "", "every field ends in NUL"
        return fields

    async def until(self, kind: str, *, code: str = "") -> list[list[str]]:
        """Every message up to the next of a kind (and error code), that one too."""
        found: list[list[str]] = []
        while True:
            found.append(await self.receive())
            if found[-1][0] == kind and (not code or found[-1][3] == code):
                return found

    async def next(self, kind: str, *, code: str = "") -> list[str]:
        return (await self.until(kind, code=code))[-1]

    async def error(self, code: int | str = "") -> list[str]:
        """The next error (with a code) as id, code, text."""
        return (await self.next("4", code=str(code)))[2:5]

    async def settle(self) -> list[list[str]]:
        """Everything that is on its way, up to the answer to what time it is."""
        self.send(49, 1)
        return (await self.until("49"))[:-1]

    async def is_closed(self) -> bool:
        """Whether the server ends it; reads what is left."""
        try:
            async with asyncio.timeout(20):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            pass
        return True


@asynccontextmanager
async def open_tws(**settings: Any) -> AsyncIterator[tuple[DemoGateway, TwsService]]:
    """A gateway (its portal not started) and a running TWS on a still dial with quick timers."""
    own = {key: settings.pop(key) for key in ("port", "version", "master") if key in settings}
    timings = settings.pop("tws_timings", TwsTimings.quick())
    settings.setdefault("clock", still_clock())
    settings.setdefault("timings", DemoTimings.quick())
    settings.setdefault("limits", DemoLimits.off())
    gateway = DemoGateway(identity=shared_identity(), **settings)
    service = gateway.tws_service(timings=timings, **own)
    await service.start()
    try:
        yield gateway, service
    finally:
        await service.stop()


@asynccontextmanager
async def signed_on(service: TwsService, client_id: int = 1, versions: str = "v100..157") -> AsyncIterator[RawClient]:
    """A raw client past startApi."""
    async with RawClient(service.port) as client:
        yield await client.sign_on(client_id, versions)
