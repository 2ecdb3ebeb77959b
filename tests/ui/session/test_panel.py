"""The truth panel in each state: the headline, the one next action, and the question of a competing login."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel

from ibdesk.domain.events import LinkChanged
from ibdesk.ui.session import wording
from ibdesk.ui.session.panel import TruthPanel
from tests.ui.rooms_desk import unnamed
from tests.ui.sample_desk import NOW
from tests.ui.session import truths

LOST = LinkChanged(
    source="portal", is_up=False, since=NOW - timedelta(seconds=40), attempts=2, next_try=NOW + timedelta(seconds=12))


@pytest.fixture
def panel(dressed, qtbot) -> TruthPanel:
    made = TruthPanel()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.wants = []
    made.wanted.connect(made.wants.append)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def offered(panel: TruthPanel) -> list[str]:
    return [button.text() for button in panel.findChildren(QAbstractButton) if button.isVisible()]


def test_a_healthy_session_offers_status_re_authentication_and_log_out(panel):
    panel.show_truth(truths.READY, NOW)
    assert panel.headline.text() == "Everything is connected"
    assert offered(panel) == ["Status", "Re-authenticate", "Log out"]
    for button in panel.buttons.values():
        button.click()
    assert panel.wants == ["check-session", "sign-in", "sign-out"]


def test_the_single_next_action_stands_once_and_on_top(panel):
    panel.show_truth(truths.OFFLINE, NOW)
    assert offered(panel).count("Start the Gateway") == 1
    panel.take_focus()
    assert panel.action.hasFocus()
    panel.action.click()
    assert panel.wants == ["start-gateway"]


def test_a_competing_login_is_a_question_with_both_answers_explained(panel):
    panel.show_truth(truths.COMPETING, NOW, LOST)
    assert not panel.search.isVisible() and not panel.try_now.isVisible()  # trying again helps nobody here
    said = {label.text() for label in panel.competing.findChildren(QLabel)}
    assert {wording.COMPETING_TITLE, wording.TAKE_OVER[1], wording.LEAVE_IT[1], wording.RECIPE} <= said
    assert not panel.action.isVisible()
    panel.take_focus()
    assert panel.competing.leave.hasFocus()  # Enter harms nobody
    panel.competing.take.click()
    assert panel.wants == ["take-over"]


def test_who_leaves_the_session_to_the_other_is_asked_again_only_by_a_new_one(panel):
    panel.show_truth(truths.COMPETING, NOW)
    left: list[None] = []
    panel.left.connect(lambda: left.append(None))
    panel.competing.leave.click()
    panel.show_truth(truths.COMPETING, NOW)
    assert left == [None] and panel.wants == []
    assert not panel.competing.isVisible()
    assert offered(panel)[0] == "Take over…"
    panel.show_truth(truths.READY, NOW)
    panel.show_truth(truths.COMPETING, NOW)
    assert panel.competing.isVisible()


def test_the_search_for_a_lost_gateway_counts_down_and_can_be_hurried(panel):
    panel.show_truth(truths.OFFLINE, NOW, LOST)
    assert "next try in 12 s" in panel.search.text()
    panel.show_time(NOW + timedelta(seconds=2))
    assert "next try in 10 s" in panel.search.text()
    panel.try_now.click()
    assert panel.wants == ["try-now"]


def test_locked_out_and_lost_waits_for_the_end_of_the_lock_and_offers_no_try(panel):
    panel.show_truth(truths.LOCKED_OUT, NOW, replace(LOST, next_try=NOW + timedelta(minutes=15)))
    assert panel.search.text().startswith("Lost 40 s ago · next try in 15:00")
    assert not panel.try_now.isVisible()


def test_a_session_that_is_back_waits_for_the_account_and_offers_no_search(panel):
    panel.show_truth(truths.READY, NOW, LOST)
    assert panel.search.text() == "Lost 40 s ago · the account is being read anew"
    assert not panel.try_now.isVisible()


def test_an_announced_outage_asks_for_nothing_and_alarms_nobody(panel):
    panel.show_truth(truths.MAINTENANCE, NOW, replace(LOST, expected_until=NOW + timedelta(minutes=30)))
    assert offered(panel) == ["Status", "Re-authenticate", "Log out"]
    assert "no action needed" in panel.search.text()
    assert not any(label.property("tone") in ("loss", "warn") for label in panel.findChildren(QLabel)
                   if label.isVisible())


@pytest.mark.parametrize("truth", [
    truths.READY, truths.OFFLINE, truths.COMPETING, truths.EXPIRING, truths.MAINTENANCE])
def test_every_control_of_the_panel_has_a_name(panel, truth):
    panel.show_truth(truth, NOW, LOST)
    assert unnamed(panel) == []
