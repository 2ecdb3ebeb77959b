"""When the gateway's process is started, watched and ended, and which process is ours to end.

Whom we started is written to a private file, number and moment of birth, so that a later ibdesk may end it and never a
stranger that got its number. The gateway outlives us on purpose: a sign-in is worth more than a tidy process list.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ibdesk.domain.diagnosis import GatewayProcess
from ibdesk.domain.errors import Cause, NeedsPerson, Refused, Unavailable
from ibdesk.domain.events import GatewayChanged
from ibdesk.domain.settings import Settings
from ibdesk.services import gateway_process as system
from ibdesk.services.desk import Clock
from ibdesk.services.gateway_conf import changed, read_conf, save_conf
from ibdesk.services.gateway_folder import FolderReport, inspect_folder, installed_java
from ibdesk.services.gateway_process import Program
from ibdesk.store.files import disk_errors, make_folder, replace_private
from ibdesk.store.logs import tail
from ibdesk.store.redaction import redacted

#: A gateway answers about a second after its start (reference/client-portal-api.md 1.1); slow disks take longer.
ANSWERS_WITHIN = 45.0
_LOOK_EVERY = 0.1
#: While ours runs without answering for less than this, it is still starting.
_STARTING = timedelta(seconds=ANSWERS_WITHIN)


class _Started(msgspec.Struct, frozen=True):
    """Whom we started: numbers with their moments of birth, and the port it was told."""

    programs: tuple[tuple[int, float], ...] = ()
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One look at the system."""

    process: GatewayProcess
    ours: tuple[int, ...] = ()
    program: Program | None = None


