"""The application with a real vault: door, desk, lock, end. No gateway is needed for that."""

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ibdesk import app as application
from ibdesk import desk_door, wiring
from ibdesk.app import DeskApp
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.live_switch import Stage
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from ibdesk.services.waiting import until
from ibdesk.store.settings import save_setting
from ibdesk.ui import start
from ibdesk.ui.main_window import COLOURS, MainWindow
from ibdesk.ui.modes.guide import GuidedSwitch
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.wizard.dialog import WizardDialog
from ibdesk.ui.wizard.panel import WizardPanel
from ibdesk.ui.wizard.parts import Question

PASSPHRASE = "nine green lanterns over water"


@pytest.fixture
def home(run, tmp_path) -> Path:
    """A folder with an empty vault."""
    async def create() -> None:
        paper = _result(Environment.PAPER, "DU7654321")
        desk, _ = await wiring.create_desk(tmp_path / "home", PASSPHRASE, paper, watching=False)
        await desk.preferences.change("ibkr_enabled", "false")
        await desk.close()

    run(create())
    return tmp_path / "home"


def _result(environment: Environment, name: str) -> FirstRunResult:
    account = Account(id=AccountId(name), title="Main", currency=USD, is_paper=environment is Environment.PAPER)
    credentials = Credentials(
        environment=environment, gateway_url="https://localhost:5000", user_name="somebody", account=account.id)
    return FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())


async def soon(holds: Callable[[], object]) -> None:
    assert await until(lambda: bool(holds()), 30)


class Running:
    """An application that entered, driven from inside the loop."""

    def __init__(self, app: DeskApp) -> None:
        self.app = app

    @property
    def cover(self) -> QWidget:
        return self.app.window.stack.currentWidget()

    async def type(self, text: str) -> None:
        assert isinstance(self.cover, UnlockScreen)
        self.cover.field.setText(text)
        QTest.keyClick(self.cover.field, Qt.Key.Key_Return)

    async def unlock(self) -> None:
        await self.type(PASSPHRASE)
        await soon(lambda: self.app.view is not None and not self.app.window.is_covered)


@pytest.fixture
def driven(run, dressed):
    """Runs a test's coroutine beside the application and ends both."""
    window = MainWindow()
    window.dress()

    def drive(home: Path, test, demo: bool = False) -> int:
        async def both() -> int:
            app = DeskApp(dressed, window, home=home, demo=demo, overrides={})
            window.show()
            running = asyncio.ensure_future(app.run())  # noqa: TID251 - the test plays main()
            try:
                await asyncio.sleep(0)
                await test(Running(app))
            finally:
                app.quit()
            return await running

        return run(both())

    yield drive
    window.close_for_good()
    window.deleteLater()


def test_the_right_passphrase_opens_the_desk_and_quitting_ends_everything(driven, home, run):
    async def test(it: Running) -> None:
        await it.unlock()
        assert it.app.desk.environment is Environment.PAPER
        assert it.app.window.windowTitle().startswith("ibdesk — IBKR PAPER")
        assert QSettings().value(desk_door.WORN_IN) == "paper"

    assert driven(home, test) == 0
    run(_opens_again(home))


async def _opens_again(home: Path) -> None:
    desk = await wiring.open_desk(home, PASSPHRASE, watching=False)
    await desk.close()


def test_a_wrong_passphrase_says_so_and_opens_nothing(driven, home):
    async def test(it: Running) -> None:
        await it.type("not this one at all")
        await soon(lambda: it.cover.error.isVisible())
        assert "passphrase" in it.cover.error.text()
        assert it.app.desk is None
        await it.unlock()

    driven(home, test)


