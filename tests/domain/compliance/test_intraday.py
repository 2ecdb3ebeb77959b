"""Intraday margin: the stories M1 to M15 of reference/compliance.md 0.7, and what an order meets."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.intraday import (
    Deadlines,
    Deficit,
    IntradayContext,
    IntradayDay,
    check_intraday,
    deadlines,
    frozen_until,
    is_small,
    level,
)  # fmt: skip
from ibdesk.domain.compliance.margin import Prices, required
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, worst
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.options import recognise
from ibdesk.domain.orders import Impact, WhatIf
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, conid, legs, option, stock

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
POLICIES = policies_at(MONDAY)
RULES, BROKER = POLICIES.intraday, POLICIES.broker
assert RULES is not None
START = IntradayDay(day=MONDAY)


def held(cash: str, shares: int, price: str) -> Decimal:
    """The level of cash and shares, the maintenance by the margin formulas."""
    worth = Decimal(cash) + shares * Decimal(price)
    need = required(recognise(legs((stock(), shares))), Prices(marks={conid("ABC"): Decimal(price)}), POLICIES)
    return level(worth, need.maintenance)


def test_a_purchase_the_equity_carries_makes_no_deficit() -> None:
    """M1: cash 10,000, buy 300 at 100."""
    after = held("-20000", 300, "100")
    assert after == 2500
    assert START.apply(after, lowers=True).deficit == 0


def test_a_deficit_stays_for_the_day_when_the_position_is_sold_again() -> None:
    """M2: buy 500 at 100, sell 500 at 100."""
    bought = START.apply(held("-40000", 500, "100"), lowers=True)
    sold = bought.apply(held("10000", 0, "100"), lowers=False)
    assert held("10000", 0, "100") == 10000
    assert sold.deficit == 2500


def test_a_level_of_zero_is_no_deficit() -> None:
    """M3: buy 400 at 100."""
    after = held("-30000", 400, "100")
    assert after == 0
    assert START.apply(after, lowers=True).deficit == 0


def test_a_falling_price_alone_makes_no_deficit() -> None:
    """M4: then the price is 95."""
    after = held("-30000", 400, "95")
    assert after == -1500
    assert START.apply(Decimal(0), lowers=True).apply(after, lowers=False).deficit == 0


def test_one_more_share_after_the_fall_makes_the_whole_deficit() -> None:
    """M5: then buy 1 at 95."""
    after = held("-30095", 401, "95")
    assert after == Decimal("-1523.75")
    assert START.apply(Decimal(0), lowers=True).apply(after, lowers=True).deficit == Decimal("1523.75")


def test_a_withdrawal_lowers_the_level_too() -> None:
    """M6: a level of 800, withdraw 1,000."""
    assert START.apply(Decimal(800 - 1000), lowers=True).deficit == 200


@pytest.mark.parametrize(
    ("equity", "amount", "small"),
    [("30000", "900", True), ("15000", "900", False), ("20000", "1000", True), ("20000", "1000.01", False)],
    ids=["M7", "M8", "M9", "M9 a cent more"],
)
def test_a_small_deficit_makes_no_practice(equity: str, amount: str, small: bool) -> None:
    assert RULES is not None
    assert is_small(Decimal(amount), Decimal(equity), RULES, Decimal(1)) is small


@pytest.mark.parametrize(("count", "expected", "deficit"), [(10, "1000", "0"), (13, "-200", "200")],
                         ids=["M10", "M11"])  # fmt: skip
def test_put_spreads_sold(count: int, expected: str, deficit: str) -> None:
    """Cash 5,000, spreads 5 wide for a credit of 1.00; M11's deficit is small at an equity of 5,000."""
    cash = Decimal(5000) + 100 * count
    spread = legs((option("100P"), -count), (option("95P"), count))
    need = required(recognise(spread), Prices(marks={}), POLICIES)
    after = level(cash, need.maintenance)
    assert after == Decimal(expected)
    assert START.apply(after, lowers=True).deficit == Decimal(deficit)
    assert RULES is not None
    assert is_small(Decimal(deficit), Decimal(5000), RULES, Decimal(1))


def test_long_calls_cost_their_premium_once() -> None:
    """M12: cash 10,000, buy 5 calls at 4.00; options have no loan value, so their fall changes nothing."""
    need = required(recognise(legs((option("100C"), 5))), Prices(marks={}), POLICIES)
    assert level(Decimal(10000 - 2000), need.maintenance) == 8000


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (MONDAY, ("2026-11-27", "2026-12-01", "2026-12-15", "2027-03-01")),
        (date(2026, 12, 23), ("2026-12-29", "2026-12-31", "2027-01-15", "2027-03-31")),
    ],
    ids=["M13", "M14"],
)
def test_the_days_of_a_deficit(day: date, expected: tuple[str, str, str, str]) -> None:
    assert RULES is not None
    target, prompt, lapses, frozen = map(date.fromisoformat, expected)
    assert deadlines(day, RULES, BROKER, CALENDAR) == Deadlines(
        target=target, prompt=prompt, lapses=lapses, frozen_until=frozen
    )


