"""Limits over the day and the whole account: one side of an underlying, waiting premiums, the day's loss and orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.aggregates import check_aggregates, daily_loss_limit, day_loss
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from ibdesk.domain.orders import OrderIntent, OrderRef
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    buying,
    case,
    context,
    found,
    selling,
    setting,
    summary,
    ticket,
    working,
)  # fmt: skip
from tests.domain.compliance.sample import book, legs, option


@pytest.mark.parametrize(("lost", "expected"), [("2631", Severity.PASS), ("2632", Severity.BLOCK)])
def test_after_the_days_loss_nothing_opens(lost: str, expected: Severity) -> None:
    """5 % of what there was before it: 50,000 left after 2,631.58 lost of 52,631.58."""
    seen = context(daily_pnl=-Decimal(lost))
    assert max((each.severity for each in check_aggregates(case(seen=seen))), default=Severity.PASS) is expected
    assert day_loss(case(seen=seen)) == Decimal(lost)
    assert daily_loss_limit(case(seen=seen)) == (50_000 + Decimal(lost)) * 5 / 100


def test_a_limit_that_was_reached_still_blocks_when_the_figures_are_old() -> None:
    old = summary(received_at=NOW - timedelta(hours=9))
    assert worst(check_aggregates(case(seen=context(daily_pnl=Decimal(-40_000), summary=old)))) is Severity.BLOCK


def test_a_loss_not_known_is_asked_about_unless_there_is_no_limit() -> None:
    for seen in (context(daily_pnl=None), context(summary=summary(None))):
        assert worst(check_aggregates(case(seen=seen))) is Severity.CONFIRM
        assert not check_aggregates(case(seen=setting(seen, risk_daily_loss_pct=Decimal(0))))


def test_closing_is_never_held_back_by_the_days_limits() -> None:
    seen = context(daily_pnl=Decimal(-40_000), book=book((CALL, 1)))
    assert check_aggregates(case(selling(), seen)) == ()


def held(*rows: tuple[str, int], waiting: int = 0) -> Context:
    orders = (legs((option("90P"), -waiting)),) if waiting else ()
    return context(book=book(*((option(name), quantity) for name, quantity in rows), working=orders))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (held(("105C", 999)), Severity.PASS),
        (held(("105C", 1000)), Severity.BLOCK),
        (held(("105C", 600), ("95P", -400)), Severity.BLOCK),  # long calls and short puts are one side
        (held(("105C", 600), ("95P", 500)), Severity.PASS),  # two sides
        (held(("105C", -2000)), Severity.PASS),  # the other side, and not made larger
        (held(("105C", 900), waiting=100), Severity.BLOCK),
    ],
)
def test_one_side_of_an_underlying_has_a_limit(seen: Context, expected: Severity) -> None:
    """Section 4.3."""
    findings = check_aggregates(case(seen=seen))
    assert max((each.severity for each in findings if each.code is Code.POSITION_LIMIT), default=Severity.PASS) is (
        expected
    )


def test_waiting_premiums_count_with_the_order() -> None:
    """15c3-5's shape: order by order and in aggregate. 9,900 waits; 10,000 is 20 % of 50,000."""
    waits = (working(buying(option("105C"), limit="9.90"), quantity=10),)
    assert not check_aggregates(case(buying(limit="1.00"), context(working=waits)))
    above = found(check_aggregates(case(buying(limit="1.01"), context(working=waits))), Code.AGGREGATE_LIMIT)
    assert above.severity is Severity.CONFIRM


def test_the_days_orders_have_a_limit() -> None:
    sent = tuple(
        OrderIntent(ref=OrderRef(str(number)), ticket=ticket(), at=NOW - timedelta(hours=1)) for number in range(3)
    )
    assert not check_aggregates(case(seen=setting(context(sent=sent), risk_orders_per_day=4)))
    yesterday = replace(sent[0], at=NOW - timedelta(hours=11))  # 23:00 in New York
    assert not check_aggregates(case(seen=setting(context(sent=(*sent, yesterday)), risk_orders_per_day=4)))
    assert worst(check_aggregates(case(seen=setting(context(sent=sent), risk_orders_per_day=3)))) is Severity.BLOCK
    assert not check_aggregates(case(seen=setting(context(sent=sent), risk_orders_per_day=0)))
