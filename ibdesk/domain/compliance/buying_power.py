"""Whether the account can carry an order: the broker's preview first, its figures and our estimate only without one.

The broker's `buying_power` figure is never used: it is for stock alone (reference/compliance.md 2.2).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.margin import Estimate
from ibdesk.domain.compliance.policy import Policies
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure, money
from ibdesk.domain.money import USD, ZERO, known
from ibdesk.domain.orders import WhatIf

#: A preview older than this may be of another market (reference/compliance.md 2.1).
PREVIEW_LASTS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """What the person wants left over: the larger of an amount (base currency) and a share of net liquidation."""

    amount: Decimal = ZERO
    share: Decimal = ZERO

    def of(self, net_liquidation: Decimal | None) -> Decimal:
        return max(self.amount, self.share * max(ZERO, net_liquidation or ZERO))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPowerContext:
    """What the rule looks at. `what_if` is for exactly this order, None when there is none; `estimate` likewise.

    `cost` is what the shares bought cost; `dollar` what a US dollar costs in the currency of the account's figures,
    None without a rate; `requires_preview`: the person wants a block where the broker gave none; `filled` what is
    filled already of the order the preview is for as a whole.
    """

    summary: AccountSummary
    policies: Policies
    now: datetime
    what_if: WhatIf | None = None
    estimate: Estimate | None = None
    buffer: Buffer = Buffer()
    cost: Decimal = ZERO
    dollar: Decimal | None = Decimal(1)
    requires_preview: bool = False
    filled: Decimal = ZERO

    def told(self, amount: Decimal) -> str:
        """An amount in the currency of the account's figures."""
        return money(amount, self.summary.currency)


def check_buying_power(context: BuyingPowerContext, *, lowers_risk: bool) -> tuple[Finding, ...]:
    """All that margin has to say of one order; one that closes or lowers risk is warned at most (section 10)."""
    found = (*_minimum_equity(context, lowers_risk), *_room(context))
    return tuple(finding.at_most(Severity.WARN) for finding in found) if lowers_risk else found


def _minimum_equity(context: BuyingPowerContext, lowers_risk: bool) -> tuple[Finding, ...]:
    """Borrowing and short selling need 2,000 dollars of equity (FINRA 4210(b)(4)); what is paid in full needs none."""
    least, equity = context.policies.margin.minimum_equity, known(context.summary.net_liquidation)
    is_margin = context.summary.margin_type in (MarginType.MARGIN, MarginType.UNKNOWN)
    if lowers_risk or not is_margin or equity is None or not _borrows(context):
        return ()
    if context.dollar is None:
        return (
            _said(
                context, Code.MIN_EQUITY_2000, Severity.CONFIRM, Source.RULE,
                f"Borrowing and short selling need {money(least, USD)} of equity; whether {context.told(equity)} is as "
                "much is not known: there is no exchange rate for USD.",
                "Sync the account for its rates, or confirm if it has enough.",
            ),
        )  # fmt: skip
    dollars = equity / context.dollar
    if dollars >= least:
        return ()
    converted = f" ({money(dollars, USD)})" if context.summary.currency != USD else ""
    return (
        _said(
            context, Code.MIN_EQUITY_2000, Severity.BLOCK, Source.RULE,
            f"Equity of {context.told(equity)}{converted} is below the {money(least, USD)} that borrowing and short "
            "selling need.",
            "Trade only what is paid in full, or deposit first.", dollars, least,
        ),
    )  # fmt: skip


def _borrows(context: BuyingPowerContext) -> bool:
    cash = known(context.summary.total_cash)
    needs_loan = cash is not None and context.cost > max(ZERO, cash)
    return needs_loan or (context.estimate is not None and context.estimate.borrows)


