"""Our client through the broker's own gateway program, with the demo behind it as the broker.

Set IBDESK_REAL_GATEWAY to the unpacked folder of a Client Portal Gateway (the one with bin, build, dist and root) to
run this; Java has to be on the path. The recipe is reference/client-portal-api.md section 14.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ibdesk.brokers.http import fetch_certificate
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.errors import Unavailable
from ibdesk.domain.session import SessionState, state_of
from tests.brokers.door import LUNCH, MAIN, Desk, connected, free_port

FOLDER = os.environ.get("IBDESK_REAL_GATEWAY", "")
JAVA = shutil.which("java")

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="IBDESK_REAL_GATEWAY names no folder with a Client Portal Gateway"),
    pytest.mark.skipif(not JAVA, reason="there is no Java to run the Client Portal Gateway with"),
]

CONF = """\
proxyRemoteHost: "{upstream}"
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
serverOptions: {{blockedThreadCheckInterval: 1000000, eventLoopPoolSize: 20, workerPoolSize: 20, \
maxWorkerExecuteTime: 100, internalBlockingPoolSize: 20}}
cors: {{origin.allowed: "*", allowCredentials: false}}
ips: {{allow: [127.0.0.1], deny: []}}
"""


@asynccontextmanager
async def real_gateway(work: Path) -> AsyncIterator[Desk]:
    """The demo as plain-HTTP upstream, the real program in front, our client in front of that."""
    upstream = DemoGateway(
        clock=DemoClock(LUNCH, ticks=lambda: 0.0), timings=DemoTimings.quick(), limits=DemoLimits.off(), upstream=True
    )
    await upstream.start()
    port, folder = await free_port(), Path(FOLDER)
    (work / "desk.yaml").write_text(CONF.format(upstream=upstream.url, port=port))
    for name in ("vertx.jks", "logback.xml"):
        shutil.copy(folder / "root" / name, work / name)
    jar = folder / "dist" / "ibgroup.web.core.iblink.router.clientportal.gw.jar"
    path = os.pathsep.join(map(str, (work, jar, folder / "build" / "lib" / "runtime" / "*")))
    process = await asyncio.create_subprocess_exec(
        str(JAVA), "-Xmx128m", "-Djava.net.preferIPv4Stack=true", "-Dvertx.disableDnsResolver=true", "-cp", path,
        "ibgroup.web.core.clientportal.gw.GatewayStart", "--conf", "desk.yaml", cwd=work,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        url = f"https://127.0.0.1:{port}"
        async with connected(url, await _certificate(url)) as desk:
            yield desk
    finally:
        process.kill()
        await process.wait()
        await upstream.stop()


async def _certificate(url: str) -> str:
    """The real certificate, once the program listens."""
    for _ in range(100):
        try:
            return (await fetch_certificate(url)).sha256
        except Unavailable:  # it is still starting
            await asyncio.sleep(0.2)
    raise AssertionError("the gateway did not start")


def test_our_client_works_through_the_real_gateway(tmp_path: Path) -> None:
    async def scene() -> None:
        async with real_gateway(tmp_path) as desk:
            session = desk.broker.session
            assert session is not None
            assert state_of(await session.status()) is SessionState.SIGNED_OUT
            await sign_in(session.sign_in_page.rstrip("/"))
            for _ in range(100):
                if state_of(await session.status()) is SessionState.READY:
                    break
                await asyncio.sleep(0.1)
            snapshot = await desk.broker.snapshot(MAIN)
            assert len(snapshot.positions) > 10
            assert snapshot.summary.net_liquidation is not None
            assert desk.broker.market is not None
            assert (await desk.broker.market.quotes([snapshot.positions[0].instrument.conid]))[0].last is not None

    asyncio.run(scene())
