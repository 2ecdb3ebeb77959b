"""The picker offers every strategy, remembers the shape a person chose, and shows what fits."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QApplication, QMenu

from ibdesk.domain.chains import Expiry
from ibdesk.domain.instruments import Right
from ibdesk.domain.templates import TemplateName
from ibdesk.ui.chain.picker import TemplatePicker
from tests.ui.chain.sample import DECEMBER, EXPIRY, TODAY

WEEKLIES = tuple(Expiry(day=DECEMBER + timedelta(weeks=week), trading_class="SPY") for week in range(6))


@pytest.fixture
def picker(dressed: QApplication) -> Iterator[TemplatePicker]:
    made = TemplatePicker()
    made.resize(460, 30)
    made.show()
    made.show_choices(WEEKLIES, usual_width=5, today=TODAY, root="SPY")
    yield made
    made.close()
    made.deleteLater()


def trigger(menu: QMenu, text: str) -> None:
    actions = [*menu.actions(), *(each for part in menu.findChildren(QMenu) for each in part.actions())]
    next(action for action in actions if action.text() == text).trigger()
    menu.deleteLater()


def test_the_menu_has_every_strategy_and_a_choice_is_told(picker: TemplatePicker) -> None:
    heard: list[TemplateName] = []
    picker.wanted.connect(heard.append)
    menu = picker.menu()
    assert {name.value for name in TemplateName} <= {action.text() for action in menu.actions()}
    trigger(menu, "Collar")
    picker._buttons[0].click()
    assert heard == [TemplateName.COLLAR, TemplateName.SINGLE]


def test_a_strategy_that_is_not_common_takes_the_last_place_while_it_is_chosen(picker: TemplatePicker) -> None:
    picker.set_current(TemplateName.BUTTERFLY)
    shown = [button.text() for button in picker._buttons if button.isVisible()]
    assert shown[-1] == "Butterfly" and picker._buttons[-1].isChecked()
    heard: list[TemplateName] = []
    picker.wanted.connect(heard.append)
    picker._buttons[-1].click()
    assert heard == [TemplateName.BUTTERFLY]


def test_where_it_is_narrow_the_chosen_one_stays(picker: TemplatePicker) -> None:
    picker.set_current(TemplateName.STRADDLE)
    picker.resize(130, 30)
    QApplication.processEvents()
    assert [button.text() for button in picker._buttons if button.isVisible()] == ["Straddle"]


def test_an_untouched_shape_is_the_usual_one(picker: TemplatePicker) -> None:
    picker.set_current(TemplateName.IRON_CONDOR)
    shape = picker.shape(EXPIRY, Right.PUT)
    assert (shape.width, shape.gap, shape.is_long, shape.expiry) == (5, 5, False, DECEMBER)
    picker.set_current(TemplateName.VERTICAL)
    shape = picker.shape(EXPIRY, Right.PUT)
    assert shape.is_long and shape.right is Right.PUT


def test_width_side_and_right_are_remembered_and_told_at_once(picker: TemplatePicker) -> None:
    heard: list[TemplateName] = []
    picker.set_current(TemplateName.VERTICAL)
    picker.wanted.connect(heard.append)
    trigger(picker.menu(), "10 strikes")
    trigger(picker.menu(), "Sold")
    trigger(picker.menu(), "Calls")
    shape = picker.shape(EXPIRY, Right.PUT)
    assert (shape.width, shape.is_long, shape.right) == (10, False, Right.CALL)
    assert heard == [TemplateName.VERTICAL] * 3


def test_the_second_expiry_is_three_weeks_later_until_one_is_chosen(picker: TemplatePicker) -> None:
    picker.set_current(TemplateName.CALENDAR)
    assert picker.far_expiry(EXPIRY) == WEEKLIES[3]
    trigger(picker.menu(), "Fri 25 Dec 2026 · 35 days")
    assert picker.shape(EXPIRY, Right.CALL).far_expiry == WEEKLIES[1].day
    assert picker.far_expiry(WEEKLIES[-1]) is None, "nothing is later"
    picker.show_choices(WEEKLIES[:1], usual_width=1, today=TODAY, root="SPY")
    assert picker.far_expiry(EXPIRY) is None


def test_a_strategy_without_a_shape_asks_nothing(picker: TemplatePicker) -> None:
    picker.set_current(TemplateName.CUSTOM)
    menu = picker.menu()
    assert not menu.findChildren(QMenu)
    menu.deleteLater()
