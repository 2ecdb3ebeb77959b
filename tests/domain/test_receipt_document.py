"""A receipt as a document: what a person reads of an order that was sent, and of one that was blocked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Exits,
    Impact,
    Leg,
    OrderId,
    OrderRef,
    OrderTicket,
    OrderType,
    OtherHalf,
    Question,
    Side,
    Trail,
    WhatIf,
)
from ibdesk.domain.receipt_document import STEP_WORDS, Document, document_of, price_words, ticket_words
from ibdesk.domain.receipts import LoggedReceipt, Receipt, Step
from ibdesk.domain.records import AuditFault

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
MAIN, HASHED = AccountId("DU7654321"), AccountId("9f" * 32)


def put(conid: int, strike: int) -> Instrument:
    terms = OptionTerms(right=Right.PUT, strike=Decimal(strike), expiry=date(2026, 12, 18))
    return Instrument(
        conid=Conid(conid), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100),
        option=terms,
    )  # fmt: skip


SPREAD = OrderTicket(
    account=HASHED, mode=Mode.DEMO, quantity=Decimal(10), limit=Decimal("-1.88"),
    legs=(Leg(instrument=put(1, 570), side=Side.SELL), Leg(instrument=put(2, 560), side=Side.BUY)),
)  # fmt: skip
FINE = Finding(code=Code.BP_OK, severity=Severity.PASS, sentence="Uses 8,120.", source=Source.WHAT_IF,
               measured=Decimal("8120"), limit=Decimal("602638"), policy="us_2026", citation="FINRA 4210")  # fmt: skip
WIDE = Finding(code=Code.WIDE_SPREAD, severity=Severity.CONFIRM, sentence="The market is wide.", source=Source.DESK)
TOO_MUCH = Finding(code=Code.FAT_FINGER_QTY, severity=Severity.BLOCK, sentence="10 is above your limit of 5.",
                   source=Source.SETTING, remedy="Lower it.", measured=Decimal(10), limit=Decimal(5))  # fmt: skip


def verdict(*findings: Finding) -> Verdict:
    return Verdict(findings=findings, checked_at=NOW)


def logged(*receipts: Receipt) -> tuple[LoggedReceipt, ...]:
    return tuple(
        LoggedReceipt(seq=7 + at, receipt=each, app_version="0.3", prev_hash="aa", row_hash=f"b{at}")
        for at, each in enumerate(receipts)
    )


def step(kind: Step, seconds: float = 0, **told: Any) -> Receipt:
    return Receipt(
        at=NOW + timedelta(seconds=seconds), step=kind, correlation="r1", account=HASHED, mode="demo",
        ref=OrderRef("r1"), ticket=SPREAD, **told,
    )  # fmt: skip


def sent() -> tuple[LoggedReceipt, ...]:
    quote = Quote(conid=Conid(1), received_at=NOW - timedelta(seconds=1.5), delay=Delay.LIVE, bid=Decimal("5.86"))
    summary = AccountSummary(
        account=HASHED, currency=USD, as_of=NOW, received_at=NOW, net_liquidation=Decimal("1284930.42"),
        day_trades_remaining=(-1, None, None, None, None),
    )  # fmt: skip
    preview = WhatIf(
        at=NOW, initial_margin=Impact(current=Decimal(1), change=Decimal(8120), after=Decimal(8121)),
        amount=Decimal("1880"), commission_from=Decimal("13.10"), commission_to=Decimal("13.10"),
        warnings=(Question(id="", text="It is late."),),
    )  # fmt: skip
    return logged(
        step(Step.CHECK_RUN, verdict=verdict(FINE, WIDE), decision="confirm", quotes=(quote,), summary=summary,
             what_if=preview),
        step(Step.CONFIRMED_OVERRIDE, verdict=verdict(FINE, WIDE), acknowledged=(Code.WIDE_SPREAD,)),
        step(Step.SENT), step(Step.ASKED, 1, broker_text="o354: Sure?"),
        step(Step.BROKER_ACK, 2, order_id=OrderId("4711"), decision="working"),
    )  # fmt: skip


def made(steps: tuple[LoggedReceipt, ...], fault: AuditFault | None = None) -> Document:
    return document_of(steps, accounts={str(HASHED): MAIN}, fault=fault, made_at=NOW)


def table(document: Document, title: str) -> list[list[str]]:
    found = next(each for each in document.sections if each.title.startswith(title))
    return [[cell.text for cell in row] for row in found.rows]


def test_a_sent_order_tells_ticket_mode_account_and_both_ids() -> None:
    document = made(sent())
    assert document.title == "Sell 10 × SPY Dec18'26 570 P, buy 10 × SPY Dec18'26 560 P"
    facts = dict(table(document, "Order"))
    assert facts["Price"] == "limit at 1.88 credit, DAY"
    assert (facts["Mode"], facts["Account"]) == ("Demo", "DU7654321")
    assert (facts["Our id"], facts["Broker's id"]) == ("r1", "4711")
    assert facts["Trade date"] == "2026-11-20, New York"
    assert (document.word, document.tone, document.lead) == ("Sent", "gain", "It left for the broker.")


def test_every_finding_is_there_with_its_numbers_the_hardest_first() -> None:
    document = made(sent())
    rows = table(document, "Checks")
    assert rows[0] == ["Confirm", "The market is wide.", "—", "—", "this desk"]
    assert rows[1] == ["Pass", "Uses 8,120.", "8,120", "602,638", "broker's what-if"]
    assert "under us_2026" in next(each.title for each in document.sections if each.title.startswith("Checks"))


def test_what_was_confirmed_quotes_figures_and_preview_are_told() -> None:
    document = made(sent())
    assert table(document, "Shown and confirmed") == [["2026-11-20 17:48:07 UTC", "The market is wide."]]
    assert table(document, "Quotes") == [["SPY Dec18'26 570 P", "5.86", "—", "—", "live", "1.5 s"]]
    assert dict(table(document, "Account figures"))["Day trades left today"] == "no limit"
    assert table(document, "The broker's preview") == [
        ["Initial margin", "1", "8,120", "8,121"], ["Amount", "", "1,880", ""], ["Commission", "", "13.10", ""],
        ["Warning", "It is late.", "", ""],
    ]


def test_each_step_is_told_with_the_brokers_words() -> None:
    document = made(sent())
    assert [row[1] for row in table(document, "What happened")] == [
        "Checked", "Confirmed by the person", "Sent to the broker", "The broker asked", "The broker has it"]
    story = next(each for each in document.sections if each.title == "What happened")
    assert story.rows[3][2].text == "o354: Sure?"
    assert story.rows[0][0].text == "12:48:07.000"


def test_a_blocked_order_says_why_and_what_to_do() -> None:
    run = step(Step.CHECK_RUN, verdict=verdict(FINE, TOO_MUCH), decision="block")
    document = made(logged(run, replace(run, step=Step.BLOCKED, decision=TOO_MUCH.sentence)))
    assert (document.word, document.tone, document.lead) == ("Blocked", "loss", "10 is above your limit of 5.")
    checks = next(each for each in document.sections if each.title.startswith("Checks"))
    assert checks.rows[0][1].note == "Lower it." and checks.rows[0][0].tone == "loss"
    assert not [each for each in document.sections if each.title == "Shown and confirmed"]


@pytest.mark.parametrize(
    ("fault", "tone", "words"),
    [
        (None, "gain", "Verified"),
        (AuditFault(row=8, what="receipt 8 was changed"), "loss", "Not verified: receipt 8 was changed"),
        (AuditFault(row=12, what="receipt 12 was removed"), "warn", "broken from row 12 on"),
    ],
)
def test_the_state_of_the_chain_is_said(fault: AuditFault | None, tone: str, words: str) -> None:
    document = made(sent(), fault)
    assert document.seal_tone == tone and words in document.seal
    proof = dict(table(document, "Seal"))
    assert proof["Rows of the log"] == "7 to 11, 5 of them" and proof["Seal of the last row"] == "b4"


def test_an_account_nobody_knows_stays_a_hash_and_absurd_numbers_stay_as_typed() -> None:
    absurd = replace(SPREAD, quantity=Decimal("NaN"), limit=Decimal("1e400"))
    document = document_of(
        logged(replace(step(Step.BLOCKED, decision="no"), ticket=absurd)), accounts={}, fault=None, made_at=NOW)
    facts = dict(table(document, "Order"))
    assert facts["Account"] == "9f9f9f9f9f9f… (hash)"
    assert "NaN" in document.title and "1E+400" in facts["Price"]


def test_the_kill_switch_has_a_receipt_too() -> None:
    nobody = AccountId("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    pressed = replace(step(Step.KILL_SWITCH, decision="you pressed it"), ticket=None, ref=None, account=nobody)
    cancelled = replace(step(Step.CANCEL, decision="cancel all"), ticket=None, ref=None)
    document = made(logged(pressed, cancelled))
    assert (document.title, document.word, document.lead) == ("Trading was stopped", "Kill switch", "You pressed it.")
    assert dict(table(document, "Order"))["Account"] == "DU7654321"


def test_tickets_in_words() -> None:
    share = Instrument(conid=Conid(9), symbol="AAPL", asset_class=AssetClass.STOCK, currency=USD)
    one = OrderTicket(
        account=MAIN, mode=Mode.DEMO, legs=(Leg(instrument=share, side=Side.BUY),), quantity=Decimal("0.5"),
        order_type=OrderType.TRAILING, trail=Trail(amount=Decimal(5), is_percent=True), outside_hours=True,
        exits=Exits(take_profit=Decimal(120), stop_loss=Decimal(90)),
    )  # fmt: skip
    assert ticket_words(one) == "Buy 0.5 × AAPL"
    assert price_words(one) == "trailing stop trailing by 5 %, DAY, also outside regular hours"
    assert price_words(replace(one, order_type=OrderType.STOP_LIMIT, limit=Decimal(9), stop=Decimal(8), trail=None,
                               outside_hours=False)) == "stop-limit at 9 stop 8, DAY"  # fmt: skip
    facts = dict(table(made(logged(replace(step(Step.SENT), ticket=one))), "Order"))
    assert facts["Exits"] == "target 120, stop loss 90"
    pair = replace(one, exits=None, order_type=OrderType.LIMIT, limit=Decimal(120), trail=None,
                   other=OtherHalf(stop=Decimal(90)))  # fmt: skip
    facts = dict(table(made(logged(replace(step(Step.SENT), ticket=pair))), "Order"))
    assert facts["Or"] == "stop stop 90, DAY; the one that fills cancels the other"


def test_every_step_has_its_words() -> None:
    assert set(STEP_WORDS) == set(Step)
