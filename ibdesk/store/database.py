"""The vault's database as two awaitable doors: one writer thread, two reader threads, and who goes first.

`read` and `write` run a plain function `(tx, *args) -> value` in a transaction on a thread of ours and hand back its
value. Reads see the last committed state and never wait for a write. A write is durable when its await returns.
Every write to an open vault goes through its one `Database`, so `recall` knows what is still as it was read.
"""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from types import TracebackType
from typing import Generic, TypeVar, TypeVarTuple

from sqlalchemy import Connection, Engine

from ibdesk.store import cipher
from ibdesk.store.migrations import upgrade
from ibdesk.store.recall import Recalled, noted, watch
from ibdesk.store.vault import OpenVault, vault_closed

READERS = 2
URGENT, ORDINARY, LAST = 0, 1, 2

Value = TypeVar("Value")
Args = TypeVarTuple("Args")


class _Job(Generic[Value]):
    """One piece of work and the future its caller awaits. As a context manager it delivers what went wrong."""

    def __init__(self, work: Callable[[], Value]) -> None:
        self._work = work
        self.future: Future[Value] = Future()

    def run(self) -> None:
        if self.future.set_running_or_notify_cancel():
            with self:
                self.future.set_result(self._work())

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.future.set_exception(error)
        return True


class Database:
    """The open database of a vault. Make it with `open_database`, which migrates first."""

    def __init__(self, vault: OpenVault) -> None:
        self.folder = vault.paths.folder
        self._path = vault.paths.database
        self._key = vault.database_key()
        self._reading = watch(cipher.engine(self._path, self._key, begin="DEFERRED", size=READERS))
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vault-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="vault-reader")
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._queued = itertools.count()
        self._guard = threading.Lock()
        self._closing: Future[object] | None = None
        self._recalled = Recalled()

    async def read(self, fn: Callable[[Connection, *Args], Value], *args: *Args) -> Value:
        """What `fn(tx, *args)` finds in one consistent view. DeskError when the vault is closed or damaged."""
        if self._closing is not None:
            raise vault_closed()

        def work() -> Value:
            with cipher.engine_errors(self._path), self._reading.begin() as tx:
                return fn(tx, *args)

        return await asyncio.wrap_future(self._readers.submit(work))

    async def recall(self, fn: Callable[[Connection, *Args], Value], *args: *Args) -> Value:
        """The same as `read`, from memory as long as nothing it reads is written: an order is checked at every quote
        and once more at Send, and would read the same rows each time. The value is handed out again, so it must be
        one that nobody changes; the arguments are compared, so an instant among them is better a day's."""
        if self._closing is not None:
            raise vault_closed()
        asked = (fn, args)
        if asked not in self._recalled:
            after = self._recalled.moves

            def work(tx: Connection) -> tuple[Value, set[str]]:
                with noted(tx) as statements:
                    return fn(tx, *args), statements

            value, statements = await self.read(work)
            self._recalled.keep(asked, value, statements, after)
            return value
        found: Value = self._recalled[asked]
        return found

    async def write(self, fn: Callable[[Connection, *Args], Value], *args: *Args, urgent: bool = False) -> Value:
        """What `fn(tx, *args)` returns, once its transaction is on disk; all of it or nothing.

        `urgent` goes before every write still waiting: intents, verdicts and unit transactions. A caller that is
        cancelled while its write is running does not stop it. Unavailable(DISK_FULL), Refused(VAULT_CLOSED).
        """

        def work() -> Value:
            statements: set[str] = set()
            try:
                with cipher.engine_errors(self._path), self._writing.begin() as tx, noted(tx) as statements:
                    return fn(tx, *args)
            finally:  # also when it failed: an error at the very end may leave it done
                self._recalled.moved(statements)

        return await asyncio.wrap_future(self._enqueue(_Job(work), URGENT if urgent else ORDINARY))

    async def close(self) -> None:
        """Finish what is queued, fold the log into the file and let go of it. Closing twice is fine."""
        if self._closing is None:
            self._closing = self._enqueue(_Job[object](self._finish), LAST)
            self._recalled.forget()
            self._writer.shutdown(wait=False)
        await asyncio.wrap_future(self._closing)

    @property
    def size(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        log = self._path.with_name(self._path.name + "-wal")
        return sum(path.stat().st_size for path in (self._path, log) if path.exists())

    @cached_property
    def _writing(self) -> Engine:
        """Made by the first write, on the writer's thread: the first screen only reads, and should not wait for it."""
        return watch(cipher.engine(self._path, self._key, begin="IMMEDIATE"))

    def _enqueue(self, job: "_Job[Value]", priority: int) -> Future[Value]:
        with self._guard:
            if self._closing is not None:
                raise vault_closed()
            heapq.heappush(self._queue, (priority, next(self._queued), job.run))
            self._writer.submit(self._run_next)  # as many turns as jobs; each turn takes the most urgent
        return job.future

    def _run_next(self) -> None:
        with self._guard:
            run = heapq.heappop(self._queue)[2]
        run()

    def _finish(self) -> None:
        """Close every connection; the last one folds the log in. A log that cannot be folded in now (full disk) stays
        beside the file and is folded in on the next opening."""
        self._readers.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()


def open_database(vault: OpenVault) -> Database:
    """The vault's database, its tables brought up to date first. Blocks: call it in a thread when a window waits."""
    upgrade(vault)
    return Database(vault)
