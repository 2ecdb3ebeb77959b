"""The Orders room: its tabs, the selected order, and the executions with what they cost."""

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.executions import ExecutionKind, ToldFill
from ibdesk.domain.money import USD, Currency
from ibdesk.services.questioning import Reply
from ibdesk.ui.orders.rows import Paid, Show
from ibdesk.ui.pages.orders import OrdersPage, build
from ibdesk.ui.pages.orders.executions import FIELDS, Executions, paid_of
from ibdesk.ui.rooms import build_page, room_of
from ibdesk.ui.safety.receipts import ReceiptDialog
from tests.ui.conftest import Run
from tests.ui.orders.bench import Bench, bench
from tests.ui.orders.demo_desk import demo_desk, held, send, ticket_for, until
from tests.ui.orders.sample import FROM_ELSEWHERE, IS_FILLED, IS_LOST, SELLS_SHARES, SMALL, fill
from tests.ui.rooms_desk import unnamed
from tests.ui.test_dashboard import frames

BOUGHT = ToldFill(fill=fill(IS_FILLED, "20", "600.87", realized="120.50"))
OLD = fill(SELLS_SHARES, "40", "142.10", exec_id="0000e0d5.1002.01.01")
CORRECTED = ToldFill(fill=fill(SELLS_SHARES, "40", "142.72", exec_id="0000e0d5.1002.01.02"), before=(OLD,))
UNPAID = ToldFill(fill=replace(fill(FROM_ELSEWHERE, "2", "229.50"), commission=None))


def texts(told: ToldFill) -> dict[str, str]:
    return {field.title: field.text(told) for field in FIELDS}


def receipts() -> list[ReceiptDialog]:
    found = (each for each in QApplication.topLevelWidgets() if isinstance(each, ReceiptDialog))
    return [each for each in found if each.isVisible()]


@asynccontextmanager
async def opened(qtbot: QtBot, made: Bench, width: int = 1104) -> AsyncIterator[OrdersPage]:
    page = build(made.desk, made.bridge)
    assert isinstance(page, OrdersPage)
    qtbot.addWidget(page)
    page.resize(width, 720)
    page.show()
    await frames(6)
    yield page
    page.hide()
    await made.desk.tasks.close()


