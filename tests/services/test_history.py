"""The broker's own daily equity: once a day, remembered over restarts."""

import asyncio
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from ibdesk.domain.events import AccountChanged
from ibdesk.domain.positions import Source
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.history import STAGE, EquityHistory
from ibdesk.store import records
from tests.services.workshop import MAIN, SECOND, Heard, Workshop, beside, eventually, workshop


def history(shop: Workshop) -> EquityHistory:
    return EquityHistory(shop.broker, hub=shop.hub, database=shop.database, clock=shop.dial, timer=perf_counter)


async def synced(shop: Workshop) -> None:
    await shop.session.refresh()
    await shop.sync.run()
    await eventually(lambda: shop.asked("/pa/") > 0)


def test_after_the_first_sync_the_year_before_is_on_the_curve(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            heard = Heard(shop.hub, AccountChanged)
            await synced(shop)
            await heard.until(lambda event: event.account == MAIN and event is not heard.events[0])
            page = await shop.book.page(MAIN)
            assert page is not None and len(page.equity) > 200
            assert page.equity[-1].value == page.summary.net_liquidation

    asyncio.run(run())


def test_it_is_asked_for_once_a_day_even_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await synced(shop)
            await eventually(lambda: not any(t.get_name() == STAGE for t in asyncio.all_tasks()))
            await shop.sync.run()
            accounts = await shop.book.accounts()
            restarted = history(shop)
            await restarted.fetch(accounts)
            assert shop.asked("/pa/") == 1
            assert not restarted.is_due(accounts)
            shop.dial.advance(timedelta(days=1))
            assert restarted.is_due(accounts)

    asyncio.run(run())


def test_what_another_source_was_asked_does_not_count(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            now = shop.dial()
            for account in (MAIN, SECOND):
                other = SyncRecord(account=account, source=Source.TWS, started_at=now, finished_at=now,
                                   status=SyncStatus.SUCCESS, stages={STAGE: 1})
                await shop.database.write(records.add_sync, other)
            await synced(shop)
            assert shop.asked("/pa/") > 0

    asyncio.run(run())


def test_a_refusal_is_a_line_in_the_log_and_tried_again_in_an_hour(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            accounts = await shop.broker.accounts()
            shop.gateway.bad_bytes("html", path="pa/.*", times=9)
            asking = history(shop)
            await asking.fetch(accounts[:1])
            (line,) = await shop.activity.syncs()
            assert line.status is SyncStatus.FAILED and STAGE in line.stages and line.errors
            assert not asking.is_due(accounts[:1])
            shop.dial.advance(timedelta(hours=1))
            assert asking.is_due(accounts[:1])

    asyncio.run(run())


def test_an_attempt_that_was_cut_off_counts_and_is_not_repeated_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            accounts = await shop.broker.accounts()
            asking = history(shop)
            shop.gateway.slow(30, path="pa/.*")
            cut_off = beside(asking.fetch(accounts[:1]))
            await eventually(lambda: shop.asked("/pa/") == 1)
            cut_off.cancel()
            await asyncio.wait((cut_off,))
            assert not asking.is_due(accounts[:1])
            shop.dial.advance(timedelta(hours=1))
            assert asking.is_due(accounts[:1])

    asyncio.run(run())
