"""The verbs that take care of the vault: ways in, backups, a new key. No passphrase is ever an argument.

Standard input gives one secret a line: `db passphrase` the old one, then the new one; `db rekey` and `db restore` the
one that opens. IBDESK_PASSPHRASE, where it is set, stands for the one that opens.
"""

import argparse
import asyncio
import sys
from contextlib import suppress

from ibdesk import wiring
from ibdesk.cli.door import home_of
from ibdesk.cli.finishing import Finishing, Stopped
from ibdesk.cli.talk import INTERRUPTED, Talk, read_answer
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson
from ibdesk.domain.records import BackupInfo
from ibdesk.services.desk import Desk

KEEP_CODE = "Write this recovery code down; it is shown this once, and the old one opens nothing any more:"


async def backup(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Back the vault up to one encrypted file, checked by reading it again."""
    made = await desk.care.back_up(args.file)
    talk.tell({"status": "success"} | _backup(made), [f"Backed up to {made.path}: {made.bytes:,} bytes, checked."])
    return 0


async def list_backups(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """The backups there are, newest first."""
    made = await desk.care.backups()
    lines = [f"{each.made_at:%Y-%m-%d %H:%M:%S} UTC  {each.bytes:>13,} bytes  {each.reason}  {each.path}"
             for each in made]  # fmt: skip
    talk.tell({"status": "success", "backups": [_backup(each) for each in made]}, lines or ["No backup yet."])
    return 0


def _backup(made: BackupInfo) -> dict[str, object]:
    return {
        "path": made.path,
        "made_at": made.made_at,
        "bytes": made.bytes,
        "rows": made.rows,
        "revision": made.revision,
        "reason": made.reason.value,
        "is_checked": made.is_checked,
    }


def restore(args: argparse.Namespace, talk: Talk) -> int:
    """Make the vault what a backup holds; here or on another computer. What was there is kept."""
    question = "Passphrase or recovery code of the backup: "
    secret = wiring.given_passphrase() or read_answer(question, secret=True, opens=True)
    with Finishing(talk) as finishing:
        try:
            told = asyncio.run(
                wiring.restore(args.file, home_of(args), secret, clock=wiring.now, go_on=finishing.commit)
            )
        except Stopped:
            return _stopped(talk)
        lines = [f"The vault in {told.folder} is the backup of {told.backup.made_at:%Y-%m-%d %H:%M:%S} UTC."]
        if told.kept:
            lines.append(f"What was there is kept in {told.kept}.")
        talk.tell({"status": "success", "vault": told.folder, "kept": told.kept} | _backup(told.backup), lines)
    return 0


def _stopped(talk: Talk) -> int:
    talk.notice("Stopped. The vault is as it was.")
    return INTERRUPTED


def rekey(args: argparse.Namespace, talk: Talk) -> int:
    """Give the vault a new key. The passphrase stays; there is a new recovery code."""
    secret = wiring.given_passphrase() or read_answer("Passphrase: ", secret=True, opens=True)
    told: list[str] = []

    def progress(stage: str, _done: float) -> None:
        if stage not in told:
            told.append(stage)
            talk.say(_STAGES[stage])

    with Finishing(talk) as finishing:

        def go_on(stage: str) -> None:
            (finishing.commit if stage == "exchange" else finishing.go_on)()

        try:
            code = asyncio.run(wiring.rekey(
                home_of(args), secret, clock=wiring.now, overrides=dict(args.set), progress=progress, go_on=go_on))
        except Stopped:
            return _stopped(talk)
        talk.tell(
            {"status": "success", "recovery_code": code},
            ["The vault has a new key.", "Backups made before still open with the old one; after a leak, delete them."],
        )
        talk.insist(f"{KEEP_CODE}\n{code}")
        with suppress(DeskError):  # somebody opened the vault meanwhile: it asks for a new code, no more
            asyncio.run(wiring.code_seen(home_of(args)))
    return 0


_STAGES = {
    "backup": "Backing up …",
    "copy": "Copying under the new key …",
    "check": "Checking the copy …",
    "exchange": "Exchanging …",
}


async def passphrase(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Change the passphrase. The data stays as it is; the old one opens nothing any more."""
    old = _opened_with(args) or await talk.ask("Passphrase now: ", opens=True)
    new = await talk.ask("New passphrase: ")
    again = new
    with suppress(NeedsPerson):  # from standard input it comes once
        again = await talk.ask("The same again: ")
    if again != new:
        raise NeedsPerson(
            "The two passphrases are different.", remedy="Type the same one twice.", cause=Cause.WRONG_PASSPHRASE
        )
    await desk.care.change_passphrase(old, new)
    talk.tell({"status": "success"}, ["The passphrase is changed. Backups made before open with the old one."])
    return 0


async def recovery_code(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Make a new recovery code and show it once."""
    secret = _opened_with(args) or await talk.ask("Passphrase: ", opens=True)
    code = await desk.care.new_recovery_code(secret)
    talk.tell({"status": "success", "recovery_code": code}, [])
    talk.insist(f"{KEEP_CODE}\n{code}")
    return 0


def _opened_with(args: argparse.Namespace) -> str:
    """What a person already gave to open the vault, or to unlock the desk, for this command; else empty."""
    secret = getattr(args, "opened_with", "")
    return secret if isinstance(secret, str) else ""


def new_passphrase(_args: argparse.Namespace, talk: Talk) -> int:
    """Print a strong random passphrase; it is kept nowhere."""
    from ibdesk.store.passphrase import generate

    made = generate()
    talk.tell({"status": "success", "passphrase": made}, [])
    talk.insist(made)
    if sys.stdout is not None and sys.stdout.isatty():
        talk.notice("Keep it in a password manager, never in a file of a project.")
    return 0


async def remember(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Let this computer's key store open the vault."""
    await desk.care.remember(True)
    talk.tell({"status": "success"}, ["This computer opens the vault from now on."])
    return 0


async def forget(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Ask for the passphrase again."""
    await desk.care.remember(False)
    talk.tell({"status": "success"}, ["The passphrase is asked for again."])
    return 0
