"""The full examination of a vault: every page, every index, every reference, and the chain of the audit log."""

from sqlalchemy import Connection, func, select

from ibdesk.domain.records import DatabaseReport
from ibdesk.store import audit, cipher
from ibdesk.store.database import Database
from ibdesk.store.tables import metadata


async def check(database: Database) -> DatabaseReport:
    """Examine everything; takes about a second per 200 MB. Other work goes on meanwhile."""
    return await database.read(_examine, database.size)


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
    return DatabaseReport(
        findings=tuple(findings), rows=rows, bytes_on_disk=size, audit_rows=rows["ibkr_trading_activity_log"]
    )
