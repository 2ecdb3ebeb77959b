"""The table's model: lines that come, go, move and stay, and what other programs get of them."""

import csv
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from ibdesk.domain.orders import Order, OrderId, OrderState
from ibdesk.ui.orders.columns import COMPACT, FULL, LAST, ORDER
from ibdesk.ui.orders.model import OrdersModel
from ibdesk.ui.orders.rows import Act, OrderRow
from tests.ui.orders.bench import quotes
from tests.ui.orders.sample import BUYS_CALLS, FROM_ELSEWHERE, IS_ASKED, IS_FILLED, NOW, SELLS_SHARES

MORE = Qt.ItemDataRole.AccessibleTextRole


def rows(*orders: Order) -> list[OrderRow]:
    return [OrderRow(order=each, acts=(Act.CHANGE, Act.CANCEL)) for each in orders]


@pytest.fixture
def model(dressed) -> OrdersModel:  # type: ignore[no-untyped-def]
    made = OrdersModel(COMPACT)
    made.tester = QAbstractItemModelTester(made)  # type: ignore[attr-defined]
    made.show(rows(SELLS_SHARES, BUYS_CALLS), quotes(), NOW)
    return made


def line(model: OrdersModel, number: int) -> list[str]:
    return [model.text(number, at) for at in range(model.columnCount() - 1)]


def test_a_line_says_everything_about_an_order(model: OrdersModel) -> None:
    assert line(model, 0) == [
        "Sell 100 × NVDA", "Partially filled", "40 / 100", "142.70", "142.65", "11 m",
    ]
    assert line(model, 1) == ["Buy 5 × AAPL Jan 15 240 C", "Submitted", "0 / 5", "6.10", "6.22", "4 m"]


def test_an_order_of_which_the_broker_told_no_contract_is_called_by_its_label(model: OrdersModel) -> None:
    model.show(rows(replace(FROM_ELSEWHERE, legs=(), label="ZZZ Jan27")), {}, NOW)
    assert model.text(0, 0) == "5 × ZZZ Jan27" and model.text(0, COMPACT.index(LAST)) == "—"
    model.show([replace(rows(SELLS_SHARES)[0], is_cancelling=True)], {}, NOW)
    assert model.text(0, 1) == "Cancelling…"


def test_exits_stay_with_their_order_however_the_table_is_sorted(model: OrdersModel) -> None:
    exit_ = replace(BUYS_CALLS, ref=None, id=OrderId("9"), parent=SELLS_SHARES.ref, quantity=Decimal(900))
    model.show(rows(BUYS_CALLS, exit_, SELLS_SHARES), quotes(), NOW)
    for at, order in ((-1, Qt.SortOrder.AscendingOrder), (0, Qt.SortOrder.AscendingOrder),
                      (0, Qt.SortOrder.DescendingOrder)):  # fmt: skip
        model.sort(at, order)
        found = [model.row(each) for each in range(3)]
        place = next(number for number, row in enumerate(found) if row.order is SELLS_SHARES)
        assert found[place + 1].order is exit_ and found[place + 1].is_below
    assert model.data(model.index(place + 1, 0), MORE).endswith("exit of the order above")


def test_lines_come_go_and_move_and_the_selected_one_goes_with_its_order(model: OrdersModel) -> None:
    kept = QPersistentModelIndex(model.index(1, 0))
    model.show(rows(IS_ASKED, BUYS_CALLS, SELLS_SHARES, FROM_ELSEWHERE), quotes(), NOW)
    assert kept.row() == 1 and model.row(1).order is BUYS_CALLS
    model.show(rows(SELLS_SHARES, BUYS_CALLS), quotes(), NOW)
    assert kept.row() == 1 and model.rowCount() == 2
    model.show(rows(SELLS_SHARES), quotes(), NOW)
    assert not kept.isValid()


def test_an_order_that_is_told_its_id_stays_the_same_line(model: OrdersModel) -> None:
    model.show(rows(IS_ASKED), quotes(), NOW)
    kept = QPersistentModelIndex(model.index(0, 0))
    model.show(rows(replace(IS_ASKED, id=BUYS_CALLS.id, state=OrderState.WORKING)), quotes(), NOW)
    assert kept.row() == 0 and model.text(0, 1) == "Submitted"


def test_only_what_reads_differently_is_painted_anew(model: OrdersModel) -> None:
    for number in range(2):  # as a view does before anything can read differently
        line(model, number)
    painted = QSignalSpy(model.dataChanged)
    model.show_age(NOW + timedelta(seconds=20))
    assert painted.count() == 0
    model.show_age(NOW + timedelta(seconds=60))
    assert painted.count() == 2
    moved = quotes()
    conid = SELLS_SHARES.legs[0].instrument.conid
    moved[conid] = replace(moved[conid], last=moved[conid].last + 1)  # type: ignore[operator]
    model.show_prices(moved)
    assert painted.count() == 3 and model.text(0, COMPACT.index(LAST)) == "143.65"
    model.visible = lambda: (0, -1)
    model.show_prices(quotes())
    assert painted.count() == 3 and model.text(0, COMPACT.index(LAST)) == "142.65"


def test_a_column_sorts_and_the_unknown_comes_last(model: OrdersModel) -> None:
    model.show(rows(replace(SELLS_SHARES, limit=None), IS_FILLED, BUYS_CALLS), quotes(), NOW)
    limit = [column.key for column in COMPACT].index("limit")
    model.sort(limit, Qt.SortOrder.AscendingOrder)
    assert [model.text(at, limit) for at in range(3)] == ["6.10", "601.00", "Limit"]
    model.sort(limit, Qt.SortOrder.DescendingOrder)
    assert [model.text(at, limit) for at in range(3)] == ["601.00", "6.10", "Limit"]
    model.sort(-1)
    assert model.row(0).order.legs == SELLS_SHARES.legs


def test_other_programs_get_bare_numbers_and_no_formulas(dressed) -> None:  # type: ignore[no-untyped-def]
    made = OrdersModel(FULL)
    nasty = replace(FROM_ELSEWHERE, legs=(), label="=1+1")
    made.show(rows(SELLS_SHARES, nasty), quotes(), NOW)
    head, first, second = csv.reader(made.csv().splitlines())
    told = dict(zip(head, first, strict=True))
    assert (told["Filled"], told["Limit"], told["Avg price"], told["Age"]) == ("40", "142.70", "142.72", "660")
    assert told["Our id"] == "ibdesk-shares" and told["Placed, UTC"] == SELLS_SHARES.at.isoformat()
    assert dict(zip(head, second, strict=True))["Placed with"] == "elsewhere"
    assert not any(cell.startswith("=") for cell in second)
    assert made.tabs([0]).splitlines()[1].startswith("Sell 100 × NVDA\t")


def test_a_screen_reader_hears_what_the_signs_and_colours_mean(dressed) -> None:  # type: ignore[no-untyped-def]
    made = OrdersModel(COMPACT)
    made.show(rows(FROM_ELSEWHERE), quotes(), NOW)
    assert made.data(made.index(0, COMPACT.index(ORDER)), MORE) == "Buy 5 × AAPL, elsewhere"
    assert made.data(made.index(0, 1), MORE) == "Status Submitted"
    assert made.data(made.index(0, made.columnCount() - 1), MORE) == "change cancel"
    assert "good until cancelled · also outside" in made.data(made.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert made.data(made.index(0, 1), Qt.ItemDataRole.ToolTipRole) == "It works at the exchange."