def test_of_two_possible_orders_the_worse_is_taken() -> None:
    """M15."""
    assert START.apply_unordered((Decimal(-300), Decimal(-1100))).deficit == 1100


@given(st.lists(st.tuples(st.integers(-5000, 5000).map(Decimal), st.booleans())))
def test_a_days_deficit_never_shrinks_and_is_never_negative(steps: list[tuple[Decimal, bool]]) -> None:
    day, seen = START, Decimal(0)
    for after, lowers in steps:
        day = day.apply(after, lowers=lowers)
        assert day.deficit >= seen >= 0
        seen = day.deficit
    assert day.deficit == max((-after for after, lowers in steps if lowers and after < 0), default=0)


def owed(day: date, amount: str = "2500", settled_on: date | None = None) -> Deficit:
    return Deficit(day=day, amount=Decimal(amount), equity=Decimal(10000), settled_on=settled_on)


THREE = tuple(owed(date(2026, month, 10)) for month in (7, 8, 9))


def test_a_deficit_is_satisfied_when_the_level_rose_by_its_amount() -> None:
    later = date(2026, 11, 24)
    assert owed(MONDAY).raised(Decimal(2500), later).settled_on == later
    assert owed(MONDAY).raised(Decimal("2499.99"), later).settled_on is None
    assert owed(MONDAY, settled_on=MONDAY).raised(Decimal(9999), later).settled_on == MONDAY


def frozen(deficits: tuple[Deficit, ...], today: date, broker: str = "ibkr") -> date | None:
    assert RULES is not None
    return frozen_until(deficits, today, RULES, policies_at(today, broker).broker, CALENDAR, Decimal(1))


def test_a_practice_freezes_for_ninety_days_after_the_fifth_business_day() -> None:
    """0.3 and 0.5: at Interactive Brokers four in twelve months."""
    four = (*THREE, owed(MONDAY))
    assert frozen(four, date(2026, 12, 1)) is None
    assert frozen(four, date(2026, 12, 2)) == date(2027, 3, 1)
    assert frozen(four, date(2027, 3, 1)) == date(2027, 3, 1)
    assert frozen(four, date(2027, 3, 2)) is None
    assert frozen(four[1:], date(2026, 12, 2)) is None
    assert frozen(four[2:], date(2026, 12, 2), "alpaca") == date(2027, 3, 1)


def test_small_and_promptly_satisfied_deficits_freeze_nothing() -> None:
    small = tuple(owed(date(2026, month, 10), "400") for month in (7, 8, 9, 10))
    prompt = tuple(owed(date(2026, month, 10), settled_on=date(2026, month, 15)) for month in (7, 8, 9))
    assert frozen(small, date(2026, 12, 2)) is None
    assert frozen((*prompt, owed(MONDAY)), date(2026, 12, 2)) is None


def test_a_freeze_ends_when_its_deficit_is_satisfied() -> None:
    late = date(2026, 12, 10)
    four = (*THREE, owed(MONDAY, settled_on=late))
    assert frozen(four, date(2026, 12, 9)) == date(2027, 3, 1)
    assert frozen(four, late) is None


def check(
    *, regime: MarginRegime = MarginRegime.INTRADAY_MARGIN, excess: str | None = "1000", effect: str | None = "400",
    what_if: WhatIf | None = None, kind: MarginType = MarginType.MARGIN, lowers_risk: bool = False, day: date = MONDAY,
    currency: Currency = USD, **given: object,
) -> tuple[Finding, ...]:  # fmt: skip
    summary = AccountSummary(
        account=ACCOUNT, currency=currency, as_of=NOW, received_at=NOW, margin_type=kind,
        excess_liquidity=None if excess is None else Decimal(excess),
    )  # fmt: skip
    context = IntradayContext(
        regime=Regime(regime=regime, source=RegimeSource.SETTING), summary=summary, policies=policies_at(day),
        calendar=CALENDAR, what_if=what_if, effect=None if effect is None else Decimal(effect),
        **given,  # type: ignore[arg-type]
    )  # fmt: skip
    return check_intraday(context, lowers_risk=lowers_risk)


def preview(equity: str, maintenance: str) -> WhatIf:
    return WhatIf(
        at=NOW, equity=Impact(after=Decimal(equity)), maintenance_margin=Impact(after=Decimal(maintenance))
    )  # fmt: skip


