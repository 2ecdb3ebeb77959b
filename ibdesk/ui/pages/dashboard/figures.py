"""The row of six key figures, each with the line that gives it meaning."""

from datetime import datetime

from PySide6.QtWidgets import QGridLayout, QWidget

from ibdesk.ui import format as fmt
from ibdesk.ui.models.view import State, View
from ibdesk.ui.pages.dashboard import words
from ibdesk.ui.widgets import Figure


class FiguresRow(QWidget):
    """Net liquidation, day, unrealized and realized P&L, buying power and the day-trading rule."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.net = Figure("Net liquidation")
        self.daily = Figure("Day P&L")
        self.unrealized = Figure("Unrealized P&L")
        self.realized = Figure("Realized P&L")
        self.power = Figure("Buying power")
        self.rule = Figure("Day trading")
        self.all = (self.net, self.daily, self.unrealized, self.realized, self.power, self.rule)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for at, figure in enumerate(self.all):
            grid.addWidget(figure, 0, at)
            grid.setColumnStretch(at, 1)

    def show_view(self, view: View, now: datetime) -> None:
        """Draw the figures; what the broker did not report is a dash that says so."""
        if view.state is not State.FULL:
            for figure in self.all:
                figure.set(fmt.UNKNOWN)
            return
        self._show_money(view)
        self._show_rule(view, now)
        self.show_age(view, now)

    def show_age(self, view: View, now: datetime) -> None:
        """Dim what is old."""
        age = view.age(now) if view.is_stale(now) else ""
        for figure in self.all:
            figure.set_stale(age)

    def _show_money(self, view: View) -> None:
        figures = view.figures
        if figures is None:
            for figure in self.all[:-1]:
                figure.set(fmt.UNKNOWN, sub="base currencies differ")
                figure.setToolTip(view.why_no_sum)
            return
        for figure in self.all[:-1]:
            figure.setToolTip("")
        base = figures.currency
        count = len(view.pages)
        whose = f"{base} · base currency" if count == 1 else f"{base} · {words.counted(count, 'account')}"
        self.net.set(fmt.money(figures.net_liquidation, base), sub=whose)
        self.daily.set(
            fmt.gain(figures.daily, base), sign=fmt.sign(figures.daily),
            sub=words.NOT_REPORTED if figures.daily is None else fmt.signed_percent(figures.daily_percent),
        )
        self.unrealized.set(
            fmt.gain(figures.unrealized, base), sign=fmt.sign(figures.unrealized),
            sub=words.counted(len(view.rows), "position"),
        )
        self.realized.set(
            fmt.gain(figures.realized, base), sign=fmt.sign(figures.realized),
            sub=words.NOT_REPORTED if figures.realized is None else "all currencies, in base",
        )
        self.power.set(
            fmt.money(figures.buying_power, base, decimals=0),
            sub=f"Available funds {fmt.money(figures.available_funds, base, decimals=0)}",
        )

    def _show_rule(self, view: View, now: datetime) -> None:
        if len(view.pages) > 1:
            self.rule.set("Per account", sub="choose one account")
            self.rule.setToolTip("Day-trading rules are measured account by account.")
            return
        standing = view.standing_of(view.pages[0], now)
        regime = standing.regime
        self.rule.set(
            words.REGIMES[regime.regime], sub=f"{words.day_trades(regime)} · {words.SOURCES[regime.source]}"
        )
        own = words.own_count(standing.trades)
        self.rule.setToolTip(f"{words.EXPLAINED[regime.regime]}\nOwn count, old rule: {own}.")
