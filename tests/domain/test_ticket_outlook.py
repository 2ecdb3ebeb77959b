"""What a ticket would earn and risk at its price, told with what it assumes; what is not known is left out."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import OptionFigures, Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderTicket, OrderType, Side
from ibdesk.domain.ticket_outlook import (
    EUROPEAN_STAND_IN,
    expiry_of,
    outlook_of,
    points_of,
    spot_of,
    volatility_of,
    window_of,
)
from tests.domain.contracts import XYZ, option
from tests.services.workshop import NOON

CALENDAR = Calendar(closed={})
HIGH, LOW, FAR = option("Jan 100P"), option("Jan 95P"), option("Feb 100P")


def quote(instrument: Instrument, bid: str, ask: str, volatility: str | None = "0.20") -> tuple[Conid, Quote]:
    figures = None if volatility is None else OptionFigures(volatility=Decimal(volatility))
    return instrument.conid, Quote(
        conid=instrument.conid, received_at=NOON, bid=Decimal(bid), ask=Decimal(ask), option=figures)


MARKET = dict([quote(XYZ, "99.99", "100.01", None), quote(HIGH, "2.90", "3.10"), quote(LOW, "1.30", "1.50"),
               quote(FAR, "4.00", "4.20")])  # fmt: skip


def ticket(*legs: tuple[Instrument, Side, int], quantity: str = "10", limit: str | None = "-1.60",
           kind: OrderType = OrderType.LIMIT) -> OrderTicket:  # fmt: skip
    return OrderTicket(
        account=AccountId("DU7654321"), mode=Mode.DEMO, quantity=Decimal(quantity), order_type=kind,
        legs=tuple(Leg(instrument=each, side=side, ratio=ratio) for each, side, ratio in legs),
        limit=None if limit is None else Decimal(limit),
    )  # fmt: skip


SPREAD = ((HIGH, Side.SELL, 1), (LOW, Side.BUY, 1))


def test_a_credit_spread_gains_its_credit_and_loses_the_width_less_it() -> None:
    found = outlook_of(ticket(*SPREAD), MARKET, CALENDAR, NOON)
    assert found.at_end is not None and found.greeks is not None and found.probability is not None
    assert found.at_end.max_gain.amount == 1600
    assert found.at_end.max_loss.amount == 3400
    assert found.at_end.break_evens == (Decimal("98.40"),)
    assert found.greeks.delta > 0 and found.greeks.theta > 0 and found.greeks.vega < 0
    assert 0 < found.probability.value < 1
    assert EUROPEAN_STAND_IN in found.notes
    assert found.ends_at == datetime(2027, 1, 15, 21, 0, tzinfo=UTC)


@given(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 3]), st.decimals(-4, 4, places=2), st.integers(1, 50))
def test_the_price_is_counted_once_whatever_the_ratios(sold: int, bought: int, limit: Decimal, size: int) -> None:
    """Far above all strikes puts are worth nothing: what is left is the price alone."""
    spread = ticket((HIGH, Side.SELL, sold), (LOW, Side.BUY, bought), quantity=str(size), limit=str(limit))
    found = outlook_of(spread, MARKET, CALENDAR, NOON)
    assert found.at_end is not None
    assert found.at_end.at(Decimal(1000)) == pytest.approx(-limit * size * 100)


def test_shares_beside_a_call_are_priced_as_one_unit() -> None:
    call = option("Jan 105C")
    covered = ticket((XYZ, Side.BUY, 100), (call, Side.SELL, 1), quantity="1", limit="98.00")
    found = outlook_of(covered, {**MARKET, **dict([quote(call, "1.90", "2.10")])}, CALENDAR, NOON)
    assert found.at_end is not None
    assert found.at_end.max_gain.amount == 700
    assert found.at_end.max_loss.amount == 9800


def test_one_leg_sold_is_priced_as_quoted() -> None:
    found = outlook_of(ticket((HIGH, Side.SELL, 1), quantity="1", limit="3.00"), MARKET, CALENDAR, NOON)
    assert found.at_end is not None
    assert found.at_end.max_gain.amount == 300
    assert found.at_end.max_loss.amount == 9700


def test_a_naked_call_can_lose_without_end() -> None:
    call = option("Jan 105C")
    found = outlook_of(ticket((call, Side.SELL, 1), limit="2"), {**MARKET, **dict([quote(call, "1.9", "2.1")])},
                       CALENDAR, NOON)  # fmt: skip
    assert found.at_end is not None and found.at_end.max_loss.is_unbounded


def test_a_market_order_is_reckoned_at_the_middle() -> None:
    found = outlook_of(ticket(*SPREAD, limit=None, kind=OrderType.MARKET), MARKET, CALENDAR, NOON)
    assert found.unit == Decimal("-1.60")


def test_without_a_price_there_is_no_payoff_and_it_is_said() -> None:
    found = outlook_of(ticket(*SPREAD, limit=None), {}, CALENDAR, NOON)
    assert (found.at_end, found.greeks) == (None, None)
    assert "enter one" in found.notes[0]
    assert outlook_of(ticket(limit=None), MARKET, CALENDAR, NOON).notes == ()
    assert outlook_of(ticket(*SPREAD, quantity="0"), MARKET, CALENDAR, NOON).at_end is None


def test_without_the_underlying_only_the_last_day_is_known() -> None:
    legs_only = {conid: each for conid, each in MARKET.items() if conid != XYZ.conid}
    found = outlook_of(ticket(*SPREAD), legs_only, CALENDAR, NOON)
    assert found.at_end is not None and found.today is None and found.probability is None
    assert "no price now" in found.notes[0]


def test_two_expiries_are_looked_at_when_the_first_ends_and_it_is_said() -> None:
    calendar = ticket((HIGH, Side.SELL, 1), (FAR, Side.BUY, 1), limit="1.10")
    found = outlook_of(calendar, MARKET, CALENDAR, NOON)
    assert found.at_end is not None and found.at_end.is_modelled
    assert any("first option expires" in note for note in found.notes)


def test_volatility_is_the_brokers_else_implied_by_the_middle() -> None:
    spot = spot_of(ticket(*SPREAD).legs, MARKET)
    assert spot == 100
    assert volatility_of(HIGH, MARKET[HIGH.conid], spot, CALENDAR, NOON) == Decimal("0.20")
    bare = replace(MARKET[HIGH.conid], option=None)
    implied = volatility_of(HIGH, bare, spot, CALENDAR, NOON)
    assert implied is not None and Decimal("0.1") < implied < Decimal("0.4")
    assert volatility_of(HIGH, bare, None, CALENDAR, NOON) is None
    assert volatility_of(XYZ, MARKET[XYZ.conid], spot, CALENDAR, NOON) is None
    assert expiry_of(XYZ, CALENDAR) is None


def test_shares_have_a_line_and_a_delta_and_nothing_modelled() -> None:
    found = outlook_of(ticket((XYZ, Side.BUY, 1), limit="100"), MARKET, CALENDAR, NOON)
    assert found.greeks is not None and found.greeks.delta == 10
    assert found.at_end is not None and found.at_end.break_evens == (100,)
    assert found.notes == () and found.probability is None


def test_the_picture_shows_strikes_and_price_and_every_corner_of_the_line() -> None:
    spread = ticket(*SPREAD)
    found = outlook_of(spread, MARKET, CALENDAR, NOON)
    window = window_of(spread, found)
    assert window is not None and found.at_end is not None
    low, high = window
    assert low < 95 < 100 < high
    prices = [price for price, _ in points_of(found.at_end, low, high)]
    assert prices == [low, 95, Decimal("98.40"), 100, high]