def test_a_negative_level_is_blocked_or_asked_as_the_person_set() -> None:
    """0.6, decision."""
    (blocked,) = check(effect="1200")
    assert (blocked.code, blocked.severity) == (Code.IML_NEGATIVE, Severity.BLOCK)
    assert "a deficit of $200" in blocked.sentence
    assert check(effect="1200", blocks=False)[0].severity is Severity.CONFIRM
    assert check(effect="1200", regime=MarginRegime.UNKNOWN_TRANSITION)[0].severity is Severity.CONFIRM
    assert check(effect="1200", regime=MarginRegime.UNLIMITED)[0].severity is Severity.WARN


def test_below_the_cushion_is_warned_and_zero_is_enough() -> None:
    assert check(cushion=Decimal(601))[0].severity is Severity.WARN
    assert check(cushion=Decimal(600))[0].severity is Severity.PASS
    assert check(effect="1000")[0].severity is Severity.PASS


def test_the_brokers_preview_beats_the_estimate() -> None:
    (found,) = check(what_if=preview("9000", "9100"), effect="0")
    assert (found.source, found.measured) == (Source.WHAT_IF, Decimal(-100))
    (missing,) = check(what_if=WhatIf(at=NOW), effect="0")
    assert missing.source is Source.ESTIMATE


@pytest.mark.parametrize("given", [{"excess": None}, {"effect": None}])
def test_an_unknown_level_is_asked(given: dict[str, str | None]) -> None:
    (asked,) = check(**given)  # type: ignore[arg-type]
    assert (asked.code, asked.severity) == (Code.IML_UNKNOWN, Severity.CONFIRM)
    (told,) = check(regime=MarginRegime.UNKNOWN_TRANSITION, **given)  # type: ignore[arg-type]
    assert told.severity is Severity.NOTE


@pytest.mark.parametrize(
    "given",
    [
        {"regime": MarginRegime.PDT_LEGACY},
        {"regime": MarginRegime.NOT_APPLICABLE},
        {"kind": MarginType.CASH},
        {"kind": MarginType.PORTFOLIO_MARGIN},
        {"day": date(2026, 6, 3)},
    ],
)
def test_where_intraday_margin_does_not_bind_it_says_nothing(given: dict[str, object]) -> None:
    assert check(effect="9999", **given) == ()  # type: ignore[arg-type]


def test_a_deficit_not_yet_satisfied_is_told_with_its_days() -> None:
    """M13."""
    told, _ = check(deficits=(owed(MONDAY),), day=date(2026, 11, 24))
    assert (told.code, told.severity) == (Code.IMD_OUTSTANDING, Severity.WARN)
    assert "wants it by 27 November, the rule by 01 December" in told.sentence
    assert len(check(deficits=(owed(MONDAY, settled_on=MONDAY),), day=date(2026, 11, 24))) == 1
    assert len(check(deficits=(owed(MONDAY),), day=date(2026, 12, 16))) == 1


def test_a_freeze_is_told_as_own_reckoning() -> None:
    four = (*THREE, owed(MONDAY))
    told, *_ = check(deficits=four, day=date(2026, 12, 2))
    assert (told.code, told.severity, told.source) == (Code.IMD_FREEZE, Severity.CONFIRM, Source.ESTIMATE)
    assert "01 March 2027" in told.sentence


@pytest.mark.parametrize(("dollar", "small"), [("0.92", False), ("1.10", True), (None, None)])
def test_the_thousand_dollars_are_counted_at_the_rate_and_never_at_one(dollar: str | None, small: bool | None) -> None:
    """1,000 in the account's own currency; a share of equity needs no rate."""
    assert RULES is not None
    rate = None if dollar is None else Decimal(dollar)
    assert is_small(Decimal(1000), Decimal(90_000), RULES, rate) is small
    assert is_small(Decimal(1000), Decimal(10_000), RULES, rate) is False


def test_a_deficit_of_a_yen_account_is_small_in_yen(day: date = date(2026, 12, 2)) -> None:
    yen = Currency("JPY")
    four = tuple(replace(each, amount=Decimal(90_000), equity=Decimal(9_000_000)) for each in (*THREE, owed(MONDAY)))
    freezes = Code.IMD_FREEZE
    assert freezes in [each.code for each in check(deficits=four, day=day, currency=yen, dollar=Decimal("6"))]
    assert freezes not in [each.code for each in check(deficits=four, day=day, currency=yen, dollar=Decimal("155"))]
    (told,) = [each for each in check(deficits=four, day=day, currency=yen) if each.code is freezes]
    assert "is not known, for want of an exchange rate" in told.sentence and told.severity is Severity.CONFIRM


def test_lowering_risk_is_always_allowed() -> None:
    four = (*THREE, owed(MONDAY))
    findings = check(effect="9999", deficits=four, day=date(2026, 12, 2), lowers_risk=True)
    assert worst(findings) <= Severity.NOTE
    assert (
        replace(findings[0], severity=Severity.CONFIRM) == check(effect="9999", deficits=four, day=date(2026, 12, 2))[0]
    )
