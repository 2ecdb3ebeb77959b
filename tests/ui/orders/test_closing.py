"""Positions closed and rolled, and orders changed, through the window: from a row to a filled-in ticket and beyond."""

from decimal import Decimal
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import Leg, OrderState, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.services.desk import Desk
from ibdesk.services.questioning import Reply
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.desk_view import DeskView
from ibdesk.ui.orders.rows import Act, Show
from ibdesk.ui.pages.orders import OrdersPage
from ibdesk.ui.pages.portfolio import Portfolio
from ibdesk.ui.pages.trade.page import TradePage
from ibdesk.ui.rooms import build_page
from tests.ui.conftest import Run
from tests.ui.orders.demo_desk import demo_desk, send, ticket_for, until

AAPL = Conid(265598)


async def yes(*_: object) -> Reply:
    return Reply(yes=True)


async def opened(desk: Desk, bridge: Bridge, qtbot: QtBot) -> DeskView:
    view = DeskView(desk, bridge, lambda room: build_page(room, desk, bridge))
    qtbot.addWidget(view)
    await view.load()
    view.resize(1280, 800)
    view.show()
    return view


async def press(view: DeskView, qtbot: QtBot, label: str, entry: str) -> TradePage:
    """Enter on a position, then a line of its menu; the Trade room opens."""
    view.open_room("portfolio")
    await until(lambda: isinstance(view.page("portfolio"), Portfolio))
    page = view.page("portfolio")
    assert isinstance(page, Portfolio)
    table = page.positions.table
    await until(lambda: table.position_model.rowCount() > 0)
    lines = range(table.position_model.rowCount())
    line = next(at for at in lines if (row := table.position_model.row_at(at)) is not None
                and row.position.instrument.label == label)
    table.setCurrentIndex(table.position_model.index(line, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    menu = next(each for each in table.findChildren(QMenu) if each.isVisible())
    next(action for action in menu.actions() if action.text() == entry).trigger()
    menu.close()
    await until(partial(is_trade, view))
    trade = view.page("trade")
    assert isinstance(trade, TradePage)
    return trade


def is_trade(view: DeskView) -> bool:
    return view.room == "trade" and isinstance(view.page("trade"), TradePage)


def test_a_position_is_closed_from_its_row(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            view = await opened(desk, bridge, qtbot)
            trade = await press(view, qtbot, "KO", "Close position…")
            await until(lambda: bool(trade.ticket.legs))
            ticket = trade.ticket.form.ticket
            (leg,) = ticket.legs
            assert (leg.instrument.label, leg.side, ticket.order_type) == ("KO", Side.SELL, OrderType.MARKET)
            await fill(desk, ticket)
            assert desk.sync is not None
            await desk.sync.run()
            held = [row.position.instrument.label for page in await desk.book.pages() for row in page.rows
                    if page.account.id == ticket.account and row.position.quantity]
            assert "KO" not in held and "AAPL" in held
            view.hide()

    run(journey())


@pytest.mark.parametrize("local_paper", [False, True])
def test_a_position_is_protected_from_its_row_by_two_orders_one_cancelling_the_other(
    run: Run, qtbot: QtBot, local_paper: bool
) -> None:
    async def journey() -> None:
        async with demo_desk(local_paper=local_paper) as (desk, bridge):
            view = await opened(desk, bridge, qtbot)
            if local_paper:
                await buy_three(desk, bridge)
                assert desk.sync is not None
                await desk.sync.run()
            trade = await press(view, qtbot, "AAPL", "Protect…")
            await until(lambda: trade.ticket.form.ticket.other is not None and trade.ticket.form.is_complete)
            ticket = trade.ticket.form.ticket
            assert trade.ticket.pair.isVisible() and ticket.tif is TimeInForce.GTC
            await send(desk, ticket, yes)
            assert desk.order_book is not None
            book = desk.order_book
            await until(lambda: len([each for each in book.working if each.id is not None]) == 2)
            limit, stop = sorted(book.working, key=lambda each: str(each.ref))
            assert (limit.limit, stop.stop, stop.quantity) == (ticket.limit, ticket.other.stop, limit.quantity)
            assert await desk.orders.receipt(limit.ref) and await desk.orders.receipt(stop.ref)
            view.open_room("orders")
            await until(lambda: isinstance(view.page("orders"), OrdersPage))
            page = view.page("orders")
            assert isinstance(page, OrdersPage)
            await until(lambda: page.card.table.count() == 2)
            rows = [page.card.table.orders.row(at) for at in range(2)]
            assert [(row.order.ref, row.is_below) for row in rows] == [(limit.ref, False), (stop.ref, True)]
            again = await desk.orders.check(ticket)
            assert "working orders close" in again.verdict.of(Severity.BLOCK)[0].sentence
            view.hide()

    run(journey())


def test_an_option_is_rolled_from_its_row(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            view = await opened(desk, bridge, qtbot)
            options = [row.position for page in await desk.book.pages() for row in page.rows
                       if row.position.instrument.asset_class == "OPT" and page.account.id == bridge.selected]
            position = options[0]
            trade = await press(view, qtbot, position.instrument.label, "Roll to the next expiry…")
            await until(lambda: len(trade.ticket.legs) == 2)
            old, new = trade.ticket.legs
            assert old.instrument.conid == position.instrument.conid
            assert old.instrument.option is not None and new.instrument.option is not None
            assert new.instrument.option.expiry > old.instrument.option.expiry
            assert new.instrument.option.strike == old.instrument.option.strike
            assert (old.side is Side.SELL) == (position.quantity > 0) and new.side is old.side.opposite
            assert trade.ticket.form.ticket.quantity == abs(position.quantity)
            view.hide()

    run(journey())


def test_an_order_is_changed_from_its_row(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            view = await opened(desk, bridge, qtbot)
            sent = await send(desk, await ticket_for(desk, "AAPL", limit="200.00", quantity=3), yes)
            view.open_room("orders")
            await until(lambda: isinstance(view.page("orders"), OrdersPage))
            page = view.page("orders")
            assert isinstance(page, OrdersPage)
            table = page.card.table
            await until(lambda: table.count() > 0 and Act.CHANGE in table.orders.row(0).acts)
            table.setCurrentIndex(table.orders.index(0, 0))
            qtbot.keyClick(table, Qt.Key.Key_Return)
            await until(partial(is_trade, view))
            trade = view.page("trade")
            assert isinstance(trade, TradePage)
            await until(lambda: bool(trade.ticket.legs))
            form = trade.ticket.form
            assert (form.ticket.quantity, form.ticket.limit) == (3, sent.limit)
            assert form.changes is not None and form.changes.ref == sent.ref
            view.hide()

    run(journey())


def test_in_local_paper_a_share_is_bought_listed_and_closed_again(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk(local_paper=True) as (desk, bridge):
            view = await opened(desk, bridge, qtbot)
            assert desk.sync is not None
            await buy_three(desk, bridge)
            view.open_room("orders")
            await until(lambda: isinstance(view.page("orders"), OrdersPage))
            page = view.page("orders")
            assert isinstance(page, OrdersPage)
            page.card.show_list(Show.FILLED)
            assert page.card.table.orders.text(0, 0) == "Buy 3 × AAPL" and not page.card.read_only.isVisible()
            await desk.sync.run()
            trade = await press(view, qtbot, "AAPL", "Close position…")
            await until(lambda: bool(trade.ticket.legs))
            ticket = trade.ticket.form.ticket
            assert (ticket.account, ticket.mode, ticket.quantity) == (bridge.selected, desk.mode, 3)
            await fill(desk, ticket)
            await desk.sync.run()
            assert not [row for each in await desk.book.pages() for row in each.rows if row.position.quantity]
            view.hide()

    run(journey())


async def buy_three(desk: Desk, bridge: Bridge) -> None:
    """Three shares, bought at what is asked for them."""
    assert desk.chains is not None and bridge.selected is not None
    underlying = await desk.chains.open(AAPL)
    assert underlying.quote is not None and underlying.quote.ask is not None
    await fill(desk, OrderTicket(
        account=bridge.selected, mode=desk.mode, quantity=Decimal(3),
        legs=(Leg(instrument=underlying.instrument, side=Side.BUY),),
        limit=round(underlying.quote.ask * Decimal("1.01"), 2),
    ))  # fmt: skip


async def fill(desk: Desk, ticket: OrderTicket) -> None:
    """Send it and wait until all of it is traded."""
    sent = await send(desk, ticket, yes)
    book = desk.order_book
    assert book is not None and sent.ref is not None
    ref = sent.ref
    await until(lambda: (found := book.find(ref)) is not None and found.state is OrderState.FILLED)
