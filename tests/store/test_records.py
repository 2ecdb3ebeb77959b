from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import SessionRecord, SyncRecord, SyncStatus
from ibdesk.store import records
from ibdesk.store.tables import ibkr_compliance_acknowledgments
from tests.store.examples import MAIN, NOW

Run = Callable[..., Any]

PARTIAL = SyncRecord(
    account=MAIN,
    source=Source.PORTAL,
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=2),
    status=SyncStatus.PARTIAL,
    counts=SyncCounts(processed=9, new=1, updated=6, removed=2, skipped=1),
    stages={"summary": 120, "positions": 410, "store": 31},
    errors=("row 3: unknown asset class XYZ",),
    cause="bad_answer",
    next_at=NOW + timedelta(seconds=30),
)
SESSION = SessionRecord(
    at=NOW,
    environment=Environment.DEMO,
    status="ready",
    authenticated=True,
    competing=False,
    last_tickle=NOW,
    expires_at=NOW + timedelta(hours=9),
    message="",
)
YES = Acknowledgment(
    disclosure_id="pdt",
    version="2026-06",
    sha256="ab" * 32,
    statement_sha256="cd" * 32,
    shown_at=NOW,
    acknowledged_at=NOW + timedelta(seconds=20),
    account_hash="ef" * 32,
    app_version="0.1.0",
)


def test_syncs_come_back_newest_first_with_their_errors_by_name(in_transaction: Run) -> None:
    failed = replace(PARTIAL, account=None, status=SyncStatus.FAILED, next_at=None, counts=SyncCounts())
    in_transaction(records.add_sync, PARTIAL)
    in_transaction(records.add_sync, failed)
    assert in_transaction(records.load_syncs) == (failed, PARTIAL)
    assert in_transaction(records.load_syncs, 1) == (failed,)


def test_the_syncs_of_one_source_are_found_among_those_of_others(in_transaction: Run) -> None:
    other = replace(PARTIAL, source=Source.TWS)
    for record in (PARTIAL, other, other):
        in_transaction(records.add_sync, record)
    assert in_transaction(records.load_syncs, 1, (Source.PORTAL,)) == (PARTIAL,)
    assert in_transaction(records.load_syncs, 9, (Source.TWS,)) == (other, other)


def test_session_states_come_back_newest_first(in_transaction: Run) -> None:
    lost = replace(SESSION, status="brokerage lost", authenticated=False, expires_at=None, last_tickle=None)
    in_transaction(records.add_session, SESSION)
    in_transaction(records.add_session, lost)
    assert in_transaction(records.load_sessions) == (lost, SESSION)


def test_acknowledgments_come_back(in_transaction: Run) -> None:
    second = replace(YES, disclosure_id="options")
    in_transaction(records.add_acknowledgments, (YES, second))
    assert in_transaction(records.load_acknowledgments) == (YES, second)


@pytest.mark.parametrize(
    "change",
    [delete(ibkr_compliance_acknowledgments), update(ibkr_compliance_acknowledgments).values(version="other")],
)
def test_an_acknowledgment_can_be_neither_changed_nor_removed(in_transaction: Run, change: Any) -> None:
    in_transaction(records.add_acknowledgments, (YES,))
    with pytest.raises(IntegrityError, match="append-only"):
        in_transaction(lambda tx: tx.execute(change))
    assert in_transaction(records.load_acknowledgments) == (YES,)
