"""The same order twice, too many, and working orders on the other side: oracle K7."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.duplicates import PER_SECOND, check_crossing, check_duplicate, check_rate
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from ibdesk.domain.orders import OrderIntent, OrderRef, OrderTicket, OrderType
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    buying,
    case,
    context,
    found,
    leg,
    market,
    selling,
    setting,
    ticket,
    working,
)  # fmt: skip
from tests.domain.compliance.sample import book, option, stock


def sent(*orders: tuple[OrderTicket, float]) -> Context:
    return context(sent=tuple(
        OrderIntent(ref=OrderRef(str(number)), ticket=each, at=NOW - timedelta(seconds=age))
        for number, (each, age) in enumerate(orders)
    ))  # fmt: skip


@pytest.mark.parametrize(("age", "severity"), [(9.9, Severity.BLOCK), (10.0, Severity.BLOCK), (10.1, Severity.PASS)])
def test_k7_the_same_order_within_ten_seconds_is_blocked(age: float, severity: Severity) -> None:
    assert worst(check_duplicate(case(seen=sent((ticket(), age))))) is severity


@pytest.mark.parametrize(
    "other",
    [ticket(limit="1.06"), ticket(quantity=2), selling(), buying(option("105C")), market(ticket()),
     ticket(account=AccountId("DU7654322"))],
)  # fmt: skip
def test_another_order_is_no_duplicate(other: OrderTicket) -> None:
    assert worst(check_duplicate(case(seen=sent((other, 1))))) is Severity.PASS


def test_the_order_of_the_legs_does_not_make_another_order() -> None:
    legs = (leg(CALL, 1), leg(option("105C"), -1))
    assert worst(check_duplicate(case(ticket(*legs[::-1]), sent((ticket(*legs), 1))))) is Severity.BLOCK


def test_what_was_refused_or_answered_with_no_may_be_sent_again_at_once() -> None:
    seen = sent((ticket(), 1))
    assert worst(check_duplicate(case(seen=replace(seen, undone=frozenset({OrderRef("0")}))))) is Severity.PASS
    assert worst(check_duplicate(case(seen=replace(seen, undone=frozenset({OrderRef("9")}))))) is Severity.BLOCK


def test_the_guard_can_be_taken_away() -> None:
    assert worst(check_duplicate(case(seen=setting(sent((ticket(), 0)), risk_duplicate_seconds=Decimal(0))))) is (
        Severity.PASS
    )


@pytest.mark.parametrize(("count", "gap", "blocked"), [(PER_SECOND - 1, 0.01, False), (PER_SECOND, 0.01, True),
                                                       (59, 1.0, False), (61, 0.9, True)])  # fmt: skip
def test_too_many_orders_are_blocked(count: int, gap: float, blocked: bool) -> None:
    lately = sent(*((ticket(quantity=number + 2), number * gap) for number in range(count)))
    assert bool(check_rate(case(seen=lately))) is blocked


@pytest.mark.parametrize(
    ("ours", "theirs", "asks"),
    [
        (buying(limit="1.10"), working(selling(limit="1.10")), True),
        (buying(limit="1.09"), working(selling(limit="1.10")), False),
        (selling(limit="1.00"), working(buying(limit="1.00")), True),
        (market(buying()), working(selling(limit="9.00")), True),
        (buying(limit="1.10"), working(selling(limit="1.10"), order_type=OrderType.STOP), False),
        (buying(limit="1.10"), working(buying(limit="1.10")), False),
        (buying(limit="1.10"), working(selling(option("105C"), limit="1.10")), False),
    ],
)
def test_trading_with_oneself_is_asked_about(ours: OrderTicket, theirs: object, asks: bool) -> None:
    codes = {each.code for each in check_crossing(case(ours, context(working=(theirs,))))}
    assert (Code.SELF_CROSS in codes) is asks


def test_closing_what_working_orders_already_close_is_asked_about() -> None:
    seen = context(book=book((CALL, 5)), working=(working(selling(), quantity=3),))
    twice = found(check_crossing(case(selling(quantity=3), seen)), Code.CLOSED_TWICE)
    assert (twice.severity, twice.measured, twice.limit) == (Severity.CONFIRM, Decimal(6), Decimal(5))
    assert not check_crossing(case(selling(quantity=2), seen))


def test_exits_of_one_entry_cancel_each_other_and_count_once() -> None:
    exits = [replace(working(selling(), quantity=3), parent=OrderRef("entry")) for _ in range(2)]
    seen = context(book=book((CALL, 6)), working=tuple(exits))
    assert not check_crossing(case(selling(quantity=3), seen))
    assert check_crossing(case(selling(quantity=4), seen))


def test_a_short_closed_twice_is_told_as_well() -> None:
    short = context(book=book((stock(), -100)), working=(working(buying(stock()), quantity=100),))
    assert check_crossing(case(buying(stock(), quantity=1), short))
