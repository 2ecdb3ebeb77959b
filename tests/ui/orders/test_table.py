"""Keys, signs and menus of the table of orders, by hand."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from ibdesk.ui.orders.columns import COMPACT, FULL, SOURCE
from ibdesk.ui.orders.painting import STEP, act_at
from ibdesk.ui.orders.rows import Act, OrderRow
from ibdesk.ui.orders.table import OrderTable
from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets.dense_table import FIRST_PAD, PAD
from tests.ui.orders.bench import quotes
from tests.ui.orders.sample import BUYS_CALLS, FROM_ELSEWHERE, IS_ASKED, IS_FILLED, IS_LOST, NOW, SELLS_SHARES

BOTH = (Act.CHANGE, Act.CANCEL)
ROWS = (
    OrderRow(order=IS_LOST, acts=(Act.SETTLE,)), OrderRow(order=IS_ASKED, acts=(Act.ANSWER,)),
    OrderRow(order=BUYS_CALLS, acts=BOTH), OrderRow(order=SELLS_SHARES, acts=BOTH), OrderRow(order=IS_FILLED),
)


@pytest.fixture
def table(dressed, qtbot: QtBot) -> Iterator[OrderTable]:  # type: ignore[no-untyped-def]
    made = OrderTable(COMPACT)
    qtbot.addWidget(made)
    made.orders.show(ROWS, quotes(), NOW)
    made.resize(780, 260)
    made.show()
    made.wants = []  # type: ignore[attr-defined]
    made.wanted.connect(lambda act, row: made.wants.append((act, row.order.ref)))  # type: ignore[attr-defined]
    yield made
    made.hide()


def sign(table: OrderTable, line: int, number: int) -> QPoint:
    """The middle of one of a line's two signs."""
    cell = table.visualRect(table.orders.index(line, len(COMPACT) - 1))
    return QPoint(cell.right() - PAD + 5 - STEP * (2 - number) + STEP // 2, cell.center().y())


def test_enter_does_what_an_order_waits_for_and_delete_cancels(table: OrderTable, qtbot: QtBot) -> None:
    wanted = []
    for line in range(5):
        table.setCurrentIndex(table.orders.index(line, 0))
        qtbot.keyClick(table, Qt.Key.Key_Return)
        qtbot.keyClick(table, Qt.Key.Key_Delete)
        wanted.append([act for act, _ in table.wants])  # type: ignore[attr-defined]
        table.wants.clear()  # type: ignore[attr-defined]
    assert wanted == [[Act.SETTLE], [Act.ANSWER], [*BOTH], [*BOTH], []]


def test_the_signs_are_pressed_where_they_are_drawn(table: OrderTable, qtbot: QtBot) -> None:
    view = table.viewport()
    for number, act in enumerate(BOTH):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=sign(table, 2, number))
        assert table.wants == [(act, BUYS_CALLS.ref)]  # type: ignore[attr-defined]
        table.wants.clear()  # type: ignore[attr-defined]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=sign(table, 2, 1))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=sign(table, 3, 1))
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=sign(table, 2, 1))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=sign(table, 4, 1))
    assert table.wants == []  # type: ignore[attr-defined]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=sign(table, 0, 1))
    assert table.wants == [(Act.SETTLE, IS_LOST.ref)]  # type: ignore[attr-defined]


def test_a_sign_below_the_mouse_says_what_it_does(table: OrderTable, qtbot: QtBot) -> None:
    qtbot.mouseMove(table.viewport(), sign(table, 2, 1))
    assert table.viewport().toolTip() == "Cancel this order (Delete)"
    qtbot.mouseMove(table.viewport(), QPoint(30, 10))
    assert table.viewport().toolTip() == ""
    cell = table.visualRect(table.orders.index(2, len(COMPACT) - 1))
    assert act_at(BOTH, cell, QPoint(0, 0)) is None and act_at((), cell, cell.center()) is None


def test_the_menu_offers_the_orders_own_acts_and_what_else_there_is(table: OrderTable) -> None:
    table.menu_of = lambda row: (("Roll…", lambda: None, "Nothing is held."),)
    at = table.visualRect(table.orders.index(2, 0)).center()
    menu = table.menu_at(at)
    told = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert told == {
        "Change…": True, "Cancel order": True, "Roll…": False, "Copy with headers": False, "Save as CSV…": True,
    }
    menu.actions()[1].trigger()
    assert table.wants == [(Act.CANCEL, BUYS_CALLS.ref)]  # type: ignore[attr-defined]
    table.select_line(2)
    assert isinstance(menu, QMenu) and table.menu_at(at).actions()[-2].isEnabled()


def test_selected_orders_are_copied_with_their_headers(table: OrderTable, qtbot: QtBot) -> None:
    table.select_line(3)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, line = QGuiApplication.clipboard().text().splitlines()
    assert head.startswith("Order\tStatus\t") and line.startswith("Sell 100 × NVDA\tPartially filled\t40\t142.70")


def test_what_matters_least_gives_way_to_the_orders_words(dressed, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    made = OrderTable(FULL)
    qtbot.addWidget(made)
    made.orders.show((OrderRow(order=FROM_ELSEWHERE),), quotes(), NOW)
    hidden = {}
    for width in (1500, 1064, 760):
        made.resize(width, 200)
        made.show()
        hidden[width] = {column.key for at, column in enumerate(FULL) if made.isColumnHidden(at)}
        shown = sum(made.columnWidth(at) for at, column in enumerate(FULL) if not made.isColumnHidden(at))
        assert shown <= max(made.viewport().width(), 780)
    assert hidden[1500] == set() and SOURCE.key in hidden[1064]
    assert {"source", "commission", "tif"} <= hidden[760] and "filled" not in hidden[760]
    made.withhold("account", True)
    assert made.isColumnHidden(1)
    made.hide()


def test_beside_the_chain_a_spread_can_be_read_whole(dressed, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    made = OrderTable(COMPACT)
    qtbot.addWidget(made)
    made.resize(660, 120)  # the Trade room of a window of 1280
    made.show()
    room = made.columnWidth(0) - FIRST_PAD - PAD
    metrics = QFontMetrics(font(Text.TABLE, bold=True))
    assert metrics.horizontalAdvance("Sell 10 × SPY Dec 18 600/610 C") < room
    assert not any(made.isColumnHidden(at) for at, column in enumerate(COMPACT) if column.key in ("limit", "filled"))
    made.hide()


def test_a_held_key_cancels_once(table: OrderTable, qtbot: QtBot) -> None:
    table.setCurrentIndex(table.orders.index(2, 0))
    again = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "", True)
    QGuiApplication.sendEvent(table, again)
    assert table.wants == []  # type: ignore[attr-defined]
    assert replace(ROWS[2], acts=()).key == BUYS_CALLS.ref
