"""What a port tells: TWS, a web server, silence, a hang-up, nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ibdesk.brokers.tws.knock import knock
from ibdesk.domain.sockets import Knock
from tests.brokers.door import free_port
from tests.brokers.tws.door import at_tws


@asynccontextmanager
async def answering(says: bytes) -> AsyncIterator[int]:
    """A server that says one thing to whoever speaks, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)
        writer.write(says)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def test_tws_greets_and_no_client_id_is_taken() -> None:
    async def scene() -> None:
        async with at_tws() as scene:
            assert await knock("127.0.0.1", scene.service.port) is Knock.GREETED
            assert not scene.service.floor.clients

    asyncio.run(scene())


def test_a_dialog_that_waits_is_silent_and_a_refused_address_is_hung_up_on() -> None:
    async def scene() -> None:
        async with at_tws() as scene:
            port, faults = scene.service.port, scene.service.faults
            faults.accept_and_hang()
            assert await knock("127.0.0.1", port, answered_within=0.1) is Knock.SILENT
            faults.heal()
            faults.accept_and_close()
            assert await knock("127.0.0.1", port) is Knock.CLOSED

    asyncio.run(scene())


def test_a_web_server_is_a_stranger_whatever_it_says() -> None:
    async def scene() -> None:
        for says in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH", b"\0\0\0\x04abcd", b"\0\0\0\x09176\0"):
            async with answering(says) as port:
                assert await knock("127.0.0.1", port) is Knock.STRANGER, says
        async with answering(b"") as port:
            assert await knock("127.0.0.1", port) is Knock.CLOSED

    asyncio.run(scene())


def test_where_nobody_listens_the_knock_is_refused() -> None:
    async def scene() -> None:
        assert await knock("127.0.0.1", await free_port()) is Knock.REFUSED

    asyncio.run(scene())
