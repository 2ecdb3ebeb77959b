"""Work that a command wants done in the window's loop, watched from the command's own thread."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.services.tasks import Tasks

#: Seconds the window may take to begin before something else is tried, to answer before the person is told that it is
#: busy, and before the command gives up.
BEGIN, NOTICE, PATIENCE = 0.5, 2.0, 60.0

Work = Callable[[], Coroutine[Any, Any, int]]


class Errand:
    """One piece of work, asked for now. It begins when the window comes to it, and never once it was `cancel`led."""

    def __init__(self, name: str, work: Work, *, window: asyncio.AbstractEventLoop, tasks: Tasks) -> None:
        self._name, self._work = name, work
        self._window, self._tasks = window, tasks
        self._task: asyncio.Task[None] | None = None
        self._is_unwanted = False
        self._begun: Future[None] = Future()
        self._done: Future[int] = Future()
        window.call_soon_threadsafe(self._begin)

    async def begins(self, within: float = BEGIN) -> bool:
        """Whether the window came to it in time (seconds)."""
        begun = asyncio.wrap_future(self._begun)
        await asyncio.wait((begun,), timeout=within)
        return begun.done()

    async def finish(
        self, notice: Callable[[], None], patience: float = PATIENCE, *, stands: bool = False
    ) -> int:  # fmt: skip
        """The exit code. `notice` is called once each time the window falls silent; Unavailable(TIMED_OUT) when it
        stays so for `patience` seconds. Cancelled with its caller, unless it `stands`: then the window does it when it
        can, whoever has gone meanwhile."""
        done = asyncio.wrap_future(self._done)
        try:
            silent = 0.0
            while not done.done():
                heard = self._beat()
                await asyncio.wait((done,), timeout=NOTICE)
                silent = 0.0 if heard.done() else silent + NOTICE
                if silent == NOTICE and not done.done():
                    notice()
                if silent >= patience and not done.done():
                    raise _gave_up(patience)
            return done.result()
        finally:
            if stands:  # nobody may be left to ask what came of it
                done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            else:
                self.cancel()

    def cancel(self) -> None:
        """End it, or see to it that it never begins."""
        if not self._done.done() and not self._done.cancel():
            self._window.call_soon_threadsafe(self._cancel_task)

    def _beat(self) -> "Future[None]":
        beat: Future[None] = Future()
        self._window.call_soon_threadsafe(beat.set_result, None)
        return beat

    def _begin(self) -> None:
        if not self._done.set_running_or_notify_cancel():
            return
        try:
            self._task = self._tasks.start(self._name, self._run())
        except DeskError as error:  # the desk is closing
            self._done.set_exception(error)
        else:
            self._task.add_done_callback(self._ended)
            self._begun.set_result(None)

    async def _run(self) -> None:
        """What stops the work is told to who sent it, not in the window."""
        try:
            self._done.set_result(await self._work())
        except DeskError as error:
            if not self._is_unwanted:
                self._done.set_exception(error)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if self._done.done():
            return
        error = None if task.cancelled() else task.exception()
        if self._is_unwanted:
            self._done.set_result(0)  # nobody asks for it any more
        else:
            self._done.set_exception(closed() if error is None else error)

    def _cancel_task(self) -> None:
        self._is_unwanted = True
        if self._task is not None:
            self._task.cancel()


def _gave_up(patience: float) -> Unavailable:
    return Unavailable(
        f"The open ibdesk has been busy for {patience:.0f} seconds.",
        remedy="Look at its window; repeat the command when it moves again.",
        cause=Cause.TIMED_OUT,
    )


def closed() -> Unavailable:
    """The sentence for a desk that closes under a command."""
    return Unavailable(
        "The desk was closed before the command was done.",
        remedy="Open ibdesk again, look in Activity whether it was done, then repeat it.",
        cause=Cause.VAULT_CLOSED,
    )
