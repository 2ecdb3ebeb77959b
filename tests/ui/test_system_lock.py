"""The system's lock and sleep as signals: over a bus of our own where there is a daemon, else by the slots alone."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.ui.system_lock import (
    PBT_APMSUSPEND,
    WM_POWERBROADCAST,
    WM_WTSSESSION_CHANGE,
    WTS_SESSION_LOCK,
    SystemLock,
    bus_label,
)

QtDBus = pytest.importorskip("PySide6.QtDBus")


@pytest.fixture
def lock(dressed: QApplication) -> Iterator[SystemLock]:
    made = SystemLock(platform="somewhere else")
    yield made
    made.deleteLater()


@pytest.fixture
def bus() -> Iterator[str]:
    """The address of a bus of our own."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("there is no dbus-daemon on this computer")
    running = subprocess.Popen([daemon, "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    assert running.stdout is not None
    address = running.stdout.readline().strip()
    if not address:
        pytest.skip("dbus-daemon does not start here")
    yield address
    for name in ("ours", "theirs"):
        QtDBus.QDBusConnection.disconnectFromBus(name)
    running.terminate()
    running.wait()
    running.stdout.close()


def settle(connection: Any) -> None:
    """Wait until the bus knows what this connection wants to hear: it is asked for without waiting, and what others say
    before it has arrived is never passed on. The bus answers one connection's requests in their order."""
    asked = QtDBus.QDBusMessage.createMethodCall(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
    assert connection.call(asked).type() == QtDBus.QDBusMessage.MessageType.ReplyMessage


def test_an_unknown_system_is_silent(lock: SystemLock) -> None:
    assert not lock.is_listening


def test_a_screen_saver_on_the_bus_locks_and_its_end_does_not(lock: SystemLock, bus: str, qtbot: QtBot) -> None:
    heard: list[str] = []
    lock.locked.connect(lambda: heard.append("locked"))
    ours = QtDBus.QDBusConnection.connectToBus(bus, "ours")
    theirs = QtDBus.QDBusConnection.connectToBus(bus, "theirs")
    assert lock.listen_to_screen_savers(ours)
    settle(ours)
    for on in (True, False):
        said = QtDBus.QDBusMessage.createSignal("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged")
        said.setArguments([on])
        assert theirs.send(said)
    qtbot.waitUntil(lambda: heard == ["locked"], timeout=20_000)
    QCoreApplication.processEvents()
    assert heard == ["locked"]


def test_logind_tells_of_sleep_and_of_the_lock_of_our_own_session(lock: SystemLock, bus: str, qtbot: QtBot) -> None:
    heard: list[str] = []
    lock.locked.connect(lambda: heard.append("locked"))
    ours = QtDBus.QDBusConnection.connectToBus(bus, "ours")
    theirs = QtDBus.QDBusConnection.connectToBus(bus, "theirs")
    assert theirs.registerService("org.freedesktop.login1")
    assert lock.listen_to_logind(ours, "2")
    settle(ours)

    def say(path: str, interface: str, name: str, *arguments: object) -> None:
        said = QtDBus.QDBusMessage.createSignal(f"/org/freedesktop/login1{path}", interface, name)
        said.setArguments(list(arguments))
        assert theirs.send(said)

    say("/session/_33", "org.freedesktop.login1.Session", "Lock")  # of somebody else
    say("", "org.freedesktop.login1.Manager", "PrepareForSleep", False)
    say("/session/_32", "org.freedesktop.login1.Session", "Lock")
    qtbot.waitUntil(lambda: heard == ["locked"], timeout=20_000)
    say("", "org.freedesktop.login1.Manager", "PrepareForSleep", True)
    qtbot.waitUntil(lambda: heard == ["locked", "locked"], timeout=20_000)


def test_windows_locks_by_its_messages_and_unlocking_says_nothing(lock: SystemLock) -> None:
    heard: list[str] = []
    lock.locked.connect(lambda: heard.append("locked"))
    wts_session_unlock, pbt_apmresume = 0x8, 0x7
    lock.windows_said(WM_WTSSESSION_CHANGE, wts_session_unlock)
    lock.windows_said(WM_POWERBROADCAST, pbt_apmresume)
    assert heard == []
    lock.windows_said(WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK)
    lock.windows_said(WM_POWERBROADCAST, PBT_APMSUSPEND)
    assert heard == ["locked", "locked"]


@pytest.mark.parametrize(("name", "path"), [("2", "_32"), ("c1", "c1"), ("12", "_312"), ("a-b", "a_2db")])
def test_a_session_is_found_where_systemd_puts_it(name: str, path: str) -> None:
    assert bus_label(name) == path


def test_a_linux_without_a_bus_is_silent(dressed: QApplication) -> None:
    has_bus = any(bus.isConnected() for bus in (
        QtDBus.QDBusConnection.sessionBus(), QtDBus.QDBusConnection.systemBus()))
    made = SystemLock(platform="linux")
    assert made.is_listening is has_bus
    made.deleteLater()
