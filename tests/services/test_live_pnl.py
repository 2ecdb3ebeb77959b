"""The live book over the demo's TWS: taken in, stored before shown, told when the line breaks, whole again after it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ibdesk.brokers.base import LinkNews, LinkState
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.demo.tickets import read_ticket
from ibdesk.domain.events import FillsArrived, LineChanged, OrdersHeard, PnlBookChanged
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.orders import OrderRoute
from ibdesk.domain.pnl import PnlRow
from ibdesk.domain.positions import Source
from ibdesk.services.hub import Hub
from ibdesk.services.live_pnl import LivePnl
from ibdesk.services.live_pnl import _after as after
from ibdesk.services.tasks import Tasks
from ibdesk.store import live_book, trades
from ibdesk.store.database import Database
from tests.brokers.door import LUNCH, demo
from tests.brokers.tws.door import MAIN, QUICK, Scene, place_of
from tests.services.workshop import Dial, Heard, eventually, open_database_in

AAPL = Conid(265598)
DAY = datetime(2026, 11, 18, 5, tzinfo=UTC)


@dataclass
class Window:
    """A live book in front of the demo."""

    scene: Scene
    database: Database
    hub: Hub
    heard: Heard
    pnl: LivePnl
    dial: Dial

    def row(self, conid: Conid = AAPL) -> PnlRow:
        return self.pnl.book.rows[MAIN, conid]

    def has_figures(self) -> bool:
        return bool(self.pnl.book.rows) and self.row().unrealized is not None

    def sell(self, quantity: int = 10) -> None:
        """Somebody sells Apple, at another program."""
        now = self.scene.gateway.clock.now()
        body = {"conid": AAPL, "side": "SELL", "orderType": "MKT", "quantity": quantity, "tif": "DAY"}
        floor = self.scene.service.floor
        floor.exchange.place([read_ticket(body, MAIN, floor.account.market.catalogue)], now)

    async def is_whole(self) -> None:
        await eventually(lambda: self.pnl.line.state is LineState.UP and self.has_figures())


@asynccontextmanager
async def window(scene: Scene, database: Database) -> AsyncIterator[Window]:
    hub, tasks, dial = Hub(), Tasks(lambda name, error: None), Dial(LUNCH)
    heard = Heard(hub, LineChanged, PnlBookChanged, FillsArrived)
    assert scene.broker.stream is not None
    pnl = LivePnl(
        scene.broker.stream, source=Source.TWS, hub=hub, tasks=tasks, database=database, clock=dial, wait=dial.wait
    )
    await pnl.open()
    pnl.start()
    try:
        yield Window(scene=scene, database=database, hub=hub, heard=heard, pnl=pnl, dial=dial)
    finally:
        await tasks.close()
        await pnl.close()


@asynccontextmanager
async def at_master() -> AsyncIterator[Scene]:
    """Our broker in front of a TWS that tells it of everybody's prints."""
    async with demo() as gateway:
        service = gateway.tws_service(master=1)
        await service.start()
        place = place_of(service, read_only=True, keepalive=5.0)
        broker = TwsBroker(place, clock=lambda: LUNCH, timings=QUICK, jitter=lambda: 0.5)
        try:
            yield Scene(broker, gateway, service)
        finally:
            await broker.close()
            await service.stop()


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Window]:
    async with (
        open_database_in(folder) as (_, database), at_master() as scene, window(scene, database) as made,
    ):
        await made.is_whole()
        yield made


