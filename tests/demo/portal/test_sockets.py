"""The socket greets, streams what changed, and dies the way the gateway's does."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from ibdesk.demo.timings import DemoTimings
from tests.demo.door import MAIN, SECOND, Door, open_demo

Socket = aiohttp.ClientWebSocketResponse


async def _next(socket: Socket, topic: str, *, within: float = 20.0) -> dict[str, Any]:
    """The next message whose topic begins so; all that come before are dropped."""
    async with asyncio.timeout(within):
        while True:
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.BINARY, message
            body: dict[str, Any] = json.loads(message.data)
            if str(body.get("topic", "")).startswith(topic) and (topic or "topic" not in body):
                return body


async def _ready(door: Door) -> Socket:
    socket = await door.socket()
    await _next(socket, "sts")
    return socket


def test_a_socket_is_greeted_with_system_act_and_sts() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await door.socket()
            assert (await _next(socket, "system"))["success"] == "demo"
            act = (await _next(socket, "act"))["args"]
            assert (act["accounts"], act["isPaper"]) == ([MAIN, SECOND], True)
            assert (await _next(socket, "sts"))["args"] == {"authenticated": True}
            beat = await _next(socket, "system")
            assert beat["hb"] == gateway.clock.now().timestamp() * 1000
            await socket.close()

    asyncio.run(main())


def test_an_early_socket_waits_for_its_session() -> None:
    async def main() -> None:
        timings = DemoTimings(jar_delay=7200.0, stream=0.05)
        async with open_demo(timings=timings) as (gateway, door):
            socket = await door.socket()
            assert (await _next(socket, ""))["message"] == "waiting for session"
            await socket.send_str("tic")
            await socket.send_str(json.dumps({"session": "wrong"}))
            await socket.send_str(json.dumps({"session": gateway.login.session}))
            assert (await _next(socket, "system"))["isPaper"] is True
            await socket.close()

    asyncio.run(main())


def test_without_a_sign_in_the_socket_opens_and_says_nothing() -> None:
    async def main() -> None:
        async with open_demo(signed_out=True) as (_, door):
            socket = await door.socket()
            with pytest.raises(TimeoutError):
                await _next(socket, "", within=0.3)
            await socket.close()

    asyncio.run(main())


def test_quotes_come_once_and_then_only_what_changed() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            await socket.send_str('smd+265598+{"fields":["31","55","84","86"]}')
            first = await _next(socket, "smd")
            assert first["topic"] == "smd+265598"
            assert {"31", "55", "84", "86"} <= set(first)
            gateway.clock.advance(timedelta(minutes=5))
            second = await _next(socket, "smd")
            assert "31" in second
            assert "55" not in second
            assert second["_updated"] > first["_updated"]
            await socket.send_str("umd+265598+{}")
            await socket.send_str("tic")
            await _next(socket, "tic")
            gateway.clock.advance(timedelta(minutes=5))
            with pytest.raises(TimeoutError):
                await _next(socket, "smd", within=0.3)
            await socket.close()

    asyncio.run(main())


def test_a_stream_nobody_renews_ends() -> None:
    async def main() -> None:
        timings = DemoTimings(jar_delay=0.0, stream=0.05, stream_life=0.2, heartbeat=0.1)
        async with open_demo(timings=timings) as (gateway, door):
            socket = await _ready(door)
            await socket.send_str('smd+265598+{"fields":["31"]}')
            await _next(socket, "smd")
            for _ in range(4):
                await _next(socket, "system")
            gateway.clock.advance(timedelta(minutes=5))
            with pytest.raises(TimeoutError):
                await _next(socket, "smd", within=0.3)
            await socket.close()

    asyncio.run(main())


def test_history_streams_are_answered_and_ended_by_server_id() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            socket = await _ready(door)
            await socket.send_str('smh+265598+{"period":"1y","bar":"1d","source":"trades"}')
            body = await _next(socket, "smh")
            assert body["topic"] == "smh+265598"
            assert len(body["data"]) > 245
            await socket.send_str(f"umh+{body['serverId']}")
            assert (await _next(socket, ""))["message"] == f"Unsubscribed {body['serverId']}"
            await socket.close()

    asyncio.run(main())


def test_no_message_is_larger_than_a_frame_of_the_gateway() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            socket = await _ready(door)  # this client closes above 65 536 bytes
            await socket.send_str('smh+265598+{"period":"5y","bar":"1d"}')
            assert len((await _next(socket, "smh"))["data"]) == 500
            await socket.close()

    asyncio.run(main())


def test_profit_summary_and_ledger_are_streamed() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            await socket.send_str("spl")
            row = (await _next(socket, "spl"))["args"][f"{MAIN}.Core"]
            assert {"dpl", "nl", "upl", "uel", "mv", "rowType"} == set(row)
            await socket.send_str(f"ssd+{MAIN}+{{}}")
            summary = (await _next(socket, "ssd"))["result"]
            assert summary[0]["key"] == "AccountCode"
            amounts = {one["key"]: one.get("monetaryValue") for one in summary}
            assert amounts["NetLiquidation"] == row["nl"]
            await socket.send_str(f"sld+{MAIN}+{{}}")
            ledger = (await _next(socket, "sld"))["result"]
            assert {one["key"] for one in ledger} >= {"LedgerListUSD", "LedgerListBASE"}
            assert ledger[0]["acctCode"] == MAIN
            gateway.clock.advance(timedelta(minutes=5))
            assert (await _next(socket, "spl"))["args"][f"{MAIN}.Core"]["nl"] != row["nl"]
            await socket.send_str(f"uld+{MAIN}+{{}}")
            assert (await _next(socket, ""))["result"] == "unsubscribed from ledger"
            await socket.close()

    asyncio.run(main())


def test_an_unchanged_ledger_row_is_blank() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            socket = await _ready(door)
            await socket.send_str(f"sld+{MAIN}+{{}}")
            await _next(socket, "sld")
            again = (await _next(socket, "sld"))["result"]
            assert all(set(one) == {"key", "timestamp"} for one in again)
            await socket.close()

    asyncio.run(main())


def test_the_echo_is_not_json_and_tic_tells_when_it_was_last_heard() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            await socket.send_str("ech+hb")
            async with asyncio.timeout(20):
                while (await socket.receive()).data != b"ech+hb":
                    continue
            await socket.send_str("tic")
            tic = await _next(socket, "tic")
            assert tic["alive"]
            assert tic["lastAccessed"] == gateway.clock.now().timestamp() * 1000
            await socket.close()

    asyncio.run(main())


def test_orders_and_executions_are_empty() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            socket = await _ready(door)
            await socket.send_str("sor+{}")
            assert (await _next(socket, "sor"))["args"] == []
            await socket.send_str('str+{"days":1}')
            assert (await _next(socket, "str"))["args"] == []
            await socket.close()

    asyncio.run(main())


def test_a_lost_session_is_told_and_its_return_too() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            gateway.compete()
            told = await _next(socket, "sts")
            while "competing" not in told["args"]:  # the greeting has a second sts
                told = await _next(socket, "sts")
            assert told["args"] == {"authenticated": False, "competing": True}
            gateway.login.open_brokerage(compete=True)
            while not told["args"].get("authenticated"):
                told = await _next(socket, "sts")
            await socket.close()

    asyncio.run(main())


def test_an_expired_session_closes_the_socket_with_1000() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            gateway.expire_session()
            async with asyncio.timeout(20):
                while not (await socket.receive()).type.name.startswith("CLOS"):
                    continue
            assert socket.close_code == 1000

    asyncio.run(main())


def test_a_client_frame_above_64_kib_closes_the_socket() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            socket = await _ready(door)
            await socket.send_str("x" * 70_000)
            async with asyncio.timeout(20):
                while not (await socket.receive()).type.name.startswith("CLOS"):
                    continue

    asyncio.run(main())


def test_a_silent_socket_stays_open() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await _ready(door)
            gateway.silence_sockets()
            await asyncio.sleep(0.1)
            with pytest.raises(TimeoutError):
                while True:
                    await _next(socket, "system", within=0.5)
            assert not socket.closed
            await socket.close()

    asyncio.run(main())
