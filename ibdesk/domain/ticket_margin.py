"""What a ticket ties up: margin before and after it by the broker's preview or our estimate, and the largest that fits.

The largest size scales what this size takes of available funds: near enough for spreads and shares, an estimate for
all; the preview of that size has the last word.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from ibdesk.domain.compliance.account_rules import estimated
from ibdesk.domain.compliance.case import Case, case_of
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.limits import CONTRACTS
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Source
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.money import ZERO, Currency, known
from ibdesk.domain.orders import Impact, OrderTicket, WhatIf, faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Amounts in the account's base currency. `funds` are the available funds; `source` says who reckoned.

    `why_not` says why an estimate is missing; `commission` is what the broker expects at least and at most.
    """

    source: Source
    currency: Currency
    initial: Impact = Impact()
    maintenance: Impact = Impact()
    funds: Impact = Impact()
    commission: tuple[Decimal | None, Decimal | None] = (None, None)
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The largest size within available funds less the person's buffer and within their size limits. `quantity` None:
    it cannot be told, or nothing is in the way; `why` says which."""

    quantity: Decimal | None
    why: str


def margin_of(ticket: OrderTicket, context: Context) -> Margin | None:
    """The broker's preview where there is one, else the estimate; None for a ticket that lacks something."""
    if faults(ticket):
        return None
    preview = context.what_if
    if preview is not None and not preview.refusal and _whole(preview.initial_margin).change is not None:
        return _previewed(preview, context)
    return _estimated(_case(ticket, context))


def largest(ticket: OrderTicket, context: Context) -> Fit:
    """The most units of this ticket that available funds carry."""
    margin = margin_of(ticket, context)
    if margin is None:
        return Fit(quantity=None, why="Complete the ticket first.")
    taken, funds = known(margin.funds.change), known(margin.funds.current)
    if taken is None or funds is None:
        return Fit(quantity=None, why=margin.why_not or "Available funds are not known yet.")
    if taken >= 0:
        return Fit(quantity=None, why="It ties up no funds, so funds set no limit.")
    net = known(context.summary.net_liquidation) if context.summary is not None else None
    buffer = max(ZERO, net or ZERO) * context.settings.risk_bp_buffer_pct / 100
    by_funds = _floor(max(ZERO, funds - buffer) * ticket.quantity / -taken)
    most = _most(ticket, context)
    if by_funds <= most:
        return Fit(quantity=by_funds, why=f"By available funds less your buffer, {margin.source.value}.")
    return Fit(quantity=most, why="By your own limit of size; funds would carry more.")


def _most(ticket: OrderTicket, context: Context) -> Decimal:
    settings = context.settings
    contracts, shares = Decimal(settings.risk_contracts_block), Decimal(settings.risk_shares_block)
    limits = ((contracts if leg.instrument.asset_class in CONTRACTS else shares) / leg.ratio for leg in ticket.legs)
    return _floor(min(limits))


def _previewed(preview: WhatIf, context: Context) -> Margin:
    initial, maintenance = _whole(preview.initial_margin), _whole(preview.maintenance_margin)
    equity = _whole(preview.equity)
    return Margin(
        source=Source.WHAT_IF, currency=context.account.currency, initial=initial, maintenance=maintenance,
        funds=Impact(current=_less(equity.current, initial.current), change=_less(equity.change, initial.change),
                     after=_less(equity.after, initial.after)),
        commission=(known(preview.commission_from), known(preview.commission_to)),
    )  # fmt: skip


def _estimated(case: Case) -> Margin:
    found, summary = estimated(case), case.summary
    effect = found.effect
    initial = case.in_base(found.change.initial) if effect is not None else None
    maintenance = case.in_base(found.change.maintenance) if effect is not None else None
    return Margin(
        source=Source.ESTIMATE, currency=case.context.account.currency,
        initial=_impact(known(summary.initial_margin), initial),
        maintenance=_impact(known(summary.maintenance_margin), maintenance),
        funds=_impact(known(summary.available_funds), None if effect is None else -effect),
        why_not="" if effect is not None else f"No estimate: {found.why_not}.",
    )  # fmt: skip


def _case(ticket: OrderTicket, context: Context) -> Case:
    return case_of(ticket, context, policies_at(context.now.astimezone(NEW_YORK).date()))


def _impact(current: Decimal | None, change: Decimal | None) -> Impact:
    return Impact(current=current, change=change, after=None if current is None or change is None else current + change)


def _whole(impact: Impact) -> Impact:
    """What the broker said, sentinels as unknown, and the third figure where two are known."""
    current, change, after = known(impact.current), known(impact.change), known(impact.after)
    if change is None and current is not None and after is not None:
        change = after - current
    if current is None and change is not None and after is not None:
        current = after - change
    if after is None and current is not None and change is not None:
        after = current + change
    return Impact(current=current, change=change, after=after)


def _less(amount: Decimal | None, taken: Decimal | None) -> Decimal | None:
    return None if amount is None or taken is None else amount - taken


def _floor(size: Decimal) -> Decimal:
    return size.to_integral_value(ROUND_FLOOR)
