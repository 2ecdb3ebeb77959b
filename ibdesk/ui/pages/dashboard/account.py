"""The Account tab: every figure the broker gives of the account, in the groups a trader looks for them."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.day_trade_rule import DayTrades, DayTradeStanding
from ibdesk.domain.compliance.granted import Granted, Origin
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.portfolio import AccountPage
from ibdesk.ui import format as fmt
from ibdesk.ui.models.sources import SOURCES
from ibdesk.ui.models.view import View
from ibdesk.ui.pages.cash_card import CashCard
from ibdesk.ui.pages.dashboard import words
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Card, Label

Facts = Sequence[tuple[str, str, str]]
"""What, how much, and where it comes from or what it means."""


class AccountTab(QScrollArea):
    """Value, buying power, day trading, options, margin and cash of one account; several are told to be chosen from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.value = FactCard("Portfolio value and equity")
        self.power = FactCard("Buying power and available funds")
        self.trading = FactCard("Day trading")
        self.meter = QProgressBar()
        self.meter.setTextVisible(False)
        self.meter.hide()
        self.trading.body.insertWidget(self.trading.body.count() - 1, self.meter)
        self.options = FactCard("Options and restrictions")
        self.margin = FactCard("Margin")
        self.who = FactCard("Account")
        self.cash = CashCard()
        self.cash.setMinimumHeight(240)
        page = QWidget()
        page.setProperty("kind", "page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        grid = QGridLayout()
        grid.setSpacing(12)
        for at, card in enumerate((self.value, self.power, self.margin, self.trading, self.options, self.who)):
            grid.addWidget(card, at // 3, at % 3)
            grid.setColumnStretch(at % 3, 1)
        column.addLayout(grid)
        column.addWidget(self.cash, 1)
        self.setWidget(page)

    def show_view(self, view: View, now: datetime) -> None:
        """Draw the chosen account; of several, only what can be added up."""
        self.cash.show_view(view)
        if len(view.pages) != 1:
            self._show_several(view)
            return
        page = view.pages[0]
        summary = page.summary
        self.value.set(_value(page))
        self.power.set(_power(summary))
        self.margin.set(_margin(summary))
        standing = view.standing_of(page, now)
        self.trading.set(_trading(summary, standing))
        self._show_meter(standing.trades)
        self.options.set(_options(page, view.levels.get(page.account.id)))
        self.who.set(_who(page))

    def show_age(self, view: View, now: datetime) -> None:
        """Draw paler what is old."""
        age = view.age(now) if view.is_stale(now) else ""
        for card in (self.value, self.power, self.margin, self.trading):
            card.set_stale(age)
        self.cash.show_age(view, now)

    def _show_meter(self, trades: DayTrades | None) -> None:
        self.meter.setVisible(trades is not None)
        if trades is not None:
            limit = policies_at(trades.day).day_trades.limit
            self.meter.setRange(0, limit)
            self.meter.setValue(min(trades.made, limit))
            self.meter.setAccessibleName(f"Own count of day trades: {trades.made} of {limit}")

    def _show_several(self, view: View) -> None:
        self._show_meter(None)
        figures = view.figures
        note = view.why_no_sum or ("" if view.pages else "No account has been read yet.")
        several = [("Choose one account", "", note or "These figures belong to one account each.")]
        for card in (self.margin, self.trading, self.options, self.who):
            card.set(several if view.pages else [(note, "", "")])
        if figures is None:
            for card in (self.value, self.power):
                card.set([(note, "", "")])
            return
        base = figures.currency
        self.value.set([
            ("Net liquidation", fmt.money(figures.net_liquidation, base), words.counted(len(view.pages), "account")),
            ("Total cash", fmt.money(figures.total_cash, base), ""),
        ])
        self.power.set([
            ("Buying power", fmt.money(figures.buying_power, base), "sum; one account's cannot be used in another"),
            ("Available funds", fmt.money(figures.available_funds, base), ""),
            ("Excess liquidity", fmt.money(figures.excess_liquidity, base), ""),
        ])


class FactCard(Card):
    """Names and figures in two columns, a muted note below where one helps."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._values: list[Label] = []
        self._is_stale = False
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        self.facts: Facts = ()
        self.add(self._grid)
        self.body.addStretch(1)

    def set(self, facts: Facts) -> None:
        """Show these facts; nothing is redrawn that has not changed."""
        if tuple(facts) == tuple(self.facts):
            return
        self.facts = tuple(facts)
        self._values = []
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for at, (name, figure, note) in enumerate(facts):
            self._add(at * 2, name, figure, note)

    def set_stale(self, age: str) -> None:
        """Draw the figures paler and say how old they are; empty makes them fresh again."""
        self.set_age(age)
        if bool(age) != self._is_stale:
            self._is_stale = bool(age)
            for value in self._values:
                value.set_tone("muted" if age or value.text() == words.NOT_REPORTED else "")

    def _add(self, at: int, name: str, figure: str, note: str) -> None:
        missing = self._is_stale or figure in (fmt.UNKNOWN, words.NOT_REPORTED)
        label = Label(name, tone="muted", wrap=True)
        value = Label(words.NOT_REPORTED if figure == fmt.UNKNOWN else figure, tone="muted" if missing else "")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(f"{name}: {value.text()}")
        value.setAccessibleDescription(note)
        self._values.append(value)
        self._grid.addWidget(label, at, 0)
        self._grid.addWidget(value, at, 1)
        if note:
            self._grid.addWidget(Label(note, kind=Text.CAPTION, tone="muted", wrap=True), at + 1, 0, 1, 2)


def _value(page: AccountPage) -> Facts:
    s, base = page.summary, page.account.currency
    live = page.pnl.net_liquidation if page.pnl is not None else None
    return (
        ("Net liquidation", fmt.money(s.net_liquidation if live is None else live, base), ""),
        ("Gross position value", fmt.money(s.gross_position_value, base), ""),
        ("Total cash", fmt.money(s.total_cash, base), ""),
        ("Equity with loan value", fmt.money(s.equity_with_loan, base), ""),
        ("Equity at the previous close", fmt.money(s.previous_equity, base), ""),
        ("Accrued interest", fmt.money(s.accrued_cash, base), ""),
        ("Accrued dividends", fmt.money(s.accrued_dividend, base), ""),
    )


def _power(s: AccountSummary) -> Facts:
    return (
        ("Buying power", fmt.money(s.buying_power, s.currency), ""),
        ("Available funds", fmt.money(s.available_funds, s.currency), "Equity with loan value − initial margin"),
        ("Excess liquidity", fmt.money(s.excess_liquidity, s.currency), "Equity with loan value − maintenance margin"),
        ("Special memorandum account", fmt.money(s.sma, s.currency), ""),
    )


def _margin(s: AccountSummary) -> Facts:
    cushion = fmt.UNKNOWN if s.cushion is None else f"{s.cushion:.2%}".replace("%", " %").replace("-", fmt.MINUS)
    return (
        ("Margin type", _margin_name(s.margin_type), ""),
        ("Initial margin", fmt.money(s.initial_margin, s.currency), ""),
        ("Maintenance margin", fmt.money(s.maintenance_margin, s.currency), ""),
        ("Cushion", cushion, "Excess liquidity as a share of net liquidation; at zero the broker liquidates."),
    )


def _trading(s: AccountSummary, standing: DayTradeStanding) -> Facts:
    regime, trades = standing.regime, standing.trades
    marked = {None: words.NOT_REPORTED, True: "Yes", False: "No"}[s.pattern_day_trader]
    days = [_left(each) for each in s.day_trades_remaining]
    ahead = "; ".join(f"+{at} {each}" for at, each in enumerate(days[1:], 1)) if len(set(days)) > 1 else ""
    return (
        ("Rule", words.REGIMES[regime.regime], words.EXPLAINED[regime.regime]),
        ("Who says so", words.SOURCES[regime.source].capitalize(), words.evidence(regime)),
        ("Day trades left today", days[0] if days else words.NOT_REPORTED, f"Next days: {ahead}" if ahead else ""),
        ("Own count, old rule", words.own_count(trades), words.own_forecast(trades)),
        ("Pattern day trader", marked, ""),
    )


def _left(trades: int | None) -> str:
    if trades is None:
        return words.NOT_REPORTED
    return "unlimited" if trades < 0 else str(trades)


def _margin_name(kind: MarginType) -> str:
    return words.NOT_REPORTED if kind is MarginType.UNKNOWN else kind.value.capitalize()


def _borrowing(kind: MarginType) -> str:
    return "None, cash only" if kind is MarginType.CASH else _margin_name(kind)


_NOT_PUBLISHED = "The broker does not publish it. Permissions shows what it allows."
_LEVEL_NOTES = {
    Origin.BROKER: "As the broker reports it. Permissions shows what it allows.",
    Origin.SETTING: f"As your setting says. {_NOT_PUBLISHED}",
    Origin.CONNECTION: f"As you entered it with the connection. {_NOT_PUBLISHED}",
    Origin.NOBODY: "The broker does not publish it: enter it in Settings, as Client Portal shows it.",
}


def _options(page: AccountPage, level: Granted | None) -> Facts:
    account = page.account
    lite = {None: words.NOT_REPORTED, True: "Yes: trading over the API is not offered", False: "No"}[account.lite]
    named = "not entered" if level is None or level.level is None else level.name
    return (
        ("Options level", named, _LEVEL_NOTES[Origin.NOBODY if level is None else level.origin]),
        ("Borrowing", _borrowing(account.margin_type), ""),
        ("IBKR Lite", lite, ""),
        ("Trading restrictions", words.NOT_REPORTED, "The broker names a restriction when it refuses an order."),
    )


def _who(page: AccountPage) -> Facts:
    account = page.account
    return (
        ("Number", account.id, ""),
        ("Title", account.title or fmt.UNKNOWN, ""),
        ("Kind", "Paper" if account.is_paper else "Live", account.customer_type.capitalize()),
        ("Base currency", account.currency, ""),
        ("Entity", account.entity or fmt.UNKNOWN, ""),
        ("Source", SOURCES[page.source], ""),
        ("As of", fmt.moment(page.as_of), ""),
    )
