"""What day trading means for one order: blocked, asked or told, by the rules that bind this account today.

Only an opening order is ever blocked here (reference/compliance.md 0.6); one that lowers risk is asked at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.compliance.day_trades import DayTradeState, forecast, used
from ibdesk.domain.compliance.exposure import Book, Legs, only_closes
from ibdesk.domain.compliance.policy import Policies
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, money
from ibdesk.domain.money import USD, ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTrades:
    """One account's count seen from one trade date: made in the window, and left on it and the four days after."""

    account: AccountId
    day: date
    counts: Mapping[date, int]
    made: int
    left: tuple[int, ...]
    as_spreads: int
    is_guessed: bool


def seen_from(state: DayTradeState, account: AccountId, day: date) -> DayTrades:
    """Built once per execution or trade date, not once per check."""
    counts = state.counts(account)
    return DayTrades(
        account=account,
        day=day,
        counts=counts,
        made=used(counts, day, state.rules, state.calendar),
        left=forecast(counts, day, state.rules, state.calendar),
        as_spreads=state.as_spreads(account, day),
        is_guessed=any(each.has_exercised for each in state.on(account, day)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTradeStanding:
    """How one account stands with day trading: the rule that binds it, and its own count (None: not counted yet)."""

    regime: Regime
    trades: DayTrades | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTradeContext:
    """What the rule looks at. `max_loss` is what the order can lose (None: unbounded or unknown), `equity` the net
    liquidation value, both in US dollars as the rule counts; `has_rate` is False where nobody knows what the account's
    currency is in them.

    `blocks_in_transition`: the person wants a block where neither rule is known to bind.
    """

    regime: Regime
    trades: DayTrades
    state: DayTradeState
    book: Book
    policies: Policies
    equity: Decimal | None
    has_rate: bool = True
    margin_type: MarginType = MarginType.MARGIN
    max_loss: Decimal | None = None
    blocks_in_transition: bool = False


@dataclass(frozen=True, slots=True)
class _Effect:
    """What an order does to the count: day trades it completes now, and whether it opens what could complete one."""

    completes: int
    opens: bool


def check_day_trades(legs: Legs, context: DayTradeContext, *, lowers_risk: bool = False) -> tuple[Finding, ...]:
    """All that day trading has to say of one order; `lowers_risk` where the caller has proved it on the result."""
    rules = context.policies.day_trades
    counted = tuple(row for row in legs if row[0].asset_class in rules.counted)
    if not counted:
        return (_note(context, "Day trades are not counted in this kind of instrument."),)
    effect = _effect(counted, context)
    ruling = _ruling(effect, context)
    if lowers_risk or not effect.opens:
        ruling = ruling.at_most(Severity.CONFIRM)
    return (ruling, *_contradiction(context), _information(effect, context))


def _effect(legs: Legs, context: DayTradeContext) -> _Effect:
    account, day = context.trades.account, context.trades.day
    completes = sum(context.state.completed_by((account, leg.conid), day, change) for leg, change in legs)
    return _Effect(completes, not only_closes(context.book, legs))


def _ruling(effect: _Effect, context: DayTradeContext) -> Finding:
    match context.regime.regime:
        case MarginRegime.PDT_LEGACY:
            return _legacy_opening(effect, context) if effect.opens else _legacy_closing(effect, context)
        case MarginRegime.UNKNOWN_TRANSITION:
            return _transition(effect, context)
        case MarginRegime.INTRADAY_MARGIN:
            return _note(context, "Day trades are not counted for this account; its intraday margin is measured.")
        case MarginRegime.UNLIMITED:
            return _note(context, "No limit on day trades is applied to this account.")
        case MarginRegime.NOT_APPLICABLE:
            return _not_applicable(context)


def _legacy_opening(effect: _Effect, context: DayTradeContext) -> Finding:
    rules, equity = context.policies.day_trades, context.equity
    if equity is not None and equity >= rules.minimum_equity and not context.regime.by_refusal:
        return _above_the_minimum(context, equity)
    left, source = _left(context)
    where = f"{_with(context)}, below {_dollars(rules.minimum_equity)}" if equity is not None else _with(context)
    if context.regime.by_refusal:
        enough = equity is not None and equity >= rules.minimum_equity
        return _said(
            context, Code.DT_LEGACY_NO_REMAINING, Severity.CONFIRM if enough else Severity.BLOCK, Source.BROKER,
            "The broker lately refused an order of this account for pattern day trading.",
            "Close positions only, or wait until the broker accepts opening orders again.",
        )  # fmt: skip
    if left <= 0:
        refuses = context.policies.broker.rejects_opening_at_zero and (source is Source.BROKER or equity is not None)
        return _said(
            context, Code.DT_LEGACY_NO_REMAINING, Severity.BLOCK if refuses else Severity.CONFIRM, source,
            f"{_reports(source, left)} {where}: opening orders are refused."
            if refuses
            else f"{_reports(source, left)} {where}: closing this position today may restrict the account.",
            f"Close positions only; a day trade comes free again {_comes_free(context)}.",
            Decimal(left),
        )  # fmt: skip
    if left == 1 or effect.completes >= left:
        return _said(
            context, Code.DT_LEGACY_LAST, Severity.CONFIRM, source,
            f"{_reports(source, left)} {where}: closing this position today would use the last.",
            "Hold it overnight, or keep the last day trade for an emergency.", Decimal(left),
        )  # fmt: skip
    return _said(
        context, Code.DT_INFO, Severity.NOTE, source,
        f"{_reports(source, left)}: closing this position today would use one.", measured=Decimal(left),
    )  # fmt: skip


def _legacy_closing(effect: _Effect, context: DayTradeContext) -> Finding:
    if not effect.completes:
        return _note(context, "This closes what was held overnight: no day trade.")
    rules, equity = context.policies.day_trades, context.equity
    has_enough = equity is not None and equity >= rules.minimum_equity
    number = context.trades.made + effect.completes
    return _said(
        context, Code.DT_COMPLETES, Severity.NOTE if has_enough else Severity.CONFIRM, Source.ESTIMATE,
        f"This completes day trade {number} of {rules.limit} in {rules.window_days} business days, by own count.",
        "" if has_enough else "Closing is always allowed; hold overnight if the count matters more.",
        Decimal(number), Decimal(rules.limit),
    )  # fmt: skip


def _above_the_minimum(context: DayTradeContext, equity: Decimal) -> Finding:
    minimum = context.policies.day_trades.minimum_equity
    if context.max_loss is not None and equity - context.max_loss >= minimum:
        return _note(context, f"Equity of {_dollars(equity)} is above {_dollars(minimum)}: day trades are not limited.")
    after = None if context.max_loss is None else equity - context.max_loss
    loss = "a loss that has no bound" if after is None else f"a full loss of {_dollars(context.max_loss)}"
    return _said(
        context, Code.DT_LEGACY_EQUITY, Severity.WARN, Source.ESTIMATE,
        f"After {loss} equity would be {'unknown' if after is None else _dollars(after)}; "
        f"below {_dollars(minimum)} day trades are limited.",
        "Trade smaller, or mind the count afterwards.", after, minimum,
    )  # fmt: skip


def _transition(effect: _Effect, context: DayTradeContext) -> Finding:
    rules, made, equity = context.policies.day_trades, context.trades.made, context.equity
    is_exempt = equity is not None and equity >= rules.minimum_equity
    if not effect.opens or made < rules.limit or is_exempt:
        return _note(context, "Which day-trading rule the broker applies to this account is not known.")
    return _said(
        context, Code.DT_TRANSITION_UNKNOWN, Severity.BLOCK if context.blocks_in_transition else Severity.CONFIRM,
        Source.SETTING if context.blocks_in_transition else Source.ESTIMATE,
        f"Own count: {made} day trades in {rules.window_days} business days, {_with(context)}. "
        "Until October 2027 the broker may still apply the old count, which refuses this, or intraday margin alone.",
        "Ask the broker which rule holds for the account, then set it in Settings.",
        Decimal(made), Decimal(rules.limit),
    )  # fmt: skip


def _not_applicable(context: DayTradeContext) -> Finding:
    limit = context.policies.intraday
    equity = context.equity
    if context.margin_type is not MarginType.PORTFOLIO_MARGIN or limit is None or equity is None:
        return _note(context, "Day-trade limits do not apply to this kind of account.")
    if equity >= limit.portfolio_margin_equity:
        return _note(context, "Day-trade limits do not apply to portfolio margin.")
    return _note(
        context,
        f"Day-trade limits do not apply to portfolio margin; below {_dollars(limit.portfolio_margin_equity)} of equity "
        "it carries intraday margin.",
    )


def _contradiction(context: DayTradeContext) -> tuple[Finding, ...]:
    if context.regime.overruled is None:
        return ()
    return (
        _said(
            context, Code.DT_CONTRADICTION, Severity.WARN, Source.BROKER,
            "Your setting for day trading contradicts what the broker reports; the broker's word is used.",
            "Correct the setting, or ask the broker which rule holds.",
        ),
    )  # fmt: skip


def _information(effect: _Effect, context: DayTradeContext) -> Finding:
    """The own count, always shown (0.6, hard rule 2), and where it differs from the broker's (hard rule 5)."""
    trades, rules = context.trades, context.policies.day_trades
    words = [f"Own count, old rule: {trades.made} day trades in {rules.window_days} business days"]
    today = trades.counts.get(trades.day, 0)
    if today != trades.as_spreads:
        words.append(f"{today} of them today, {trades.as_spreads} if the broker counts a spread once")
    if effect.completes:
        words.append(f"this order adds {effect.completes}")
    elif effect.opens:
        words.append("closing this position today adds one")
    if trades.is_guessed:
        words.append("an exercise or assignment today was not counted")
    reported = context.regime.day_trades_remaining
    if reported is not None and reported >= 0 and reported != trades.left[0]:
        words.append(f"own figure {trades.left[0]} left, broker {reported}, which counts")
    return _said(
        context, Code.DT_COUNT, Severity.NOTE, Source.ESTIMATE, "; ".join(words) + ".",
        measured=Decimal(trades.made), limit=Decimal(rules.limit),
    )  # fmt: skip


def _left(context: DayTradeContext) -> tuple[int, Source]:
    """Day trades left, by the broker where it says so."""
    reported = context.regime.day_trades_remaining
    if context.regime.source is RegimeSource.BROKER and reported is not None and reported >= 0:
        return reported, Source.BROKER
    return context.trades.left[0], Source.ESTIMATE


def _with(context: DayTradeContext) -> str:
    if context.equity is not None:
        return f"with {_dollars(context.equity)} of equity"
    return "with equity not reported" if context.has_rate else "with equity not known in dollars"


def _dollars(amount: Decimal | None) -> str:
    return money(amount, USD)


def _reports(source: Source, left: int) -> str:
    who = "The broker reports" if source is Source.BROKER else "Own count:"
    return f"{who} {left or 'no'} day trade{'' if left == 1 else 's'} left"


def _comes_free(context: DayTradeContext) -> str:
    days = next((ahead for ahead, left in enumerate(context.trades.left) if left), None)
    if not days:
        return "in five business days" if days is None else "as the broker says"
    return "in one business day" if days == 1 else f"in {days} business days"


def _said(
    context: DayTradeContext, code: Code, severity: Severity, source: Source, sentence: str, remedy: str = "",
    measured: Decimal | None = None, limit: Decimal | None = None,
) -> Finding:  # fmt: skip
    rules = context.policies.day_trades
    return Finding(
        code=code, severity=severity, sentence=sentence, source=source, remedy=remedy, citation=rules.citation,
        measured=measured, limit=limit, policy=rules.id,
    )  # fmt: skip


_SOURCES = {
    RegimeSource.ACCOUNT_TYPE: Source.RULE,
    RegimeSource.BROKER: Source.BROKER,
    RegimeSource.SETTING: Source.SETTING,
    RegimeSource.DATE: Source.RULE,
}


def _note(context: DayTradeContext, sentence: str) -> Finding:
    return _said(context, Code.DT_INFO, Severity.PASS, _SOURCES[context.regime.source], sentence)


def day_trading_buying_power(equity: Decimal, maintenance: Decimal, policies: Policies) -> Decimal:
    """The old rule's four-fold buying power for stock, from the close before; options have the excess alone (0.2)."""
    return max(ZERO, equity - maintenance) * policies.day_trades.buying_power_factor