def test_every_position_comes_with_the_brokers_own_figures(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            held = desk.scene.gateway.account.figures(MAIN, LUNCH).holdings
            await eventually(lambda: all(row.told is not None for row in desk.pnl.book.shown if row.quantity))
            shown = {
                row.instrument.conid: row for row in desk.pnl.book.shown if row.account == MAIN and row.quantity
            }
            assert {conid: row.quantity for conid, row in shown.items()} == {
                Conid(each.listing.conid): each.quantity for each in held if each.quantity
            }
            for each in (each for each in held if each.quantity):
                assert shown[Conid(each.listing.conid)].unrealized == each.unrealized

    asyncio.run(run())


def test_a_print_of_another_program_is_stored_then_shown_with_what_it_realised(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            before = desk.row().quantity
            desk.sell()
            await eventually(lambda: desk.row().quantity == before - 10)
            await eventually(lambda: bool(desk.row().fills) and not desk.row().waits_for_commission)
            stored = await desk.database.read(trades.load_fills, MAIN, DAY)
            assert desk.row().fills == tuple(fill for fill in stored if fill.execution.instrument.conid == AAPL)
            truth = desk.scene.service.executions[-1]
            assert desk.row().realized == truth.realized
            arrived = next(n for n, event in enumerate(desk.heard.events) if isinstance(event, FillsArrived))
            shown = next(
                n for n, event in enumerate(desk.heard.events)
                if isinstance(event, PnlBookChanged) and event.book.rows[MAIN, AAPL].fills
            )
            assert arrived < shown

    asyncio.run(run())


def test_where_an_order_book_keeps_the_prints_it_is_given_them_and_the_news_of_orders(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as seen:
            kept: list[Fill] = []

            async def keep(fills: Sequence[Fill]) -> None:
                kept.extend(fills)

            news = Heard(seen.hub, OrdersHeard)
            before = seen.row().quantity
            seen.sell()
            await eventually(lambda: bool(seen.row().fills) and seen.row().quantity == before - 10)
            assert not news.events, "the book of another way must not hear of it"
            seen.pnl.keep_fills, seen.pnl._tells_orders = keep, lambda: True
            seen.sell()
            await eventually(lambda: bool(kept))
            assert {event.route for event in news.events} == {OrderRoute.TWS}
            assert kept[0].execution.quantity == 10

    asyncio.run(run())


def test_a_correction_takes_the_place_of_what_it_corrects(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            desk.sell()
            await eventually(lambda: bool(desk.row().fills))
            desk.scene.service.faults.correct_execution("200.00")
            await eventually(lambda: desk.row().fills[0].execution.price == Decimal("200.00"))
            assert len(desk.row().fills) == 1
            assert desk.row().fills[0].execution.exec_id.endswith(".02")

    asyncio.run(run())


def test_what_was_traded_while_nobody_listened_is_told_after_the_return(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            await desk.scene.service.kill()
            await eventually(lambda: desk.pnl.line.state is LineState.DOWN)
            assert desk.pnl.line.reason
            assert desk.pnl.line.retry_at is not None and desk.pnl.line.remedy
            desk.sell()
            await desk.scene.service.start()
            await eventually(lambda: desk.pnl.line.state is LineState.UP)
            await eventually(lambda: bool(desk.row().fills) and not desk.row().waits_for_commission)
            truth = desk.scene.service.executions[-1]
            assert (desk.row().realized, len(desk.row().fills)) == (truth.realized, 1)

    asyncio.run(run())


def test_the_broker_behind_a_standing_socket_may_be_lost(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            desk.scene.service.faults.broker_lost()
            await eventually(lambda: desk.pnl.line.state is LineState.BROKER_LOST)
            desk.scene.service.faults.broker_back(lost=True)
            await eventually(lambda: desk.pnl.line.state is LineState.UP)
            assert desk.pnl.line.code == 1101

    asyncio.run(run())


def test_a_broker_lost_again_while_subscriptions_come_back_is_not_called_back() -> None:
    lost = Line().become(LineState.BROKER_LOST, LUNCH, reason="lost", code=1100)
    for left in (3, 0):
        told = after(lost, LinkNews(at=LUNCH, state=LinkState.RESTORING, left=left, wanted=9))
        assert (told.state, told.left, told.wanted) == (LineState.BROKER_LOST, left, 9)
    assert after(lost, LinkNews(at=LUNCH, state=LinkState.RESTORED_KEPT, code=1102)).state is LineState.RESTORING


def test_a_data_farm_is_dark_by_its_name_until_it_is_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            desk.scene.service.faults.farms(lost=True)
            await eventually(lambda: desk.pnl.line.dark == {"usfarm", "ushmds"})
            assert desk.pnl.line.is_alive
            desk.scene.service.faults.farms(lost=False)
            await eventually(lambda: not desk.pnl.line.dark)

    asyncio.run(run())


def test_the_book_of_before_is_there_at_once_and_what_is_gone_is_not_held(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            async with at_master() as scene, window(scene, database) as desk:
                await desk.is_whole()
            rows = await database.read(live_book.load_rows, Source.TWS)
            assert {row.key for row in rows} >= {(MAIN, AAPL)}
            ghost = next(row for row in rows if row.key == (MAIN, AAPL))
            other = replace(ghost, instrument=replace(ghost.instrument, conid=Conid(999), symbol="GONE"))
            await database.write(lambda tx: live_book.save_rows(tx, [other], Source.TWS, at=LUNCH))
            async with at_master() as scene, window(scene, database) as desk:
                assert {(MAIN, AAPL), (MAIN, Conid(999))} <= set(desk.pnl.book.rows)
                await desk.is_whole()
                await eventually(lambda: not desk.row(Conid(999)).is_shown)

    asyncio.run(run())


def test_the_book_is_written_once_a_minute_and_only_what_moved(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing(tmp_path) as desk:
            desk.dial.advance(timedelta(seconds=61))
            rows: list[PnlRow] = []

            async def read() -> None:
                rows[:] = await desk.database.read(live_book.load_rows, Source.TWS)

            await read()
            async with asyncio.timeout(10):
                while not rows:
                    await asyncio.sleep(0.01)
                    await read()
            assert {row.key for row in rows} == {row.key for row in desk.pnl.book.shown if row.quantity}

    asyncio.run(run())
