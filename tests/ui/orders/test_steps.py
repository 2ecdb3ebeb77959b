"""An order's life in words, step by step."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderId, OrderTicket
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.ui.orders.steps import told
from tests.ui.orders.sample import IS_ASKED, MAIN, NOW

PLAIN = Receipt(at=NOW, step=Step.SENT, correlation="r1", account=MAIN, mode="demo")
FOUND = tuple(
    Finding(code=code, severity=severity, sentence=f"About {code}.", source=Source.SETTING)
    for code, severity in ((Code.SIZE_OK, Severity.PASS), (Code.QUOTE_OK, Severity.PASS),
                           (Code.WIDE_SPREAD, Severity.CONFIRM))
)
TICKET = OrderTicket(
    account=MAIN, mode=Mode.DEMO, legs=IS_ASKED.legs, quantity=Decimal(1), limit=Decimal("-2.15"),
)


@pytest.mark.parametrize(("parts", "title", "detail"), [
    ({"step": Step.CHECK_RUN, "verdict": Verdict(findings=FOUND, checked_at=NOW)}, "Checked",
     "2 passed, 1 to confirm"),
    ({"step": Step.BLOCKED, "decision": "Too large."}, "Blocked: it did not leave", "Too large."),
    ({"step": Step.CONFIRMED_OVERRIDE, "acknowledged": (Code.WIDE_SPREAD,),
      "verdict": Verdict(findings=FOUND, checked_at=NOW)}, "You confirmed it", "About WIDE_SPREAD."),
    ({"step": Step.ASKED, "broker_text": "o354: Sure?"}, "The broker asked", "o354: Sure?"),
    ({"step": Step.ANSWERED, "decision": "no"}, "You answered no", ""),
    ({"step": Step.ANSWERED, "decision": "no: The kill switch was pressed"}, "It was not answered",
     "The kill switch was pressed."),
    ({"step": Step.NOT_PLACED, "decision": "You answered no."}, "It was not placed", "You answered no."),
    ({"step": Step.BROKER_ACK, "order_id": OrderId("7"), "broker_text": "ok"}, "The broker took it", "its id 7 · ok"),
    ({"step": Step.CHANGED, "ticket": TICKET}, "A change was sent", "Limit 2.15 cr"),
    ({"step": Step.FILL, "decision": "BUY 1 SPY at 100"}, "Filled", "BUY 1 SPY at 100"),
    ({"step": Step.RECONCILE_DIFF, "decision": "not applied", "broker_text": "It takes back a fill."},
     "A report did not fit and was not applied", "It takes back a fill."),
    ({"step": Step.RECONCILE_DIFF, "decision": "settled by hand: it was placed", "override_reason": "seen in TWS"},
     "Settled by hand: it was placed", "seen in TWS"),
])  # fmt: skip
def test_a_step_says_what_happened(parts, title: str, detail: str) -> None:  # type: ignore[no-untyped-def]
    line = told(replace(PLAIN, **parts))
    assert (line.title, line.detail, line.at) == (title, detail, NOW)


def test_every_step_has_words() -> None:
    assert all(told(replace(PLAIN, step=step)).title for step in Step)
