"""The live table's model: what it lists, and that a moving book costs only what moved."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester

from ibdesk.domain.instruments import Conid
from ibdesk.domain.pnl import PnlBook, PnlKey, PnlRow
from ibdesk.ui import format as fmt
from ibdesk.ui.models.live import LiveModel
from ibdesk.ui.models.live_columns import (
    COMMISSION,
    LIVE,
    REALIZED,
    TOLD,
    TOTAL,
    UNREALIZED,
    VALUE,
    LiveColumn,
    as_csv,
    as_tabs,
    tip_of,
)
from ibdesk.ui.models.positions import READING_S
from tests.ui.live.sample import AAPL, ES, KO, SIE, VOD, fill, many, moved, row, sample_book, told
from tests.ui.sample_book import EUR, MAIN, NOW, SECOND, USD
from tests.ui.test_positions import Seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def model(dressed: QApplication, seconds: Seconds) -> Iterator[LiveModel]:
    made = LiveModel(LIVE, clock=seconds)
    made.visible = lambda: (0, made.rowCount() - 1)
    made.set_bases({MAIN: USD, SECOND: USD})
    made.set_now(NOW + timedelta(seconds=1))
    made.choose_account(MAIN)
    made.show_rows(sample_book().rows)
    yield made
    made.deleteLater()


def text(model: LiveModel, conid: Conid, column: LiveColumn) -> str:
    line = model.line_of((MAIN, conid))
    assert line is not None
    return model.cell(line, LIVE.index(column)).text


class Ranges:
    """Notes which ranges were told to have changed."""

    def __init__(self, model: LiveModel) -> None:
        self.told: list[tuple[int, int]] = []
        model.dataChanged.connect(self._take)

    def _take(self, first: QModelIndex, last: QModelIndex) -> None:
        self.told.append((first.row(), last.row()))


def test_qt_finds_nothing_wrong_with_the_model(model: LiveModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)


def test_the_brokers_figures_are_written_as_people_write_them(model: LiveModel) -> None:
    line = model.line_of((MAIN, AAPL))
    assert line is not None
    shown = {column.key: model.cell(line, at).text for at, column in enumerate(LIVE)}
    assert shown == {
        "instrument": "AAPL", "account": "DU7654321", "quantity": "420", "average_cost": "187.32",
        "unrealized": "+18,530.40", "realized": "+200.50", "total": "+18,730.90", "daily": "+612.10",
        "value": "1,000.00", "commission": "2.10", "told": "now",
    }
    assert model.cell(line, LIVE.index(UNREALIZED)).sign == 1


def test_a_foreign_amount_carries_its_currency_and_the_unknown_is_a_dash(model: LiveModel) -> None:
    assert text(model, SIE, UNREALIZED) == "+€2,911.20"
    assert text(model, VOD, UNREALIZED) == text(model, VOD, TOTAL) == "—"
    assert text(model, ES, VALUE) == "—"  # a future's is a notional


def test_what_was_closed_today_stays_with_what_it_realised(model: LiveModel) -> None:
    assert (text(model, KO, REALIZED), text(model, KO, TOTAL)) == ("−33.00", "−33.00")


def test_a_row_that_waits_for_a_commission_says_so(model: LiveModel, seconds: Seconds) -> None:
    seconds.now += 1
    book = sample_book().traded([fill(AAPL, "09.01.01", paid=None), fill(SIE, "08.01.01", paid=None)])
    model.show_rows(book.rows)
    assert (text(model, SIE, REALIZED), text(model, SIE, COMMISSION)) == ("waiting", "waiting")
    assert (text(model, AAPL, REALIZED), text(model, AAPL, TOTAL)) == ("+200.50*", "+18,730.90*")
    assert tip_of(row(book, SIE), REALIZED, model.around).startswith("Waits for a commission report")


def test_a_hover_tells_who_told_a_figure_and_when(model: LiveModel) -> None:
    book, at = sample_book(), fmt.clock(NOW)
    assert tip_of(row(book, AAPL), VALUE, model.around) == f"Told by TWS {at} (reqPnLSingle)"
    assert tip_of(row(book, SIE), UNREALIZED, model.around) == f"In EUR\nTold by TWS {at} (reqPnLSingle)"
    assert tip_of(row(book, KO), REALIZED, model.around).endswith("Told by TWS with each print")
    assert tip_of(row(book, VOD), VALUE, model.around).endswith("Nobody told it yet")


def draw_all(model: LiveModel) -> None:
    """As the view does it: every cell is asked for once."""
    for line in range(model.rowCount()):
        for column in range(len(LIVE)):
            model.cell(line, column)


def test_a_change_formats_and_repaints_only_what_moved(model: LiveModel, seconds: Seconds) -> None:
    draw_all(model)
    ranges, news = Ranges(model), []
    model.changed.connect(lambda rows: news.extend(each.key for each in rows))
    seconds.now += 1
    model.show_rows(replace_rows(model, SIE, "3001.00"))
    line = model.line_of((MAIN, SIE))
    assert ranges.told == [(line, line)] and news == [(MAIN, SIE)]
    assert text(model, SIE, UNREALIZED) == "+€3,001.00"
    assert model.flash(line or 0, LIVE.index(UNREALIZED)) == 1.0
    assert model.flash(line or 0, LIVE.index(VALUE)) == 0.0
    seconds.now += 1
    assert model.flash(line or 0, LIVE.index(UNREALIZED)) == 0.0


def replace_rows(model: LiveModel, conid: Conid, unrealized: str) -> dict[PnlKey, PnlRow]:
    """The drawn rows with one figure told anew; every other row is the same object."""
    rows = {each.key: each for each in model.rows()}
    key = (MAIN, conid)
    rows[key] = replace(rows[key], told=told(conid, unrealized))
    return rows


def test_figures_are_drawn_at_most_ten_times_a_second_and_the_last_one_wins(
    model: LiveModel, seconds: Seconds
) -> None:
    seconds.now += 1
    drawn = Ranges(model)
    for at in range(50):
        seconds.now += READING_S / 25
        model.show_rows(replace_rows(model, AAPL, f"{at}.00"))
    assert len(drawn.told) <= 3
    seconds.now += READING_S
    model.draw()
    assert text(model, AAPL, UNREALIZED) == "+49.00"


def test_a_tick_moves_no_line_and_a_click_sorts_with_the_unknown_last(model: LiveModel, seconds: Seconds) -> None:
    at = LIVE.index(UNREALIZED)
    model.sort(at, Qt.SortOrder.DescendingOrder)
    order = [key[1] for key in model.listed()]
    assert order[0] == AAPL and order[-1] == VOD
    keeper = QPersistentModelIndex(model.index(order.index(SIE), 0))
    seconds.now += 1
    model.show_rows(replace_rows(model, SIE, "999999"))
    assert [key[1] for key in model.listed()] == order
    model.sort(at, Qt.SortOrder.DescendingOrder)
    assert model.listed()[0][1] == SIE and keeper.row() == 0


def test_ages_count_on_and_only_those_that_read_differently_are_drawn(model: LiveModel) -> None:
    draw_all(model)
    ranges = Ranges(model)
    model.set_now(NOW + timedelta(seconds=2.5))
    assert ranges.told == []
    model.set_now(NOW + timedelta(seconds=75))
    assert text(model, SIE, TOLD) == "1 min" and ranges.told


def test_everything_is_pale_while_the_line_is_down_and_the_untold_while_it_is_restored(model: LiveModel) -> None:
    lines = range(model.rowCount())
    model.set_line(is_alive=False, believed_since=None)
    assert all(model.is_pale(line) for line in lines)
    model.set_line(is_alive=True, believed_since=NOW + timedelta(seconds=1))
    aapl = model.line_of((MAIN, AAPL)) or 0
    assert model.is_pale(aapl)
    assert model.data(model.index(aapl, 4), Qt.ItemDataRole.AccessibleTextRole).endswith(", old")
    model.set_line(is_alive=True, believed_since=NOW)
    assert not any(model.is_pale(line) for line in lines)


def test_a_position_that_comes_or_goes_is_listed_anew(model: LiveModel, seconds: Seconds) -> None:
    before = model.rowCount()
    seconds.now += 1
    book = sample_book().moved([moved(Conid(77), "5"), moved(VOD, "0", None)])
    model.show_rows(book.rows)
    assert model.rowCount() == before
    assert model.line_of((MAIN, VOD)) is None and model.line_of((MAIN, Conid(77))) is not None
    model.choose_account(None)
    assert model.rowCount() == before + 1
    seconds.now += 1
    model.show_rows({})
    assert model.rowCount() == 0


def test_a_frame_of_ten_thousand_rows_touches_only_those_on_screen(dressed: QApplication, seconds: Seconds) -> None:
    model = LiveModel(LIVE, clock=seconds)
    model.visible = lambda: (100, 130)
    book = many(10_000)
    model.show_rows(book.rows)
    for line in range(100, 131):
        for column in range(len(LIVE)):
            model.cell(line, column)
    ranges = Ranges(model)
    seconds.now += 1
    model.show_rows(book.moved(told(Conid(1_000_000 + at), "1") for at in range(0, 10_000, 10)).rows)
    assert ranges.told == [(100, 130)]
    assert len(model._cells) <= 31
    model.deleteLater()


def test_rows_are_copied_and_saved_with_bare_numbers(model: LiveModel) -> None:
    book = sample_book()
    head, line, _ = as_tabs([row(book, SIE)], LIVE).split("\n")
    cells = dict(zip(head.split("\t"), line.split("\t"), strict=True))
    assert (cells["Unrealized"], cells["Today"], cells["Currency"]) == ("2911.20", "-96.40", EUR)
    assert cells["Told"] == NOW.isoformat()
    empty = dict(zip(head.split("\t"), as_csv([row(book, VOD)], LIVE).splitlines()[1].split(","), strict=True))
    assert empty["Unrealized"] == "" and empty["Commission"] == ""


def test_the_empty_book_is_an_empty_table(dressed: QApplication) -> None:
    model = LiveModel(LIVE)
    model.show_rows(PnlBook().rows)
    assert model.rowCount() == 0
    model.deleteLater()
