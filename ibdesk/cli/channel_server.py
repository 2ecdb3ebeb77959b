"""The open desk's ear for commands: a loopback listener in a thread of its own, so that a busy window still answers.

What only reads the vault is done in this thread (the database may be asked from any loop); everything else goes to the
window's loop as an `Errand`. While the desk is locked, every command has to bring the passphrase.
"""

import argparse
import asyncio
import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.cli import channel
from ibdesk.cli.channel_caller import Caller, receive
from ibdesk.cli.channel_errand import PATIENCE, Errand, closed
from ibdesk.cli.talk import INTERRUPTED, MISTAKE, Talk, code_of
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused
from ibdesk.services.tasks import Tasks
from ibdesk.store.files import replace_private

if TYPE_CHECKING:
    from ibdesk.cli.door import InDesk
    from ibdesk.desk_door import Shown

#: Seconds a command has to prove itself, between two signs of life, and at most before the next passphrase is tried.
GREETING, PULSE, SLOWEST = 2.0, 5.0, 30.0
#: Commands at the same time; more are turned away.
AT_ONCE = 32

log = logging.getLogger(__name__)


class Channel:
    """Answers commands from now until `close`."""

    def __init__(self, shown: "Shown", *, patience: float = PATIENCE) -> None:
        self._shown = shown
        self._patience = patience
        self._path = shown.desk.preferences.folder / channel.FILE_NAME
        self._window = asyncio.get_running_loop()
        self._loop = asyncio.new_event_loop()  # the thread's, as are these two and whatever they start
        self._up: Future[None] = Future()
        self._down: Future[None] = Future()
        self._stop = asyncio.Event()
        self._token = channel.new_random()
        self._open = 0
        self._failures = 0
        self._trying = asyncio.Lock()
        self._tasks = Tasks()
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)
        self._thread.start()

    async def listening(self) -> None:
        """Wait until commands are answered, or never will be."""
        await asyncio.wrap_future(self._up)

    async def close(self) -> None:
        """End what is being answered, answer no more, leave no file."""
        with suppress(RuntimeError):  # it ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.wrap_future(self._down)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        finally:
            self._down.set_result(None)

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(self._arrived, channel.HOST, 0, limit=channel.LONGEST)
            port = server.sockets[0].getsockname()[1]
            written = channel.encoded(channel.Address(port=port, token=self._token, place=self._place()))
            replace_private(self._path, written)
        except OSError as error:
            log.warning("Commands cannot be answered while the desk is open: %s", error.strerror)
            return
        finally:
            self._up.set_result(None)
        try:
            await self._stop.wait()
        finally:
            channel.remove(self._path, written)
            server.close()
            await self._tasks.close()

    def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= AT_ONCE or self._stop.is_set():
            writer.transport.abort()
            return
        self._open += 1
        self._tasks.start("command", self._meet(reader, writer)).add_done_callback(partial(self._left, writer))

    def _left(self, writer: asyncio.StreamWriter, _task: "asyncio.Task[None]") -> None:
        self._open -= 1
        writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(GREETING):
                command = await self._greet(reader, writer)
        except (TimeoutError, channel.ChannelBroken, ConnectionError) as error:
            log.info("Somebody called who is no command of ours: %s", error)
            return
        if command is None:
            return
        caller = Caller(writer)
        work = self._tasks.start("work of a command", self._do(command, caller))
        beside = (
            self._tasks.start("ear of a command", caller.listen(reader, work.cancel)),
            self._tasks.start("pulse of a command", caller.beat(PULSE)),
        )
        try:
            await asyncio.wait((work,))
        finally:
            for task in (work, *beside):
                task.cancel()
        await caller.end(_code(work, caller))

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> channel.Command | None:
        """The command of somebody who knows the token and means this folder; None when it was thought better of once
        we had proved ourselves. ChannelBroken for anybody else."""
        hello = await receive(reader)
        if not isinstance(hello, channel.Hello):
            raise channel.ChannelBroken("no greeting")
        ours, secret = channel.new_random(), channel.secret_in(self._token, self._place())
        own_proof = channel.proof(secret, "desk", hello.random, ours)
        writer.write(channel.framed(channel.Challenge(version=channel.VERSION, random=ours, proof=own_proof)))
        command = await receive(reader)
        if isinstance(command, channel.Cancel):
            return None
        is_ours = isinstance(command, channel.Command) and channel.is_proof(
            command.proof, secret, "command", hello.random, ours
        )
        if not isinstance(command, channel.Command) or not is_ours:
            raise channel.ChannelBroken("no proof")
        return command

    def _place(self) -> str:
        return channel.place_of(self._path.parent)

    async def _do(self, command: channel.Command, caller: Caller) -> int:
        """Run the command; the exit code. What stops it is told to the person who typed it."""
        talk = Talk(json="--json" in command.words, quiet="--quiet" in command.words, mouth=caller)
        try:
            return await self._run_verb(_parsed(command), talk, caller)
        except DeskError as error:
            talk.complain(error)
            return code_of(error)

    async def _run_verb(self, args: argparse.Namespace, talk: Talk, caller: Caller) -> int:
        from ibdesk.cli.door import InDesk
        from ibdesk.cli.grammar import show_window

        if args.run is show_window:
            self._window.call_soon_threadsafe(self._shown.come_forward)
            return 0
        if not isinstance(args.run, InDesk):
            raise Refused(
                "This command cannot be done while the window has the vault open.",
                remedy="Close the vault there, then repeat it.",
                cause=Cause.VAULT_IN_USE,
            )
        secret = await self._unlock(caller)
        if secret:
            args.opened_with = secret  # so that a verb that needs it too does not ask again
        if args.run.reads_only:
            return await args.run.verb(self._shown.desk, args, talk)
        if args.run.at_once is not None:
            await args.run.at_once(self._shown.desk, args, talk)
        return await self._send(args.run, args, talk)

    async def _send(self, run: "InDesk", args: argparse.Namespace, talk: Talk) -> int:
        """Have the window do it; when it is busy, say what is known without it, or wait."""
        desk = self._shown.desk

        async def work() -> int:
            return await run.verb(desk, args, talk)

        errand = Errand("command", work, window=self._window, tasks=desk.tasks)
        if run.when_busy is not None and not await errand.begins():
            errand.cancel()
            return await run.when_busy(desk, args, talk)
        return await errand.finish(
            lambda: talk.notice("The desk is busy; still waiting …"), self._patience, stands=run.at_once is not None
        )

    async def _unlock(self, caller: Caller) -> str:
        """A locked desk wants its passphrase first, which is handed back; each wrong one makes the next wait longer."""
        if not self._shown.is_locked():
            return ""
        secret = await caller.ask("The desk is locked. Passphrase: ", secret=True, opens=True, unlocks=True)
        async with self._trying:
            if self._failures:
                await asyncio.sleep(min(SLOWEST, 2.0 ** (self._failures - 1)))
            if not await self._shown.desk.check_passphrase(secret):
                self._failures += 1
                raise NeedsPerson(
                    "The desk is locked, and that is not the passphrase of its vault.",
                    remedy="Unlock it in its window, or repeat the command with the right passphrase.",
                    cause=Cause.WRONG_PASSPHRASE,
                )
            self._failures = 0
        return secret


def serve(shown: "Shown") -> Channel:
    """Answer commands from this desk."""
    return Channel(shown)


def _parsed(command: channel.Command) -> argparse.Namespace:
    """The command understood here; its paths belong to the folder it was typed in."""
    from ibdesk.cli.grammar import located, parser

    try:
        args = parser().parse_args(list(command.words))
    except SystemExit as error:
        raise Refused(
            "The open ibdesk does not know this command; it may be older than the command line.",
            remedy="Close its window and open it again.",
            cause=Cause.VAULT_IN_USE,
        ) from error
    located(args, Path(command.folder))
    return args


def _code(work: "asyncio.Task[int]", caller: Caller) -> int:
    """The exit code of work that ended; what its caller is not told yet is told."""
    if work.cancelled():
        if caller.gave_up:
            return INTERRUPTED
        caller.warn("The desk was closed before the command was done.\n")
        return code_of(closed())
    if work.exception() is not None:
        caller.warn("ibdesk made a mistake. It is written to its log.\n")
        return MISTAKE
    return work.result()
