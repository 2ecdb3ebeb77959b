"""What a downloaded Client Portal Gateway looks like, which Java runs it and how each system starts it."""

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ibdesk.services.gateway_conf import read_conf

#: Where IBKR offers `clientportal.gw.zip`.
DOWNLOAD_PAGE = "https://www.interactivebrokers.com/en/trading/ib-api.php"
#: Typed in the unpacked folder (reference/client-portal-api.md 1.2): (system, command).
START_COMMANDS = (("macOS, Linux", "./bin/run.sh root/conf.yaml"), ("Windows", r"bin\run.bat root\conf.yaml"))
#: Java 8 from this update on, or 11 and later.
JAVA_8_UPDATE = 192
JAVA_SINCE = 11
_STARTERS = ("bin/run.sh", "bin/run.bat")
_CONF = "root/conf.yaml"
_VERSION = re.compile(r'version "?(?P<text>(?P<first>\d+)(?:\.(?P<second>\d+))?[^\s"]*)')
_UPDATE = re.compile(r"_(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReport:
    """What was found in a folder. `missing` is empty for a gateway; `port` and `ssl` are its conf.yaml's."""

    folder: Path
    missing: tuple[str, ...]
    port: int | None = None
    ssl: bool = True

    @property
    def is_gateway(self) -> bool:
        return not self.missing

    @property
    def url(self) -> str | None:
        """The address this gateway will listen on, or None when conf.yaml does not say."""
        if self.port is None:
            return None
        return f"{'https' if self.ssl else 'http'}://localhost:{self.port}"


def inspect_folder(folder: Path) -> FolderReport:
    """Whether `folder` is an unpacked gateway, and where it listens."""
    missing = [] if any((folder / name).is_file() for name in _STARTERS) else ["bin/run.sh or bin/run.bat"]
    conf = folder / _CONF
    if not conf.is_file():
        return FolderReport(folder=folder, missing=(*missing, _CONF))
    read = read_conf(conf)
    return FolderReport(
        folder=folder, missing=tuple(missing), port=read.listen_port or None, ssl=read.listen_ssl is not False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaVersion:
    """A Java by its major number; `update` counts only for Java 8 and older, which spell 1.8.0_192."""

    major: int
    update: int
    text: str

    @property
    def runs_gateway(self) -> bool:
        return self.major >= JAVA_SINCE or (self.major == 8 and self.update >= JAVA_8_UPDATE)


def parse_java(output: str) -> JavaVersion | None:
    """The version in the output of `java -version`: 1.8.0_192, 11.0.2, 17, 22-ea; None when there is none."""
    found = _VERSION.search(output)
    if found is None:
        return None
    first, second = int(found["first"]), int(found["second"] or 0)
    update = _UPDATE.search(found["text"])
    return JavaVersion(
        major=second if first == 1 else first, update=int(update[1]) if update else 0, text=found["text"]
    )


async def installed_java() -> JavaVersion | None:
    """The Java that the system would start, or None."""
    program = shutil.which("java")
    return None if program is None else await asyncio.to_thread(_ask_java, program)


def _ask_java(program: str) -> JavaVersion | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the system's own java, no arguments from outside
            [program, "-version"], capture_output=True, text=True, errors="replace", timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_java(answer.stderr + answer.stdout)
