"""The wizard over TWS by keyboard alone, and every failure with its one next step, against the demo's TWS."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Verdict
from ibdesk.domain.sockets import Knock
from ibdesk.services.first_run import Step, Way
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.wizard.tws_page import LISTED, TwsPage
from tests.brokers.door import LUNCH, free_port
from tests.brokers.tws.door import Scene, at_tws
from tests.brokers.tws.test_knock import answering
from tests.services.test_tws_contact import opening
from tests.ui.rooms_desk import unnamed
from tests.ui.wizard.driver import Driver, wizard

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ENTER, SPACE, TAB, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Down
LONG = 20.0


@asynccontextmanager
async def before_tws(
    tmp_path: Path, environment: Environment = Environment.PAPER, *, ports: tuple[int, ...] = ()
) -> AsyncIterator[tuple[Driver, Scene]]:
    """A wizard on its first page, and a TWS that runs. Nothing of the computer's own ports is knocked at."""
    async with at_tws() as scene, wizard(environment=environment, home=tmp_path) as driver:
        tws = driver.connector.tws
        assert tws is not None
        driver.connector.tws = replace(
            tws, opening=opening, clock=lambda: LUNCH, ports=ports or (scene.service.port,)
        )
        yield driver, scene


async def to_tws(driver: Driver) -> TwsPage:
    """Choose the way and arrive."""
    page = driver.panel.environment
    page.ways.cards[Way.TWS].radio.setFocus()
    driver.key(SPACE)
    driver.panel.next_button.setFocus()
    driver.key(ENTER)
    await driver.at(Step.TWS)
    return driver.panel.tws


async def connected_to(driver: Driver, port: int) -> TwsPage:
    """Type a port, connect, wait for the answer."""
    page = await to_tws(driver)
    await ask(driver, page, port)
    return page


async def ask(driver: Driver, page: TwsPage, port: int) -> None:
    page.port.setFocus()
    page.port.selectAll()
    driver.type(page.port, str(port))
    driver.key(ENTER)
    await driver.until(lambda: driver.panel.state.tws.seen is not None, "an answer", within=LONG)


def verdict(driver: Driver, check: Check) -> Verdict | None:
    found = driver.panel.state.tws.result(check)
    return None if found is None else found.verdict


async def acknowledge_all(driver: Driver) -> None:
    page = driver.panel.acknowledge
    for _ in driver.panel.state.disclosures:
        page.text.verticalScrollBar().setValue(page.text.verticalScrollBar().maximum())
        await driver.until(page.box.isEnabled, "read to the end", within=LONG)
        page.box.setFocus()
        driver.key(SPACE)


