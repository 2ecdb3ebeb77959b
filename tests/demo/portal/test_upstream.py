"""Behind a real gateway: the plain-HTTP side answers what that gateway asks, in the order it asks."""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.timings import DemoLimits
from ibdesk.domain.accounts import AccountId
from tests.brokers.door import connected
from tests.demo.door import MAIN, Door, open_demo

#: The gateway's own calls say who they are (reference/client-portal-api.md 1.8).
AGENT = {"User-Agent": "ClientPortalGW/1"}
SIGN_IN_COOKIES = {"USERID", "XYZAB", "XYZAB_AM.LOGIN"}


class PretendGateway:
    """Makes the calls of section 14 in the order that was observed."""

    def __init__(self, door: Door, prefix: str) -> None:
        self._door = door
        self._prefix = prefix

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        target = f"{self._prefix}/{path}"
        async with self._door.http.request(method, target, json=body, headers=AGENT) as response:
            assert response.status == 200, (path, response.status)
            assert "Transfer-Encoding" not in response.headers
            return await response.json()

    async def sign_in(self) -> set[str]:
        async with self._door.http.get("/sso/Login", headers=AGENT) as page:
            assert "<form" in await page.text()
            assert "JSESSIONID" in page.cookies
        async with self._door.http.post("/sso/Dispatcher", data=b"", allow_redirects=False, headers=AGENT) as done:
            assert done.status == 302
            assert done.headers["Location"].startswith("/sso/Dispatcher")
            return set(done.cookies)

    async def handshake(self) -> None:
        user = await self.ask("GET", "sso/validate?gw=1")
        assert isinstance(user["USER_ID"], int)
        assert user["USER_NAME"]
        assert isinstance(await self.ask("GET", "one/user"), dict)
        assert (await self.ask("GET", "ssodh/init"))["success"] is True
        assert int((await self.ask("GET", "ssodh/st"))["st"], 16)
        assert (await self.ask("GET", "iserver/auth/status"))["authenticated"] is False
        challenge = await self.ask("POST", "iserver/auth/ssodh/init", {
            "username": user["USER_NAME"], "machineId": "2486818e", "compete": True
        })
        assert int(challenge["challenge"], 16)
        passed = await self.ask("POST", "iserver/auth/ssodh/response", {"response": "ab" * 20})
        assert (passed["passed"], passed["authenticated"], passed["competing"]) == (True, True, False)
        assert (await self.ask("GET", "iserver/accounts"))["accounts"]
        assert (await self.ask("GET", "tickle"))["iserver"]["authStatus"]["authenticated"]


@pytest.mark.parametrize("prefix", ["/v1/portal", "/v1/api"])
def test_the_handshake_of_a_real_gateway_ends_in_a_ready_session(prefix: str) -> None:
    async def main() -> None:
        async with open_demo(upstream=True, limits=DemoLimits()) as (demo, door):
            assert demo.url.startswith("http://")
            assert await door.get(f"{prefix}/tickle") == (401, "Access Denied")
            gateway = PretendGateway(door, prefix)
            assert await gateway.sign_in() >= SIGN_IN_COOKIES
            assert demo.login.stage is Stage.SSO_ONLY
            await gateway.handshake()
            assert demo.login.stage is Stage.READY
            demo.login.close_brokerage()
            await gateway.handshake()  # as after `reauthenticate`: no limit stands in its way
            assert demo.login.stage is Stage.READY
            assert await door.get("/sso/ping") == (200, {"result": "true"})

    asyncio.run(main())


def test_a_clients_init_is_told_apart_from_the_gateways() -> None:
    async def main() -> None:
        async with open_demo(upstream=True) as (_, door):
            gateway = PretendGateway(door, "/v1/api")
            await gateway.sign_in()
            await gateway.handshake()
            status, flags = await door.post("iserver/auth/ssodh/init", {"publish": True, "compete": True})
            assert status == 200
            assert flags["authenticated"]
            assert "challenge" not in flags

    asyncio.run(main())


def test_sockets_are_plain_text_and_known_by_their_cookie() -> None:
    async def main() -> None:
        async with open_demo(upstream=True) as (demo, door):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await door.socket()
            gateway = PretendGateway(door, "/v1/api")
            await gateway.sign_in()
            await gateway.handshake()
            headers = {"Cookie": f"api={demo.login.session}"}
            feed = await door.http.ws_connect("/v1/api/ws", headers=headers, max_msg_size=65_536)
            first = await feed.receive(timeout=20)
            assert first.type is aiohttp.WSMsgType.TEXT
            assert '"system"' in first.data
            await feed.close()

    asyncio.run(main())


