"""The way to the board: by its command, and a prefilled ticket on the way out of a position."""

from dataclasses import dataclass, field
from decimal import Decimal

from PySide6.QtWidgets import QApplication, QWidget

from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderTicket, Side
from ibdesk.services.expiry_board import Line
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.expiry.acts import ExpiryActs
from ibdesk.ui.expiry.details import Details
from ibdesk.ui.frame.catalogue import commands_of
from tests.ui.expiry.sample import LONG_CALL, SHORT_PUT, MadeUpExpiry, board
from tests.ui.sample_desk import sample_desk


@dataclass
class Frame:
    """Notes which tab was opened."""

    opened: list[tuple[str, str]] = field(default_factory=list)

    def open_tab(self, room: str, tab: str) -> None:
        self.opened.append((room, tab))

    def __getattr__(self, _name: str) -> object:
        return lambda *_: None


class Board:
    def __init__(self, line: Line | None) -> None:
        self.selected = line
        self.details = Details(mode=Mode.DEMO, takes_instructions=False, can_trade=True)

    def refresh(self) -> None:
        raise AssertionError("nothing was done")

    def window(self) -> QWidget:
        return self.details


def test_the_palette_leads_to_the_board(dressed: QApplication) -> None:
    desk, frame = sample_desk(), Frame()
    found = next(each for each in commands_of(frame, desk, Bridge(desk.tasks), ()) if each.name == "expiry")
    found.run()
    assert frame.opened == [("orders", "expiry")] and "assignment" in found.words


def test_closing_opens_the_opposite_of_the_position(dressed: QApplication) -> None:
    desk = sample_desk(expiry=MadeUpExpiry(), orders=object())
    bridge = Bridge(desk.tasks)
    wanted: list[OrderTicket] = []
    bridge.ticket_wanted.connect(lambda ticket, _order: wanted.append(ticket))
    for row in (LONG_CALL, SHORT_PUT):
        ExpiryActs(desk, bridge, Board(board(row).lines[0])).close()
    told = [(each.legs[0].side, each.quantity) for each in wanted]
    assert told == [(Side.SELL, Decimal(15)), (Side.BUY, Decimal(10))]


def test_without_a_choice_nothing_happens(dressed: QApplication) -> None:
    desk = sample_desk(expiry=MadeUpExpiry(), orders=object())
    acts = ExpiryActs(desk, Bridge(desk.tasks), Board(None))
    for act in (acts.close, acts.exercise, acts.lapse, acts.withdraw):
        act()
