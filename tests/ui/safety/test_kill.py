"""The kill switch in the window, by real keys and clicks, with the real switch behind it."""

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from ibdesk.domain.orders import OrderState
from ibdesk.services.questioning import Reply
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.desk_view import DeskView
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.safety.kill import KillButton, ask_and_press
from ibdesk.ui.safety.kill_panel import KillPanel, show_panel
from ibdesk.ui.safety.kill_questions import CloseThem
from ibdesk.ui.wizard.parts import Question
from tests.services.scripted_broker import ticket
from tests.services.test_kill_switch import full_disk
from tests.ui.safety.stopped_desk import Stopped, stopped_desk
from tests.ui.sample_desk import sample_desk

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def stopped(run, tmp_path):
    with stopped_desk(tmp_path / "home", run, held=5) as made:
        yield made


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


@pytest.fixture
def walk(stopped: Stopped, run, qtbot):
    """Run a walk through the window of an open desk; the panel is closed behind it."""

    def go(steps: Callable[[MainWindow], Any]) -> None:
        async def life() -> None:
            window = MainWindow()
            window.dress()
            window.view = DeskView(stopped.desk, stopped.bridge, lambda _room: QWidget())
            window.show_desk(window.view)
            window.closing.connect(window.close_for_good)
            window.resize(1280, 800)
            qtbot.addWidget(window)
            window.show()
            window.activateWindow()
            await until(window.isActiveWindow)
            await window.view.load()
            await steps(window)
            if (shown := panel(window)) is not None:
                shown.leave.click()
            await until(lambda: panel(window) is None)
            await asyncio.sleep(0.05)

        run(life())

    return go


def press(widget: QWidget, *, is_held: bool = False) -> None:
    """What the system hands to the window; `QTest` would turn the loop inside a running task."""
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_K, KEYS, "", is_held)
    QApplication.sendEvent(widget.window().windowHandle(), event)


def panel(window: QWidget) -> KillPanel | None:
    return next((each for each in window.findChildren(KillPanel) if each.isVisible()), None)


def question(window: QWidget, kind: type[QDialog] = Question) -> QDialog | None:
    return next((each for each in window.findChildren(kind) if each.isVisible()), None)


