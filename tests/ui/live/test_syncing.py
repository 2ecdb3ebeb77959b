"""The window's sync over TWS: what its result says, and where it leads."""

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.outcome import SyncOutcome, status_of
from ibdesk.ui.frame.catalogue import commands_of
from ibdesk.ui.live.syncing import HEADS, RECORD, SYNC_ALL, SYNC_SHOWN, SyncResult, messages, sync_over_tws
from ibdesk.ui.pages.portfolio import Portfolio, build
from tests.ui.conftest import Run
from tests.ui.live.sample import MadeUpLivePnl, live_desk
from tests.ui.orders.demo_desk import demo_desk, until
from tests.ui.sample_book import MAIN, NOW, SECOND
from tests.ui.sample_rooms import bridge_to

GONE = Unavailable("Nothing answers at 127.0.0.1:7497.", remedy="Check that TWS runs.", cause=Cause.TWS_REFUSED)


def record(
    account: AccountId | None, status: SyncStatus, counts: SyncCounts | None = None, errors: tuple[str, ...] = ()
) -> SyncRecord:
    return SyncRecord(
        account=account, source=Source.TWS, started_at=NOW, finished_at=NOW, status=status,
        counts=counts or SyncCounts(), errors=errors,
    )  # fmt: skip


def outcome(*records: SyncRecord, error: DeskError | None = None) -> SyncOutcome:
    return SyncOutcome(status=status_of(records), records=records, error=error)


@dataclass
class MadeUpSync:
    """A source whose syncs end as a test says."""

    ends: list[SyncOutcome]
    source: Source = Source.TWS
    asked: list[AccountId | None] = field(default_factory=list)

    async def run(self, account: AccountId | None = None) -> SyncOutcome:
        self.asked.append(account)
        return self.ends.pop(0)


WELL = record(MAIN, SyncStatus.SUCCESS, SyncCounts(processed=18, new=1, updated=17, removed=2))
PART = record(SECOND, SyncStatus.PARTIAL, SyncCounts(processed=3, updated=3, skipped=1), ("EUR: no rate was told",))


def press(text: str) -> None:
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, SyncResult) and each.isVisible())
    next(each for each in dialog.findChildren(QPushButton) if each.text() == text).click()


def is_open() -> bool:
    return any(isinstance(each, SyncResult) and each.isVisible() for each in QApplication.topLevelWidgets())


def test_the_result_has_every_figure_of_the_documents_by_account_and_in_all(qtbot: QtBot) -> None:
    dialog = SyncResult(outcome(WELL, PART), Source.TWS)
    qtbot.addWidget(dialog)
    assert HEADS[2:] == ("Processed", "New", "Updated", "Removed", "Skipped", "Errors")
    assert dialog.rows == [
        (MAIN, "Success", "18", "1", "17", "2", "0", "0"), (SECOND, "Partial", "3", "0", "3", "0", "1", "1"),
        ("All", "Partial", "21", "1", "20", "2", "1", "1"),
    ]
    assert dialog.headline.text() == "2 of 2 accounts were read, some of it could not be"
    assert dialog.messages == [f"{SECOND}: EUR: no rate was told"]


def test_one_account_needs_no_sum_and_a_failure_says_the_next_step(qtbot: QtBot) -> None:
    alone = SyncResult(outcome(WELL), Source.TWS)
    failed = SyncResult(outcome(record(None, SyncStatus.FAILED, errors=(GONE.message,)), error=GONE), Source.TWS)
    for dialog in (alone, failed):
        qtbot.addWidget(dialog)
    assert len(alone.rows) == 1 and alone.headline.text() == "The account was read"
    assert failed.headline.text() == "No account was read"
    assert failed.messages == [GONE.message, GONE.remedy]
    many = outcome(record(MAIN, SyncStatus.PARTIAL, errors=tuple(f"row {at}" for at in range(9))))
    assert messages(many)[-1] == "3 more are in the record."


def test_it_is_run_again_as_often_as_wanted_and_leads_to_the_record(run: Run) -> None:
    async def journey() -> None:
        service: Any = MadeUpSync([outcome(WELL), outcome(WELL, PART)])
        desk = live_desk(MadeUpLivePnl(), tws_sync=service)
        bridge, asked = bridge_to(desk, MAIN), list[str]()
        bridge.command.connect(asked.append)
        bridge.start("sync", sync_over_tws(desk, bridge, MAIN))
        await until(is_open)
        press("Sync again")
        await until(lambda: len(service.asked) == 2 and is_open())
        press("Record")
        await until(lambda: asked == [RECORD])
        assert service.asked == [MAIN, MAIN]
        await desk.tasks.close()

    run(journey())


def test_the_palette_offers_it_for_all_and_for_the_account_that_is_shown() -> None:
    service: Any = MadeUpSync([])
    wanted: tuple[tuple[Any, AccountId | None, set[str]], ...] = (
        (None, MAIN, set()), (service, None, {SYNC_ALL}), (service, MAIN, {SYNC_ALL, SYNC_SHOWN}),
    )
    for given, chosen, names in wanted:
        desk = live_desk(MadeUpLivePnl(), tws_sync=given)
        found = {each.name for each in commands_of(_View(), desk, bridge_to(desk, chosen), (MAIN,))}
        assert found & {SYNC_ALL, SYNC_SHOWN} == names


class _View:
    """A frame nobody presses anything of."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args: None


def test_the_portfolios_button_reads_what_is_shown_over_the_demos_socket(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            room = build(desk, bridge)
            assert isinstance(room, Portfolio)
            qtbot.addWidget(room)
            room.show()
            assert room.sync.isVisible()
            room.sync.click()
            await until(is_open)
            dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, SyncResult))
            assert [cells[:2] for cells in dialog.rows] == [(MAIN, "Success")]
            assert int(dialog.rows[0][2]) > 5
            press("Close")
            await until(lambda: not is_open() and room.sync.isEnabled())
            room.close()

    run(journey())
