"""A yes is for one verdict, for thirty seconds, once (reference/compliance.md section 10)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.confirmation import Confirmation, Spent, confirmation_of, refusal
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Verdict
from ibdesk.domain.orders import OrderTicket
from tests.domain.compliance.ready import CALL, NOW, checked, context, quote, quotes, ticket

ASKED = context(what_if=None)
YES = confirmation_of(ticket(), checked(seen=ASKED), ASKED)


def answer(
    yes: Confirmation | None = YES, of: OrderTicket | None = None, verdict: Verdict | None = None,
    seen: Context = ASKED, *, after: float = 1, spent: Spent | None = None,
) -> str:  # fmt: skip
    shown = verdict or checked(seen=ASKED)
    return refusal(yes, of or ticket(), shown, seen, now=NOW + timedelta(seconds=after), spent=spent or Spent())


def test_a_fresh_yes_lets_the_order_leave_once() -> None:
    assert answer() == ""
    assert "used already" in answer(spent=Spent().with_used(YES))


@pytest.mark.parametrize(("after", "works"), [(0, True), (30, True), (30.1, False), (-1, False)])
def test_a_yes_lasts_thirty_seconds(after: float, works: bool) -> None:
    assert (answer(after=after) == "") is works


def test_any_change_takes_the_yes_away() -> None:
    moved = replace(ASKED, quotes=quotes(quote(CALL, "1.00", "1.10", at=NOW + timedelta(seconds=1))))
    other = checked(seen=replace(ASKED, daily_pnl=None))
    for changed in (answer(of=ticket(limit="1.06")), answer(of=ticket(quantity=Decimal(2))), answer(seen=moved),
                    answer(verdict=other)):  # fmt: skip
        assert "changed" in changed


def test_what_asks_nothing_needs_no_yes_and_what_asks_needs_one() -> None:
    assert answer(None, verdict=checked()) == ""
    assert "confirmed first" in answer(None)


def test_a_blocked_order_is_confirmed_by_nobody() -> None:
    blocked = checked(seen=replace(ASKED, acknowledged=()))
    assert "blocked" in answer(verdict=blocked)
    with pytest.raises(ValueError, match="blocked"):
        confirmation_of(ticket(), blocked, ASKED)
    assert "blocked" in answer(verdict=Verdict(findings=(), checked_at=NOW))
