from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderType, Side, TimeInForce, Trail, faults
from ibdesk.domain.protecting import Proposed, as_kind, proposed, protecting_ticket
from tests.domain.contracts import XYZ, option

D = Decimal
PUT = option("Jan 100P")
MAIN = AccountId("DU7654321")
NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)


def test_a_share_is_given_a_twentieth_and_an_option_a_fifth() -> None:
    share = proposed(XYZ, Side.SELL, bid=D(100), ask=D("100.10"))
    assert (share.target, share.stop, share.trail) == (105, 95, 5)
    put = proposed(PUT, Side.SELL, bid=D("2.00"), ask=D("2.10"))
    assert (put.target, put.stop, put.trail) == (D("2.40"), D("1.60"), D("0.40"))


def test_what_is_sold_short_is_protected_from_above() -> None:
    short = proposed(PUT, Side.BUY, bid=D("1.90"), ask=D("2.00"))
    assert (short.target, short.stop) == (D("1.60"), D("2.40"))


@pytest.mark.parametrize(
    ("cost", "target", "stop"),
    [("96", 105, 96), ("91", 105, 91), ("50", 105, 95), ("99", 105, 95), ("104", 104, 95), ("130", 105, 95)],
)
def test_what_it_cost_is_the_stop_of_a_gain_and_the_target_of_a_loss(cost: str, target: int, stop: int) -> None:
    found = proposed(XYZ, Side.SELL, bid=D(100), ask=None, cost=D(cost))
    assert (found.target, found.stop) == (target, stop)


def test_without_any_price_nothing_is_proposed_and_without_a_bid_the_next_best_counts() -> None:
    assert proposed(XYZ, Side.SELL, bid=None, ask=None) == Proposed()
    assert proposed(XYZ, Side.SELL, bid=None, ask=D(100)).stop == 95
    assert proposed(XYZ, Side.SELL, bid=D(-1), ask=None, last=D(100)).stop == 95


def test_the_cheapest_option_has_no_price_below_it() -> None:
    found = proposed(PUT, Side.SELL, bid=D("0.01"), ask=D("0.02"))
    assert found.stop is None


@given(st.decimals("0.01", "5000", places=2), st.decimals("0.01", "5000", places=2), st.sampled_from(Side))
def test_a_proposal_is_never_on_the_wrong_side_of_the_market(market: D, cost: D, side: Side) -> None:
    found = proposed(XYZ, side, bid=market, ask=market, cost=cost)
    for price, way in ((found.target, -side.sign), (found.stop, side.sign)):
        assert price is None or (price - market) * way > 0


def test_the_ticket_is_a_pair_for_all_of_it_until_it_is_cancelled() -> None:
    quote = Quote(conid=XYZ.conid, received_at=NOW, delay=Delay.LIVE, bid=D(100), ask=D("100.02"), last=D(100))
    ticket = protecting_ticket(MAIN, Mode.DEMO, XYZ, D(-30), quote=quote, cost=D(110))
    assert (ticket.legs[0].side, ticket.quantity, ticket.tif) == (Side.BUY, 30, TimeInForce.GTC)
    assert ticket.other is not None and ticket.limit == D("95.02") and faults(ticket) == ()
    blind = protecting_ticket(MAIN, Mode.DEMO, XYZ, D(30))
    assert blind.limit is None and faults(blind)
    assert protecting_ticket(MAIN, Mode.DEMO, XYZ, D(30), last=D(100)).limit == 105
    with pytest.raises(ValueError, match="nothing"):
        protecting_ticket(MAIN, Mode.DEMO, XYZ, D(0))


def test_the_other_half_begins_as_a_stop_or_as_one_that_trails() -> None:
    found = Proposed(target=D(105), stop=D(95), trail=D(5))
    assert as_kind(OrderType.STOP, found).stop == 95
    trailing = as_kind(OrderType.TRAILING, found)
    assert (trailing.order_type, trailing.trail, trailing.stop) == (OrderType.TRAILING, Trail(amount=D(5)), None)
    assert as_kind(OrderType.TRAILING, Proposed()).trail is None
