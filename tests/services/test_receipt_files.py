"""The receipts as files, by the doors of the Activity service."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.accounts import Account, Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.money import USD
from ibdesk.domain.receipts import ReceiptFilter, Step
from ibdesk.services.activity import Activity
from ibdesk.services.receipt_files import told_of
from ibdesk.store import accounts, receipts
from tests.services.workshop import open_database_in
from tests.store.examples import MAIN, NOW
from tests.store.order_examples import receipt


def with_receipts(folder: Path, walk: Callable[[Activity], Awaitable[None]], **changes: Any) -> None:
    """One order that was sent and one that was blocked."""

    async def life() -> None:
        async with open_database_in(folder / "home") as (_, database):
            steps = [receipt(1, **changes), receipt(2, step=Step.SENT, broker_text="=1+1"),
                     receipt(3, correlation="order-2", step=Step.BLOCKED, decision="Too many.")]  # fmt: skip
            await database.write(receipts.append, steps)
            await database.write(
                accounts.save_accounts, (Account(id=MAIN, title="", currency=USD, is_paper=True),), NOW)
            await walk(Activity(database, clock=lambda: NOW, default_environment=lambda: Environment.DEMO))

    asyncio.run(life())


def test_the_document_knows_the_account_by_its_hash_and_says_that_the_chain_holds(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        document = await activity.document("order-1")
        facts = {row[0].text: row[1].text for row in document.sections[0].rows}
        assert facts["Account"] == MAIN and document.seal.startswith("Verified")
        with pytest.raises(Refused) as caught:
            await activity.document("nobody")
        assert caught.value.cause is Cause.ORDER_UNKNOWN

    with_receipts(tmp_path, walk)


def test_one_receipt_is_written_as_json_csv_and_html(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        for kind in ("json", "csv", "html"):
            await activity.save_receipt("order-1", tmp_path / f"one.{kind}", kind)
        told = json.loads((tmp_path / "one.json").read_text())
        assert [each["step"] for each in told["steps"]] == ["check_run", "sent"]
        assert told["steps"][0]["row_hash"] == told["steps"][1]["prev_hash"]
        rows = list(csv.reader(io.StringIO((tmp_path / "one.csv").read_text())))
        assert rows[0] == ["section", "row", "column", "value", "note"]
        assert ["receipt", "1", "outcome", "Sent", ""] in rows
        assert (tmp_path / "one.html").read_text().startswith("<!DOCTYPE html>")
        with pytest.raises(Refused) as caught:
            await activity.save_receipt("order-1", tmp_path / "one.json", "json")
        assert caught.value.cause is Cause.FILE_EXISTS
        await activity.save_receipt("order-2", tmp_path / "one.json", "json", replace=True)
        assert json.loads((tmp_path / "one.json").read_text())["outcome"] == "Blocked"

    with_receipts(tmp_path, walk)


def test_the_whole_log_is_written_with_its_hashes_and_runs_no_formula(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        assert await activity.export_receipts(tmp_path / "all.jsonl", "jsonl") == 3
        assert await activity.export_receipts(tmp_path / "all.csv", "csv") == 3
        lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
        assert [line["seq"] for line in lines] == [1, 2, 3]
        rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
        assert rows[1]["broker_text"] == "'=1+1"
        assert [row["row_hash"] for row in rows] == [line["row_hash"] for line in lines]
        assert MAIN not in (tmp_path / "all.jsonl").read_text()
        with pytest.raises(Refused, match="xlsx"):
            await activity.export_receipts(tmp_path / "b", "xlsx")
        assert await activity.receipt_rows() == 3

    with_receipts(tmp_path, walk)


def test_they_are_listed_by_order_and_filtered(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        assert [each.correlation for each in await activity.receipt_heads()] == ["order-2", "order-1"]
        (blocked,) = await activity.receipt_heads(ReceiptFilter(blocked=True))
        assert blocked.correlation == "order-2" and blocked.ticket is not None

    with_receipts(tmp_path, walk)


def test_a_printed_file_never_replaces_the_vault(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        await activity.save_file(tmp_path / "a.pdf", b"%PDF")
        assert (tmp_path / "a.pdf").read_bytes() == b"%PDF"
        with pytest.raises(Refused):
            await activity.save_file(tmp_path / "home" / "ibdesk.vault", b"x", replace=True)

    with_receipts(tmp_path, walk)


def test_a_step_is_told_whole(tmp_path: Path) -> None:
    async def walk(activity: Activity) -> None:
        (first, _) = await activity.receipt("order-1")
        told = told_of(first)
        assert told["ticket"]["quantity"] == "2" and told["verdict"]["findings"][0]["code"] == "BP_OK"

    with_receipts(tmp_path, walk)
