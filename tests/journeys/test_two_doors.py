"""One vault, two doors: the window has it open, and commands from other processes are answered all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.app import DeskApp
from ibdesk.desk_door import Serve, Shown
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.first_run import FirstRunResult
from ibdesk.services.waiting import until
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.unlock import UnlockScreen

PASSPHRASE = "eleven brass kettles sing low"


@pytest.fixture
def home(loop: qasync.QEventLoop, tmp_path: Path) -> Path:
    """A vault with one account that was never read; no gateway is asked."""

    async def create() -> None:
        account = Account(id=AccountId("DU7654321"), title="Main", currency=USD, is_paper=True)
        credentials = Credentials(
            environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name="somebody",
            account=account.id,
        )
        result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
        desk, _ = await wiring.create_desk(tmp_path / "home", PASSPHRASE, result, watching=False)
        await desk.preferences.change("ibkr_enabled", "false")
        await desk.close()

    loop.run_until_complete(create())
    return tmp_path / "home"


@asynccontextmanager
async def window(qt: QApplication, home: Path, serve: Serve) -> AsyncIterator[DeskApp]:
    """The application with its desk open."""
    shown = MainWindow()
    shown.dress()
    app = DeskApp(qt, shown, home=home, demo=False, overrides={}, serve=serve)
    running = asyncio.create_task(app.run())  # noqa: TID251 - ended below
    try:
        await asyncio.sleep(0)
        screen = shown.stack.currentWidget()
        assert isinstance(screen, UnlockScreen)
        screen.given.emit(PASSPHRASE)
        assert await until(lambda: app.view is not None and not shown.is_covered, 30)
        yield app
    finally:
        app.quit()
        assert await asyncio.wait_for(running, 20) == 0
        shown.deleteLater()


def test_whoever_serves_commands_is_told_of_each_desk_and_closed_before_it(
    dressed: QApplication, loop: qasync.QEventLoop, home: Path
) -> None:
    told: list[str] = []

    class Server:
        def __init__(self, shown: Shown) -> None:
            self.shown = shown
            told.append(f"{shown.desk.preferences.folder.name} locked={shown.is_locked()}")

        async def close(self) -> None:
            await self.shown.desk.book.every_account()  # still open
            told.append("closed")

    async def journey() -> None:
        async with window(dressed, home, Server):
            assert told == ["home locked=False"]

    loop.run_until_complete(asyncio.wait_for(journey(), 40))
    assert told == ["home locked=False", "closed"]