def test_locking_hides_the_desk_and_its_dialogs_and_work_goes_on(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        dialog = HelpDialog("risk", it.app.window)
        dialog.open()
        it.app.do("lock")
        assert isinstance(it.cover, UnlockScreen)
        assert not dialog.isVisible()
        assert it.app.window.windowTitle() == "ibdesk — locked"
        assert it.app.desk is not None
        await it.type("wrong wrong wrong")
        await soon(lambda: it.cover.error.isVisible())
        assert it.app.window.is_covered
        await it.unlock()
        assert dialog.isVisible()
        dialog.close()
        dialog.deleteLater()

    driven(home, test)


def test_closing_the_vault_drops_the_desk_and_asks_for_the_passphrase_again(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        it.app.do("close-vault")
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        assert it.app.desk is None
        await it.unlock()

    driven(home, test)


def test_a_passphrase_in_the_environment_opens_the_vault_once(driven, home, monkeypatch):
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)

    async def test(it: Running) -> None:
        await soon(lambda: it.app.view is not None and not it.app.window.is_covered)
        it.app.do("close-vault")
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        await asyncio.sleep(0.2)
        assert it.app.desk is None

    assert driven(home, test) == 0


def test_a_short_key_in_the_environment_is_said_and_the_passphrase_asked_for(driven, home, monkeypatch):
    monkeypatch.setenv("VITE_ENCRYPTION_KEY", "too short")

    async def test(it: Running) -> None:
        await soon(lambda: it.cover.error.isVisible())
        assert "VITE_ENCRYPTION_KEY" in it.cover.error.text()
        await it.unlock()

    assert driven(home, test) == 0


def test_without_a_vault_the_wizard_stands_there_and_cancelling_leaves_nothing(driven, tmp_path):
    async def test(it: Running) -> None:
        assert isinstance(it.cover, WizardPanel)
        assert it.cover.state.needs_passphrase
        it.cover.cancelled.emit()

    assert driven(tmp_path / "home", test) == 0
    assert not wiring.vault_exists(tmp_path / "home")


def test_the_demo_begins_with_its_wizard_and_asks_for_no_passphrase(driven, home):
    async def test(it: Running) -> None:
        assert isinstance(it.cover, WizardPanel)
        assert not it.cover.state.needs_passphrase

    driven(home, test, demo=True)


def test_help_opens_as_a_dialog_that_blocks_nothing(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        it.app.do("help:risk")
        await soon(lambda: any(isinstance(w, HelpDialog) for w in QApplication.topLevelWidgets()))
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpDialog))
        dialog.accept()
        await asyncio.sleep(0.05)

    driven(home, test)


def test_the_mode_changes_without_a_passphrase_and_live_only_by_the_guide(driven, home, run):
    async def test(it: Running) -> None:
        await it.unlock()
        before = it.app.desk
        it.app.do("mode:ibkr_paper")
        await asyncio.sleep(0.05)
        assert not _dialogs()
        it.app.do("mode:ibkr_live")
        await soon(_dialogs)
        guide = _dialogs()[0]
        assert isinstance(guide, GuidedSwitch)
        assert guide.rows[Stage.CHANGE].button.isVisible() and not guide.rows[Stage.SIGN_IN].button.isVisible()
        guide.rows[Stage.CHANGE].button.click()
        await soon(lambda: _dialogs() and isinstance(_dialogs()[0], Question))
        _dialogs()[0].accept()
        await soon(lambda: it.app.desk is not None and it.app.desk is not before)
        assert it.app.desk.environment is Environment.LIVE and it.app.desk.mode is Mode.IBKR_LIVE
        await soon(lambda: any(isinstance(dialog, GuidedSwitch) for dialog in _dialogs()))
        again = next(dialog for dialog in _dialogs() if isinstance(dialog, GuidedSwitch))
        assert again.rows[Stage.SIGN_IN].button.isVisible() and not again.rows[Stage.CHANGE].button.isVisible()
        for dialog in _dialogs():  # the disclosures are asked for there, too
            dialog.reject()
        assert it.app.window.isEnabled() and not it.app.window.is_covered
        assert it.app.window.windowTitle().startswith("ibdesk — IBKR LIVE")

    run(_connect_live(home))
    driven(home, test)


