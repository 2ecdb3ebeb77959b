"""Every way into the Trade room: the palette, a position's menu, and a ticket that somebody filled in."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from ibdesk.domain.orders import Leg, OrderTicket, Side
from ibdesk.ui.frame.catalogue import trade_commands
from tests.ui.chain.sample import SPY
from tests.ui.sample_desk import MAIN
from tests.ui.test_frame import Opened


class Room(QWidget):
    """Notes what was handed to it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def search(self, text: str) -> None:
        self.heard.append(text)

    def take(self, ticket: OrderTicket, changes: object) -> None:
        self.heard.append((ticket, changes))

    def show_underlying(self, conid: int) -> None:
        self.heard.append(conid)


class WithRoom(Opened):
    """A frame whose Trade room is such a one."""

    def _page(self, room: Any) -> QWidget:
        self.trade = Room()
        return self.trade if room.key == "trade" else super()._page(room)


@pytest.fixture
def opened(run: Any, qtbot: Any) -> Iterator[WithRoom]:
    yield WithRoom(run, qtbot)


def heard(opened: WithRoom) -> list[Any]:
    opened.settle()
    assert opened.view.room == "trade"
    page = opened.view.page("trade")
    assert isinstance(page, Room)
    return page.heard


def test_trade_and_a_symbol_is_a_command_of_its_own(opened: WithRoom) -> None:
    opened.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    opened.view.palette_box.field.setText("trade spy")
    assert opened.view.palette_box.titles[0] == "Trade SPY"
    QTest.keyClick(opened.view.palette_box.field, Qt.Key.Key_Return)
    assert heard(opened) == ["SPY"]


def test_other_words_make_no_such_command(opened: WithRoom) -> None:
    for text in ("trade", "trade ", "dark theme", ""):
        assert trade_commands(opened.view, text) == ()
    named = trade_commands(opened.view, "trade spy 261218p570")
    assert [command.title for command in named] == ["Trade SPY 261218P570"]


def test_an_instrument_and_a_filled_in_ticket_open_the_room(opened: WithRoom) -> None:
    ticket = OrderTicket(account=MAIN, mode=opened.desk.mode, quantity=Decimal(5),
                         legs=(Leg(instrument=SPY, side=Side.SELL),))  # fmt: skip
    opened.bridge.instrument_wanted.emit(SPY.conid)
    opened.bridge.ticket_wanted.emit(ticket, None)
    assert heard(opened) == [SPY.conid, (ticket, None)]