def test_an_account_is_connected_over_tws_by_keyboard_alone(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            panel = driver.panel
            page = await to_tws(driver)
            assert panel.steps.steps[1].title.text() == "TWS or IB Gateway"
            assert "sign in at TWS itself" in panel.note.text()
            assert panel.focusWidget() is page.scan
            driver.key(ENTER)  # the scan finds the one that answers, and takes it
            await driver.until(lambda: panel.state.tws.port == scene.service.port, "the scan", within=LONG)
            assert panel.state.tws.heard(scene.service.port) is Knock.GREETED
            page.connect_button.setFocus()
            driver.key(ENTER)
            await driver.until(panel.next_button.isEnabled, "the accounts", within=LONG)
            assert all(verdict(driver, check) is Verdict.GOOD for check in LISTED)
            assert page.list.rows[Check.TWS_ACCOUNTS].statement.text() == "2 accounts, paper. DU7654321, DU7654322"
            assert page.orders.text() == "Orders: client id 2"
            assert panel.focusWidget() is panel.next_button
            driver.key(ENTER)
            await driver.at(Step.TWS_ACCOUNT)
            assert "DU7654321 · Paper · USD" in panel.tws_account.account.title.text()
            assert "Net liquidation $" in panel.tws_account.account.detail.text()
            panel.tws_account.choice.setFocus()
            driver.key(DOWN)
            driver.key(ENTER)
            panel.next_button.setFocus()
            driver.key(ENTER)
            await driver.at(Step.ACKNOWLEDGE)
            await acknowledge_all(driver)
            panel.next_button.setFocus()
            driver.key(ENTER)
            await driver.at(Step.FINISHED)
            assert "with its live figures" in panel.finished.connected.detail.text()
            [(result, _)] = driver.saved
            assert result.credentials is None
            assert result.tws is not None and result.tws.port == scene.service.port
            assert not scene.service.clients

    run(walk())


def test_a_client_id_in_use_is_replaced_with_one_press_and_told(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            scene.service.faults.refuse_client_id(1)
            page = await connected_to(driver, scene.service.port)
            row = page.list.rows[Check.TWS_CLIENT_ID]
            assert row.button.text() == "Use the free one"
            await driver.until(lambda: driver.panel.focusWidget() is row.button, "the cursor at it", within=LONG)
            driver.key(ENTER)
            await driver.until(driver.panel.next_button.isEnabled, "connected as another", within=LONG)
            assert page.client_id.text() == "3"
            assert "Client id 1 was in use: ibdesk uses 3" in page.note.text.text()

    run(walk())


def test_a_live_account_is_refused_on_paper_and_a_paper_account_on_live(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            scene.service.faults.name_accounts("U7654321")
            page = await connected_to(driver, scene.service.port)
            assert not driver.panel.next_button.isEnabled()
            row = page.list.rows[Check.TWS_ACCOUNTS]
            assert "signed in with a live account, and you chose paper" in row.statement.text()
            assert row.button.text() == "Choose environment"
            row.button.click()
            assert driver.panel.state.step is Step.ENVIRONMENT
            scene.service.faults.heal()
            driver.panel.environment.cards[Environment.LIVE].radio.click()
            page = await connected_to(driver, scene.service.port)
            assert "signed in with a paper account, and you chose live" in row.statement.text()
            assert not driver.panel.next_button.isEnabled()

    run(walk())


def test_nothing_a_web_server_and_a_waiting_dialog_each_have_their_next_step(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            page = await connected_to(driver, await free_port())
            assert verdict(driver, Check.TWS_ANSWERS) is Verdict.BAD
            assert "Start TWS or IB Gateway" in page.list.rows[Check.TWS_ANSWERS].advice.text()
            async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
                await ask(driver, page, port)
                row = page.list.rows[Check.TWS_ANSWERS]
                assert "Another program answers" in row.statement.text()
                row.button.click()
                assert driver.panel.focusWidget() is page.port
            scene.service.faults.accept_and_close()
            await ask(driver, page, scene.service.port)
            row = page.list.rows[Check.TWS_TRUSTED]
            assert "not trusted" in row.statement.text()
            row.button.click()
            shown = await driver.dialog()
            assert isinstance(shown, HelpDialog) and shown.topics.currentItem().text() == "TWS and IB Gateway"
            shown.accept()

    run(walk())


def test_a_tws_nobody_signed_in_to_leads_to_the_page_about_disconnects(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            scene.service.faults.name_accounts()
            page = await connected_to(driver, scene.service.port)
            row = page.list.rows[Check.TWS_SIGN_IN]
            assert row.button.text() == "Avoid disconnects" and row.button.property("kind") == "primary"
            row.button.click()
            shown = await driver.dialog()
            assert isinstance(shown, HelpDialog)
            for step in ("Create a secondary user.", "no trading permission.", "keep your main user"):
                assert step in shown.text.toPlainText()
            shown.accept()

    run(walk())


def test_a_read_only_tws_is_fine_for_reading_and_said(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            scene.service.faults.read_only()
            page = await connected_to(driver, scene.service.port)
            assert "is on at TWS" in page.list.rows[Check.TWS_READ_ONLY].statement.text()
            assert driver.panel.next_button.isEnabled()

    run(walk())


def test_the_connection_that_breaks_while_it_opens_is_told_and_tried_again(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            scene.service.faults.answer_version(120)
            page = await connected_to(driver, scene.service.port)
            assert verdict(driver, Check.TWS_SIGN_IN) is Verdict.BAD
            assert "too old" in page.list.rows[Check.TWS_SIGN_IN].statement.text()
            scene.service.faults.heal()
            assert page.connect_button.text() == "Connect again"
            await ask(driver, page, scene.service.port)
            await driver.until(driver.panel.next_button.isEnabled, "connected", within=LONG)

    run(walk())


def test_another_computer_is_warned_about_and_live_ports_wear_their_colour(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, _scene):
            page = await to_tws(driver)
            assert not page.remote.isVisible()
            page.host.selectAll()
            driver.type(page.host, "192.168.1.100")
            driver.key(TAB)
            assert page.remote.isVisible()
            for word in ("static address", "trusted IPs", "never allow connections from anywhere"):
                assert word in page.remote.detail.text()
            assert [card.sentence.property("tone") for card in page.ports] == ["loss", "muted", "loss", "muted"]
            page.ports[3].radio.click()
            assert driver.panel.state.tws.port == 4002

    run(walk())


def test_a_scan_can_be_stopped_and_tells_what_it_heard(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with (
            answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as web,
            before_tws(tmp_path, ports=(web, await free_port())) as (driver, _scene),
        ):
            page = await to_tws(driver)
            page.scan.click()
            assert page.scan.text() == "Stop scanning"
            page.scan.click()
            assert page.scan.text() == "Scan local ports"
            page.scan.click()
            await driver.until(lambda: len(driver.panel.state.tws.ports) == 2, "both", within=LONG)
            await driver.until(lambda: page.scan.text() == "Scan local ports", "the end", within=LONG)
            assert {heard for _, heard in driver.panel.state.tws.ports} == {Knock.STRANGER, Knock.REFUSED}
            assert driver.panel.state.tws.port == 0

    run(walk())


def test_no_field_asks_for_a_password_and_everything_has_a_name(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with before_tws(tmp_path) as (driver, scene):
            page = await connected_to(driver, scene.service.port)
            fields = page.findChildren(QLineEdit)
            assert {field.accessibleName() for field in fields} == {"Host", "Port", "Client id"}
            assert all(field.echoMode() is QLineEdit.EchoMode.Normal for field in fields)
            assert "never asks for its password" in words_of(page)
            assert not unnamed(page)
            driver.panel.copy_button.click()
            assert f"tws: 127.0.0.1:{scene.service.port}, client id 1" in QGuiApplication.clipboard().text()

    run(walk())


def words_of(page: TwsPage) -> str:
    from ibdesk.ui.widgets.labels import Label

    return " ".join(label.text() for label in page.findChildren(Label))
