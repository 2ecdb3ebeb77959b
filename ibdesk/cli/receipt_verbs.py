"""The verbs on the receipts of orders: which there are, one of them whole, and as files."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from ibdesk.cli.door import in_desk
from ibdesk.cli.talk import Talk
from ibdesk.domain.receipt_document import OUTCOME_WORDS, Document, Section, ticket_words
from ibdesk.domain.receipts import ReceiptFilter, ReceiptHead
from ibdesk.services import receipt_files
from ibdesk.services.desk import Desk

DAMAGED = 6
#: By the end of a file's name, what it is written as.
_BY_NAME = {".json": "json", ".html": "html", ".htm": "html", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def add_receipt_verbs(every: Any, group: Callable[..., Any], verb: Callable[..., argparse.ArgumentParser]) -> None:
    """`receipt list · show · export`."""
    receipts = group(every, "receipt", "the compliance receipts of orders, sent or blocked")
    listed = verb(receipts, "list", "the newest receipts, one for each order", in_desk(list_receipts, reads_only=True))
    kind = listed.add_mutually_exclusive_group()
    kind.add_argument("--blocked", action="store_true", help="only those of orders that were blocked")
    kind.add_argument("--sent", action="store_true", help="only those of orders that left")
    listed.add_argument("--text", default="", help="only those with these words in ticket, reason or the broker's text")
    listed.add_argument("--from", dest="first", type=_day, metavar="DATE", help="begun on this day (UTC) or later")
    listed.add_argument("--to", dest="last", type=_day, metavar="DATE", help="begun on this day (UTC) or earlier")
    listed.add_argument("--limit", type=_count, default=50, metavar="N", help="at most so many (default: 50)")
    one = verb(receipts, "show", "one receipt whole", in_desk(show, reads_only=True))
    one.add_argument("ref", metavar="REF", help="the order's id, as `receipt list` shows it")
    out = verb(receipts, "export", "write one receipt, or the whole log with its hashes, to a file",
               in_desk(export, reads_only=True))
    out.add_argument("file", type=Path, metavar="FILE")
    out.add_argument("--ref", default="", metavar="REF", help="only this order's receipt")
    out.add_argument("--format", choices=sorted({*receipt_files.ONE, *receipt_files.ALL}),
                     help="json, csv or html for one receipt, jsonl or csv for all (default: by the file's name)")
    out.add_argument("--replace", action="store_true", help="over a file that is there already")


async def list_receipts(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """One line for each order, the newest first."""
    blocked = True if args.blocked else False if args.sent else None
    wanted = ReceiptFilter(
        blocked=blocked, text=args.text, since=args.first,
        until=None if args.last is None else datetime.combine(args.last.date(), time.max, UTC),
    )  # fmt: skip
    found = await desk.activity.receipt_heads(wanted, limit=args.limit)
    talk.tell({"status": "success", "receipts": [_told(each) for each in found]},
              [_line(each) for each in found] or ["There is no such receipt."])  # fmt: skip
    return 0


async def show(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """The document of one order; with `--json` every step whole. The code says whether its chain holds."""
    document = await desk.activity.document(args.ref)
    steps = await desk.activity.receipt(args.ref)
    is_broken = document.seal_tone == "loss"
    talk.tell(
        {
            "status": "failed" if is_broken else "success", "title": document.title, "outcome": document.word,
            "why": document.lead, "chain": document.seal, "steps": [receipt_files.told_of(each) for each in steps],
        },
        [document.title, f"{document.word}. {document.lead}".strip(), document.seal, *_lines(document)],
    )  # fmt: skip
    return DAMAGED if is_broken else 0


async def export(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Write one receipt, or all of them, to a file."""
    by_name = _BY_NAME.get(args.file.suffix.lower(), "json" if args.ref else "csv")
    chosen = args.format or by_name
    if args.ref:
        await desk.activity.save_receipt(args.ref, args.file, chosen, replace=args.replace)
        talk.tell({"status": "success", "path": str(args.file), "format": chosen, "ref": args.ref},
                  [f"The receipt of {args.ref} is in {args.file}."])  # fmt: skip
        return 0
    rows = await desk.activity.export_receipts(args.file, chosen, replace=args.replace)
    talk.tell({"status": "success", "path": str(args.file), "format": chosen, "rows": rows},
              [f"{rows:,} rows are in {args.file}."])  # fmt: skip
    return 0


def _told(head: ReceiptHead) -> dict[str, Any]:
    return {
        "ref": head.correlation, "at": head.at, "outcome": head.outcome.value, "mode": head.mode,
        "account_hash": head.account, "order": _order(head), "why": head.decision, "steps": head.steps,
        "last_row": head.last_seq,
    }  # fmt: skip


def _line(head: ReceiptHead) -> str:
    return (f"{head.at:%Y-%m-%d %H:%M:%S}  {OUTCOME_WORDS[head.outcome]:<12} {head.mode:<11} {head.correlation:<28} "
            f"{_order(head)}")  # fmt: skip


def _order(head: ReceiptHead) -> str:
    return ticket_words(head.ticket) if head.ticket is not None and head.ticket.legs else ""


def _lines(document: Document) -> list[str]:
    return [line for section in document.sections for line in _section(section)]


def _section(section: Section) -> list[str]:
    lines = ["", section.title]
    for row in section.rows:
        cells = [cell.text for cell in row]
        lines.append("  " + (f"{cells[0]:<22} {cells[1]}" if not section.heads else "  ".join(c for c in cells if c)))
        lines += [f"      {note}" for cell in row for note in cell.note.splitlines() if note]
    return lines


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-01-31") from error


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no count from 1 to 10000")
    return int(text)
