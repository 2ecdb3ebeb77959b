"""The Portfolio room: searching, grouping, explaining, saving, and both accounts at once."""

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Refused
from ibdesk.domain.portfolio import AccountPage
from ibdesk.services.desk import Desk
from ibdesk.ui.models.columns import LAST, UNREALIZED
from ibdesk.ui.pages.explain import Explanation, facts_of
from ibdesk.ui.pages.export import write_csv
from ibdesk.ui.pages.portfolio import Portfolio, build
from tests.ui.conftest import Run
from tests.ui.sample_book import EUR, MAIN, SECOND, page
from tests.ui.sample_rooms import bridge_to, room_desk
from tests.ui.test_dashboard import frames


class Room:
    """A portfolio on screen."""

    def __init__(self, desk: Desk, chosen: AccountId | None, qtbot: QtBot) -> None:
        self.desk, self.bridge = desk, bridge_to(desk, chosen)
        made = build(desk, self.bridge)
        assert isinstance(made, Portfolio)
        self.page = made
        qtbot.addWidget(made)
        made.resize(1104, 700)

    async def open(self) -> Portfolio:
        self.page.show()
        await frames()
        return self.page

    async def close(self) -> None:
        self.page.hide()
        await self.desk.tasks.close()


def room(qtbot: QtBot, *pages: AccountPage, chosen: AccountId | None = MAIN) -> Room:
    return Room(room_desk(*pages), chosen, qtbot)


def test_typing_narrows_the_table_and_show_all_brings_everything_back(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        qtbot.keyClicks(shown.words, "siemens")
        await frames(10)
        assert shown.positions.count.text() == "2 of 20"
        qtbot.keyClicks(shown.words, " nowhere")
        await frames(10)
        assert shown.positions._empty.isVisible()
        qtbot.mouseClick(shown.positions._empty.button, Qt.MouseButton.LeftButton)
        await frames(10)
        assert shown.words.text() == ""
        assert shown.positions.count.text() == "20"
        await made.close()

    run(journey())


def test_the_account_column_appears_only_with_several_accounts(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND))
        shown = await made.open()
        assert "account" not in {column.key for column in shown.positions.table.shown_columns()}
        made.bridge.select(None)
        assert "account" in {column.key for column in shown.positions.table.shown_columns()}
        assert shown.positions.count.text() == "23"
        assert shown.cash.table.horizontalHeaderItem(0).text() == "Account"
        await made.close()

    run(journey())


def test_different_base_currencies_are_told_beside_the_table(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND, currency=EUR), chosen=None)
        shown = await made.open()
        assert shown.note.text().startswith("No sum: base currencies differ")
        assert shown.positions.table.position_model.totals().texts == {}
        await made.close()

    run(journey())


def test_grouping_by_account_gives_each_account_its_line(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND), chosen=None)
        shown = await made.open()
        shown.positions.group_by("account")
        model = shown.positions.table.position_model
        heads = [model.cell(line, 0).text for line in range(model.rowCount()) if model.row_at(line) is None]
        assert heads == ["DU7654321 · 20", "DU7654322 · 3"]
        assert shown.positions.group_button.accessibleName() == "Group positions by account"
        await made.close()

    run(journey())


def test_a_number_is_explained_by_value_formula_source_and_age(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        row = shown.positions.table.position_model.row_at(5)
        assert row is not None
        shown.positions.explain(row, UNREALIZED)
        window = shown.positions.findChild(Explanation)
        facts = dict(window.facts)
        assert facts["Shown"] == "+€2,911.20"
        assert facts["Source"] == "Client Portal, the broker's positions"
        assert facts["FX rate"] == "1 EUR = 1.08620 USD"
        assert "reported by the broker" in facts["How"]
        window.accept()
        await made.close()

    run(journey())


def test_a_live_number_names_the_market_data_it_came_from() -> None:
    facts = dict(facts_of(page().rows[0], LAST, page()))
    assert facts["Source"] == "market data, live"


def test_the_table_is_saved_whole_with_plain_numbers(run: Run, qtbot: QtBot, tmp_path: Path) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        target = tmp_path / "positions.csv"
        write_csv(target, shown.positions.table.csv())
        with target.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        assert len(lines) == 20
        assert lines[8]["Quantity"] == "-10"
        assert lines[8]["Unrealized P&L"] == "2270.00"
        await made.close()

    run(journey())


def test_a_file_that_cannot_be_written_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        write_csv(tmp_path / "no such folder" / "x.csv", "a")
    assert refused.value.remedy.startswith("Choose another folder")


def test_an_empty_account_says_so(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        from dataclasses import replace

        made = room(qtbot, replace(page(), rows=()))
        shown = await made.open()
        assert shown.positions._empty.title.text() == "No positions"
        assert not shown.positions._empty.button.isVisible()
        await made.close()

    run(journey())


def test_every_control_has_a_name(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        unnamed = [
            type(widget).__name__ for widget in shown.findChildren(QWidget)
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.accessibleName()
            and not widget.objectName().startswith("qt_")
        ]
        assert unnamed == []
        await made.close()

    run(journey())


def test_cash_is_listed_per_currency_with_a_total_in_base(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        table = shown.cash.table
        lines = [[table.item(row, at).text() for at in (0, 1, 6)] for row in range(table.rowCount())]
        assert lines[1] == ["EUR", "€24,880.40", "27,025.09"]
        assert lines[-1] == ["Total", "", "$213,522.03"]
        await made.close()

    run(journey())
