"""An order, a verdict and a preview as answers: one form for programs, lines for people."""

from decimal import Decimal
from typing import Any

from ibdesk.cli.talk import told
from ibdesk.domain.compliance.verdict import Finding, Severity, Verdict, figure
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Impact, Leg, Order, OrderState, OrderTicket, OrderType, Trail, WhatIf
from ibdesk.domain.pairs import halves
from ibdesk.domain.receipts import LoggedReceipt

#: Who acts next on an order in this state; what is not here is done.
CODES = {
    OrderState.DECLINED: 3, OrderState.UNKNOWN: 4, OrderState.INTENDED: 4, OrderState.ASKED: 4,
    OrderState.INACTIVE: 4, OrderState.REFUSED: 5,
}  # fmt: skip
#: What helps where the state alone does not say it.
REMEDIES = {
    OrderState.DECLINED: "The broker's question was not answered with yes: repeat it with --yes-to and its id.",
    OrderState.UNKNOWN: "Do not send it again: it may have arrived. Look: ibdesk order status",
    OrderState.INACTIVE: "The broker holds it and does not work it; look there why, or cancel it.",
    OrderState.REFUSED: "Read what the broker says, and change the order.",
}


def ticket_form(ticket: OrderTicket) -> dict[str, Any]:
    """What would leave; prices as they are typed."""
    return {
        "account": ticket.account, "mode": ticket.mode.value, "legs": [_leg(leg) for leg in ticket.legs],
        "quantity": ticket.quantity, "order_type": ticket.order_type.value, "limit": ticket.limit,
        "stop": ticket.stop, "trail": _trail(ticket.trail), "tif": ticket.tif.value,
        "outside_hours": ticket.outside_hours,
        "take_profit": None if ticket.exits is None else ticket.exits.take_profit,
        "stop_loss": None if ticket.exits is None else ticket.exits.stop_loss,
        "other": None if ticket.other is None else {
            "order_type": ticket.other.order_type.value, "stop": ticket.other.stop, "trail": _trail(ticket.other.trail),
        },
    }  # fmt: skip


def order_form(order: Order) -> dict[str, Any]:
    return {
        "ref": order.ref, "order_id": order.id, "account": order.account, "state": order.state.value,
        "label": order.label or _legs(order.legs), "legs": [_leg(leg) for leg in order.legs],
        "quantity": order.quantity, "filled": order.filled, "remaining": order.remaining,
        "average_price": order.average_price, "order_type": order.order_type and order.order_type.value,
        "limit": order.limit, "stop": order.stop, "trail": _trail(order.trail),
        "tif": order.tif and order.tif.value, "placed_here": order.is_ours, "message": order.message,
        "at": order.at, "updated_at": order.updated_at,
    }  # fmt: skip


def verdict_form(verdict: Verdict) -> dict[str, Any]:
    """Every finding, and the codes that want `--accept`."""
    asked = sorted({each.code.value for each in verdict.of(Severity.CONFIRM)})
    return {
        "verdict": verdict.severity.word, "checked_at": verdict.checked_at, "to_accept": asked,
        "findings": [
            {
                "code": each.code.value, "severity": each.severity.word, "sentence": each.sentence,
                "remedy": each.remedy, "source": each.source.value, "citation": each.citation,
                "policy": each.policy, "measured": each.measured, "limit": each.limit,
            }
            for each in verdict.findings
        ],
    }  # fmt: skip


def preview_form(preview: WhatIf | None, problem: DeskError | None) -> dict[str, Any]:
    """The broker's preview; why there is none."""
    if preview is None:
        return {"preview": None, "preview_failed": told(problem)}
    return {
        "preview": {
            "at": preview.at, "equity": _impact(preview.equity), "initial_margin": _impact(preview.initial_margin),
            "maintenance_margin": _impact(preview.maintenance_margin), "amount": preview.amount,
            "commission_from": preview.commission_from, "commission_to": preview.commission_to,
            "currency": preview.currency, "warnings": [each.text for each in preview.warnings],
            "refusal": preview.refusal,
        }
    }  # fmt: skip


def step_form(logged: LoggedReceipt) -> dict[str, Any]:
    """One step that was written down of an order."""
    step = logged.receipt
    return {
        "at": step.at, "step": step.step.value, "decision": step.decision, "broker_text": step.broker_text,
        "acknowledged": [code.value for code in step.acknowledged],
    }  # fmt: skip


