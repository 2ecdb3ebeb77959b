"""The socket as a whole: served alone from the command line, and one account with the portal."""

import asyncio
import contextlib
import json
import os
import signal
import sys

import pytest

from tests.demo.door import Door
from tests.demo.tws.door import MAIN, RawClient, open_tws, placing, signed_on


async def _serve(*arguments: str) -> tuple[asyncio.subprocess.Process, dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ibdesk", "demo", "--serve", *arguments, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = await process.stdout.readline()
    assert line, (await process.communicate())[1].decode()
    return process, json.loads(line)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows delivers no POSIX signals to a child")
def test_served_alone_it_says_where_and_stops_on_a_signal() -> None:
    async def main() -> None:
        process, line = await _serve("--tws-port", "0")
        try:
            host, _, port = str(line["tws"]).partition(":")
            assert host == "127.0.0.1"
            async with RawClient(int(port)) as client:
                await client.sign_on(3)
                client.send(94, 5, MAIN, "", 265598)
                await client.until("95")
                process.send_signal(signal.SIGTERM)
                assert await client.is_closed()
            async with asyncio.timeout(10):
                out, errors = await process.communicate()
            assert (process.returncode, out, errors) == (0, b"", b"")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    asyncio.run(main())


def test_a_taken_port_is_said_in_plain_words() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ibdesk", "demo", "--serve", "--tws-port", str(service.port),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            async with asyncio.timeout(30):
                _, errors = await process.communicate()
            assert process.returncode
            assert f"The port {service.port} cannot be used" in errors.decode()
            assert "--tws-port" in errors.decode()

    asyncio.run(main())


def test_every_window_shows_the_same_account() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), signed_on(service) as client:
            client.send(*placing(1, "SELL", 100, "MKT"))
            await client.until("59")
            await gateway.start()
            try:
                async with Door(gateway.url) as door:
                    rows = await door.ok(f"portfolio/{MAIN}/positions/0")
                    trades = [await door.get("iserver/accounts"), await door.ok("iserver/account/trades"),
                              await door.ok("iserver/account/trades")][-1]
            finally:
                await gateway.stop()
            client.send(61, 1)
            held = {one[3]: one[14] for one in await client.until("62") if one[0] == "61" and one[2] == MAIN}
            portal = {str(one["conid"]): float(one["position"]) for one in rows if one["position"]}
            assert {conid: float(quantity) for conid, quantity in held.items()} == portal
            told = service.executions[-1]
            assert [(one["execution_id"], one["size"]) for one in trades] == [(told.exec_id, 100.0)]

    asyncio.run(main())
