"""The person's limits on one order: oracle K8 and section 4 of reference/compliance.md; the first live orders (B88)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.limits import Loss, check_limits, max_loss, premium_of
from ibdesk.domain.compliance.verdict import Code, Finding, Severity
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.market import OptionFigures
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderTicket
from tests.domain.compliance.ready import (
    CALL,
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
    summary,
    ticket,
)  # fmt: skip
from tests.domain.compliance.sample import FEB, book, option, stock


def limits(of: OrderTicket, seen: Context | None = None) -> tuple[Finding, ...]:
    return check_limits(case(of, seen))


def severity(findings: tuple[Finding, ...], code: Code) -> Severity:
    return max((each.severity for each in findings if each.code is code), default=Severity.PASS)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("26.00", Severity.CONFIRM), ("101.00", Severity.BLOCK), ("25.00", Severity.PASS), ("100.00", Severity.CONFIRM)],
)
def test_k8_a_premium_beside_net_liquidation(limit: str, expected: Severity) -> None:
    """NLV 50,000: 2,600 is 5.2 %, 10,100 is 20.2 %; the edges themselves pass."""
    assert severity(limits(buying(limit=limit)), Code.FAT_FINGER_NOTIONAL) is expected


def test_k8_without_net_liquidation_the_size_is_not_known() -> None:
    assert severity(limits(buying(), context(summary=summary(None))), Code.ACCOUNT_UNKNOWN) is Severity.CONFIRM


def test_a_loss_without_a_figure_says_why_and_does_not_send_anyone_to_sync_the_account() -> None:
    roll = ticket(leg(option("100P"), 1), leg(option("100P", FEB), -1), limit="-0.50")
    told = next(each for each in limits(roll) if each.code is Code.MAX_LOSS)
    assert told.severity is Severity.CONFIRM
    assert "end on different days" in told.sentence and "Sync" not in told.remedy


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(50, Severity.PASS), (51, Severity.CONFIRM), (500, Severity.CONFIRM), (501, Severity.BLOCK)],
)
def test_many_contracts_are_asked_about_and_too_many_blocked(quantity: int, expected: Severity) -> None:
    assert severity(limits(buying(quantity=quantity, limit="0.01")), Code.FAT_FINGER_QTY) is expected


def test_a_leg_counts_with_its_ratio_and_shares_have_limits_of_their_own() -> None:
    twice = ticket(Leg(instrument=CALL, side=leg(CALL, 1).side, ratio=2), leg(option("105C"), -1), quantity=26)
    assert severity(limits(twice), Code.FAT_FINGER_QTY) is Severity.CONFIRM
    assert severity(limits(buying(stock(), quantity=5_000)), Code.FAT_FINGER_QTY) is Severity.PASS
    assert severity(limits(buying(stock(), quantity=50_001)), Code.FAT_FINGER_QTY) is Severity.BLOCK


@pytest.mark.parametrize(("quantity", "expected"), [(10, Severity.PASS), (11, Severity.CONFIRM)])
def test_far_from_the_own_history_is_asked_about(quantity: int, expected: Severity) -> None:
    seen = context(usual={AssetClass.OPTION: Decimal(2)})
    assert severity(limits(buying(quantity=quantity, limit="0.01"), seen), Code.UNUSUAL) is expected
    assert severity(limits(buying(quantity=quantity, limit="0.01"), setting(seen, risk_usual_factor=Decimal(0))),
                    Code.UNUSUAL) is Severity.PASS  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "expected"), [(125, Severity.PASS), (126, Severity.CONFIRM), (2001, Severity.BLOCK)]
)
def test_shares_count_with_their_price(quantity: int, expected: Severity) -> None:
    """At 100.00 beside 50,000: 25 % asks, 400 % blocks."""
    assert severity(limits(buying(stock(), quantity=quantity)), Code.FAT_FINGER_NOTIONAL) is expected


def test_options_count_with_their_delta() -> None:
    seen = context(quotes=quotes(
        quote(CALL, "1.00", "1.10", option=OptionFigures(delta=Decimal("0.5"))), quote(stock(), "99.99", "100.01"),
    ))  # fmt: skip
    assert severity(limits(buying(quantity=2), seen), Code.FAT_FINGER_NOTIONAL) is Severity.PASS  # 10,000
    three = found(limits(buying(quantity=3), seen), Code.FAT_FINGER_NOTIONAL)
    assert (three.severity, three.measured) == (Severity.CONFIRM, Decimal(30))


VERTICAL = (leg(CALL, 1), leg(option("105C"), -1))
CREDIT = (leg(CALL, -1), leg(option("105C"), 1))


@pytest.mark.parametrize(
    ("of", "amount"),
    [
        (buying(limit="2.00"), "200"),
        (ticket(*VERTICAL, limit="1.80"), "180"),  # B13
        (ticket(*CREDIT, limit="-1.60"), "340"),  # B14's shape
        (selling(option("95P"), limit="1.20"), "9380"),
        (buying(stock(), quantity=10, limit="100"), "1000"),
        (ticket(leg(CALL, -1), leg(option("100C", FEB), 1), limit="1.50"), "150"),  # B19
        (ticket(Leg(instrument=stock(), side=leg(CALL, 1).side, ratio=100), leg(CALL, -1), limit="98.00"), "9800"),
    ],
)
def test_what_an_order_can_lose(of: OrderTicket, amount: str) -> None:
    assert max_loss(case(of)) == Loss(Decimal(amount))


def test_what_has_no_bound_is_said_so_and_what_is_covered_is_not() -> None:
    assert max_loss(case(selling())).is_unbounded
    assert max_loss(case(selling(stock()))).is_unbounded
    assert severity(limits(selling()), Code.MAX_LOSS) is Severity.CONFIRM
    covered = context(book=book((stock(), 100)))
    assert max_loss(case(selling(), covered)) == Loss(Decimal(0))
    assert max_loss(case(selling(stock(), quantity=100), context(book=book((stock(), 100))))).is_unbounded is False
    hedged = ticket(Leg(instrument=stock(), side=leg(CALL, -1).side, ratio=100), leg(CALL, 1), limit="-98.00")
    assert max_loss(case(hedged)) == Loss(Decimal(200)), "a call bought stands against the shares sold with it"
    reverse = ticket(leg(CALL, 1), leg(option("100C", FEB), -1), limit="-1.50")
    assert max_loss(case(reverse)).is_unbounded  # the short outlives its long


@pytest.mark.parametrize(("limit", "asks"), [("10.00", False), ("10.01", True)])
def test_a_possible_loss_above_two_percent_is_asked_about(limit: str, asks: bool) -> None:
    assert (severity(limits(buying(limit=limit)), Code.MAX_LOSS) is Severity.CONFIRM) is asks


def test_a_premium_is_at_the_market_where_there_is_no_limit_and_unknown_without_a_price() -> None:
    assert premium_of(case(market(buying()))) == Decimal(110)
    assert premium_of(case(market(selling()))) == Decimal(-100)
    assert premium_of(case(market(buying()), context(quotes={}))) is None
    assert premium_of(case(buying(stock()))) is None


def test_an_order_that_lowers_risk_is_not_measured() -> None:
    held = context(book=book((CALL, 900)), usual={AssetClass.OPTION: Decimal(1)})
    assert [each.severity for each in limits(selling(quantity=900, limit="20.00"), held)] == [Severity.PASS]


def live(orders: int) -> Context:
    plain = context(live_orders=orders)
    return replace(plain, account=replace(plain.account, id=AccountId("U1"), is_paper=False),
                   desk=replace(plain.desk, mode=Mode.IBKR_LIVE))  # fmt: skip


@pytest.mark.parametrize(
    ("of", "orders", "expected"),
    [
        (buying(), 0, Severity.CONFIRM),
        (buying(), 9, Severity.CONFIRM),
        (buying(), 10, Severity.PASS),
        (buying(quantity=2), 0, Severity.BLOCK),
        (market(buying()), 0, Severity.BLOCK),
        (buying(stock(), quantity=100), 0, Severity.CONFIRM),
        (buying(stock(), quantity=101), 0, Severity.BLOCK),
    ],
)
def test_the_first_live_orders_are_small_with_a_limit_and_confirmed(
    of: OrderTicket, orders: int, expected: Severity
) -> None:
    """B88."""
    one = replace(of, mode=Mode.IBKR_LIVE, account=AccountId("U1"))
    assert severity(limits(one, live(orders)), Code.FIRST_ORDERS) is expected
    assert severity(limits(of), Code.FIRST_ORDERS) is Severity.PASS  # paper is not guarded


def test_the_first_live_orders_are_no_larger_for_being_changed_after_each_fill() -> None:
    one = replace(buying(stock(), quantity=2), mode=Mode.IBKR_LIVE, account=AccountId("U1"))
    for filled, expected in ((98, Severity.CONFIRM), (99, Severity.BLOCK)):
        seen = replace(live(0), filled=Decimal(filled))
        assert severity(limits(one, seen), Code.FIRST_ORDERS) is expected
    assert severity(limits(one, setting(seen, risk_shares_block=100)), Code.FAT_FINGER_QTY) is Severity.BLOCK
    share = found(limits(one, setting(seen, risk_exposure_block_pct=Decimal(20))), Code.FAT_FINGER_NOTIONAL)
    assert (share.severity, share.measured) == (Severity.BLOCK, Decimal("20.2"))
