"""What stands between a ticket that was shown and its sending. The whole way is in test_orders."""

from dataclasses import replace

import pytest

from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.domain.errors import Cause
from ibdesk.domain.orders import OrderState
from ibdesk.services.order_obstacles import MEND, NOT_CHECKED, asked, blocked, over, passes, shape
from tests.store.examples import NOW, SECOND
from tests.store.order_examples import TICKET, order, verdict

NOTHING = Verdict(findings=(), checked_at=NOW)


def test_what_blocks_in_either_verdict_stops_it_and_an_empty_one_was_not_checked() -> None:
    fine, bad = verdict(Severity.CONFIRM), verdict(Severity.BLOCK)
    assert blocked(fine, fine) is None
    for pair in ((bad, fine), (fine, bad)):
        found = blocked(*pair)
        assert found is not None
        assert (found.message, found.remedy, found.cause) == ("Enough.", MEND, Cause.ORDER_REFUSED)
    unread = blocked(fine, NOTHING)
    assert unread is not None and unread.message == NOT_CHECKED


@pytest.mark.parametrize("state", OrderState)
def test_only_an_order_that_works_and_is_not_being_cancelled_can_be_changed(state: OrderState) -> None:
    one = order(state=state)
    assert (over(one) is None) is (one.is_open and state is not OrderState.CANCELLING)


def test_a_change_keeps_account_contracts_and_sides_and_nothing_else() -> None:
    assert shape(order()) == shape(TICKET) == shape(replace(TICKET, quantity=TICKET.quantity + 1, limit=None))
    assert shape(TICKET) != shape(replace(TICKET, account=SECOND))
    assert shape(TICKET) != shape(replace(TICKET, legs=TICKET.legs[:1]))


def test_only_what_is_asked_has_to_be_confirmed_and_only_a_note_passes() -> None:
    assert asked(verdict(Severity.CONFIRM)) == {Code.BP_OK} and not asked(verdict(Severity.NOTE))
    assert passes(verdict(Severity.NOTE), Code.BP_OK)
    assert not passes(verdict(Severity.NOTE), Code.MODE) and not passes(verdict(Severity.PASS), Code.BP_OK)
