from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QHBoxLayout, QToolButton, QWidget

from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.widgets import (
    Banner,
    Button,
    Card,
    Check,
    CheckRow,
    Chip,
    Countdown,
    EmptyState,
    Figure,
    IconButton,
    Pill,
    Segmented,
    SkeletonRows,
    StepList,
    StepState,
)
from tests.ui.sample_desk import NOW, StoppedClock

RANGES = [("1D", "1D"), ("1W", "1W"), ("YTD", "YTD")]


@pytest.fixture
def shown(dressed, qtbot):
    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()
        return widget

    return show


def test_a_figure_says_its_caption_and_value_to_a_screen_reader(shown):
    figure = shown(Figure("Day P&L"))
    figure.set("+$8,412.10", sub="+0.66 %", sign=1)
    assert figure.accessibleName() == "Day P&L: +$8,412.10"
    assert figure.accessibleDescription() == "+0.66 %"
    assert figure.value.property("tone") == "gain"


def test_a_stale_figure_is_dimmed_and_tells_its_age(shown):
    figure = shown(Figure("Net liquidation"))
    figure.set("$1.00", sub="USD")
    figure.set_stale("3 min ago")
    assert figure.is_stale
    assert figure.sub.text() == "USD · 3\u00a0min\u00a0ago"  # its words never stand on two lines
    assert figure.value.graphicsEffect() is not None
    figure.set_stale()
    assert figure.sub.text() == "USD"
    assert figure.value.graphicsEffect() is None


def test_a_long_amount_in_a_narrow_card_gets_smaller_and_is_not_cut(shown):
    figure = Figure("Net liquidation")
    figure.set("$1,284,930,421,000.42")
    figure.setFixedWidth(180)
    shown(figure)
    assert figure.value.fontMetrics().horizontalAdvance(figure.value.text()) <= figure.value.width() + 1


@pytest.mark.parametrize("change", ["theme", "tone"])
def test_a_long_amount_stays_whole_when_the_desk_is_dressed_anew(shown, dressed, change):
    figure = Figure("Unrealized P&L")
    figure.set("+$152,693.99", sign=1)
    figure.setFixedWidth(400)
    shown(figure)
    figure.setFixedWidth(140)
    QTest.qWait(0)
    if change == "theme":
        theme.change(dressed, name=ThemeName.LIGHT)
    else:
        figure.set("+$152,693.99", sign=0)
    assert figure.value.fontMetrics().horizontalAdvance(figure.value.text()) <= figure.width() - 30


def test_arrow_keys_choose_in_a_segmented_row_and_tab_stops_once(shown, qtbot):
    row = shown(Segmented(RANGES, current="YTD", name="Range"))
    chosen: list[str] = []
    row.chosen.connect(chosen.append)
    buttons = row.findChildren(QToolButton)
    buttons[2].setFocus()
    QTest.keyClick(buttons[2], Qt.Key.Key_Right)
    assert (row.current, buttons[0].hasFocus()) == ("1D", True)
    QTest.keyClick(buttons[0], Qt.Key.Key_Left)
    assert chosen == ["1D", "YTD"]
    assert sum(bool(b.focusPolicy() & Qt.FocusPolicy.TabFocus) for b in buttons) == 1


def test_choosing_by_program_tells_nobody_and_the_mouse_does(shown):
    row = shown(Segmented(RANGES, name="Range"))
    chosen: list[str] = []
    row.chosen.connect(chosen.append)
    row.set_current("1W")
    assert (row.current, chosen) == ("1W", [])
    row.findChildren(QToolButton)[2].click()
    assert chosen == ["YTD"]


def test_an_unavailable_choice_is_skipped(shown):
    row = shown(Segmented(RANGES, name="Range"))
    row.set_choice_enabled("1W", False, "No history.")
    buttons = row.findChildren(QToolButton)
    buttons[0].setFocus()
    QTest.keyClick(buttons[0], Qt.Key.Key_Right)
    assert row.current == "YTD"
    assert buttons[1].toolTip() == "No history."


