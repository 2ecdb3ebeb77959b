import re

import pytest
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.ui.stylesheet import mixed, restyle, stylesheet
from ibdesk.ui.theme import metrics, tokens_of
from ibdesk.ui.widgets import Label

SHEETS = [
    stylesheet(tokens_of(dark=dark, colour_blind=False, environment=place), metrics())
    for dark in (True, False) for place in Environment
]


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_brace_closes_and_every_token_is_filled_in(sheet):
    assert sheet.count("{") == sheet.count("}")
    assert "None" not in sheet
    assert not re.search(r"[^a-z]t\.[a-z]", sheet)


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_pictures_it_names_exist(sheet):
    from pathlib import Path

    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert files
    assert all(Path(file).is_file() for file in files)


def test_mixing_keeps_the_ends():
    assert mixed("#ffffff", "#000000", 0) == "#000000"
    assert mixed("#ffffff", "#000000", 1) == "#ffffff"
    assert mixed("#ffffff", "#000000", 0.5) in ("#7f7f7f", "#808080")


def test_the_primary_button_wears_the_environment(dressed, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    button = QPushButton("Send", window)
    button.setProperty("kind", "primary")
    button.resize(120, 40)
    window.show()
    picture = button.grab().toImage()
    assert picture.pixelColor(20, 8).name() == tokens_of(
        dark=True, colour_blind=False, environment=Environment.DEMO).demo


def test_a_changed_tone_shows_at_once(dressed, qtbot):
    label = Label("−$1.00")
    qtbot.addWidget(label)
    label.show()
    plain = label.grab().toImage()
    label.set_tone("loss")
    assert label.grab().toImage() != plain


def test_restyling_reads_the_property_again(dressed, qtbot):
    frame = QFrame()
    qtbot.addWidget(frame)
    frame.resize(20, 20)
    frame.show()
    before = frame.grab().toImage().pixelColor(10, 10)
    frame.setProperty("kind", "stripe")
    restyle(frame)
    assert frame.grab().toImage().pixelColor(10, 10) != before
