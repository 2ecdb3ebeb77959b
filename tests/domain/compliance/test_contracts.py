"""The contracts of a ticket: complete, alive, standard (oracles K13 and B28), and taken by the broker."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.contracts import check_contracts, check_ticket
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from ibdesk.domain.instruments import OptionTerms, Right
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import Exits, OrderRules, OrderType, TimeInForce, Trail
from tests.domain.compliance.ready import (
    CALL,
    TODAY,
    buying,
    case,
    context,
    found,
    market,
    quote,
    quotes,
    rules,
    selling,
    ticket,
)  # fmt: skip
from tests.domain.compliance.sample import book, option, stock

XYZ1 = replace(option("100C", symbol="XYZ"), trading_class="XYZ1")


def test_k13_an_adjusted_contract_is_blocked_to_open_and_asked_to_close() -> None:
    known = {XYZ1.conid: rules(XYZ1)}
    assert found(check_contracts(case(buying(XYZ1), context(rules=known))), Code.NON_STANDARD).severity is (
        Severity.BLOCK
    )
    held = context(rules=known, book=book((XYZ1, 1)))
    assert found(check_contracts(case(selling(XYZ1), held)), Code.NON_STANDARD).severity is Severity.CONFIRM


def test_b28_a_us_option_with_another_multiplier_is_no_standard_one() -> None:
    odd = option("100C", multiplier="25")
    assert found(check_contracts(case(buying(odd))), Code.NON_STANDARD).severity is Severity.BLOCK
    foreign = replace(odd, currency=Currency("EUR"))
    assert all(each.code is not Code.NON_STANDARD for each in check_contracts(case(buying(foreign))))


def test_an_expired_contract_is_blocked_and_todays_is_not() -> None:
    gone = replace(CALL, option=OptionTerms(right=Right.CALL, strike=Decimal(100), expiry=TODAY.replace(day=20)))
    assert found(check_contracts(case(buying(gone))), Code.EXPIRED).severity is Severity.BLOCK
    assert worst(check_contracts(case(buying(option("100C", TODAY)), context(rules={
        option("100C", TODAY).conid: rules(option("100C", TODAY))})))) is Severity.PASS  # fmt: skip


@pytest.mark.parametrize(
    ("exits", "says"),
    [(Exits(stop_loss=Decimal(999)), "close the position at once"),
     (Exits(take_profit=Decimal("0.01")), "gain nothing"),
     (Exits(take_profit=Decimal("NaN")), "Enter a profit target")],
)  # fmt: skip
def test_exits_that_are_no_exits_are_blocked(exits: Exits, says: str) -> None:
    (only,) = check_ticket(replace(buying(), exits=exits))
    assert only.severity is Severity.BLOCK and says in only.sentence


@pytest.mark.parametrize(
    ("bid", "ask", "exits", "severity"),
    [
        ("1.00", "1.10", Exits(stop_loss=Decimal("1.10")), Severity.BLOCK),
        ("1.00", "1.10", Exits(take_profit=Decimal("1.10")), Severity.BLOCK),
        ("1.00", "1.10", Exits(take_profit=Decimal("1.50"), stop_loss=Decimal("0.80")), Severity.PASS),
        ("1.00", None, Exits(stop_loss=Decimal("0.80")), Severity.CONFIRM),
    ],
)
def test_the_exits_of_a_market_order_are_measured_at_what_it_meets(
    bid: str, ask: str | None, exits: Exits, severity: Severity
) -> None:
    seen = context(quotes=quotes(quote(CALL, bid, ask)))
    assert worst(check_contracts(case(replace(market(buying()), exits=exits), seen))) is severity


def test_the_exits_of_a_market_sale_stand_the_other_way_round() -> None:
    wrong = replace(market(selling()), exits=Exits(stop_loss=Decimal("0.90")))
    only = found(check_contracts(case(wrong)), Code.TICKET)
    assert only.severity is Severity.BLOCK and "than the market; it would close the position at once" in only.sentence
    right = replace(wrong, exits=Exits(stop_loss=Decimal("1.50")))
    assert worst(check_contracts(case(right))) is Severity.PASS


def test_exits_of_a_trailing_entry_are_asked_about_and_those_of_a_stop_are_measured_at_it() -> None:
    exits = Exits(stop_loss=Decimal("0.50"))
    trailing = replace(
        buying(limit=None), order_type=OrderType.TRAILING, trail=Trail(amount=Decimal("0.10")), exits=exits
    )
    assert found(check_contracts(case(trailing)), Code.TICKET).severity is Severity.CONFIRM
    stop = replace(buying(limit=None), order_type=OrderType.STOP, stop=Decimal("0.50"), exits=exits)
    assert "than the stop" in check_ticket(stop)[0].sentence
    limited = replace(buying(), exits=Exits(take_profit=Decimal(999)))
    assert worst(check_contracts(case(limited, context(quotes={})))) is Severity.PASS, "measured at its limit"
    right = replace(stop, stop=Decimal("1.50"))
    assert check_ticket(right) == () and worst(check_contracts(case(right))) is Severity.PASS


def _without(**changes: object) -> dict[int, OrderRules]:
    return {CALL.conid: replace(rules(CALL), **changes)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order_types": frozenset({OrderType.MARKET})}, "a limit order"),
        ({"tifs": frozenset({TimeInForce.GTC})}, "an order good DAY"),
        ({"outside_hours_types": frozenset()}, "a limit order outside regular hours"),
    ],
)
def test_what_the_broker_does_not_take_is_blocked(changes: dict[str, object], words: str) -> None:
    of = replace(buying(), outside_hours="outside_hours_types" in changes)
    finding = found(check_contracts(case(of, context(rules=_without(**changes)))), Code.NOT_OFFERED)
    assert finding.severity is Severity.BLOCK
    assert words in finding.sentence


def test_a_size_between_two_steps_is_blocked() -> None:
    rows = {stock().conid: replace(rules(stock()), size_step=Decimal(10))}
    finding = found(check_contracts(case(buying(stock(), quantity=25), context(rules=rows))), Code.TICK)
    assert (finding.severity, finding.remedy) == (Severity.BLOCK, "Use 20 or 30.")


def test_rules_not_known_are_asked_about_when_opening_only() -> None:
    assert worst(check_contracts(case(seen=context(rules={})))) is Severity.CONFIRM
    assert worst(check_contracts(case(selling(), context(rules={}, book=book((CALL, 1)))))) is Severity.PASS


def test_every_fault_of_a_ticket_is_a_finding() -> None:
    bad = ticket(quantity="0", limit=None)
    assert [each.severity for each in check_ticket(bad)] == [Severity.BLOCK] * 2
    assert check_ticket(ticket()) == ()


@pytest.mark.parametrize("number", ["1E+30", "1E+999999", "10000000.01", "1E-9"])
def test_a_number_nobody_means_is_blocked_also_where_the_order_lowers_risk(number: str) -> None:
    held, absurd = context(book=book((CALL, 5))), Decimal(number)
    stop = replace(market(selling()), order_type=OrderType.STOP)
    for of in (
        selling(limit=number), replace(selling(), quantity=absurd), replace(stop, stop=absurd),
        replace(market(selling()), order_type=OrderType.TRAILING, trail=Trail(amount=absurd)),
        replace(buying(), exits=Exits(take_profit=absurd)),
    ):  # fmt: skip
        verdict = check(of, held, policies_at(TODAY))
        assert verdict.is_blocked and {each.code for each in verdict.of(Severity.BLOCK)} == {Code.TICKET}
    assert not check_ticket(selling(limit="10000000")) and not check_ticket(selling(limit="0.00000001"))
