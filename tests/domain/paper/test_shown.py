"""What a quote shows, and what is left of it once the account took some."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.matching import Touch
from ibdesk.domain.orders import Side
from ibdesk.domain.paper.shown import left, shown, taken
from tests.domain.paper.market import NOON, SHARE, D

QUOTE = Quote(conid=SHARE.conid, received_at=NOON, delay=Delay.LIVE, last=D(100), bid=D(99), ask=D(101),
              bid_size=D(3), ask_size=D(5))  # fmt: skip
TOUCH = Touch(bid=D(99), ask=D(101), bid_size=D(3), ask_size=D(5))


def test_a_live_and_a_delayed_quote_can_be_traded_against() -> None:
    for delay in (Delay.LIVE, Delay.DELAYED, Delay.UNKNOWN):
        seen = shown(replace(QUOTE, delay=delay), ())
        assert seen.is_moving and seen.touch.ask == D(101) and seen.touch.ask_size == 5


@pytest.mark.parametrize("delay", [Delay.FROZEN, Delay.FROZEN_DELAYED, Delay.NOT_SUBSCRIBED])
def test_a_quote_that_stands_cannot(delay: Delay) -> None:
    assert not shown(replace(QUOTE, delay=delay), ()).is_moving
    assert not shown(replace(QUOTE, is_halted=True), ()).is_moving
    assert not shown(None, ()).is_moving


def test_yesterdays_close_is_no_last_trade_and_a_bid_of_nothing_is_no_bid() -> None:
    seen = shown(replace(QUOTE, is_close=True, bid=D(0), ask_size=None), ()).touch
    assert (seen.last, seen.bid) == (None, None)
    assert seen.ask_size > 10_000, "a size nobody tells is large enough"


def test_what_was_taken_is_gone_until_something_else_is_shown() -> None:
    gone = taken((), SHARE.conid, Side.BUY, TOUCH, D(2), NOON)
    rest = left(gone, SHARE.conid, TOUCH, NOON)
    assert (rest.ask_size, rest.bid_size) == (3, 3)
    gone = taken(gone, SHARE.conid, Side.BUY, rest, D(3), NOON)
    assert left(gone, SHARE.conid, TOUCH, NOON).ask_size == 0
    assert left(gone, SHARE.conid, replace(TOUCH, ask_size=D(4)), NOON).ask_size == 4
    assert left(gone, SHARE.conid, replace(TOUCH, ask=D(102)), NOON).ask_size == 5
    assert left(gone, SHARE.conid, TOUCH, NOON + timedelta(seconds=6)).ask_size == 5