class GatewayKeeper:
    """Starts, stops and looks at the gateway on this computer. It needs no vault: `home` holds its private files."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Callable[[], Settings],
        change: Callable[[str, str], Awaitable[object]],
        publish: Callable[[GatewayChanged], None],
        clock: Clock,
        address: Callable[[], str] | None = None,
    ) -> None:
        self._home = home
        self._settings = settings
        self._change = change
        self._publish = publish
        self._clock = clock
        self._address = address or (lambda: settings().gateway)
        self._turn = asyncio.Lock()
        self._child: int | None = None
        self._told: GatewayProcess | None = None

    @property
    def folder(self) -> Path | None:
        """The unpacked gateway a person chose; None while nobody did."""
        text = self._settings().gateway_folder
        return Path(text).expanduser() if text else None

    @property
    def conf(self) -> Path | None:
        """Where its conf.yaml is."""
        return None if self.folder is None else self.folder / "root" / "conf.yaml"

    @property
    def port(self) -> int:
        """The port the desk looks at."""
        try:
            parts = urlsplit(self._address())
            return parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return self._settings().gateway_port

    async def look(self) -> GatewayProcess:
        """How the process stands now. Never raises."""
        process = (await asyncio.to_thread(self._look)).process
        if self._told is not None and process != self._told:
            self._publish(GatewayChanged(process=process))
        self._told = process
        return process

    async def choose(self, folder: Path) -> FolderReport:
        """Look at a folder, and keep it as the gateway's when it is one."""
        report = await asyncio.to_thread(inspect_folder, folder)
        if report.is_gateway:
            await self._change("gateway_folder", str(folder))
        return report

    async def start(self, *, port: int | None = None) -> GatewayProcess:
        """Start it from the chosen folder and wait until it answers; one that runs already is left as it is. `port`
        is written into conf.yaml first, with a backup.

        Raises Refused (no folder, the port is another program's), Unavailable (it ended, or does not answer)."""
        async with self._turn:
            folder = await self._ready_folder()
            if port is not None:
                await asyncio.to_thread(self._set_port, folder, port)
            wanted = port or (await asyncio.to_thread(inspect_folder, folder)).port or self.port
            seen = await asyncio.to_thread(self._look, wanted)
            if seen.process.is_running:
                return self._tell(seen.process)
            if seen.process.owner or seen.process.detail:
                raise _taken(wanted, seen.process.owner)
            await self._launch(folder, wanted)
            return self._tell((await asyncio.to_thread(self._look, wanted)).process)

    async def stop(self, *, confirm: bool = False) -> GatewayProcess:
        """End it, with everything it started: the one ibdesk started; with a person's `confirm` also one that runs
        from the chosen folder. Refused for any other program."""
        async with self._turn:
            seen = await asyncio.to_thread(self._look)
            roots = seen.ours
            if not roots and seen.process.is_running and seen.program is not None:
                roots = (_other(seen.program, self.folder, confirm),)
            if roots and not await asyncio.to_thread(system.end, roots):
                raise Unavailable(
                    "The gateway does not end.", remedy="End it in the system's own list of programs.",
                    cause=Cause.TIMED_OUT,
                )
            await asyncio.to_thread(self._remember, _Started())
            self._child = None
            return self._tell((await asyncio.to_thread(self._look)).process)

    async def restart(self, *, confirm: bool = False) -> GatewayProcess:
        """Stop and start; what `stop` refuses is left running."""
        await self.stop(confirm=confirm)
        return await self.start()

    async def move_port(self, port: int | None = None) -> str:
        """Write another port into conf.yaml, with a backup: this one, or the next that is free. The address the desk
        should use from now on; saving it is the caller's. Raises Refused."""
        folder = await self._ready_folder()
        free = await asyncio.to_thread(system.free_port, self.port)
        chosen = port or free
        await asyncio.to_thread(self._set_port, folder, chosen)
        return (await asyncio.to_thread(inspect_folder, folder)).url or f"https://localhost:{chosen}"

    async def log(self, lines: int, text: str = "") -> tuple[str, ...]:
        """The lines of `log_tail` that hold a text, read in a thread."""
        wanted = text.lower()
        return tuple(line for line in await asyncio.to_thread(self.log_tail, lines) if wanted in line.lower())

    def log_tail(self, lines: int = 400) -> tuple[str, ...]:
        """What it printed when ibdesk started it, and the end of its own newest logs; without secrets."""
        sources = [each for each in (self._output, *self._own_logs()) if each.is_file()]
        share = max(1, lines // max(1, len(sources)))
        told: list[str] = []
        for source in sources:
            told += [f"── {source.name} ──", *(redacted(line) for line in tail(source, share))]
        return tuple(told)

    @property
    def _output(self) -> Path:
        return self._home / "logs" / "gateway.log"

    @property
    def _note(self) -> Path:
        return self._home / "gateway.json"

    def _own_logs(self) -> Sequence[Path]:
        """The newest file of each of its two logs; they are written below wherever it was started."""
        if self.folder is None:
            return ()
        found: list[Path] = []
        for pattern in ("gw.message.*.log", "gw.[0-9]*.log"):
            with suppress(OSError):
                each = [path for place in (self.folder, self.folder / "bin") for path in (place / "logs").glob(pattern)]
                found += sorted(each, key=lambda path: path.stat().st_mtime)[-1:]
        return found

    async def _ready_folder(self) -> Path:
        folder = self.folder
        if folder is None:
            raise Refused(
                "No gateway folder is chosen.",
                remedy="Choose the folder you unpacked the gateway into, here or with "
                "ibdesk gateway start --folder DIR.",
                cause=Cause.BAD_SETTING,
            )
        report = await asyncio.to_thread(inspect_folder, folder)
        if not report.is_gateway:
            raise Refused(
                f"{folder} is no gateway: {' and '.join(report.missing)} is missing.",
                remedy="Choose the folder that holds bin and root.", cause=Cause.BAD_SETTING,
            )
        return folder

    def _set_port(self, folder: Path, port: int) -> None:
        conf = read_conf(folder / "root" / "conf.yaml")
        if conf.listen_port != port:
            save_conf(conf, changed(conf, listen_port=port), self._clock())

    async def _launch(self, folder: Path, port: int) -> None:
        await asyncio.to_thread(self._prepare)
        try:
            child = await asyncio.to_thread(system.start, folder, os.environ, self._output)
        except OSError as error:
            raise Refused(
                f"The gateway's script could not be started: {error.strerror or error}.",
                remedy="Start it in a terminal to see more: ./bin/run.sh root/conf.yaml", cause=Cause.BAD_SETTING,
            ) from error
        self._child = child
        await asyncio.to_thread(self._note_started, child, port)
        self._tell(GatewayProcess(is_running=True, ours=True, starting=True, pid=child, port=port))
        loop = asyncio.get_running_loop()
        ends = loop.time() + ANSWERS_WITHIN
        while not await asyncio.to_thread(system.answers, port):
            system.reap(child)
            if await asyncio.to_thread(system.program_of, child) is None:
                raise await self._ended()
            if loop.time() >= ends:
                raise Unavailable(
                    f"The gateway was started but does not answer on port {port}.",
                    remedy="Read its log; end it and start it again.", cause=Cause.TIMED_OUT,
                )
            await asyncio.sleep(_LOOK_EVERY)
        await asyncio.to_thread(self._note_answering, child, port)

    async def _ended(self) -> Unavailable:
        """Why it ended at once, as far as that can be told."""
        self._tell((await asyncio.to_thread(self._look)).process)
        java = await installed_java()
        if java is None:
            return Unavailable(
                "The gateway ended at once: there is no Java on this computer.",
                remedy="Install Java 11 or later, and start the gateway again.", cause=Cause.GATEWAY_NOT_RUNNING,
            )
        said = next((redacted(line) for line in reversed(tail(self._output, 20)) if line.strip()), "nothing")
        return Unavailable(
            f"The gateway ended at once. Its last words: {said[:200]}",
            remedy="Read its log, correct what it names, and start it again.", cause=Cause.GATEWAY_NOT_RUNNING,
        )

    def _prepare(self) -> None:
        with disk_errors(self._home):
            make_folder(self._home)
            make_folder(self._output.parent)
            if self._output.exists():
                self._output.replace(self._output.with_suffix(".log.1"))

    def _note_started(self, pid: int, port: int) -> None:
        program = system.program_of(pid)
        if program is not None:
            self._remember(_Started(programs=((pid, program.created),), port=port))

    def _note_answering(self, pid: int, port: int) -> None:
        """The script's child is the gateway, and may outlive the script."""
        listener = system.listener_on(port).program
        both = [system.program_of(pid), listener if listener and listener.pid in system.family_of([pid]) else None]
        found = {each.pid: each.created for each in both if each is not None}
        self._remember(_Started(programs=tuple(found.items()), port=port))

    def _remember(self, started: _Started) -> None:
        with disk_errors(self._home):
            if started.programs:
                replace_private(self._note, msgspec.json.encode(started))
            else:
                self._note.unlink(missing_ok=True)

    def _recalled(self) -> _Started:
        """Whom we started and who still runs."""
        try:
            noted = msgspec.json.decode(self._note.read_bytes(), type=_Started)
        except (OSError, msgspec.DecodeError):
            return _Started()
        alive = tuple(each for each in noted.programs if system.is_still(*each))
        return _Started(programs=alive, port=noted.port) if alive else _Started()

    def _tell(self, process: GatewayProcess) -> GatewayProcess:
        self._told = process
        self._publish(GatewayChanged(process=process))
        return process

    def _look(self, port: int | None = None) -> _Seen:
        if self._child is not None:
            system.reap(self._child)
        started = self._recalled()
        wanted = port or started.port or self.port
        seen = self._look_at(wanted, started)
        told = None if port is not None or seen.process.is_running else self._told_port()
        if told is not None and told != wanted:  # it may run where its conf.yaml says, and not where the desk looks
            there = self._look_at(told, started)
            return there if there.process.is_running else seen
        return seen

    def _told_port(self) -> int | None:
        return None if self.conf is None else read_conf(self.conf).listen_port

    def _look_at(self, wanted: int, started: _Started) -> _Seen:
        ours = tuple(pid for pid, _ in started.programs)
        listener = system.listener_on(wanted)
        program = listener.program
        if program is not None and program.pid in system.family_of(ours):
            return _Seen(process=_running(program, wanted, ours=True), ours=ours, program=program)
        if program is not None and program.pid == os.getpid():
            inside = GatewayProcess(
                is_running=True, pid=program.pid, owner="ibdesk", since=program.since, port=wanted,
                detail="The demo gateway runs inside ibdesk.",
            )
            return _Seen(process=inside, program=program)
        if program is not None and program.is_gateway(self.folder):
            return _Seen(process=_running(program, wanted, ours=False), program=program)
        if ours:
            return _Seen(process=self._silent(started, wanted), ours=ours)
        if listener.is_taken:
            return _Seen(process=_stranger(program, wanted), program=program)
        return _Seen(process=GatewayProcess(is_running=False, port=wanted))

    def _silent(self, started: _Started, port: int) -> GatewayProcess:
        """Ours, but not listening."""
        pid, created = started.programs[0]
        is_young = abs(self._clock().timestamp() - created) < _STARTING.total_seconds()
        program = system.program_of(pid)
        return GatewayProcess(
            is_running=True, ours=True, starting=is_young, pid=pid, port=port,
            since=None if program is None else program.since,
            detail="" if is_young else "It runs and does not listen on its port.",
        )


def _running(program: Program, port: int, *, ours: bool) -> GatewayProcess:
    return GatewayProcess(
        is_running=True, ours=ours, pid=program.pid, owner=program.title, since=program.since, port=port
    )


def _stranger(program: Program | None, port: int) -> GatewayProcess:
    if program is None:
        return GatewayProcess(
            is_running=False, port=port, detail=f"Port {port} is taken; the system does not say by whom."
        )
    return GatewayProcess(
        is_running=False, pid=program.pid, owner=program.title, since=program.since, port=port,
        detail=f"Port {port} belongs to {program.title} (process {program.pid}).",
    )


def _taken(port: int, owner: str) -> Refused:
    return Refused(
        f"Port {port} belongs to {owner or 'another program'}, so no gateway can be started on it.",
        remedy="If a gateway answers there already, connect to it; else use another port, or end that program.",
        cause=Cause.NOT_A_GATEWAY,
    )


def _other(program: Program, folder: Path | None, confirm: bool) -> int:
    """A gateway we did not start: which process to end, once a person said so."""
    if program.pid == os.getpid():
        raise Refused(
            "The demo gateway runs inside ibdesk.", remedy="Close the demo desk to end it.", cause=Cause.BAD_SETTING
        )
    if not program.runs_from(folder):
        raise Refused(
            f"ibdesk did not start the gateway on this port (process {program.pid}) and does not know its folder.",
            remedy="End it where it was started, or choose its folder first.", cause=Cause.BAD_SETTING,
        )
    if not confirm:
        raise NeedsPerson(
            f"ibdesk did not start this gateway (process {program.pid}); it runs from the folder you chose.",
            remedy="Confirm that it may be ended; the sign-in ends with it.", cause=Cause.BAD_SETTING,
        )
    return program.pid
