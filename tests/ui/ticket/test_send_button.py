"""Pressed where no real money is, held where it is; nothing let go early, by mouse or keys, sends."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.ui.ticket.send_button import HOLD_MS, SendButton

LONG, SHORT = 60_000, 25


@pytest.fixture
def sends() -> list[int]:
    return []


@pytest.fixture
def made(dressed: QApplication, qtbot: QtBot, sends: list[int]) -> Iterator[SendButton]:
    button = SendButton(hold_ms=LONG)
    button.sent.connect(lambda: sends.append(1))
    button.resize(260, 36)
    button.show()
    button.setFocus()
    qtbot.waitExposed(button)
    yield button
    button.let_go()
    button.deleteLater()


def test_a_hold_lasts_as_long_as_the_look_says() -> None:
    assert HOLD_MS == 800


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_without_real_money_a_press_sends_once(made: SendButton, sends: list[int], key: Qt.Key) -> None:
    made.set_words("Send to Demo", is_held=False)
    QTest.keyClick(made, key)
    assert len(sends) == 1
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    assert len(sends) == 2


def test_a_disabled_button_sends_nothing_whoever_presses(made: SendButton, sends: list[int]) -> None:
    made.setEnabled(False)
    made.press()
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    assert sends == []


def test_a_mouse_let_go_outside_sends_nothing(made: SendButton, sends: list[int]) -> None:
    made.set_words("Send to Demo", is_held=False)
    QTest.mousePress(made, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(made, Qt.MouseButton.LeftButton, pos=QPoint(-20, -20))
    assert sends == []


def test_with_real_money_a_click_and_a_key_press_send_nothing(made: SendButton, sends: list[int]) -> None:
    made.set_words("Hold to send to IBKR Live", is_held=True)
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    QTest.keyClick(made, Qt.Key.Key_Space)
    QTest.mouseDClick(made, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(made, Qt.MouseButton.LeftButton)
    assert sends == [] and made.progress == 0.0


def test_a_hold_that_lasts_sends_once_and_only_once(dressed: QApplication, qtbot: QtBot, sends: list[int]) -> None:
    button = SendButton(hold_ms=SHORT)
    qtbot.addWidget(button)
    button.sent.connect(lambda: sends.append(1))
    button.set_words("Hold to send to IBKR Live", is_held=True)
    with qtbot.waitActive(button):
        button.show()
        button.activateWindow()
    button.setFocus()
    with qtbot.waitSignal(button.sent, timeout=20_000):
        QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(button.sent, timeout=20_000):
        QTest.keyPress(button, Qt.Key.Key_Space)
    QTest.keyRelease(button, Qt.Key.Key_Space)
    assert len(sends) == 2


@pytest.mark.parametrize("kind", [QEvent.Type.ApplicationDeactivate, QEvent.Type.WindowDeactivate])
def test_another_window_ends_a_hold(made: SendButton, sends: list[int], kind: QEvent.Type) -> None:
    made.set_words("Hold", is_held=True)
    made.press()
    made.grab()
    QApplication.sendEvent(made, QEvent(kind))
    assert made.progress == 0.0 and sends == []


def test_any_key_let_go_anywhere_ends_a_hold(made: SendButton, sends: list[int]) -> None:
    made.set_words("Hold", is_held=True)
    made.press()
    QTest.keyRelease(made.window(), Qt.Key.Key_Control)
    assert made.progress == 0.0 and sends == []


def test_what_becomes_disabled_while_it_is_held_is_not_sent(made: SendButton, sends: list[int]) -> None:
    made.set_words("Hold", is_held=True)
    made.press()
    made.setEnabled(False)
    assert made.progress == 0.0 and sends == []
