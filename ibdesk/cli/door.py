"""How a verb gets at an open desk: the one in the window, or the vault opened for it and closed again."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk import wiring
from ibdesk.cli.channel_client import handed_over
from ibdesk.cli.talk import Talk, read_answer
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.modes import Mode, face_of
from ibdesk.services.desk import Desk

if TYPE_CHECKING:
    from ibdesk.services.session import SessionService

#: What is said as long as the code that a new key brought was perhaps never shown.
NO_CODE = "Nobody may have seen this vault's recovery code. Make a new recovery code: ibdesk db recovery-code"

#: Seconds between two looks whether another command or a window still has the vault.
LOOK_AGAIN = 0.2

DeskVerb = Callable[[Desk, argparse.Namespace, Talk], Awaitable[int]]
Verb = Callable[[argparse.Namespace, Talk], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InDesk:
    """A verb that works on an open desk: handed to the window that has the vault, else on the vault opened for it.

    `reads_only`: it only reads the vault and publishes nothing, so it is answered even while the window is busy.
    `when_busy`: another such verb, for what is known while the window does not come to it.
    `at_once`: what is done beside the window before it comes to the verb, and stands whatever the window does; the
    verb is then not taken back when it takes long.
    `before`: what has to be settled first with the person who typed it, whoever does the rest.
    `alone`: what to do instead of opening the vault where no window has it.
    `patience`: seconds another command or a window that is just opening may keep the vault.
    """

    verb: DeskVerb
    reads_only: bool = False
    when_busy: DeskVerb | None = None
    at_once: Callable[[Desk, argparse.Namespace, Talk], Awaitable[None]] | None = None
    before: Callable[[argparse.Namespace, Talk], None] | None = None
    alone: Verb | None = None
    patience: float = 5.0

    def __call__(self, args: argparse.Namespace, talk: Talk) -> int:
        """Do it; the exit code."""
        if self.before is not None:
            self.before(args, talk)
        until = time.monotonic() + self.patience
        while True:
            code = handed_over(args, home_of(args), talk)
            if code is not None:
                return code
            try:
                return asyncio.run(self._here(args, talk)) if self.alone is None else self.alone(args, talk)
            except Refused as refusal:  # another command has the vault, or a window that has not put up its door yet
                if refusal.cause is not Cause.VAULT_IN_USE or time.monotonic() >= until:
                    raise
            time.sleep(LOOK_AGAIN)  # a command's own thread, between two loops: nothing else waits for it

    async def _here(self, args: argparse.Namespace, talk: Talk) -> int:
        async with open_desk(args) as desk:
            code = await self.verb(desk, args, talk)
            if await desk.care.lacks_code():
                talk.notice(NO_CODE)
            return code


def in_desk(
    verb: DeskVerb,
    *,
    reads_only: bool = False,
    when_busy: DeskVerb | None = None,
    at_once: Callable[[Desk, argparse.Namespace, Talk], Awaitable[None]] | None = None,
    before: Callable[[argparse.Namespace, Talk], None] | None = None,
    alone: Verb | None = None,
) -> InDesk:
    """The verb for the grammar; see `InDesk`."""
    return InDesk(
        verb=verb, reads_only=reads_only, when_busy=when_busy, at_once=at_once, before=before, alone=alone
    )


@asynccontextmanager
async def open_desk(args: argparse.Namespace) -> AsyncIterator[Desk]:
    """The desk on the vault that is meant. Raises Refused(VAULT_MISSING, VAULT_IN_USE, BAD_SETTING),
    NeedsPerson(WRONG_PASSPHRASE)."""
    home = home_of(args)
    if not wiring.vault_exists(home):
        raise Refused(
            f"There is no vault in {home}.",
            remedy="Connect an account first: ibdesk account add --help",
            cause=Cause.VAULT_MISSING,
        )
    if not hasattr(args, "opened_with"):
        args.opened_with = _secret(home)  # so that a verb that needs it too does not ask again
    environment, chosen = _meant(getattr(args, "mode", None))
    desk = await wiring.open_desk(
        home, args.opened_with, overrides=dict(args.set) | chosen, environment=environment, watching=False
    )
    try:
        yield desk
    finally:
        await desk.close()


def _meant(mode: Mode | None) -> tuple[Environment | None, dict[str, str]]:
    """The environment and the settings that open a desk in this mode; a window has decided for itself."""
    if mode is None:
        return None, {}
    is_local = mode is Mode.LOCAL_PAPER  # works over whatever is connected
    return None if is_local else face_of(mode).environment, {"local_paper": str(is_local).lower()}


def home_of(args: argparse.Namespace) -> Path:
    """The vault's folder: the one given, or this system's."""
    home: Path | None = args.home
    return wiring.default_home() if home is None else home


def new_passphrase() -> str:
    """A passphrase for a new vault: a variable, or typed twice."""
    given = wiring.given_passphrase()
    if given:
        return given
    first = read_answer("New passphrase: ", secret=True, opens=True)
    if sys.stdin.isatty() and read_answer("The same again: ", secret=True) != first:
        raise NeedsPerson(
            "The two passphrases are different.", remedy="Type the same one twice.", cause=Cause.WRONG_PASSPHRASE
        )
    return first


def session_of(desk: Desk) -> "SessionService":
    """The session's keeper; Refused where no account is connected."""
    if desk.session is None:
        raise not_connected(desk)
    return desk.session


def not_connected(desk: Desk) -> Refused:
    """The sentence for a desk without a gateway."""
    return Refused(
        f"No account is connected for {desk.environment}, or Interactive Brokers is switched off.",
        remedy="Connect one: ibdesk account add --help",
        cause=Cause.UNKNOWN_ACCOUNT,
    )


def _secret(home: Path) -> str | bytes:
    """What opens the vault: a variable, this computer's key store, or a person."""
    return wiring.given_passphrase() or wiring.remembered(home) or read_answer("Passphrase: ", secret=True, opens=True)
