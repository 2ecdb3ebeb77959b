"""What each step in an order's receipt is called in its timeline: a few words, what was said, and a tone."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ibdesk.domain.compliance.verdict import Severity, Verdict
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.ui.orders import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the timeline. `tone` repeats what the words say; empty for nothing special."""

    at: datetime
    title: str
    detail: str = ""
    tone: str = ""


_TITLES: dict[Step, tuple[str, str]] = {
    Step.CHECK_RUN: ("Checked", ""),
    Step.BLOCKED: ("Blocked: it did not leave", "loss"),
    Step.CONFIRMED_OVERRIDE: ("You confirmed it", ""),
    Step.SENT: ("Sent to the broker", "accent"),
    Step.ASKED: ("The broker asked", "warn"),
    Step.ANSWERED: ("You answered", ""),
    Step.BROKER_ACK: ("The broker took it", "gain"),
    Step.BROKER_REJECT: ("The broker refused it", "loss"),
    Step.OUTCOME_UNKNOWN: ("No answer came", "warn"),
    Step.NOT_PLACED: ("It was not placed", ""),
    Step.CHANGED: ("A change was sent", "accent"),
    Step.FILL: ("Filled", "gain"),
    Step.CANCEL: ("Cancellation asked for", "warn"),
    Step.CANCELLED: ("The broker cancelled it", ""),
    Step.KILL_SWITCH: ("Kill switch", "loss"),
    Step.SETTING_CHANGED: ("A setting was changed", ""),
    Step.RECONCILE_DIFF: ("A report did not fit and was not applied", "warn"),
    Step.EXERCISE: ("Exercise asked for", ""),
    Step.LAPSE: ("Lapse asked for", ""),
    Step.WITHDRAWN: ("Withdrawal asked for", ""),
}
_COUNTED = (Severity.PASS, Severity.NOTE, Severity.WARN, Severity.CONFIRM, Severity.BLOCK)
_PLURALS = {
    Severity.PASS: "passed", Severity.NOTE: "noted", Severity.WARN: "warned", Severity.CONFIRM: "to confirm",
    Severity.BLOCK: "blocked",
}


def told(receipt: Receipt) -> Told:
    """One step in words."""
    title, tone = _TITLES.get(receipt.step) or (receipt.step.value.replace("_", " ").capitalize(), "")
    detail = receipt.broker_text or receipt.decision
    match receipt.step:
        case Step.CHECK_RUN:
            detail = "" if receipt.verdict is None else _counted(receipt.verdict)
        case Step.BLOCKED | Step.FILL:
            detail = receipt.decision
        case Step.CONFIRMED_OVERRIDE:
            detail = _acknowledged(receipt)
        case Step.ANSWERED:
            answer, _, why = receipt.decision.partition(": ")
            title, detail = ("It was not answered", f"{why}.") if why else (f"You answered {answer or 'no'}", "")
        case Step.BROKER_ACK:
            detail = " · ".join(part for part in (
                f"its id {receipt.order_id}" if receipt.order_id else "", receipt.broker_text) if part)
        case Step.CHANGED:
            detail = "" if receipt.ticket is None else words.type_words(receipt.ticket)
        case Step.RECONCILE_DIFF if receipt.decision.startswith("settled by hand"):
            title, tone = f"{receipt.decision[0].upper()}{receipt.decision[1:]}", ""
            detail = receipt.override_reason
    return Told(at=receipt.at, title=title, detail=detail, tone=tone)


def _counted(verdict: Verdict) -> str:
    """How many rules answered what: "14 passed, 1 warned"."""
    counts = Counter(finding.severity for finding in verdict.findings)
    return ", ".join(f"{counts[each]} {_PLURALS[each]}" for each in _COUNTED if counts[each])


def _acknowledged(receipt: Receipt) -> str:
    """The sentences that were confirmed, else their codes."""
    found = () if receipt.verdict is None else receipt.verdict.findings
    sentences = [finding.sentence for finding in found if finding.code in receipt.acknowledged]
    return " ".join(sentences) or ", ".join(code.value for code in receipt.acknowledged)
