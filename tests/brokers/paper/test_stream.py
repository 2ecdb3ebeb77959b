"""The market's stream with our own news in it, and nobody else's."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import OrderNews, StreamEvent, StreamUp
from ibdesk.brokers.paper.engine import Engine
from ibdesk.brokers.paper.stream import PaperStream
from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderRef, OrderState, OrderType, Side
from ibdesk.domain.paper import venue
from ibdesk.domain.paper.book import new_book
from tests.brokers.door import LUNCH
from tests.brokers.paper.desk import CALENDAR, LOCAL, PaperDesk, paper_desk, ticket
from tests.domain.paper.market import SHARE

D = Decimal


async def until_filled(desk: PaperDesk, ref: str) -> tuple[list[StreamEvent], list[Fill]]:
    """What came until an order was told filled."""
    assert desk.broker.stream is not None
    heard: list[StreamEvent] = []
    async with asyncio.timeout(20), aclosing(desk.broker.stream.events()) as batches:
        async for batch in batches:
            heard += batch
            if any(isinstance(event, StreamUp) for event in batch):
                await desk.place(await desk.buys("AAPL", 2, order_type=OrderType.MARKET), ref)
            news = [event for event in heard if isinstance(event, OrderNews)]
            if any(order.state is OrderState.FILLED for each in news for order in each.orders):
                return heard, [fill for each in news for fill in each.fills]
    raise AssertionError("it was never told")


def test_a_fill_is_told_at_once_with_its_print_and_only_ours() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            heard, fills = await until_filled(desk, "a")
            (fill,) = fills
            assert fill.execution.ref == "a" and fill.commission is not None
            accounts = {order.account for event in heard if isinstance(event, OrderNews) for order in event.orders}
            accounts |= {event.account for event in heard if isinstance(event, AccountPnl)}
            assert accounts == {LOCAL}

    asyncio.run(run())


def test_what_a_position_gained_is_that_of_our_account() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            assert desk.broker.stream is not None
            share = await desk.instrument("AAPL")  # the demo's own account holds hundreds
            await desk.broker.stream.watch([share.conid])
            async with asyncio.timeout(20), aclosing(desk.broker.stream.events()) as batches:
                async for batch in batches:
                    for event in batch:
                        if isinstance(event, Quote) and event.conid == share.conid and event.last is not None:
                            assert event.daily_pnl is None
                            return

    asyncio.run(run())


def test_a_resting_order_meets_the_quotes_that_stream() -> None:
    async def run() -> None:
        async with paper_desk() as desk:
            stream, trading = desk.broker.stream, desk.broker.trading
            assert stream is not None and trading is not None and desk.inner.market is not None
            wanted = await desk.buys("AAPL", 2)
            (quote,) = await desk.inner.market.quotes([wanted.legs[0].instrument.conid])
            assert quote.bid is not None
            await desk.place(replace(wanted, limit=quote.bid - 1), "low")
            asked = sum("marketdata/snapshot" in path for _, path in desk.gateway.calls)
            async with asyncio.timeout(10), aclosing(stream.events()) as batches:
                async for batch in batches:
                    for event in batch:
                        if isinstance(event, OrderNews) and event.fills:
                            assert event.fills[0].execution.price <= quote.bid - 1
                            again = sum("marketdata/snapshot" in path for _, path in desk.gateway.calls)
                            assert again == asked, "the stream alone told the price"
                            return
                    desk.pass_by(timedelta(minutes=1))

    asyncio.run(run())


def engine() -> Engine:
    async def save(_book: object) -> None:
        return

    return Engine(
        new_book(LOCAL, D(100_000), LUNCH), market=None, save=save, clock=lambda: LUNCH, pause=asyncio.sleep,
        calendar=CALENDAR, latency=0.0,
    )


class Inner:
    """Another broker's stream: what it is asked for, and an end that is bad."""

    def __init__(self) -> None:
        self.watched: list[Sequence[Conid]] = []

    async def watch(self, conids: Sequence[Conid]) -> None:
        self.watched.append(conids)

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        yield (StreamUp(at=LUNCH),)
        raise Unavailable("Gone.", remedy="Wait.", cause=Cause.TIMED_OUT)


def over(inner: Inner, one: Engine) -> PaperStream:
    return PaperStream(
        inner, one, figures=lambda: AccountPnl(account=LOCAL, daily=None, unrealized=None, net_liquidation=None,
                                               excess_liquidity=None, as_of=LUNCH),
        start=lambda name, work: asyncio.create_task(work, name=name),  # noqa: TID251 - the stream ends it
        clock=lambda: LUNCH,
    )  # fmt: skip


def test_what_works_is_streamed_before_what_is_on_screen() -> None:
    async def run() -> None:
        inner, one = Inner(), engine()
        stream = over(inner, one)
        await stream.watch([Conid(7), Conid(8)])
        wanted = ticket((SHARE, Side.BUY), limit=D(1))
        await one.take(lambda book: venue.placed(book, OrderRef("a"), wanted, LUNCH, {}))
        assert inner.watched == [(7, 8), (SHARE.conid, 7, 8)]

    asyncio.run(run())


def test_orders_that_work_since_another_day_are_streamed_from_the_beginning() -> None:
    async def run() -> None:
        inner, one = Inner(), engine()
        wanted = ticket((SHARE, Side.BUY), limit=D(1))
        await one.take(lambda book: venue.placed(book, OrderRef("a"), wanted, LUNCH, {}))
        async with aclosing(over(inner, one).events()) as batches:
            await anext(batches)
        assert inner.watched == [(SHARE.conid,)]

    asyncio.run(run())


def test_an_old_price_of_what_is_streamed_no_more_fills_nothing() -> None:
    async def run() -> None:
        one = engine()
        stream = over(Inner(), one)
        await stream.watch([Conid(7), Conid(8)])
        one.hear(Quote(conid=Conid(number), received_at=LUNCH, bid=D(1), ask=D(2)) for number in (7, 8))
        await stream.watch([Conid(8)])
        assert one.streamed(Conid(7)) is None and one.streamed(Conid(8)) is not None
        await stream.watch([Conid(number) for number in range(100, 200)] + [Conid(8)])
        assert one.streamed(Conid(8)) is None

    asyncio.run(run())


def test_a_stream_that_ends_badly_says_so() -> None:
    async def run() -> None:
        with pytest.raises(DeskError) as gone:
            async with aclosing(over(Inner(), engine()).events()) as batches:
                async for batch in batches:
                    assert isinstance(batch[0], StreamUp) and isinstance(batch[1], AccountPnl)
        assert gone.value.message == "Gone."

    asyncio.run(run())


class Broken(Inner):
    """One that fails in a way nobody foresaw."""

    async def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        yield (StreamUp(at=LUNCH),)
        raise RuntimeError("a fault of ours")


def test_nobody_waits_for_ever_for_a_stream_that_broke() -> None:
    async def run() -> None:
        work: list[asyncio.Task[None]] = []
        made = over(Broken(), engine())
        begin = made._start
        made._start = lambda name, todo: work.append(begin(name, todo)) or work[0]
        async with asyncio.timeout(20), aclosing(made.events()) as batches:
            assert len([batch async for batch in batches]) == 1
        assert isinstance(work[0].exception(), RuntimeError), "whoever keeps the tasks is told"

    asyncio.run(run())
