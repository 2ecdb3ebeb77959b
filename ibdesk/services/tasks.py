"""Every running piece of work by name: started here only, held until it ends, its failure reported."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from ibdesk.domain.errors import Cause, DeskError, Refused

log = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """Starts work on the running loop. `on_failure` gets name and error of whatever ends with an exception; without
    it a failure is logged."""

    def __init__(self, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        self.on_failure = on_failure
        self._running: list[asyncio.Task[Any]] = []
        self._is_closed = False

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be started any more; who is still running then comes to its end."""
        return self._is_closed

    def start(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` beside everything else. Refused(VAULT_CLOSED) once the desk is closing."""
        if self._is_closed:
            work.close()
            raise Refused(
                "The desk is closing.", remedy="Open ibdesk again and repeat it.", cause=Cause.VAULT_CLOSED
            )
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - the one place
        self._running.append(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel everything in reverse order of start, each awaited before the next. The caller's own task stays."""
        self._is_closed = True
        current = asyncio.current_task()
        for task in reversed(self._running.copy()):
            if task is not current:
                task.cancel()
                await asyncio.wait((task,))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        with suppress(ValueError):
            self._running.remove(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._report(task.get_name(), error)

    def _report(self, name: str, error: BaseException) -> None:
        if self.on_failure is not None:
            self.on_failure(name, error)
        elif isinstance(error, DeskError):
            log.warning("%s stopped: %s", name, error.message)
        else:
            log.error("%s failed unexpectedly", name, exc_info=error)
