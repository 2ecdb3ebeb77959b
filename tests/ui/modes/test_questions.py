"""What is asked says what happens, and what stays behind."""

import pytest
from PySide6.QtTest import QTest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.modes import Mode, face_of, local_account
from ibdesk.domain.paper.book import new_book
from ibdesk.ui.modes.opening import OpeningScreen
from ibdesk.ui.modes.questions import change_mode, reset_paper, unlock
from ibdesk.ui.widgets import Label
from tests.domain.paper.market import NOON, D
from tests.domain.paper.test_book import full

PAPER, LOCAL, LIVE = face_of(Mode.IBKR_PAPER), face_of(Mode.LOCAL_PAPER), face_of(Mode.IBKR_LIVE)


def told(dialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(Label))


@pytest.mark.parametrize(
    ("working", "tickets", "says", "not_said"),
    [
        (0, 0, (), ("working", "ticket")),
        (1, 0, ("1 order goes on working in IBKR Paper", "cancel it first"), ("ticket",)),
        (3, 1, ("3 orders go on working in IBKR Paper", "An open ticket keeps IBKR Paper"), ()),
        (0, 2, ("2 open tickets keep IBKR Paper",), ("working",)),
    ],
)
def test_what_stays_in_the_mode_that_is_left_is_said(dressed, qtbot, working, tickets, says, not_said):
    dialog = change_mode(PAPER, LOCAL, working=working, tickets=tickets, parent=None)
    qtbot.addWidget(dialog)
    text = told(dialog)
    assert "stay on this computer" in text and all(part in text for part in says)
    assert not any(part in text for part in not_said)
    assert dialog.yes.property("kind") == "primary"


def test_real_money_is_a_red_button(dressed, qtbot):
    dialog = change_mode(PAPER, LIVE, working=0, tickets=0, parent=None)
    qtbot.addWidget(dialog)
    assert dialog.yes.property("kind") == "danger" and "real money" in told(dialog)


def test_live_orders_are_unlocked_by_typing_the_account(dressed, qtbot):
    dialog = unlock(AccountId("U1234567"), guarded=10, is_read_only=True, parent=None)
    qtbot.addWidget(dialog)
    assert "The next 10 are guarded" in told(dialog) and "Read only" in told(dialog)
    assert not dialog.yes.isEnabled()
    QTest.keyClicks(dialog.typed, "U123456")
    assert not dialog.yes.isEnabled()
    QTest.keyClicks(dialog.typed, "7")
    assert dialog.yes.isEnabled()


@pytest.mark.parametrize(("guarded", "says"), [(0, "guarded"), (1, "The next one is guarded")])
def test_the_guard_is_told_only_while_it_holds(dressed, qtbot, guarded, says):
    dialog = unlock(AccountId("U1234567"), guarded=guarded, is_read_only=False, parent=None)
    qtbot.addWidget(dialog)
    assert (says in told(dialog)) is bool(guarded)
    assert "Read only" not in told(dialog)


def test_the_cover_names_the_mode_that_is_opened(dressed, qtbot):
    screen = OpeningScreen(LOCAL)
    qtbot.addWidget(screen)
    assert screen.title.text() == "Opening Local Paper…" and screen.accessibleName() == "Opening Local Paper"


def test_a_reset_says_what_goes_and_what_stays(dressed, qtbot):
    empty = reset_paper(new_book(local_account(1), D(5), NOON), D(25_000), parent=None)
    held = reset_paper(full(), D(100_000), parent=None)
    for dialog in (empty, held):
        qtbot.addWidget(dialog)
    assert "$25,000.00 takes the place of LP0000001. Its history is not shown" in told(empty)
    assert "Its 3 positions, 3 working orders and its history are not shown any more" in told(held)


def test_orders_left_in_local_paper_rest(dressed, qtbot):
    dialog = change_mode(LOCAL, PAPER, working=2, tickets=0, parent=None)
    qtbot.addWidget(dialog)
    assert "2 orders rest in Local Paper meanwhile" in told(dialog)
