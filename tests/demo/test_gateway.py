"""The demo gateway starts, breaks on purpose, heals, and runs alone until it is told to stop."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from ibdesk.demo.gateway import DemoGateway
from tests.demo.door import MAIN, SECOND, Door, open_demo, shared_identity

SERVE = "import asyncio, sys; from ibdesk.demo.gateway import serve; sys.exit(asyncio.run(serve({})))"


def test_a_killed_gateway_cuts_calls_and_comes_back_on_its_port() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            socket = await door.socket()
            gateway.slow(5.0)
            port = gateway.port

            async def die_soon() -> None:
                await asyncio.sleep(0.1)
                await gateway.kill()

            cut, _ = await asyncio.gather(door.get("tickle"), die_soon(), return_exceptions=True)
            assert isinstance(cut, aiohttp.ClientError)
            with pytest.raises(aiohttp.ClientConnectorError):
                await door.get("tickle")
            async with asyncio.timeout(20):
                while not socket.closed:
                    await socket.receive()
            gateway.heal()
            await gateway.start()
            assert gateway.port == port
            assert (await door.get("tickle"))[0] == 200

    asyncio.run(main())


def test_an_expired_session_answers_401_everywhere() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.expire_session()
            assert await door.get(f"portfolio/{MAIN}/ledger") == (401, "Access Denied")

    asyncio.run(main())


def test_the_penalty_box_answers_429_until_its_time_is_over() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.limit()
            status, body = await door.get("portfolio/accounts")
            assert status == 429
            assert "penalty box" in body["error"]
            gateway.heal()
            assert (await door.get("portfolio/accounts"))[0] == 200

    asyncio.run(main())


def test_answers_can_be_unauthorized_in_the_middle() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.unauthorized(after_n_calls=2)
            statuses = [(await door.get("portfolio/accounts"))[0] for _ in range(4)]
            assert statuses == [200, 200, 401, 401]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("html", "text/html"), ("truncated", "application/json"), ("empty", "application/json"),
     ("not_json", "application/json")],
)
def test_bad_bytes_spoil_the_next_answers_of_one_path(kind: str, content_type: str) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            whole = await door.ok("portfolio/accounts")
            gateway.bad_bytes(kind, path=r"portfolio/accounts", times=1)
            assert (await door.get("tickle"))[0] == 200
            async with door.http.get("/v1/api/portfolio/accounts") as response:
                assert response.status == 200
                assert response.headers["Content-Type"].startswith(content_type)
                with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra data"):
                    json.loads(await response.text())
            assert await door.ok("portfolio/accounts") == whole

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [("unknown_class", "assetClass", "XYZ"), ("missing_fields", "mktPrice", None), ("nan_text", "mktValue", "NaN"),
     ("unknown_keys", "moonPhase", "waxing")],
)
def test_the_first_row_of_a_page_can_be_odd(kind: str, key: str, value: object) -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            whole = await door.ok(f"portfolio/{MAIN}/positions/0")
            gateway.bad_bytes(kind, path="positions/0")
            odd = await door.ok(f"portfolio/{MAIN}/positions/0")
            assert odd[0].get(key) == value != whole[0].get(key)
            assert odd[1]["mktValue"] == whole[1]["mktValue"]

    asyncio.run(main())


def test_an_unknown_kind_of_bad_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="soup"):
        DemoGateway(identity=shared_identity()).bad_bytes("soup")


def test_a_hanging_gateway_never_answers_and_can_still_be_stopped() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.hang()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(door.get("tickle"), 0.2)
            gateway.heal()
            assert (await door.get("tickle"))[0] == 200

    asyncio.run(main())


def test_a_taken_port_is_an_os_error() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, _):
            other = DemoGateway(port=gateway.port, identity=shared_identity())
            with pytest.raises(OSError, match=r"address already in use|10048"):
                await other.start()
            assert not other.is_running

    asyncio.run(main())


async def _serve(arguments: str) -> tuple[asyncio.subprocess.Process, dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE.format(arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        line = await process.stdout.readline()
    return process, json.loads(line)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows delivers no POSIX signals to a child")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_prints_one_line_and_stops_on_a_signal(number: signal.Signals) -> None:
    async def main() -> None:
        process, line = await _serve("")
        try:
            assert set(line) == {"portal", "certificate_sha256", "accounts", "signed_in"}
            assert (line["accounts"], line["signed_in"]) == ([MAIN, SECOND], True)
            async with Door(str(line["portal"])) as door:
                assert (await door.get("tickle"))[0] == 200
            process.send_signal(number)
            async with asyncio.timeout(10):
                out, errors = await process.communicate()
            assert (process.returncode, out, errors) == (0, b"", b"")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows delivers no POSIX signals to a child")
def test_serving_signed_out_starts_at_the_sign_in_page() -> None:
    async def main() -> None:
        process, line = await _serve("signed_out=True")
        try:
            assert line["signed_in"] is False
            async with Door(str(line["portal"])) as door:
                assert (await door.get("tickle"))[0] == 401
            process.terminate()
            async with asyncio.timeout(10):
                await process.communicate()
            assert process.returncode == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    asyncio.run(main())


def test_a_dribbling_answer_is_whole_in_the_end_and_healing_lets_it_flow() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            whole = await door.ok("portfolio/accounts")
            gateway.dribble(0.0001, path="portfolio")
            async with door.http.get("/v1/api/portfolio/accounts") as response:
                first = await response.content.readany()
                assert len(first) < 100
                assert json.loads(first + await response.read()) == whole
            gateway.dribble(30.0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await door.get("portfolio/accounts")
            gateway.heal()
            assert await door.ok("portfolio/accounts") == whole

    asyncio.run(main())


def test_a_lost_reply_is_carried_out_and_never_answered() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            await door.ok("iserver/accounts")
            gateway.lose_reply("iserver/account", method="POST")
            with pytest.raises(aiohttp.ClientError):
                await door.post("iserver/account", {"acctId": SECOND})
            assert (await door.ok("iserver/accounts"))["selectedAccount"] == SECOND
            assert (await door.post("iserver/account", {"acctId": MAIN}))[0] == 200

    asyncio.run(main())


def test_the_broker_s_clock_can_be_wrong_in_every_instant_it_tells() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            for hours in (0, 2, -3):
                gateway.skew_clock(hours * 3600)
                said = gateway.clock.now() + timedelta(hours=hours)
                async with door.http.get("/v1/api/tickle") as response:
                    assert parsedate_to_datetime(response.headers["Date"]) == said
                summary = await door.ok(f"portfolio/{MAIN}/summary")
                assert summary["netliquidation"]["timestamp"] == said.timestamp()
            gateway.heal()
            assert gateway.faults.skew == timedelta()

    asyncio.run(main())


@pytest.mark.parametrize("repeating", [False, True])
@pytest.mark.parametrize("extra", [0, 210])
def test_half_pages_hold_every_row_between_them(repeating: bool, extra: int) -> None:
    async def main() -> None:
        async with open_demo(extra_positions=extra) as (gateway, door):
            page = f"portfolio/{SECOND if extra == 0 else MAIN}/positions"
            whole = [row["conid"] for number in range(4) for row in await door.ok(f"{page}/{number}")]
            gateway.half_pages(repeating=repeating)
            assert len(await door.ok(f"{page}/0")) == min(len(whole) + 1, 100) // 2
            halves: list[int] = []
            for number in range(9):
                halves += [row["conid"] for row in await door.ok(f"{page}/{number}")]
            assert list(dict.fromkeys(halves)) == whole
            assert (len(halves) > len(whole)) is repeating

    asyncio.run(main())


def test_restoring_brings_back_a_dead_gateway_and_a_lost_session() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.hang()
            gateway.expire_session()
            await gateway.kill()
            await gateway.restore()
            assert (await door.ok("iserver/auth/status"))["authenticated"] is True
            gateway.compete()
            await gateway.restore()
            assert (await door.ok("iserver/auth/status"))["competing"] is False
            assert gateway.login.take_overs == 0

    asyncio.run(main())
