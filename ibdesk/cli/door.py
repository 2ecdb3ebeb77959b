"""How a verb gets at an open desk: where the vault is, what opens it, and that it is closed again."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk import wiring
from ibdesk.cli.talk import Talk
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.services.desk import Desk

if TYPE_CHECKING:
    from ibdesk.services.session import SessionService

DeskVerb = Callable[[Desk, argparse.Namespace, Talk], Awaitable[int]]


def in_desk(verb: DeskVerb) -> Callable[[argparse.Namespace, Talk], int]:
    """A verb that works on an open desk: it opens the vault, without watching, and closes it."""

    def run(args: argparse.Namespace, talk: Talk) -> int:
        async def work() -> int:
            async with open_desk(args) as desk:
                return await verb(desk, args, talk)

        return asyncio.run(work())

    return run


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
    desk = await wiring.open_desk(home, _secret(home), overrides=dict(args.set), watching=False)
    try:
        yield desk
    finally:
        await desk.close()


def home_of(args: argparse.Namespace) -> Path:
    """The vault's folder: the one given, or this system's."""
    home: Path | None = args.home
    return wiring.default_home() if home is None else home


def new_passphrase() -> str:
    """A passphrase for a new vault: a variable, or typed twice."""
    from ibdesk.store.passphrase import from_environment

    given = from_environment(os.environ)
    if given:
        return given
    first = _ask("New passphrase: ")
    if sys.stdin.isatty() and _ask("The same again: ") != first:
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
    from ibdesk.store.passphrase import from_environment

    return from_environment(os.environ) or wiring.remembered(home) or _ask("Passphrase: ")


def _ask(question: str) -> str:
    """A secret from the keyboard, unseen; from standard input where there is no keyboard."""
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(question)
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line:
        raise NeedsPerson(
            "The vault's passphrase is needed.",
            remedy="Type it, give it on standard input, or set IBDESK_PASSPHRASE.",
            cause=Cause.WRONG_PASSPHRASE,
        )
    return line.rstrip("\r\n")
