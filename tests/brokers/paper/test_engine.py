"""Steps are saved, then true, then told, in that order and one after the other."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.brokers.base import OrderNews
from ibdesk.brokers.paper.engine import Engine, Rates
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Bar, BarSize, Delay, Quote, Span, TradingHours
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderRef, OrderState, OrderType, Side
from ibdesk.domain.paper import venue
from ibdesk.domain.paper.book import PaperBook, new_book
from tests.brokers.door import LUNCH
from tests.brokers.paper.desk import CALENDAR, LOCAL, ticket
from tests.domain.paper.market import SHARE, D, at, looked, option, placed

CALL = option(100)
EVENING = datetime(2026, 11, 20, 22, 31, tzinfo=UTC)


class Market:
    """Another broker's market data, as far as an account asks for them; `down` is what it says instead."""

    def __init__(self) -> None:
        self.down: DeskError | None = None
        self.bars: tuple[Bar, ...] = ()
        self.asked: list[str] = []
        self.spans: list[Span] = []

    async def quotes(self, conids: Sequence[Conid]) -> tuple[Quote, ...]:
        self._hear("quotes")
        return tuple(quote(conid, "99", "101") for conid in conids)

    async def history(self, _conid: Conid, span: Span, _bar: BarSize) -> tuple[Bar, ...]:
        self._hear("history")
        self.spans.append(span)
        return self.bars

    async def instruments(self, conids: Sequence[Conid]) -> tuple[Instrument, ...]:
        self._hear("instruments")
        return tuple(each for each in (SHARE,) if each.conid in conids)

    async def hours(self, conid: Conid) -> TradingHours:
        self._hear("hours")
        return TradingHours(conid=conid, zone="", spans=())

    def _hear(self, what: str) -> None:
        self.asked.append(what)
        if self.down is not None:
            raise self.down


class Desk:
    def __init__(self, book: PaperBook | None = None) -> None:
        self.now, self.market = LUNCH, Market()
        self.order: list[str] = []
        self.saved: list[PaperBook] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.engine = Engine(
            book or new_book(LOCAL, D(100_000), LUNCH), market=self.market, save=self.save,  # type: ignore[arg-type]
            clock=lambda: self.now, pause=asyncio.sleep, calendar=CALENDAR, latency=0.0,
        )  # fmt: skip
        self.engine.on_news = self.told
        self.news: list[OrderNews] = []

    async def save(self, book: PaperBook) -> None:
        self.order.append("begin")
        await self.hold.wait()
        self.saved.append(book)
        self.order.append("saved")

    def told(self, news: OrderNews) -> None:
        self.news.append(news)
        self.order.append("told")

    async def place(self, ref: str = "a") -> None:
        wanted = ticket((SHARE, Side.BUY), quantity=D(10), order_type=OrderType.MARKET)
        spans = {SHARE.conid: await self.engine.spans(SHARE)}
        step = await self.engine.take(lambda book: venue.placed(book, OrderRef(ref), wanted, self.now, spans))
        await self.engine.take(lambda book: venue.arrived(book, step.changed, self.now))


def quote(conid: Conid, bid: str, ask: str) -> Quote:
    return Quote(conid=conid, received_at=LUNCH, delay=Delay.LIVE, bid=D(bid), ask=D(ask), last=D(bid))


def nobody() -> Unavailable:
    return Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)


def test_every_step_is_saved_before_it_is_told() -> None:
    async def run() -> None:
        desk = Desk()
        await desk.place()
        await desk.engine.look(ask=True)
        assert desk.order == ["begin", "saved", "told"] * 3
        assert desk.news[-1].fills and desk.saved[-1] == desk.engine.book

    asyncio.run(run())


def test_a_look_that_changes_nothing_writes_nothing() -> None:
    async def run() -> None:
        desk = Desk()
        await desk.place()
        desk.market.down = nobody()
        before = len(desk.saved)
        for _ in range(5):
            await desk.engine.look(ask=True)
        assert len(desk.saved) == before and not desk.engine.book.fills

    asyncio.run(run())


def test_looks_at_the_same_time_fill_an_order_once() -> None:
    async def run() -> None:
        desk = Desk()
        await desk.place()
        await asyncio.gather(*(desk.engine.look(ask=True) for _ in range(5)))
        assert desk.engine.book.ledger.quantity(SHARE.conid) == 10

    asyncio.run(run())


