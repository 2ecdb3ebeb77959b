from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.domain.calls import RateState
from ibdesk.domain.errors import Cause, NeedsPerson, Refused, Unavailable
from ibdesk.domain.events import LinkChanged
from ibdesk.domain.hours import Calendar
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.ui.commands import Command, found, score
from ibdesk.ui.frame import wording
from tests.ui.sample_desk import NOW, READY


def session(state: SessionState) -> Session:
    return Session(state=state, flags=SessionFlags(reachable=state is not SessionState.OFFLINE))


@pytest.mark.parametrize("state", list(SessionState))
def test_every_session_state_has_words_and_a_tone(state):
    words = wording.session_words(session(state), NOW)
    assert words.full and words.short and words.tip
    assert words.tone in ("gain", "warn", "loss", "muted")


def test_only_a_ready_session_looks_good():
    good = {state for state in SessionState if wording.session_words(session(state), NOW).tone == "gain"}
    assert good == {SessionState.READY}


def test_an_ending_session_warns_with_the_time_left():
    ending = replace(READY, state=SessionState.EXPIRING, ends_at=NOW + timedelta(minutes=42, seconds=10))
    words = wording.session_words(ending, NOW)
    assert words.full == "Ends soon · tickle in 2:41 · session ends in 42:10"
    assert words.tone == "warn"


LOST = LinkChanged(
    source="portal", is_up=False, since=NOW, next_try=NOW + timedelta(seconds=12), reason="It does not answer.")


@pytest.mark.parametrize(("state", "full", "is_searched"), [
    (SessionState.OFFLINE, "Gateway not running · next try in 12 s", True),
    (SessionState.UNKNOWN, "Checking the session…", False),
    (SessionState.READY, "Connecting…", False),
    (SessionState.SIGNED_OUT, "Signed out · sign in", False),
    (SessionState.COMPETING, "Another session is active", False),
    (SessionState.STRANGER, "Something else answers", False),
])
def test_a_lost_gateway_is_searched_and_a_person_is_asked_where_only_they_can_help(state, full, is_searched):
    assert wording.session_words(session(state), NOW, LOST).full == full
    assert wording.is_searched(session(state), LOST, NOW) is is_searched


def test_a_gateway_that_answers_again_is_not_said_to_be_silent():
    tip = wording.session_words(session(SessionState.READY), NOW, LOST).tip
    assert "does not answer" not in tip and "read anew" in tip


def test_an_announced_outage_is_no_alarm_anywhere():
    link = replace(LOST, expected_until=NOW + timedelta(minutes=30))
    words = wording.session_words(session(SessionState.OFFLINE), NOW, link)
    assert (words.full, words.tone) == ("In maintenance until 13:18 ET", "muted")
    assert "resumes by itself" in words.tip
    assert not wording.is_searched(session(SessionState.OFFLINE), link, NOW)
    gateway = wording.gateway_words("https://localhost:5000", session(SessionState.OFFLINE), None, is_expected=True)
    assert (gateway.full, gateway.tone) == ("Client Portal Gateway localhost:5000 · maintenance", "muted")


@pytest.mark.parametrize("state", [SessionState.READY, SessionState.OFFLINE, SessionState.UNKNOWN])
def test_a_connection_lost_while_locked_out_is_neither_connecting_nor_searched(state):
    until = NOW + timedelta(minutes=15)
    words = wording.session_words(session(state), NOW, LOST, until)
    assert (words.full, words.tone) == (f"Locked out until {until.astimezone():%H:%M}", "warn")
    assert "nothing is asked" in words.tip and "It does not answer." in words.tip
    assert wording.session_words(session(SessionState.READY), until, LOST, until).full == "Connecting…"
    assert wording.session_words(READY, NOW, None, until).tone == "gain"


def test_a_gateway_that_did_not_answer_last_time_is_not_green():
    asked = replace(READY, detail="The broker has locked us out.")
    words = wording.gateway_words("https://localhost:5000", asked, RateState(per_second=0, limit=10, latency_ms=38))
    assert words.full == "Client Portal Gateway localhost:5000 · last question not answered"
    assert words.tone == "warn" and "locked us out" in words.tip


def test_a_gateway_whose_answer_is_overdue_is_waited_for():
    rate = RateState(per_second=0, limit=10, unanswered_since=NOW)
    words = wording.gateway_words("https://localhost:5000", READY, rate)
    assert (words.full, words.tone) == ("Client Portal Gateway localhost:5000 · waiting for an answer", "accent")


def test_without_an_account_the_pill_offers_to_connect_one():
    assert wording.session_words(None, NOW).full == "No account connected"


