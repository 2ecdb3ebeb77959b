"""The book: what was stored, as the views read it, without any network."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, Environment
from ibdesk.domain.market import Quote
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Source
from ibdesk.domain.returns import Point
from ibdesk.services.book import Book
from ibdesk.store import accounts, series, snapshots
from tests.services.workshop import MAIN, NOON, SECOND, workshop


def test_an_empty_vault_has_no_pages(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            assert await shop.book.accounts() == ()
            assert await shop.book.pages() == ()
            assert await shop.book.page(MAIN) is None

    asyncio.run(run())


def test_stored_pages_need_no_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            await shop.gateway.stop()
            asked = len(shop.gateway.calls)
            pages = await shop.book.pages()
            assert [page.account.id for page in pages] == [MAIN, SECOND]
            assert pages[0] == await shop.book.page(MAIN)
            assert len(shop.gateway.calls) == asked

    asyncio.run(run())


def test_net_liquidation_is_cash_plus_what_positions_add(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            shop.gateway.clock.rate = 0  # summary and positions are two answers: no price may move between them
            await shop.session.refresh()
            await shop.sync.run()
            page = await shop.book.page(MAIN)
            assert page is not None
            cash = sum((line.cash * line.rate for line in page.ledger), Decimal(0))
            held = sum((row.base_value or Decimal(0) for row in page.rows), Decimal(0))
            assert page.summary.net_liquidation is not None
            assert abs(cash + held - page.summary.net_liquidation) < Decimal("2")  # accruals, and rates of six places

    asyncio.run(run())


def test_streamed_quotes_and_pnl_are_shown_where_they_are_newer(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            await shop.sync.run()  # the broker's first answer about the running P&L is empty
            stored = await shop.book.page(MAIN)
            assert stored is not None and stored.pnl is not None
            conid = stored.rows[0].position.instrument.conid
            quote = Quote(conid=conid, received_at=NOON, last=Decimal("1.23"))
            older = _pnl(stored.pnl, Decimal(1), -timedelta(days=1))
            newer = _pnl(stored.pnl, Decimal(2), timedelta(days=1))

            def book(pnl: AccountPnl) -> Book:
                return Book(
                    shop.database, environment=Environment.DEMO, clock=shop.dial, quotes=lambda: {conid: quote},
                    pnl=lambda: {MAIN: pnl},
                )

            page = await book(older).page(MAIN)
            assert page is not None and page.rows[0].last == Decimal("1.23") and page.pnl == stored.pnl

            page = await book(newer).page(MAIN)
            assert page is not None and page.pnl == newer

    asyncio.run(run())


def test_the_curve_keeps_every_sync_of_the_last_days_and_one_point_a_day_before(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run(SECOND)
            long_ago = NOON - timedelta(days=100)
            points = [Point(at=long_ago + timedelta(seconds=30 * n), value=Decimal(n)) for n in range(1000)]
            await shop.database.write(series.add_equity, SECOND, points)
            page = await shop.book.page(SECOND)
            assert page is not None
            assert [point.value for point in page.equity[:2]] == [Decimal(743), Decimal(999)]
            assert len(page.equity) == 3

    asyncio.run(run())


def test_paper_and_real_money_are_never_in_one_sum(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            real = Account(id=AccountId("U1234567"), title="Real", currency=USD, is_paper=False)
            await shop.database.write(accounts.save_accounts, (real,), NOON)
            live = Book(shop.database, environment=Environment.LIVE, clock=shop.dial)
            assert await live.accounts() == (real,)
            assert await live.pages() == ()
            assert {each.id for each in await shop.book.accounts()} == {MAIN, SECOND}
            assert {each.id for each in await live.every_account()} == {MAIN, SECOND, real.id}

    asyncio.run(run())


def _pnl(like: AccountPnl, daily: Decimal, later: timedelta) -> AccountPnl:
    return AccountPnl(
        account=like.account, daily=daily, unrealized=like.unrealized, net_liquidation=like.net_liquidation,
        excess_liquidity=like.excess_liquidity, as_of=like.as_of + later,
    )


def test_what_another_source_tells_differently_is_compared_and_never_added(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            pages = await shop.book.pages()
            assert await shop.book.compared(pages) == ()
            picture = await shop.database.read(snapshots.load_snapshot, MAIN)
            assert picture is not None
            first, *rest = picture.positions
            other = replace(
                picture, source=Source.TWS, as_of=picture.as_of + timedelta(seconds=9),
                positions=(replace(first, quantity=first.quantity + 3), *rest),
            )
            await shop.database.write(snapshots.save_snapshot, other)
            (found,) = await shop.book.compared(pages)
            assert [(each.instrument.conid, each.quantity) for each in found.drifts] == [(first.instrument.conid, 3)]
            assert (found.account, found.theirs, found.holds) == (MAIN, Source.TWS, Source.TWS)
            shown = next(page for page in await shop.book.pages() if page.account.id == MAIN)
            assert {row.position for row in shown.rows} == set(picture.positions), "the table shows its own source"

    asyncio.run(run())
