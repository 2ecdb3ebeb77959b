"""The payoff's place: its picture comes when it is wanted, as high as the place is."""

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.ticket_outlook import Outlook
from ibdesk.ui.ticket.payoff import Payoff
from ibdesk.ui.ticket.payoff_chart import PayoffChart
from tests.ui.ticket.samples import ticket


def test_the_picture_is_made_when_there_is_something_to_draw_and_follows_its_place(
    dressed: QApplication, qtbot: QtBot,
) -> None:
    place = Payoff()
    qtbot.addWidget(place)
    place.set_height(92)
    assert place.findChild(PayoffChart) is None
    place.draw(ticket(), Outlook())
    assert place.chart is place.findChild(PayoffChart) and place.chart.height() == 92
    place.set_height(140)
    assert place.chart.height() == place.height() == 140
