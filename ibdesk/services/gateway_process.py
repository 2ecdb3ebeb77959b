"""What the system says of programs and ports: who listens where, whether a process is still the same, how one is ended.

Everything here blocks for some milliseconds: call it from a thread. A process is known by its number and the moment it
began, because numbers are used again.
"""

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ibdesk.store.files import FILE_MODE

#: Two readings of the moment a process began differ by this much at most, when the clock is corrected in between.
_SAME_MOMENT = 2.0
#: Seconds a program may take to end politely before it is ended firmly, and then to be gone.
_POLITELY, _FIRMLY = 5.0, 3.0
#: macOS listens on port 5000 itself (acceptance F9).
_AIRPLAY = ("controlcenter", "controlce", "airplayxpchelper", "airplayuiagent")
#: What the gateway's Java is started with (reference/client-portal-api.md 1.2).
_GATEWAY_WORDS = ("clientportal.gw", "ibgroup.web.core")
#: Ours; the gateway and what it starts have no business with them.
_NOT_PASSED_ON = ("IBDESK_", "VITE_", "IBKR_", "ALPACA_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A running program: `created` is seconds since 1970, `folder` where it runs, None where the system won't say."""

    pid: int
    created: float
    name: str
    command: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def since(self) -> datetime:
        return datetime.fromtimestamp(self.created, UTC)

    @property
    def title(self) -> str:
        """What a person knows it by."""
        if self.name.lower().removesuffix(".exe") in _AIRPLAY:
            return f"AirPlay Receiver of macOS ({self.name})"
        return self.name

    def is_gateway(self, folder: Path | None) -> bool:
        """Whether this looks like a Client Portal Gateway: by its classes, or because it runs from that folder."""
        if any(word in part for part in self.command for word in _GATEWAY_WORDS):
            return True
        return self.runs_from(folder)

    def runs_from(self, folder: Path | None) -> bool:
        """Whether it was started in or from that folder."""
        if folder is None:
            return False
        home = folder.resolve()
        if self.folder is not None and self.folder.is_relative_to(home):
            return True
        return any(Path(part).is_relative_to(home) for part in self.command if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who has a port. `program` is None although it is taken when the system does not tell whose it is."""

    is_taken: bool
    program: Program | None = None


def program_of(pid: int) -> Program | None:
    """The program with this number, or None when there is none (any more)."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        created, name = process.create_time(), process.name()
    except psutil.Error:
        return None
    command: tuple[str, ...] = ()
    folder: Path | None = None
    with suppress(psutil.Error, OSError):
        command = tuple(process.cmdline())
    with suppress(psutil.Error, OSError):
        folder = Path(process.cwd())
    return Program(pid=pid, created=created, name=name, command=command, folder=folder)


def is_still(pid: int, created: float) -> bool:
    """Whether that process still runs, and not another with its number."""
    found = program_of(pid)
    return found is not None and abs(found.created - created) < _SAME_MOMENT


def listener_on(port: int) -> Listener:
    """Who listens on a port of this computer."""
    try:
        owners = [
            each.pid for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
        ]  # fmt: skip
    except psutil.AccessDenied:  # macOS tells of all connections to the superuser only, and of ours to us
        owners = [pid for pid in psutil.pids() if _listens(pid, port)]
    programs = [program for pid in owners if pid is not None and (program := program_of(pid)) is not None]
    if programs:
        return Listener(is_taken=True, program=programs[0])
    return Listener(is_taken=bool(owners) or not can_listen(port))


def can_listen(port: int) -> bool:
    """Whether nobody has the port. A port that needs rights we lack counts as free: nobody was seen to have it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there the option would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def free_port(after: int) -> int:
    """A port nobody has: the next hundred after this one first, then any."""
    for port in range(after + 1, min(after + 101, 65536)):
        if can_listen(port) and not answers(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def family_of(pids: Iterable[int]) -> frozenset[int]:
    """These processes and everything they started, and that started in turn."""
    found: set[int] = set()
    for pid in pids:
        found.add(pid)
        with suppress(psutil.Error):
            found.update(child.pid for child in psutil.Process(pid).children(recursive=True))
    return frozenset(found)


def end(pids: Iterable[int]) -> bool:
    """End these processes and all they started, politely first; whether all are gone. Never our own."""
    processes = []
    for pid in family_of(pids) - {os.getpid()}:
        with suppress(psutil.Error):
            processes.append(psutil.Process(pid))
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(processes, timeout=_POLITELY)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    _, left = psutil.wait_procs(left, timeout=_FIRMLY)
    return not left


def start(folder: Path, variables: Mapping[str, str], output: Path) -> int:
    """Start the gateway of a folder on its own: it outlives us. What it prints goes to a private file. Its number.

    Raises OSError.
    """
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        child = subprocess.Popen(  # noqa: S603 - the folder a person chose, nothing from outside
            _command(folder), cwd=folder, env=_passed_on(variables), stdin=subprocess.DEVNULL, stdout=handle,
            stderr=subprocess.STDOUT, close_fds=True, start_new_session=sys.platform != "win32", creationflags=_apart(),
        )  # fmt: skip
    finally:
        os.close(handle)
    child.returncode = 0  # it is not waited for as a child: `reap` does that, and only if it ends before us
    return child.pid


def reap(pid: int) -> None:
    """Let the system forget a child that ended."""
    if sys.platform != "win32":
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _command(folder: Path) -> list[str]:
    if sys.platform == "win32":
        return [str(folder / "bin" / "run.bat"), "root\\conf.yaml"]
    # through the shell, because unpacking may have lost the right to execute
    return [shutil.which("bash") or "/bin/sh", str(folder / "bin" / "run.sh"), "root/conf.yaml"]


def _apart() -> int:
    """Windows' words for a program of its own; elsewhere a new session does it. Closing the terminal or ending us
    leaves it alone."""
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    return 0


def _passed_on(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.upper().startswith(_NOT_PASSED_ON)}


def _listens(pid: int, port: int) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except (psutil.Error, OSError):
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
