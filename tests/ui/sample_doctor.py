"""Findings and a gateway made by hand, for tests of how they are shown."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ibdesk.domain.diagnosis import Check, Examined, Fix, GatewayProcess, Report, Verdict
from ibdesk.services.gateway_folder import FolderReport, inspect_folder
from tests.ui.sample_desk import NOW

WELL = tuple(
    Examined(check=check, verdict=Verdict.GOOD, statement=f"{check.value.capitalize()} is as it should be.",
             evidence=(f"{check.value}: looked at",))
    for check in Check
)
DEAD = (
    Examined(check=Check.SETTINGS, verdict=Verdict.GOOD, statement="Address, account and intervals are set.",
             evidence=("IBKR_GATEWAY_URL is not set", "gateway https://localhost:5000")),
    Examined(check=Check.GATEWAY_FOLDER, verdict=Verdict.GOOD, statement="clientportal.gw holds a gateway."),
    Examined(
        check=Check.GATEWAY_CONF, verdict=Verdict.WARN,
        statement="ips.allow lets other computers in: 10.*, 192.*.", target="ips.allow", fix=Fix.EDIT_CONF,
        advice="Leave 127.0.0.1 alone in the list. The gateway listens on every network this computer is in.",
        evidence=("ips.allow: 10.*, 192.*, 127.0.0.1",),
    ),
    Examined(check=Check.JAVA, verdict=Verdict.GOOD, statement="Java 17.0.2 runs the gateway."),
    Examined(
        check=Check.GATEWAY_PROCESS, verdict=Verdict.BAD, statement="The gateway does not run.",
        advice="Start it; then sign in on its page.", fix=Fix.START_GATEWAY,
        evidence=("no process listens on port 5000", "tickle of DU7654321 at 17:44:07"),
    ),
    Examined(
        check=Check.GATEWAY_ANSWERS, verdict=Verdict.UNKNOWN, statement="Not asked: nothing runs.",
    ),
)


@dataclass
class Patient:
    """A doctor that finds what it was told."""

    results: Sequence[Examined]
    examinations: int = 0

    async def watch(self) -> AsyncIterator[Examined]:
        self.examinations += 1
        for each in self.results:
            yield each

    async def examine(self) -> Report:
        return Report(at=NOW, results=tuple([each async for each in self.watch()]))


@dataclass
class MadeUpKeeper:
    """A gateway that does what it is told at once."""

    folder: Path | None = None
    process: GatewayProcess = GatewayProcess(is_running=False, port=5000)
    port: int = 5000
    asked: list[str] = field(default_factory=list)

    @property
    def conf(self) -> Path | None:
        return None if self.folder is None else self.folder / "root" / "conf.yaml"

    async def look(self) -> GatewayProcess:
        return self.process

    async def start(self, *, port: int | None = None) -> GatewayProcess:
        self.asked.append("start")
        self.process = GatewayProcess(
            is_running=True, ours=True, pid=4711, owner="java", since=NOW - timedelta(hours=2), port=port or 5000
        )
        return self.process

    async def stop(self, *, confirm: bool = False) -> GatewayProcess:
        self.asked.append(f"stop, confirmed {confirm}")
        self.process = GatewayProcess(is_running=False, port=5000)
        return self.process

    async def restart(self, *, confirm: bool = False) -> GatewayProcess:
        await self.stop(confirm=confirm)
        return await self.start()

    async def choose(self, folder: Path) -> FolderReport:
        report = inspect_folder(folder)
        if report.is_gateway:
            self.folder = folder
        return report

    async def move_port(self, port: int | None = None) -> str:
        self.asked.append("move")
        return f"https://localhost:{port or 5001}"

    def log_tail(self, lines: int = 400) -> tuple[str, ...]:
        return tuple(f"line {number} of {'Jetty' if number % 2 else 'Vert.x'}" for number in range(1, 41))[-lines:]

    async def log(self, lines: int, text: str = "") -> tuple[str, ...]:
        return tuple(line for line in self.log_tail(lines) if text.lower() in line.lower())


def gateway_folder(base: Path, conf: str = "") -> Path:
    """An unpacked gateway, as far as anybody looks."""
    folder = base / "clientportal.gw"
    for name in ("bin", "root", "logs"):
        (folder / name).mkdir(parents=True)
    (folder / "bin" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "root" / "conf.yaml").write_text(conf or SHIPPED)
    return folder


SHIPPED = """\
# the gateway's own file
ip2loc: "US"
proxyRemoteSsl: true
proxyRemoteHost: "https://api.ibkr.com"
listenPort: 5000
listenSsl: true
ccp: false
svcEnvironment: "v1"
sslCert: "vertx.jks"
sslPwd: "mywebapi"
authDelay: 3000
portalBaseURL: ""
serverOptions:
    blockedThreadCheckInterval: 1000000
    eventLoopPoolSize: 20
    workerPoolSize: 20
    maxWorkerExecuteTime: 100
    internalBlockingPoolSize: 20
cors:
    origin.allowed: "*"
    allowCredentials: false
ips:
  allow:
    - 192.*
    - 131.216.*
    - 127.0.0.1
  deny:
    - 212.90.324.10
"""
