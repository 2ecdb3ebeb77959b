"""The doctor on the command line: findings as text or JSON, the exit code by who acts next, the bundle on request."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibdesk import wiring
from ibdesk.cli.door import InDesk, home_of, open_desk
from ibdesk.cli.talk import Talk
from ibdesk.domain.diagnosis import Complaint, Examined, Fix, Report, Verdict
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson
from ibdesk.services.desk import Desk
from ibdesk.wiring.diagnosis import diagnosis_without_vault

if TYPE_CHECKING:
    from ibdesk.services.doctor import Doctor
    from ibdesk.services.support import Support

SIGNS = {
    Verdict.GOOD: "ok ", Verdict.EXPECTED: "…  ", Verdict.WARN: "!  ", Verdict.BAD: "BAD", Verdict.UNKNOWN: "?  ",
}  # fmt: skip
#: Fixes that nobody needs to do by hand or that may help later (exit 4), and that mean damaged data (exit 6).
_LATER = (Fix.START_GATEWAY, Fix.WAIT, Fix.SYNC_NOW, Fix.SHOW_GATEWAY_LOG, Fix.OPEN_BROKERAGE)
_DATA = (Fix.CHECK_VAULT,)


class DoctorVerb(InDesk):
    """Done in the window that has the vault, else on the vault; else with what needs no vault."""

    def __call__(self, args: argparse.Namespace, talk: Talk) -> int:
        try:
            return super().__call__(args, talk)
        except DeskError as error:
            if not isinstance(error, NeedsPerson) and error.cause is not Cause.VAULT_IN_USE:
                raise
            # a locked window and nobody here to type, or a vault that stays with another
            return asyncio.run(_outside(home_of(args), args, talk, error.message))


def verb() -> DoctorVerb:
    """For the grammar."""
    return DoctorVerb(verb=examine, when_busy=while_busy, alone=_alone)


async def examine(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Everything, on an open desk."""
    return await _tell(desk.doctor, desk.support, args, talk)


def code_of(report: Sequence[Examined]) -> int:
    """The exit code by who acts next about what is bad; an announced outage is "later"; warnings are no failure."""
    bad = [each for each in report if each.verdict is Verdict.BAD]
    if any(each.fix in _DATA for each in bad):
        return 6
    if any(each.fix not in _LATER for each in bad):
        return 3
    return 4 if bad or any(each.verdict is Verdict.EXPECTED for each in report) else 0


def _alone(args: argparse.Namespace, talk: Talk) -> int:
    if not wiring.vault_exists(home_of(args)):
        return asyncio.run(_outside(home_of(args), args, talk, f"There is no vault in {home_of(args)}."))
    return asyncio.run(_inside(args, talk))


async def _inside(args: argparse.Namespace, talk: Talk) -> int:
    async with AsyncExitStack() as opened:
        try:
            desk = await opened.enter_async_context(open_desk(args))
        except DeskError as error:
            if error.cause is Cause.VAULT_IN_USE:
                raise  # it is waited for first
            return await _outside(home_of(args), args, talk, error.message)
        return await examine(desk, args, talk)


async def while_busy(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """What needs no desk, while the window does not come to it."""
    return await _outside(desk.preferences.folder, args, talk, "The window is busy.")


async def _outside(home: Path, args: argparse.Namespace, talk: Talk, because: str) -> int:
    made = diagnosis_without_vault(home, dict(args.set), clock=wiring.now, because=because)
    talk.say(f"{because} Only what needs no vault is examined.")
    return await _tell(made.doctor, made.support, args, talk)


async def _tell(doctor: "Doctor", support: "Support", args: argparse.Namespace, talk: Talk) -> int:
    report = await doctor.examine()
    complaint = None if args.about is None else Complaint(args.about)
    results = report.results if complaint is None else report.about(complaint)
    bundle = {} if args.bundle is None else await _bundle(support, report, args, talk)
    talk.tell(
        {
            "status": report.worst.value if complaint is None else Report(at=report.at, results=results).worst.value,
            "at": report.at,
            "about": args.about,
            "results": [_plain(each) for each in results],
        }
        | bundle,
        _lines(results),
    )
    return code_of(results)


async def _bundle(support: "Support", report: Report, args: argparse.Namespace, talk: Talk) -> dict[str, Any]:
    """Print what will be in it, then write exactly that."""
    from ibdesk.services.doctor.sources import counted

    files = await support.preview(report)
    for file in files:
        talk.say(f"── {file.name} ──")
        talk.say(file.text)
    path: Path = args.bundle
    size = await support.write(path, files, replace=args.replace)
    talk.say(f"Written to {path}: {counted(size, 'byte')}.")
    return {"bundle": {"path": str(path), "bytes": size, "files": {file.name: file.text for file in files}}}


def _plain(each: Examined) -> dict[str, Any]:
    return {
        "check": each.check.value, "verdict": each.verdict.value, "statement": each.statement, "advice": each.advice,
        "fix": None if each.fix is None else each.fix.value, "target": each.target, "evidence": list(each.evidence),
    }  # fmt: skip


def _lines(results: Sequence[Examined]) -> list[str]:
    lines = []
    for each in results:
        lines.append(f"{SIGNS[each.verdict]} {each.check.value:<22} {each.statement}")
        if each.verdict not in (Verdict.GOOD, Verdict.UNKNOWN):
            lines += [f"      {fact}" for fact in each.evidence]
            lines += [f"    → {each.advice}"]
    return lines
