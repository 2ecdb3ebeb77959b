"""The schedule of backups: due by age, kept in number, told once when they fail, tried again."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.errors import Cause
from ibdesk.domain.events import BackupDone, SettingsChanged, TimeJumped
from ibdesk.domain.records import BackupInfo, BackupReason
from ibdesk.domain.settings import Settings
from ibdesk.services.backups import AT_FIRST, TRY_AGAIN, Backups, due, to_delete
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.vault_care import VaultCare
from ibdesk.store.header import LOWEST_COST
from tests.services.workshop import NOON, Dial, Heard, eventually, open_database_in

DAY = timedelta(days=1)


def info(days_ago: float, reason: BackupReason = BackupReason.SCHEDULE) -> BackupInfo:
    return BackupInfo(
        path=f"{days_ago} {reason}", made_at=NOON - days_ago * DAY, bytes=1, revision="0003", reason=reason, rows=1
    )


def test_it_is_due_by_the_age_of_the_newest_whoever_made_it() -> None:
    assert due([], DAY, NOON) == NOON
    assert due([info(3), info(0.25, BackupReason.PERSON)], DAY, NOON) == NOON + 0.75 * DAY


def test_a_backup_from_the_future_counts_for_nothing() -> None:
    """The clock was wrong once; nobody goes without backups until it is that late."""
    assert due([info(-400), info(2)], DAY, NOON) == NOON - DAY


def test_only_scheduled_ones_beyond_the_number_go() -> None:
    made = [info(day) for day in (3, 1, 2)] + [info(9, BackupReason.PERSON), info(8, BackupReason.BEFORE_REKEY)]
    assert [each.made_at for each in to_delete(made, 1, NOON)] == [NOON - 2 * DAY, NOON - 3 * DAY]
    assert to_delete(made, 3, NOON) == ()


def test_dates_in_the_future_are_counted_apart() -> None:
    made = [info(-400), info(-300), info(1), info(2)]
    assert [each.made_at for each in to_delete(made, 1, NOON)] == [NOON + 300 * DAY, NOON - 2 * DAY]


@dataclass(kw_only=True)
class Bench:
    dial: Dial
    hub: Hub
    care: VaultCare
    backups: Backups
    heard: Heard
    change: Callable[..., None]

    async def made(self) -> int:
        return len(await self.care.backups())

    async def pass_time(self, span: timedelta, backups: int) -> None:
        """Let time pass until there are so many backups, in steps as the schedule waits."""
        ends = self.dial.passed + span
        while self.dial.passed < ends:
            await eventually(lambda: self.dial.next_in is not None and self.dial.next_in > timedelta())
            self.dial.advance(min(self.dial.next_in or DAY, ends - self.dial.passed))
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while len(self.heard.events) < backups:
                await asyncio.sleep(0.005)
        await eventually(lambda: self.dial.next_in is not None)


def run(folder: Path, work: Callable[[Bench], Coroutine[Any, Any, None]], settings: Settings) -> None:
    async def whole() -> None:
        async with open_database_in(folder / "home") as (vault, database):
            chosen = [settings]
            dial, hub, tasks = Dial(), Hub(), Tasks()
            care = VaultCare(
                vault, database=database, hub=hub, settings=lambda: chosen[0], clock=dial, key_store=lambda: None,
                cost=LOWEST_COST,
            )
            backups = Backups(care, hub=hub, tasks=tasks, settings=lambda: chosen[0], clock=dial, wait=dial.wait)

            def change(**values: Any) -> None:
                chosen[0] = replace(chosen[0], **values)
                hub.publish(SettingsChanged(names=tuple(values)))

            bench = Bench(
                dial=dial, hub=hub, care=care, backups=backups, heard=Heard(hub, BackupDone), change=change
            )
            backups.start()
            try:
                await work(bench)
            finally:
                await tasks.close()
                await care.close()

    asyncio.run(whole())


def test_a_first_backup_comes_soon_and_then_one_a_day_and_old_ones_go(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.pass_time(AT_FIRST, 1)
        assert await bench.backups.due_at() == NOON + AT_FIRST + DAY
        await bench.pass_time(0.9 * DAY, 1)
        assert await bench.made() == 1
        await bench.pass_time(4 * DAY, 5)
        await eventually_made(bench, 2)
        assert all(event.error is None for event in bench.heard.events)  # type: ignore[union-attr]

    run(tmp_path, work, Settings(backup_keep=2))


async def eventually_made(bench: Bench, count: int) -> None:
    async with asyncio.timeout(10):
        while await bench.made() != count:
            await asyncio.sleep(0.005)


def test_a_desk_opened_again_does_not_begin_anew(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.care.back_up()
        await bench.pass_time(timedelta(hours=20), 1)
        assert await bench.made() == 1

    run(tmp_path, work, Settings())


def test_no_schedule_makes_none_until_one_is_set(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.pass_time(2 * DAY, 0)
        assert await bench.backups.due_at() is None and await bench.made() == 0
        bench.change(backup_hours=24)
        await bench.heard.until(lambda event: event.error is None)

    run(tmp_path, work, Settings(backup_hours=0))


def test_waking_from_sleep_makes_the_one_that_was_missed(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.pass_time(AT_FIRST, 1)
        bench.dial.instant += 3 * DAY  # the loop's clock stood still
        bench.hub.publish(TimeJumped(at=bench.dial(), by=3 * DAY, slept=True))
        await bench.heard.until(lambda event: event.at == bench.dial())

    run(tmp_path, work, Settings())


def test_after_the_clock_was_set_back_each_backup_is_made_once_and_stays(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.pass_time(AT_FIRST, 1)
        bench.dial.instant -= 400 * DAY
        bench.hub.publish(TimeJumped(at=bench.dial(), by=-400 * DAY, slept=False))
        async with asyncio.timeout(10):
            while len(bench.heard.events) < 2:
                await asyncio.sleep(0.005)
        await eventually_made(bench, 2)
        await bench.pass_time(0.9 * DAY, 2)
        assert len(bench.heard.events) == 2 and await bench.made() == 2
        await bench.pass_time(0.2 * DAY, 3)
        await eventually_made(bench, 2)

    run(tmp_path, work, Settings(backup_keep=1))


@pytest.mark.logs("could not be backed up")
@pytest.mark.parametrize("folder", ["kept", "~nobody-known-here/kept"])
def test_a_folder_that_makes_no_sense_is_told_and_the_schedule_goes_on(tmp_path: Path, folder: str) -> None:
    async def work(bench: Bench) -> None:
        await bench.pass_time(AT_FIRST, 1)
        assert bench.backups.last_error is not None
        assert bench.backups.last_error.cause is Cause.BAD_SETTING
        bench.change(backup_folder="")
        await eventually_made(bench, 1)

    run(tmp_path, work, Settings(backup_folder=folder))


@pytest.mark.logs("could not be backed up")
def test_a_folder_that_is_gone_is_told_once_and_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "disk"
    blocked.write_text("a file where the folder should be")

    async def work(bench: Bench) -> None:
        await bench.pass_time(AT_FIRST, 1)
        await bench.pass_time(4 * TRY_AGAIN, 1)
        (event,) = bench.heard.events
        assert event.error is not None and event.error.cause is Cause.BAD_SETTING  # type: ignore[union-attr]
        assert bench.backups.last_error is not None
        blocked.unlink()
        await bench.pass_time(TRY_AGAIN, 2)
        assert bench.backups.last_error is None and await bench.made() == 1

    run(tmp_path, work, Settings(backup_folder=str(blocked)))