def _room(context: BuyingPowerContext) -> tuple[Finding, ...]:
    preview = context.what_if
    if preview is None:
        return _without(context, "The broker gave no preview of this order.")
    if preview.refusal:
        return (
            _said(
                context, Code.BROKER_REFUSES, Severity.BLOCK, Source.WHAT_IF,
                f"The broker would refuse this order: {preview.refusal}", "Change the order, then preview it again.",
            ),
        )  # fmt: skip
    if context.now - preview.at > PREVIEW_LASTS:
        age = int((context.now - preview.at).total_seconds())
        return _without(context, f"The broker's preview is {age} seconds old.")
    equity, initial = known(preview.equity.after), known(preview.initial_margin.after)
    maintenance = known(preview.maintenance_margin.after)
    if equity is None or initial is None or maintenance is None:
        return _without(context, "The broker's preview lacks the margin figures.")
    after = equity - max(initial, maintenance)
    if after < 0 < context.filled:  # what was filled is in the account's figures already, and counted twice
        return (
            _said(
                context, Code.BP_INSUFFICIENT, Severity.CONFIRM, Source.WHAT_IF,
                f"Available funds after this order would be {context.told(after)} by the broker's preview. It is for "
                f"the whole order, of which {figure(context.filled)} are filled already, so the rest may need less.",
                "Trade smaller, or confirm if the rest is covered.", after, ZERO,
            ),
        )  # fmt: skip
    return (_judged(context, after, Source.WHAT_IF, "after this order"),)


def _judged(context: BuyingPowerContext, after: Decimal, source: Source, when: str) -> Finding:
    buffer = context.buffer.of(known(context.summary.net_liquidation))
    if after < 0:
        return _said(
            context, Code.BP_INSUFFICIENT, Severity.BLOCK, source,
            f"Available funds {when} would be {context.told(after)}: {context.told(-after)} too little.",
            "Trade smaller, or free margin first.", after, ZERO,
        )  # fmt: skip
    if after < buffer:
        return _said(
            context, Code.BP_CUSHION, Severity.WARN, source,
            f"Available funds {when} would be {context.told(after)}, below your buffer of {context.told(buffer)}.",
            "Trade smaller, or lower the buffer in Settings.", after, buffer,
        )  # fmt: skip
    return _said(
        context, Code.BP_OK, Severity.PASS, source, f"Available funds {when} would be {context.told(after)}.",
        measured=after, limit=buffer,
    )  # fmt: skip


def _without(context: BuyingPowerContext, why: str) -> tuple[Finding, ...]:
    """No preview to rely on: the estimate against available funds, and the person has to say yes."""
    severity = Severity.BLOCK if context.requires_preview else Severity.CONFIRM
    source = Source.SETTING if context.requires_preview else Source.ESTIMATE
    funds = known(context.summary.available_funds)
    estimate = context.estimate
    if estimate is None or estimate.effect is None or funds is None:
        reason = "available funds are not reported" if funds is None else "no estimate was made"
        if estimate is not None and estimate.effect is None:
            reason = estimate.why_not
        return (
            _said(
                context, Code.BP_UNKNOWN, severity, source,
                f"{why} What it needs is not known: {reason}.", "Preview it again before sending.",
            ),
        )  # fmt: skip
    label = _said(
        context, Code.BP_ESTIMATE, severity, source,
        f"{why} By local estimate it takes {context.told(estimate.effect)} of {context.told(funds)} available.",
        "Preview it again before sending.", estimate.effect, funds,
    )  # fmt: skip
    return (_judged(context, funds - estimate.effect, Source.ESTIMATE, "after this order, by local estimate,"), label)


def _said(
    context: BuyingPowerContext, code: Code, severity: Severity, source: Source, sentence: str, remedy: str = "",
    measured: Decimal | None = None, limit: Decimal | None = None,
) -> Finding:  # fmt: skip
    rules = context.policies.margin
    return Finding(
        code=code, severity=severity, sentence=sentence, source=source, remedy=remedy, citation=rules.citation,
        measured=measured, limit=limit, policy=rules.id,
    )  # fmt: skip
