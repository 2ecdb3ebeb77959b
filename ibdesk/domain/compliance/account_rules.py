"""The rules on margin, permissions, settlement and day trading, asked with what the context and the settings say."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.buying_power import PREVIEW_LASTS, Buffer, BuyingPowerContext, check_buying_power
from ibdesk.domain.compliance.case import Case, bare_then, is_stale, prices_of, said
from ibdesk.domain.compliance.day_trade_rule import DayTradeContext, check_day_trades
from ibdesk.domain.compliance.exposure import SHARES, uncovering
from ibdesk.domain.compliance.granted import Origin, granted_level, own_level
from ibdesk.domain.compliance.intraday import IntradayContext, check_intraday
from ibdesk.domain.compliance.limits import max_loss
from ibdesk.domain.compliance.margin import Estimate, estimate
from ibdesk.domain.compliance.permissions import PermissionContext, check_permissions
from ibdesk.domain.compliance.regime import MarginRegime, Regime, resolve_regime
from ibdesk.domain.compliance.settlement import check_settlement
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.instruments import Right
from ibdesk.domain.money import ZERO, known
from ibdesk.domain.options import more_naked
from ibdesk.domain.risk_settings import DayTradeChoice


def check_level(case: Case) -> tuple[Finding, ...]:
    """The option level: the broker's where it was told, else the one in the settings."""
    settings, preview = case.context.settings, case.context.what_if
    granted = granted_level(case.policies.broker.id, settings, entered=None, told=case.context.granted)
    return (*check_permissions(case.legs, case.outcome, PermissionContext(
        broker=granted.broker, granted=granted.level, own=own_level(settings), margin_type=case.summary.margin_type,
        cash=case.context.cash.settled if case.context.cash is not None else _cash(case),
        is_previewed=preview is not None and not preview.refusal,
        granted_by=Source.BROKER if granted.origin is Origin.BROKER else Source.SETTING,
    )), *_cover_going(case))  # fmt: skip


def _cover_going(case: Case) -> Iterator[Finding]:
    """What the order leaves covered by nothing but what a working order sells; what it bares itself is told already."""
    context, outcome = case.context, case.outcome
    told = {leg.terms.right for leg in more_naked(outcome.before, outcome.worst) if leg.terms is not None}
    bare = bare_then(context.book, case.legs, uncovering(context.working, context.group))
    left = [leg for leg in bare if leg.terms is not None and leg.terms.right not in told]
    if left:
        names = ", ".join(leg.instrument.label for leg in left)
        has_call = any(leg.terms is not None and leg.terms.right is Right.CALL for leg in left)
        bound = "; its loss has no bound" if has_call else ""
        yield said(
            Code.NAKED_RESULT, Severity.CONFIRM,
            f"Once the working orders are filled nothing covers {names}{bound}.",
            "Cancel the working order that takes the cover away, or close the short option first.",
        )  # fmt: skip


def _cash(case: Case) -> Decimal | None:
    """All the account's cash, in the ticket's currency."""
    cash = known(case.summary.total_cash)
    return None if cash is None or case.rate is None else cash / case.rate


def check_funds(case: Case) -> tuple[Finding, ...]:
    """Buying power, and that its figures are there and young enough."""
    settings = case.context.settings
    stale = () if not is_stale(case.context) else (
        said(
            Code.ACCOUNT_UNKNOWN, Severity.CONFIRM,
            "The account's figures are missing or too old to count; so may its positions be.",
            "Sync the account first.",
        ),
    )  # fmt: skip
    context = BuyingPowerContext(
        summary=case.summary, policies=case.policies, now=case.context.now, what_if=case.context.what_if,
        estimate=case.once(estimate_needed), buffer=_buffer(case), cost=_shares_bought(case),
        dollar=case.dollar, requires_preview=settings.risk_require_preview,
        filled=case.context.filled,
    )  # fmt: skip
    return (*stale, *check_buying_power(context, lowers_risk=case.lowers_risk))


def _buffer(case: Case) -> Buffer:
    return Buffer(share=case.context.settings.risk_bp_buffer_pct / 100)


