"""J1: from nothing on the disk to the account on the screen, and back to it without any network."""

import asyncio
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ibdesk.app import DeskApp
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.domain.accounts import Environment
from ibdesk.domain.modes import Mode
from ibdesk.domain.session import SessionState
from ibdesk.services.findings import Action, CheckId
from ibdesk.services.first_run import Step, missing
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.wizard.panel import WizardPanel
from tests.journeys.hands import (
    PASSPHRASE,
    application,
    by_hand,
    dashboard_of,
    demo_gateway,
    happens,
    in_front,
    run,
    type_into,
    words,
)

ACCOUNT = "DU7654321"


async def walk_the_wizard(panel: WizardPanel, gateway: DemoGateway) -> str:
    """Every step with keys and buttons, as a person who signs in with a browser; the recovery code."""
    browser: list[str] = []
    panel._connector.open_browser = browser.append
    assert panel.state.step is Step.PASSPHRASE
    await type_into(panel.passphrase.first, PASSPHRASE, Qt.Key.Key_Tab)
    assert missing(panel.state)
    await type_into(panel.passphrase.second, PASSPHRASE, Qt.Key.Key_Return)
    await happens(lambda: panel.state.step is Step.ENVIRONMENT, "the environment page")
    panel.environment.cards[Environment.PAPER].radio.click()
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.GATEWAY, "the gateway page")
    panel.gateway.address.selectAll()
    await type_into(panel.gateway.address, gateway.url, Qt.Key.Key_Tab)
    await happens(lambda: panel.state.check(CheckId.GATEWAY).action is Action.ACCEPT_CERTIFICATE, "a certificate")
    assert panel.gateway.certificate.isVisible()
    assert not any(path.startswith("/v1/") for _, path in gateway.calls)  # nothing before the person's yes
    panel.gateway.reachable.button.click()
    await happens(lambda: panel.state.check(CheckId.SIGN_IN).action is Action.SIGN_IN, "the gateway asks to sign in")
    await type_into(panel.gateway.user_name, "demo", Qt.Key.Key_Tab)
    panel.gateway.signed_in.button.click()
    await happens(lambda: bool(browser), "the browser opens")
    assert browser[0].startswith(gateway.url)
    await sign_in(gateway.url)
    await happens(lambda: not missing(panel.state), "the wizard notices the sign-in")
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.VERIFY and not missing(panel.state), "the account is verified")
    shown = words(panel)
    assert ACCOUNT in shown
    assert "Paper" in shown
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.ACKNOWLEDGE, "the disclosures")
    for tab in panel.acknowledge.tabs:
        tab.click()
        bar = panel.acknowledge.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        await happens(panel.acknowledge.box.isEnabled, "the text is read")
        if not panel.acknowledge.box.isChecked():
            panel.acknowledge.box.click()
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.FINISHED, "everything is saved")
    assert "IBKR account connected successfully!" in words(panel)
    assert not panel.next_button.isEnabled()
    code = panel.finished.code.text()
    panel.finished.written.click()
    panel.next_button.click()
    return code


def test_a_new_user_connects_an_account_and_finds_it_again_without_any_network(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    home = tmp_path / "home"

    async def first_day(gateway: DemoGateway) -> str:
        async with application(dressed, home) as app:
            panel = app.window.stack.currentWidget()
            assert isinstance(panel, WizardPanel)
            code = await walk_the_wizard(panel, gateway)
            await happens(lambda: app.desk is not None, "the desk opens")
            desk = app.desk
            assert desk is not None
            assert (desk.environment, desk.mode) == (Environment.PAPER, Mode.IBKR_PAPER)
            page = await dashboard_of(app)
            assert desk.session is not None
            await happens(lambda: desk.session is not None and desk.session.session.is_ready, "the session is ready")
            shown = words(page)
            assert "Net liquidation" in shown
            assert "Buying power" in shown
            assert "PAPER" in app.window.windowTitle()
            return code

    async def next_morning(code: str) -> None:
        async with application(dressed, home) as app:
            screen = app.window.stack.currentWidget()
            assert isinstance(screen, UnlockScreen)
            await type_into(screen.field, "not the passphrase", Qt.Key.Key_Return)
            await happens(screen.error.isVisible, "the wrong passphrase is refused")
            assert app.desk is None
            await type_into(screen.field, PASSPHRASE, Qt.Key.Key_Return)
            await happens(lambda: app.desk is not None, "the desk opens")
            page = await dashboard_of(app)
            desk = app.desk
            assert desk is not None
            assert desk.session is not None
            session = desk.session
            await happens(lambda: session.session.state is SessionState.OFFLINE, "the gateway is missed")
            assert "as of" in page.age.text().lower()

    async def with_the_code(code: str) -> None:
        async with application(dressed, home) as app:
            screen = app.window.stack.currentWidget()
            assert isinstance(screen, UnlockScreen)
            screen.way.click()
            await type_into(screen.field, code, Qt.Key.Key_Return)
            await happens(lambda: app.desk is not None, "the recovery code opens the vault")
            await dashboard_of(app)

    async def journey() -> None:
        gateway = await demo_gateway()
        try:
            code = await first_day(gateway)
        finally:
            await gateway.kill()
        await next_morning(code)
        await with_the_code(code)

    run(loop, journey())
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (PASSPHRASE.encode(), ACCOUNT.encode(), b"NVDA"):
                assert secret not in content, f"{secret!r} lies open in {path.name}"


def test_a_cancelled_wizard_leaves_nothing(dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def journey() -> None:
        window = MainWindow()
        await in_front(window)
        app = DeskApp(dressed, window, home=home, demo=False, overrides={})
        running = asyncio.create_task(app.run())  # noqa: TID251 - ended below
        await asyncio.sleep(0)
        panel = window.stack.currentWidget()
        assert isinstance(panel, WizardPanel)
        await type_into(panel.passphrase.first, PASSPHRASE, Qt.Key.Key_Tab)
        await type_into(panel.passphrase.second, PASSPHRASE, Qt.Key.Key_Return)
        await happens(lambda: panel.state.step is Step.ENVIRONMENT, "the environment page")
        panel.environment.cards[Environment.DEMO].radio.click()
        panel.next_button.click()
        await happens(lambda: panel.state.step is Step.GATEWAY, "the gateway page")
        await by_hand(lambda: QTest.keyClick(panel, Qt.Key.Key_Escape))
        question = await asked()
        await by_hand(question.yes.click)
        assert await asyncio.wait_for(running, 20) == 0
        window.deleteLater()

    run(loop, journey())
    assert not home.exists() or not list(home.iterdir())


async def asked() -> Any:
    """The dialog in front."""
    def dialogs() -> list[Any]:
        return [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.inherits("QDialog")]

    await happens(lambda: bool(dialogs()), "a question")
    return dialogs()[0]
