"""What the Activity room may read of the desk's own doings, and how the audit leaves the vault as a file."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ibdesk.domain.accounts import Environment
from ibdesk.domain.audit_hints import AuditHint, hints
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.positions import Source
from ibdesk.domain.receipt_document import Document, document_of
from ibdesk.domain.receipts import LoggedReceipt, ReceiptFilter, ReceiptHead, Step
from ibdesk.domain.records import AuditFault, DatabaseReport, LoggedCall, SessionRecord, SyncRecord
from ibdesk.services import receipt_files
from ibdesk.services.csv_lines import csv_line
from ibdesk.services.desk import Clock
from ibdesk.store import accounts, audit, check, receipt_heads, receipts, records
from ibdesk.store.database import Database
from ibdesk.store.exports import exported

if TYPE_CHECKING:
    from sqlalchemy import Connection

FORMATS = ("csv", "jsonl")
COLUMNS = (
    "seq", "at", "environment", "channel", "method", "path", "status", "outcome", "milliseconds", "bytes_out",
    "bytes_in", "detail", "prev_hash", "row_hash",
)  # fmt: skip
#: Rows whose patterns are looked at: some days of a busy desk.
LOOKED_AT = 50_000


class Activity:
    """Calls, syncs and session states as written down; newest first."""

    def __init__(self, database: Database, *, clock: Clock, default_environment: Callable[[], Environment]) -> None:
        self._database = database
        self._clock = clock
        self._default_environment = default_environment

    async def calls(
        self, *, text: str = "", only_errors: bool = False, before: int | None = None, limit: int = 200
    ) -> tuple[LoggedCall, ...]:
        """Calls with `text` in them, older than number `before`."""
        return await self._database.read(
            lambda tx: audit.load_calls(tx, text=text, only_errors=only_errors, before=before, limit=limit)
        )

    async def syncs(self, *, limit: int = 200, sources: Collection[Source] = tuple(Source)) -> tuple[SyncRecord, ...]:
        return await self._database.read(records.load_syncs, limit, sources)

    async def sessions(self, *, limit: int = 200) -> tuple[SessionRecord, ...]:
        return await self._database.read(records.load_sessions, limit)

    async def verify(self) -> int | None:
        """The first row, of the calls or else of the receipts, that does not fit its chain; None when all do."""
        fault = await self.fault()
        return None if fault is None else fault.row

    async def fault(self) -> AuditFault | None:
        """The same with what happened to that row, as far as it can be told."""
        return await self._database.read(lambda tx: audit.find_fault(tx) or receipts.find_fault(tx))

    async def receipts(
        self, *, steps: Sequence[Step] = (), before: int | None = None, limit: int = 200
    ) -> tuple[LoggedReceipt, ...]:
        """The newest steps of all orders, sent or blocked, newest first: of these kinds, older than row `before`."""

        def load(tx: "Connection") -> tuple[LoggedReceipt, ...]:
            return receipts.newest(tx, steps=steps, before=before, limit=limit)

        return await self._database.read(load)

    async def receipt(self, correlation: str) -> tuple[LoggedReceipt, ...]:
        """Every step of one order, in order: what is shown and printed of it."""
        return await self._database.read(receipts.load, correlation)

    async def receipt_heads(
        self, wanted: ReceiptFilter | None = None, *, before: int | None = None, limit: int = 200
    ) -> tuple[ReceiptHead, ...]:
        """The receipts as a list, one for each order, the newest first: those before the `last_seq` of another."""

        def load(tx: "Connection") -> tuple[ReceiptHead, ...]:
            return receipt_heads.newest(tx, wanted or ReceiptFilter(), before=before, limit=limit)

        return await self._database.read(load)

    async def document(self, correlation: str) -> Document:
        """One order's receipt to show and print, the whole chain verified. Refused(ORDER_UNKNOWN) without any."""
        return await self._database.read(self._document, correlation)

    async def save_receipt(self, correlation: str, path: Path, format: str, *, replace: bool = False) -> None:  # noqa: A002
        """One order's receipt as a file: json, csv or html. Raises what `export_audit` does."""
        document = await self.document(correlation)
        steps = await self.receipt(correlation)
        await self.save_file(path, receipt_files.rendered(document, steps, format), replace=replace)

    async def save_file(self, path: Path, data: bytes, *, replace: bool = False) -> None:
        """What was printed into a file. Raises what `export_audit` does."""

        def write(_tx: "Connection") -> None:
            with exported(path, self._database.folder, replace=replace) as file:
                file.write(data)

        await self._database.read(write)

    async def export_receipts(self, path: Path, format: str = "csv", *, replace: bool = False) -> int:  # noqa: A002
        """The whole log of receipts with its hashes, as csv or jsonl; how many rows. As `export_audit`."""
        receipt_files.require_format(format, receipt_files.ALL)

        def write(tx: "Connection") -> int:
            count = 0
            with exported(path, self._database.folder, replace=replace) as file:
                for count, line in enumerate(receipt_files.log_lines(receipts.each(tx), format)):  # noqa: B007
                    file.write(line)
            return count

        return await self._database.read(write)

    async def receipt_rows(self) -> int:
        """How many rows the log of receipts has."""
        newest = await self.receipts(limit=1)
        return newest[0].seq if newest else 0

    def _document(self, tx: "Connection", correlation: str) -> Document:
        steps = receipts.load(tx, correlation)
        if not steps:
            raise Refused(
                f"There is no receipt of {correlation}.", remedy="Look for its name in the list of receipts.",
                cause=Cause.ORDER_UNKNOWN,
            )
        known = {receipts.hash_of(account.id): account.id for account in accounts.load_accounts(tx)}
        return document_of(steps, accounts=known, fault=receipts.find_fault(tx), made_at=self._clock())

    async def hints(self) -> tuple[AuditHint, ...]:
        """What in the log a careful person would look at, the most severe first."""

        def look(tx: "Connection") -> tuple[AuditHint, ...]:
            calls = audit.load_calls(tx, limit=LOOKED_AT)[::-1]
            return hints(calls, audit.hours_used(tx), default=self._default_environment(), now=self._clock())

        return await self._database.read(look)

    async def export_audit(self, path: Path, format: str = "csv", *, replace: bool = False) -> int:  # noqa: A002 - the word
        """Write the whole log with its hashes to `path`, with `replace` over a file that is there; how many rows.

        `format` is csv (cells that a spreadsheet would run as a formula get an apostrophe in front) or jsonl (as it
        is, for programs). The file appears when it is whole. Refused(BAD_SETTING, FILE_EXISTS, FOLDER_READ_ONLY),
        Unavailable(DISK_FULL).
        """
        if format not in FORMATS:
            raise Refused(
                f"The audit cannot be written as {format}.", remedy="Use csv or jsonl.", cause=Cause.BAD_SETTING
            )
        return await self._database.read(_export, path, self._database.folder, format, replace)

    async def check(self) -> DatabaseReport:
        """The full examination of the vault; takes about a second per 200 MB."""
        return await check.check(self._database)


def _export(tx: "Connection", path: Path, vault: Path, format: str, replace: bool) -> int:  # noqa: A002
    count = 0
    lines = _csv_lines if format == "csv" else _json_lines
    with exported(path, vault, replace=replace) as file:
        for count, line in enumerate(lines(audit.each_call(tx))):  # noqa: B007 - the last count is the answer
            file.write(line)
    return count


def _csv_lines(rows: Iterator[LoggedCall]) -> Iterator[bytes]:
    """A line of headers, then one for each row."""
    yield csv_line(COLUMNS).encode()
    yield from (csv_line(_cells(row)).encode() for row in rows)


def _json_lines(rows: Iterator[LoggedCall]) -> Iterator[bytes]:
    yield b""
    for row in rows:
        yield msgspec.json.encode(dict(zip(COLUMNS, _cells(row), strict=True))) + b"\n"


def _cells(row: LoggedCall) -> tuple[Any, ...]:
    c = row.call
    return (
        row.seq, c.at.isoformat(), c.environment, c.channel, c.method, c.path, c.status, c.outcome, c.milliseconds,
        c.bytes_out, c.bytes_in, c.detail, row.prev_hash, row.row_hash,
    )  # fmt: skip
