"""What comes before the first paint: the application object, where the window's own settings lie, the paint itself.

Qt and nothing else is imported here: every millisecond counts against goal G6.
"""

import os
import sys

from PySide6.QtCore import QElapsedTimer, QEvent, QEventLoop, QObject, QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

#: How long the first paint is waited for before going on without it, in milliseconds.
PAINT_WITHIN_MS = 300


def application() -> QApplication:
    """The one application object, named."""
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)  # noqa: S101 - nobody else makes one
    qt.setOrganizationName("ibdesk")
    qt.setApplicationName("ibdesk")
    QGuiApplication.setDesktopFileName("ibdesk")
    qt.setQuitOnLastWindowClosed(False)  # work ends first, then the loop
    return qt


def keep_window_settings(folder: str | None) -> None:
    """QSettings() lies beside the vault from now on; None: in a throwaway folder."""
    kept = os.path.join(folder, "window") if folder is not None else _throwaway()  # noqa: PTH118 - before pathlib
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, kept)


def _throwaway() -> str:
    import atexit
    import shutil
    import tempfile

    made = tempfile.mkdtemp(prefix="ibdesk-window-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def first_paint(qt: QApplication, window: QWidget, ground: QWidget) -> None:
    """Show the window and come back once its `ground` was painted, or after PAINT_WITHIN_MS."""
    painted, clock = _Painted(), QElapsedTimer()
    ground.installEventFilter(painted)
    clock.start()
    window.show()
    while not painted.done and clock.elapsed() < PAINT_WITHIN_MS:
        qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
    ground.removeEventFilter(painted)


class _Painted(QObject):
    """Notices the first paint."""

    def __init__(self) -> None:
        super().__init__()
        self.done = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.done = self.done or event.type() == QEvent.Type.Paint
        return False
