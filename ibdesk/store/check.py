"""The full examination of a vault: pages, indexes, references, and the chains of the audit and of the receipts."""

import asyncio
from dataclasses import replace

from sqlalchemy import Connection, func, select

from ibdesk.domain.records import DatabaseReport
from ibdesk.store import audit, cipher, receipts
from ibdesk.store.database import Database
from ibdesk.store.files import Paths, open_to_others
from ibdesk.store.tables import metadata


async def check(database: Database) -> DatabaseReport:
    """Examine everything; takes about a second per 200 MB. Other work goes on meanwhile."""
    report = await database.read(_examine, database.size)
    exposed = await asyncio.to_thread(open_to_others, Paths(folder=database.folder))
    return replace(report, exposed=tuple(str(path) for path in exposed))


def _examine(tx: Connection, size: int) -> DatabaseReport:
    findings = list(cipher.integrity_findings(cipher.raw(tx)))
    if findings:
        return DatabaseReport(findings=tuple(findings), rows={}, bytes_on_disk=size, audit_rows=0)
    rows = {
        table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.tables.values()
    }
    fault = audit.find_fault(tx)
    if fault is not None:
        findings.append(f"the audit log does not add up from row {fault.row} on: {fault.what}")
    torn = receipts.find_fault(tx)
    if torn is not None:
        findings.append(f"the compliance receipts do not add up from row {torn.row} on: {torn.what}")
    return DatabaseReport(
        findings=tuple(findings), rows=rows, bytes_on_disk=size, audit_rows=rows["ibkr_trading_activity_log"],
        receipts=rows["trading_compliance_log"],
    )  # fmt: skip
