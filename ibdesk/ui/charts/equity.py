"""The equity curve: one account's value over time, a benchmark on the same scale, and a crosshair that reads both."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.returns import Point
from ibdesk.ui import format as fmt
from ibdesk.ui.charts.plot import LinePlot, floats, seconds
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets.labels import Chip, Label


class EquityChart(QWidget):
    """Draws points that domain made; the only sums here are pixels. Left and Right move the crosshair."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = LinePlot()
        self.plot.times.zone = NEW_YORK
        for part in (self.plot, self.plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._benchmark = self.plot.add_line("faint")
        self._line = self.plot.add_line("accent", fill=True)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._dot = pg.ScatterPlotItem(size=7, pxMode=True)
        for item in (self._cross, self._dot):
            self.plot.addItem(item, ignoreBounds=True)
        self._points: tuple[Point, ...] = ()
        self._against: tuple[Point, ...] = ()
        self._x, self._against_x = seconds([]), seconds([])
        self._name, self._currency, self._at = "", "", -1
        self.readout = Label("", kind=Text.CAPTION, parent=self)
        self.readout.setProperty("kind", "chip")
        self.readout.hide()
        self.age = Chip(tone="warn", parent=self)
        self.age.move(12, 6)
        self.age.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.plot.scene().sigMouseMoved.connect(self._pointer_moved)
        look().themeChanged.connect(self._dress)
        self._dress()
        self._read(-1)

    def set(self, points: Sequence[Point], currency: str, benchmark: Sequence[Point] = (), name: str = "") -> None:
        """Show a curve, and a benchmark already rebased onto it."""
        self._points, self._against = tuple(points), tuple(benchmark)
        self._currency, self._name = currency, name
        self._x, y = seconds(p.at for p in points), floats(p.value for p in points)
        self._against_x, against = seconds(p.at for p in benchmark), floats(p.value for p in benchmark)
        self.plot.amounts.hidden = fmt.is_discreet()
        both = np.concatenate((y, against))
        if len(self._x) > 1:
            self._frame(float(both.min()), float(both.max()))
        self.plot.draw(self._benchmark, self._against_x, against)
        self.plot.draw(self._line, self._x, y)
        self._describe()
        self._read(-1)

    def set_stale(self, age: str) -> None:
        """Draw the curve paler and say how old it is, e.g. "3 min ago"; empty makes it fresh again."""
        self.plot.set_dimmed(bool(age))
        self.age.setVisible(bool(age))
        if age:
            self.age.setText(f"as of {age}")
            self.age.adjustSize()
            self.age.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._points) - 1
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and last >= 0:
            self._read(max(0, min(last, (last if self._at < 0 else self._at) + step)))
        elif event.key() == Qt.Key.Key_Escape and self._at >= 0:
            self._read(-1)
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, _event: QEvent) -> None:
        self._read(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._read(-1)

    def _frame(self, low: float, high: float) -> None:
        """A tenth of air above and below; the area ends at the lower edge."""
        air = (high - low) * 0.1 or abs(high) * 0.01 or 1.0
        self.plot.setXRange(self._x[0], self._x[-1], padding=0)
        self.plot.setYRange(low - air, high + air, padding=0)
        self._line.setFillLevel(low - air)

    def _pointer_moved(self, where: QPointF) -> None:
        box = self.plot.getPlotItem().vb
        if not len(self._x) or not box.sceneBoundingRect().contains(where):
            self._read(-1)
            return
        x = box.mapSceneToView(where).x()
        right = int(np.searchsorted(self._x, x))
        left = max(0, right - 1)
        right = min(right, len(self._x) - 1)
        self._read(left if abs(self._x[left] - x) <= abs(self._x[right] - x) else right)

    def _read(self, at: int) -> None:
        """Put the crosshair on one point; −1 takes it away."""
        self._at = at
        shown = 0 <= at < len(self._points)
        for item in (self._cross, self._dot):
            item.setVisible(shown)
        self.readout.setVisible(shown)
        if not shown:
            return
        x = float(self._x[at])
        self._cross.setPos(x)
        self._dot.setData([x], [float(self._points[at].value)])
        self.readout.setText(self._words(at))
        self.readout.setAccessibleName(self.readout.text())
        self.readout.adjustSize()
        self.readout.raise_()
        self._place_readout(x)

    def _words(self, at: int) -> str:
        point = self._points[at]
        local = point.at.astimezone(NEW_YORK)
        when = f"{local:%a} {local.day} {local:%b %Y}"
        if self._x[-1] - self._x[0] < 8 * 86_400:
            when += f" {local:%H:%M} ET"
        words = f"{when}   {fmt.money(point.value, self._currency)}"
        if len(self._against_x):
            near = min(int(np.searchsorted(self._against_x, self._x[at])), len(self._against) - 1)
            words += f"   {self._name} {fmt.money(self._against[near].value, self._currency)}"
        return words

    def _place_readout(self, x: float) -> None:
        box = self.plot.getPlotItem().vb
        pixel = self.plot.mapFromScene(box.mapViewToScene(QPointF(x, 0))).x()
        fits = pixel + 16 + self.readout.width() < self.width() - 60
        left = pixel + 10 if fits else pixel - 10 - self.readout.width()
        self.readout.move(max(4, int(left)), 6)

    def _describe(self) -> None:
        self.setAccessibleName("Equity curve")
        if not self._points:
            self.setAccessibleDescription("No history")
            return
        first, last = self._points[0], self._points[-1]
        self.setAccessibleDescription(
            f"From {fmt.money(first.value, self._currency)} on {first.at:%Y-%m-%d}"
            f" to {fmt.money(last.value, self._currency)} on {last.at:%Y-%m-%d}, {len(self._points)} values"
        )

    def _dress(self) -> None:
        self._cross.setPen(QPen(look().colour("muted"), 0))
        self._dot.setBrush(look().colour("accent"))
        self._dot.setPen(QPen(look().colour("surface"), 1))
