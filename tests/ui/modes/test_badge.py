"""The mode is on the window's icon, by colour and by letter."""

import pytest
from PySide6.QtGui import QColor

from ibdesk.domain.modes import Mode
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.modes.badge import LETTERS, SIZES, badged

RED, WHITE = QColor("#ef4d55"), QColor("#ffffff")


def colours(icon, size):
    image = icon.pixmap(size, size).toImage()
    return {image.pixelColor(x, y).name() for x in range(size) for y in range(size)
            if image.pixelColor(x, y).alpha() == 255}  # fmt: skip


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_has_a_letter_on_a_disc_of_its_colour(dressed, mode):
    icon = badged(mode, RED, WHITE)
    assert {RED.name(), WHITE.name()} <= colours(icon, 64)
    assert all(not icon.pixmap(size, size).isNull() for size in SIZES)


def test_without_a_mode_it_is_the_logo_alone(dressed):
    assert WHITE.name() not in colours(badged(None, RED, WHITE), 64)


def test_real_money_has_a_letter_of_its_own():
    live = {LETTERS[Mode.IBKR_LIVE], LETTERS[Mode.ALPACA_LIVE]}
    assert live == {"$"} and live.isdisjoint(
        LETTERS[mode] for mode in (Mode.DEMO, Mode.LOCAL_PAPER, Mode.IBKR_PAPER, Mode.ALPACA_PAPER))


def test_the_window_wears_it_and_takes_it_off(dressed, qtbot):
    window = MainWindow()
    window.dress()
    plain = colours(window.windowIcon(), 64)
    window.wear_mode(Mode.LOCAL_PAPER)
    assert colours(window.windowIcon(), 64) != plain
    assert window.stripe.accessibleName() == "Environment: Local Paper"
    window.wear_mode(None)
    assert colours(window.windowIcon(), 64) == plain
    window.close_for_good()
    window.deleteLater()
