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
        ({Step.SENT, Step.NOT_PLACED}, Outcome.DECLINED),
        ({Step.SENT, Step.OUTCOME_UNKNOWN, Step.NOT_PLACED}, Outcome.DECLINED),
        ({Step.SENT, Step.NOT_PLACED, Step.BROKER_ACK}, Outcome.SENT),
        ({Step.SENT, Step.BROKER_ACK, Step.CANCEL}, Outcome.CANCELLING),
        ({Step.SENT, Step.CANCEL, Step.FILL}, Outcome.FILLED),
        ({Step.RECONCILE_DIFF}, Outcome.OTHER),
        ({Step.SENT, Step.BROKER_ACK, Step.CANCEL, Step.CANCELLED}, Outcome.CANCELLED),
        ({Step.CANCEL, Step.FILL, Step.CANCELLED}, Outcome.FILLED),
        ({Step.CANCEL}, Outcome.CANCELLING),
        ({Step.KILL_SWITCH, Step.CANCEL}, Outcome.STOPPED),
    ],
)
def test_the_steps_tell_what_became_of_it(kinds: set[Step], outcome: Outcome) -> None:
    assert outcome_of(kinds) is outcome
