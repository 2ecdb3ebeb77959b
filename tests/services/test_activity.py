"""The desk's own doings, as the Activity room reads them."""

import asyncio
from pathlib import Path

from ibdesk.domain.records import SyncStatus
from ibdesk.store import audit
from tests.services.workshop import workshop


def test_calls_syncs_and_sessions_are_read_newest_first(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            made = tuple(shop.calls)
            await shop.database.write(audit.append_calls, made)
            calls = await shop.activity.calls(limit=5)
            assert [each.seq for each in calls] == list(range(len(made), len(made) - 5, -1))
            older = await shop.activity.calls(before=calls[-1].seq, limit=1)
            assert older[0].seq == calls[-1].seq - 1
            found = await shop.activity.calls(text="ledger")
            assert found and all("ledger" in each.call.path for each in found)
            assert await shop.activity.calls(only_errors=True) == ()
            assert all(each.status is SyncStatus.SUCCESS for each in await shop.activity.syncs())
            assert [each.status for each in await shop.activity.sessions()] == ["ready"]

    asyncio.run(run())


def test_the_chain_is_verified_and_the_vault_examined(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            made = tuple(shop.calls)
            await shop.database.write(audit.append_calls, made)
            assert await shop.activity.verify() is None
            report = await shop.activity.check()
            assert report.findings == () and report.audit_rows == len(made)

    asyncio.run(run())
