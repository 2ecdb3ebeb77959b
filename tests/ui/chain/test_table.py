"""The table keeps a person's place while strikes come in, and drops quiet columns before it cuts a figure."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ibdesk.domain.instruments import Right
from ibdesk.domain.orders import Leg, Side
from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.chain.columns import COLUMNS, STRIKE, Field
from ibdesk.ui.chain.table import ChainTable
from tests.ui.chain.sample import option, quote, rows


@pytest.fixture
def table(dressed: QApplication) -> Iterator[ChainTable]:
    made = ChainTable()
    made.resize(900, 420)
    made.chain.set_spot(Decimal("600.4"))
    made.show()
    made.show_rows(rows())
    made.chain.set_quotes(quote(conid) for row in made.chain.rows for conid in row.conids)
    made.chain.show_changes()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def top(table: ChainTable) -> int:
    return int(table.chain.rows[table.rowAt(0)].strike)


def test_the_money_is_in_the_middle_and_under_the_mark(table: ChainTable) -> None:
    first, last = table.lines_on_screen()
    assert abs((first + last) / 2 - table.chain.spot_line) < 2
    assert table.marked_row is not None and table.marked_row.strike == 601 and table.marked_right is Right.CALL


def test_more_strikes_leave_the_money_where_it_is_until_the_person_moves(table: ChainTable) -> None:
    line = table.rowViewportPosition(table.chain.spot_line)
    table.show_rows(rows(570, 630))
    assert table.rowViewportPosition(table.chain.spot_line) == pytest.approx(line, abs=20)
    QTest.keyClick(table, Qt.Key.Key_PageUp)
    seen = top(table)
    table.show_rows(rows(540, 660))
    assert top(table) == seen and table.marked_row is not None


def test_home_comes_back_to_the_money(table: ChainTable) -> None:
    table.show_rows(rows(540, 660))
    for _ in range(3):
        QTest.keyClick(table, Qt.Key.Key_PageUp)
    assert table.marked_row is not None and table.marked_row.strike < 590
    QTest.keyClick(table, Qt.Key.Key_Home)
    assert table.marked_row.strike == 601


def test_quiet_columns_give_way_in_their_order(table: ChainTable) -> None:
    def hidden() -> set[Field]:
        return {COLUMNS[at].field for at in range(len(COLUMNS)) if table.isColumnHidden(at)}

    assert hidden() <= {Field.VOLUME}
    table.resize(700, 420)
    assert hidden() == {Field.VOLUME, Field.LAST}
    table.resize(500, 420)
    assert hidden() == {Field.VOLUME, Field.LAST, Field.INTEREST}
    widths = sum(table.columnWidth(at) for at in range(len(COLUMNS)) if not table.isColumnHidden(at))
    assert widths <= max(table.viewport().width(), 520)


def test_a_press_that_slides_to_another_cell_is_no_press(table: ChainTable) -> None:
    heard: list[tuple[object, object]] = []
    table.leg_wanted.connect(lambda instrument, side: heard.append((instrument, side)))
    ask = next(at for at, each in enumerate(COLUMNS) if each.side is Side.BUY)
    here = table.visualRect(table.chain.index(table.chain.spot_line, ask)).center()
    QTest.mousePress(table.viewport(), Qt.MouseButton.LeftButton, pos=here)
    QTest.mouseRelease(table.viewport(), Qt.MouseButton.LeftButton, pos=here + QPoint(0, 60))
    assert heard == []
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=here)
    assert heard == [(option(601, Right.CALL), Side.BUY)]


def test_slash_searches_digits_choose_and_shortcuts_pass_by(table: ChainTable) -> None:
    heard: list[object] = []
    table.search_wanted.connect(lambda: heard.append("search"))
    table.expiry_wanted.connect(heard.append)
    table.leg_wanted.connect(lambda *leg: heard.append(leg))
    QTest.keyClick(table, Qt.Key.Key_Slash)
    QTest.keyClick(table, Qt.Key.Key_3)
    QTest.keyClick(table, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(table, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["search", 2]


def test_the_strike_itself_buys_and_sells_nothing(table: ChainTable) -> None:
    heard: list[object] = []
    table.leg_wanted.connect(lambda *leg: heard.append(leg))
    table.setCurrentIndex(table.chain.index(3, STRIKE))
    for key in (Qt.Key.Key_B, Qt.Key.Key_S, Qt.Key.Key_Return):
        QTest.keyClick(table, key)
    assert heard == []


@pytest.mark.parametrize("name", [ThemeName.DARK, ThemeName.LIGHT])
def test_a_leg_the_price_and_old_figures_can_be_told_apart_by_eye(
    table: ChainTable, dressed: QApplication, name: ThemeName
) -> None:
    theme.change(dressed, name=name)
    plain = table.viewport().grab().toImage()
    table.chain.set_legs([Leg(instrument=option(600, Right.PUT), side=Side.SELL)])
    legs = table.viewport().grab().toImage()
    table.chain.set_legs([Leg(instrument=option(600, Right.PUT), side=Side.BUY)])
    bought = table.viewport().grab().toImage()
    table.chain.set_dimmed(True)
    dim = table.viewport().grab().toImage()
    table.chain.set_spot(Decimal("596.5"))
    moved = table.viewport().grab().toImage()
    pictures: list[QImage] = [plain, legs, bought, dim, moved]
    assert all(one != other for at, one in enumerate(pictures) for other in pictures[at + 1 :])
