"""The caller's terminal as a verb sees it: order kept, long text in pieces, answers from whichever loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ibdesk.cli import channel
from ibdesk.cli.channel_caller import Caller, receive
from ibdesk.domain.errors import NeedsPerson


@asynccontextmanager
async def called() -> AsyncIterator[tuple[Caller, asyncio.StreamReader, asyncio.StreamWriter, asyncio.StreamReader]]:
    """A caller, what the command reads and writes, and what the desk reads."""
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()
    server = await asyncio.start_server(lambda *both: arrived.set_result(both), channel.HOST, 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    desk_reader, desk_writer = await arrived
    try:
        yield Caller(desk_writer), reader, writer, desk_reader
    finally:
        for each in (writer, desk_writer):
            each.close()
        server.close()


async def said(reader: asyncio.StreamReader) -> list[channel.FromDesk]:
    """All until the end."""
    messages = list[channel.FromDesk]()
    while not messages or not isinstance(messages[-1], channel.Done):
        head = await reader.readexactly(channel.LENGTH.size)
        messages.append(channel.from_desk(await reader.readexactly(channel.length_of(head))))
    return messages


def test_everything_arrives_in_its_order_from_whichever_thread() -> None:
    async def test() -> None:
        async with called() as (caller, reader, _, _):
            await asyncio.to_thread(caller.write, "one\n")
            caller.warn("two\n")
            await asyncio.to_thread(caller.write, "three\n")
            await caller.end(0)
            texts = [each.text for each in await said(reader) if isinstance(each, channel.Words)]
        assert texts == ["one\n", "two\n", "three\n"]
        caller.write("nobody hears this")

    asyncio.run(test())


def test_long_text_is_sent_in_pieces_and_arrives_whole() -> None:
    text = "é" * (3 * channel.PIECE + 1)

    async def test() -> None:
        async with called() as (caller, reader, _, _):
            caller.write(text)
            ending = asyncio.gather(said(reader), caller.end(0))
            words = [each for each in (await ending)[0] if isinstance(each, channel.Words)]
        assert len(words) == 4
        assert "".join(each.text for each in words) == text

    asyncio.run(test())


def test_a_question_is_answered_or_nobody_is_there_and_leaving_ends_the_work() -> None:
    left: list[bool] = []

    async def test() -> None:
        async with called() as (caller, reader, writer, desk_reader):
            async def answer() -> None:
                for text in ("yes", None):
                    head = await reader.readexactly(channel.LENGTH.size)
                    await reader.readexactly(channel.length_of(head))
                    writer.write(channel.framed(channel.Answer(text=text)))
                writer.write(channel.framed(channel.Cancel()))

            async def ask() -> None:
                assert await caller.ask("Sure? ", secret=False) == "yes"
                with pytest.raises(NeedsPerson):
                    await caller.ask("Passphrase: ", secret=True)

            await asyncio.gather(answer(), ask(), caller.listen(desk_reader, lambda: left.append(True)))
            assert caller.gave_up

    asyncio.run(test())
    assert left == [True]


def test_who_speaks_out_of_turn_counts_as_gone() -> None:
    async def test() -> None:
        async with called() as (_, _, writer, desk_reader):
            writer.write(b"\x00\x00")
            writer.close()
            with pytest.raises(channel.ChannelBroken):
                await receive(desk_reader)

    asyncio.run(test())
