"""Hours: oracles K11 and K12, half days, holidays, outside regular hours, halts, and the short-sale restriction."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.market_state import check_market_state, closes_at, trading_of
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.market import TradingHours, TradingSpan
from ibdesk.domain.orders import OrderTicket, TimeInForce
from tests.domain.compliance.ready import CALL, buying, case, context, found, market, quote, quotes, selling
from tests.domain.compliance.sample import CALENDAR, book, stock

FRIDAY = date(2026, 11, 27)  # the half day after Thanksgiving


def new_york(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)


def hours(instrument: Instrument, day: date, closes: tuple[int, int], *, evening: bool = False) -> TradingHours:
    regular = TradingSpan(opens=new_york(day, 9, 30), closes=new_york(day, *closes), is_liquid=True)
    late = TradingSpan(opens=new_york(day, 4), closes=new_york(day, 20), is_liquid=False)
    spans = (late, regular) if evening else (regular,)
    return TradingHours(conid=instrument.conid, zone="America/New_York", spans=spans)


def at(moment: datetime, *known: TradingHours, **more: object) -> Context:
    return context(now=moment, hours={each.conid: each for each in known}, **more)


def answer(of: OrderTicket, seen: Context) -> tuple[Code, Severity]:
    hardest = max(check_market_state(case(of, seen)), key=lambda each: each.severity)
    return hardest.code, hardest.severity


def test_k11_a_market_order_after_an_early_close_is_blocked() -> None:
    closed = at(new_york(FRIDAY, 13, 5))
    assert answer(market(buying()), closed) == (Code.SESSION_CLOSED, Severity.BLOCK)
    assert answer(market(buying()), at(new_york(FRIDAY, 12, 59)))[1] is Severity.PASS


def test_k11_a_class_that_closes_at_1315_still_trades() -> None:
    open_until = at(new_york(FRIDAY, 13, 5), hours(CALL, FRIDAY, (13, 15)))
    assert answer(market(buying()), open_until)[1] is Severity.PASS


@pytest.mark.parametrize(
    ("told", "minute", "is_open"), [((16, 0), 5, False), ((16, 15), 5, True), ((16, 15), 15, False)]
)
def test_hours_told_without_the_half_day_end_three_hours_earlier(
    told: tuple[int, int], minute: int, is_open: bool
) -> None:
    trading = trading_of(CALL, hours(CALL, FRIDAY, told), CALENDAR, new_york(FRIDAY, 13, minute))
    assert trading.is_regular is is_open


def test_k12_on_a_holiday_a_limit_order_is_queued_for_the_next_day() -> None:
    thanksgiving = date(2026, 11, 26)
    for known in ((), (hours(CALL, thanksgiving, (16, 0)),)):
        seen = at(new_york(thanksgiving, 11), *known)
        finding = found(check_market_state(case(buying(), seen)), Code.SESSION_CLOSED)
        assert finding.severity is Severity.CONFIRM
        assert "queued for Fri 2026-11-27" in finding.sentence
        assert "(holiday)" in finding.sentence


def test_an_order_that_must_trade_at_once_is_blocked_while_closed() -> None:
    evening = at(new_york(FRIDAY, 19))
    assert answer(replace(buying(), tif=TimeInForce.IOC), evening)[1] is Severity.BLOCK
    assert answer(buying(), evening)[1] is Severity.CONFIRM


def test_outside_regular_hours_a_limit_is_asked_and_a_market_order_blocked() -> None:
    monday = date(2026, 11, 23)
    seen = at(new_york(monday, 18), hours(stock(), monday, (16, 0), evening=True))
    outside = replace(buying(stock()), outside_hours=True)
    assert answer(outside, seen) == (Code.OUTSIDE_RTH, Severity.CONFIRM)
    assert answer(market(outside), seen) == (Code.OUTSIDE_RTH, Severity.BLOCK)
    assert answer(buying(stock()), seen) == (Code.SESSION_CLOSED, Severity.CONFIRM)


def test_a_future_keeps_its_own_hours_on_a_holiday() -> None:
    thanksgiving = date(2026, 11, 26)
    future = replace(stock("ES"), asset_class=AssetClass.FUTURE)
    seen = at(new_york(thanksgiving, 11), hours(future, thanksgiving, (13, 0)))
    assert answer(buying(future), seen)[1] is Severity.PASS


def test_a_halted_share_stops_its_options_too() -> None:
    halted = quotes(quote(CALL, "1.00", "1.10"), quote(stock(), "99.99", "100.01", is_halted=True))
    assert answer(buying(), context(quotes=halted)) == (Code.HALTED, Severity.CONFIRM)
    assert answer(market(buying()), context(quotes=halted)) == (Code.HALTED, Severity.BLOCK)


@pytest.mark.parametrize(("last", "warned"), [("90.00", True), ("90.01", False)])
def test_short_selling_after_a_fall_of_ten_percent_is_warned_about(last: str, warned: bool) -> None:
    fallen = quotes(quote(stock(), "89", "91", last=Decimal(last), prior_close=Decimal(100)))
    findings = check_market_state(case(selling(stock()), context(quotes=fallen)))
    assert ({each.code for each in findings} == {Code.SSR}) is warned
    held = check_market_state(case(selling(stock()), context(quotes=fallen, book=book((stock(), 1)))))
    assert worst(held) is Severity.PASS


def test_the_close_of_a_day_is_that_of_the_contract() -> None:
    noon = new_york(FRIDAY, 12)
    assert closes_at(CALL, None, CALENDAR, noon) == new_york(FRIDAY, 13)
    assert closes_at(CALL, hours(CALL, FRIDAY, (13, 15)), CALENDAR, noon) == new_york(FRIDAY, 13, 15)
    assert closes_at(CALL, None, CALENDAR, new_york(date(2026, 11, 26), 12)) is None
