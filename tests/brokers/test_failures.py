"""Each way a gateway can be absent, wrong or silent, met through the real door."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from ibdesk.brokers.failures import may_have_arrived
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from tests.brokers.door import connected, demo, free_port, raw, small

PIN = "AB" * 32


async def _error_at(url: str, pin: str = PIN, seconds: float = 5.0) -> DeskError:
    async with connected(url, pin, seconds=seconds) as desk:
        with pytest.raises(DeskError) as failed:
            await desk.broker.accounts()
        assert {call.outcome for call in desk.calls} == {failed.value.cause}
        assert len(desk.calls) <= 2, "one call, and once more where a connection was cut"
        assert failed.value.message and failed.value.remedy
        return failed.value


def test_a_gateway_that_is_not_running() -> None:
    async def scene() -> None:
        error = await _error_at(f"https://127.0.0.1:{await free_port()}")
        assert (type(error), error.cause) == (Unavailable, Cause.GATEWAY_NOT_RUNNING)
        assert "Start the Client Portal Gateway" in error.remedy

    asyncio.run(scene())


def test_a_gateway_without_encryption_when_we_expect_it() -> None:
    async def scene() -> None:
        async with small() as server:
            error = await _error_at(server.url.replace("http:", "https:"))
            assert (type(error), error.cause) == (NeedsPerson, Cause.GATEWAY_PLAIN_HTTP)
            assert "listenSsl" in error.remedy
            assert server.asked == []

    asyncio.run(scene())


def test_a_gateway_with_encryption_when_we_expect_none() -> None:
    async def scene() -> None:
        async with demo() as gateway:
            error = await _error_at(gateway.url.replace("https:", "http:"), "")
            assert (type(error), error.cause) == (Unavailable, Cause.GATEWAY_NOT_RUNNING)
            assert "encryption" in error.remedy
            assert gateway.calls == ()

    asyncio.run(scene())


def test_a_program_that_speaks_something_else() -> None:
    async def scene() -> None:
        async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ESMTP ready\r\n")
            await reader.read(100)

        async with raw(mail) as port:
            plain = await _error_at(f"http://127.0.0.1:{port}", "")
            assert plain.cause is Cause.NOT_A_GATEWAY

    asyncio.run(scene())


def test_a_program_that_hangs_up_without_a_word() -> None:
    async def scene() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)

        async with raw(hang_up) as port:
            error = await _error_at(f"http://127.0.0.1:{port}", "")
            assert (type(error), error.cause) == (Unavailable, Cause.GATEWAY_NOT_RUNNING)

    asyncio.run(scene())


def test_a_gateway_that_hangs_because_it_cannot_reach_the_broker() -> None:
    async def scene() -> None:
        async with demo() as gateway:
            gateway.hang()
            error = await _error_at(gateway.url, gateway.certificate_sha256, 0.3)
            assert (type(error), error.cause) == (Unavailable, Cause.TIMED_OUT)

    asyncio.run(scene())


def test_an_answer_that_breaks_off_in_the_middle() -> None:
    async def scene() -> None:
        async with small() as server:

            async def cut(request: web.Request) -> web.StreamResponse:
                reply = web.StreamResponse(headers={"Content-Length": "1000"})
                await reply.prepare(request)
                await reply.write(b"[{")
                assert request.transport is not None
                request.transport.abort()
                return reply

            server.routes["*"] = cut
            error = await _error_at(server.url, "")
            assert (type(error), error.cause) == (Unavailable, Cause.GATEWAY_NOT_RUNNING)

    asyncio.run(scene())


def test_a_gateway_killed_and_started_again_answers_again() -> None:
    async def scene() -> None:
        async with demo() as gateway, connected(gateway.url, gateway.certificate_sha256) as desk:
            assert len(await desk.broker.accounts()) == 2
            await gateway.kill()
            with pytest.raises(Unavailable) as gone:
                await desk.broker.snapshot(gateway.accounts[0])  # type: ignore[arg-type]
            assert gone.value.cause is Cause.GATEWAY_NOT_RUNNING
            await gateway.start()
            assert (await desk.broker.snapshot(gateway.accounts[0])).positions  # type: ignore[arg-type]

    asyncio.run(scene())


def _caused(cause: BaseException | None) -> DeskError:
    error = Unavailable("It failed.", remedy="Wait.", cause=Cause.TIMED_OUT)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(("cause", "may_have"), [
    (TimeoutError(), True), (aiohttp.ServerDisconnectedError(), True), (ConnectionResetError(), True),
    (aiohttp.ClientPayloadError(), True), (aiohttp.ClientOSError(), True), (None, False), (ValueError(), False),
    (aiohttp.InvalidURL("x"), False), (aiohttp.ServerFingerprintMismatch(b"a", b"b", "h", 1), False),
    (aiohttp.ClientConnectorError(None, OSError()), False),  # type: ignore[arg-type]
])
def test_only_what_was_sent_may_have_arrived(cause: BaseException | None, may_have: bool) -> None:
    assert may_have_arrived(_caused(cause)) is may_have
