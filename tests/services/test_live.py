"""The stream: quotes merged, P&L kept, losses told, what is held watched by itself."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ibdesk.brokers.base import StreamEvent
from ibdesk.demo.gateway import sign_in
from ibdesk.demo.portal.login import Stage
from ibdesk.domain.events import AccountChanged, PnlChanged, QuotesChanged, StreamChanged, TimeJumped
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.positions import Source
from ibdesk.domain.session import SessionState
from ibdesk.services.live import Live
from ibdesk.store.snapshots import save_snapshot
from tests.services.workshop import MAIN, Heard, Workshop, eventually, workshop

AAPL, EURUSD = Conid(265598), Conid(12087792)


def is_up(event: object) -> bool:
    return isinstance(event, StreamChanged) and event.state.is_up


def is_down(event: object) -> bool:
    return isinstance(event, StreamChanged) and not event.state.is_up


@asynccontextmanager
async def streaming(folder: Path, **options: bool) -> AsyncIterator[tuple[Workshop, Live, Heard]]:
    async with workshop(folder, **options) as shop:
        assert shop.broker.stream is not None
        live = Live(
            shop.broker.stream, session=shop.session, hub=shop.hub, tasks=shop.tasks, database=shop.database,
            clock=shop.dial, wait=shop.dial.wait,
        )
        heard = Heard(shop.hub, QuotesChanged, PnlChanged, StreamChanged)
        live.start()
        yield shop, live, heard


def test_what_is_held_is_watched_and_its_quotes_are_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await shop.sync.run(MAIN)
            await heard.until(is_up)
            await heard.until(
                lambda event: isinstance(event, QuotesChanged) and any(each.conid == AAPL for each in event.quotes)
            )
            assert live.quotes[AAPL].conid == AAPL
            await eventually(lambda: live.quotes[AAPL].last is not None)

    asyncio.run(run())


def test_a_line_that_told_only_one_side_is_no_whole_quote(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, _heard):
            await shop.session.refresh()
            await shop.sync.run(MAIN)
            await eventually(lambda: AAPL in live.whole_quotes)
            whole = live.whole_quotes[AAPL]
            live._take([replace(whole, ask=None)])
            assert AAPL in live.quotes and AAPL not in live.whole_quotes

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
        async with streaming(tmp_path, signed_out=True) as (shop, live, heard):
            await shop.session.refresh()
            await asyncio.sleep(0.1)
            assert heard.events == [] and shop.asked("/ws") == 0
            assert not live.state.is_up

    asyncio.run(run())


def test_the_stream_says_since_when_it_is_up_and_when_it_was_last_heard(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            since = shop.dial.instant
            shop.dial.advance(timedelta(seconds=9))
            await eventually(lambda: live.state.last_heard == shop.dial.instant)
            assert (live.state.is_up, live.state.since) == (True, since)
            assert shop.session.truth().lamps[-1].as_of == shop.dial.instant

    asyncio.run(run())


def test_a_broken_stream_is_told_with_its_reason(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            await shop.gateway.kill()
            lost = await heard.until(is_down)
            assert lost.state.reason and lost.state.last_heard is not None
            assert live.state == lost.state

    asyncio.run(run())


def test_a_broken_stream_makes_the_session_look_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, _live, heard):
            await shop.session.refresh()
            assert shop.session.session.is_ready
            await heard.until(is_up)
            await shop.gateway.kill()
            await eventually(lambda: shop.session.session.state is SessionState.OFFLINE)

    asyncio.run(run())


def test_while_the_session_is_lost_the_stream_asks_nothing_of_the_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            shop.gateway.expire_session()
            await shop.session.refresh()
            await heard.until(is_down)
            await shop.session.look()  # whatever was sent before it has arrived
            asked = len(shop.gateway.calls)
            shop.dial.advance(timedelta(minutes=10))
            await asyncio.sleep(0.2)
            assert len(shop.gateway.calls) == asked and not live.state.is_up

    asyncio.run(run())


def test_a_session_that_is_ready_as_the_desk_closes_is_not_streamed_from(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path, signed_out=True) as (shop, _, heard):
            await shop.session.refresh()

            async def last_word() -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    await sign_in(shop.gateway.url)
                    await eventually_ready(shop)

            shop.tasks.start("last word", last_word())
            await asyncio.sleep(0)
            await shop.tasks.close()
            assert shop.session.session.is_ready and not any(is_up(event) for event in heard.events)

    asyncio.run(run())


async def eventually_ready(shop: Workshop) -> None:
    async with asyncio.timeout(10):
        while not (await shop.session.refresh()).is_ready:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)  # whoever waits for it takes it in


def test_a_picture_that_is_stored_while_the_desk_closes_begins_nothing_new(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, _live, _heard):
            await shop.tasks.close()
            shop.hub.publish(AccountChanged(account=MAIN, as_of=shop.dial.instant))  # whoever stored it is not troubled

    asyncio.run(run())


def test_only_what_its_own_source_stored_is_streamed(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            await shop.broker.accounts()
            picture = await shop.broker.snapshot(MAIN)
            await shop.database.write(save_snapshot, picture)
            shop.hub.publish(AccountChanged(account=MAIN, as_of=picture.as_of, source=Source.TWS))
            await asyncio.sleep(0.2)
            assert not live.quotes
            shop.hub.publish(AccountChanged(account=MAIN, as_of=picture.as_of))
            await eventually(lambda: bool(live.quotes))

    asyncio.run(run())


def test_a_session_that_comes_back_opens_the_stream_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            await shop.gateway.kill()
            await heard.until(is_down)
            await eventually(lambda: not shop.session.session.is_ready)
            await shop.gateway.start()
            await shop.session.refresh()
            await eventually(lambda: live.state.is_up)

    asyncio.run(run())


def test_after_a_jump_of_the_clock_the_socket_is_not_trusted_any_more(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await heard.until(is_up)
            opened = shop.asked("/ws")
            shop.hub.publish(TimeJumped(at=shop.dial.instant, by=timedelta(hours=-2), slept=False))
            await heard.until(is_down)
            await eventually(lambda: live.state.is_up)
            assert shop.asked("/ws") == opened + 1

    asyncio.run(run())


def test_quotes_and_figures_of_before_a_break_are_not_merged_into_those_after_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with streaming(tmp_path) as (shop, live, heard):
            await shop.session.refresh()
            await live.watch([EURUSD])
            await heard.until(lambda event: isinstance(event, QuotesChanged))
            await heard.until(lambda event: isinstance(event, PnlChanged))
            left: list[tuple[int, int]] = []

            def look(event: StreamChanged) -> None:
                if event.state.is_up:
                    left.append((len(live.quotes), len(live.pnl)))

            shop.hub.subscribe(StreamChanged, look)
            shop.gateway.lose_brokerage()
            await shop.session.refresh()
            await heard.until(is_down)
            assert EURUSD in live.quotes and live.pnl
            await shop.session.open_brokerage()
            await eventually(lambda: shop.gateway.login.stage is Stage.READY)
            await shop.session.refresh()
            await eventually(lambda: bool(left))
            assert left == [(0, 0)]

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


class Forgetful:
    """A stream that sends what it had in hand, whatever is watched by then."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[tuple[StreamEvent, ...]] = asyncio.Queue()

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        while True:
            yield await self.sent.get()

    async def watch(self, conids: Sequence[Conid]) -> None:
        pass


def test_a_quote_that_was_on_its_way_when_its_line_was_given_up_is_not_taken(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            stream = Forgetful()
            live = Live(
                stream, session=None, hub=shop.hub, tasks=shop.tasks, database=shop.database, clock=shop.dial,
                wait=shop.dial.wait,
            )
            heard = Heard(shop.hub, QuotesChanged)
            live.start()
            await live.watch([EURUSD])
            await live.watch([AAPL])
            late, wanted = (Quote(conid=each, received_at=shop.dial.instant) for each in (EURUSD, AAPL))
            stream.sent.put_nowait((late, wanted))
            assert (await heard.until(lambda event: True)).quotes == (wanted,)
            assert set(live.quotes) == {AAPL}

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
