"""How a verb answers: text for people or one JSON value for programs, and the exit code that says who acts next.

Where the words go is the `Mouth`: this terminal, or the one of whoever handed the verb over.
"""

import getpass
import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable

CODES = """
exit codes, by who has to act next:
  0  done
  1  a mistake of ours
  2  the command was not understood
  3  a person: sign in, unlock, confirm a certificate
  4  nobody, it may work later: gateway down, rate limit, maintenance
  5  final: refused by the broker, the vault or a rule
  6  data that cannot be read: an answer, a damaged vault
"""


MISTAKE, INTERRUPTED = 1, 130


def code_of(error: DeskError | None) -> int:
    """The exit code of an error's branch; 0 without one."""
    branches: tuple[tuple[type[DeskError], int], ...] = ((NeedsPerson, 3), (Unavailable, 4), (Refused, 5), (BadData, 6))
    return next((code for branch, code in branches if isinstance(error, branch)), 0)


def told(error: DeskError | None) -> dict[str, str]:
    """An error's part of an answer; nothing without one."""
    if error is None:
        return {}
    later = error.retry_at if isinstance(error, Unavailable) else None
    return {"cause": error.cause.value, "message": error.message, "remedy": error.remedy} | (
        {} if later is None else {"retry_at": later.isoformat()}
    )


def lines_of(error: DeskError | None) -> list[str]:
    """The same for people."""
    return [] if error is None else [error.message, *next_steps(error)]


def next_steps(error: DeskError) -> list[str]:
    """What to do now, and from when on it can work again."""
    later = error.retry_at if isinstance(error, Unavailable) else None
    return [error.remedy] if later is None else [error.remedy, f"Try again after {later:%Y-%m-%d %H:%M:%S} UTC."]


class Mouth(Protocol):
    """Where text goes and where a person's answers come from."""

    def write(self, text: str) -> None:
        """Put this on the standard output."""

    def warn(self, text: str) -> None:
        """Put this where errors go."""

    async def ask(self, question: str, *, secret: bool, opens: bool = False) -> str:
        """What the person answers; unseen when secret. What `opens` the vault may also come from the variable of the
        caller. NeedsPerson when nobody is there."""


class Terminal:
    """This process's own standard streams."""

    def write(self, text: str) -> None:
        """Put this on the standard output, at once."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def warn(self, text: str) -> None:
        """Put this on the standard error output."""
        sys.stderr.write(text)
        sys.stderr.flush()

    async def ask(self, question: str, *, secret: bool, opens: bool = False) -> str:
        """See `read_answer`; nothing else goes on meanwhile. What the variable says was taken before."""
        return read_answer(question, secret=secret, opens=opens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Where answers go. `quiet` leaves out the text, never JSON, never an error."""

    json: bool
    quiet: bool
    mouth: Mouth = field(default_factory=Terminal)

    def tell(self, value: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Give the verb's answer."""
        if self.json:
            self._line(json.dumps(value, default=_plain))
        else:
            for line in lines:
                self.say(line)

    def say(self, line: str) -> None:
        """Something for people."""
        if not self.json and not self.quiet:
            self._line(line)

    def insist(self, line: str) -> None:
        """Something a person must see even when quiet."""
        if not self.json:
            self._line(line)

    def notice(self, line: str) -> None:
        """Something about the waiting itself, kept out of the answer."""
        if not self.quiet:
            self.mouth.warn(line + "\n")

    async def ask(self, question: str, *, secret: bool = True, opens: bool = False) -> str:
        """A person's answer: a passphrase unseen, or a yes. NeedsPerson when nobody can be asked.

        Verbs ask here and nowhere else, so that a verb an open desk runs asks the person who typed it.
        """
        return await self.mouth.ask(question, secret=secret, opens=opens)

    def complain(self, error: DeskError) -> None:
        """Why the verb stopped, and the next step."""
        if self.json:
            self._line(json.dumps({"status": "error"} | told(error)))
        else:
            self.mouth.warn("\n".join(lines_of(error)) + "\n")

    def _line(self, text: str) -> None:
        self.mouth.write(text + "\n")


def read_answer(question: str, *, secret: bool, opens: bool = False) -> str:
    """A line from the keyboard, unseen when secret; from standard input where there is no keyboard.

    Raises NeedsPerson(WRONG_PASSPHRASE) when there is neither or nobody answers, and for what is no text;
    KeyboardInterrupt at once, whatever loop this is called in.
    """
    try:
        with _interruptible():
            line = _line(question, secret=secret)
        line.encode()
    except UnicodeError as error:
        raise NeedsPerson(
            "What was given is no text: it cannot be read as UTF-8.",
            remedy="Type it again, or set the terminal and the program that gives it to UTF-8.",
            cause=Cause.WRONG_PASSPHRASE,
        ) from error
    if not line:
        raise nobody_answered(question, opens=opens)
    return line.rstrip("\r\n")


def nobody_answered(question: str = "", *, opens: bool) -> NeedsPerson:
    """The sentence for a question without an answer; only what `opens` the vault has a variable."""
    asked = question.strip().rstrip(":")
    return NeedsPerson(
        f"Nobody answered: {asked}" if asked else "An answer is needed, and nobody was there to give it.",
        remedy=f"Type it, or give it on standard input{', or set IBDESK_PASSPHRASE' if opens else ''}.",
        cause=Cause.WRONG_PASSPHRASE,
    )


def _line(question: str, *, secret: bool) -> str:
    """The line with its end; empty when there is none."""
    if sys.stdin is None:
        return ""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    try:
        return (getpass.getpass(question) if secret else input(question)) + "\n"
    except EOFError:  # Ctrl+D
        sys.stderr.write("\n")
        return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """A running loop hears Ctrl+C itself and would tell its task, which waits for the keyboard: not while we ask."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _plain(value: object) -> str:
    """Amounts as exact text, instants in ISO form, paths as they are typed."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} has no JSON form")
