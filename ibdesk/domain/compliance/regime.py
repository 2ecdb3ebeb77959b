"""Which day-trading rules apply to an account today, and how we know (reference/compliance.md 0.6)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ibdesk.domain.accounts import AccountSummary, MarginType

#: SR-FINRA-2025-017, Notice 26-10: the intraday margin standard from here, the old rule allowed until the second date.
INTRADAY_FROM = date(2026, 6, 4)
LEGACY_UNTIL = date(2027, 10, 20)


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
    """The regime in force, who says so, and the broker's own count (None is "not reported")."""

    regime: MarginRegime
    source: RegimeSource
    day_trades_remaining: int | None = None


def resolve_regime(summary: AccountSummary, setting: MarginRegime | None, today: date) -> Regime:
    """The first answer wins: account type, the broker's number, the person's setting, the date (New York)."""
    remaining = summary.day_trades_remaining[0] if summary.day_trades_remaining else None
    if summary.margin_type in (MarginType.CASH, MarginType.PORTFOLIO_MARGIN):
        return Regime(
            regime=MarginRegime.NOT_APPLICABLE,
            source=RegimeSource.ACCOUNT_TYPE,
            day_trades_remaining=remaining,
        )
    if remaining is not None:
        regime = MarginRegime.PDT_LEGACY if remaining >= 0 else MarginRegime.UNLIMITED
        return Regime(regime=regime, source=RegimeSource.BROKER, day_trades_remaining=remaining)
    if setting is not None:
        return Regime(regime=setting, source=RegimeSource.SETTING)
    if today < INTRADAY_FROM:
        return Regime(regime=MarginRegime.PDT_LEGACY, source=RegimeSource.DATE)
    if today > LEGACY_UNTIL:
        return Regime(regime=MarginRegime.INTRADAY_MARGIN, source=RegimeSource.DATE)
    return Regime(regime=MarginRegime.UNKNOWN_TRANSITION, source=RegimeSource.DATE)
