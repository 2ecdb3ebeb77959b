"""The Qt loop as asyncio's loop, and a look that every test of the window starts from."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.garbage import Garbage

Run = Callable[[Coroutine[Any, Any, Any]], Any]
LONG = 20_000  # milliseconds


class PatientBot(QtBot):
    """Waits until something is so, four times as long as it would by itself: other tests share the processors."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = LONG) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = LONG, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitExposed(self, widget: QWidget, *, timeout: int = LONG) -> Any:
        return super().waitExposed(widget, timeout=timeout)

    def waitActive(self, widget: QWidget, *, timeout: int = LONG) -> Any:
        return super().waitActive(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def own_window_settings(tmp_path: Path) -> None:
    """QSettings() of a test lies in its own folder."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "window"))


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the dark theme, amounts shown."""
    qapp.setOrganizationName("ibdesk")
    qapp.setApplicationName("ibdesk")
    qapp.setQuitOnLastWindowClosed(False)  # as the application does: a closed dialog must not stop the loop
    _wear_dark(qapp)
    yield qapp
    _wear_dark(qapp)


def _wear_dark(qapp: QApplication) -> None:
    """Dressing takes 15 ms, and most tests leave the look as it was."""
    dark = theme.Theme(name=ThemeName.DARK)
    if theme.look().theme != dark or not qapp.styleSheet():
        theme.apply(qapp, dark)


@pytest.fixture
def loop(dressed: QApplication) -> Iterator[qasync.QEventLoop]:
    """asyncio on Qt's loop; what a test leaves running is cancelled and told."""
    garbage = Garbage(dressed)  # as the application does: worker threads must not free Qt objects
    made = qasync.QEventLoop(dressed, already_running=False)
    asyncio.set_event_loop(made)
    yield made
    left = asyncio.all_tasks(made)
    for task in left:
        task.cancel()
    made.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    made.run_until_complete(made.shutdown_asyncgens())
    made.close()
    asyncio.set_event_loop(None)
    garbage.stop()
    garbage.deleteLater()
    assert not left, f"left running: {sorted(task.get_name() for task in left)}"


@pytest.fixture
def run(loop: qasync.QEventLoop) -> Run:
    """Run a coroutine on the Qt loop, at most 40 s: a cold machine imports for several."""
    return lambda work: loop.run_until_complete(asyncio.wait_for(work, 40))
