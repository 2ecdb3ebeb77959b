"""The positions model: what it lists, in which order, and how quotes arrive in it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.ui.models.columns import (
    DAILY,
    FULL,
    LAST,
    MARKET_VALUE,
    NOTIONAL,
    OVERVIEW,
    PARTIAL,
    UNREALIZED,
)
from ibdesk.ui.models.positions import READING_S, PositionModel
from tests.ui.sample_book import MAIN, NOW, SECOND, many_rows, page

AAPL, ES, CFD, LEGACY = Conid(265598), Conid(495512), Conid(120550), Conid(990002)


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def model(dressed: QApplication, seconds: Seconds) -> Iterator[PositionModel]:
    made = PositionModel(FULL, clock=seconds)
    made.visible = lambda: (0, made.rowCount() - 1)
    made.set_book(page().rows, "USD")
    yield made
    made.deleteLater()


def line_of(model: PositionModel, conid: Conid) -> int:
    return next(
        line for line in range(model.rowCount())
        if (row := model.row_at(line)) is not None and row.position.instrument.conid == conid
    )


def text(model: PositionModel, conid: Conid, column: object) -> str:
    return model.cell(line_of(model, conid), model.columns.index(column)).text  # type: ignore[arg-type]


def listed(model: PositionModel) -> list[str]:
    return [model.cell(line, 0).text for line in range(model.rowCount())]


def quote(conid: Conid, last: str, daily: str = "1.00") -> Quote:
    price = Decimal(last)
    return Quote(conid=conid, received_at=NOW, last=price, bid=price, ask=price, daily_pnl=Decimal(daily))


def test_qt_finds_nothing_wrong_with_the_model(model: PositionModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)


def test_every_column_shows_the_brokers_figures_as_people_write_them(model: PositionModel) -> None:
    line = line_of(model, AAPL)
    shown = {column.key: model.cell(line, at).text for at, column in enumerate(model.columns)}
    assert shown["instrument"] == "AAPL"
    assert shown["quantity"] == "420"
    assert shown["last"] == "231.44"
    assert shown["market_value"] == "97,204.80"
    assert shown["unrealized"] == "+18,530.40"
    assert shown["percent"] == "+23.55 %"
    assert shown["daily"] == "+612.10"
    assert shown["conid"] == "265598"


def test_a_future_has_notional_and_no_value(model: PositionModel) -> None:
    assert text(model, ES, MARKET_VALUE) == "—"
    assert text(model, ES, NOTIONAL) == "601,250.00"


def test_a_cfd_is_worth_its_unrealized_profit_in_its_own_currency(model: PositionModel) -> None:
    assert text(model, CFD, MARKET_VALUE) == "€401.10"


def test_what_the_broker_did_not_report_is_a_dash_never_zero(model: PositionModel) -> None:
    shown = [model.cell(line_of(model, LEGACY), model.columns.index(each)).text for each in (LAST, UNREALIZED, DAILY)]
    assert shown == ["—", "—", "—"]


def test_totals_are_in_base_currency_and_leave_notional_out(model: PositionModel) -> None:
    totals = model.totals()
    rows = page().rows
    expected = sum((row.base_value for row in rows if row.base_value is not None), Decimal(0))
    assert totals.texts["value"][0] == f"${expected:,.2f}{PARTIAL}"  # one position has no value
    assert "notional" not in totals.texts
    assert NOTIONAL.total == ""


def test_a_sum_that_lacks_a_row_is_marked_and_a_whole_one_is_not(model: PositionModel) -> None:
    assert model.totals().is_partial
    whole = tuple(row for row in page().rows if None not in (row.base_value, row.base_unrealized, row.base_daily))
    model.set_book(tuple(replace(row, position=replace(row.position, realized=Decimal(0))) for row in whole), "USD")
    assert not model.totals().is_partial
    without_rate = replace(whole[0], rate=None)
    model.set_book((without_rate, *whole[1:]), "USD")
    assert model.totals().texts["value"][0].endswith(PARTIAL)


def test_every_column_that_names_a_total_has_one(model: PositionModel) -> None:
    row = page().rows[0]
    euros = replace(row, position=replace(row.position, realized=Decimal("-200")), rate=Decimal("1.25"))
    model.set_book((euros, *page().rows[1:]), "USD")
    totals = model.totals().texts
    assert totals["realized"] == ("\u2212$250.00" + PARTIAL, -1)
    assert {column.total for column in FULL if column.total} == set(totals)


def test_different_base_currencies_are_not_summed(model: PositionModel) -> None:
    model.set_book(page().rows, "")
    assert model.totals().texts == {}
    assert model.totals().count == len(page().rows)


@pytest.mark.parametrize("descending", [False, True])
def test_numbers_sort_as_numbers_and_unknown_ones_come_last(model: PositionModel, descending: bool) -> None:
    model.arrange(sort="unrealized", descending=descending)
    rows = [model.row_at(line) for line in range(model.rowCount())]
    values = [row.position.unrealized for row in rows if row is not None]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=descending)
    assert values[-1] is None


def test_a_click_on_a_header_sorts_and_a_cleared_one_restores_the_books_order(model: PositionModel) -> None:
    before = listed(model)
    model.sort(model.columns.index(UNREALIZED), Qt.SortOrder.DescendingOrder)
    assert listed(model) != before
    model.sort(-1)
    assert listed(model) == before


def test_the_quick_filter_keeps_its_classes(model: PositionModel) -> None:
    model.arrange(quick="Options")
    rows = [model.row_at(line) for line in range(model.rowCount())]
    kinds = {row.position.instrument.asset_class.value for row in rows if row is not None}
    assert kinds == {"OPT", "FOP", "WAR"}


def test_words_find_symbol_name_class_and_conid(model: PositionModel) -> None:
    for words, wanted in (("toyota", "7203"), ("bond us-t", "US-T 4.25 11/34"), ("479624", "BTC")):
        model.arrange(words=words)
        assert listed(model) == [wanted]


def test_a_group_has_its_line_its_count_and_its_sum(model: PositionModel) -> None:
    model.arrange(group="class")
    line = listed(model).index("Stocks · 7")
    assert model.row_at(line) is None
    assert model.cell(line, model.columns.index(MARKET_VALUE)).text.startswith("$")
    assert model.count() == len(page().rows)


def test_a_closed_group_hides_its_rows_and_keeps_them_in_the_total(model: PositionModel) -> None:
    model.arrange(group="class")
    whole, lines = model.totals(), model.rowCount()
    model.toggle(listed(model).index("Stocks · 7"))
    assert model.rowCount() == lines - 7
    assert model.totals() == whole


def test_a_quote_is_shown_one_frame_later_and_the_row_stays_where_it_is(model: PositionModel) -> None:
    model.arrange(sort="last", descending=True)
    before = listed(model)
    model.cell(line_of(model, AAPL), model.columns.index(LAST))
    model.set_quotes([quote(AAPL, "9999.25", "5.50")])
    assert text(model, AAPL, LAST) == "231.44"
    model.show_changes()
    assert text(model, AAPL, LAST) == "9,999.25"
    assert text(model, AAPL, DAILY) == "+5.50"
    assert listed(model) == before


def test_the_newest_of_many_quotes_wins_and_one_range_is_repainted(model: PositionModel) -> None:
    ranges: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom, _roles: ranges.append((top.row(), bottom.row())))
    model.cell(0, model.columns.index(LAST))
    model.set_quotes([quote(AAPL, str(price)) for price in range(1, 1001)])
    model.show_changes()
    assert text(model, AAPL, LAST) == "1,000.00"
    assert set(ranges) == {(line_of(model, AAPL),) * 2}
    # Last, bid and ask are neighbours; the day's P&L stands apart: two rectangles.
    assert len(ranges) == 2


def test_a_figure_changes_no_faster_than_it_can_be_read(model: PositionModel, seconds: Seconds) -> None:
    model.cell(line_of(model, AAPL), model.columns.index(LAST))
    model.set_quotes([quote(AAPL, "1")])
    model.show_changes()
    seconds.now += READING_S / 2
    model.set_quotes([quote(AAPL, "2")])
    model.show_changes()
    assert text(model, AAPL, LAST) == "1.00"
    seconds.now += READING_S
    model.show_changes()
    assert text(model, AAPL, LAST) == "2.00"


def test_a_changed_figure_flashes_and_fades(model: PositionModel, seconds: Seconds) -> None:
    line, column = line_of(model, AAPL), model.columns.index(LAST)
    model.cell(line, column)
    model.set_quotes([quote(AAPL, "300")])
    model.show_changes()
    strengths = []
    for _ in range(4):
        strengths.append(model.flash(line, column))
        seconds.now += 0.2
        model.show_changes()
    assert strengths[0] == 1.0
    assert strengths == sorted(strengths, reverse=True)
    assert model.flash(line, column) == 0.0


def test_an_unchanged_figure_does_not_flash(model: PositionModel) -> None:
    line, column = line_of(model, AAPL), model.columns.index(LAST)
    model.cell(line, column)
    model.set_quotes([quote(AAPL, "231.44", "612.10")])
    model.show_changes()
    assert model.flash(line, column) == 0.0


def test_rows_nobody_sees_are_right_when_they_are_scrolled_to(model: PositionModel) -> None:
    line = line_of(model, AAPL)
    model.cell(line, model.columns.index(LAST))
    model.visible = lambda: (line + 1, line + 3)
    model.set_quotes([quote(AAPL, "777")])
    model.show_changes()
    assert text(model, AAPL, LAST) == "777.00"


def test_the_frame_comes_by_itself_and_sleeps_when_nothing_changes(model: PositionModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.dataChanged, timeout=20_000):
        model.cell(line_of(model, AAPL), model.columns.index(LAST))
        model.set_quotes([quote(AAPL, "1")])
    assert text(model, AAPL, LAST) == "1.00"


def test_a_new_book_with_the_same_rows_moves_what_was_held_with_its_row(model: PositionModel) -> None:
    held = [model.index(line_of(model, AAPL), 0)]
    kept = QPersistentModelIndex(held[0])
    model.set_book(tuple(reversed(page().rows)), "USD")
    assert kept.isValid()
    assert kept.row() == line_of(model, AAPL) == model.rowCount() - 1 - held[0].row()


def test_a_vanished_position_leaves_the_table(model: PositionModel) -> None:
    model.set_book(tuple(row for row in page().rows if row.position.instrument.conid != AAPL), "USD")
    assert "AAPL" not in listed(model)


def test_quotes_survive_the_next_book(model: PositionModel) -> None:
    model.set_quotes([quote(AAPL, "555")])
    model.set_book(page().rows, "USD")
    assert text(model, AAPL, LAST) == "555.00"


def test_the_same_instrument_in_two_accounts_is_two_rows(model: PositionModel) -> None:
    model.set_book((*page(MAIN).rows, *page(SECOND).rows), "USD")
    model.arrange(words="aapl stk")
    assert model.rowCount() == 2


def test_a_doubtful_day_pnl_is_a_dash_that_explains_itself_and_is_not_summed(model: PositionModel) -> None:
    rows = page().rows
    before = model.totals().texts["daily"]
    model.set_book(rows, "USD", frozenset({rows[0].position.key}))
    model.set_quotes([quote(AAPL, "300", "612.10")])
    model.show_changes()
    assert text(model, AAPL, DAILY) == "—"
    assert text(model, AAPL, LAST) == "300.00"
    assert "session's account" in model.index(0, model.columns.index(DAILY)).data(Qt.ItemDataRole.ToolTipRole)
    assert model.totals().texts["daily"] != before


def test_screen_readers_hear_the_columns_name(model: PositionModel) -> None:
    index = model.index(line_of(model, AAPL), model.columns.index(UNREALIZED))
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Unrealized P&L: +18,530.40"


def test_ten_thousand_rows_are_listed_and_only_cells_asked_for_are_formatted(dressed: QApplication) -> None:
    asked = 0

    def counting(row: object) -> str:
        nonlocal asked
        asked += 1
        return "x"

    model = PositionModel((replace(LAST, text=counting), *OVERVIEW[:3]))
    model.set_book(many_rows(10_000), "USD")
    assert model.rowCount(QModelIndex()) == 10_000
    for line in range(20):
        model.cell(line, 0)
    assert asked == 20
