"""The sentences about the kill switch."""

from dataclasses import replace
from datetime import timedelta

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.orders import OrderRef
from ibdesk.domain.records import TradingLock
from ibdesk.services.kill_switch import KillReport
from ibdesk.ui.safety import kill_words as words
from ibdesk.ui.widgets import Check
from tests.ui.sample_desk import MAIN, NOW, SMALL

LOCK = TradingLock(at=NOW, reason=words.BY_HAND)
DONE = KillReport(lock=LOCK, cancelled=(MAIN, SMALL))
FULL = Unavailable("The disk is full.", remedy="Make room.", cause=Cause.DISK_FULL)


def test_the_headline_tells_why_and_since_when():
    assert words.headline(LOCK, NOW) == "Trading is stopped since 12:48 New York: you pressed it in the window."
    assert "since 20 Nov 12:48 New York" in words.headline(LOCK, NOW + timedelta(days=1))


def test_the_end_is_a_person_or_midnight():
    assert "until you lift it" in words.ending(LOCK, NOW)
    night = NOW.replace(day=21, hour=5, minute=0, second=0)
    assert words.ending(replace(LOCK, until=night), NOW) == "It ends by itself at midnight in New York, in 11 h."


def test_cancelled_orders_are_told_by_account():
    assert words.orders_said(DONE).title == "Working orders are cancelled"
    assert words.orders_said(DONE).detail.startswith("In DU7654321 and DU7654322. A fill may have been quicker")
    assert words.accounts(tuple(AccountId(f"U{n}") for n in range(4))) == "4 accounts"
    assert words.orders_said(replace(DONE, is_cancelling=True)).check is Check.PENDING
    assert words.orders_said(None).check is Check.PENDING
    assert words.orders_said(replace(DONE, cancelled=())).check is Check.GOOD


def test_what_was_not_reached_says_that_orders_may_still_work():
    said = words.orders_said(replace(DONE, cancelled=(MAIN,), uncancelled=((SMALL, "Nobody answers."),)))
    assert said.check is Check.BAD and said.title == "Orders may still be working"
    assert said.detail.startswith("DU7654322: Nobody answers. Cancelled in DU7654321.")
    assert "asked again" in said.detail


def test_a_desk_that_sends_no_orders_only_locks():
    assert "it only locks" in words.orders_said(replace(DONE, takes_orders=False)).detail


def test_a_lock_that_is_not_written_down_says_how_long_it_holds():
    said = words.written_said(replace(DONE, unwritten=FULL))
    assert said.check is Check.BAD and "only as long as ibdesk is open" in said.detail
    assert "Make room." in words.detail(LOCK, replace(DONE, unwritten=FULL), NOW)


def test_positions_stay_until_they_are_closed():
    assert words.positions_said(2, DONE, is_closing=False).check is Check.WARN
    assert words.positions_said(0, DONE, is_closing=False).title == "No position is open"
    assert words.positions_said(2, DONE, is_closing=True).check is Check.PENDING
    closed = replace(DONE, closing=(OrderRef("a"), OrderRef("b")))
    assert words.positions_said(2, closed, is_closing=False).title == "2 closing orders were sent"
    left = words.positions_said(2, replace(closed, not_closed=(("SPY", "The market is closed."),)), is_closing=False)
    assert left.check is Check.BAD and "SPY: The market is closed. 2 closing orders were sent." in left.detail
