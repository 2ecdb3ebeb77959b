"""Every sentence of the session's face, from values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.away import AwayReport, FigureChange, HoldingChange
from ibdesk.domain.events import LinkChanged, SessionEnding
from ibdesk.domain.instruments import Conid
from ibdesk.domain.session import NextStep
from ibdesk.domain.truth import Lamp, Light
from ibdesk.ui.session import wording
from tests.ui.sample_desk import MAIN, NOW, READY
from tests.ui.session import truths

LOST = LinkChanged(
    source="portal", is_up=False, since=NOW - timedelta(seconds=40), attempts=2, next_try=NOW + timedelta(seconds=12))


def test_every_light_and_lamp_has_its_word_and_every_step_but_waiting_a_button():
    assert set(wording.LIGHTS) == set(Light) == set(wording.GRAVITY)
    assert set(wording.TITLES) == set(Lamp)
    assert set(NextStep) - set(wording.ACTIONS) == {NextStep.NONE, NextStep.WAIT}


def test_the_whole_is_as_ill_as_its_worst_lamp():
    assert wording.worst(truths.READY) is Light.GOOD
    assert wording.worst(truths.OFFLINE) is Light.BAD
    assert wording.worst(truths.EXPIRING) is Light.WARN
    assert wording.worst(truths.MAINTENANCE) is Light.EXPECTED


def test_a_lamp_tells_its_age_and_its_deadline():
    lamp = truths.READY.lamps[2]
    assert wording.seen(lamp, NOW) == "seen 4 s ago"
    assert wording.due(lamp, NOW) == "next keep-alive in 2:41"
    assert wording.due(lamp, NOW + timedelta(minutes=5)) == "next keep-alive now"
    assert wording.seen(truths.OFFLINE.lamps[4], NOW) == "not seen yet"
    assert wording.due(truths.OFFLINE.lamps[0], NOW) == ""


def test_a_screen_reader_hears_a_lamp_in_one_sentence():
    assert wording.described(truths.COMPETING.lamps[3], NOW) == (
        "Other logins: Problem. Another login uses this user name. It is never thrown out without your word. "
        "seen 4 s ago")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (12, "12 s"), (161, "2:41"), (50_400, "14 h")])
def test_time_left_is_said_as_people_say_it(seconds, text):
    assert wording.soon(timedelta(seconds=seconds)) == text


def test_a_search_tells_when_it_tries_again_and_how_often_it_did():
    assert wording.search(LOST, NOW) == "Lost 40 s ago · next try in 12 s · 2 tries so far"
    assert wording.next_try(LinkChanged(source="portal", is_up=False, since=NOW), NOW) == "trying now…"
    assert wording.search(None, NOW) == ""
    assert wording.search(LinkChanged(source="portal", is_up=True, since=NOW), NOW) == ""


def test_an_announced_outage_is_told_calmly_in_the_exchanges_time():
    until = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)
    link = LinkChanged(source="portal", is_up=False, since=NOW, expected_until=until)
    assert wording.is_expected(link, NOW)
    assert not wording.is_expected(link, until)
    assert wording.search(link, NOW) == "Lost 0 s ago · announced, no action needed"
    assert wording.expected(until)[0] == "Interactive Brokers is in its maintenance until 00:30 ET."


@pytest.mark.parametrize(("minutes", "left", "text", "tone"), [
    (60, timedelta(minutes=60), "The session ends in 1 h.", "accent"),
    (15, timedelta(minutes=14, seconds=3), "The session ends in 14:03.", "warn"),
    (5, timedelta(seconds=42), "The session ends in 42 s.", "warn"),
    (5, timedelta(0), "The session has ended.", "loss"),
])
def test_an_ending_grows_more_urgent(minutes, left, text, tone):
    said = wording.ending(SessionEnding(minutes=minutes, ends_at=NOW + left), NOW, UTC)
    assert (said.text, said.tone) == (text, tone)


def test_the_tray_names_an_hour_and_never_counts_down():
    assert wording.standing(READY, truths.READY, None, NOW, UTC) == (
        Light.GOOD, "Everything is connected · session ends 08:48")
    assert wording.standing(None, None, None, NOW) == (Light.UNKNOWN, "No account connected")
    link = LinkChanged(source="portal", is_up=False, since=NOW, expected_until=NOW + timedelta(hours=1))
    assert wording.standing(READY, truths.READY, link, NOW)[0] is Light.EXPECTED


def report(**parts) -> AwayReport:
    given = {"since": NOW, "until": NOW + timedelta(minutes=7), "reason": "The gateway stopped.",
             "as_of": NOW + timedelta(minutes=7)} | parts
    return AwayReport(**given)


def test_an_outage_says_when_it_was_and_how_long():
    assert wording.span(report(), UTC) == "Fri 20 Nov 17:48 to 17:55 (7 min)"
    night = report(until=NOW + timedelta(hours=9, minutes=12))
    assert wording.span(night, UTC) == "Fri 20 Nov 17:48 to Sat 21 Nov 03:00 (9 h 12 m)"
    assert wording.lasted(timedelta(seconds=40)) == "40 s"


def test_changes_are_counted_and_their_sides_told():
    bought = HoldingChange(account=MAIN, conid=Conid(1), symbol="AAPL", before=Decimal(0), after=Decimal(120))
    figure = FigureChange(account=MAIN, name="Cash", currency="USD", before=Decimal("-5.5"), after=None)
    assert wording.before_after(bought) == ("none", "120")
    assert wording.before_after(figure) == ("−$5.50", "—")
    assert wording.summary(report(holdings=(bought,), figures=(figure, figure))) == (
        "1 holding changed · 2 figures changed")
    assert wording.summary(report()) == "Nothing changed in your holdings and figures."
    assert wording.summary(report(as_of=None)) == "The first fresh picture has not come yet."