def test_the_keys_lock_at_once_cancel_and_say_what_was_done(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        order = await stopped.bench.send("a", ticket())
        press(window)
        assert stopped.switch.lock is not None  # before the loop had a turn
        await until(lambda: stopped.bench.broker.cancelled == ["all"])
        assert stopped.bench.broker.known[order.ref].state is OrderState.CANCELLED
        await until(lambda: panel(window) and panel(window).orders.detail.text().startswith("In DU7654321."))
        assert "written down" in panel(window).written.title.text()
        await until(lambda: "1 position stays" in panel(window).positions.title.text())
        assert window.view.stopped.isVisible()
        assert "Trading is stopped since 12:48 New York" in window.view.stopped.banner.text.text()

    walk(steps)


def test_they_work_while_a_dialog_or_a_menu_is_open_and_a_held_key_presses_once(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        dialog = QDialog(window)
        dialog.setModal(True)
        dialog.open()
        await until(dialog.isActiveWindow)
        press(dialog)
        assert stopped.switch.lock is not None
        lock = stopped.switch.lock
        press(dialog, is_held=True)
        assert stopped.switch.lock is lock
        dialog.close()
        await stopped.switch.lift()
        menu = QMenu(window)
        menu.addAction("one")
        menu.popup(window.pos())
        press(window)
        assert stopped.switch.lock is not None
        menu.close()

    walk(steps)


def test_a_locked_desk_hears_nobody(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        window.cover(QWidget())
        press(window)
        assert stopped.switch.lock is None

    walk(steps)


def test_the_button_presses_and_then_opens_what_was_done(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        button = window.view.header.findChild(KillButton)
        assert button.text() == "" and button.isVisible()
        button.click()
        assert stopped.switch.lock is not None
        await until(lambda: button.text() == "Trading stopped" and panel(window) is not None)
        before = stopped.switch.lock
        button.click()
        await until(lambda: panel(window) is not None)
        assert stopped.switch.lock is before

    walk(steps)


def test_the_palette_stops_trading_too(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        window.view.run("kill")
        assert stopped.switch.lock is not None

    walk(steps)


@pytest.mark.logs("could not be cancelled")
def test_what_was_not_reached_is_said_and_tried_again(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        stopped.bench.broker.is_down = True
        press(window)
        await until(lambda: panel(window) and "Orders may still be working" in panel(window).orders.title.text())
        assert "Nobody answers." in panel(window).orders.detail.text()
        assert window.view.stopped.again.isVisible()
        stopped.bench.broker.is_down = False
        panel(window).again.click()
        await until(lambda: "are cancelled" in panel(window).orders.title.text())
        assert not window.view.stopped.again.isVisible()

    walk(steps)


def test_closing_all_asks_twice_with_the_list(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        stopped.bench.says = Reply(yes=True)
        press(window)
        await until(lambda: panel(window) is not None and panel(window).close_all.isVisible()
                    and panel(window).close_all.isEnabled())
        panel(window).close_all.click()
        await until(lambda: question(window, CloseThem) is not None)
        first = question(window, CloseThem)
        assert first.list.item(0).text() == "Sell 5 × SPY   ·   DU7654321"
        first.yes.click()
        await until(lambda: question(window) is not None)
        assert not stopped.bench.broker.placed
        question(window).yes.click()
        await until(lambda: "1 closing order was sent" in panel(window).positions.title.text())
        assert len(stopped.bench.broker.placed) == 1
        assert not panel(window).close_all.isVisible()

    walk(steps)


def test_a_no_to_either_question_closes_nothing(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        press(window)
        await until(lambda: panel(window) is not None and panel(window).close_all.isEnabled()
                    and panel(window).close_all.isVisible())
        panel(window).close_all.click()
        await until(lambda: question(window, CloseThem) is not None)
        question(window, CloseThem).yes.click()
        await until(lambda: question(window) is not None)
        question(window).no.click()
        await until(lambda: panel(window).close_all.isEnabled())
        assert not stopped.bench.broker.placed

    walk(steps)


def test_lifting_asks_and_takes_strip_and_panel_away(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        press(window)
        await until(lambda: panel(window) is not None)
        panel(window).lift.click()
        await until(lambda: question(window) is not None)
        question(window).yes.click()
        await until(lambda: panel(window) is None)
        assert stopped.switch.lock is None
        await until(lambda: not window.view.stopped.isVisible())
        button = window.view.header.findChild(KillButton)
        assert button.text() == ""

    walk(steps)


def test_the_end_of_the_day_takes_it_away_by_itself(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        await stopped.switch.press("the day's loss", until=stopped.bench.now + timedelta(hours=1))
        await until(lambda: window.view.stopped.isVisible())
        assert "in 1 h" in window.view.stopped.banner.detail.text()
        show_panel(stopped.desk, stopped.bridge, window)
        await until(lambda: panel(window) is not None)
        stopped.bench.now += timedelta(hours=1)
        stopped.bridge.second.emit(stopped.bench.now)
        assert not window.view.stopped.isVisible()
        await until(lambda: panel(window) is None)

    walk(steps)


def test_a_lock_of_an_earlier_desk_is_shown_when_the_desk_opens(stopped: Stopped, run, qtbot):
    async def life() -> None:
        await stopped.switch.press("test")
        await stopped.reopen()
        view = DeskView(stopped.desk, stopped.bridge, lambda _room: QWidget())
        qtbot.addWidget(view)
        assert not view.stopped.isHidden()
        assert view.stopped.banner.text.text().endswith("New York: test.")
        shown = KillPanel(stopped.desk, stopped.bridge, stopped.desk.kill_switch)
        qtbot.addWidget(shown)
        assert "before this desk was opened" in shown.orders.detail.text()
        shown.again.click()
        await until(lambda: "are cancelled" in shown.orders.title.text())

    run(life())


def test_a_desk_without_an_account_says_that_there_is_nothing_to_stop(run, dressed, qtbot):
    async def life() -> None:
        desk, said = sample_desk(), []
        bridge = Bridge(desk.tasks)
        bridge.notice.connect(said.append)
        widget = QWidget()
        qtbot.addWidget(widget)
        ask_and_press(desk, bridge, widget)
        await until(lambda: said)
        assert "nothing to stop" in said[0].text
        assert not KillButton(desk, bridge, widget).isVisibleTo(widget)

    run(life())


def test_a_desk_that_sends_no_orders_says_that_it_only_locks(run, tmp_path, dressed, qtbot):
    async def life(made: Stopped) -> None:
        await made.switch.press("test")
        shown = KillPanel(made.desk, made.bridge, made.switch)
        qtbot.addWidget(shown)
        shown.show()
        await asyncio.sleep(0.02)
        assert "it only locks" in shown.orders.detail.text()
        assert not shown.again.isVisible() and not shown.close_all.isVisible()
        await asyncio.sleep(0.05)

    with stopped_desk(tmp_path / "home", run, has_orders=False) as made:
        run(life(made))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_a_full_disk_is_said_and_the_orders_are_cancelled_all_the_same(stopped: Stopped, walk):
    async def steps(window: MainWindow) -> None:
        with full_disk():
            press(window)
            await until(lambda: stopped.switch.report is not None and stopped.switch.report.unwritten is not None)
            await until(lambda: panel(window) is not None)
        assert "could not be written" in panel(window).written.title.text()
        assert "are cancelled" in panel(window).orders.title.text()
        assert panel(window).again.text() == "Try again"
        panel(window).again.click()
        await until(lambda: panel(window).written.title.text() == "It is written down")

    walk(steps)
