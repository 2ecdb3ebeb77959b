"""The receipts as files: one order's document as JSON, CSV or HTML, and the whole log with its hashes."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.receipt_document import Document
from ibdesk.domain.receipt_html import html_of
from ibdesk.domain.receipts import LoggedReceipt
from ibdesk.services.csv_lines import csv_line

#: What one receipt, and what the whole log, can be written as.
ONE, ALL = ("json", "csv", "html"), ("jsonl", "csv")
_COLUMNS = (
    "seq", "at", "step", "correlation", "mode", "account", "ref", "order_id", "decision", "acknowledged", "broker_text",
    "hardest", "findings", "user", "session", "app_version", "prev_hash", "row_hash",
)  # fmt: skip


def require_format(chosen: str, known: tuple[str, ...]) -> None:
    """Refused(BAD_SETTING) for a format there is none of."""
    if chosen not in known:
        raise Refused(
            f"Receipts cannot be written as {chosen}.", remedy=f"Use {', '.join(known[:-1])} or {known[-1]}.",
            cause=Cause.BAD_SETTING,
        )


def rendered(document: Document, steps: Iterable[LoggedReceipt], chosen: str) -> bytes:
    """One order's receipt in one of the formats `ONE`. The JSON has every step whole with its hashes."""
    require_format(chosen, ONE)
    if chosen == "html":
        return html_of(document).encode()
    if chosen == "json":
        told = {"title": document.title, "outcome": document.word, "why": document.lead, "chain": document.seal,
                "steps": [told_of(each) for each in steps]}  # fmt: skip
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
    return "".join(_document_lines(document)).encode()


def told_of(row: LoggedReceipt) -> dict[str, Any]:
    """One step for programs: everything the log holds of it."""
    told: dict[str, Any] = msgspec.to_builtins(row.receipt, order="sorted")
    return {
        "seq": row.seq, **told, "app_version": row.app_version, "prev_hash": row.prev_hash, "row_hash": row.row_hash,
    }  # fmt: skip


def log_lines(rows: Iterable[LoggedReceipt], chosen: str) -> Iterator[bytes]:
    """The whole log, first a line of headers (empty in JSON lines), then a line for each row."""
    if chosen == "jsonl":
        yield b""
        yield from (msgspec.json.encode(told_of(row)) + b"\n" for row in rows)
        return
    yield csv_line(_COLUMNS).encode()
    yield from (csv_line(_cells(row)).encode() for row in rows)


def _cells(row: LoggedReceipt) -> tuple[Any, ...]:
    r = row.receipt
    return (
        row.seq, r.at.isoformat(), r.step.value, r.correlation, r.mode, r.account, r.ref, r.order_id, r.decision,
        " ".join(r.acknowledged), r.broker_text, r.verdict.severity.word if r.verdict is not None else "",
        len(r.verdict.findings) if r.verdict is not None else "", r.user, r.session, row.app_version, row.prev_hash,
        row.row_hash,
    )  # fmt: skip


def _document_lines(document: Document) -> Iterator[str]:
    yield csv_line(("section", "row", "column", "value", "note"))
    for name, value in (("title", document.title), ("outcome", document.word), ("why", document.lead),
                        ("chain", document.seal)):  # fmt: skip
        yield csv_line(("receipt", 1, name, value, ""))
    for section in document.sections:
        heads = section.heads or ("name", "value")
        for number, row in enumerate(section.rows, start=1):
            for head, cell in zip(heads, row, strict=False):
                if cell.text:
                    yield csv_line((section.title, number, head or "kind", cell.text, cell.note))
