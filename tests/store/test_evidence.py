from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ibdesk.domain.going_live import Evidence
from ibdesk.domain.receipts import Step
from ibdesk.store import receipts, records
from ibdesk.store.evidence import LIMITS_KEPT, load_evidence
from tests.store.examples import NOW
from tests.store.order_examples import receipt

Run = Callable[..., Any]


def test_an_empty_vault_proves_nothing(in_transaction: Run) -> None:
    assert in_transaction(load_evidence) == Evidence()


def test_the_newest_of_each_kind_counts(in_transaction: Run) -> None:
    in_transaction(receipts.append, [
        receipt(1, step=Step.BROKER_ACK, mode="local_paper"), receipt(2, step=Step.BROKER_ACK, mode="ibkr_paper"),
        receipt(3, step=Step.BLOCKED), receipt(4, step=Step.BROKER_ACK, mode="ibkr_live"), receipt(5),
    ])  # fmt: skip
    in_transaction(records.note_date, LIMITS_KEPT, NOW)
    found = in_transaction(load_evidence)
    assert found.paper_orders == 2 and found.paper_order_at == NOW + timedelta(seconds=2)
    assert found.blocked_at == NOW + timedelta(seconds=3) and found.limits_kept_at == NOW


@pytest.mark.parametrize("mode", ["ibkr_live", "alpaca_live"])
def test_an_order_of_real_money_is_no_practice(in_transaction: Run, mode: str) -> None:
    in_transaction(receipts.append, [receipt(1, step=Step.BROKER_ACK, mode=mode)])
    assert in_transaction(load_evidence).paper_order_at is None
