"""Which day-trading rules apply to an account today, and how we know (reference/compliance.md 0.6)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.policy import DAY_TRADE_RULES, DayTradeRules, policies_at
from ibdesk.domain.hours import Calendar

#: SR-FINRA-2025-017, Notice 26-10: intraday margin is a rule from here on, at first beside the old one.
INTRADAY_FROM = next(rules.begins for rules in DAY_TRADE_RULES if rules.measures)


class MarginRegime(StrEnum):
    """What the account is measured by."""

    PDT_LEGACY = "pdt_legacy"
    INTRADAY_MARGIN = "intraday_margin"
    NOT_APPLICABLE = "not_applicable"
    UNLIMITED = "unlimited"
    UNKNOWN_TRANSITION = "unknown_transition"


class RegimeSource(StrEnum):
    """Who says so."""

    ACCOUNT_TYPE = "account type"
    BROKER = "broker reports"
    SETTING = "your setting"
    DATE = "date of the rule change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """The regime in force, who says so, and the broker's own count (None is "not reported").

    `by_refusal`: the broker lately refused an order for day trading. `overruled` is the person's setting where the
    broker's evidence beat it.
    """

    regime: MarginRegime
    source: RegimeSource
    day_trades_remaining: int | None = None
    by_refusal: bool = False
    overruled: MarginRegime | None = None


def resolve_regime(
    summary: AccountSummary, setting: MarginRegime | None, today: date, *, was_refused: bool = False
) -> Regime:
    """The first answer wins: account type, a refusal, the broker's number, the setting, the date (New York).

    `was_refused` is what `refusal_counts` says of the broker's latest refusal for day trading. The setting UNLIMITED
    means that the count is information only.
    """
    remaining = summary.day_trades_remaining[0] if summary.day_trades_remaining else None
    if summary.margin_type in (MarginType.CASH, MarginType.PORTFOLIO_MARGIN):
        return Regime(
            regime=MarginRegime.NOT_APPLICABLE,
            source=RegimeSource.ACCOUNT_TYPE,
            day_trades_remaining=remaining,
        )
    if was_refused or remaining is not None:
        is_counted = was_refused or (remaining is not None and remaining >= 0)
        regime = MarginRegime.PDT_LEGACY if is_counted else MarginRegime.UNLIMITED
        return Regime(
            regime=regime,
            source=RegimeSource.BROKER,
            day_trades_remaining=remaining,
            by_refusal=was_refused,
            overruled=setting if setting != regime else None,
        )
    if setting is not None:
        return Regime(regime=setting, source=RegimeSource.SETTING)
    return Regime(regime=_by_date(policies_at(today).day_trades), source=RegimeSource.DATE)


def refusal_counts(
    refused_on: date | None, opened_on: date | None, today: date, rules: DayTradeRules, calendar: Calendar
) -> bool:
    """Whether the broker's latest refusal for day trading still speaks: at most five business days old, and no opening
    order accepted on a later day."""
    if refused_on is None or refused_on > today or (opened_on is not None and opened_on > refused_on):
        return False
    days = range((today - refused_on).days)
    return sum(calendar.is_trading_day(today - timedelta(days=back)) for back in days) <= rules.reject_days


def _by_date(rules: DayTradeRules) -> MarginRegime:
    if rules.counts and rules.measures:
        return MarginRegime.UNKNOWN_TRANSITION
    return MarginRegime.PDT_LEGACY if rules.counts else MarginRegime.INTRADAY_MARGIN
