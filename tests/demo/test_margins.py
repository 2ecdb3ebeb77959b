"""A spread ties up what it can lose, a naked option what the rule says, a bought one what it is worth."""

from datetime import date
from decimal import Decimal

from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.margins import Held, strategy_margin

D = Decimal
CATALOGUE = Catalogue(date(2026, 11, 18))
NEAR, FAR = date(2026, 12, 18), date(2027, 1, 15)
SPOT = D(600)


def held(right: str, strike: int, quantity: int, price: str, expiry: date = NEAR) -> Held:
    return Held(
        listing=CATALOGUE.option(756733, expiry, right, D(strike)), quantity=D(quantity), price=D(price)
    )


def needs(*options: Held, shares: int = 0) -> Decimal:
    return strategy_margin(options, SPOT, D(shares))


def test_a_bought_option_ties_up_its_value() -> None:
    assert needs(held("C", 610, 2, "5.00")) == D(1000)


def test_a_credit_spread_ties_up_its_width_less_the_credit() -> None:
    assert needs(held("P", 590, -1, "6.00"), held("P", 585, 1, "4.50")) == D(500) - D(150)


def test_a_debit_spread_ties_up_what_was_paid() -> None:
    assert needs(held("C", 600, 1, "9.00"), held("C", 610, -1, "4.00")) == D(500)


def test_an_iron_condor_has_one_width_only() -> None:
    condor = (held("P", 580, 1, "2.00"), held("P", 585, -1, "3.00"), held("C", 615, -1, "3.00"),
              held("C", 620, 1, "2.00"))
    assert needs(*condor) == D(500) - D(200)


def test_a_naked_call_follows_the_rule_and_shares_cover_it() -> None:
    call = held("C", 610, -1, "5.00")
    assert needs(call) == 100 * (D("0.2") * SPOT - 10)
    assert needs(call, shares=100) == 0
    assert needs(call, shares=99) == needs(call)


def test_a_naked_put_is_not_dearer_than_its_strike() -> None:
    assert needs(held("P", 590, -1, "5.00")) == 100 * (D("0.2") * SPOT - 10)
    assert needs(held("P", 5, -1, "0.01")) <= D(500)


def test_a_calendar_is_covered_the_right_way_round_only() -> None:
    assert needs(held("C", 600, -1, "8.00"), held("C", 600, 1, "12.00", FAR)) == D(400)
    assert needs(held("C", 600, 1, "8.00"), held("C", 600, -1, "12.00", FAR)) > D(5000)


def test_a_ratio_spread_is_naked_for_the_rest() -> None:
    assert needs(held("C", 600, 1, "9.00"), held("C", 610, -2, "5.00")) >= 100 * (D("0.2") * SPOT - 10)


def test_nothing_held_needs_nothing() -> None:
    assert needs(held("C", 600, 0, "9.00")) == 0
