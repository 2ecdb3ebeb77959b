"""The past of one account in one mode, and of no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderIntent, OrderRef
from ibdesk.domain.receipts import Step
from ibdesk.store import own_past, receipts, trades
from tests.store.examples import MAIN, NOW
from tests.store.order_examples import receipt, verdict

Run = Callable[..., Any]
OTHER = AccountId("DU1111111")


def test_refusals_are_those_of_one_account_and_mode_since_an_instant(in_transaction: Run) -> None:
    plain = replace(receipt(1), step=Step.BROKER_REJECT, at=NOW, broker_text="No.")
    old = replace(plain, at=NOW - timedelta(days=9), broker_text="Old.")
    others = (replace(plain, account=OTHER), replace(plain, mode="ibkr_live"), replace(plain, step=Step.BROKER_ACK))
    in_transaction(receipts.append, [old, plain, *others])
    found = in_transaction(own_past.load_refusals, plain.account, Mode(plain.mode), NOW - timedelta(days=1))
    assert found == ((NOW, "No."),)


def test_standings_leave_out_what_nobody_told(in_transaction: Run) -> None:
    checked = replace(receipt(1, verdict=verdict()), step=Step.CHECK_RUN, at=NOW)
    assert checked.summary is not None
    silent = replace(checked, summary=replace(checked.summary, maintenance_margin=None))
    in_transaction(receipts.append, [checked, silent, replace(checked, account=OTHER), replace(checked, summary=None)])
    found = in_transaction(own_past.load_standings, checked.account, Mode(checked.mode), NOW)
    known = own_past.standing_of(checked.summary)
    assert found == (() if known is None else (known,))


def test_the_newest_tickets_come_first_and_no_more_than_asked(in_transaction: Run) -> None:
    ticket = receipt(1).ticket
    assert ticket is not None and ticket.account == MAIN
    for number in range(5):
        sent = OrderIntent(ref=OrderRef(f"r{number}"), ticket=replace(ticket, quantity=ticket.quantity + number),
                           at=NOW + timedelta(minutes=number))  # fmt: skip
        in_transaction(trades.add_intent, sent, f"d{number}")
    found = in_transaction(own_past.load_tickets, MAIN, ticket.mode, 2)
    assert [each.quantity - ticket.quantity for each in found] == [4, 3]
    assert in_transaction(own_past.load_tickets, OTHER, ticket.mode, 2) == ()
