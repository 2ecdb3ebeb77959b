"""When the desk is heard outside its window: once, in the right measure, and as the settings say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ibdesk.domain.away import AwayReport
from ibdesk.domain.events import LinkChanged, SessionEnding, WentAway
from ibdesk.domain.settings import Settings
from ibdesk.ui.session.alerts import Alerts
from tests.ui.sample_desk import NOW

LOST = LinkChanged(source="portal", is_up=False, since=NOW)


class Outside:
    """The room outside the window: what was heard and seen there."""

    def __init__(self, settings: Settings | None = None, *, in_front: bool = False, is_up: bool = True) -> None:
        self.notes: list[tuple[str, str]] = []
        self.beeps = 0
        self.alerts = Alerts(
            settings=lambda: settings or Settings(), notify=lambda title, text: self.notes.append((title, text)),
            is_in_front=lambda: in_front, is_up=is_up, beep=self._beep, grace_ms=0)

    def _beep(self) -> None:
        self.beeps += 1


@pytest.mark.parametrize(("minutes", "beeps"), [(60, 1), (15, 2), (5, 3)])
def test_a_session_that_ends_is_told_the_louder_the_later(qtbot, minutes, beeps):
    outside = Outside()
    ending = SessionEnding(minutes=minutes, ends_at=NOW + timedelta(minutes=minutes))
    outside.alerts.session_ending(ending, NOW)
    qtbot.waitUntil(lambda: outside.beeps == beeps, timeout=20_000)
    [(title, _)] = outside.notes
    assert title.startswith("The session ends in")


def test_whoever_looks_at_the_desk_gets_no_notification_and_still_the_sound(qtbot):
    outside = Outside(in_front=True)
    outside.alerts.link_changed(LOST, NOW)
    qtbot.waitUntil(lambda: outside.beeps == 1, timeout=20_000)
    assert outside.notes == []


def test_sounds_and_notifications_can_be_switched_off(qtbot):
    outside = Outside(Settings(sounds=False, notifications=False))
    outside.alerts.link_changed(LOST, NOW)
    outside.alerts.session_ending(SessionEnding(minutes=60, ends_at=NOW + timedelta(hours=1)), NOW)
    qtbot.wait(20)
    assert (outside.beeps, outside.notes) == (0, [])


def test_a_loss_is_told_once_and_again_only_after_a_return(qtbot):
    outside = Outside()
    for event in (LOST, replace(LOST, attempts=1), replace(LOST, attempts=2)):
        outside.alerts.link_changed(event, NOW)
    qtbot.waitUntil(lambda: bool(outside.notes))
    outside.alerts.link_changed(replace(LOST, attempts=3), NOW)
    qtbot.wait(20)
    assert [title for title, _ in outside.notes] == ["Connection lost"]
    outside.alerts.link_changed(replace(LOST, is_up=True), NOW)
    outside.alerts.link_changed(LOST, NOW)
    qtbot.waitUntil(lambda: [title for title, _ in outside.notes] == ["Connection lost", "Connection lost"])


def test_a_loss_that_explains_itself_or_is_over_at_once_rings_nobody(qtbot):
    outside = Outside()
    outside.alerts.link_changed(LOST, NOW)
    outside.alerts.link_changed(replace(LOST, expected_until=NOW + timedelta(minutes=2)), NOW)
    qtbot.wait(20)
    outside.alerts.link_changed(replace(LOST, is_up=True), NOW)
    outside.alerts.link_changed(LOST, NOW)
    outside.alerts.link_changed(replace(LOST, is_up=True), NOW)
    qtbot.wait(20)
    assert (outside.beeps, outside.notes) == (0, [])


def test_what_was_never_found_is_not_lost(qtbot):
    outside = Outside(is_up=False)
    outside.alerts.link_changed(LOST, NOW)  # a desk that is just being opened
    qtbot.wait(20)
    assert (outside.beeps, outside.notes) == (0, [])
    outside.alerts.link_changed(replace(LOST, is_up=True), NOW)
    outside.alerts.link_changed(LOST, NOW)
    qtbot.waitUntil(lambda: [title for title, _ in outside.notes] == ["Connection lost"])


def test_an_announced_outage_rings_nobody(qtbot):
    outside = Outside()
    outside.alerts.link_changed(replace(LOST, expected_until=NOW + timedelta(minutes=30)), NOW)
    qtbot.wait(20)
    assert (outside.beeps, outside.notes) == (0, [])


def test_a_return_is_told_without_a_sound_and_without_an_amount():
    outside = Outside()
    report = AwayReport(since=NOW, until=NOW + timedelta(minutes=7), reason="The gateway stopped.", as_of=NOW)
    outside.alerts.went_away(WentAway(report=report))
    assert outside.notes == [("Connected again", "Nothing changed in your holdings and figures.")]
    assert outside.beeps == 0
