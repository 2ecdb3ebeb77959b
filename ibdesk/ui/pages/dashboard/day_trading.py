"""The card of day trading: what the broker says of it, and our own count of the prints with its meter."""

from datetime import datetime

from PySide6.QtWidgets import QProgressBar, QWidget

from ibdesk.domain.accounts import AccountSummary
from ibdesk.domain.compliance.day_trade_rule import DayTrades
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.regime import MarginRegime, resolve_regime
from ibdesk.domain.hours import NEW_YORK
from ibdesk.ui.pages.dashboard import words
from ibdesk.ui.pages.dashboard.facts import FactCard, Facts

_NOT_COUNTED = "Counted as soon as this account's orders have been read."


class DayTradeCard(FactCard):
    """The rule that binds, who says so, what is left by the broker's count, and our own count of five business days."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Day trading", parent)
        self.meter = QProgressBar()
        self.meter.setTextVisible(False)
        self.meter.hide()
        self.body.insertWidget(self.body.count() - 1, self.meter)

    def show_account(self, summary: AccountSummary, counted: DayTrades | None, now: datetime) -> None:
        """Draw one account; `counted` None is not counted yet."""
        day = now.astimezone(NEW_YORK).date()
        regime = resolve_regime(summary, None, day)
        marked = {None: words.NOT_REPORTED, True: "Yes", False: "No"}[summary.pattern_day_trader]
        days = [_left(each) for each in summary.day_trades_remaining]
        ahead = "; ".join(f"+{at} {each}" for at, each in enumerate(days[1:], 1)) if len(set(days)) > 1 else ""
        facts = [
            ("Rule", words.REGIMES[regime.regime], words.EXPLAINED[regime.regime]),
            ("Who says so", words.SOURCES[regime.source].capitalize(), ""),
            ("Day trades left today", days[0] if days else words.NOT_REPORTED, f"Next days: {ahead}" if ahead else ""),
            ("Pattern day trader", marked, ""),
        ]
        has_count = regime.regime is not MarginRegime.NOT_APPLICABLE
        limit = policies_at(day).day_trades.limit
        self.set([*facts, _own_count(counted, limit)] if has_count else facts)
        self.meter.setVisible(has_count and counted is not None)
        if counted is not None:
            self.meter.setRange(0, limit)
            self.meter.setValue(min(counted.made, limit))
            self.meter.setAccessibleName(f"Day trades counted: {counted.made} of {limit}")

    def show_note(self, facts: Facts) -> None:
        """Say why there is no single account to draw."""
        self.meter.hide()
        self.set(facts)


def _own_count(counted: DayTrades | None, limit: int) -> tuple[str, str, str]:
    name = "Counted by ibdesk, five business days"
    if counted is None:
        return (name, words.NOT_COUNTED, _NOT_COUNTED)
    ahead = "; ".join(f"+{at} {left}" for at, left in enumerate(counted.left[1:], 1))
    guessed = " An exercise is among them, whose part in it is a guess." if counted.is_guessed else ""
    note = f"Left today {counted.left[0]}; if none is made, on the next days {ahead}.{guessed}"
    return (name, f"{counted.made} of {limit}", note)


def _left(trades: int | None) -> str:
    if trades is None:
        return words.NOT_REPORTED
    return "unlimited" if trades < 0 else str(trades)
