"""The Permissions tab says what the account may trade in the words of the rule, and leads to where a level is set."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.mode_orders import KINDS
from ibdesk.domain.orders import OrderType
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.strategies import Strategy
from ibdesk.ui.pages.dashboard.permissions import PermissionsTab
from tests.ui.conftest import Run
from tests.ui.sample_book import MAIN, SECOND, page
from tests.ui.test_dashboard import frames, room


def row_of(tab: PermissionsTab, strategy: str) -> dict[str, str]:
    at = [row.strategy for row in tab.model.records].index(strategy)
    return {field.title: field.text(tab.model.records[at]) for field in tab.model.fields}


def with_margin(kind: MarginType) -> AccountPage:
    made = page()
    return replace(made, summary=replace(made.summary, margin_type=kind))


def test_what_the_level_lacks_is_blocked_with_its_reason_and_what_to_do(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        shown.show_tab("permissions")
        tab = shown.permissions
        assert tab.granted.text() == "Interactive Brokers: Level 3"
        assert "DU7654321: entered with the connection" in tab.origin.text()
        naked = row_of(tab, Strategy.SHORT_STRANGLE)
        assert (naked["This account"], naked["Least level"]) == ("Blocked", "Level 4")
        assert naked["Why, and what to do"] == (
            "This needs Level 4 (uncovered call); the account has Level 3. "
            "Choose another strategy, or ask the broker for the permission."
        )
        assert row_of(tab, Strategy.COVERED_CALL)["This account"] == "Allowed"
        assert tab.count.text() == f"{len(tab.rows) - 5} of {len(tab.rows)} allowed"
        assert tab.detail.text() == f"Uncovered short call: {naked['Why, and what to do']}", "the worst one first"
        tab.table.select_line(6)
        assert tab.detail.text() == "Covered call: Level 3 allows this (covered call)."
        tab.show_only.choose("blocked")
        assert tab.model.rowCount() == 5
        await made.close()

    run(journey())


def test_a_level_nobody_entered_is_said_and_its_button_leads_to_the_setting(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(), level=None)
        shown = await made.open()
        shown.show_tab("permissions")
        tab, wanted = shown.permissions, []
        made.bridge.command.connect(wanted.append)
        assert tab.granted.text().endswith("option level not entered")
        assert row_of(tab, Strategy.LONG_CALL)["This account"] == "You are asked"
        tab.enter.click()
        tab.limit.click()
        assert wanted == ["setting:risk_broker_level", "setting:risk_own_level"]
        await made.close()

    run(journey())


def test_another_account_of_the_login_has_a_level_of_its_own(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND), chosen=None)
        shown = await made.open()
        shown.show_tab("permissions")
        tab = shown.permissions
        assert tab.granted.text() == "Choose one account" and tab.model.rowCount() == 0
        made.bridge.select(SECOND)
        await frames()
        assert tab.granted.text().endswith("not entered") and "DU7654322: not entered" in tab.origin.text()
        made.bridge.select(MAIN)
        await frames()
        assert tab.granted.text().endswith("Level 3")
        await made.close()

    run(journey())


def test_a_cash_account_is_blocked_by_its_kind_whatever_its_level(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, with_margin(MarginType.CASH))
        shown = await made.open()
        shown.show_tab("permissions")
        short = row_of(shown.permissions, Strategy.SHORT_UNDERLYING)
        assert short["This account"] == "Blocked" and "A cash account cannot hold" in short["Why, and what to do"]
        await made.close()

    run(journey())


def test_every_mode_tells_which_orders_it_takes(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        tab = shown.permissions
        assert [field.title for field in tab.order_model.fields[1:]] == [
            "Demo", "Local Paper", "Alpaca Paper", "Alpaca Live", "IBKR Paper", "IBKR Live"]
        assert tab.order_model.rowCount() == len(KINDS)
        at = KINDS.index(OrderType.MARKET_ON_CLOSE)
        assert [tab.order_model.index(at, column).data() for column in range(1, 7)] == [
            "yes", "yes", "—", "—", "yes", "yes"]
        await made.close()

    run(journey())


def test_nothing_scrolls_sideways_and_every_control_has_a_name(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        shown.show_tab("permissions")
        await frames()
        tab = shown.permissions
        assert tab.table.horizontalScrollBar().maximum() == 0 == tab.order_table.horizontalScrollBar().maximum()
        assert all(each.accessibleName() for each in tab.findChildren(QWidget) if each in (
            tab.table, tab.order_table, tab.show_only))  # fmt: skip
        assert made.page.book.view.levels[MAIN].name == "Level 3"
        await made.close()

    run(journey())
