"""The card of the equity curve: ranges, the change over the one chosen, and the benchmark with its reason to hide."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QWidget

from ibdesk.domain.returns import Point, Range, change_over, rebased, within
from ibdesk.ui import format as fmt
from ibdesk.ui.models.view import State, View
from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets import Card, EmptyState, Label, Segmented, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.ui.charts.equity import EquityChart

RANGES = tuple((each.value, each.value) for each in Range)


class EquityCard(Card):
    """`benchmark_wanted` asks for the benchmark over a range; the answer comes in through `set_benchmark`."""

    benchmark_wanted = Signal(str)

    def __init__(self, benchmark: str, parent: QWidget | None = None) -> None:
        super().__init__("Net liquidation", parent=parent)
        self._view = View()
        self._now: datetime | None = None
        self._against: tuple[Point, ...] = ()
        self._reason = ""
        self._drawn: tuple[object, ...] | None = None
        self._stale, self._tone = "", ""
        self.chart: EquityChart | None = None
        self.change = Label("", kind=Text.CAPTION, bold=True)
        self.add_beside_title(self.change)
        self.why = Label("", kind=Text.CAPTION, tone="muted")
        self.add_control(self.why)
        self.ranges = Segmented(RANGES, current=Range.YEAR_TO_DATE.value, name="Range of the equity curve")
        self.ranges.chosen.connect(self._range_chosen)
        self.add_control(self.ranges)
        self.versus = _toggle(benchmark)
        self.versus.toggled.connect(self._versus_toggled)
        self.add_control(_framed(self.versus))
        self.edge_to_edge()
        self._places = QStackedWidget()
        self._skeleton = SkeletonRows(6, columns=4)
        self._empty = EmptyState(
            "performance", "No history yet",
            "The curve grows with every sync. Interactive Brokers keeps no intraday history for this desk.",
        )
        for place in (self._skeleton, self._empty):
            self._places.addWidget(place)
        self.add(self._places, 1)
        self.setMinimumHeight(190)

    @property
    def span(self) -> Range:
        """The range that is chosen."""
        return Range(self.ranges.current)

    def show_view(self, view: View, now: datetime) -> None:
        """Draw the curve, or say why there is none."""
        self._view, self._now = view, now
        if view.state in (State.LOADING, State.WAITING):
            self._places.setCurrentWidget(self._skeleton)
        elif not view.base and view.pages:
            self._say("No common curve", view.why_no_sum)
        elif len(view.equity) < 2:
            self._say(
                "No history yet",
                "The curve needs two values. Every sync adds one; the broker's own history comes with the next sync.",
            )
        else:
            self._draw()
        if self._places.currentWidget() in (self._skeleton, self._empty):
            self.change.setText("")
            self._drawn = None

    def show_age(self, view: View, now: datetime) -> None:
        """Draw paler what is old."""
        age = view.age(now) if view.is_stale(now) else ""
        self._stale = age
        self.change.set_tone("muted" if age else self._tone)
        if self.chart is not None:
            self.chart.set_stale(age)

    def set_benchmark(self, points: Sequence[Point], reason: str = "") -> None:
        """Take the benchmark; without points `reason` says why it is hidden."""
        self._against, self._reason = tuple(points), reason
        self._drawn = None
        self._tell_reason()
        if self._now is not None:
            self.show_view(self._view, self._now)

    def rename_benchmark(self, symbol: str) -> None:
        """Another benchmark was chosen in the settings."""
        if self.versus.text() != f"vs {symbol}":
            _name(self.versus, symbol)
            self.set_benchmark(())
            if self.versus.isChecked():
                self.benchmark_wanted.emit(self.span.value)

    def _draw(self) -> None:
        assert self._now is not None  # noqa: S101 - only drawn after show_view
        points = within(self._view.equity, self.span, self._now)
        against = self._against if self.versus.isChecked() else ()
        # A clock that ticks on must not redraw the same curve.
        drawn = (points, against, self._view.base, fmt.is_discreet())
        if drawn == self._drawn:
            return
        if len(points) < 2:
            self._say(f"No values in {self.span.value}", "Choose a longer range to see the curve.")
            return
        self._drawn = drawn
        chart = self._chart()
        onto = rebased(against, points)
        chart.set(points, self._view.base, onto, self.versus.text().removeprefix("vs "))
        self._places.setCurrentWidget(chart)
        self._show_change(points)
        if against and not onto:
            self._reason = "has no prices in this range"
        self._tell_reason()

    def _chart(self) -> "EquityChart":
        """Made when first needed: pyqtgraph and numpy cost more than the whole first paint."""
        if self.chart is None:
            from ibdesk.ui.charts.equity import EquityChart

            self.chart = EquityChart()
            self.chart.set_stale(self._stale)
            self._places.addWidget(self.chart)
        return self.chart

    def _show_change(self, points: Sequence[Point]) -> None:
        change = change_over(points)
        if change is None:
            self.change.setText("")
            return
        amount = fmt.gain(change.amount, self._view.base, decimals=0)
        percent = "" if change.percent is None else f" · {fmt.signed_percent(change.percent, 1)}"
        self.change.setText(amount + percent)
        self._tone = {-1: "loss", 1: "gain"}.get(fmt.sign(change.amount), "muted")
        self.change.set_tone("muted" if self._stale else self._tone)
        self.change.setAccessibleName(f"Change over {self.span.value}: {amount}{percent}")
        self.change.setToolTip("Plain change of value: deposits and withdrawals are in it.")

    def _say(self, title: str, why: str) -> None:
        self._empty.set(title, why)
        self._places.setCurrentWidget(self._empty)
        self.change.setText("")
        self._drawn = None

    def _range_chosen(self, _key: str) -> None:
        if self.versus.isChecked():
            self.benchmark_wanted.emit(self.span.value)
        if self._now is not None:
            self.show_view(self._view, self._now)

    def _versus_toggled(self, on: bool) -> None:
        self._reason = ""
        if on:
            self.benchmark_wanted.emit(self.span.value)
        self._tell_reason()
        if self._now is not None:
            self.show_view(self._view, self._now)

    def _tell_reason(self) -> None:
        hidden = bool(self._reason) and self.versus.isChecked()
        symbol = self.versus.text().removeprefix("vs ")
        self.why.setText(f"{symbol} hidden" if hidden else "")
        self.why.setToolTip(self._reason if hidden else "")
        self.versus.setToolTip(self._reason if hidden else f"Draw {symbol} scaled to start with your curve")
        self.versus.setAccessibleDescription(self.versus.toolTip())


def _framed(button: QToolButton) -> QFrame:
    """The ground on which segments lie, so that an unpressed toggle is seen as one."""
    frame = QFrame()
    frame.setProperty("kind", "segments")
    row = QHBoxLayout(frame)
    row.setContentsMargins(2, 2, 2, 2)
    row.addWidget(button)
    return frame


def _toggle(symbol: str) -> QToolButton:
    made = QToolButton()
    made.setCheckable(True)
    made.setProperty("kind", "segment")
    made.setFont(font(Text.CAPTION))
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    _name(made, symbol)
    return made


def _name(button: QToolButton, symbol: str) -> None:
    button.setText(f"vs {symbol}")
    button.setAccessibleName(f"Compare with {symbol}")
