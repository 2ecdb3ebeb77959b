"""What stands in a room's place before and after its page is built."""

from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.ui.frame.room_stack import RoomStack
from ibdesk.ui.rooms import Room


def test_what_waits_for_a_page_is_done_in_order_once_it_is_built(dressed: QApplication, qtbot: QtBot) -> None:
    stack, done = RoomStack(_page), []
    qtbot.addWidget(stack)
    stack.enter("trade")
    stack.once_built("trade", lambda page: done.append(("first", page)))
    stack.once_built("trade", lambda page: done.append(("second", page)))
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 2)
    page = stack.page("trade")
    assert done == [("first", page), ("second", page)] and stack.currentWidget() is page
    stack.once_built("trade", lambda page: done.append(("third", page)))
    assert done[2:] == [("third", page)]


def test_a_page_that_was_left_before_it_was_built_stays_behind(dressed: QApplication, qtbot: QtBot) -> None:
    stack = RoomStack(_page)
    qtbot.addWidget(stack)
    for room in ("trade", "orders"):
        stack.enter(room)
    qtbot.waitUntil(lambda: isinstance(stack.page("trade"), QLabel) and isinstance(stack.page("orders"), QLabel))
    assert stack.currentWidget() is stack.page("orders")
    assert stack.count() == 2


def _page(room: Room) -> QWidget:
    return QLabel(room.title)
