"""What the dashboard calls things: day-trading regimes, who says so, and what a missing figure means."""

from ibdesk.domain.compliance.day_trade_rule import DayTrades
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.ui import format as fmt

REGIMES: dict[MarginRegime, str] = {
    MarginRegime.PDT_LEGACY: "Pattern day trader",
    MarginRegime.INTRADAY_MARGIN: "Intraday margin",
    MarginRegime.NOT_APPLICABLE: "Not limited",
    MarginRegime.UNLIMITED: "Unlimited",
    MarginRegime.UNKNOWN_TRANSITION: "In transition",
}
EXPLAINED: dict[MarginRegime, str] = {
    MarginRegime.PDT_LEGACY: "Three day trades in five business days unless equity is at least $25,000.",
    MarginRegime.INTRADAY_MARGIN: "Day trades are not counted; the day's margin is measured instead.",
    MarginRegime.NOT_APPLICABLE: "Day-trading limits do not apply to this kind of account.",
    MarginRegime.UNLIMITED: "The broker sets no limit on day trades for this account.",
    MarginRegime.UNKNOWN_TRANSITION: "US brokers move from counting day trades to intraday margin until "
    "20 October 2027; the broker has not said which rule this account is under.",
}
SOURCES: dict[RegimeSource, str] = {
    RegimeSource.ACCOUNT_TYPE: "by account type",
    RegimeSource.BROKER: "the broker reports",
    RegimeSource.SETTING: "your setting",
    RegimeSource.DATE: "by date",
}
NOT_REPORTED = "not reported"


def day_trades(regime: Regime) -> str:
    """How many day trades are left, in the broker's count."""
    left = regime.day_trades_remaining
    if left is None:
        return f"Day trades {NOT_REPORTED}"
    if left < 0:
        return "No limit on day trades"
    return f"{left} day trade{'' if left == 1 else 's'} left"


def evidence(regime: Regime) -> str:
    """What else is known of the rule in force; empty where nothing is."""
    refused = "It lately refused an order for pattern day trading. " if regime.by_refusal else ""
    overruled = "" if regime.overruled is None else f"Your setting, {REGIMES[regime.overruled]}, gives way to it."
    return f"{refused}{overruled}".strip()


def own_count(trades: DayTrades | None) -> str:
    """How many day trades the desk itself counts, whichever rule binds."""
    return "not counted yet" if trades is None else f"{trades.made} in 5 business days"


def own_forecast(trades: DayTrades | None) -> str:
    """How many that count leaves, today and the four business days after."""
    if trades is None:
        return "It is counted once the account's executions are read."
    today, *ahead = trades.left
    days = ", ".join(str(left) for left in ahead)
    return f"For information: it leaves {today} today, and {days} on the business days after."


def counted(count: int, thing: str) -> str:
    """"1 position", "18 positions"."""
    return f"{fmt.number(count, 0)} {thing}{'' if count == 1 else 's'}"