def estimate_needed(case: Case) -> Estimate | None:
    """Our estimate where the broker's preview does not answer everything; None where nothing would read it."""
    equity, preview = case.in_dollars(case.net_liquidation), case.context.what_if
    if preview is None or equity is None or equity < case.policies.margin.minimum_equity:
        return estimated(case)
    figures = (preview.equity.after, preview.initial_margin.after, preview.maintenance_margin.after)
    is_whole = all(known(each) is not None for each in figures)
    return None if is_whole and case.context.now - preview.at <= PREVIEW_LASTS else estimated(case)


def _effect(case: Case) -> Decimal | None:
    found = case.once(estimate_needed)
    return None if found is None else found.effect


def estimated(case: Case) -> Estimate:
    """Our own estimate of the order's effect, in the account's base currency."""
    is_all_options = all(instrument.option is not None for instrument, _ in case.legs)
    found = estimate(
        case.legs, case.outcome, prices_of(case), case.policies, margin_type=case.summary.margin_type,
        paid=case.cost if is_all_options else None,
    )  # fmt: skip
    if found.effect is None or case.rate == 1:
        return found
    if case.rate is None:
        return replace(found, effect=None, why_not=f"no exchange rate for {case.ticket.currency}")
    return replace(found, effect=found.effect * case.rate)


def _shares_bought(case: Case) -> Decimal:
    bought = [(case.mark(each), change) for each, change in case.legs if each.asset_class in SHARES and change > 0]
    cost = sum((price * change for price, change in bought if price is not None), ZERO)
    return case.in_base(cost) or ZERO


def _regime(case: Case) -> Regime:
    return resolve_regime(
        case.summary, CHOSEN[case.context.settings.risk_day_trade_rule], case.policies.day,
        was_refused=case.context.was_refused,
    )  # fmt: skip


#: What the person's setting says of the regime; None leaves it to the evidence.
CHOSEN = {
    DayTradeChoice.AUTO: None,
    DayTradeChoice.PDT_LEGACY: MarginRegime.PDT_LEGACY,
    DayTradeChoice.INTRADAY_MARGIN: MarginRegime.INTRADAY_MARGIN,
    DayTradeChoice.INFO_ONLY: MarginRegime.UNLIMITED,
}


def check_counts(case: Case) -> tuple[Finding, ...]:
    """Day trades; not counted yet is not zero."""
    context = case.context
    if context.day_trades is None or context.trades is None:
        return (
            said(
                Code.DT_TRANSITION_UNKNOWN, Severity.CONFIRM, "The account's own day trades have not been counted yet.",
                "Wait until today's executions are read.", source=Source.ESTIMATE,
            ),
        )  # fmt: skip
    loss, equity = case.once(max_loss), known(case.summary.net_liquidation)
    return check_day_trades(case.legs, DayTradeContext(
        regime=case.once(_regime), trades=context.trades, state=context.day_trades, book=context.book,
        policies=case.policies, equity=case.in_dollars(equity),
        has_rate=equity is None or case.dollar is not None, margin_type=case.summary.margin_type,
        max_loss=case.in_dollars(case.in_base(loss.amount)),
        blocks_in_transition=context.settings.risk_transition_blocks,
    ), lowers_risk=case.lowers_risk)  # fmt: skip


def check_margin_level(case: Case) -> tuple[Finding, ...]:
    """The intraday margin level after the order."""
    return check_intraday(IntradayContext(
        regime=case.once(_regime), summary=case.summary, policies=case.policies, calendar=case.context.calendar,
        what_if=case.context.what_if, effect=_effect(case), deficits=case.context.deficits,
        cushion=_buffer(case).of(case.net_liquidation), dollar=case.dollar,
    ), lowers_risk=case.lowers_risk)  # fmt: skip


def check_cash(case: Case) -> tuple[Finding, ...]:
    """Cash accounts only; what is sold there is asked by its own rule."""
    kind = case.summary.margin_type
    if kind is not MarginType.CASH:
        return ()
    if case.context.cash is None or case.cost is None:
        return (
            said(
                Code.SETTLEMENT_FREE_RIDE, Severity.CONFIRM, "How much settled cash there is, or what the order costs, "
                "is not known.", "Sync the account, and wait for a quote.", source=Source.ESTIMATE,
            ),
        )  # fmt: skip
    return check_settlement(
        case.legs, case.cost, case.context.cash, case.context.book, kind, case.policies, case.context.calendar,
        case.ticket.currency,
    )  # fmt: skip
