"""The Settings room on a real vault: origins, refusals, overrides, search, and credentials deleted for good."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit

from ibdesk.domain.accounts import Environment
from ibdesk.domain.settings import Settings, meta_of, names
from ibdesk.ui.pages.settings import SettingsPage, build
from ibdesk.ui.pages.settings.connections import ConnectionsCard
from ibdesk.ui.pages.settings.editors import TextEditor
from ibdesk.ui.pages.settings.switch import Switch
from ibdesk.ui.wizard.parts import Question
from tests.ui.rooms_desk import Opened, rooms_desk, unnamed

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def opened_page(opened: Opened) -> SettingsPage:
    page = build(opened.desk, opened.bridge)
    assert isinstance(page, SettingsPage)
    opened.show(page)
    return page


def field(page: SettingsPage, name: str) -> QLineEdit:
    editor = page.rows[name].editor
    assert isinstance(editor, TextEditor)
    return editor.field


def enter(edit: QLineEdit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def test_every_setting_is_here_with_title_help_and_origin(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            assert list(page.rows) == list(names())
            for name, row in page.rows.items():
                assert row.title.text() == meta_of(name).title
                assert row.origin.text() == "default"
            await until(lambda: bool(page.connections.lines))

    run(walk())


def test_a_change_is_kept_in_the_file_and_can_be_reset(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            enter(field(page, "sync_interval"), "45")
            row = page.rows["sync_interval"]
            await until(lambda: row.origin.text() == "settings file")
            assert "45" in (tmp_path / "settings.toml").read_text()
            row.reset.click()
            await until(lambda: row.origin.text() == "default")
            assert field(page, "sync_interval").text() == "30"

    run(walk())


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [("gateway_port", "99999", "1 to 65535"), ("tickle_interval", "301", "30 to 300"),
     ("account_id", "ABC", "U1234567"), ("gateway_url", "localhost", "https://localhost:5000"),
     ("sync_interval", "soon", "a number")],
)
def test_a_value_that_is_not_allowed_says_what_is(run: Run, tmp_path: Path, name: str, text: str, allowed: str) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            enter(field(page, name), text)
            row = page.rows[name]
            await until(row.error.isVisible)
            assert allowed in row.error.text()
            assert field(page, name).property("invalid") == "true"
            assert field(page, name).text() == text, "what was typed stays to be corrected"
            assert not (tmp_path / "settings.toml").exists()

    run(walk())


def test_a_variable_overrides_and_the_editor_says_which(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, environment={"VITE_IBKR_GATEWAY_PORT": "5005"}) as opened:
            page = opened_page(opened)
            row = page.rows["gateway_port"]
            assert row.origin.text() == "overridden by VITE_IBKR_GATEWAY_PORT"
            assert field(page, "gateway_port").text() == "5005"
            assert not row.editor.widget.isEnabled()
            await until(lambda: bool(page.connections.lines))

    run(walk())


def test_what_a_whole_address_makes_useless_says_so(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            page.draw(await opened.desk.preferences.change("gateway_url", "https://localhost:5001"))
            for name in ("gateway_host", "gateway_port", "gateway_ssl"):
                assert page.rows[name].origin.text() == "not used: Gateway address wins"
                assert not page.rows[name].editor.widget.isEnabled()
            page.draw(await opened.desk.preferences.reset("gateway_url"))
            assert page.rows["gateway_port"].origin.text() == "default"
            assert page.rows["gateway_port"].editor.widget.isEnabled()

    run(walk())


def test_encryption_off_shows_a_red_banner_that_turns_it_on(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            assert not page.plain.isVisible()
            switch = page.rows["gateway_ssl"].editor.widget
            assert isinstance(switch, Switch)
            switch.setFocus()
            QTest.keyClick(switch, Qt.Key.Key_Space)
            await until(page.plain.isVisible)
            assert page.plain.property("tone") == "loss"
            page.plain.button.click()
            await until(lambda: not page.plain.isVisible())
            assert switch.isChecked()

    run(walk())


def test_a_gateway_elsewhere_is_warned_about(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, environment={"IBKR_GATEWAY_HOST": "192.168.1.9"}) as opened:
            page = opened_page(opened)
            assert page.remote.isVisible()
            await until(lambda: bool(page.connections.lines))

    run(walk())


def test_search_leaves_what_matches_every_word(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            QTest.keyClicks(page.search, "tickle")
            assert [name for name, row in page.rows.items() if row.isVisible()] == ["tickle_interval"]
            page.search.setText("zebra")
            assert page.nothing.isVisible()
            page.search.clear()
            assert all(row.isVisible() for row in page.rows.values())
            opened.bridge.setting_wanted.emit("colour_blind")
            assert page.rows["colour_blind"].editor.widget.visibleRegion().isEmpty() is False
            await until(lambda: bool(page.connections.lines))

    run(walk())


def test_a_choice_is_made_from_the_list(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            box = page.rows["default_environment"].editor.widget
            assert isinstance(box, QComboBox)
            assert [box.itemText(at) for at in range(box.count())] == ["Paper Trading", "Live Trading"]
            box.setFocus()
            QTest.keyClick(box, Qt.Key.Key_Down)
            await until(lambda: opened.desk.preferences.settings.default_environment is Environment.LIVE)

    run(walk())


def test_connect_ibkr_account_asks_the_window_for_the_wizard(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, connected=False) as opened:
            page = opened_page(opened)
            asked: list[str] = []
            opened.bridge.command.connect(asked.append)
            assert page.connections.connect_button.text() == "Connect IBKR Account"
            assert page.connections.none.isVisible()
            page.connections.connect_button.click()
            assert asked == ["connect"]
            await asyncio.sleep(0)

    run(walk())


def test_credentials_are_deleted_only_after_the_word_and_the_row_is_gone(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            await until(lambda: bool(page.connections.lines))
            line = page.connections.lines[0]
            shown = " ".join(label.text() for label in line.findChildren(QLabel))
            assert "Paper Trading · DU7654321" in shown
            assert "User name adapaper1 · https://localhost:5000 · certificate 5F:2A:…:C1 · options level 3" in shown
            line.delete.click()
            await until(lambda: bool(_questions()))
            question = _questions()[0]
            assert not question.yes.isEnabled()
            QTest.keyClicks(question.typed, "delet")
            QTest.keyClick(question.typed, Qt.Key.Key_Return)
            assert question.isVisible()
            QTest.keyClicks(question.typed, "e")
            QTest.keyClick(question.typed, Qt.Key.Key_Return)
            await until(lambda: not page.connections.lines)
            assert await opened.database.read(_count) == 0
            [logged] = await opened.desk.activity.calls(text="credentials")
            assert logged.call.method == "DELETE"

    def _count(tx: Any) -> int:
        return int(tx.exec_driver_sql("select count(*) from ibkr_credentials").scalar())

    run(walk())


def _questions() -> list[Question]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Question) and widget.isVisible()]


def test_every_control_has_a_name(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            await asyncio.sleep(0.05)
            assert unnamed(page) == []

    run(walk())


def test_no_field_of_the_room_hides_what_is_typed(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            await until(lambda: bool(page.connections.lines))
            assert all(f.echoMode() is QLineEdit.EchoMode.Normal for f in page.findChildren(QLineEdit))

    run(walk())


@pytest.mark.usefixtures("run")
def test_a_connected_tws_has_its_line_among_the_connections() -> None:
    card = ConnectionsCard()
    card.show_credentials((), Environment.PAPER)
    assert not card.none.isHidden()
    card.show_tws(Settings(tws_enabled=True, tws_port=4002, tws_client_id=5))
    assert card.none.isHidden()
    assert card.tws.text() == (
        "TWS or IB Gateway · 127.0.0.1:4002 (IB Gateway, paper) · client id 5, 6 for orders"
    )
    card.show_tws(Settings())
    assert card.tws.isHidden() and not card.none.isHidden()
