"""The socket's handshake, client ids, pacing, and how the server starts, stops and dies."""

import asyncio

import pytest

from ibdesk.demo.tws.server import TwsService
from tests.demo.door import Ticks
from tests.demo.tws.door import RawClient, framed, open_tws, signed_on


@pytest.mark.parametrize(("offered", "most", "agreed"), [
    ("v157..176", 178, 176), ("v157..178", 178, 178), ("v100..157", 178, 157), ("v100..225", 178, 178),
    ("v157..178", 157, 157), ("v157..178 +PACEAPI", 176, 176), ("v157", 178, 157), ("v157..178", 150, 150),
])
def test_the_version_is_the_lower_of_both(offered: str, most: int, agreed: int) -> None:
    async def main() -> None:
        async with open_tws(version=most) as (_, service), RawClient(service.port) as client:
            version, at = await client.greet(offered)
            assert version == str(agreed)
            assert at == "20261118 12:48:00 America/New_York"

    asyncio.run(main())


@pytest.mark.parametrize("opening", [
    b"GET / HTTP/1.1\r\n\r\n", b"API\0\0\0\0\x04v9..", b"API\0\0\0\0\x05v1..9", b"API\0\xff\xff\xff\xff"
])
def test_what_does_not_speak_the_wire_is_closed(opening: bytes) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), RawClient(service.port) as client:
            client.writer.write(opening)
            assert await client.is_closed()

    asyncio.run(main())


def test_the_handshake_may_come_a_byte_at_a_time() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), RawClient(service.port) as client:
            for byte in b"API\0\0\0\0\x09v157..178" + framed(71, 2, 5, ""):
                client.writer.write(bytes([byte]))
                await client.writer.drain()
                await asyncio.sleep(0)
            assert (await client.receive())[0] == "178"
            assert (await client.receive())[0] == "15"

    asyncio.run(main())


def test_start_is_answered_with_accounts_then_the_next_id_then_the_farms() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), RawClient(service.port) as client:
            await client.greet()
            client.send(71, 2, 3, "")
            assert await client.receive() == ["15", "1", "DU7654321,DU7654322"]
            assert await client.receive() == ["9", "1", "1"]
            assert [(await client.receive())[3] for _ in range(3)] == ["2104", "2106", "2158"]

    asyncio.run(main())


def test_anything_before_start_ends_the_connection() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), RawClient(service.port) as client:
            await client.greet()
            client.send(61, 1)
            assert await client.is_closed()

    asyncio.run(main())


def test_a_client_id_in_use_is_refused_with_one_error_and_then_closed() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service, 4), RawClient(service.port) as second:
            await second.greet()
            second.send(71, 2, 4, "")
            assert (await second.receive())[2:4] == ["-1", "326"]
            assert await second.is_closed()

    asyncio.run(main())


def test_a_client_id_is_free_as_soon_as_its_holder_is_gone() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            async with signed_on(service, 4):
                pass
            while service.clients:
                await asyncio.sleep(0)
            async with signed_on(service, 4) as client:
                client.send(49, 1)
                assert await client.next("49") == ["49", "1", "1795024080"]

    asyncio.run(main())


def test_more_than_fifty_messages_a_second_are_complained_of_and_the_third_time_punished() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_tws(ticks=ticks) as (_, service), signed_on(service) as client:
            ticks.pass_by(2)
            for _ in range(51):
                client.send(49, 1)
            assert (await client.error(100))[:2] == ["-1", "100"]
            for _ in range(102):
                client.send(49, 1)
            assert await client.is_closed()

    asyncio.run(main())


def test_fifty_messages_every_second_are_fine() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_tws(ticks=ticks) as (_, service), signed_on(service) as client:
            for _ in range(4):
                ticks.pass_by(1.1)
                for _ in range(49):
                    client.send(49, 1)
                assert not [one for one in await client.settle() if one[0] == "4"]

    asyncio.run(main())


def test_a_client_that_asks_to_be_paced_is_slowed_and_not_complained_of() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service, versions="v157..178 +PACEAPI") as client:
            for _ in range(60):
                client.send(49, 1)
            answers = [await client.receive() for _ in range(60)]
            assert {one[0] for one in answers} == {"49"}
            loop = asyncio.get_running_loop()
            started = loop.time()
            await client.settle()
            assert loop.time() - started > 0.3

    asyncio.run(main())


def test_unknown_and_short_and_wrong_requests_are_answered_with_errors() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service) as client:
            client.send(199, 1)
            assert "Unknown message id 199" in (await client.error(320))[2]
            client.send(9, 8, 5)
            assert "Message ends" in (await client.error(320))[2]
            client.send(61, "x")
            await client.next("62")
            client.send(77777777777777777777)
            await client.error(320)
            client.send("", "")
            await client.error(320)
            client.send(87, 12, "what")
            assert (await client.error(321))[0] == "12"

    asyncio.run(main())


def test_a_killed_server_cuts_everybody_and_comes_back_on_its_port_with_its_ids() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service) as client:
            port = service.port
            service.floor.orders.use(1, 40)
            await service.kill()
            assert await client.is_closed()
            with pytest.raises(ConnectionRefusedError):
                await RawClient(port).__aenter__()
            await service.start()
            assert service.port == port
            async with RawClient(port) as again:
                await again.greet()
                again.send(71, 2, 1, "")
                assert (await again.next("9"))[2] == "41"

    asyncio.run(main())


def test_a_taken_port_is_an_os_error() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service):
            other: TwsService = gateway.tws_service(port=service.port)
            with pytest.raises(OSError, match=r"address already in use|10048"):
                await other.start()
            assert not other.is_running

    asyncio.run(main())


def test_nothing_beats_while_nobody_is_there() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            async with signed_on(service):
                assert service.is_beating
            while service.clients or service.is_beating:
                await asyncio.sleep(0.01)

    asyncio.run(main())
