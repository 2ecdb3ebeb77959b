"""What a unit costs, on which grid its price moves, and that the slider never leaves either."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import Leg, OrderRules, OrderType, Side, Tick
from ibdesk.domain.ticket_prices import (
    Grid,
    UnitQuote,
    grid_of,
    limit_at,
    shown,
    side_of,
    start_limit,
    unit_quote,
)
from tests.domain.contracts import XYZ, option
from tests.services.workshop import NOON

HIGH, LOW = option("Jan 100P"), option("Jan 95P")
#: Below 3 in nickels, from there on in dimes: an option that is in no penny program.
NICKELS = Grid(ticks=(Tick(above=Decimal(0), step=Decimal("0.05")), Tick(above=Decimal(3), step=Decimal("0.10"))))
CENTS = st.decimals(min_value=Decimal("0.01"), max_value=500, places=2)


def quoted(*rows: tuple[Instrument, str, str]) -> dict[Conid, Quote]:
    return {each.conid: Quote(conid=each.conid, received_at=NOON, bid=Decimal(bid), ask=Decimal(ask))
            for each, bid, ask in rows}  # fmt: skip


SPREAD = (Leg(instrument=HIGH, side=Side.SELL), Leg(instrument=LOW, side=Side.BUY))
MARKET = quoted((HIGH, "5.86", "5.98"), (LOW, "3.98", "4.10"))


def test_the_spread_of_the_picture_is_a_credit_between_1_76_and_2_00() -> None:
    found = shown(unit_quote(SPREAD, MARKET), None)
    assert found.is_credit
    assert (found.bid, found.mid, found.ask) == (Decimal("1.76"), Decimal("1.88"), Decimal("2.00"))


def test_one_leg_is_quoted_as_it_is_whichever_its_side() -> None:
    for side in Side:
        found = unit_quote((Leg(instrument=HIGH, side=side),), MARKET)
        assert (found.low, found.high, found.is_credit) == (Decimal("5.86"), Decimal("5.98"), False)


def test_a_hundred_shares_beside_an_option_count_once() -> None:
    legs = (Leg(instrument=XYZ, side=Side.BUY, ratio=100), Leg(instrument=HIGH, side=Side.SELL))
    found = unit_quote(legs, {**MARKET, **quoted((XYZ, "99.90", "100.00"))})
    assert found.high == Decimal("100.00") - Decimal("5.86")


def test_a_side_that_nobody_quotes_is_unknown() -> None:
    assert unit_quote(SPREAD, quoted((HIGH, "5.86", "5.98"))).mid is None
    assert unit_quote((), MARKET) == UnitQuote()
    found = shown(unit_quote(SPREAD, {}), None)
    assert (found.bid, found.place) == (None, None)


@pytest.mark.parametrize(
    ("low", "high", "is_credit"),
    [("-2.00", "-1.76", True), (None, "-1.76", True), ("-2.00", None, True), ("-0.10", "0.30", False),
     ("-0.30", "0.10", True), (None, "0.10", False), ("0.10", None, False), (None, None, False)],
)  # fmt: skip
def test_a_unit_is_a_credit_when_its_middle_or_the_side_that_is_quoted_is_received(
    low: str | None, high: str | None, is_credit: bool
) -> None:
    quote = UnitQuote(low=None if low is None else Decimal(low), high=None if high is None else Decimal(high))
    assert quote.is_credit is is_credit


def test_at_once_a_purchase_pays_the_high_side_and_a_sale_gets_the_low_one() -> None:
    quote = UnitQuote(low=Decimal(1), high=Decimal(2))
    assert (quote.at_once(Side.BUY), quote.at_once(Side.SELL)) == (2, 1)


def test_where_bid_and_ask_meet_or_cross_the_limit_stands_in_the_middle() -> None:
    for high in (Decimal(2), Decimal("1.90")):
        assert shown(UnitQuote(low=Decimal(2), high=high), Decimal(2)).place == 0.5


def test_with_one_side_alone_the_slider_has_no_price() -> None:
    for quote in (UnitQuote(low=Decimal(1)), UnitQuote(high=Decimal(1))):
        assert limit_at(0.5, quote, Grid(), is_credit=False) is None


def test_a_new_limit_is_the_middle_on_the_side_that_is_no_worse() -> None:
    grid = NICKELS
    bought = (Leg(instrument=LOW, side=Side.BUY),)
    sold = (Leg(instrument=LOW, side=Side.SELL),)
    quote = unit_quote(bought, quoted((LOW, "1.00", "1.25")))
    assert start_limit(bought, quote, grid) == Decimal("1.10")
    assert start_limit(sold, quote, grid) == Decimal("1.15")
    assert start_limit(bought, UnitQuote(), grid) is None


def test_steps_change_at_their_border() -> None:
    assert NICKELS.moved(Decimal("2.95"), 1) == Decimal("3.00")
    assert NICKELS.moved(Decimal("3.00"), 1) == Decimal("3.10")
    assert NICKELS.moved(Decimal("3.00"), -1) == Decimal("2.95")
    assert NICKELS.moved(Decimal("2.97"), 1) == Decimal("3.00")
    assert NICKELS.moved(Decimal("0.05"), -1) == Decimal("0.05"), "a price stays above zero"
    assert NICKELS.fair(Decimal("0.01"), Side.BUY) == Decimal("0.05")
    late = Grid(ticks=(Tick(above=Decimal(1), step=Decimal("0.05")),))
    assert late.moved(Decimal("0.50"), -1) == Decimal("0.45"), "below its first row the first row holds"


@given(CENTS, st.integers(-30, 30))
def test_every_step_lands_on_the_grid(price: Decimal, steps: int) -> None:
    after = NICKELS.moved(price, steps)
    assert not steps or after == price or after % NICKELS.step_at(after) == 0
    assert after > 0


@given(CENTS, st.integers(1, 20))
def test_a_step_up_and_down_comes_back(price: Decimal, steps: int) -> None:
    start = NICKELS.nearest(price)
    assert NICKELS.moved(NICKELS.moved(start, steps), -steps) == start


@given(st.floats(0, 1), CENTS, CENTS, st.booleans())
def test_the_slider_never_leaves_bid_and_ask_by_more_than_half_a_step(
    place: float, low: Decimal, wide: Decimal, is_credit: bool
) -> None:
    quote = UnitQuote(low=-low - wide, high=-low) if is_credit else UnitQuote(low=low, high=low + wide)
    grid = Grid(may_be_negative=True)
    limit = limit_at(place, quote, grid, is_credit=is_credit)
    assert limit is not None and quote.low is not None and quote.high is not None
    assert limit % grid.step_at(limit) == 0
    assert quote.low - Decimal("0.005") <= limit <= quote.high + Decimal("0.005")


@pytest.mark.parametrize(("place", "limit"), [(0.0, "-1.76"), (0.5, "-1.88"), (1.0, "-2.00")])
def test_the_left_end_of_a_credit_is_what_is_received_at_once(place: float, limit: str) -> None:
    quote = unit_quote(SPREAD, MARKET)
    assert limit_at(place, quote, Grid(may_be_negative=True), is_credit=True) == Decimal(limit)
    assert shown(quote, Decimal(limit)).place == pytest.approx(place)
    assert limit_at(place, UnitQuote(), Grid(), is_credit=True) is None


def test_a_limit_outside_stands_at_the_end_it_is_past() -> None:
    quote = unit_quote(SPREAD, MARKET)
    assert shown(quote, Decimal("-0.40")).place == 0.0
    assert shown(quote, Decimal("-9")).place == 1.0


def test_a_limit_says_by_its_own_sign_whether_it_is_a_credit() -> None:
    found = shown(unit_quote(SPREAD, MARKET), Decimal("0.10"))
    assert not found.is_credit
    assert found.limit == Decimal("0.10")


def test_legs_together_move_in_cents_and_one_leg_by_the_brokers_rules() -> None:
    rules = {LOW.conid: OrderRules(
        conid=LOW.conid, order_types=frozenset({OrderType.LIMIT}), outside_hours_types=frozenset(), tifs=frozenset(),
        ticks=NICKELS.ticks,
    )}  # fmt: skip
    assert grid_of((Leg(instrument=LOW, side=Side.BUY),), rules).step_at(Decimal(4)) == Decimal("0.10")
    assert grid_of(SPREAD, rules).moved(Decimal("0.00"), -1) == Decimal("-0.01")
    assert grid_of((Leg(instrument=HIGH, side=Side.BUY),), {}).step_at(Decimal(4)) == Decimal("0.01")
    assert side_of(SPREAD) is Side.BUY and side_of(SPREAD[:1]) is Side.SELL
