"""The socket tells orders whole at first and then what changed, unless a fault or a filter gets in the way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from ibdesk.demo.gateway import DemoGateway
from tests.demo.door import MAIN, Door, open_demo
from tests.demo.portal.test_order_routes import ask, limit, place

Socket = aiohttp.ClientWebSocketResponse
Story = Callable[[DemoGateway, Door, Socket], Awaitable[None]]


def play(story: Story) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            await door.ok("iserver/accounts")
            await door.ok("iserver/account/orders")
            socket = await door.socket()
            await hear(socket, "sts")
            await story(gateway, door, socket)
            await socket.close()

    asyncio.run(main())


async def hear(socket: Socket, topic: str, within: float = 20.0) -> list[dict[str, Any]]:
    """The next message of a topic: its arguments."""
    async with asyncio.timeout(within):
        while True:
            body = json.loads((await socket.receive()).data)
            if body.get("topic") == topic:
                found: list[dict[str, Any]] = body["args"]
                return found


async def next_beat(socket: Socket) -> None:
    async with asyncio.timeout(20):
        while "hb" not in json.loads((await socket.receive()).data):
            continue


async def states(socket: Socket, until: str) -> list[str]:
    """What status is told after what, up to one."""
    heard: list[str] = []
    while not heard or heard[-1] != until:
        heard += [row["status"] for row in await hear(socket, "sor") if "status" in row]
    return heard


def test_the_first_message_is_full_and_the_next_ones_tell_what_changed() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        number = (await place(door, limit(62.0, cOID="mine")))[0]
        await socket.send_str("sor+{}")
        (row,) = await hear(socket, "sor")
        assert (row["orderId"], row["order_ref"], row["ticker"]) == (number, "mine", "KO")
        await door.delete(f"iserver/account/{MAIN}/order/{number}")
        changed: list[dict[str, Any]] = []
        while not changed or changed[-1].get("status") != "Cancelled":
            changed += await hear(socket, "sor")
        assert "PendingCancel" in [each.get("status") for each in changed]
        assert all(each["orderId"] == number and "ticker" not in each for each in changed)

    play(story)


def test_a_new_order_is_told_whole_and_its_executions_too() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        await socket.send_str("sor+{}")
        assert await hear(socket, "sor") == []
        await socket.send_str('str+{"realtimeUpdatesOnly":false,"days":1}')
        assert await hear(socket, "str") == []
        price = await ask(door)
        await place(door, limit(price, cOID="mine"))
        assert (await hear(socket, "sor"))[0]["order_ref"] == "mine"
        (trade,) = await hear(socket, "str")
        assert (trade["order_ref"], trade["open_close"]) == ("mine", "???")
        gateway.correct_execution(str(price - 0.01))
        (again,) = await hear(socket, "str")
        assert again["execution_id"][:-2] == trade["execution_id"][:-2]
        assert again["execution_id"] != trade["execution_id"]
        await socket.send_str("str+{}")
        assert [row["execution_id"] for row in await hear(socket, "str")] == [again["execution_id"]]
        await socket.send_str('str+{"realtimeUpdatesOnly":true}')
        assert await hear(socket, "str") == []

    play(story)


def test_an_execution_can_be_told_twice() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        await socket.send_str("str+{}")
        await hear(socket, "str")
        gateway.double_executions()
        await place(door, limit(await ask(door)))
        first, second = await hear(socket, "str")
        assert first == second
        await door.ok("iserver/account/trades")
        gateway.double_executions()
        rows = await door.ok("iserver/account/trades")
        assert len(rows) == 2
        assert len({row["execution_id"] for row in rows}) == 1

    play(story)


def test_order_news_can_come_latest_first() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        await socket.send_str("sor+{}")
        await hear(socket, "sor")
        gateway.reverse_order_news()
        await place(door, limit(await ask(door)))
        heard = await states(socket, "PreSubmitted")
        assert heard == ["Filled", "PreSubmitted"]

    play(story)


def test_a_filter_over_rest_silences_the_stream_until_force() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        await socket.send_str("sor+{}")
        await hear(socket, "sor")
        await door.ok("iserver/account/orders?filters=submitted")
        silent = (await place(door, limit(62.0)))[0]
        for _ in range(2):  # a heartbeat is slower than the stream
            await next_beat(socket)
        await door.ok("iserver/account/orders?force=true")
        heard = (await place(door, limit(61.9)))[0]
        assert heard != silent
        assert (await hear(socket, "sor"))[0]["orderId"] == heard

    play(story)


def test_after_uor_and_utr_nothing_comes() -> None:
    async def story(gateway: DemoGateway, door: Door, socket: Socket) -> None:
        for begin, end in (("sor+{}", "uor+{}"), ("str+{}", "utr")):
            await socket.send_str(begin)
            await hear(socket, begin[:3])
            await socket.send_str(end)
        await socket.send_str("tic")
        async with asyncio.timeout(20):
            while json.loads((await socket.receive()).data).get("topic") != "tic":
                continue
        await place(door, limit(await ask(door)))
        async with asyncio.timeout(20):
            for _ in range(3):  # heartbeats only
                assert json.loads((await socket.receive()).data)["topic"] == "system"

    play(story)
