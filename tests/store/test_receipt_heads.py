from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.receipts import Outcome, Receipt, ReceiptFilter, ReceiptHead, Step
from ibdesk.store import receipt_heads, receipts
from tests.store.examples import NOW
from tests.store.order_examples import receipt

Run = Callable[..., Any]


def steps(name: str, number: int, *kinds: Step, **changes: object) -> list[Receipt]:
    return [receipt(number + at, step=kind, correlation=name, **changes) for at, kind in enumerate(kinds)]


def three(in_transaction: Run) -> None:
    """One placed and filled, one blocked, and the kill switch."""
    big = replace(receipt().ticket or OrderTicket, quantity=Decimal(900))  # type: ignore[type-var]
    rows = [
        *steps("a", 1, Step.CHECK_RUN, Step.SENT, Step.BROKER_ACK),
        *steps("b", 10, Step.CHECK_RUN, Step.BLOCKED, ticket=big, decision="Too many.", broker_text=""),
        *steps("kill 1", 20, Step.KILL_SWITCH, Step.CANCEL, ticket=None, decision="you pressed it", broker_text=""),
        *steps("a", 30, Step.FILL, ticket=None),
    ]
    in_transaction(receipts.append, rows)


def listed(in_transaction: Run, wanted: ReceiptFilter | None = None, **options: Any) -> list[ReceiptHead]:
    return list(in_transaction(receipt_heads.newest, wanted or ReceiptFilter(), **options))


def test_each_order_is_one_line_the_newest_first(in_transaction: Run) -> None:
    three(in_transaction)
    found = listed(in_transaction)
    assert [(each.correlation, each.outcome, each.steps) for each in found] == [
        ("a", Outcome.FILLED, 4), ("kill 1", Outcome.STOPPED, 2), ("b", Outcome.BLOCKED, 2)]
    assert found[0].ticket is not None and found[0].at == NOW + timedelta(seconds=1)
    assert found[1].ticket is None and found[1].decision == "you pressed it"
    assert found[2].decision == "Too many."


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (ReceiptFilter(blocked=True), ["b"]),
        (ReceiptFilter(blocked=False), ["a"]),
        (ReceiptFilter(text="too MANY"), ["b"]),
        (ReceiptFilter(text="100%"), []),
        (ReceiptFilter(since=NOW + timedelta(seconds=10)), ["kill 1", "b"]),
        (ReceiptFilter(until=NOW + timedelta(seconds=10)), ["a"]),
    ],
)
def test_they_are_filtered_by_kind_text_and_time(in_transaction: Run, wanted: ReceiptFilter, names: list[str]) -> None:
    three(in_transaction)
    assert [each.correlation for each in listed(in_transaction, wanted)] == names


def test_older_ones_follow_on_demand(in_transaction: Run) -> None:
    three(in_transaction)
    (newest,) = listed(in_transaction, limit=1)
    assert [each.correlation for each in listed(in_transaction, before=newest.last_seq)] == ["kill 1", "b"]


def test_what_the_broker_said_last_is_shown_before_our_own_words(in_transaction: Run) -> None:
    rows = [
        *steps("c", 1, Step.CHECK_RUN, Step.SENT),
        *steps("c", 5, Step.OUTCOME_UNKNOWN, decision="No answer came.", broker_text=""),
        *steps("c", 6, Step.BROKER_REJECT, decision="refused", broker_text="Margin does not suffice."),
    ]
    in_transaction(receipts.append, rows)
    assert [each.decision for each in listed(in_transaction)] == ["Margin does not suffice."]
