"""The strip of a session that runs out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ibdesk.domain.events import SessionEnding
from ibdesk.ui.session.ending import EndingStrip
from tests.ui.sample_desk import NOW, READY, StoppedClock

WARNED = SessionEnding(minutes=15, ends_at=NOW + timedelta(minutes=15))


@pytest.fixture
def strip(dressed, qtbot) -> EndingStrip:
    made = EndingStrip(StoppedClock())
    qtbot.addWidget(made)
    made.wants = []
    made.wanted.connect(made.wants.append)
    return made


def test_a_warning_counts_down_and_offers_to_sign_in(strip):
    strip.show_ending(WARNED)
    assert strip.isVisible()
    assert strip.banner.text.text() == "The session ends in 15:00."
    strip.show_time(NOW + timedelta(seconds=61))
    assert strip.banner.text.text() == "The session ends in 13:59."
    strip.banner.button.click()
    assert strip.wants == ["sign-in"]


def test_later_means_until_the_next_warning(strip):
    strip.show_ending(WARNED)
    strip.later.click()
    assert not strip.isVisible()
    strip.show_time(NOW + timedelta(minutes=1))
    assert not strip.isVisible()
    strip.show_ending(replace(WARNED, minutes=5))
    assert strip.isVisible()


def test_a_renewed_session_takes_the_warning_back_and_the_same_one_does_not(strip):
    strip.show_ending(WARNED)
    strip.follow(replace(READY, ends_at=WARNED.ends_at))
    assert strip.isVisible()
    strip.follow(replace(READY, ends_at=WARNED.ends_at + timedelta(hours=24)))
    assert not strip.isVisible() and strip.warned is None


def test_when_the_time_is_over_there_is_no_later(strip):
    strip.show_ending(WARNED)
    strip.show_time(WARNED.ends_at)
    assert strip.banner.text.text() == "The session has ended."
    assert strip.banner.property("tone") == "loss"
    assert strip.later.isHidden()
