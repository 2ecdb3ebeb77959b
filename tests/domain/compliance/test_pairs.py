"""A pair that closes what is held goes through the same gate, twice, and closes nothing twice."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.pairs import check_pair, joined
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.domain.orders import OrderIntent, OrderRef, OrderTicket, OrderType, OtherHalf
from ibdesk.domain.pairs import first_ref, halves, other_ref
from tests.domain.compliance.ready import CALL, NOW, TODAY, buying, context, selling, working
from tests.domain.compliance.sample import book

STOP = OtherHalf(stop=Decimal("0.50"))
FIRST = first_ref(OrderRef("p"))


def pair(quantity: int = 6, **more: object) -> OrderTicket:
    return selling(quantity=quantity, limit="1.60", other=STOP, **more)


def judged(ticket: OrderTicket, seen: Context) -> Verdict:
    return check(ticket, seen, policies_at(TODAY))


def orders_of(ticket: OrderTicket) -> tuple[object, ...]:
    limit, stop = halves(ticket)
    return (
        replace(working(limit, quantity=int(ticket.quantity)), ref=FIRST),
        replace(working(stop, quantity=int(ticket.quantity)), ref=other_ref(FIRST), order_type=OrderType.STOP),
    )


HELD = context(book=book((CALL, 6)))


def test_a_pair_for_all_that_is_held_lowers_risk_and_may_leave() -> None:
    verdict = judged(pair(), HELD)
    assert not verdict.is_blocked
    assert Code.CLOSED_TWICE not in {each.code for each in verdict.findings}


@pytest.mark.parametrize("ticket", [pair(7), replace(pair(), legs=buying().legs, limit=Decimal("0.40"))])
def test_a_pair_that_would_open_anything_is_blocked(ticket: OrderTicket) -> None:
    (found,) = check_pair(ticket, HELD)
    assert (found.code, found.severity) == (Code.CLOSED_TWICE, Severity.BLOCK)
    assert judged(ticket, HELD).is_blocked


def test_it_counts_against_what_works_already_and_says_what_is_free() -> None:
    taken = context(book=book((CALL, 6)), working=(working(selling(), quantity=2),))
    (found,) = check_pair(pair(), taken)
    assert "6 100C are held, and working orders close 2 of them" in found.sentence.replace(CALL.label, "100C")
    assert found.remedy == "Use 4 or fewer." and check_pair(pair(4), taken) == ()


def test_another_pair_counts_once_and_leaves_nothing_free() -> None:
    working_pair = context(book=book((CALL, 6)), working=orders_of(pair(4)))
    assert check_pair(pair(2), working_pair) == ()
    (found,) = check_pair(pair(3), working_pair)
    assert found.remedy == "Use 2 or fewer."
    (full,) = check_pair(pair(1), context(book=book((CALL, 6)), working=orders_of(pair())))
    assert full.remedy == "Cancel those working orders first."


def test_half_of_a_pair_that_is_changed_is_not_counted_against_its_other_half() -> None:
    limit, stop = orders_of(pair())
    seen = context(book=book((CALL, 6)), working=(limit, stop)).without(limit)  # type: ignore[arg-type]
    moved = replace(halves(pair())[0], limit=Decimal("1.70"))
    verdict = judged(moved, seen)
    assert Code.CLOSED_TWICE not in {each.code for each in verdict.findings}
    other = judged(replace(moved, quantity=Decimal(7)), seen)
    assert {each.code for each in other.findings} & {Code.CLOSED_TWICE, Code.NAKED_RESULT, Code.LEVEL_REQUIRED,
                                                     Code.LEVEL_OK}  # fmt: skip


def test_a_connection_without_pairs_says_so() -> None:
    seen = replace(HELD, desk=replace(HELD.desk, takes_pairs=False))
    (found,) = check_pair(pair(), seen)
    assert (found.code, found.severity) == (Code.NOT_OFFERED, Severity.BLOCK)
    assert found.remedy and not judged(selling(quantity=6), seen).is_blocked


def test_what_is_no_pair_is_said_once() -> None:
    verdict = judged(replace(pair(), other=OtherHalf()), HELD)
    assert [each.sentence for each in verdict.of(Severity.BLOCK)] == ["Enter a stop price."]


def test_the_second_order_is_judged_on_its_own_prices() -> None:
    rough = judged(replace(pair(), other=OtherHalf(stop=Decimal("0.505"))), HELD)
    (found,) = [each for each in rough.of(Severity.BLOCK) if each.code is Code.TICK]
    assert found.sentence.startswith("The stop: ")


def test_what_is_the_same_of_both_is_said_once() -> None:
    plain = judged(selling(quantity=6), HELD).findings
    assert joined((), plain, plain) == plain


def test_the_same_pair_twice_in_a_row_is_a_duplicate_and_another_one_is_none() -> None:
    seen = replace(HELD, sent=(OrderIntent(ref=FIRST, ticket=pair(), at=NOW),))
    assert Code.DUPLICATE in {each.code for each in judged(pair(), seen).of(Severity.BLOCK)}
    moved = replace(pair(), limit=Decimal("1.65"), other=OtherHalf(stop=Decimal("0.45")))
    assert Code.DUPLICATE not in {each.code for each in judged(moved, seen).of(Severity.BLOCK)}
