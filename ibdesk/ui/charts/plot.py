"""The one place that knows pyqtgraph: a plot that stays fast with ten million points and wears the desk's theme.

Clipping to the view, peak downsampling and no finite check make a pan cost the same at any length; a pen wider than one
pixel costs seven times as much (reference/performance.md, section 4). x is always float64 seconds or numbers: searching
integers is far slower. Import this after the first paint; it brings numpy along.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, SupportsFloat

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from ibdesk.ui.stylesheet import mixed
from ibdesk.ui.theme import Text, font, look

Floats = npt.NDArray[np.float64]

#: Smooth lines are only drawn for this many points: above, pixels are narrower than the difference.
SMOOTH_UP_TO = 5_000
#: A short line may be a little stronger; a long one must not (section 4: 2.6 to 7.6 times the cost).
SMOOTH_WIDTH = 1.5
#: How much of its colour an old line keeps (0..1); opaque, for translucent lines are dear.
STALE_SHARE = 0.5
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_DAY = 86_400.0
#: The mean month, to choose a step with; the labels stand on true first days.
_MONTH = 30.4375 * _DAY


def floats(values: Iterable[SupportsFloat]) -> Floats:
    """Exact values on their way to pixels; nothing is computed with them."""
    return np.fromiter((float(value) for value in values), dtype=np.float64)


def seconds(instants: Iterable[datetime]) -> Floats:
    """Instants as float64 seconds since 1970, UTC."""
    return np.fromiter((instant.timestamp() for instant in instants), dtype=np.float64)


class AmountAxis(pg.AxisItem):  # type: ignore[misc]
    """Amounts in few letters: 1.28 M."""

    hidden = False

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round amounts at one level, as many as have room."""
        rough = (high - low) / max(2.0, size / 34)
        if not rough > 0:
            return []
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough)
        first = math.ceil(low / step)
        return [(step, [at * step for at in range(first, math.floor(high / step) + 1)])]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        return ["" if self.hidden else short(value, spacing) for value in values]


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Days and times of one zone; the label is as fine as the ticks are apart."""

    zone: tzinfo | None = None

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """A few round instants of the zone: as many as have room."""
        room = max(2, int(size / 90))
        step = next((each for each in _TIME_STEPS if (high - low) / each <= room), _TIME_STEPS[-1])
        months = round(step / _MONTH)
        return [(step, self._months(low, high, months) if months else self._even(low, high, step))]

    def _even(self, low: float, high: float, step: float) -> list[float]:
        """Every `step` seconds, counted from the zone's midnight."""
        offset = datetime.fromtimestamp(low, UTC).astimezone(self.zone).utcoffset()
        shift = offset.total_seconds() if offset is not None else 0.0
        first = (int((low + shift) // step) + 1) * step - shift
        return [first + at * step for at in range(int(max(0.0, (high - first) // step)) + 1) if first <= high]

    def _months(self, low: float, high: float, months: int) -> list[float]:
        """The first days of every `months`-th month, counted from January."""
        begin = datetime.fromtimestamp(low, UTC).astimezone(self.zone)
        count = (begin.year * 12 + begin.month - 1) // months * months
        found: list[float] = []
        while True:
            count += months
            at = datetime(count // 12, count % 12 + 1, 1, tzinfo=self.zone).timestamp()
            if at > high:
                return found
            found.append(at)

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        form = "%H:%M" if spacing < _DAY else "{day} %b" if spacing < _MONTH else "%b %Y"
        return [self._written(value, form) for value in values]

    def _written(self, value: float, form: str) -> str:
        instant = datetime.fromtimestamp(value, UTC).astimezone(self.zone)
        return instant.strftime(form).replace("{day}", str(instant.day))


#: Minutes, days and months between two labels, in seconds.
_TIME_STEPS = (
    *(each * 60.0 for each in (5, 15, 30, 60, 120, 240, 360, 720)),
    *(each * _DAY for each in (1, 2, 4, 7, 14)),
    *(each * _MONTH for each in (1, 2, 3, 6, 12, 24, 60)),
)


def short(value: float, spacing: float = 0.0) -> str:
    """An amount for an axis: "1.28 M", with as many places as its neighbours need to differ."""
    for size, letter in _STEPS:
        if abs(value) >= size:
            places = next((places for places in range(4) if _is_whole(spacing / size * 10**places)), 3)
            return f"{value / size:,.{places}f} {letter}".replace("-", "−")
    return f"{value:,.0f}".replace("-", "−")


def _found(wanted: QFont) -> QFont:
    """The font with the one family that was found: axes are replayed from a recording, which would search every family
    of the list again with each repaint (measured: 17 of 20 ms)."""
    found = QFont(wanted)
    found.setFamilies([QFontInfo(wanted).family()])
    return found


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-6


class LinePlot(pg.PlotWidget):  # type: ignore[misc]
    """Lines over a shared x. The newest line is on top; colours are token names and follow the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.times = TimeAxis("bottom")
        self.amounts = AmountAxis("right")
        super().__init__(parent, axisItems={"bottom": self.times, "right": self.amounts})
        self._lines: list[tuple[Any, str, bool]] = []
        self._is_dimmed = False
        item = self.getPlotItem()
        item.showAxis("right")
        item.hideAxis("left")
        # Said to the plot, which gives every line it takes in its own settings.
        item.setClipToView(True)
        item.setDownsampling(auto=True, mode="peak")
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=False, y=False)
        item.setContentsMargins(0, 0, 0, 0)
        self.setFrameShape(self.Shape.NoFrame)
        for axis in (self.times, self.amounts):
            axis.setStyle(tickLength=0, tickTextOffset=6)
        self.amounts.setWidth(58)
        # Opaque lines: translucent ones at three levels were two thirds of a pan's cost.
        self.amounts.setGrid(255)
        self.amounts.setZValue(-1000)
        look().themeChanged.connect(self.dress)
        self.dress()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the page, not the curve."""
        event.ignore()

    def add_line(self, token: str, *, fill: bool = False) -> Any:
        """A line without points; give it some with `draw`."""
        line = pg.PlotDataItem(skipFiniteCheck=True)
        self.addItem(line)
        self._lines.append((line, token, fill))
        if fill:
            line.setFillLevel(0.0)
        self._dress_line(line, token, fill)
        return line

    def draw(self, line: Any, x: Floats, y: Floats) -> None:
        """Show these points, x ascending and every value finite."""
        smooth = len(x) <= SMOOTH_UP_TO
        line.setData(x, y, antialias=smooth)
        self._dress_line(line, *next((token, fill) for each, token, fill in self._lines if each is line))

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the lines paler: what they show is old."""
        if dimmed != self._is_dimmed:
            self._is_dimmed = dimmed
            self.dress()

    def dress(self) -> None:
        """Wear the current theme."""
        t = look().tokens
        self.setBackground(QColor(t.surface))
        for axis in (self.times, self.amounts):
            axis.setPen(QColor(0, 0, 0, 0))
            axis.setTextPen(QColor(t.muted))
            axis.setTickFont(_found(font(Text.CAPTION)))
        self.amounts.setTickPen(QColor(mixed(t.line, t.surface, 0.6)))
        self.times.setTickPen(QColor(t.surface))
        for line, token, fill in self._lines:
            self._dress_line(line, token, fill)

    def _dress_line(self, line: Any, token: str, fill: bool) -> None:
        t = look().tokens
        colour = QColor(mixed(t[token], t.surface, STALE_SHARE)) if self._is_dimmed else look().colour(token)
        count = 0 if line.xData is None else len(line.xData)
        pen = QPen(colour, SMOOTH_WIDTH if 0 < count <= SMOOTH_UP_TO else 1)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        line.setPen(pen)
        if fill:
            shade = QColor(colour)
            shade.setAlphaF(0.12)
            line.setFillBrush(shade)
