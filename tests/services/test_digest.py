"""The day in short is made of the vault alone, and told once at its times."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ibdesk.domain.accounts import Environment
from ibdesk.domain.events import Notice, SettingsChanged
from ibdesk.domain.executions import ExecId, Execution, Fill
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Side
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.domain.settings import Settings
from ibdesk.services.activity import Activity
from ibdesk.services.day_trading import DayTrading
from ibdesk.services.digest import Digests
from ibdesk.services.order_book import LiveOrders
from ibdesk.store import receipts, trades
from tests.services.workshop import MAIN, SECOND, Heard, Workshop, eventually, workshop

CLOSED = datetime(2026, 11, 20, 21, 15, tzinfo=UTC)


@dataclass(kw_only=True)
class Bench:
    shop: Workshop
    digests: Digests
    heard: Heard
    settings: Settings


def on_a_bench(
    folder: Path, life: Callable[[Bench], Awaitable[None]], settings: Settings | None = None, orders: bool = False
) -> None:
    async def run() -> None:
        async with workshop(folder) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            bench = Bench(shop=shop, digests=None, heard=Heard(shop.hub, Notice), settings=settings or Settings())  # type: ignore[arg-type]
            book: LiveOrders | None = None
            if orders:
                trading = shop.broker.trading
                assert trading is not None

                async def accounts() -> tuple[Any, ...]:
                    return (MAIN, SECOND)

                book = LiveOrders(
                    trading, environment=Environment.DEMO, mode=Mode.DEMO, accounts=accounts, hub=shop.hub,
                    tasks=shop.tasks, database=shop.database, clock=shop.dial,
                )  # fmt: skip
                await book.refresh()
            day_trading = DayTrading(
                mode=Mode.DEMO, orders=lambda: book, settings=lambda: bench.settings, calendar=Calendar(closed={}),
                database=shop.database, clock=shop.dial,
            )  # fmt: skip
            bench.digests = Digests(
                mode=Mode.DEMO, book=shop.book, orders=lambda: book,
                activity=Activity(shop.database, clock=shop.dial, default_environment=lambda: Environment.DEMO),
                day_trading=day_trading,
                settings=lambda: bench.settings, calendar=Calendar(closed={}), hub=shop.hub, tasks=shop.tasks,
                database=shop.database, clock=shop.dial, wait=shop.dial.wait,
            )  # fmt: skip
            await life(bench)

    asyncio.run(run())


async def trade(bench: Bench, at: datetime) -> None:
    page = await bench.shop.book.page(MAIN)
    assert page is not None
    done = Execution(exec_id=ExecId(f"e{at:%d%H%M}"), account=MAIN, instrument=page.rows[0].position.instrument,
                     side=Side.BUY, quantity=Decimal(1), price=Decimal(10), at=at)  # fmt: skip
    await bench.shop.database.write(trades.save_fills, (Fill(execution=done),))
    blocked = Receipt(at=at, step=Step.BLOCKED, correlation="o", account=MAIN, mode="demo")
    elsewhere = replace(blocked, correlation="p", mode="local_paper")
    await bench.shop.database.write(receipts.append, (blocked, elsewhere))


def test_it_is_made_of_today_and_of_every_account(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        now = bench.shop.dial()
        await trade(bench, now - timedelta(hours=1))
        await trade(bench, now - timedelta(days=1))
        found = await bench.digests.make()
        main = found.accounts[0]
        assert [each.account for each in found.accounts] == [MAIN, SECOND]
        assert (found.fills, found.blocked, len(main.moved)) == (1, 1, 1)
        assert main.positions > 10 and main.net_liquidation is not None and main.day_trades is None

    on_a_bench(tmp_path, life)


def test_with_the_brokers_executions_read_day_trades_are_counted(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert (await bench.digests.make()).accounts[0].day_trades is not None

    on_a_bench(tmp_path, life, orders=True)


def test_it_is_told_once_after_the_close_and_at_chosen_times(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        dial = bench.shop.dial
        bench.digests.start()
        await eventually(lambda: dial.next_in is not None)
        dial.advance(timedelta(minutes=2))  # at noon nothing is told
        await eventually(lambda: dial.next_in == timedelta(minutes=1))
        assert bench.heard.events == []
        dial.advance(CLOSED - dial())
        notice = await bench.heard.until(lambda event: True)
        assert notice.text.startswith("Today in short: ") and (notice.action, notice.command) == ("Show", "digest")
        for _ in range(3):
            await eventually(lambda: dial.next_in == timedelta(minutes=1))
            dial.advance(timedelta(minutes=1))
        assert len(bench.heard.events) == 1
        bench.settings = Settings(digest_times="16:45")
        dial.advance(timedelta(hours=1))
        bench.shop.hub.publish(SettingsChanged(names=("digest_times",)))
        await eventually(lambda: len(bench.heard.events) == 2)

    on_a_bench(tmp_path, life)


def test_who_wants_none_is_told_none(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        dial = bench.shop.dial
        bench.digests.start()
        for _ in range(4):
            await eventually(lambda: dial.next_in is not None)
            dial.advance(timedelta(hours=2))
            await asyncio.sleep(0)
        assert bench.heard.events == []

    on_a_bench(tmp_path, life, Settings(digest_after_close=False))
