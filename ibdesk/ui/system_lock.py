"""How each system tells that its screen is locked or that it goes to sleep.

Linux: signals on D-Bus, from the desktop's screen saver (session bus) and from logind (system bus: the lock of this
session, and sleep). Windows: messages to our window, once asked for. macOS tells only programs that speak Objective-C;
there, and wherever nothing is heard, a sleep is noticed afterwards (`TimeJumped`) and locks as well.
Nothing here waits for an answer: a bus that is not there is simply silent.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import SLOT, QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection

#: The names under which desktops announce their screen saver; each with `ActiveChanged(bool)`.
SCREEN_SAVERS = (
    "org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)
LOGIND = "org.freedesktop.login1"
#: Of Windows (winuser.h, wtsapi32.h): a session's change and a change of power, with what of them matters here.
WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK = 0x02B1, 0x7
WM_POWERBROADCAST, PBT_APMSUSPEND = 0x0218, 0x4


class SystemLock(QObject):
    """Emits `locked` when the screen is locked or the computer goes to sleep. `is_listening` tells whether this system
    can say so at all."""

    locked = Signal()

    def __init__(self, parent: QObject | None = None, *, platform: str = sys.platform) -> None:
        super().__init__(parent)
        self.is_listening = False
        if platform.startswith("linux"):
            self._listen_on_buses()
        elif platform == "win32":
            self._listen_to_windows()

    def listen_to_screen_savers(self, bus: "QDBusConnection") -> bool:
        """Hear of every screen saver on this bus; whether it could be asked for."""
        slot = _slot("screen_saver(bool)")
        heard = [bus.connect("", "", name, "ActiveChanged", self, slot) for name in SCREEN_SAVERS]
        return any(heard)  # all of them, not only as far as the first

    def listen_to_logind(self, bus: "QDBusConnection", session: str) -> bool:
        """Hear of sleep, and of the lock of the login session of that id ("" is none), on this bus."""
        manager = "/org/freedesktop/login1"
        heard = bus.connect(
            LOGIND, manager, f"{LOGIND}.Manager", "PrepareForSleep", self, _slot("going_to_sleep(bool)"))
        if session:
            path = f"{manager}/session/{bus_label(session)}"
            heard = bus.connect(LOGIND, path, f"{LOGIND}.Session", "Lock", self, _slot("session_locked()")) or heard
        return heard

    @Slot(bool)
    def screen_saver(self, on: bool) -> None:
        """The screen was covered, or is shown again."""
        if on:
            self.locked.emit()

    @Slot(bool)
    def going_to_sleep(self, begins: bool) -> None:
        """The computer goes to sleep, or has come back."""
        if begins:
            self.locked.emit()

    @Slot()
    def session_locked(self) -> None:
        """The login session is locked."""
        self.locked.emit()

    def windows_said(self, message: int, what: int) -> None:
        """A message of Windows to our window."""
        if (message, what) in ((WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK), (WM_POWERBROADCAST, PBT_APMSUSPEND)):
            self.locked.emit()

    def _listen_on_buses(self) -> None:
        try:
            from PySide6.QtDBus import QDBusConnection
        except ImportError:  # a Linux without the library Qt needs for it
            return
        session, system = QDBusConnection.sessionBus(), QDBusConnection.systemBus()
        heard = [
            session.isConnected() and self.listen_to_screen_savers(session),
            system.isConnected() and self.listen_to_logind(system, os.environ.get("XDG_SESSION_ID", "")),
        ]
        self.is_listening = any(heard)

    def _listen_to_windows(self) -> None:
        if sys.platform == "win32":
            from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication

            told = self.windows_said

            class Filter(QAbstractNativeEventFilter):
                def nativeEventFilter(self, kind: Any, message: Any) -> tuple[bool, int]:
                    from ctypes import wintypes

                    if kind == b"windows_generic_MSG":
                        said = wintypes.MSG.from_address(int(message))
                        told(said.message, said.wParam)
                    return False, 0

            application = QCoreApplication.instance()
            if application is not None:
                self._filter = Filter()
                application.installNativeEventFilter(self._filter)
                self.destroyed.connect(lambda: application.removeNativeEventFilter(self._filter))
                self.is_listening = _ask_windows()


def bus_label(text: str) -> str:
    """A name as part of a D-Bus path, as systemd writes it: a figure in front and all signs become `_` and hex."""
    return "".join(
        sign if sign.isascii() and (sign.isalpha() or (sign.isdigit() and at)) else f"_{ord(sign):02x}"
        for at, sign in enumerate(text)
    )


def _slot(signature: str) -> Any:
    return SLOT(signature)  # text, though the stubs want bytes, which are refused


def _ask_windows() -> bool:
    """Windows tells of its session only those who ask, with a window of theirs (WTSRegisterSessionNotification)."""
    if sys.platform == "win32":
        import ctypes

        from PySide6.QtGui import QGuiApplication

        windows = QGuiApplication.topLevelWindows()
        this_session = 0
        return bool(windows) and bool(
            ctypes.windll.wtsapi32.WTSRegisterSessionNotification(int(windows[0].winId()), this_session)
        )
    return False