def ticket_line(ticket: OrderTicket) -> str:
    """`BUY 2 × SPY Dec18'26 570 P, limit 3.40, DAY, DU7654321 (ibkr_paper)`."""
    terms = " or ".join(_terms(each.order_type, each.limit, each.stop, each.trail) for each in halves(ticket))
    return f"{_sized(ticket.legs, ticket.quantity)}, {terms}, {ticket.tif}, {ticket.account} ({ticket.mode})"


def order_line(order: Order) -> str:
    """`working  BUY 1 × AAPL, limit 190.50  filled 0 of 1  ibdesk-…`."""
    terms = _terms(order.order_type, order.limit, order.stop, order.trail)
    paid = "" if order.average_price is None else f" at {figure(order.average_price)}"
    name = order.ref or f"{order.id} (placed elsewhere)"
    what = _sized(order.legs, order.quantity) if order.legs else f"{figure(order.quantity)} × {order.label}"
    return (f"{order.state:<10}  {what}, {terms}  "
            f"filled {figure(order.filled)} of {figure(order.quantity)}{paid}  {name}")  # fmt: skip


def finding_lines(verdict: Verdict) -> list[str]:
    """What stands in the way or is to be known, the hardest first; what passed is left out."""
    if not verdict.findings:
        return ["Nothing was checked."]
    shown = [each for each in verdict.findings if each.severity > Severity.PASS]
    return [_finding(each) for each in sorted(shown, key=lambda each: -each.severity)] or ["Every rule passes."]


def preview_lines(preview: WhatIf | None, problem: DeskError | None) -> list[str]:
    if preview is None:
        return [] if problem is None else [f"The broker gave no preview: {problem.message}"]
    fees = " to ".join(figure(each) for each in (preview.commission_from, preview.commission_to) if each is not None)
    return [
        f"the broker's preview: initial margin {_moved(preview.initial_margin)}, "
        f"equity {_moved(preview.equity)}, commission {fees or '—'}",
        *([f"the broker would refuse it: {preview.refusal}"] if preview.refusal else []),
        *(each.text for each in preview.warnings),
    ]


def step_line(logged: LoggedReceipt) -> str:
    step = logged.receipt
    said = " ".join(part for part in (step.decision, step.broker_text.replace("\n", " ")) if part)
    return f"  {step.at:%Y-%m-%d %H:%M:%S} UTC  {step.step.value:<18} {said}".rstrip()


def _finding(finding: Finding) -> str:
    return f"{finding.severity.word:<8}{finding.code}  {finding.sentence} {finding.remedy}".rstrip()


def _moved(impact: Impact) -> str:
    return f"{figure(impact.current)} → {figure(impact.after)}"


def _impact(impact: Impact) -> dict[str, Decimal | None]:
    return {"current": impact.current, "change": impact.change, "after": impact.after}


def _leg(leg: Leg) -> dict[str, Any]:
    return {"side": leg.side.value.lower(), "ratio": leg.ratio} | _instrument(leg.instrument)


def _instrument(instrument: Instrument) -> dict[str, Any]:
    return {
        "conid": instrument.conid, "symbol": instrument.symbol, "label": instrument.label, "name": instrument.name,
        "class": instrument.asset_class.value, "exchange": instrument.exchange, "currency": instrument.currency,
    }  # fmt: skip


def _sized(legs: tuple[Leg, ...], quantity: Decimal) -> str:
    if len(legs) == 1:
        return f"{legs[0].side} {figure(quantity * legs[0].ratio)} × {legs[0].instrument.label}"
    return f"{figure(quantity)} × ({_legs(legs)})"


def _legs(legs: tuple[Leg, ...]) -> str:
    return " / ".join(f"{leg.side} {leg.ratio} {leg.instrument.label}" for leg in legs)


def _terms(kind: OrderType | None, limit: Decimal | None, stop: Decimal | None, trail: Trail | None) -> str:
    behind = None if trail is None else f"{figure(trail.amount)}{' %' if trail.is_percent else ''}"
    said = [kind.value if kind is not None else "order type unknown"]
    said += [figure(price) for price in (stop, limit) if price is not None]
    return " ".join([*said, behind] if behind is not None else said)


def _trail(trail: Trail | None) -> dict[str, Any] | None:
    return None if trail is None else {"amount": trail.amount, "is_percent": trail.is_percent}
