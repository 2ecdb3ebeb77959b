"""Until when a command on the vault's files can be stopped, and that it is finished and told from that moment on."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from ibdesk.cli.talk import Talk

#: What asks a command to end; the last is a terminal that was closed, which Windows does not know.
ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(Exception):  # noqa: N818 - what happened
    """A person stopped the command before anything was exchanged."""


class Finishing:
    """While this context lasts, Ctrl+C and a request to end only ask. The work answers, from its own thread: `go_on`
    raises Stopped once it was asked, `commit` does so for the last time. After it the command comes to its end, and
    what it has to say is said inside the context."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._is_asked = False
        self._is_committed = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # only there can signals be heard
            self._before = {each: signal.signal(each, self._heard) for each in ENDINGS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, before in self._before.items():
            signal.signal(each, before)

    def go_on(self) -> None:
        """Raise Stopped when somebody wants the command to end."""
        if self._is_asked and not self._is_committed:
            raise Stopped

    def commit(self) -> None:
        """The same, for the last time: from here on it is finished."""
        if self._is_committed:
            return
        self._is_committed = True  # first, so that who asks now either stops it below or is told
        if self._is_asked:
            self._is_committed = False
            raise Stopped

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked = True
        self._talk.notice("Finishing; the files are being exchanged …" if self._is_committed else "Stopping …")
