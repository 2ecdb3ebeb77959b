"""What the Activity room may read of the desk's own doings."""

from ibdesk.domain.records import DatabaseReport, LoggedCall, SessionRecord, SyncRecord
from ibdesk.store import audit, check, records
from ibdesk.store.database import Database


class Activity:
    """Calls, syncs and session states as written down; newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(
        self, *, text: str = "", only_errors: bool = False, before: int | None = None, limit: int = 200
    ) -> tuple[LoggedCall, ...]:
        """Calls with `text` in them, older than number `before`."""
        return await self._database.read(
            lambda tx: audit.load_calls(tx, text=text, only_errors=only_errors, before=before, limit=limit)
        )

    async def syncs(self, *, limit: int = 200) -> tuple[SyncRecord, ...]:
        return await self._database.read(records.load_syncs, limit)

    async def sessions(self, *, limit: int = 200) -> tuple[SessionRecord, ...]:
        return await self._database.read(records.load_sessions, limit)

    async def verify(self) -> int | None:
        """The first audit row that does not fit the chain; None when all do."""
        return await self._database.read(audit.verify)

    async def check(self) -> DatabaseReport:
        """The full examination of the vault; takes about a second per 200 MB."""
        return await check.check(self._database)