CONF = """proxyRemoteHost: "http://127.0.0.1:{upstream}"
proxyRemoteSsl: false
listenPort: {port}
listenSsl: true
ccp: false
svcEnvironment: "v1"
sslCert: "vertx.jks"
sslPwd: "mywebapi"
authDelay: 100
portalBaseURL: ""
ip2loc: "US"
serverOptions: {{blockedThreadCheckInterval: 1000000, eventLoopPoolSize: 20, workerPoolSize: 20,
  maxWorkerExecuteTime: 100, internalBlockingPoolSize: 20}}
cors: {{origin.allowed: "*", allowCredentials: false}}
ips: {{allow: [127.0.0.1], deny: []}}
"""
GATEWAY = os.environ.get("IBDESK_REAL_GATEWAY", "")


#: SHA-256 of the certificate that every shipped gateway shows (reference/client-portal-api.md 1.4).
SHIPPED = "13:DA:F8:9A:07:12:B9:62:C3:EC:AA:5E:DE:34:41:00:AE:E0:D3:B5:DE:C5:A7:9A:BD:76:02:A8:12:ED:A3:BE"
real = [
    pytest.mark.skipif(not GATEWAY, reason="IBDESK_REAL_GATEWAY names no folder with a Client Portal Gateway"),
    pytest.mark.skipif(shutil.which("java") is None, reason="no java to run a Client Portal Gateway with"),
]


def _real(test: Callable[[Path], None]) -> Callable[[Path], None]:
    for mark in real:
        test = mark(test)
    return test


@asynccontextmanager
async def _signed_in_gateway(folder: Path) -> AsyncIterator[tuple[DemoGateway, Door]]:
    """A real gateway over the demo, signed in through its own login and handshake."""
    port = _free_port()
    async with open_demo(upstream=True) as (demo, _):
        process = await _start_gateway(folder, demo.port, port)
        try:
            async with Door(f"https://127.0.0.1:{port}") as door:
                await _until_it_listens(door)
                assert (await door.get("tickle"))[0] == 401
                await door.get("/sso/Login")
                async with door.http.post("/sso/Dispatcher", data={"user_name": "demo"}) as done:
                    assert await done.text() == "Client login succeeds"
                await _until_ready(demo)
                yield demo, door
        finally:
            process.kill()
            await process.wait()


@_real
def test_a_real_gateway_signs_in_at_the_demo(tmp_path: Path) -> None:
    async def main() -> None:
        async with _signed_in_gateway(tmp_path) as (demo, door):
            assert (await door.post("tickle", {}))[1]["iserver"]["authStatus"]["authenticated"]
            assert (await door.ok(f"portfolio/{MAIN}/ledger"))["BASE"]
            await _hear_a_quote(door, demo.login.session)

    asyncio.run(main())


@_real
def test_our_client_reads_the_account_through_a_real_gateway(tmp_path: Path) -> None:
    async def main() -> None:
        async with _signed_in_gateway(tmp_path) as (demo, door), connected(door.url, SHIPPED) as desk:
            assert await desk.broker.accounts()
            snapshot = await desk.broker.snapshot(AccountId(MAIN))
            assert snapshot.skipped == ()
            expected = demo.account.figures(MAIN, demo.clock.now()).net_liquidation
            assert snapshot.summary.net_liquidation == expected

    asyncio.run(main())


async def _hear_a_quote(door: Door, session: str) -> None:
    """Through the gateway frames are binary, and the session may have to be named."""
    feed = await door.socket()
    async with asyncio.timeout(10):
        while True:
            message = await feed.receive()
            assert message.type is aiohttp.WSMsgType.BINARY, message
            if b"waiting for session" in message.data:
                await feed.send_str(json.dumps({"session": session}))
            elif b'"sts"' in message.data:
                await feed.send_str('smd+265598+{"fields":["31"]}')
            elif b"smd+265598" in message.data:
                break
    await feed.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def _start_gateway(folder: Path, upstream: int, port: int) -> asyncio.subprocess.Process:
    root = Path(GATEWAY)
    for name in ("vertx.jks", "logback.xml"):
        shutil.copy(root / "root" / name, folder / name)
    (folder / "demo.yaml").write_text(CONF.format(upstream=upstream, port=port), encoding="utf-8")
    jars = f"{root}/dist/ibgroup.web.core.iblink.router.clientportal.gw.jar", f"{root}/build/lib/runtime/*"
    return await asyncio.create_subprocess_exec(
        "java", "-Xmx256m", "-Djava.net.preferIPv4Stack=true", "-Dvertx.disableDnsResolver=true",
        "-Dvertx.logger-delegate-factory-class-name=io.vertx.core.logging.SLF4JLogDelegateFactory",
        "-cp", os.pathsep.join((str(folder), *jars)), "ibgroup.web.core.clientportal.gw.GatewayStart",
        "--conf", "demo.yaml", cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )


async def _until_ready(demo: DemoGateway) -> None:
    for _ in range(150):
        if demo.login.stage is Stage.READY:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the gateway's handshake did not end")


async def _until_it_listens(door: Door) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                if (await door.get("/"))[0] == 302:
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
