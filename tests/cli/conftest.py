"""The demo's servers in a process of their own, and the command line to point at them."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ibdesk.cli import main

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running `ibdesk demo --serve` and the line it printed."""

    process: "subprocess.Popen[str]"
    url: str
    certificate_sha256: str
    line: dict[str, Any]


def serve(*options: str) -> Served:
    """Start the servers and wait for their line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ibdesk", "demo", "--serve", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    return Served(process=process, url=line["portal"], certificate_sha256=line["certificate_sha256"], line=line)


def stop(served: Served) -> int:
    """End the servers as a service manager would; their exit code."""
    served.process.send_signal(signal.SIGTERM)
    served.process.communicate(timeout=20)
    return served.process.returncode


@pytest.fixture
def served() -> Iterator[Served]:
    """Signed in."""
    running = serve()
    yield running
    if running.process.poll() is None:
        stop(running)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


Ibdesk = Callable[..., Ran]


@pytest.fixture
def ibdesk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ibdesk:
    """Run one command on a home of its own, with the passphrase in the environment."""
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(["--home", str(tmp_path / "home"), *arguments])
        said = capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)

    return run


def connect(ibdesk: Ibdesk, served: Served) -> Ran:
    """Add the demo's main account as a paper account."""
    return ibdesk(
        "--json", "account", "add", "--broker", "ibkr", "--gateway-url", served.url, "--id", "DU7654321",
        "--environment", "paper", "--user", "demo", "--type", "brokerage", "--currency", "USD",
        "--accept-certificate", served.certificate_sha256,
    )  # fmt: skip