def test_a_pill_shows_a_mark_beside_its_colour(shown):
    pill = shown(Pill("Connected", tone="gain", name="Session"))
    assert pill.accessibleName() == "Session: Connected"
    good = pill.icon().pixmap(10, 10).toImage()
    pill.set("Gone", tone="loss", tip="No answer.")
    assert pill.icon().pixmap(10, 10).toImage() != good
    assert (pill.tone, pill.toolTip()) == ("loss", "No answer.")


def test_an_empty_state_offers_its_one_button(shown, qtbot):
    state = shown(EmptyState("portfolio", "No positions", "Nothing was synced.", action="Sync now"))
    with qtbot.waitSignal(state.pressed):
        state.button.click()
    state.set("No matches", "The filter hides everything.")
    assert not state.button.isVisible()
    assert state.accessibleName() == "No matches"


def test_a_banner_says_its_detail_and_can_be_dismissed(shown, qtbot):
    banner = shown(Banner("Locked out.", closable=True))
    banner.set("Locked out.", detail="Until 15:00.", tone="loss", action="Why?")
    assert banner.detail.isVisible()
    assert banner.accessibleDescription() == "Until 15:00."
    with qtbot.waitSignal(banner.closed):
        banner.close_button.click()
    with qtbot.waitSignal(banner.pressed):
        banner.button.click()


def test_enter_presses_the_button_that_has_the_focus_and_not_the_default_one(shown, qtbot):
    dialog, yes, no = QDialog(), Button("Yes"), Button("No")
    row = QHBoxLayout(dialog)
    row.addWidget(yes)
    row.addWidget(no)
    no.setDefault(True)
    pressed = []
    yes.clicked.connect(lambda: pressed.append("yes"))
    no.clicked.connect(lambda: pressed.append("no"))
    shown(dialog)
    yes.setFocus()
    QTest.keyClick(yes, Qt.Key.Key_Return)
    QTest.keyClick(yes, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert pressed == ["yes", "yes"]
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert pressed == ["yes", "yes", "no"], "with the focus elsewhere it is the default one"
    yes.setEnabled(False)
    QTest.keyClick(yes, Qt.Key.Key_Return)
    assert pressed.count("yes") == 2


def test_a_check_row_names_its_result(shown):
    row = shown(CheckRow("Gateway reachable"))
    assert row.accessibleName() == "Gateway reachable: pending"
    row.set(Check.GOOD, detail="38 ms")
    assert row.accessibleName() == "Gateway reachable: good"
    assert row.detail.isVisible()


def test_steps_before_the_current_one_are_done(shown):
    steps = shown(StepList(("Environment", "Gateway", "Verify")))
    steps.show_progress(1, ("Paper", "found"))
    assert [step.state for step in steps.steps] == [StepState.DONE, StepState.CURRENT, StepState.AHEAD]
    assert steps.steps[0].detail.text() == "Paper"
    steps.grab()


def test_a_countdown_runs_and_says_when_it_is_over(shown, qtbot):
    clock = StoppedClock()
    left = shown(Countdown(clock, "Locked out for {left}"))
    left.set_until(NOW + timedelta(seconds=90))
    assert left.text() == "Locked out for 1:30"
    clock.now = NOW + timedelta(seconds=89)
    left.refresh()
    assert left.text() == "Locked out for 0:01"
    clock.now = NOW + timedelta(seconds=90)
    with qtbot.waitSignal(left.over):
        left.refresh()
    left.set_until(None)
    assert left.text() == ""


def test_a_card_carries_title_count_and_controls(shown):
    card = Card("Positions")
    count = card.add_count("18")
    card.add_control(IconButton("columns", "Choose columns"))
    card.add(SkeletonRows(3))
    card.edge_to_edge()
    shown(card)
    assert isinstance(count, Chip)
    assert card.accessibleName() == "Positions"
    assert count.isVisible()
    card.set_title("Orders")
    assert card.title.text() == "Orders"
