"""A person with TWS alone connects it in the wizard and sees it move; one with a vault adds it from Settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import qasync
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.app import DeskApp
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.line import LineState
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Source
from ibdesk.domain.records import Credentials
from ibdesk.services.connector import Connector
from ibdesk.services.first_run import FirstRunResult, Step, Way, missing
from ibdesk.ui.pages.portfolio.page import Portfolio
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.wizard.dialog import WizardDialog
from ibdesk.ui.wizard.panel import WizardPanel
from tests.brokers.door import demo, free_port
from tests.journeys.hands import PASSPHRASE, application, happens, run, type_into, words

ACCOUNT = "DU7654321"


@asynccontextmanager
async def a_tws() -> AsyncIterator[TwsService]:
    """A TWS that runs beside nothing else."""
    async with demo() as gateway:
        service = gateway.tws_service(timings=TwsTimings.quick(), master=1)
        await service.start()
        try:
            yield service
        finally:
            await service.stop()


async def walk_over_tws(panel: WizardPanel, service: TwsService) -> None:
    """From the environment page to the end, with the port found by the scan."""
    connector: Connector = panel._connector
    assert connector.tws is not None
    connector.tws = replace(connector.tws, ports=(service.port,))
    await happens(lambda: panel._running == 0, "what was saved before is read")
    panel.environment.cards[Environment.PAPER].radio.click()
    panel.environment.ways.cards[Way.TWS].radio.click()
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.TWS, "the page over TWS")
    panel.tws.scan.click()
    await happens(lambda: panel.state.tws.port == service.port, "the scan finds it")
    panel.tws.connect_button.click()
    await happens(lambda: not missing(panel.state), "TWS names its accounts", within=40)
    panel.next_button.click()
    await happens(lambda: panel.state.step is Step.TWS_ACCOUNT, "the account")
    assert ACCOUNT in words(panel)
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


async def sees_it_move(app: DeskApp) -> None:
    """The Live view is in front, its line stands, and positions are listed."""
    await happens(lambda: app.desk is not None and app.view is not None, "the desk opens", within=40)
    desk, view = app.desk, app.view
    assert desk is not None and view is not None
    live = desk.live_pnl
    assert live is not None
    await happens(lambda: live.line.state is LineState.UP, "the line stands", within=40)
    await happens(lambda: isinstance(view.page("portfolio"), Portfolio), "Portfolio is in front")
    page = view.page("portfolio")
    assert isinstance(page, Portfolio)
    await happens(lambda: page.live.isVisible() and page.live.table.count() > 0, "positions are live")


def test_a_person_with_tws_alone_sees_it_move(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    home = tmp_path / "home"

    async def first_day(service: TwsService) -> None:
        async with application(dressed, home) as app:
            panel = app.window.stack.currentWidget()
            assert isinstance(panel, WizardPanel)
            await type_into(panel.passphrase.first, PASSPHRASE, Qt.Key.Key_Tab)
            await type_into(panel.passphrase.second, PASSPHRASE, Qt.Key.Key_Return)
            await happens(lambda: panel.state.step is Step.ENVIRONMENT, "the environment page")
            await walk_over_tws(panel, service)
            panel.finished.written.click()
            panel.next_button.click()
            await sees_it_move(app)
            desk = app.desk
            assert desk is not None
            settings = desk.preferences.settings
            assert (settings.tws_enabled, settings.tws_port, settings.tws_client_id) == (True, service.port, 1)
            assert (desk.environment, desk.session) == (Environment.PAPER, None)
            assert await desk.preferences.credentials() == ()
            assert desk.sync is not None and desk.book.source is Source.TWS
            await desk.sync.run()
            pages = await desk.book.pages()
            assert [page.account.id for page in pages] == [ACCOUNT, "DU7654322"]

    async def next_morning() -> None:
        async with application(dressed, home) as app:
            screen = app.window.stack.currentWidget()
            assert isinstance(screen, UnlockScreen)
            await type_into(screen.field, PASSPHRASE, Qt.Key.Key_Return)
            await sees_it_move_again(app)

    async def sees_it_move_again(app: DeskApp) -> None:
        await happens(lambda: app.desk is not None and app.view is not None, "the desk opens", within=40)
        assert app.desk is not None
        live = app.desk.live_pnl
        assert live is not None
        await happens(lambda: live.line.state is LineState.UP, "the line stands again", within=40)

    async def journey() -> None:
        async with a_tws() as service:
            await first_day(service)
            await next_morning()

    run(loop, journey())


def test_a_person_with_a_vault_adds_tws_from_settings(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    home = tmp_path / "home"

    async def a_vault() -> None:
        credentials = Credentials(
            environment=Environment.PAPER, gateway_url=f"https://127.0.0.1:{await free_port()}", user_name="ada",
            account=AccountId(ACCOUNT), certificate_sha256="AB" * 32,
        )
        account = Account(id=AccountId(ACCOUNT), title="Ada", currency=USD, is_paper=True)
        result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
        desk, _ = await wiring.create_desk(home, PASSPHRASE, result, watching=False)
        await desk.close()

    async def journey() -> None:
        await a_vault()
        async with a_tws() as service, application(dressed, home) as app:
            screen = app.window.stack.currentWidget()
            assert isinstance(screen, UnlockScreen)
            await type_into(screen.field, PASSPHRASE, Qt.Key.Key_Return)
            await happens(lambda: app.desk is not None and app.view is not None, "the desk opens", within=40)
            before = app.desk
            app.do("connect")
            await happens(lambda: bool(_wizards()), "the wizard")
            [dialog] = _wizards()
            await walk_over_tws(dialog.panel, service)
            dialog.panel.next_button.click()
            await happens(lambda: app.desk is not None and app.desk is not before, "the desk opens anew", within=40)
            await sees_it_move(app)
            assert app.desk is not None
            [kept] = await app.desk.preferences.credentials()
            assert kept.user_name == "ada", "the gateway's connection stays"

    run(loop, journey())


def _wizards() -> list[WizardDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, WizardDialog) and each.isVisible()]
