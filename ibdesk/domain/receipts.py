"""The compliance receipt: what was known, checked, shown, decided and heard about one order, step by step.

All steps of one order carry the same `correlation`; a blocked one never has a step SENT.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.compliance.verdict import Code, Verdict
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderId, OrderRef, OrderTicket, WhatIf


class Step(StrEnum):
    """What happened (reference/compliance.md section 7, and what an order's life needs beside it)."""

    CHECK_RUN = "check_run"
    BLOCKED = "blocked"
    CONFIRMED_OVERRIDE = "confirmed_override"
    SENT = "sent"
    ASKED = "asked"
    ANSWERED = "answered"
    BROKER_ACK = "broker_ack"
    BROKER_REJECT = "broker_reject"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_PLACED = "not_placed"
    CHANGED = "changed"
    FILL = "fill"
    CANCEL = "cancel"
    CANCELLED = "cancelled"
    EXERCISE = "exercise"
    LAPSE = "lapse"
    WITHDRAWN = "exercise_withdrawn"
    KILL_SWITCH = "kill_switch"
    SETTING_CHANGED = "setting_changed"
    RECONCILE_DIFF = "reconcile_diff"


#: What a holder asks for of an option: the first step of such a receipt, whose ticket only names contracts.
HOLDERS_WORDS = (Step.EXERCISE, Step.LAPSE, Step.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One step. `ticks` are microseconds of a clock that is never set; `acknowledged` the findings the person was
    shown and went on with; `broker_text` the broker's words as they came."""

    at: datetime
    step: Step
    correlation: str
    account: AccountId
    mode: str
    ticks: int = 0
    ref: OrderRef | None = None
    order_id: OrderId | None = None
    ticket: OrderTicket | None = None
    verdict: Verdict | None = None
    quotes: tuple[Quote, ...] = ()
    summary: AccountSummary | None = None
    what_if: WhatIf | None = None
    acknowledged: tuple[Code, ...] = ()
    decision: str = ""
    override_reason: str = ""
    broker_text: str = ""
    user: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedReceipt:
    """A step as the log holds it: `seq` without gaps; `receipt.account` (and its ticket's) is the account's hash."""

    seq: int
    receipt: Receipt
    app_version: str
    prev_hash: str
    row_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredBy:
    """Who sat at the desk, as the computer calls them, and since when the broker's session runs; empty where nobody
    knows."""

    user: str = ""
    session: str = ""


class Outcome(StrEnum):
    """What became of one order, as its steps tell it."""

    BLOCKED = "blocked"
    SENT = "sent"
    FILLED = "filled"
    REFUSED = "refused"
    DECLINED = "not placed"
    UNKNOWN = "unknown"
    CANCELLING = "cancel asked"
    CANCELLED = "cancelled"
    STOPPED = "kill switch"
    OTHER = "other"


def outcome_of(steps: Set[Step]) -> Outcome:
    """The outcome by the kinds of steps there are. One that was sent is never called blocked: a change of it may have
    been."""
    if Step.KILL_SWITCH in steps:
        return Outcome.STOPPED
    if Step.FILL in steps:
        return Outcome.FILLED
    if Step.SENT not in steps and Step.BLOCKED in steps:
        return Outcome.BLOCKED
    if Step.CANCELLED in steps:
        return Outcome.CANCELLED
    if Step.CANCEL in steps:
        return Outcome.CANCELLING
    if Step.SENT not in steps:
        return Outcome.OTHER
    if Step.BROKER_ACK in steps:
        return Outcome.SENT
    if Step.BROKER_REJECT in steps:
        return Outcome.REFUSED
    if Step.OUTCOME_UNKNOWN in steps:
        return Outcome.DECLINED if Step.NOT_PLACED in steps else Outcome.UNKNOWN
    return Outcome.DECLINED if steps & {Step.NOT_PLACED, Step.ANSWERED} else Outcome.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHead:
    """One order's receipt in a list: when it began, its newest row, and what became of it. `account` is a hash; `asked`
    is the holder's word where it is no order."""

    correlation: str
    at: datetime
    last_seq: int
    account: AccountId
    mode: str
    outcome: Outcome
    steps: int
    ticket: OrderTicket | None = None
    decision: str = ""
    asked: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFilter:
    """Which receipts to list: all by default. `blocked` True: those with a block, False: those that were sent. `text`
    is looked for in ticket, decision and the broker's words; `since` and `until` (aware) bound the first step."""

    blocked: bool | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
