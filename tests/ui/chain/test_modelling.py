"""Our own figures are reckoned for what is on screen and lacks them, within what a frame allows."""

from collections.abc import Iterator
from decimal import Decimal
from time import perf_counter

import pytest
from PySide6.QtWidgets import QApplication

from ibdesk.domain.instruments import Conid
from ibdesk.ui.chain.modelling import Modeller
from ibdesk.ui.chain.table import ChainTable
from tests.ui.chain.sample import NOW, quote, rows


@pytest.fixture
def table(dressed: QApplication) -> Iterator[ChainTable]:
    made = ChainTable()
    made.resize(900, 800)
    made.chain.set_spot(Decimal(600))
    made.show()
    made.show_rows(rows(590, 610))
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def test_gaps_are_filled_and_the_volatility_at_the_money_is_told(table: ChainTable) -> None:
    heard: list[tuple[str, str]] = []
    modeller = Modeller(table, lambda: Decimal(600), lambda: NOW)
    modeller.told.connect(lambda text, tip: heard.append((text, tip)))
    table.chain.set_quotes(quote(conid, told=False) for row in table.chain.rows for conid in row.conids)
    modeller.reckon()
    assert heard[-1][0].startswith("IV ") and "model, European" in heard[-1][1] and modeller.named
    told = table.chain.figures_of(Conid(6001))
    assert told is not None and told.volatility is not None and told.delta is not None


def test_the_brokers_figures_need_no_model(table: ChainTable) -> None:
    heard: list[tuple[str, str]] = []
    modeller = Modeller(table, lambda: Decimal(600), lambda: NOW)
    modeller.told.connect(lambda text, tip: heard.append((text, tip)))
    table.chain.set_quotes(quote(conid) for row in table.chain.rows for conid in row.conids)
    modeller.reckon()
    assert heard == [("IV 17.4 %", "Implied volatility at the money, of call and put: as the broker tells it.")]
    assert modeller.named == "" and not table.chain.has_modelled


def test_asking_twice_reckons_once(table: ChainTable) -> None:
    modeller = Modeller(table, lambda: Decimal(600), lambda: NOW)
    modeller.ask()
    left = modeller._timer.remainingTime()
    modeller.ask()
    assert modeller._timer.isActive() and modeller._timer.remainingTime() <= left


def test_forty_rows_are_reckoned_within_a_frame(table: ChainTable) -> None:
    modeller = Modeller(table, lambda: Decimal(600), lambda: NOW)
    table.chain.set_quotes(quote(conid, told=False) for row in table.chain.rows for conid in row.conids)
    modeller.reckon()
    took = []
    for _ in range(5):
        began = perf_counter()
        modeller.reckon()
        took.append(perf_counter() - began)
    assert min(took) < 0.016
