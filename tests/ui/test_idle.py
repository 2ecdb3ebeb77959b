"""Idle time by a dialled clock and real events of a window."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from ibdesk.ui.idle import MINUTE_MS, IdleWatcher


class Dial:
    """Milliseconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += int(minutes * MINUTE_MS)


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def watcher(dressed, dial):
    made = IdleWatcher(dressed, dial)
    made.told = []
    made.reached.connect(made.told.append)
    yield made
    made.deleteLater()


@pytest.fixture
def window(dressed, qtbot, watcher):
    field = QLineEdit()
    qtbot.addWidget(field)
    with qtbot.waitActive(field):
        field.show()
        field.activateWindow()
    yield field.windowHandle()
    field.close()


def test_each_limit_is_told_once_when_its_time_is_up(watcher, dial):
    watcher.after("lock", 15)
    watcher.after("sign out", 30)
    dial.pass_minutes(14.9)
    watcher.look()
    assert watcher.told == []
    dial.pass_minutes(0.1)
    watcher.look()
    watcher.look()
    assert watcher.told == ["lock"]
    dial.pass_minutes(15)
    watcher.look()
    assert watcher.told == ["lock", "sign out"]
    assert not watcher.is_waiting


def test_zero_minutes_is_never_and_needs_no_timer(watcher, dial):
    watcher.after("lock", 0)
    assert not watcher.is_waiting
    watcher.after("lock", 5)
    assert watcher.is_waiting
    watcher.after("lock", 0)
    dial.pass_minutes(600)
    watcher.look()
    assert watcher.told == []
    assert not watcher.is_waiting


@pytest.mark.parametrize("touch", [
    lambda window: QTest.keyClick(window, Qt.Key.Key_A),
    lambda window: QTest.mouseMove(window, QPoint(3, 4)),
    lambda window: QTest.mouseClick(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(3, 3)),
    lambda window: QTest.wheelEvent(window, QPoint(3, 3), QPoint(0, 120)),
])
def test_a_key_a_click_and_a_movement_begin_the_wait_anew(watcher, dial, window, touch):
    watcher.after("lock", 10)
    dial.pass_minutes(9)
    touch(window)
    dial.pass_minutes(9)
    watcher.look()
    assert watcher.told == []
    dial.pass_minutes(1)
    watcher.look()
    assert watcher.told == ["lock"]


def test_who_comes_back_and_leaves_again_is_noticed_again(watcher, dial, window):
    watcher.after("lock", 10)
    for _ in range(2):
        dial.pass_minutes(10)
        watcher.look()
        QTest.keyClick(window, Qt.Key.Key_A)
        assert watcher.is_waiting
    assert watcher.told == ["lock", "lock"]


def test_saying_the_same_limit_again_does_not_tell_again(watcher, dial):
    watcher.after("lock", 10)
    dial.pass_minutes(10)
    watcher.look()
    watcher.after("lock", 10)
    watcher.look()
    assert watcher.told == ["lock"]


def test_a_shorter_limit_counts_from_the_last_touch(watcher, dial):
    watcher.after("lock", 60)
    dial.pass_minutes(20)
    watcher.after("lock", 15)
    assert watcher.told == ["lock"]
