"""The vault looked after from the window: a new key, or a backup in its place, from one open desk to the next."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu

from ibdesk import vault_door, wiring
from ibdesk.app import DeskApp
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.first_run import FirstRunResult
from ibdesk.services.waiting import until
from ibdesk.store.header import decode
from ibdesk.store.rekey import rekey
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.vault.forms import PassphraseForm
from ibdesk.ui.vault.rekeying import RekeyScreen
from ibdesk.ui.vault.restore import RestoreScreen
from ibdesk.ui.wizard.again import AcknowledgeAgain
from ibdesk.ui.wizard.panel import WizardPanel
from ibdesk.ui.wizard.parts import Question
from tests.ui.conftest import dressed, loop, own_window_settings, run  # noqa: F401 - the window's own fixtures

PASSPHRASE = "nine green lanterns over water"


async def soon(holds: Callable[[], object]) -> None:
    assert await until(lambda: bool(holds()), 30)


def shown(kind: type[QDialog]) -> list[Any]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]


@pytest.fixture
def home(run: Any, tmp_path: Path) -> Path:  # noqa: F811
    """A folder with a vault that knows one paper account and contacts nobody."""
    run(_create(tmp_path / "home", Environment.PAPER))
    return tmp_path / "home"


async def _create(folder: Path, environment: Environment) -> None:
    account = Account(id=AccountId("DU7654321" if environment is Environment.PAPER else "U7654321"), title="Main",
                      currency=USD, is_paper=environment is Environment.PAPER)
    credentials = Credentials(
        environment=environment, gateway_url="https://localhost:5000", user_name="somebody", account=account.id)
    result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(folder, PASSPHRASE, result, watching=False)
    await desk.preferences.change("ibkr_enabled", "false")
    await desk.preferences.change("default_environment", environment.value)
    await desk.close()


class Running:
    """An application that entered, driven from inside the loop."""

    def __init__(self, app: DeskApp) -> None:
        self.app = app

    @property
    def cover(self) -> Any:
        return self.app.window.stack.currentWidget()

    async def unlock(self) -> None:
        await soon(lambda: isinstance(self.cover, UnlockScreen))
        self.cover.field.setText(PASSPHRASE)
        self.cover.button.click()
        await self.opened()

    async def opened(self) -> None:
        await soon(lambda: self.app.view is not None and not self.app.window.is_covered)


@pytest.fixture
def driven(run: Any, dressed: QApplication) -> Any:  # noqa: F811
    """Runs a test's coroutine beside the application and ends both."""
    window = MainWindow()
    window.dress()

    def drive(folder: Path, test: Callable[[Running], Any]) -> int:
        async def both() -> int:
            app = DeskApp(dressed, window, home=folder, demo=False, overrides={})
            window.show()
            running = asyncio.ensure_future(app.run())  # noqa: TID251 - the test plays main()
            try:
                await asyncio.sleep(0)
                await test(Running(app))
            finally:
                window.setEnabled(True)
                app.quit()
            return await running

        code: int = run(both())
        return code

    yield drive
    window.close_for_good()
    window.deleteLater()


def test_a_new_key_closes_the_desk_shows_the_code_and_opens_it_again(driven: Any, home: Path, run: Any) -> None:  # noqa: F811
    header = (home / "ibdesk.vault.json").read_bytes()
    codes: list[str] = []

    async def test(it: Running) -> None:
        await it.unlock()
        it.app.do("rekey")
        await soon(lambda: shown(PassphraseForm))
        form = shown(PassphraseForm)[0]
        form.field.setText("not this one")
        form.yes.click()
        await soon(lambda: form.error.text())
        form.field.setText(PASSPHRASE)
        form.yes.click()
        await soon(lambda: isinstance(it.cover, RekeyScreen) and it.cover.panel is not None)
        assert it.app.desk is None
        codes.append(it.cover.panel.code.text())
        it.cover.panel.written.click()
        it.cover.open.click()
        await it.opened()
        assert it.app.desk is not None

    assert driven(home, test) == 0
    assert (home / "ibdesk.vault.json").read_bytes() != header
    assert not decode((home / "ibdesk.vault.json").read_bytes()).is_code_unseen
    run(_opens(home, codes[0]))


def test_an_open_menu_does_not_stay_above_the_lock(driven: Any, home: Path) -> None:
    async def test(it: Running) -> None:
        await it.unlock()
        menu = QMenu(it.app.window)
        menu.addAction("Account")
        menu.popup(it.app.window.pos())
        await soon(menu.isVisible)
        it.app.lock()
        assert not menu.isVisible() and it.app.window.is_covered

    assert driven(home, test) == 0


async def _opens(home: Path, secret: str) -> None:
    desk = await wiring.open_desk(home, secret, watching=False)
    assert await desk.activity.verify() is None
    await desk.close()


def test_a_quit_while_the_key_is_changed_waits_for_its_end(driven: Any, home: Path) -> None:
    async def test(it: Running) -> None:
        await it.unlock()
        it.app.start("change the key", it.app.vault.change_key(PASSPHRASE))
        await soon(lambda: not it.app.window.isEnabled())
        it.app.quit()
        await soon(lambda: isinstance(it.cover, RekeyScreen) and it.cover.panel is not None)
        assert it.app.window.isEnabled()

    assert driven(home, test) == 0
    assert decode((home / "ibdesk.vault.json").read_bytes()).is_code_unseen  # nobody said that it is stored


