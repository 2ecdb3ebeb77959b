"""What became of an order, by its steps."""

import pytest

from ibdesk.domain.receipts import Outcome, Step, outcome_of


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        ({Step.CHECK_RUN, Step.BLOCKED}, Outcome.BLOCKED),
        ({Step.SENT}, Outcome.SENT),
        ({Step.SENT, Step.BROKER_ACK, Step.BLOCKED}, Outcome.SENT),
        ({Step.SENT, Step.BROKER_REJECT}, Outcome.REFUSED),
        ({Step.SENT, Step.ASKED, Step.ANSWERED}, Outcome.DECLINED),
        ({Step.SENT, Step.OUTCOME_UNKNOWN}, Outcome.UNKNOWN),
        ({Step.SENT, Step.BROKER_ACK, Step.CANCEL}, Outcome.CANCELLED),
        ({Step.SENT, Step.CANCEL, Step.FILL}, Outcome.FILLED),
        ({Step.RECONCILE_DIFF}, Outcome.OTHER),
        ({Step.CANCEL}, Outcome.CANCELLED),
        ({Step.KILL_SWITCH, Step.CANCEL}, Outcome.STOPPED),
    ],
)
def test_the_steps_tell_what_became_of_it(kinds: set[Step], outcome: Outcome) -> None:
    assert outcome_of(kinds) is outcome
