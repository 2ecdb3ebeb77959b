"""The Trade room on a demo desk: a leg goes from the chain into the ticket and back, and both are streamed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import Leg, OrderTicket, Side
from ibdesk.domain.templates import TemplateName
from ibdesk.services.desk import Desk
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.pages.trade import build
from ibdesk.ui.pages.trade.page import TradePage
from tests.ui.brisk_demo import open_brisk_desk
from tests.ui.conftest import Run
from tests.ui.rooms_desk import unnamed

SPY = Conid(756733)


@dataclass
class Opened:
    """The room of a desk that is signed in at its own demo gateway."""

    desk: Desk
    bridge: Bridge
    page: TradePage
    notices: list[str]

    async def until(self, holds: Callable[[], bool], within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while not holds():
                await asyncio.sleep(0.02)

    async def chain(self, conid: Conid = SPY) -> None:
        self.page.show_underlying(conid)
        await self.priced()

    async def priced(self) -> None:
        loader = self.page.chain.loader
        assert loader is not None
        await self.until(lambda: loader.chain is not None and loader.chain.is_priced)


@asynccontextmanager
async def trade_page() -> AsyncIterator[Opened]:
    desk = await open_brisk_desk()
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    notices: list[str] = []
    bridge.notice.connect(lambda notice: notices.append(notice.text or notice.error.message))
    page: TradePage | None = None
    try:
        assert desk.session is not None and desk.sync is not None
        async with asyncio.timeout(20):
            while not desk.session.session.is_ready:
                await asyncio.sleep(0.02)
        await desk.sync.run()
        bridge.select((await desk.book.accounts())[0].id)
        made = build(desk, bridge)
        assert isinstance(made, TradePage)
        page = made
        page.resize(1100, 740)
        page.show()
        yield Opened(desk, bridge, page, notices)
    finally:
        bridge.deafen()
        await desk.close()
        if page is not None:
            shiboken6.delete(page)
        shiboken6.delete(bridge)


def test_keys_take_a_strike_into_the_ticket_and_both_are_streamed_while_the_room_is_on_screen(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page = opened.page
            await opened.chain()
            table = page.chain.table
            table.setFocus()
            QTest.keyClick(table, Qt.Key.Key_Home)
            QTest.keyClick(table, Qt.Key.Key_B)
            QTest.keyClick(table, Qt.Key.Key_B)
            row = table.marked_row
            assert row is not None and row.call is not None
            assert [(leg.instrument, leg.side, leg.ratio) for leg in page.ticket.legs] == [(row.call, Side.BUY, 2)]
            line, column = table.currentIndex().row(), table.currentIndex().column()
            outlined = table.chain.leg_at(line, column)
            assert outlined is not None and outlined.ratio == 2
            await opened.until(lambda: page.watched[:1] == (row.call.conid,))
            assert SPY in page.watched and len(page.watched) <= 100
            page.hide()
            assert page.watched == ()
            page.show()
            await opened.until(lambda: len(page.watched) > 10)

    run(look())


def test_a_slash_goes_to_the_search_from_the_strikes_and_into_the_text_from_a_field(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page = opened.page
            await opened.chain()
            page.activateWindow()
            page.chain.bar.ask.click()
            for field in (page.ticket.quantity, page.ticket.limit, page.chain.bar.field):
                field.setFocus()
                await opened.until(field.hasFocus)
                QTest.keyClick(field, Qt.Key.Key_Slash)
                assert field.hasFocus() and "/" in field.text()
            page.chain.table.setFocus()
            await opened.until(page.chain.table.hasFocus)
            QTest.keyClick(page.chain.table, Qt.Key.Key_Slash)
            assert page.chain.bar.field.hasFocus()

    run(look())


def test_a_strategy_fills_the_ticket_and_the_underlying_itself_can_be_bought(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page = opened.page
            await opened.chain()
            page.chain.card.picker.choose(TemplateName.IRON_CONDOR)
            await opened.until(lambda: len(page.ticket.legs) == 4)
            page.ticket.clear()
            assert page.chain.table.chain._legs == {}
            page.chain.bar.ask.click()
            assert [leg.instrument.conid for leg in page.ticket.legs] == [SPY] and not opened.notices
            assert not unnamed(page), "every control has a name"

    run(look())


def test_a_prefilled_ticket_brings_its_chain(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page, desk = opened.page, opened.desk
            assert desk.chains is not None
            from ibdesk.domain.occ import parse_option

            _, put = await desk.chains.option(parse_option("SPY 261218P600"))
            assert opened.bridge.selected is not None
            ticket = OrderTicket(account=opened.bridge.selected, mode=desk.mode, quantity=Decimal(3),
                                 legs=(Leg(instrument=put, side=Side.SELL),))  # fmt: skip
            page.take(ticket)
            await opened.priced()
            row = page.chain.table.marked_row
            assert row is not None and row.put == put
            assert page.ticket.legs == ticket.legs

    run(look())


def test_the_size_of_the_parts_is_remembered(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page = opened.page
            page._across.setSizes([560, 500])
            page._across.splitterMoved.emit(560, 1)
            again = TradePage(opened.desk, opened.bridge)
            again.resize(page.size())
            again.show()
            assert again._across.sizes() == page._across.sizes()
            shiboken6.delete(again)

    run(look())


def test_tab_walks_through_the_whole_room_and_out_of_it_again_both_ways(run: Run) -> None:
    async def look() -> None:
        async with trade_page() as opened:
            page = opened.page
            await opened.chain()
            page.chain.bar.ask.click()
            page.activateWindow()
            await opened.until(page.isActiveWindow)
            for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                page.chain.table.setFocus()
                reached = []
                for _ in range(80):
                    focused = QApplication.focusWidget()
                    assert focused is not None
                    if reached and focused is page.chain.table:
                        break
                    reached.append(focused)
                    QTest.keyClick(focused, key)
                wanted = [page.chain.bar.field, page.chain.bar.ask, page.ticket.legs_rows.rows[0], page.ticket.quantity]
                assert [each for each in wanted if each in reached] == wanted
                order = [reached.index(each) for each in wanted[2:]]
                assert order == sorted(order, reverse=key is Qt.Key.Key_Backtab), "legs come before the size"

    run(look())