def test_who_leaves_while_it_is_written_loses_nothing() -> None:
    async def run() -> None:
        desk = Desk()
        desk.hold.clear()
        placing = asyncio.create_task(desk.place())  # noqa: TID251 - the test ends it
        while not desk.order:
            await asyncio.sleep(0)
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        desk.hold.set()
        assert desk.engine.book.by_ref(OrderRef("a")) is not None
        desk.now += timedelta(seconds=6)
        await desk.engine.look(ask=True)
        assert desk.engine.book.orders[0].state is OrderState.FILLED

    asyncio.run(run())


def test_what_streams_is_not_asked_for_until_the_stream_breaks() -> None:
    async def run() -> None:
        desk = Desk()
        desk.engine.hear([quote(SHARE.conid, "49", "50")])
        await desk.place()
        await desk.engine.look(ask=True)
        assert desk.engine.book.fills[0].execution.price == 50 and "quotes" not in desk.market.asked
        desk.engine.forget()
        await desk.place("b")
        await desk.engine.look()
        assert len(desk.engine.book.fills) == 1, "nothing is known and nobody asks"
        await desk.engine.look(ask=True)
        assert desk.engine.book.fills[1].execution.price == 101

    asyncio.run(run())


def test_half_a_quote_is_asked_for_whole() -> None:
    async def run() -> None:
        desk = Desk()
        desk.engine.hear([Quote(conid=SHARE.conid, received_at=LUNCH, delay=Delay.LIVE, last=D(50))])
        await desk.place()
        await desk.engine.look()
        assert desk.engine.book.fills == ()
        await desk.engine.look(ask=True)
        assert desk.engine.book.fills[0].execution.price == 101

    asyncio.run(run())


def test_an_evening_without_a_close_is_tried_again_after_a_minute() -> None:
    bought = placed(new_book(LOCAL, D(100_000), LUNCH), ticket((CALL, Side.BUY), order_type=OrderType.MARKET), "c")
    bought = looked(bought, {CALL: at("2", "2", instrument=CALL)})

    async def run() -> None:
        desk = Desk(replace(bought))
        desk.now = EVENING
        desk.market.down = nobody()
        await desk.engine.look(ask=True)
        assert desk.engine.book.ledger.quantity(CALL.conid) == 1
        desk.market.down = None
        opened = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
        desk.market.bars = (Bar(at=opened, open=D(1), high=D(1), low=D(1), close=D(110)),)
        await desk.engine.look(ask=True)
        assert desk.engine.book.ledger.quantity(CALL.conid) == 1, "not so soon"
        desk.now += timedelta(seconds=61)
        await desk.engine.look(ask=True)
        assert desk.engine.book.ledger.quantity(SHARE.conid) == 100
        assert {each.execution.kind.value for each in desk.news[-1].fills} == {"exercise"}

    asyncio.run(run())


@pytest.mark.parametrize(("days", "span"), [(0, Span.MONTH), (27, Span.MONTH), (28, Span.YEAR), (200, Span.YEAR)])
def test_who_was_away_for_months_has_no_expired_option_left(days: int, span: Span) -> None:
    bought = placed(new_book(LOCAL, D(100_000), LUNCH), ticket((CALL, Side.BUY), order_type=OrderType.MARKET), "c")
    bought = looked(bought, {CALL: at("2", "2", instrument=CALL)})

    async def run() -> None:
        desk = Desk(replace(bought))
        desk.now = EVENING + timedelta(days=days)
        opened = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
        desk.market.bars = (Bar(at=opened, open=D(1), high=D(1), low=D(1), close=D(90)),)
        await desk.engine.look(ask=True)
        assert desk.engine.book.ledger.quantity(CALL.conid) == 0
        assert desk.market.spans == [span]

    asyncio.run(run())


def test_a_currency_of_which_nothing_is_told_any_more_keeps_its_last_rate() -> None:
    async def run() -> None:
        desk = Desk()
        euro, franc = Currency("EUR"), Currency("CHF")
        for told in (((euro, D("1.08")), (franc, D("1.10"))), ((franc, D("1.12")),)):

            async def rates(told: Rates = told) -> Rates:
                return told

            desk.engine.ask_rates = rates
            await desk.engine.learn_rates((euro, franc), is_due=True)
        assert (desk.engine.book.rate(euro), desk.engine.book.rate(franc)) == (D("1.08"), D("1.12"))

    asyncio.run(run())


def test_hours_of_other_venues_are_asked_for_once_a_day() -> None:
    async def run() -> None:
        desk = Desk()
        foreign = replace(SHARE, currency=Currency("EUR"))
        for _ in range(3):
            assert await desk.engine.spans(foreign) == ()
        assert desk.market.asked == ["hours"]
        assert await desk.engine.spans(replace(SHARE, conid=Conid(9)))
        assert desk.market.asked == ["hours"]

    asyncio.run(run())
