"""An unpacked gateway whose script starts the demo's servers: what a person downloads, without Java and the broker."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import GatewayChanged
from ibdesk.domain.settings import Settings, parse_value
from ibdesk.services.gateway import GatewayKeeper
from tests.house.files import ROOT
from tests.services.workshop import Dial

CONF = """\
# Client Portal Gateway
ip2loc: "US"
proxyRemoteHost: "https://api.ibkr.com"   # where it leads
listenPort: {port}   # the port
listenSsl: true
serverOptions:
    eventLoopPoolSize: 20
ips:
  allow:
    - 127.0.0.1
  deny:
    - 212.90.324.10
"""
#: As run.sh does: the gateway is a child of the shell, and the port stands in conf.yaml.
SCRIPT = """\
#!/bin/sh
port=$(sed -n 's/^listenPort: *\\([0-9]*\\).*/\\1/p' "$1")
echo "starting on $port for {secret}"
PYTHONPATH="{root}" "{python}" -m ibdesk demo --serve --portal-port "$port"
"""


def make_gateway(folder: Path, port: int, *, script: str = SCRIPT, conf: str = CONF) -> Path:
    """The folder, ready to be started."""
    (folder / "bin").mkdir(parents=True)
    (folder / "root").mkdir()
    starter = folder / "bin" / "run.sh"
    starter.write_text(script.format(root=ROOT, python=sys.executable, secret="token=abcdef123456 DU7654321"))
    (folder / "root" / "conf.yaml").write_text(conf.format(port=port))
    return folder


@dataclass
class Kept:
    """A keeper, the settings it reads and what it told."""

    home: Path
    settings: Settings = field(default_factory=Settings)
    told: list[GatewayChanged] = field(default_factory=list)
    clock: Dial = field(default_factory=Dial)

    async def change(self, name: str, text: str) -> None:
        self.settings = replace(self.settings, **{name: parse_value(name, text)})

    def keeper(self) -> GatewayKeeper:
        return GatewayKeeper(
            self.home, settings=lambda: self.settings, change=self.change, publish=self.told.append, clock=self.clock
        )


@asynccontextmanager
async def keeping(tmp_path: Path, port: int, folder: Path | None = None) -> AsyncIterator[tuple[GatewayKeeper, Kept]]:
    """A keeper at a port; whatever it started is ended afterwards."""
    kept = Kept(tmp_path / "home", Settings(gateway_port=port, gateway_folder=str(folder or "")))
    keeper = kept.keeper()
    try:
        yield keeper, kept
    finally:
        with suppress(DeskError):
            await keeper.stop(confirm=True)
