"""What an order needs against what is granted: the oracles P1 to P10 of reference/compliance.md 3.2 and its table."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.exposure import EMPTY, Book, Legs, outcome_of
from ibdesk.domain.compliance.option_levels import LEVELS, Capability, level, narrowest
from ibdesk.domain.compliance.permissions import PermissionContext, check_permissions, required
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, worst
from tests.domain.compliance.sample import FEB, JAN, book, legs, option, stock


def context(granted: str | None = "Level 4", **given: object) -> PermissionContext:
    named = None if granted is None else level("ibkr", granted)
    return PermissionContext(broker="ibkr", granted=named, **given)  # type: ignore[arg-type]


def check(order: Legs, held: Book = EMPTY, granted: str | None = "Level 4", **given: object) -> tuple[Finding, ...]:
    return check_permissions(order, outcome_of(held, order), context(granted, **given))


def least(order: Legs, held: Book = EMPTY, cash: Decimal | None = None) -> str | None:
    found = narrowest("ibkr", required(order, outcome_of(held, order), cash))
    return None if found is None else found.name


SHARES = book((stock(), 250))


@pytest.mark.parametrize(
    ("order", "held", "name"),
    [
        (legs((option("105C"), -2)), SHARES, "Level 1"),
        (legs((option("105C"), -3)), SHARES, "Level 4"),
        (legs((option("110C"), -1)), book((stock(), 100), working=(legs((option("105C"), -1)),)), "Level 4"),
        (legs((option("100P"), 1), (option("95P"), -1)), EMPTY, "Level 2"),
        (legs((option("100P"), -1), (option("95P"), 1)), EMPTY, "Level 3"),
        (legs((option("100C", JAN), -1), (option("100C", FEB), 1)), EMPTY, "Level 3"),
        (legs((option("100C", FEB), -1), (option("100C", JAN), 1)), EMPTY, "Level 4"),
    ],
    ids=[f"P{number}" for number in range(1, 8)],
)
def test_the_required_level(order: Legs, held: Book, name: str) -> None:
    assert least(order, held) == name


@pytest.mark.parametrize(("right", "granted", "severity"), [
    ("P", "Level 3", Severity.WARN), ("P", "Level 2", Severity.CONFIRM),
    ("C", "Level 4", Severity.WARN), ("C", "Level 3", Severity.CONFIRM),
])  # fmt: skip
def test_selling_the_long_leg_of_a_spread_is_told_for_what_it_leaves(
    right: str, granted: str, severity: Severity
) -> None:
    """P8: naked, level 3 for a put and 4 for a call; a closing order is asked, never blocked."""
    long = "95P" if right == "P" else "105C"
    held = book((option(f"100{right}"), -1), (option(long), 1))
    (told,) = check(legs((option(long), -1)), held, granted)
    assert (told.code, told.severity) == (Code.NAKED_RESULT, severity)
    assert f"100 {right}" in told.sentence
    assert ("no bound" in told.sentence) is (right == "C")


@pytest.mark.parametrize("granted", [None, *(row.name for row in LEVELS["ibkr"])])
def test_buying_a_short_call_back_passes_at_any_level(granted: str | None) -> None:
    """P9."""
    (passed,) = check(legs((option("105C"), 1)), book((option("105C"), -2)), granted)
    assert passed.severity is Severity.PASS


def vertical(symbol: str, expiry_of_long: date = JAN) -> Legs:
    return legs((option("100P", JAN, symbol), -1), (option("95P", expiry_of_long, symbol), 1))


@pytest.mark.parametrize(
    ("order", "blocked"),
    [
        (vertical("SPX"), False),
        (vertical("SPY"), True),
        (vertical("SPX", FEB), False),
        (legs((option("95P"), -1)), False),
        (legs((option("101P"), -1)), True),
        (legs((option("105C"), -1)), True),
        (legs((stock(), -1)), True),
        (legs((option("105C"), 1)), False),
        (legs((stock(), 100), (option("105C"), -1)), False),
    ],
    ids=["P10 European", "P10 American", "long leg later", "secured put", "put beyond the cash", "uncovered call",
         "short shares", "long call", "buy-write"],
)  # fmt: skip
def test_a_cash_account_holds_only_what_is_paid_in_full(order: Legs, blocked: bool) -> None:
    """P10, 2.6."""
    findings = check(order, margin_type=MarginType.CASH, cash=Decimal(10000))
    assert (Code.CASH_ACCOUNT in [each.code for each in findings]) is blocked
    assert (worst(findings) is Severity.BLOCK) is blocked


# The table of 3.1.
@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([("100C", 1)], "Level 2"),
        ([("100C", 1), ("100P", 1)], "Level 2"),
        ([("stock", 100), ("95P", 1)], "Level 2"),
        ([("stock", -100), ("105C", 1)], "Level 2"),
        ([("stock", -100), ("95P", -1)], "Level 2"),
        ([("stock", 100), ("95P", 1), ("105C", -1)], "Level 2"),
        ([("stock", 100), ("100P", 1), ("100C", -1)], "Level 2"),
        ([("90P", -1), ("95P", 1), ("105C", 1), ("110C", -1)], "Level 2"),
        ([("95C", 1), ("105C", -1), ("105P", 1), ("95P", -1)], "Level 2"),
        ([("95P", -1)], "Level 3"),
        ([("90P", 1), ("95P", -1), ("105C", -1), ("110C", 1)], "Level 3"),
        ([("95C", 1), ("100C", -2), ("105C", 1)], "Level 3"),
        ([("95C", -1), ("100C", 2), ("105C", -1)], "Level 3"),
        ([("95C", 1), ("100C", -2), ("110C", 1)], "Level 3"),
        ([("stock", -100), ("100P", -1), ("100C", 1)], "Level 3"),
        ([("100C", 1), ("100P", -1)], "Level 3"),
        ([("105C", -1)], "Level 4"),
        ([("100C", -1), ("100P", -1)], "Level 4"),
        ([("105C", -1), ("95P", -1)], "Level 4"),
        ([("100C", -1), ("100P", 1)], "Level 4"),
    ],
)
def test_each_strategy_needs_the_level_of_the_brokers_table(rows: list[tuple[str, int]], name: str) -> None:
    order = legs(*((stock() if text == "stock" else option(text), count) for text, count in rows))
    assert least(order) == name


def test_a_put_that_outlives_its_long_stands_with_uncovered_calls() -> None:
    assert least(legs((option("100P", FEB), -1), (option("100P", JAN), 1))) == "Level 4"


def test_a_put_secured_by_cash_is_told_from_one_on_margin() -> None:
    order = legs((option("50P"), -1))
    outcome = outcome_of(EMPTY, order)
    assert required(order, outcome, Decimal(5000)) == {Capability.SHORT_PUT_CASH}
    assert required(order, outcome, Decimal("4999.99")) == {Capability.NAKED_PUT_MARGIN}
    assert required(order, outcome, None) == {Capability.NAKED_PUT_MARGIN}


def test_too_low_a_level_blocks_and_names_both() -> None:
    (blocked,) = check(vertical("ABC"), granted="Level 2")
    assert (blocked.code, blocked.severity, blocked.source) == (Code.LEVEL_REQUIRED, Severity.BLOCK, Source.SETTING)
    assert blocked.sentence == "This needs Level 3 (credit spread); the account has Level 2."


def test_an_unknown_level_is_asked_until_the_brokers_preview_lets_it_pass() -> None:
    assert check(vertical("ABC"), granted=None)[0].severity is Severity.CONFIRM
    assert check(vertical("ABC"), granted=None, is_previewed=True)[0].severity is Severity.NOTE


def test_the_persons_own_limit_blocks_beside_the_brokers() -> None:
    findings = check(vertical("ABC"), own=level("desk", "Level 2"))
    assert [(each.code, each.severity) for each in findings] == [
        (Code.LEVEL_REQUIRED, Severity.BLOCK), (Code.LEVEL_OK, Severity.PASS),
    ]  # fmt: skip


def test_an_uncovered_call_is_warned_of_even_where_it_is_allowed() -> None:
    findings = check(legs((option("105C"), -1)))
    assert [(each.code, each.severity) for each in findings] == [
        (Code.LEVEL_OK, Severity.PASS), (Code.NAKED_RESULT, Severity.WARN),
    ]  # fmt: skip


def test_what_was_held_before_is_not_held_against_a_new_order() -> None:
    held = book((option("105C"), -1))
    assert check(legs((option("90P"), 1)), held, "Level 2")[0].severity is Severity.PASS
    assert worst(check(legs((option("110C"), -1)), held, "Level 3")) is Severity.BLOCK


def test_buying_the_wing_of_a_naked_put_needs_no_more_than_a_long_option() -> None:
    held = book((option("100P"), -1))
    assert least(legs((option("95P"), 1)), held) == "Level 2"


def test_an_adjusted_call_is_not_covered_by_shares() -> None:
    """B28."""
    odd = replace(option("105C"), trading_class="ABC1")
    assert least(legs((odd, -1)), book((stock(), 100))) == "Level 4"


def test_shares_alone_need_no_level() -> None:
    (passed,) = check(legs((stock(), 10)), granted=None)
    assert passed.severity is Severity.PASS


def test_selling_the_shares_under_a_covered_call_is_told() -> None:
    held = book((stock(), 100), (option("105C"), -1))
    (told,) = check(legs((stock(), -100)), held, "Level 1")
    assert (told.code, told.severity) == (Code.NAKED_RESULT, Severity.CONFIRM)


ROWS = st.dictionaries(
    st.sampled_from(["90P", "95P", "100P", "100C", "105C", "110C"]), st.integers(-4, 4).filter(bool), min_size=1
)


@given(held=ROWS, shares=st.integers(-300, 300), granted=st.sampled_from([None, "Level 1", "Level 2", "Level 3"]),
       kind=st.sampled_from([MarginType.CASH, MarginType.MARGIN]), data=st.data())  # fmt: skip
def test_an_order_that_only_closes_is_never_blocked(
    held: dict[str, int], shares: int, granted: str | None, kind: MarginType, data: st.DataObject
) -> None:
    account = book((stock(), shares), *((option(text), count) for text, count in held.items()))
    text = data.draw(st.sampled_from(sorted(held)))
    size = data.draw(st.integers(1, abs(held[text])))
    order = legs((option(text), -size if held[text] > 0 else size))
    assert worst(check(order, account, granted, margin_type=kind)) < Severity.BLOCK


def test_an_uncovered_call_held_before_needs_nothing_of_a_new_spread() -> None:
    held = book((option("110C"), -1))
    assert least(vertical("ABC"), held) == "Level 3"
    assert worst(check(legs((option("110C"), -1)), held, "Level 3")) is Severity.BLOCK


def test_closing_one_spread_asks_nothing_of_a_naked_put_beside_it() -> None:
    held = book((option("100P"), -1), (option("95P"), 1), (option("110C"), -1))
    (told,) = check(legs((option("95P"), -1)), held, "Level 3")
    assert told.severity is Severity.WARN


def test_the_persons_own_limit_allows_exactly_what_it_names() -> None:
    own = level("desk", "Level 3")
    assert own is not None
    exactly = replace(own, allows=frozenset({Capability.CREDIT_SPREAD}))
    assert worst(check(vertical("ABC"), own=exactly)) is Severity.PASS


def test_rolling_an_uncovered_call_opens_an_uncovered_call() -> None:
    roll = legs((option("105C"), 1), (option("110C"), -1))
    assert least(roll, book((option("105C"), -1))) == "Level 4"


def test_a_level_allows_exactly_what_it_names() -> None:
    third = level("ibkr", "Level 3")
    assert third is not None
    exactly = replace(third, allows=frozenset({Capability.CREDIT_SPREAD}))
    order = vertical("ABC")
    found = check_permissions(order, outcome_of(EMPTY, order), replace(context(), granted=exactly))
    assert worst(found) is Severity.PASS


def test_cash_that_is_not_known_is_asked_about_and_not_taken_for_none() -> None:
    asked = [each for each in check(legs((option("100P"), -1)), margin_type=MarginType.CASH)
             if each.code is Code.CASH_ACCOUNT]  # fmt: skip
    assert [(each.severity, each.sentence) for each in asked] == [(
        Severity.CONFIRM,
        f"Whether the account has $10,000 in cash for the short put {option('100P').label} is not known.",
    )]  # fmt: skip
    held = book((option("100P"), -1))
    more = check(legs((option("100C"), 1)), held, margin_type=MarginType.CASH)
    assert Code.CASH_ACCOUNT not in [each.code for each in more], "what was there before is not held against it"


def test_exactly_enough_cash_secures_a_put() -> None:
    assert worst(check(legs((option("100P"), -1)), margin_type=MarginType.CASH, cash=Decimal(10000))) is Severity.PASS


def test_a_spread_beside_a_bare_short_is_a_spread_and_nothing_else() -> None:
    bare = book((option("100P", FEB), -10), (option("110C", FEB), -2))
    for order in (
        legs((option("101P", FEB), -1), (option("96P", FEB), 1)),
        legs((option("109C", FEB), -1), (option("114C", FEB), 1)),
    ):
        assert required(order, outcome_of(bare, order), Decimal(0)) == {Capability.CREDIT_SPREAD}


def test_a_roll_of_a_bare_short_and_one_more_of_it_need_what_they_leave() -> None:
    bare = book((option("100P", FEB), -10), (option("110C", FEB), -2))
    for order, needed in (
        (legs((option("110C", FEB), 1), (option("115C", FEB), -1)), Capability.NAKED_CALL),
        (legs((option("109C", FEB), -2), (option("114C", FEB), 1)), Capability.NAKED_CALL),
        (legs((option("100P", FEB), 1), (option("95P", FEB), -1)), Capability.NAKED_PUT_MARGIN),
        (legs((option("99P", FEB), -1)), Capability.NAKED_PUT_MARGIN),
    ):
        assert needed in required(order, outcome_of(bare, order), Decimal(0))
