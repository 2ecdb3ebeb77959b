"""The stream: quotes merged, P&L kept, losses told, what is held watched by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibdesk.domain.events import ConnectionLost, ConnectionRestored, PnlChanged, QuotesChanged
from ibdesk.domain.instruments import Conid
from ibdesk.domain.session import SessionState
from ibdesk.services.live import Live
from tests.services.workshop import MAIN, Heard, Workshop, eventually, workshop

AAPL, EURUSD = Conid(265598), Conid(12087792)


@asynccontextmanager
async def streaming(folder: Path, **options: bool) -> AsyncIterator[tuple[Workshop, Live, Heard]]:
    async with workshop(folder, **options) as shop:
        assert shop.broker.stream is not None
        live = Live(
            shop.broker.stream, source=shop.broker.name, session=shop.session, hub=shop.hub, tasks=shop.tasks,
            database=shop.database, wait=shop.dial.wait,
        )
        heard = Heard(shop.hub, QuotesChanged, PnlChanged, ConnectionLost, ConnectionRestored)
        live.start()
        yield shop, live, heard


def test_what_is_held_is_watched_and_its_quotes_are_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await shop.sync.run(MAIN)
            await heard.until(lambda event: isinstance(event, ConnectionRestored))
            await heard.until(
                lambda event: isinstance(event, QuotesChanged) and any(each.conid == AAPL for each in event.quotes)
            )
            assert live.quotes[AAPL].conid == AAPL
            await eventually(lambda: live.quotes[AAPL].last is not None)

    asyncio.run(run())


def test_the_running_pnl_of_an_account_arrives(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            told = await heard.until(lambda event: isinstance(event, PnlChanged))
            assert live.pnl[told.pnl.account] is not None

    asyncio.run(run())


def test_a_signed_out_gateway_is_not_streamed_from(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path, signed_out=True) as (shop, _live, heard):
            await shop.session.refresh()
            await asyncio.sleep(0.1)
            assert heard.events == [] and shop.asked("/ws") == 0

    asyncio.run(run())


def test_a_broken_stream_is_told_with_its_reason(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, _live, heard):
            await shop.session.refresh()
            await heard.until(lambda event: isinstance(event, ConnectionRestored))
            await shop.gateway.kill()
            lost = await heard.until(lambda event: isinstance(event, ConnectionLost))
            assert lost.source == "Client Portal" and lost.reason

    asyncio.run(run())


def test_a_broken_stream_makes_the_session_look_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, _live, heard):
            await shop.session.refresh()
            assert shop.session.session.is_ready
            await heard.until(lambda event: isinstance(event, ConnectionRestored))
            await shop.gateway.kill()
            await eventually(lambda: shop.session.session.state is SessionState.OFFLINE)

    asyncio.run(run())


def test_quotes_of_before_a_break_are_not_merged_into_those_after_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await live.watch([EURUSD])
            await heard.until(lambda event: isinstance(event, QuotesChanged))
            left: list[int] = []
            shop.hub.subscribe(ConnectionRestored, lambda event: left.append(len(live.quotes)))
            await shop.gateway.kill()
            await heard.until(lambda event: isinstance(event, ConnectionLost))
            assert EURUSD in live.quotes
            await shop.gateway.start()
            await eventually(lambda: bool(left), within=30)
            assert left == [0]

    asyncio.run(run())


def test_what_is_no_longer_watched_keeps_no_quote_that_ages_unseen(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, _heard):
            await shop.session.refresh()
            await live.watch([EURUSD])
            await eventually(lambda: EURUSD in live.quotes)
            await live.watch([AAPL])
            assert EURUSD not in live.quotes
            await eventually(lambda: AAPL in live.quotes)
            assert EURUSD not in live.quotes

    asyncio.run(run())


def test_what_is_on_screen_is_watched_first(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await live.watch([EURUSD])
            await heard.until(
                lambda event: isinstance(event, QuotesChanged) and any(each.conid == EURUSD for each in event.quotes)
            )
            assert set(live.quotes) == {EURUSD}

    asyncio.run(run())
