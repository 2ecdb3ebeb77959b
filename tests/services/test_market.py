"""Price history: fetched when needed, kept in the vault, served old when there is no other."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.instruments import Conid
from ibdesk.domain.returns import Range
from ibdesk.services.market import TRENDS_AT_MOST, Market
from tests.services.workshop import Workshop, workshop

AAPL = Conid(265598)


def market(shop: Workshop) -> Market:
    assert shop.broker.market is not None
    return Market(shop.broker.market, session=shop.session, database=shop.database, clock=shop.dial)


async def ready(shop: Workshop) -> Market:
    shop.dial.instant = shop.gateway.clock.now()
    await shop.session.refresh()
    return market(shop)


@pytest.mark.parametrize("span", list(Range))
def test_the_benchmark_has_points_for_every_range(tmp_path: Path, span: Range) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            series = await (await ready(shop)).benchmark("SPY", span)
            assert series.reason == "" and len(series.points) >= 2
            assert list(series.points) == sorted(series.points, key=lambda point: point.at)
            assert series.as_of == shop.dial.instant

    asyncio.run(run())


def test_looking_again_asks_nobody_and_another_desk_reads_the_vault(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            asking = await ready(shop)
            first = await asking.benchmark("SPY", Range.YEAR)
            assert await asking.benchmark("SPY", Range.YEAR) == first
            assert await asking.benchmark("SPY", Range.MONTH) != first
            assert await market(shop).benchmark("SPY", Range.YEAR) == first
            assert shop.asked("marketdata/history") == 1

    asyncio.run(run())


def test_old_bars_are_fetched_again_and_served_with_their_age_when_that_fails(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            asking = await ready(shop)
            first = await asking.benchmark("SPY", Range.YEAR)
            shop.dial.advance(timedelta(hours=5))
            await asking.benchmark("SPY", Range.YEAR)
            assert shop.asked("marketdata/history") == 2
            shop.gateway.expire_session()
            await shop.session.refresh()
            shop.dial.advance(timedelta(hours=5))
            stale = await asking.benchmark("SPY", Range.YEAR)
            assert stale.points and stale.as_of is not None and first.as_of is not None
            assert stale.as_of < shop.dial.instant - timedelta(hours=4)
            assert shop.asked("marketdata/history") == 2

    asyncio.run(run())


def test_a_desk_that_opens_without_a_gateway_still_draws_the_kept_benchmark(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            before = await (await ready(shop)).benchmark("SPY", Range.YEAR)
            await shop.gateway.stop()
            await shop.session.refresh()
            opened_later = market(shop)
            assert await opened_later.benchmark("spy", Range.YEAR) == before
            assert "cannot be drawn" in (await opened_later.benchmark("QQQ", Range.YEAR)).reason

    asyncio.run(run())


def test_an_unknown_benchmark_gives_its_reason(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            series = await (await ready(shop)).benchmark("NOSUCHTHING", Range.YEAR)
            assert series.points == () and "NOSUCHTHING" in series.reason

    asyncio.run(run())


def test_without_a_session_and_a_copy_the_reason_is_the_session(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            asking = await ready(shop)
            assert "gateway must be authenticated" in (await asking.benchmark("SPY", Range.DAY)).reason
            with pytest.raises(NeedsPerson) as problem:
                await asking.find("AAPL")
            assert problem.value.cause is Cause.NOT_AUTHENTICATED
            assert shop.asked("secdef/search") == 0

    asyncio.run(run())


def test_contracts_are_found_and_described(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            asking = await ready(shop)
            (match, *_) = await asking.find("AAPL")
            assert match.conid == AAPL
            assert (await asking.details(AAPL)).currency == "USD"

    asyncio.run(run())


def test_trends_are_a_week_of_closes_kept_in_the_vault(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            asking = await ready(shop)
            await shop.sync.run()
            page = (await shop.book.pages())[0]
            conids = [row.position.instrument.conid for row in page.rows]
            trends = await asking.trends(conids)
            assert len(trends[AAPL]) > 20
            asked = shop.asked("marketdata/history")
            assert await asking.trends(conids) == trends
            assert shop.asked("marketdata/history") == asked
            again = (await shop.book.pages())[0]
            assert next(row for row in again.rows if row.position.instrument.conid == AAPL).trend == trends[AAPL]

    asyncio.run(run())


def test_a_book_of_thousands_does_not_ask_for_thousands_of_trends(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            asking = await ready(shop)
            await shop.gateway.stop()
            tried = len(shop.calls)
            assert await asking.trends([Conid(number) for number in range(1, 1000)]) == {}
            assert len(shop.calls) - tried == TRENDS_AT_MOST

    asyncio.run(run())
