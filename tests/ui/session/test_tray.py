"""The lamp in the system's tray; the offscreen platform has none, so that what it shows is looked at directly."""

import pytest
from PySide6.QtGui import QImage

from ibdesk.domain.truth import Light
from ibdesk.ui.session.tray import ALWAYS, ENTRIES, Tray, lamp_icon


@pytest.fixture
def tray(dressed):
    made = Tray()
    made.wants = []
    made.wanted.connect(made.wants.append)
    yield made
    made.menu.deleteLater()
    made.deleteLater()


def test_every_light_has_a_picture_of_its_own(dressed):
    def drawn(light: Light) -> QImage:
        return lamp_icon(light).pixmap(32, 32).toImage()

    pictures = [drawn(light) for light in Light]
    assert all(one != other for at, one in enumerate(pictures) for other in pictures[at + 1:])


def test_the_tooltip_is_the_state_and_the_menu_does_what_it_says(tray):
    tray.show_state(Light.GOOD, "Everything is connected · session ends 08:00")
    assert tray.icon.toolTip() == "ibdesk — Everything is connected · session ends 08:00"
    assert [action.text() for action in tray.menu.actions()] == [text for _, text in ENTRIES]
    for action in tray.menu.actions():
        action.trigger()
    assert tray.wants == [name for name, _ in ENTRIES]


def test_behind_a_locked_desk_it_opens_and_quits_and_nothing_else(tray):
    tray.show_state(Light.GOOD, "Everything is connected", is_locked=True)
    assert {action.data() for action in tray.menu.actions() if action.isEnabled()} == ALWAYS
    tray.show_state(Light.GOOD, "Everything is connected", is_locked=False)
    assert all(action.isEnabled() for action in tray.menu.actions())


def test_a_platform_without_a_tray_gets_none_and_no_error(tray):
    assert not tray.is_there
    assert not tray.icon.isVisible()
    assert tray.notify("Connection lost", "It is tried again.") is False
