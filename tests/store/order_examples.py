"""Orders to store: a ticket of two legs, its intent, an order and a print of it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Leg,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderState,
    OrderTicket,
    OrderType,
    Side,
    TimeInForce,
    WhatIf,
)
from ibdesk.domain.receipts import Receipt, Step
from tests.store.examples import MAIN, NOW, option, position, snapshot

TICKET = OrderTicket(
    account=MAIN, mode=Mode.DEMO, quantity=Decimal(2), limit=Decimal("-1.25"),
    legs=(Leg(instrument=option().instrument, side=Side.SELL), Leg(instrument=position(7).instrument, side=Side.BUY)),
)  # fmt: skip


def intent(number: int = 1, ticket: OrderTicket = TICKET) -> OrderIntent:
    return OrderIntent(ref=OrderRef(f"ref-{number}"), ticket=ticket, at=NOW + timedelta(seconds=number))


def order(number: int = 1, **changes: object) -> Order:
    plain = Order(
        account=MAIN, state=OrderState.WORKING, legs=TICKET.legs, quantity=Decimal(2), order_type=OrderType.LIMIT,
        tif=TimeInForce.DAY, at=NOW, updated_at=NOW, ref=OrderRef(f"ref-{number}"), id=OrderId(f"{number}"),
        limit=Decimal("-1.25"),
    )  # fmt: skip
    return replace(plain, **changes)


def fill(exec_id: str = "0000e0d5.67a3b2c1.01.01", price: str = "1.25", commission: str | None = None) -> Fill:
    done = Execution(
        exec_id=ExecId(exec_id), account=MAIN, instrument=option().instrument, side=Side.SELL, quantity=Decimal(1),
        price=Decimal(price), at=NOW, order_id=OrderId("1"), ref=OrderRef("ref-1"),
    )  # fmt: skip
    paid = None if commission is None else Commission(exec_id=ExecId(exec_id), amount=Decimal(commission), currency=USD)
    return Fill(execution=done, commission=paid)


def verdict(severity: Severity = Severity.PASS) -> Verdict:
    finding = Finding(
        code=Code.BP_OK, severity=severity, sentence="Enough.", source=Source.BROKER, measured=Decimal("10.50"),
        policy="us_transition_2026",
    )  # fmt: skip
    return Verdict(findings=(finding,), checked_at=NOW)


def receipt(number: int = 1, **changes: object) -> Receipt:
    plain = Receipt(
        at=NOW + timedelta(seconds=number), step=Step.CHECK_RUN, correlation="order-1", account=MAIN, mode="demo",
        ticks=number * 1_000_000, ref=OrderRef("ref-1"), ticket=TICKET, verdict=verdict(),
        quotes=(Quote(conid=TICKET.legs[0].instrument.conid, received_at=NOW, bid=Decimal("1.20")),),
        summary=snapshot().summary, what_if=WhatIf(at=NOW, commission_from=Decimal("1.05")), acknowledged=(Code.TICK,),
        decision="allow", broker_text="Are you sure?",
    )  # fmt: skip
    return replace(plain, **changes)
