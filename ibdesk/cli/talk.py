"""How a verb answers: text for people or one JSON value for programs, and the exit code that says who acts next."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ibdesk.domain.errors import BadData, DeskError, NeedsPerson, Refused, Unavailable

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Where answers go. `quiet` leaves out the text, never JSON, never an error."""

    json: bool
    quiet: bool

    def tell(self, value: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Give the verb's answer."""
        if self.json:
            _write(json.dumps(value, default=_plain))
        else:
            for line in lines:
                self.say(line)

    def say(self, line: str) -> None:
        """Something for people."""
        if not self.json and not self.quiet:
            _write(line)

    def insist(self, line: str) -> None:
        """Something a person must see even when quiet."""
        if not self.json:
            _write(line)

    def complain(self, error: DeskError) -> None:
        """Why the verb stopped, and the next step."""
        if self.json:
            _write(json.dumps({"status": "error"} | told(error)))
        else:
            sys.stderr.write("\n".join(lines_of(error)) + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _plain(value: object) -> str:
    """Amounts as exact text, instants in ISO form."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{value!r} has no JSON form")
