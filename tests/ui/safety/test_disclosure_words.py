"""The sentences about disclosures."""

from dataclasses import replace
from datetime import timedelta

from ibdesk.domain.compliance.disclosure_rule import MARGIN, OPTIONS
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure, states
from ibdesk.ui.safety import disclosure_words as words
from ibdesk.ui.widgets import Check
from tests.ui.sample_desk import NOW

TEXT = Disclosure(id=OPTIONS, title="Risks of options", version="2026-11-01", text="…", statement="Yes.", sha256="aa")
YES = Acknowledgment(
    disclosure_id=OPTIONS, version="2026-10-01", sha256="aa", statement_sha256="bb", shown_at=NOW, acknowledged_at=NOW,
    account_hash="cc", app_version="0.1.0",
)  # fmt: skip


def one(*given: Acknowledgment, later: timedelta = timedelta(), text: Disclosure = TEXT):
    return states([text], given, NOW + later)[0]


def test_what_is_in_force_says_when_it_is_asked_again():
    state = one(YES)
    assert words.mark_of(state) is Check.GOOD
    assert words.standing_words(state) == (
        "Acknowledged 2026-11-20 17:48:07 UTC, by checkbox, in ibdesk 0.1.0. "
        "Asked again 2027-11-20, or when the text changes.")
    assert words.gate_words(state) == "Needed for orders that open positions in options."


def test_what_is_missing_changed_or_old_says_what_it_holds_up():
    assert words.standing_words(one()) == "Not acknowledged yet." and words.mark_of(one()) is Check.BAD
    changed = one(replace(YES, sha256="old"))
    assert "has changed: you acknowledged version 2026-10-01" in words.standing_words(changed)
    assert "More than a year ago" in words.standing_words(one(YES, later=timedelta(days=366)))
    assert words.gate_words(one()) == (
        "Holds up orders that open positions in options. Closing is never held up.")
    assert "margin account" in words.gate_words(one(text=replace(TEXT, id=MARGIN)))
    assert "every order that opens a position" in words.gate_words(one(text=replace(TEXT, id="no-advice")))


def test_the_card_counts_what_is_left():
    assert words.summary((one(), one(YES))) == "1 outstanding"
    assert words.summary((one(YES),)) == "all in force"