def test_a_no_leaves_the_mode_as_it_is_and_a_yes_changes_it(driven, home, run):
    async def test(it: Running) -> None:
        await it.unlock()
        before = it.app.desk
        assert before.environment is Environment.LIVE
        it.app.do("mode:ibkr_paper")
        await soon(_question)
        _question().reject()
        await soon(lambda: not _question())
        assert it.app.desk is before and before.preferences.settings.default_environment is Environment.LIVE
        it.app.do("mode:ibkr_paper")
        await soon(_question)
        _question().accept()
        await soon(lambda: it.app.desk is not None and it.app.desk.mode is Mode.IBKR_PAPER)
        assert it.app.view is not None and not it.app.window.is_covered

    run(_connect_live(home, opens=True))
    driven(home, test)


def test_the_desk_opens_anew_beside_a_tws_that_was_just_switched_on(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        before = it.app.desk
        assert before.live_pnl is None
        await before.preferences.change("tws_port", "1")
        await before.preferences.change("tws_enabled", "true")
        it.app.do("open-anew")
        await soon(lambda: it.app.desk is not None and it.app.desk is not before)
        fresh = it.app.desk
        assert fresh.mode is before.mode and fresh.live_pnl is not None
        await fresh.preferences.change("tws_port", "2")
        await soon(lambda: fresh.tws_health.known().address == "127.0.0.1:2")
        assert it.app.desk is fresh, "a place that changes needs no other desk"

    driven(home, test)


def test_local_paper_begins_anew_only_after_a_yes(driven, home, run):
    async def test(it: Running) -> None:
        await it.unlock()
        before = it.app.desk
        assert before.mode is Mode.LOCAL_PAPER
        it.app.do("reset-paper")
        await soon(_question)
        _question().reject()
        await soon(lambda: not _question())
        assert (await before.local_paper.load()).account == "LP0000001"
        it.app.do("reset-paper")
        await soon(_question)
        _question().accept()
        await soon(lambda: it.app.desk is not None and it.app.desk is not before)
        assert it.app.desk.mode is Mode.LOCAL_PAPER and await it.app.desk.book.accounts() == ()  # it was never read
        assert (await it.app.desk.local_paper.load()).account == "LP0000002"

    run(_connect_live(home, opens=True))
    save_setting(home, "local_paper", "true")
    driven(home, test)


def test_a_desk_that_cannot_open_anew_asks_for_the_passphrase_and_says_why(driven, home, run):
    async def test(it: Running) -> None:
        await it.unlock()
        desk = it.app.desk

        async def fail() -> Desk:
            await desk.close()
            raise Refused("The disk is gone.", remedy="Find it.", cause=Cause.VAULT_MISSING)

        it.app.door.desk = replace(desk, reopen=fail)
        it.app.do("mode:ibkr_paper")
        await soon(_question)
        _question().accept()
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        assert it.app.desk is None and it.app.window.isEnabled()
        assert "The disk is gone" in it.cover.error.text()
        await it.unlock()
        assert it.app.desk.mode is Mode.IBKR_PAPER

    run(_connect_live(home, opens=True))
    driven(home, test)


def test_a_mode_that_cannot_be_entered_says_why(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        it.app.do("mode:alpaca_live")
        await soon(lambda: it.app.view.notices.texts)
        assert "no Alpaca account" in it.app.view.notices.texts[0]
        assert not _dialogs()

    driven(home, test)


async def _connect_live(home: Path, *, opens: bool = False) -> None:
    desk = await wiring.open_desk(home, PASSPHRASE, watching=False)
    await desk.connector.save(_result(Environment.LIVE, "U7654321"))
    if opens:
        await desk.preferences.change("default_environment", "live")
    await desk.close()


def test_deleting_the_open_credentials_ends_their_use_and_keeps_the_books(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        before = it.app.desk
        await before.preferences.delete_credentials(Environment.PAPER)
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        assert it.app.desk is None
        assert "credentials are deleted" in it.cover.text.text()
        assert it.app.window.windowTitle() == "ibdesk"
        await it.unlock()
        assert await it.app.desk.preferences.credentials() == ()
        assert it.app.desk.session is None

    assert driven(home, test) == 0


def test_deleting_credentials_that_are_not_in_use_leaves_the_desk_open(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        desk = it.app.desk
        await desk.preferences.delete_credentials(Environment.LIVE)
        await asyncio.sleep(0.2)
        assert it.app.desk is desk
        assert not it.app.window.is_covered

    assert driven(home, test) == 0


def test_the_wizard_begins_with_the_cursor_in_the_passphrase(driven, tmp_path):
    async def test(it: Running) -> None:
        await soon(lambda: isinstance(it.cover, WizardPanel))
        assert it.app.window.focusWidget() is it.cover.passphrase.first

    assert driven(tmp_path / "nothing", test) == 0


def test_a_live_mode_without_an_account_offers_to_connect_one_and_goes_on_from_there(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        it.app.do("mode:ibkr_live")
        await soon(_dialogs)
        _dialogs()[0].rows[Stage.CONNECT].button.click()
        await soon(lambda: _dialogs() and isinstance(_dialogs()[0], WizardDialog))
        wizard = _dialogs()[0]
        assert wizard.panel.state.entries.environment is Environment.LIVE
        wizard.reject()
        await soon(lambda: len(_dialogs()) == 2)
        next(dialog for dialog in _dialogs() if dialog is not wizard).accept()
        await soon(lambda: _dialogs() and isinstance(_dialogs()[0], GuidedSwitch))
        _dialogs()[0].reject()
        await soon(lambda: not _dialogs())
        assert it.app.desk is not None

    driven(home, test)


def _question() -> Question | None:
    """The question on screen; beside it a live desk may ask for the disclosures."""
    return next((dialog for dialog in _dialogs() if isinstance(dialog, Question)), None)


def _dialogs() -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]


@pytest.mark.logs("work failed")
def test_a_mistake_in_a_slot_is_logged_and_shown(driven, home):
    async def test(it: Running) -> None:
        await it.unlock()
        error = KeyError("x")
        application._unexpected(it.app, KeyError, error, None)
        await soon(lambda: it.app.view.notices.texts)
        assert it.app.view.notices.texts[0].startswith("ibdesk made a mistake")
        application._told(it.app, {"exception": error})

    driven(home, test)


@pytest.mark.logs("work failed")
def test_a_mistake_at_the_door_is_shown_there(driven, home, caplog):
    async def test(it: Running) -> None:
        with caplog.at_level(logging.ERROR):
            it.app.failed("open the vault", KeyError("x"))
        assert "mistake" in it.cover.error.text()

    driven(home, test)


@pytest.mark.logs("nobody does the command")
def test_a_command_nobody_knows_is_logged(driven, home):
    async def test(it: Running) -> None:
        it.app.do("dance")

    driven(home, test)


def test_the_first_paint_wears_the_colours_of_last_time(dressed, qtbot):
    QSettings().setValue(COLOURS, ["#112233", "#445566", "#778899", "#aabbcc"])
    window = MainWindow()
    window.closing.connect(window.close_for_good)
    qtbot.addWidget(window)
    start.first_paint(dressed, window, window.outline)
    image = window.grab().toImage()
    assert image.pixelColor(5, 1).name() == "#aabbcc"
    assert image.pixelColor(5, 50).name() == "#112233"


def test_before_the_first_paint_nothing_but_qt_is_imported():
    import subprocess

    code = (
        "import sys; from ibdesk import app; app._live = lambda *a, **k: 0; app.main();"
        "print(sorted(m for m in sys.modules if m in ('asyncio', 'qasync', 'numpy', 'pyqtgraph', 'sqlalchemy',"
        " 'aiohttp', 'dataclasses', 'ibdesk.desk_door', 'ibdesk.ui.theme', 'ibdesk.wiring')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_window_and_the_vault_agree_on_the_folder(monkeypatch, tmp_path):
    assert application.default_home() == wiring.default_home()
    monkeypatch.setenv("IBKR_DB_PATH", str(tmp_path / "data" / "ibkr.db"))
    assert application.default_home() == wiring.default_home() == tmp_path / "data"
