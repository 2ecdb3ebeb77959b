"""Exercise, lapse and expiry: oracles X1, X2 and X4 to X8 of reference/compliance.md section 5 (X3: test_expiry)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.context import Dividend
from ibdesk.domain.compliance.exercise import (
    Delivery,
    Holding,
    Wish,
    check_after_close,
    check_delivery,
    check_exercise,
    delivery,
    forfeited,
    is_exercised,
)
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, worst
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import OptionTerms
from tests.domain.compliance.sample import CALENDAR, legs, option

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)
CALL_45 = option("45C")
NOW = datetime.combine(MONDAY, time(11), NEW_YORK)
HELD = Holding(now=NOW, held=Decimal(1), spot=Decimal(50), mark=Decimal("5.20"), cash=Decimal(1_000_000))


def terms(text: str) -> OptionTerms:
    of = option(text, FRIDAY).option
    assert of is not None
    return of


def value(findings: tuple[Finding, ...]) -> Finding:
    return next(each for each in findings if each.code is Code.EXERCISE_TIME_VALUE)


def exercised(holding: Holding = HELD, **wish: object) -> tuple[Finding, ...]:
    given: dict[str, object] = {"instrument": CALL_45, "contracts": Decimal(1), **wish}
    return check_exercise(Wish(**given), holding)  # type: ignore[arg-type]


def test_x1_exercise_gives_up_time_value_and_selling_is_better() -> None:
    assert forfeited(terms("45C"), Decimal(50), Decimal("5.20")) == Decimal("0.20")
    told = value(exercised())
    assert (told.severity, told.remedy) == (Severity.WARN, "Sell it instead.")
    assert "20 a contract" in told.sentence


def test_what_a_sale_brings_is_the_bid_and_not_the_middle() -> None:
    below = replace(HELD, mark=Decimal("5.20"), bid=Decimal("4.95"))
    assert all(each.remedy != "Sell it instead." for each in exercised(below)), "exercise brings more than the bid"
    above = replace(HELD, mark=Decimal("5.20"), bid=Decimal("5.10"))
    assert "10 a contract" in value(exercised(above)).sentence


def test_x2_a_larger_dividend_tomorrow_may_be_worth_it() -> None:
    soon = replace(HELD, dividend=Dividend(ex_date=MONDAY + timedelta(days=1), amount=Decimal("0.45")))
    told = value(exercised(soon))
    assert told.severity is Severity.NOTE
    assert "by $25 a contract" in told.sentence
    later = replace(HELD, dividend=Dividend(ex_date=MONDAY + timedelta(days=9), amount=Decimal("0.45")))
    assert value(exercised(later)).severity is Severity.WARN


@pytest.mark.parametrize(("close", "is_done"), [("50.00", False), ("50.01", True), ("49.99", False)])
def test_x4_x5_the_clearing_house_exercises_from_a_cent_in_the_money(close: str, is_done: bool) -> None:
    assert is_exercised(terms("50C"), Decimal(close)) is is_done


def test_x5_an_expiry_that_needs_cash_which_is_not_there_is_told_three_days_before() -> None:
    held = legs((option("50C", FRIDAY), 1))
    assert delivery(held, Decimal("50.01")) == Delivery(Decimal(100), Decimal(-5000))
    for day, told in ((16, False), (17, True), (20, True), (21, False)):
        findings = check_delivery(held, Decimal("50.01"), Decimal(0), FRIDAY, date(2026, 11, day), CALENDAR)
        assert bool(findings) is told, day
    cash, shares = check_delivery(held, Decimal("50.01"), Decimal(0), FRIDAY, FRIDAY, CALENDAR)
    assert (cash.severity, cash.measured) == (Severity.WARN, Decimal(5000))
    assert cash.sentence == "At 50.01 the expiry of 20 November takes $5,000 in cash; $0 is there."
    enough = check_delivery(held, Decimal("50.01"), Decimal(5000), FRIDAY, FRIDAY, CALENDAR)
    assert enough == (shares,)


def test_x6_a_spread_that_ends_between_its_strikes_leaves_shares_over_the_weekend() -> None:
    spread = legs((option("100P", FRIDAY), -1), (option("95P", FRIDAY), 1))
    assert delivery(spread, Decimal(97)) == Delivery(Decimal(100), Decimal(-10_000))
    assert worst(check_delivery(spread, Decimal(97), Decimal(50_000), FRIDAY, FRIDAY, CALENDAR)) is Severity.WARN
    assert delivery(spread, Decimal(90)) == Delivery(Decimal(0), Decimal(-500))
    assert check_delivery(spread, Decimal(101), Decimal(0), FRIDAY, FRIDAY, CALENDAR) == ()


def test_x6_only_what_expires_that_day_is_delivered_and_an_index_pays_in_cash() -> None:
    later = legs((option("100P"), -1))
    assert check_delivery(later, Decimal(97), Decimal(0), FRIDAY, FRIDAY, CALENDAR) == ()
    assert delivery(legs((option("100C", FRIDAY, "SPX"), 2)), Decimal(103)) == Delivery(Decimal(0), Decimal(600))


def test_x7_after_the_close_the_rule_still_goes_by_the_close() -> None:
    (told,) = check_after_close(option("50C", FRIDAY), Decimal("50.30"), Decimal("49.50"))
    assert told.severity is Severity.WARN
    assert "is exercised by its close of 50.30" in told.sentence
    assert check_after_close(option("50C", FRIDAY), Decimal("50.30"), Decimal("51.00")) == ()


def test_x8_twenty_calls_need_a_hundred_thousand() -> None:
    twenty = replace(HELD, held=Decimal(20), spot=Decimal(51), mark=Decimal(1), cash=Decimal(99_999))
    wish = {"instrument": option("50C"), "contracts": Decimal(20)}
    need = next(each for each in exercised(twenty, **wish) if each.code is Code.BP_INSUFFICIENT)
    assert (need.severity, need.measured) == (Severity.WARN, Decimal(100_000))
    assert all(each.code is not Code.BP_INSUFFICIENT
               for each in exercised(replace(twenty, cash=Decimal(100_000)), **wish))  # fmt: skip


def test_out_of_the_money_is_refused_unless_overridden() -> None:
    """B51."""
    out = replace(HELD, spot=Decimal(44), mark=Decimal("0.30"))
    assert value(exercised(out)).severity is Severity.BLOCK
    assert value(exercised(out, is_overridden=True)).severity is Severity.CONFIRM


def test_every_exercise_is_confirmed_because_nothing_takes_it_back() -> None:
    fair = exercised(replace(HELD, mark=Decimal(5)))
    assert [each.severity for each in fair] == [Severity.CONFIRM]


@pytest.mark.parametrize("contracts", ["0", "2", "-1"])
def test_only_what_is_held_is_exercised(contracts: str) -> None:
    assert worst(exercised(contracts=Decimal(contracts))) is Severity.BLOCK


@pytest.mark.parametrize(("hour", "minute", "blocked"), [(16, 59, False), (17, 0, True)])
def test_after_our_own_deadline_on_the_last_day_it_is_too_late(hour: int, minute: int, blocked: bool) -> None:
    last = replace(HELD, now=datetime.combine(FRIDAY, time(hour, minute), NEW_YORK))
    findings = exercised(last, instrument=option("45C", FRIDAY))
    assert (Code.EXERCISE_DEADLINE in {each.code for each in findings}) is blocked


def test_a_european_option_and_a_lapse_wait_for_the_last_day() -> None:
    index = option("45C", symbol="SPX")
    for findings in (exercised(instrument=index), exercised(lapses=True)):
        assert Code.EXERCISE_DEADLINE in {each.code for each in findings}


def test_letting_money_lapse_is_refused_unless_overridden() -> None:
    last = replace(HELD, now=datetime.combine(FRIDAY, time(12), NEW_YORK))
    of = option("45C", FRIDAY)
    assert value(exercised(last, instrument=of, lapses=True)).severity is Severity.BLOCK
    assert "gives away $500" in value(exercised(last, instrument=of, lapses=True)).sentence
    assert worst(exercised(last, instrument=of, lapses=True, is_overridden=True)) is Severity.CONFIRM
    assert worst(exercised(replace(last, spot=Decimal(44)), instrument=of, lapses=True)) is Severity.CONFIRM


def test_a_put_needs_its_shares() -> None:
    put = replace(HELD, spot=Decimal(90), mark=Decimal(10))
    assert Code.NAKED_RESULT in {each.code for each in exercised(put, instrument=option("100P"))}
    covered = replace(put, shares=Decimal(100))
    assert Code.NAKED_RESULT not in {each.code for each in exercised(covered, instrument=option("100P"))}
