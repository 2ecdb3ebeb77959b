"""The verbs on the log of calls: does it add up (with the receipts), what is odd in it, and the log as a file."""

import argparse

from ibdesk.cli.talk import Talk
from ibdesk.domain.records import AuditFault
from ibdesk.services.desk import Desk

DAMAGED = 6


async def verify(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Follow the chains of hashes, of calls and of receipts, from the first row to the sealed end; name the first row
    that does not fit."""
    fault = await desk.activity.fault()
    newest = await desk.activity.calls(limit=1)
    rows, receipts = newest[0].seq if newest else 0, await desk.activity.receipt_rows()
    told = {"rows": rows, "receipts": receipts}
    if fault is None:
        talk.tell({"status": "success", **told, "first_broken": None},
                  [f"The audit adds up: {rows:,} calls, {receipts:,} receipts."])  # fmt: skip
        return 0
    talk.tell({"status": "failed", **told, "first_broken": fault.row, "what": fault.what}, _broken(fault))
    return DAMAGED


def _broken(fault: AuditFault) -> list[str]:
    return [f"The audit does not add up from row {fault.row} on: {fault.what}.",
            "Compare with a backup: ibdesk db backups"]  # fmt: skip


async def hints(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """What in the log a careful person would look at."""
    found = await desk.activity.hints()
    talk.tell(
        {
            "status": "success",
            "hints": [
                {"severity": each.severity.name.lower(), "sentence": each.sentence, "first": each.first,
                 "last": each.last, "at": each.at}
                for each in found
            ],
        },
        [f"{each.severity.name.lower():<5}  rows {each.first} to {each.last}: {each.sentence}" for each in found]
        or ["Nothing looks unusual."],
    )  # fmt: skip
    return 0


async def export(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Write the whole log with its hashes to a file, and say when it does not add up: the file is written then too, as
    what somebody has to look at."""
    chosen = args.format or ("jsonl" if args.file.suffix.lower() in (".jsonl", ".ndjson") else "csv")
    rows = await desk.activity.export_audit(args.file, chosen, replace=args.replace)
    fault = await desk.activity.fault()
    told, written = {"path": str(args.file), "format": chosen, "rows": rows}, f"{rows:,} rows are in {args.file}."
    if fault is None:
        talk.tell({"status": "success", **told, "first_broken": None}, [written])
        return 0
    talk.tell(
        {"status": "failed", **told, "first_broken": fault.row, "what": fault.what}, [written, *_broken(fault)]
    )
    return DAMAGED