def test_a_code_that_was_not_confirmed_is_asked_for_when_the_vault_is_opened_again(driven: Any, home: Path) -> None:
    rekey(home, PASSPHRASE, now=wiring.now())

    async def back(it: Running) -> None:
        await it.unlock()
        assert it.app.bridge is not None and it.app.view is not None
        await soon(lambda: any("recovery code" in each.text() for each in it.app.window.findChildren(QLabel)))

    assert driven(home, back) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows closes windows instead")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_window_that_the_system_ends_closes_its_desk_first(home: Path, run: Any, ending: signal.Signals) -> None:  # noqa: F811
    running = subprocess.Popen(
        [sys.executable, "-m", "ibdesk", "--home", str(home)], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "IBDESK_PASSPHRASE": PASSPHRASE, "QT_QPA_PLATFORM": "offscreen"})
    run(soon((home / "ibdesk.door").exists))
    running.send_signal(ending)
    err = running.communicate(timeout=30)[1]
    assert running.returncode == 0 and "Traceback" not in err
    left = {each.name for each in home.iterdir()}
    assert not left & {"ibdesk.door", "ibdesk.lock.pid", "ibdesk.vault-wal", "ibdesk.vault-shm"}


def test_a_backup_is_restored_from_an_open_desk_and_what_was_there_is_kept(driven: Any, home: Path) -> None:
    async def test(it: Running) -> None:
        await it.unlock()
        desk = it.app.desk
        assert desk is not None
        made = await desk.care.back_up()
        await desk.preferences.delete_credentials(Environment.PAPER)
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        await it.unlock()
        it.app.do("restore")
        await soon(lambda: shown(Question))
        shown(Question)[0].accept()
        await soon(lambda: isinstance(it.cover, RestoreScreen))
        assert it.app.desk is None
        it.cover.looked_for.emit(Path(made.path))
        await soon(lambda: it.cover.file.text())
        it.cover.field.setText("not this one")
        it.cover.restore.click()
        await soon(lambda: it.cover.error.text())
        it.cover.field.setText(PASSPHRASE)
        it.cover.restore.click()
        await it.opened()
        assert it.app.desk is not None
        assert len(await it.app.desk.preferences.credentials()) == 1
        assert list((home / "backups").glob("replaced-*"))

    assert driven(home, test) == 0


def test_going_back_from_the_restore_page_changes_nothing(driven: Any, home: Path) -> None:
    async def test(it: Running) -> None:
        await soon(lambda: isinstance(it.cover, UnlockScreen))
        it.cover.restore.click()
        await soon(lambda: isinstance(it.cover, RestoreScreen))
        it.cover.looked_for.emit(home / "ibdesk.vault")
        await soon(lambda: it.cover.error.text())
        it.cover.back.click()
        await it.unlock()

    assert driven(home, test) == 0


def test_a_vault_moves_to_a_computer_without_one(driven: Any, home: Path, tmp_path: Path, run: Any) -> None:  # noqa: F811
    stick = tmp_path / "stick.ibdesk-backup"
    run(_back_up(home, stick))

    async def test(it: Running) -> None:
        await soon(lambda: isinstance(it.cover, WizardPanel))
        it.cover.passphrase.backup.click()
        await soon(lambda: isinstance(it.cover, RestoreScreen))
        it.cover.back.click()
        await soon(lambda: isinstance(it.cover, WizardPanel))
        it.cover.passphrase.backup.click()
        await soon(lambda: isinstance(it.cover, RestoreScreen))
        it.cover.looked_for.emit(stick)
        await soon(lambda: it.cover.file.text())
        it.cover.field.setText(PASSPHRASE)
        it.cover.restore.click()
        await it.opened()
        assert [each.id for each in await it.app.desk.book.every_account()] == ["DU7654321"]  # type: ignore[union-attr]

    assert driven(tmp_path / "other", test) == 0


async def _back_up(home: Path, target: Path) -> None:
    desk = await wiring.open_desk(home, PASSPHRASE, watching=False)
    await desk.care.back_up(target)
    await desk.close()


def test_a_live_desk_asks_for_the_disclosures_again_after_a_year(driven: Any, tmp_path: Path, run: Any) -> None:  # noqa: F811
    run(_create(tmp_path / "live", Environment.LIVE))

    async def test(it: Running) -> None:
        await it.unlock()
        await soon(lambda: shown(AcknowledgeAgain))
        dialog = shown(AcknowledgeAgain)[0]
        assert not dialog.yes.isEnabled()
        for tab in dialog.page.tabs:
            tab.click()
            bar = dialog.page.text.verticalScrollBar()
            bar.setValue(bar.maximum())
            await soon(dialog.page.box.isEnabled)
            if not dialog.page.box.isChecked():
                dialog.page.box.click()
        await soon(dialog.yes.isEnabled)
        dialog.yes.click()
        assert it.app.desk is not None
        preferences = it.app.desk.preferences

        async def kept() -> int:
            return len(await preferences.acknowledgments())

        for _ in range(200):
            if await kept():
                break
            await asyncio.sleep(0.02)
        assert await kept() == 4

    assert driven(tmp_path / "live", test) == 0


def test_the_vaults_door_opens_only_where_there_is_a_vault_of_ones_own(driven: Any, home: Path) -> None:
    async def test(it: Running) -> None:
        assert isinstance(it.app.vault, vault_door.VaultDoor)
        await it.app.vault.ask_for_new_key()
        assert not shown(PassphraseForm), "without an open desk there is nobody to ask"

    assert driven(home, test) == 0
