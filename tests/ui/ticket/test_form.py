"""The ticket as a value: what it may do, why not, and that no old answer is one to a newer ticket."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.verdict import Code, Severity, Source
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderRules, OrderType, TimeInForce
from ibdesk.domain.records import TradingLock
from ibdesk.domain.session import Session, SessionState
from ibdesk.ui.ticket.form import (
    Form,
    Outcome,
    Surroundings,
    obstacle,
    outside_hours_offered,
    readiness,
    tifs_offered,
    types_offered,
)
from tests.ui.sample_desk import READY
from tests.ui.ticket.samples import NOON, SHARE, checked, finding, form, ticket

HERE = Surroundings(mode=Mode.DEMO, now=NOON, selected=ticket().account, session=READY)


def test_a_passed_ticket_may_be_sent_without_a_word() -> None:
    assert readiness(form(Severity.PASS, Severity.WARN), HERE).may_press
    assert readiness(form(Severity.PASS), HERE).reason == ""


def test_a_blocked_ticket_may_not_and_the_reason_is_the_block() -> None:
    found = readiness(form(Severity.CONFIRM, Severity.BLOCK), HERE)
    assert not found.may_press
    assert found.reason == "MAX_LOSS says block."


@pytest.mark.parametrize(
    ("code", "source", "command"),
    [(Code.ACK_REQUIRED, Source.DESK, "activity:compliance"), (Code.READ_ONLY, Source.SETTING, "room:settings"),
     (Code.MAX_LOSS, Source.SETTING, "room:settings"), (Code.TICK, Source.BROKER, "")],
)  # fmt: skip
def test_a_block_leads_to_the_place_that_helps(code: Code, source: Source, command: str) -> None:
    made = form(Severity.PASS)
    assert made.shown is not None
    blocked = replace(made.shown.verdict, findings=(finding(Severity.BLOCK, code, source=source),))
    found = readiness(replace(made, shown=replace(made.shown, verdict=blocked)), HERE)
    assert found.command == command and bool(found.action) is bool(command)


def test_what_is_to_be_confirmed_is_announced() -> None:
    made = form(Severity.CONFIRM)
    assert made.shown is not None
    first, second, other = (finding(Severity.CONFIRM, code) for code in (Code.RATE, Code.RATE, Code.DUPLICATE))
    many = replace(made.shown.verdict, findings=(first, second, other))
    assert readiness(replace(made, shown=replace(made.shown, verdict=many)), HERE).reason == (
        "You are asked to confirm 2 findings first."), "what one rule says twice is one box in the dialog"  # fmt: skip


@given(st.lists(st.sampled_from(Severity), min_size=1), st.booleans(), st.booleans())
def test_nothing_blocked_incomplete_or_on_its_way_can_be_pressed(
    severities: list[Severity], is_sending: bool, is_unread: bool
) -> None:
    made = replace(form(*severities), is_sending=is_sending)
    made = made.with_unread("limit", "Enter a price.") if is_unread else made
    may = readiness(made, HERE).may_press
    assert may == (max(severities) < Severity.BLOCK and not is_sending and not is_unread)


def test_an_answer_to_an_older_ticket_is_not_taken_for_one_to_the_newer() -> None:
    old = form(Severity.PASS)
    new = old.edited(replace(old.ticket, quantity=Decimal(2)))
    assert new.checked is None and new.verdict is None and not new.is_current
    assert new.answered(checked(old.ticket, Severity.PASS)) is new
    assert new.answered(checked(new.ticket, Severity.WARN)).verdict is not None


def test_an_edit_takes_the_last_outcome_away_and_no_edit_leaves_it() -> None:
    made = replace(form(), outcome=Outcome(text="Filled.", tone="gain"))
    assert made.edited(made.ticket).outcome is not None
    assert made.edited(replace(made.ticket, quantity=Decimal(5))).outcome is None


def test_a_check_that_failed_says_why_and_what_helps() -> None:
    error = Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)
    found = readiness(replace(form(), problem=error), HERE)
    assert (found.may_press, found.reason, found.remedy) == (False, "Nobody answers.", "Wait.")


@pytest.mark.parametrize(
    ("around", "words", "command"),
    [
        (replace(HERE, mode=Mode.LOCAL_PAPER), "opened for Demo; the desk is in Local Paper", "renew"),
        (replace(HERE, selected=AccountId("DU7654322")), "is for DU7654321; the desk looks at DU7654322", "renew"),
        (replace(HERE, session=Session(state=SessionState.SIGNED_OUT)), "session is not ready", "sign-in"),
        (replace(HERE, takes_orders=False), "takes no orders", "connect"),
    ],
)
def test_what_no_edit_mends_is_said_with_its_next_step_and_stops_the_ticket(
    around: Surroundings, words: str, command: str
) -> None:
    found = obstacle(form(Severity.PASS), around)
    assert found is not None and words in found.text and found.command == command and found.action
    assert not readiness(form(Severity.PASS), around).may_press


def test_the_kill_switch_is_said_but_the_rules_decide_what_lowers_risk() -> None:
    around = replace(HERE, lock=TradingLock(at=NOON, reason="Ctrl+Shift+K"))
    found = obstacle(form(), around)
    assert found is not None and "Ctrl+Shift+K" in found.text and found.command == "kill"
    assert readiness(form(Severity.NOTE), around).may_press
    assert not readiness(form(Severity.BLOCK), around).may_press


def test_all_accounts_looked_at_is_no_obstacle() -> None:
    assert obstacle(form(), replace(HERE, selected=None)) is None


def test_an_empty_ticket_says_what_to_do() -> None:
    empty = Form(ticket=replace(ticket(), legs=()), draft="d")
    assert "click a price" in readiness(empty, HERE).reason


def test_what_the_broker_does_not_take_is_withheld_with_a_reason() -> None:
    rules = {SHARE.conid: OrderRules(
        conid=SHARE.conid, order_types=frozenset({OrderType.LIMIT}), outside_hours_types=frozenset(),
        tifs=frozenset({TimeInForce.DAY}), ticks=(),
    )}  # fmt: skip
    types, tifs = types_offered(ticket(), rules), tifs_offered(ticket(), rules)
    assert not types[OrderType.LIMIT] and types[OrderType.TRAILING]
    assert not tifs[TimeInForce.DAY] and tifs[TimeInForce.OPG]
    assert "no limit order outside" in outside_hours_offered(ticket(), rules)
    assert not any(types_offered(ticket(), {}).values()) and not outside_hours_offered(ticket(), {})
