"""The price grid: the oracles of reference/compliance.md 4.2."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.ticks import check_ticks, rounded
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from ibdesk.domain.orders import Exits, OrderRules, OrderTicket, OrderType, Side
from tests.domain.compliance.ready import CALL, buying, case, context, found, leg, rules, selling, ticket
from tests.domain.compliance.sample import option

PENNY = rules(CALL, ("0", "0.01"), ("3", "0.05"))
OTHER = rules(CALL, ("0", "0.05"), ("3", "0.10"))
SPY = rules(CALL, ("0", "0.01"))


@pytest.mark.parametrize(
    ("of", "grid", "use"),
    [
        (buying(limit="2.999"), PENNY, "2.99"),
        (buying(limit="3.02"), PENNY, "3.00"),
        (selling(limit="3.35"), OTHER, "3.40"),
        (buying(limit="3.02"), SPY, None),
        (buying(limit="3.00"), PENNY, None),
        (buying(limit="3.01"), PENNY, "3.00"),  # at exactly 3.00 the upper row begins
        (buying(limit="2.99"), PENNY, None),
        (selling(limit="2.97"), OTHER, "3.00"),
    ],
)
def test_a_price_between_two_steps_is_blocked_and_the_safe_one_offered(
    of: OrderTicket, grid: OrderRules, use: str | None
) -> None:
    findings = check_ticks(case(of, context(rules={CALL.conid: grid})))
    assert worst(findings) is (Severity.PASS if use is None else Severity.BLOCK)
    if use is not None:
        assert found(findings, Code.TICK).remedy == f"Use {use}."


def test_stops_and_exits_stand_on_the_grid_too() -> None:
    stop = replace(buying(limit=None), order_type=OrderType.STOP, stop=Decimal("1.005"))
    assert "stop price" in found(check_ticks(case(stop)), Code.TICK).sentence
    exits = replace(buying(), exits=Exits(take_profit=Decimal("2.005")))
    assert found(check_ticks(case(exits)), Code.TICK).remedy == "Use 2.01."  # sold: up


def test_a_combination_moves_in_cents_and_pays_the_less() -> None:
    vertical = (leg(CALL, 1), leg(option("105C"), -1))
    assert worst(check_ticks(case(ticket(*vertical, limit="0.61")))) is Severity.PASS
    credit = ticket(leg(CALL, -1), leg(option("105C"), 1), limit="-0.605")
    assert found(check_ticks(case(credit)), Code.TICK).remedy == "Use 0.61 cr."
    assert "0.605 cr" in found(check_ticks(case(credit)), Code.TICK).sentence, "a credit is typed without a sign"


def test_an_unknown_grid_is_asked_about() -> None:
    assert worst(check_ticks(case(seen=context(rules={})))) is Severity.CONFIRM


@given(st.decimals("0.001", "500", places=3), st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.10")]),
       st.sampled_from(Side))  # fmt: skip
def test_rounding_lands_on_the_grid_and_never_on_the_worse_side(price: Decimal, step: Decimal, side: Side) -> None:
    there = rounded(price, step, side)
    assert there % step == 0
    assert 0 <= (price - there) * side.sign < step
