"""The word for a sync, its counts and its stages."""

import pytest

from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.outcome import Stages, SyncOutcome, status_of
from tests.services.workshop import MAIN, NOON

SUCCESS, PARTIAL, FAILED, SKIPPED = SyncStatus.SUCCESS, SyncStatus.PARTIAL, SyncStatus.FAILED, SyncStatus.SKIPPED


def record(status: SyncStatus, **counts: int) -> SyncRecord:
    return SyncRecord(
        account=MAIN, source=Source.PORTAL, started_at=NOON, finished_at=NOON, status=status,
        counts=SyncCounts(**counts),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ([SUCCESS, SUCCESS], SUCCESS),
        ([SUCCESS, FAILED], PARTIAL),
        ([SUCCESS, PARTIAL], PARTIAL),
        ([FAILED, SKIPPED], FAILED),
        ([SKIPPED], SKIPPED),
        ([], SKIPPED),
    ],
)
def test_several_records_have_one_word(statuses: list[SyncStatus], word: SyncStatus) -> None:
    assert status_of([record(each) for each in statuses]) is word


def test_counts_add_up_over_accounts() -> None:
    made = (record(SUCCESS, processed=2, new=2), record(SUCCESS, processed=3, updated=2, removed=1))

    assert SyncOutcome(status=SUCCESS, records=made).counts == SyncCounts(processed=5, new=2, updated=2, removed=1)


def test_a_stage_is_timed_even_when_it_fails() -> None:
    ticks = iter((1.0, 1.25))
    stages = Stages(lambda: next(ticks))

    with pytest.raises(ZeroDivisionError), stages.stage("fetch"):
        raise ZeroDivisionError
    assert stages.taken == {"fetch": 250}
