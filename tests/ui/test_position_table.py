"""The table of positions by real keys and clicks: selection, columns, copying, groups."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from ibdesk.ui.models.columns import FULL, OVERVIEW
from ibdesk.ui.pages.position_table import PositionTable
from ibdesk.ui.pages.totals_row import TotalsRow
from tests.ui.sample_book import many_rows, page


@pytest.fixture
def kept(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "tables.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def table(dressed: QApplication, kept: QSettings, qtbot: QtBot) -> Iterator[PositionTable]:
    made = PositionTable(FULL, "Test positions", kept, hidden=("conid", "bid"))
    qtbot.addWidget(made)
    made.resize(1200, 500)
    made.position_model.set_book(page().rows, "USD")
    with qtbot.waitExposed(made):
        made.show()
    yield made


def chosen(table: PositionTable) -> list[str]:
    return [row.position.instrument.label for row in table.chosen_rows()]


def titles(table: PositionTable) -> list[str]:
    return [column.title for column in table.shown_columns()]


def test_selection_and_scroll_survive_a_new_book(table: PositionTable) -> None:
    table.select_line(2)
    table.verticalScrollBar().setValue(60)
    table.position_model.set_book(page().rows, "USD")
    assert chosen(table) == ["MSFT"]
    assert table.verticalScrollBar().value() == 60


def test_selection_survives_a_position_that_vanishes(table: PositionTable) -> None:
    table.select_line(2)
    table.position_model.set_book(page().rows[1:], "USD")
    assert chosen(table) == ["MSFT"]
    assert table.currentIndex().row() == 1


def test_selection_moves_with_its_row_when_sorted(table: PositionTable) -> None:
    table.select_line(2)
    table.sortByColumn(FULL.index(next(c for c in FULL if c.key == "unrealized")), Qt.SortOrder.AscendingOrder)
    assert chosen(table) == ["MSFT"]


def test_arrows_move_and_ctrl_c_copies_with_headers(table: PositionTable, qtbot: QtBot) -> None:
    table.setFocus()
    table.select_line(0)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == titles(table)
    assert lines[1].startswith("NVDA\t")
    assert len(lines) == 2


def test_a_hidden_column_is_remembered_and_reset_brings_it_back(
    table: PositionTable, kept: QSettings, qtbot: QtBot
) -> None:
    assert "Conid" not in titles(table)
    table.set_shown("conid", True)
    table.set_shown("sector", False)
    again = PositionTable(FULL, "Test positions", kept, hidden=("conid", "bid"))
    qtbot.addWidget(again)
    assert "Conid" in titles(again)
    assert "Sector" not in titles(again)
    again.reset_layout()
    assert "Conid" not in titles(again)
    assert "Sector" in titles(again)


def test_two_tables_keep_their_columns_apart(table: PositionTable, kept: QSettings, qtbot: QtBot) -> None:
    table.set_shown("last", False)
    other = PositionTable(OVERVIEW, "Another table", kept)
    qtbot.addWidget(other)
    assert "Last" in titles(other)


def test_a_withheld_column_is_hidden_without_being_forgotten(table: PositionTable) -> None:
    assert "Account" in titles(table)
    table.withhold("account", True)
    assert "Account" not in titles(table)
    assert "Account" not in [action.text() for action in table.column_menu().actions()]
    table.withhold("account", False)
    assert "Account" in titles(table)


def test_the_chooser_ticks_what_is_shown_and_keeps_the_instrument(table: PositionTable) -> None:
    actions = {action.text(): action for action in table.column_menu().actions()}
    assert actions["Last"].isChecked()
    assert not actions["Conid"].isChecked()
    assert not actions["Instrument"].isEnabled()
    actions["Conid"].trigger()
    assert "Conid" in titles(table)


def test_the_chooser_shows_an_ampersand_as_such(table: PositionTable) -> None:
    texts = [action.text() for action in table.column_menu().actions()]
    assert "Unrealized P&&L" in texts


def test_enter_and_a_click_open_and_close_a_group(table: PositionTable, qtbot: QtBot) -> None:
    table.position_model.arrange(group="class")
    lines = table.position_model.rowCount()
    table.setFocus()
    table.setCurrentIndex(table.position_model.index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.position_model.rowCount() == lines - 1
    middle = table.visualRect(table.position_model.index(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert table.position_model.rowCount() == lines


def test_a_group_line_is_never_copied_as_a_position(table: PositionTable) -> None:
    table.position_model.arrange(group="class")
    table.selectAll()
    assert len(table.chosen_rows()) == len(page().rows)


def test_columns_keep_their_width_while_prices_move(table: PositionTable) -> None:
    header = table.horizontalHeader()
    before = [header.sectionSize(at) for at in range(header.count())]
    table.position_model.set_book(tuple(reversed(page().rows)), "USD")
    assert [header.sectionSize(at) for at in range(header.count())] == before


def test_every_number_fits_its_column(table: PositionTable) -> None:
    metrics = table.fontMetrics()
    for at, column in enumerate(table.position_model.columns):
        if table.isColumnHidden(at) or column.kind not in ("number", "gain"):
            continue
        for line in range(table.position_model.rowCount()):
            text = table.position_model.cell(line, at).text
            assert metrics.horizontalAdvance(text) < table.columnWidth(at), (column.key, text)


def test_the_menu_explains_copies_and_saves(table: PositionTable) -> None:
    table.select_line(0)
    menu = table._menu(QPoint(20, 10))
    names = [action.text() for action in menu.actions() if action.text()]
    assert names == ["Copy with headers", "Explain this number", "Save as CSV…", "Columns"]
    assert all(action.isEnabled() for action in menu.actions())


def test_totals_stand_under_the_table_and_are_spoken(table: PositionTable, qtbot: QtBot) -> None:
    totals = TotalsRow(table)
    qtbot.addWidget(totals)
    totals.read()
    assert totals.accessibleName().startswith(f"Total of {len(page().rows)} positions: Market value $")
    table.position_model.set_book(page().rows, "")
    assert "base currencies differ" in totals.accessibleName()


def test_only_lines_on_screen_are_asked_for_among_ten_thousand(table: PositionTable) -> None:
    table.position_model.set_book(many_rows(10_000), "USD")
    first, last = table.lines_on_screen()
    assert first == 0
    assert 5 < last < 60
    table.scrollToBottom()
    assert table.lines_on_screen()[1] == 9_999


def test_every_cell_is_painted_in_both_themes_and_every_state(table: PositionTable) -> None:
    table.position_model.arrange(group="currency")
    table.select_line(1)
    full = table.grab().toImage()
    table.position_model.set_dimmed(True)
    assert table.grab().toImage() != full


def test_enter_opens_the_menu_of_a_position_ready_for_its_first_act(table: PositionTable, qtbot: QtBot) -> None:
    pressed: list[str] = []
    table.entries_of = lambda row: (
        ("Roll…", lambda: pressed.append("roll"), "Nothing is held."),
        ("Close position…", lambda: pressed.append(row.position.instrument.symbol), ""),
    )
    table.setCurrentIndex(table.position_model.index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    menu = next(each for each in table.findChildren(QMenu) if each.isVisible())
    assert [action.isEnabled() for action in menu.actions()[:2]] == [False, True]
    assert menu.actions()[0].toolTip() == "Nothing is held."
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert pressed == [table.position_model.row_at(0).position.instrument.symbol]
