"""Whether the account can carry an order: the broker's preview, the buffer, and what is said without a preview."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.buying_power import Buffer, BuyingPowerContext, check_buying_power
from ibdesk.domain.compliance.margin import Estimate
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, worst
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Impact, WhatIf
from tests.domain.compliance.sample import ACCOUNT

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
SENTINEL = Decimal("1.7976931348623157E308")


def summary(
    *, equity: str | None = "10000", funds: str | None = "3000", kind: MarginType = MarginType.MARGIN, cash: str = "0"
) -> AccountSummary:
    return AccountSummary(
        account=ACCOUNT, currency=USD, as_of=NOW, received_at=NOW, margin_type=kind, total_cash=Decimal(cash),
        net_liquidation=None if equity is None else Decimal(equity),
        available_funds=None if funds is None else Decimal(funds),
    )  # fmt: skip


def preview(
    equity: str = "10000", initial: str | Decimal = "9600", maintenance: str | Decimal = "9000", refusal: str = "",
    age: int = 0,
) -> WhatIf:
    return WhatIf(
        at=NOW - timedelta(seconds=age), equity=Impact(after=Decimal(equity)), refusal=refusal,
        initial_margin=Impact(after=Decimal(initial)), maintenance_margin=Impact(after=Decimal(maintenance)),
    )  # fmt: skip


def check(lowers_risk: bool = False, account: AccountSummary | None = None, **given: object) -> tuple[Finding, ...]:
    context = BuyingPowerContext(
        summary=account or summary(), policies=policies_at(NOW.date()), now=NOW, **given  # type: ignore[arg-type]
    )  # fmt: skip
    return check_buying_power(context, lowers_risk=lowers_risk)


def needing(effect: str, borrows: bool = False) -> Estimate:
    return Estimate(effect=Decimal(effect), borrows=borrows)


def test_too_little_by_estimate_is_blocked_with_the_shortfall() -> None:
    """B25."""
    blocked, label = check(estimate=needing("3400"))
    assert (blocked.code, blocked.severity, blocked.source) == (
        Code.BP_INSUFFICIENT, Severity.BLOCK, Source.ESTIMATE,
    )  # fmt: skip
    assert "400 too little" in blocked.sentence
    assert (label.code, label.severity) == (Code.BP_ESTIMATE, Severity.CONFIRM)


def test_below_the_buffer_is_warned_and_not_blocked() -> None:
    """B26: 400 left, the buffer is 5 percent of 10,000."""
    (warned,) = check(what_if=preview(), buffer=Buffer(share=Decimal("0.05")))
    assert (warned.code, warned.severity, warned.source) == (Code.BP_CUSHION, Severity.WARN, Source.WHAT_IF)
    assert (warned.measured, warned.limit) == (Decimal(400), Decimal(500))


def test_the_brokers_unset_figure_is_a_missing_one() -> None:
    """B27."""
    for lacking in (preview(initial=SENTINEL), preview(maintenance=SENTINEL)):
        passed, label = check(what_if=lacking, estimate=needing("100"))
        assert passed.severity is Severity.PASS
        assert (label.code, label.severity) == (Code.BP_ESTIMATE, Severity.CONFIRM)
        assert "lacks the margin figures" in label.sentence


def test_too_little_for_a_whole_that_is_filled_in_part_is_asked_about() -> None:
    short = preview(initial="10400")
    (blocked,) = check(what_if=short)
    assert (blocked.code, blocked.severity) == (Code.BP_INSUFFICIENT, Severity.BLOCK)
    (asked,) = check(what_if=short, filled=Decimal(4))
    assert (asked.code, asked.severity) == (Code.BP_INSUFFICIENT, Severity.CONFIRM)
    assert "of which 4 are filled already" in asked.sentence
    (passed,) = check(what_if=preview(), filled=Decimal(4))
    assert passed.code is Code.BP_OK


def test_a_margin_account_below_2000_may_not_sell_a_naked_put() -> None:
    """B30."""
    blocked, *_ = check(account=summary(equity="1900"), what_if=preview("1900", "1000"), estimate=needing("0", True))
    assert (blocked.code, blocked.severity) == (Code.MIN_EQUITY_2000, Severity.BLOCK)
    assert "1,900" in blocked.sentence


@pytest.mark.parametrize(
    ("account", "given", "is_blocked"),
    [
        (summary(equity="2000"), {"estimate": needing("0", True)}, False),
        (summary(equity="1900"), {"estimate": needing("200")}, False),
        (summary(equity="1900", kind=MarginType.CASH), {"estimate": needing("0", True)}, False),
        (summary(equity="1900", cash="1500"), {"estimate": needing("0"), "cost": Decimal(1500)}, False),
        (summary(equity="1900", cash="1500"), {"estimate": needing("0"), "cost": Decimal(1501)}, True),
        (summary(equity=None), {"estimate": needing("0", True)}, False),
    ],
    ids=["at the minimum", "paid in full", "cash account", "shares paid in full", "shares on credit", "unknown"],
)
def test_only_borrowing_needs_the_minimum(account: AccountSummary, given: dict[str, object], is_blocked: bool) -> None:
    codes = [finding.code for finding in check(account=account, what_if=preview(), **given)]
    assert (Code.MIN_EQUITY_2000 in codes) is is_blocked


def test_a_preview_that_leaves_enough_passes_on_the_brokers_word() -> None:
    (passed,) = check(what_if=preview(), estimate=needing("999999"))
    assert (passed.code, passed.severity, passed.source) == (Code.BP_OK, Severity.PASS, Source.WHAT_IF)


def test_exactly_enough_is_enough() -> None:
    assert check(what_if=preview("9600"))[0].severity is Severity.PASS
    assert check(what_if=preview("9599.99"))[0].severity is Severity.BLOCK
    assert check(what_if=preview("9600", "9000", "9601"))[0].severity is Severity.BLOCK


def test_an_old_preview_counts_as_none() -> None:
    assert check(what_if=preview(age=10), estimate=needing("1"))[0].source is Source.WHAT_IF
    assert "11 seconds old" in check(what_if=preview(age=11), estimate=needing("1"))[-1].sentence


def test_a_refused_preview_is_the_brokers_refusal() -> None:
    (refused,) = check(what_if=preview(refusal="No trading permission."))
    assert (refused.code, refused.severity) == (Code.BROKER_REFUSES, Severity.BLOCK)
    assert "No trading permission." in refused.sentence


def test_who_requires_a_preview_is_blocked_without_one() -> None:
    findings = check(estimate=needing("1"), requires_preview=True)
    assert worst(findings) is Severity.BLOCK
    assert findings[-1].source is Source.SETTING


@pytest.mark.parametrize(
    ("account", "estimate", "words"),
    [
        (summary(), Estimate(effect=None, why_not="portfolio margin is not estimated here"), "portfolio margin"),
        (summary(), None, "no estimate was made"),
        (summary(funds=None), needing("1"), "available funds are not reported"),
    ],
)
def test_what_is_not_known_is_asked(account: AccountSummary, estimate: Estimate | None, words: str) -> None:
    (asked,) = check(account=account, estimate=estimate)
    assert (asked.code, asked.severity) == (Code.BP_UNKNOWN, Severity.CONFIRM)
    assert words in asked.sentence


@pytest.mark.parametrize("what_if", [None, preview("0"), preview(refusal="No."), preview(initial=SENTINEL)])
@pytest.mark.parametrize("required", [True, False])
def test_an_order_that_lowers_risk_is_never_stopped_for_margin(what_if: WhatIf | None, required: bool) -> None:
    """Section 10."""
    findings = check(
        True, summary(equity="100"), what_if=what_if, estimate=needing("9999", True), requires_preview=required
    )
    assert worst(findings) <= Severity.WARN


@pytest.mark.parametrize("equity", [None, Decimal(-100), Decimal(0)])
def test_a_share_of_nothing_is_no_buffer(equity: Decimal | None) -> None:
    assert Buffer(share=Decimal("0.05")).of(equity) == 0
    assert Buffer(amount=Decimal(250), share=Decimal("0.05")).of(equity) == 250


def test_shares_that_cost_a_cent_more_than_the_cash_are_on_credit() -> None:
    findings = check(account=summary(equity="1900", cash="0"), what_if=preview(), cost=Decimal("0.01"))
    assert findings[0].code is Code.MIN_EQUITY_2000
