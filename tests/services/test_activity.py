"""The desk's own doings, as the Activity room reads them."""

import asyncio
import csv
import json
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.records import SyncStatus
from ibdesk.store import audit
from tests.services.workshop import workshop
from tests.store.examples import call


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


def test_what_happened_to_a_row_and_what_looks_odd_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            assert await shop.activity.hints() == ()
            odd = call(1, outcome=Cause.CERTIFICATE_CHANGED)
            await shop.database.write(audit.append_calls, (call(0), odd, call(2)))
            (hint,) = await shop.activity.hints()
            assert (hint.first, hint.last) == (2, 2) and "another certificate" in hint.sentence
            assert await shop.activity.fault() is None
            for statement in ("DROP TRIGGER ibkr_trading_activity_log_no_update",
                              "UPDATE ibkr_trading_activity_log SET outcome = 'ok' WHERE seq = 2"):
                await shop.database.write(lambda tx, sql=statement: tx.exec_driver_sql(sql))
            fault = await shop.activity.fault()
            assert fault is not None and (fault.row, fault.what) == (2, "row 2 was changed")
            assert await shop.activity.verify() == 2

    asyncio.run(run())


def test_the_log_is_exported_whole_with_its_hashes(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            made = [call(0), call(1, status=None, detail='=HYPERLINK("http://x")'), call(2, detail="a, \"b\"\nc")]
            await shop.database.write(audit.append_calls, made)
            assert await shop.activity.export_audit(tmp_path / "out" / "a.csv") == 3
            assert await shop.activity.export_audit(tmp_path / "out" / "a.jsonl", "jsonl") == 3
            with pytest.raises(DeskError, match="already"):
                await shop.activity.export_audit(tmp_path / "out" / "a.csv")
            assert await shop.activity.export_audit(tmp_path / "out" / "a.csv", "csv", replace=True) == 3
            with pytest.raises(DeskError, match="belongs to the vault"):
                await shop.activity.export_audit(shop.database.folder / "ibdesk.vault", replace=True)

    asyncio.run(run())
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.csv", "a.jsonl"}
    with (tmp_path / "out" / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "out" / "a.jsonl").read_text().splitlines()]
    assert [row["seq"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["detail"].startswith("'=HYPERLINK") and lines[1]["detail"].startswith("=HYPERLINK")
    assert rows[2]["detail"] == lines[2]["detail"] == 'a, "b"\nc'
    assert (rows[1]["status"], lines[1]["status"]) == ("", None)
    for row, line in zip(rows, lines, strict=True):
        assert (row["prev_hash"], row["row_hash"]) == (line["prev_hash"], line["row_hash"])
    assert rows[0]["prev_hash"] == audit.GENESIS and rows[1]["prev_hash"] == rows[0]["row_hash"]


@pytest.mark.parametrize(("name", "kind", "cause"), [
    ("a.xlsx", "xlsx", Cause.BAD_SETTING), ("taken/a.csv", "csv", Cause.BAD_SETTING),
])
def test_an_export_that_cannot_be_says_why(tmp_path: Path, name: str, kind: str, cause: Cause) -> None:
    (tmp_path / "taken").write_text("a file")

    async def run() -> None:
        async with workshop(tmp_path) as shop:
            with pytest.raises(DeskError) as caught:
                await shop.activity.export_audit(tmp_path / name, kind)
            assert caught.value.cause is cause

    asyncio.run(run())
    assert (tmp_path / "taken").read_text() == "a file"
