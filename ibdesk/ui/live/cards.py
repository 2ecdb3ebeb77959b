"""The totals of the live book: four figures in base currency, per account and overall, and the rates they were made
with."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.money import total
from ibdesk.domain.pnl_totals import RunningTotals
from ibdesk.ui import format as fmt
from ibdesk.ui.models.columns import PARTIAL
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Figure, Label

FIGURES = (("unrealized", "Unrealized"), ("realized", "Realized today"), ("total", "Total"), ("daily", "Today"))
#: So many accounts are told one by one below a figure; more are counted, and each is a choice of the header.
ACCOUNTS_SHOWN = 3
#: So many of those that are left out are named before the rest is counted.
NAMED = 5

Totals = Sequence[tuple[str, RunningTotals]]


class ExplainedFigure(Figure):
    """A figure that tells where it comes from: menu, Enter or Space."""

    explain_wanted = Signal(str)

    def __init__(self, key: str, caption: str) -> None:
        super().__init__(caption)
        self._key = key
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Enter: explain this number")
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.explain_wanted.emit(self._key)
        else:
            super().keyPressEvent(event)

    def menu(self) -> QMenu:
        """What can be done with it, not opened."""
        menu = QMenu(self)
        menu.addAction("Explain this number").triggered.connect(lambda: self.explain_wanted.emit(self._key))
        return menu

    def _open_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(at))


class TotalCards(QWidget):
    """The figures and the line below them. `explain_wanted` carries a figure's key."""

    explain_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.figures = {key: ExplainedFigure(key, caption) for key, caption in FIGURES}
        self._rated = ""
        self.rates = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(10)
        for figure in self.figures.values():
            figure.explain_wanted.connect(self.explain_wanted)
            row.addWidget(figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.rates)
        self.rates.setContentsMargins(14, 0, 14, 0)
        self.rates.hide()

    def show_totals(self, totals: Totals, overall: RunningTotals | None, own: Mapping[str, AccountPnl]) -> None:
        """Show the sums: `totals` by account, `overall` of all of them together, None where there is only one."""
        for key, figure in self.figures.items():
            if not totals:
                figure.set(fmt.UNKNOWN)
                continue
            amount, currency = self._figure(key, totals, overall, own)
            mark = PARTIAL if amount is not None and _is_partial(key, totals) else ""
            figure.set(
                fmt.gain(amount, currency) + mark, sign=fmt.sign(amount), sub=self._sub(key, totals, overall, own)
            )
        text = rates_words(totals if overall is None else [*totals, ("", overall)], self._rated)
        if text != self.rates.text():
            self.rates.setText(text)
            self.rates.setVisible(bool(text))

    def show_rated(self, rated: str) -> None:
        """Of when the rates are, to be told with the next totals."""
        self._rated = rated

    def show_age(self, age: str) -> None:
        """Dim the figures while they are old, wholly or in part, and say how; empty makes them fresh again."""
        for figure in self.figures.values():
            figure.set_stale(age)

    @staticmethod
    def _figure(
        key: str, totals: Totals, overall: RunningTotals | None, own: Mapping[str, AccountPnl]
    ) -> tuple[Any, str]:
        if overall is None:
            name, running = totals[0]
            return figure_of(key, name, running, own), running.currency
        is_one = all(running.currency == overall.currency for _, running in totals)
        if key == "daily" and is_one:
            return total(figure_of(key, name, running, own) for name, running in totals), overall.currency
        return getattr(overall, key), overall.currency

    @staticmethod
    def _sub(key: str, totals: Totals, overall: RunningTotals | None, own: Mapping[str, AccountPnl]) -> str:
        if overall is not None and len(totals) <= ACCOUNTS_SHOWN:
            return "\n".join(
                f"{name}  {fmt.gain(figure_of(key, name, running, own), running.currency)}" for name, running in totals
            )
        among = f" in {len(totals)} accounts" if overall is not None else ""
        running = overall or totals[0][1]
        if key == "realized":
            waits = f", {_waiting(running.waiting)}" if running.waiting else ""
            return f"{running.prints} {'execution' if running.prints == 1 else 'executions'}{waits}{among}"
        if key == "daily":
            return f"since the previous close{among}"
        if key == "total":
            return f"{running.currency} · unrealized + realized"
        return f"{running.held} {'position' if running.held == 1 else 'positions'}{among}"


def figure_of(key: str, account: str, running: RunningTotals, own: Mapping[str, AccountPnl]) -> Any:
    """One figure of one account: of the day the broker's own, which knows what was closed; else the sum."""
    told = own.get(account)
    if key == "daily" and told is not None and told.daily is not None:
        return told.daily
    return getattr(running, key)


def rates_words(totals: Totals, rated: str = "") -> str:
    """The rates that were used, of when they are, and what no figure or no rate is known of, by name."""
    parts: list[str] = []
    rates = {
        (currency, running.currency): rate for _, running in totals
        for currency, rate in running.rates.items() if currency != running.currency
    }
    if rates:
        listed = ", ".join(f"1 {each} = {fmt.number(rate, 5)} {base}" for (each, base), rate in sorted(rates.items()))
        parts.append(f"Rates of the last sync{rated and f', {rated}'}: {listed}")
    missing = max((running.missing for _, running in totals), default=0)
    if missing:
        fullest = max((running for _, running in totals), key=lambda running: running.missing)
        more = missing - NAMED
        names = ", ".join(f"{each.label} ({each.why})" for each in fullest.left_out(NAMED))
        names += f" and {more} more" if more > 0 else ""
        parts.append(f"{PARTIAL} without {names}")
    return " · ".join(parts)


def _is_partial(key: str, totals: Totals) -> bool:
    if key == "realized":
        return any(running.waiting for _, running in totals)
    return any(running.missing or (key == "total" and running.waiting) for _, running in totals)


def _waiting(count: int) -> str:
    return "one waits for its commission" if count == 1 else f"{count} wait for commissions"
