from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.expiries import Window
from ibdesk.ui.expiry.figures import ExpiryFigures
from tests.ui.expiry.sample import COVERED, EVERYTHING, FUTURE, INDEX, LONG_CALL, SHORT_PUT, board
from tests.ui.sample_desk import NOW


@pytest.fixture
def figures(dressed: QApplication, qtbot: QtBot) -> Iterator[ExpiryFigures]:
    made = ExpiryFigures()
    qtbot.addWidget(made)
    made.resize(1000, 90)
    yield made


def test_everything_is_added_up_by_currency_and_symbol(figures: ExpiryFigures) -> None:
    figures.show_board(board(*EVERYTHING), Window.MONTH, NOW)
    assert figures.ending.value.text() == "7" and figures.ending.sub.text() == "43 contracts · 2 short"
    assert figures.cash.value.text() == "−$255,000.00"
    assert "$86,412.37 there" in figures.cash.sub.text() and "1 not known" in figures.cash.sub.text()
    assert figures.shares.value.text() == "+1,500 AAPL" and figures.shares.sub.text() == "−200 MSFT"


def test_cash_that_comes_in_needs_none_that_is_there(figures: ExpiryFigures) -> None:
    figures.show_board(board(COVERED), Window.MONTH, NOW)
    assert figures.cash.value.text() == "+$90,000.00" and "there" not in figures.cash.sub.text()


def test_the_cut_off_counts_down_for_whom_it_concerns(figures: ExpiryFigures) -> None:
    figures.show_board(board(LONG_CALL), Window.TODAY, NOW)
    assert figures.cut_off.value.text() == "4 h 11 m"
    figures.show_board(board(LONG_CALL), Window.TODAY, NOW + timedelta(hours=5))
    assert figures.cut_off.sub.text() == "Past: call the broker"
    figures.show_board(board(SHORT_PUT, INDEX, FUTURE), Window.MONTH, NOW)
    assert figures.cut_off.value.text() == "—" and "No long positions" in figures.cut_off.sub.text()


def test_nothing_that_moves_is_said_as_nothing(figures: ExpiryFigures) -> None:
    figures.show_board(board(SHORT_PUT), Window.TODAY, NOW)
    assert figures.shares.value.text() == "None" and figures.cash.value.text() == "$0.00"
