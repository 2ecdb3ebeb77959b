"""One lamp: shape, colour, word, and the times that go on."""

from datetime import timedelta

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from ibdesk.domain.session import NextStep
from ibdesk.domain.truth import Lamp, Light
from ibdesk.ui.session.lamp import LampRow, paint_light
from tests.ui.sample_desk import NOW
from tests.ui.session import truths


@pytest.fixture
def row(dressed, qtbot) -> LampRow:
    made = LampRow(Lamp.GATEWAY)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_light_is_told_by_its_shape_alone(dressed):
    def shape(light: Light) -> bytes:
        image = QImage(20, 20, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        paint_light(painter, QRectF(3, 3, 13, 13), light)
        painter.end()
        return bytes(255 if value > 40 else 0 for value in bytes(image.constBits()))

    assert len({shape(light) for light in Light}) == len(Light)


def test_a_lamp_says_how_it_stands_and_what_helps(row):
    wanted: list[str] = []
    row.wanted.connect(wanted.append)
    row.show_lamp(truths.OFFLINE.lamps[0], NOW)
    assert (row.word.text(), row.word.property("tone")) == ("Problem", "loss")
    assert row.text.text() == "The gateway does not answer"
    assert row.accessibleName().startswith("Gateway: Problem.")
    row.button.click()
    assert wanted == ["start-gateway"]


def test_a_step_that_is_offered_elsewhere_has_no_second_button(row):
    row.show_lamp(truths.OFFLINE.lamps[0], NOW, hide=NextStep.START_GATEWAY)
    assert row.button.isHidden()


def test_ages_and_deadlines_go_on(row):
    row.show_lamp(truths.READY.lamps[2], NOW)
    assert (row.age.text(), row.due.text()) == ("seen 4 s ago", "next keep-alive in 2:41")
    row.show_time(NOW + timedelta(seconds=2))
    assert (row.age.text(), row.due.text()) == ("seen 6 s ago", "next keep-alive in 2:39")
    row.show_lamp(truths.OFFLINE.lamps[4], NOW)
    assert row.age.text() == "not seen yet" and row.due.isHidden()
