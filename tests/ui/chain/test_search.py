"""The field waits until fingers rest, reads options as traders write them, and offers what a text could be."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import ContractMatch
from ibdesk.ui.chain.search import SymbolField, best_of, option_in


def match(symbol: str, *, months: tuple[str, ...] = (), conid: int = 1) -> ContractMatch:
    return ContractMatch(conid=Conid(conid), symbol=symbol, name=f"{symbol} INC", exchange="ARCA",
                         classes=(AssetClass.STOCK,), option_months=months)  # fmt: skip


@pytest.fixture
def field(dressed: QApplication) -> Iterator[SymbolField]:
    window = QWidget()
    made = SymbolField()
    QVBoxLayout(window).addWidget(made)
    window.show()
    window.activateWindow()
    made.setFocus()
    yield made
    made.shut()
    window.close()
    window.deleteLater()


@pytest.mark.parametrize("text", ["SPY 261218P570", "spy 261218p570", "SPY   261218P00570000", "SPY Dec18'26 570 P",
                                  "SPY 18DEC26 570 P", "SPY 12/18/26 570 P", "SPY 18DEC26 570P"])  # fmt: skip
def test_every_way_to_write_an_option_is_read(text: str) -> None:
    name = option_in(text)
    assert name is not None and name.root == "SPY" and name.terms.strike == 570


@pytest.mark.parametrize("text", ["SPY", "M2K", "3M Company", "7203", "20th Century Fox", "SPY 261399P570", ""])
def test_symbols_and_names_are_no_options(text: str) -> None:
    assert option_in(text) is None


def test_an_option_whose_day_is_in_doubt_is_refused_and_not_searched_for(field: SymbolField) -> None:
    with pytest.raises(Refused, match="12 November 2026"):
        option_in("SPY 12/11/26 570 P")
    asked: list[str] = []
    field.asked.connect(asked.append)
    QTest.keyClicks(field, "SPY 12/11/26 570 P")
    assert not field._pause.isActive() and asked == []


def test_enter_opens_the_exact_symbol_one_with_options_first() -> None:
    listed = match("SPY", months=("DEC26",), conid=2)
    assert best_of([match("SPYX"), match("SPY"), listed], "spy") is listed
    assert best_of([match("SPYX")], "spy") is not None and best_of([], "spy") is None


def test_typing_asks_after_a_rest_and_an_option_asks_nothing(field: SymbolField, qtbot: object) -> None:
    asked: list[str] = []
    field.asked.connect(asked.append)
    QTest.keyClicks(field, "apple")
    assert asked == [] and field._pause.isActive()
    field._pause.timeout.emit()
    assert asked == ["apple"]
    field.clear()
    QTest.keyClicks(field, "SPY 261218P570")
    assert not field._pause.isActive()


def test_an_offer_for_a_text_that_was_typed_over_is_dropped(field: SymbolField) -> None:
    QTest.keyClicks(field, "appl")
    field.offer("app", [match("AAPL")])
    assert field.offers == () and not field.popup.isVisible()
    field.offer("appl", [match("AAPL"), match("APPL", conid=2)])
    assert [each.symbol for each in field.offers] == ["AAPL", "APPL"] and field.popup.isVisible()
    field.offer("appl", [])
    assert not field.popup.isVisible()


def test_a_choice_of_the_list_is_told_as_the_contract(field: SymbolField) -> None:
    picked: list[ContractMatch] = []
    field.picked.connect(picked.append)
    QTest.keyClicks(field, "a")
    field.offer("a", [match("AAPL"), match("AMZN", conid=2)])
    QTest.keyClick(field.popup, Qt.Key.Key_Down)
    QTest.keyClick(field.popup, Qt.Key.Key_Down)
    QTest.keyClick(field.popup, Qt.Key.Key_Return)
    assert [each.symbol for each in picked] == ["AMZN"] and not field.popup.isVisible()


def test_the_key_that_leads_into_the_field_is_no_part_of_a_symbol(field: SymbolField) -> None:
    told: list[str] = []
    field.submitted.connect(told.append)
    field.setText("/spy")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert told == ["spy"]


def test_enter_submits_and_esc_closes_clears_and_goes_back(field: SymbolField) -> None:
    heard: list[str] = []
    field.submitted.connect(heard.append)
    field.left.connect(lambda: heard.append("left"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClicks(field, " spy ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert heard == ["spy", "left"] and field.text() == ""
