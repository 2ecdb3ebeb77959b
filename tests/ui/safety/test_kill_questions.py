"""What is asked around the kill switch."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.accounts import Environment
from ibdesk.domain.modes import Mode, face_of
from ibdesk.services.kill_switch import KillReport
from ibdesk.ui.safety.kill_questions import WORD, CloseThem, let_trade, really_close
from ibdesk.ui.widgets import Label
from tests.services.scripted_broker import SHARE
from tests.ui.safety.test_kill_words import LOCK
from tests.ui.sample_desk import MAIN, NOW


def texts(dialog) -> str:
    return " ".join(each.text() for each in dialog.findChildren(Label))


def test_the_list_tells_what_each_order_would_do(dressed, qtbot):
    asked = CloseThem(((MAIN, SHARE, Decimal(-5)), (MAIN, SHARE, Decimal(1200))), None)
    qtbot.addWidget(asked)
    assert [asked.list.item(at).text() for at in (0, 1)] == [
        "Buy 5 × SPY   ·   DU7654321", "Sell 1,200 × SPY   ·   DU7654321"]


def test_real_money_is_typed_and_play_money_is_not(dressed, qtbot):
    live, demo = (really_close(2, face_of(mode), None) for mode in (Mode.IBKR_LIVE, Mode.DEMO))
    for each in (live, demo):
        qtbot.addWidget(each)
    assert not live.yes.isEnabled() and demo.yes.isEnabled()
    live.typed.setText(WORD)
    assert live.yes.isEnabled()
    assert "It is real money." in texts(live) and "IBKR Live" in texts(live)


def test_lifting_says_what_keeps_working_and_what_the_limit_does(dressed, qtbot):
    lock = replace(LOCK, until=NOW + timedelta(hours=3))
    report = KillReport(lock=lock, uncancelled=((MAIN, "Nobody answers."),))
    asked = let_trade(lock, report, Environment.LIVE, None)
    qtbot.addWidget(asked)
    assert "DU7654321 could not be cancelled: they keep working" in texts(asked)
    assert "its check still stands" in texts(asked)