def test_the_room_selects_an_order_and_tells_its_life_beside_or_below(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with opened(qtbot, bench()) as page:
            assert page.details.title.text() == "Buy 5 × SPY"
            page.card.table.clearSelection()
            assert page.details.nothing.isVisible()
            page.card.show_list(Show.FILLED)
            await frames()
            assert page.details.title.text() == "Buy 20 × SPY"
            page.card.show_list(Show.WORKING)
            await frames()
            assert page._both.orientation() is Qt.Orientation.Vertical
            page.resize(1700, 900)
            assert page._both.orientation() is Qt.Orientation.Horizontal
            QTest.keyPress(page, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)  # held: it changes nothing
            page.show_order(IS_FILLED.ref or IS_LOST.ref)  # type: ignore[arg-type]
            QTest.keyRelease(page, Qt.Key.Key_Control)
            assert page.card.shown is Show.TODAY and page.details.title.text() == "Buy 20 × SPY"
            assert unnamed(page) == []

    run(journey())


def test_commissions_of_the_prints_stand_beside_their_orders(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        made.book.fills = (BOUGHT, CORRECTED, UNPAID)
        async with opened(qtbot, made, 1700) as page:
            columns = [column.key for column in page.card.table.orders.columns]
            line = page.card.table.orders.line_of(SELLS_SHARES.ref)
            assert page.card.table.orders.text(line or 0, columns.index("commission")) == "$1.05"
            page.show_tab("executions")
            assert page.executions.model.rowCount() == 3 and not page.hint.isVisible()

    run(journey())


def test_a_print_says_what_it_cost_what_it_earned_and_what_it_was_before() -> None:
    told = texts(BOUGHT)
    assert (told["Side"], told["Quantity"], told["Price"], told["Amount"]) == ("Buy", "20", "600.87", "−$12,017.40")
    assert (told["Commission"], told["Realized P&L"], told["Note"]) == ("$1.05", "+$120.50", "")
    assert texts(CORRECTED)["Note"] == "corrected, was 40 at 142.10"
    assert texts(UNPAID)["Commission"] == "—" and texts(UNPAID)["Note"] == "elsewhere"
    done = replace(BOUGHT.fill.execution, kind=ExecutionKind.ASSIGNMENT)
    assert texts(ToldFill(fill=replace(BOUGHT.fill, execution=done)))["Note"] == "assignment"


def test_what_orders_cost_is_summed_by_order_as_far_as_it_is_told() -> None:
    more = replace(BOUGHT, fill=fill(IS_FILLED, "1", "600.90", exec_id="another"))
    assert paid_of([BOUGHT, more, UNPAID]) == {"ibdesk-filled": Paid(amount=Decimal("2.10"), currency=USD)}
    assert more.fill.commission is not None
    paid = replace(more.fill.commission, currency=Currency("EUR"))
    in_euros = replace(more, fill=replace(more.fill, commission=paid))
    assert paid_of([BOUGHT, in_euros]) == {}  # two currencies have no sum


def test_prints_are_listed_newest_first_copied_and_saved(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        made.book.fills = (UNPAID, BOUGHT, CORRECTED)
        executions = Executions(made.desk, made.bridge)
        qtbot.addWidget(executions)
        executions.read()
        await frames()
        assert executions.table.count() == 3 and executions.table.isColumnHidden(1)
        head, first, *_ = csv.reader(executions.table.csv().splitlines())
        assert dict(zip(head, first, strict=True))["Price"] == "142.72"
        executions.table.select_line(1)
        executions.copy.click()
        assert QGuiApplication.clipboard().text().splitlines()[1].split("\t")[4:6] == ["20", "600.87"]
        made.bridge.select(SMALL)
        assert executions.table.count() == 0
        assert executions._places.currentWidget() is executions.empty
        await made.desk.tasks.close()

    run(journey())


def test_a_desk_without_an_account_has_an_orders_room_that_says_so(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(session=None, orders=None, order_book=None)
        async with opened(qtbot, made) as page:
            assert page.card.empty.title.text() == "No account connected"
            page.show_tab("executions")
            assert page.executions.empty.isVisible()

    run(journey())


def test_on_the_demo_gateway_a_filled_order_shows_its_print_and_its_commission(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            page = build_page(room_of("orders"), desk, bridge)
            assert isinstance(page, OrdersPage)
            qtbot.addWidget(page)
            page.show()
            conid = (await held(desk, "AAPL")).conid
            assert desk.live is not None
            live = desk.live
            await until(lambda: conid in live.quotes and live.quotes[conid].ask is not None)
            ask = live.quotes[conid].ask
            assert ask is not None

            async def yes(*_: object) -> Reply:
                return Reply(yes=True)

            ticket = await ticket_for(desk, "AAPL", limit=f"{ask * Decimal('1.01'):.2f}")
            await send(desk, ticket, yes)
            page.card.show_list(Show.FILLED)
            await until(lambda: page.card.table.count() > 0)
            await until(lambda: page.executions.model.rowCount() > 0)
            columns = [column.key for column in page.card.table.orders.columns]
            await until(lambda: page.card.table.orders.text(0, columns.index("commission")) != "—")
            assert page.card.table.orders.text(0, 0) == "Buy 1 × AAPL"
            page.card.table.select_line(0)
            await until(lambda: "Filled" in [step.title for step in page.details.steps])
            page.details.receipt.click()
            await until(lambda: bool(receipts()))
            receipts()[0].accept()
            page.hide()

    run(journey())


def test_the_room_streams_the_prices_it_shows_and_none_when_it_is_left(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(SELLS_SHARES)
        watched = made.desk.live.watched  # type: ignore[union-attr]
        async with opened(qtbot, made) as page:
            assert watched == [(SELLS_SHARES.legs[0].instrument.conid,)]
            page.hide()
            await frames()
            assert watched[-1] == ()

    run(journey())
