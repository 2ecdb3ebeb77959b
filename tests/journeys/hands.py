"""What a person does in a journey: opens the application, types, waits for things to happen and reads the screen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from ibdesk.app import DeskApp
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoTimings
from ibdesk.services.desk import Clock
from ibdesk.services.waiting import until
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.pages.dashboard.page import Dashboard

PASSPHRASE = "seven quiet otters drink tea"


async def happens(holds: Callable[[], bool], what: str, within: float = 20) -> None:
    assert await until(holds, within), f"this did not happen: {what}"


async def by_hand(act: Callable[[], object]) -> None:
    """Keys as a person presses them: between two tasks. Qt lets the loop turn meanwhile, and inside a task no other
    task could run then."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def now() -> None:
        act()
        done.set_result(None)

    asyncio.get_running_loop().call_soon(now)
    await done


async def in_front(window: MainWindow) -> None:
    """Show it and give it the keyboard; a bare X display has no window manager that would."""
    window.show()
    window.activateWindow()
    await happens(window.isActiveWindow, "the window in front")


async def type_into(field: QWidget, text: str, then: Qt.Key) -> None:
    field.setFocus()
    await by_hand(lambda: QTest.keyClicks(field, text))
    await by_hand(lambda: QTest.keyClick(field, then))


@asynccontextmanager
async def application(
    qt: QApplication, home: Path, clock: Clock | None = None, overrides: Mapping[str, str] | None = None
) -> AsyncIterator[DeskApp]:
    window = MainWindow()
    window.resize(1440, 900)
    await in_front(window)
    app = DeskApp(qt, window, home=home, demo=False, overrides=overrides or {}, clock=clock)
    running = asyncio.create_task(app.run())  # noqa: TID251 - the test ends it
    await asyncio.sleep(0)
    try:
        yield app
    finally:
        app.quit()
        assert await asyncio.wait_for(running, 20) == 0
        window.deleteLater()


def run(loop: qasync.QEventLoop, journey: Coroutine[Any, Any, None]) -> None:
    loop.run_until_complete(asyncio.wait_for(journey, 50))


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


async def dashboard_of(app: DeskApp) -> Dashboard:
    view = app.view
    assert view is not None
    await happens(lambda: view.room == "dashboard" and isinstance(view.page("dashboard"), Dashboard), "the dashboard")
    page = view.page("dashboard")
    assert isinstance(page, Dashboard)
    await happens(lambda: len(page.book.view.rows) > 10, "the positions are on the dashboard")
    return page


async def demo_gateway(signed_out: bool = True) -> DemoGateway:
    gateway = DemoGateway(timings=DemoTimings.quick(), signed_out=signed_out)
    await gateway.start()
    return gateway