@pytest.mark.parametrize(("last", "running", "failed", "text"), [
    (NOW - timedelta(seconds=4), None, False, "Synced 4 s ago"),
    (None, None, False, "Never synced"),
    (NOW, "positions 3 of 12", False, "Syncing positions 3 of 12…"),
    (NOW, "", False, "Syncing…"),
    (NOW, "session", False, "Syncing…"),
    (NOW, "fetch", False, "Syncing the account…"),
    (NOW - timedelta(minutes=3), None, True, "Sync failed · data 3 min ago"),
    (None, None, True, "Sync failed"),
])
def test_the_sync_pill_tells_age_progress_and_failure(last, running, failed, text):
    assert wording.sync_words(last, NOW, running=running, failed=failed).full == text


def test_the_gateway_is_named_with_its_place_and_latency():
    rate = RateState(per_second=2.1, limit=10, latency_ms=38)
    url, name = "https://localhost:5000", "Client Portal Gateway localhost:5000"
    assert wording.gateway_words(url, READY, rate).full == f"{name} · 38 ms"
    assert wording.gateway_words(url, READY, None).full == name
    offline = wording.gateway_words(url, session(SessionState.OFFLINE), rate)
    assert (offline.full, offline.tone) == ("Client Portal Gateway localhost:5000 · not running", "loss")
    other = wording.gateway_words(url, session(SessionState.STRANGER), rate)
    assert (other.full, other.tone) == ("Client Portal Gateway localhost:5000 · something else answers", "loss")
    assert wording.gateway_words("https://localhost:5000", None, None).full == "No gateway"


def test_the_request_budget_tells_use_waiting_and_the_penalty_box():
    assert wording.rate_words(None, 10, NOW).full == "Requests 0.0/s of 10"
    queued = RateState(per_second=9.6, limit=10, waiting=4)
    assert wording.rate_words(queued, 10, NOW).full == "Requests 9.6/s of 10 · 4 waiting"
    boxed = RateState(per_second=0, limit=10, boxed_until=NOW + timedelta(minutes=15))
    assert wording.rate_words(boxed, 10, NOW).full == "Locked out by the broker · 15:00"
    assert wording.rate_words(boxed, 10, NOW + timedelta(minutes=16)).full == "Requests 0.0/s of 10"


def test_the_market_clock_runs_in_exchange_time():
    christmas = Calendar(closed={datetime(2026, 12, 25, tzinfo=UTC).date(): "Christmas Day"})
    assert wording.market_words(christmas, NOW) == "NYSE open · closes in 3 h 11 m · 12:48:07 ET"
    night = datetime(2026, 12, 25, 15, 0, tzinfo=UTC)
    assert wording.market_words(christmas, night) == "NYSE closed · opens in 71 h · Christmas Day · 10:00:00 ET"


def test_every_helping_command_exists_for_its_cause():
    assert all(text and name for text, name in wording.HELPS.values())
    assert Cause.PENALTY_BOX not in wording.HELPS
    about_orders = (
        Cause.OUTCOME_UNKNOWN, Cause.ORDER_UNKNOWN, Cause.ORDER_REFUSED, Cause.QUESTION_STALE, Cause.QUESTION_BUSY,
        Cause.READ_ONLY,
    )
    assert set(about_orders) <= set(wording.HELPS)


def test_red_is_for_what_is_final_and_for_a_changed_certificate():
    def made(kind, cause):
        return kind("It happened.", remedy="Do this.", cause=cause)

    assert wording.tone_of(made(NeedsPerson, Cause.NOT_AUTHENTICATED)) == "warn"
    assert wording.tone_of(made(Unavailable, Cause.MAINTENANCE)) == "warn"
    assert wording.tone_of(made(Refused, Cause.LITE_ACCOUNT)) == "loss"
    assert wording.tone_of(made(NeedsPerson, Cause.CERTIFICATE_CHANGED)) == "loss"


def command(title: str, words: str = "") -> Command:
    return Command(name=title, title=title, run=lambda: None, words=words)


def test_titles_are_found_before_descriptions():
    commands = (command("Lock", "hide the portfolio"), command("Portfolio"), command("Import"))
    assert [each.title for each in found("port", commands)] == ["Portfolio", "Import", "Lock"]


def test_letters_in_their_order_are_enough_and_nothing_matches_nothing():
    assert score("syn", command("Sync now")) > score("snw", command("Sync now")) > 0
    assert score("zzz", command("Sync now")) == 0
    assert [each.title for each in found("", (command("B"), command("A")))] == ["B", "A"]
