"""The list of modes under the keys and the mouse."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import Mode
from ibdesk.ui.modes.choices import Standing, choices
from ibdesk.ui.modes.panel import ModePanel

STANDING = Standing(
    mode=Mode.IBKR_PAPER, lender=Environment.PAPER, connected={Environment.PAPER: AccountId("DU1234567")})


@pytest.fixture
def panel(dressed, qtbot):
    made = ModePanel()
    qtbot.addWidget(made)
    made.show_choices(choices(STANDING))
    made.show()
    made.activateWindow()
    made.wanted_names = []
    made.wanted.connect(made.wanted_names.append)
    return made


def test_the_cursor_starts_on_the_mode_in_force_and_walks_over_the_closed_ones(panel):
    panel.take_focus()
    assert panel.focusWidget().choice.face.mode is Mode.IBKR_PAPER
    seen: list[str] = []
    for _ in range(len(panel.rows) + 1):
        QTest.keyClick(panel.focusWidget(), Qt.Key.Key_Up)
        seen.append(panel.focusWidget().accessibleName())
    assert seen == ["Alpaca Live, not available", "Alpaca Paper, not available", "Local Paper", "Going live…",
                    "IBKR Live", "IBKR Paper, current mode"]
    assert "no Alpaca account" in panel.rows[1].accessibleDescription()


def test_a_mode_that_is_open_is_asked_for_and_a_closed_one_is_not(panel):
    for row in panel.rows:
        row.setFocus()
        QTest.keyClick(row, Qt.Key.Key_Space)
    assert panel.wanted_names == ["mode:local_paper", "mode:ibkr_live"]


def test_choosing_where_one_is_only_closes_the_list(panel):
    left = []
    panel.left.connect(lambda: left.append(True))
    panel.rows[3].click()
    assert left == [True] and panel.wanted_names == []
    panel.going_live.click()
    assert panel.wanted_names == ["going-live"]


def test_news_are_shown_in_the_same_rows(panel):
    before = panel.rows
    panel.show_choices(choices(Standing(mode=Mode.LOCAL_PAPER, lender=Environment.PAPER, connected={})))
    assert panel.rows == before and panel.rows[0].choice.is_here
    panel.show_choices(choices(Standing(mode=Mode.DEMO, lender=Environment.DEMO, connected={})))
    assert len(panel.rows) == 6
