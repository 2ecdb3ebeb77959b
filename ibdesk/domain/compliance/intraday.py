"""Intraday margin: the level after each transaction, the day's deficit, its deadlines, and what one order does to it.

In force since 2026-06-04 (reference/compliance.md 0.3). The deficit is the largest negative level right after something
that lowers the level; a loss in the market alone never makes one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.day_trades import business_days
from ibdesk.domain.compliance.policy import BrokerRules, IntradayRules, Policies
from ibdesk.domain.compliance.regime import MarginRegime, Regime
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, money
from ibdesk.domain.hours import Calendar
from ibdesk.domain.money import USD, ZERO, known
from ibdesk.domain.orders import WhatIf


def level(equity: Decimal, maintenance: Decimal) -> Decimal:
    """The intraday margin level: what could be withdrawn; negative is what would have to be added."""
    return equity - maintenance


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradayDay:
    """One account's trade date. `lowest` is the lowest level seen right after a transaction that lowers it (a purchase,
    a short sale, a withdrawal, a long option's expiry), None while there was none."""

    day: date
    lowest: Decimal | None = None

    def apply(self, level: Decimal, *, lowers: bool) -> "IntradayDay":
        """After one more level; `lowers`: the transaction before it lowers the level. Market moves change nothing."""
        if not lowers or (self.lowest is not None and self.lowest <= level):
            return self
        return replace(self, lowest=level)

    def apply_unordered(self, levels: Iterable[Decimal]) -> "IntradayDay":
        """After transactions whose order is not known: the worst that any order gives is taken ((d)(2)(B))."""
        day = self
        for each in levels:
            day = day.apply(each, lowers=True)
        return day

    @property
    def deficit(self) -> Decimal:
        """Zero or positive."""
        return max(ZERO, -(self.lowest or ZERO))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deficit:
    """One day's deficit, `equity` the account's that day. `settled_on` is None while it is not satisfied."""

    day: date
    amount: Decimal
    equity: Decimal
    settled_on: date | None = None

    def raised(self, amount: Decimal, day: date) -> "Deficit":
        """Satisfied when deposits or anything else raised the level by its amount by the end of a later day."""
        if self.settled_on is not None or amount < self.amount or day < self.day:
            return self
        return replace(self, settled_on=day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """A deficit's days: the broker's own target, the rule's fifth day, the day it lapses, the end of a freeze."""

    target: date
    prompt: date
    lapses: date
    frozen_until: date


def deadlines(day: date, rules: IntradayRules, broker: BrokerRules, calendar: Calendar) -> Deadlines:
    """Counted in business days after the deficit's day; the freeze runs in calendar days from the fifth."""
    ahead = business_days(day + timedelta(days=1), max(rules.lapse_days, broker.deficit_target_days), calendar)
    prompt = ahead[rules.prompt_days - 1]
    return Deadlines(
        target=ahead[broker.deficit_target_days - 1],
        prompt=prompt,
        lapses=ahead[rules.lapse_days - 1],
        frozen_until=prompt + timedelta(days=rules.freeze_days),
    )


def is_small(amount: Decimal, equity: Decimal, rules: IntradayRules, dollar: Decimal | None) -> bool | None:
    """Too small to make a practice: at most five percent of equity and at most 1,000 US dollars. The amounts are in the
    account's base currency and `dollar` is what a US dollar costs in it; None where only that is missing to know."""
    if amount > rules.small_share * equity:
        return False
    return None if dollar is None else amount <= rules.small_amount * dollar


def frozen_until(
    deficits: Iterable[Deficit], today: date, rules: IntradayRules, broker: BrokerRules, calendar: Calendar,
    dollar: Decimal | None,
) -> date | None:  # fmt: skip
    """The last day of a freeze in force by own reckoning, None without one. A deficit that may be too small and may not
    counts: the person is asked, and told why.

    A practice is for the broker to find; here it is a second deficit missed within a year, or as many as the broker
    names. A freeze ends early once its own deficit is satisfied.
    """
    missed = [
        each for each in sorted(deficits, key=lambda one: one.day)
        if _missed(each, today, rules, broker, calendar, dollar)
    ]
    practice = broker.deficit_failures or 2
    ends = []
    for place, each in enumerate(missed):
        since = each.day - broker.deficit_failure_span
        made = sum(1 for earlier in missed[: place + 1] if earlier.day > since)
        until = deadlines(each.day, rules, broker, calendar).frozen_until
        if made >= practice and today <= until and (each.settled_on is None or each.settled_on > today):
            ends.append(until)
    return max(ends, default=None)


def _missed(
    deficit: Deficit, today: date, rules: IntradayRules, broker: BrokerRules, calendar: Calendar,
    dollar: Decimal | None,
) -> bool:  # fmt: skip
    """Not known to be small, and not satisfied by the close of the fifth business day."""
    if is_small(deficit.amount, deficit.equity, rules, dollar):
        return False
    last = deadlines(deficit.day, rules, broker, calendar).prompt
    return today > last if deficit.settled_on is None else deficit.settled_on > last


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradayContext:
    """What the rule looks at. `what_if` is for exactly this order. `cushion` is what the person wants left over;
    `blocks`: a negative level is blocked, not asked. `deficits` are the account's, newest last; `dollar` is what a US
    dollar costs in the base currency, None when unknown (and needless where that is the dollar)."""

    regime: Regime
    summary: AccountSummary
    policies: Policies
    calendar: Calendar
    what_if: WhatIf | None = None
    effect: Decimal | None = None
    cushion: Decimal = ZERO
    blocks: bool = True
    deficits: tuple[Deficit, ...] = ()
    dollar: Decimal | None = None

    @property
    def rate(self) -> Decimal | None:
        """What a US dollar costs in the currency of the account's figures."""
        return Decimal(1) if self.summary.currency == USD else self.dollar

    def told(self, amount: Decimal) -> str:
        """An amount in the currency of the account's figures."""
        return money(amount, self.summary.currency)


def check_intraday(context: IntradayContext, *, lowers_risk: bool) -> tuple[Finding, ...]:
    """What intraday margin has to say of one order; nothing where it does not bind. Lowering risk is always allowed."""
    rules = context.policies.intraday
    if rules is None or not _binds(context):
        return ()
    found = (*_outstanding(context, rules), _projected(context, rules))
    return tuple(finding.at_most(Severity.NOTE) for finding in found) if lowers_risk else found


def _binds(context: IntradayContext) -> bool:
    """Margin accounts other than portfolio margin, while the old count is not the rule known to bind."""
    in_scope = context.summary.margin_type not in (MarginType.CASH, MarginType.PORTFOLIO_MARGIN)
    return in_scope and context.regime.regime in (
        MarginRegime.INTRADAY_MARGIN, MarginRegime.UNKNOWN_TRANSITION, MarginRegime.UNLIMITED,
    )  # fmt: skip


def _projected(context: IntradayContext, rules: IntradayRules) -> Finding:
    after, source = _level_after(context)
    hardest = _hardest(context)
    if after is None:
        return _said(
            rules, Code.IML_UNKNOWN, Severity.CONFIRM if hardest is Severity.BLOCK else Severity.NOTE, Source.ESTIMATE,
            "The intraday margin level after this order is not known.", "Preview the order again before sending.",
        )  # fmt: skip
    if after < 0:
        return _said(
            rules, Code.IML_NEGATIVE, hardest if context.blocks else min(hardest, Severity.CONFIRM), source,
            f"The intraday margin level after this order would be {context.told(after)}: a deficit of "
            f"{context.told(-after)}.",
            "Trade smaller, or deposit first.", after, ZERO,
        )  # fmt: skip
    if after < context.cushion:
        return _said(
            rules, Code.IML_CUSHION, Severity.WARN, source,
            f"The intraday margin level after this order would be {context.told(after)}, below your cushion of "
            f"{context.told(context.cushion)}.", "Trade smaller, or lower the cushion in Settings.", after,
            context.cushion,
        )  # fmt: skip
    sentence = f"The intraday margin level after this order would be {context.told(after)}."
    return _said(rules, Code.IML_OK, Severity.PASS, source, sentence, "", after, context.cushion)


def _hardest(context: IntradayContext) -> Severity:
    """How hard a negative level may be: a person decides in transition, and a broker that counts without limit may
    measure or not."""
    match context.regime.regime:
        case MarginRegime.INTRADAY_MARGIN:
            return Severity.BLOCK
        case MarginRegime.UNKNOWN_TRANSITION:
            return Severity.CONFIRM
        case _:
            return Severity.WARN


def _level_after(context: IntradayContext) -> tuple[Decimal | None, Source]:
    """The broker's preview, else its excess liquidity less our estimate of the order's effect."""
    preview = context.what_if
    if preview is not None:
        equity, maintenance = known(preview.equity.after), known(preview.maintenance_margin.after)
        if equity is not None and maintenance is not None:
            return level(equity, maintenance), Source.WHAT_IF
    excess = known(context.summary.excess_liquidity)
    if excess is None or context.effect is None:
        return None, Source.ESTIMATE
    return excess - context.effect, Source.ESTIMATE


#: Said where the rule's own currency is not the account's and nobody told the rate.
_NO_RATE = "; whether each was above $1,000 is not known, for want of an exchange rate"


def _outstanding(context: IntradayContext, rules: IntradayRules) -> tuple[Finding, ...]:
    """Deficits not yet satisfied, and the freeze that own reckoning sees; the broker alone imposes one."""
    today, broker, calendar = context.policies.day, context.policies.broker, context.calendar
    found = []
    until = frozen_until(context.deficits, today, rules, broker, calendar, context.rate)
    if until is not None:
        doubt = any(is_small(each.amount, each.equity, rules, context.rate) is None for each in context.deficits)
        found.append(
            _said(
                rules, Code.IMD_FREEZE, Severity.CONFIRM, Source.ESTIMATE,
                f"By own reckoning the broker may refuse new short positions and borrowing until {until:%d %B %Y}, "
                f"for deficits not satisfied in time{_NO_RATE if doubt else ''}.",
                "Satisfy the deficit, or ask the broker.",
            )
        )  # fmt: skip
    for each in context.deficits:
        due = deadlines(each.day, rules, broker, calendar)
        if each.settled_on is None and each.day <= today <= due.lapses:
            found.append(
                _said(
                    rules, Code.IMD_OUTSTANDING, Severity.WARN, Source.ESTIMATE,
                    f"The intraday margin deficit of {context.told(each.amount)} of {each.day:%d %B} is not "
                    f"satisfied: {broker.name} wants it by {due.target:%d %B}, the rule by {due.prompt:%d %B}.",
                    "Deposit, or close positions.", each.amount, ZERO,
                )
            )  # fmt: skip
    return tuple(found)


def _said(
    rules: IntradayRules, code: Code, severity: Severity, source: Source, sentence: str, remedy: str,
    measured: Decimal | None = None, limit: Decimal | None = None,
) -> Finding:  # fmt: skip
    return Finding(
        code=code, severity=severity, sentence=sentence, source=source, remedy=remedy, citation=rules.citation,
        measured=measured, limit=limit, policy=rules.id,
    )  # fmt: skip
