"""Prices beside the market: oracles K1 to K6, K9, K10 of reference/compliance.md 4.6, and combinations by net price."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.prices import check_hard_collar, check_prices
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, worst
from ibdesk.domain.market import Delay
from ibdesk.domain.orders import OrderTicket, OrderType
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    TODAY,
    buying,
    case,
    context,
    found,
    leg,
    market,
    quote,
    quotes,
    selling,
    setting,
    ticket,
)  # fmt: skip
from tests.domain.compliance.sample import FEB, option, stock


def at(bid: str | None, ask: str | None, **more: object) -> Context:
    return context(quotes=quotes(quote(CALL, bid, ask, **more)))  # type: ignore[arg-type]


def hard(of: OrderTicket, seen: Context) -> Finding:
    return max(check_hard_collar(case(of, seen)), key=lambda each: each.severity)


def soft(of: OrderTicket, seen: Context) -> Severity:
    return worst(check_prices(case(of, seen)))


@pytest.mark.parametrize(
    ("oracle", "bid", "ask", "limit", "severity"),
    [
        ("K1", "1.00", "1.10", "1.20", Severity.PASS),
        ("K1 at its edge", "1.00", "1.10", "1.21", Severity.PASS),
        ("K2", "1.00", "1.10", "1.22", Severity.CONFIRM),
    ],
)
def test_a_buy_may_be_a_tenth_above_the_ask(oracle: str, bid: str, ask: str, limit: str, severity: Severity) -> None:
    assert soft(buying(limit=limit), at(bid, ask)) == severity, oracle


@pytest.mark.parametrize(("limit", "asks"), [("0.20", False), ("0.21", True)])
def test_k3_cheap_contracts_have_a_floor_and_the_mid_rule_does_not_fire(limit: str, asks: bool) -> None:
    findings = check_prices(case(buying(limit=limit), at("0.05", "0.10")))
    collars = [each for each in findings if each.code is Code.PRICE_COLLAR]
    assert [each.severity for each in collars] == ([Severity.CONFIRM] if asks else [])
    assert all("the ask" in each.sentence for each in collars)


def test_k4_more_than_half_the_mid_away_is_blocked() -> None:
    blocked = hard(selling(limit="0.90"), at("1.95", "2.05"))
    assert (blocked.code, blocked.severity) == (Code.PRICE_COLLAR, Severity.BLOCK)
    assert (blocked.measured, blocked.limit) == (Decimal("1.10"), Decimal("1.000"))
    assert hard(selling(limit="1.00"), at("1.95", "2.05")).severity is Severity.PASS


def test_a_limit_on_the_patient_side_harms_nobody() -> None:
    for patient in (buying(limit="0.05"), selling(limit="9.00")):
        assert hard(patient, at("1.95", "2.05")).severity is Severity.PASS
        assert soft(patient, at("1.95", "2.05")) is Severity.PASS


VERTICAL = (leg(CALL, 1), leg(option("105C"), -1))
CREDIT = (leg(CALL, -1), leg(option("105C"), 1))


def test_k5_a_debit_above_the_width_is_blocked() -> None:
    seen = context(quotes=quotes(quote(CALL, "5.00", "5.20"), quote(option("105C"), "0.10", "0.20")))
    assert hard(ticket(*VERTICAL, limit="5.05"), seen).severity is Severity.BLOCK
    assert "never be worth more than 5" in hard(ticket(*VERTICAL, limit="5.05"), seen).sentence
    assert hard(ticket(*VERTICAL, limit="5.00"), seen).severity is Severity.PASS


def test_k5_a_credit_that_is_paid_for_is_blocked() -> None:
    seen = context(quotes={})
    assert hard(ticket(*CREDIT, limit="0.01"), seen).severity is Severity.BLOCK
    assert hard(ticket(*CREDIT, limit="-0.01"), seen).severity is Severity.PASS


def test_options_of_two_last_days_and_calls_without_bound_have_no_most() -> None:
    calendar = ticket(leg(CALL, -1), leg(option("100C", FEB), 1), limit="90.00")
    for free in (calendar, buying(limit="90.00")):
        assert hard(free, context(quotes={})).severity is Severity.PASS
    assert hard(buying(option("95P"), limit="95.01"), context(quotes={})).severity is Severity.BLOCK


IN_THE_MONEY = option("45C")
SPOT_50 = quotes(quote(IN_THE_MONEY, "4.70", "5.30"), quote(stock(), "50.00", "50.00"))


def test_k6_selling_below_intrinsic_is_blocked_for_closing_too_unless_the_person_lowers_it() -> None:
    seen = context(quotes=SPOT_50)
    assert hard(selling(IN_THE_MONEY, limit="4.80"), seen).severity is Severity.BLOCK
    assert hard(selling(IN_THE_MONEY, limit="5.00"), seen).severity is Severity.PASS
    lowered = setting(seen, risk_intrinsic_blocks=False)
    assert hard(selling(IN_THE_MONEY, limit="4.80"), lowered).severity is Severity.CONFIRM


def test_k6_a_european_option_may_be_worth_less_than_its_intrinsic() -> None:
    index = option("45C", symbol="XSP")
    prices = quotes(quote(index, "4.70", "5.30"), quote(stock("XSP"), "50.00", "50.00"))
    assert hard(selling(index, limit="4.80"), context(quotes=prices)).severity is Severity.PASS


def test_k6_exercise_is_worth_what_the_underlying_really_brings() -> None:
    wide = quotes(quote(IN_THE_MONEY, "4.70", "5.30"), quote(stock(), "49.70", "50.30"))
    assert hard(selling(IN_THE_MONEY, limit="4.80"), context(quotes=wide)).severity is Severity.PASS


@pytest.mark.parametrize(("age", "severity"), [("5.0", Severity.PASS), ("5.1", Severity.CONFIRM)])
def test_k9_an_options_quote_may_be_five_seconds_old(age: str, severity: Severity) -> None:
    seen = at("1.00", "1.10", at=NOW - timedelta(seconds=float(age)))
    assert soft(buying(), seen) is severity


@pytest.mark.parametrize(("age", "severity"), [("2.0", Severity.PASS), ("2.1", Severity.CONFIRM)])
def test_k9_a_shares_quote_may_be_two_seconds_old(age: str, severity: Severity) -> None:
    seen = context(quotes=quotes(quote(stock(), "99.99", "100.01", at=NOW - timedelta(seconds=float(age)))))
    assert soft(buying(stock(), limit="100.00"), seen) is severity


def test_a_live_quote_that_arrives_now_and_tells_of_a_minute_ago_is_asked_about() -> None:
    for delay, age, sentences in (
        (Delay.LIVE, 60, [f"The quote of {CALL.label} is 60.0 seconds old."]), (Delay.LIVE, 10, []),
        (Delay.DELAYED, 900, [f"The quote of {CALL.label} is delayed."]),
    ):  # fmt: skip
        old = quote(CALL, "1.00", "1.10", delay=delay, updated_at=NOW - timedelta(seconds=age))
        found = check_prices(case(buying(), context(quotes=quotes(old, quote(stock(), "99.99", "100.01")))))
        assert [each.sentence for each in found if each.code is Code.STALE_DATA] == sentences


def test_an_old_quote_says_nothing_new_while_the_market_is_closed() -> None:
    seen = replace(at("1.00", "1.10"), now=NOW + timedelta(hours=9))
    assert soft(buying(), seen) is Severity.PASS


@pytest.mark.parametrize("delay", [Delay.DELAYED, Delay.FROZEN, Delay.FROZEN_DELAYED, Delay.UNKNOWN])
def test_quotes_that_are_not_live_are_asked_about(delay: Delay) -> None:
    finding = found(check_prices(case(buying(), at("1.00", "1.10", delay=delay))), Code.STALE_DATA)
    assert finding.severity is Severity.CONFIRM


@pytest.mark.parametrize(("bid", "ask"), [(None, "1.10"), ("1.00", None), ("-1", "1.10"), (None, None)])
def test_k10_a_quote_with_one_side_is_no_quote(bid: str | None, ask: str | None) -> None:
    for of, severity in ((buying(), Severity.CONFIRM), (market(buying()), Severity.BLOCK)):
        assert found(check_prices(case(of, at(bid, ask))), Code.NO_QUOTE).severity is severity
    assert found(check_prices(case(buying(), context(quotes={}))), Code.NO_QUOTE).severity is Severity.CONFIRM


def test_a_market_order_on_options_is_asked_and_blocked_when_wide_late_or_expiring() -> None:
    assert soft(market(buying()), at("1.00", "1.10")) is Severity.CONFIRM
    assert soft(market(buying()), at("1.00", "1.50")) is Severity.BLOCK
    assert soft(market(buying()), replace(at("1.00", "1.10"), now=NOW + timedelta(hours=9))) is Severity.BLOCK
    today = option("100C", TODAY)
    assert soft(market(buying(today)), context(quotes=quotes(quote(today, "1.00", "1.10")))) is Severity.BLOCK
    share = quotes(quote(stock(), "99.99", "100.01"))
    assert soft(market(buying(stock())), context(quotes=share)) is Severity.PASS


def test_a_wide_spread_is_warned_about() -> None:
    """Section 4: wider than 20 % of the mid."""
    assert found(check_prices(case(buying(), at("0.90", "1.12"))), Code.WIDE_SPREAD).severity is Severity.WARN
    assert soft(buying(limit="1.00"), at("0.90", "1.10")) is Severity.PASS  # exactly 20 %


@pytest.mark.parametrize(
    ("of", "stop", "asks"),
    [(buying, "1.09", True), (buying, "1.11", False), (selling, "1.01", True), (selling, "0.99", False)],
)
def test_a_stop_that_is_passed_already_is_asked_about(of: object, stop: str, asks: bool) -> None:
    order = replace(of(limit=None), order_type=OrderType.STOP, stop=Decimal(stop))  # type: ignore[operator]
    codes = {each.code for each in check_prices(case(order, at("1.00", "1.10")))}
    assert (Code.STOP_TRIGGERS in codes) is asks


def test_a_combination_is_judged_by_its_net_price() -> None:
    """Buying it costs 1.10 less 0.40; the middle is 0.63."""
    assert soft(ticket(*VERTICAL, limit="0.80"), context()) is Severity.WARN  # its spread is wide, its price is not
    collar = found(check_prices(case(ticket(*VERTICAL, limit="0.81"), context())), Code.PRICE_COLLAR)
    assert (collar.severity, collar.measured) == (Severity.CONFIRM, Decimal("0.11"))
    receiving = ticket(*CREDIT, limit="-0.10")  # 0.56 could be had
    asked = found(check_prices(case(receiving, context())), Code.PRICE_COLLAR)
    assert asked.severity is Severity.CONFIRM
    assert " cr;" in asked.sentence and "\N{MINUS SIGN}" not in asked.sentence, "as its ticket has it"
    assert hard(receiving, context()).severity is Severity.BLOCK  # 0.53 worse than the mid of 0.63
