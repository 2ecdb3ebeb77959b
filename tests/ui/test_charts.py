"""The charts: what they draw, what they say to those who do not see them, and what keys do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.charts import sparkline
from ibdesk.ui.charts.donut import Donut, Slice
from ibdesk.ui.charts.equity import EquityChart
from ibdesk.ui.charts.plot import AmountAxis, LinePlot, TimeAxis, seconds, short
from tests.ui.sample_book import equity
from tests.ui.sample_rooms import points


@pytest.fixture
def chart(dressed: QApplication, qtbot: QtBot) -> Iterator[EquityChart]:
    made = EquityChart()
    qtbot.addWidget(made)
    made.resize(600, 240)
    with qtbot.waitExposed(made):
        made.show()
    yield made


def test_a_line_is_clipped_downsampled_by_peaks_and_not_searched_for_infinities(dressed: QApplication) -> None:
    plot = LinePlot()
    line = plot.add_line("accent")
    plot.draw(line, np.arange(100_000.0), np.ones(100_000))
    assert line.opts["clipToView"] is True
    assert line.opts["autoDownsample"] is True
    assert line.opts["downsampleMethod"] == "peak"
    assert line.opts["skipFiniteCheck"] is True
    assert line.opts["pen"].widthF() == 1
    assert line.xData.dtype == np.float64
    plot.close()


def test_the_curve_has_every_point_and_starts_and_ends_where_it_says(chart: EquityChart) -> None:
    chart.set(equity(), "USD")
    x, y = chart._line.getOriginalDataset()
    assert len(x) == len(equity())
    assert y[-1] == pytest.approx(1284930.42)
    assert chart.accessibleDescription().endswith(f"to $1,284,930.42 on 2026-11-20, {len(equity())} values")


def test_the_arrow_keys_read_the_curve_and_escape_ends_it(chart: EquityChart, qtbot: QtBot) -> None:
    chart.set(points("100", "110", "121.5"), "USD")
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.readout.isVisible()
    assert "$110.00" in chart.readout.text()
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert "$121.50" in chart.readout.text()
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert not chart.readout.isVisible()


def test_the_readout_names_the_benchmark(chart: EquityChart, qtbot: QtBot) -> None:
    chart.set(points("100", "110", "121"), "USD", points("100", "90", "95"), "SPY")
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert "SPY $90.00" in chart.readout.text()


def test_a_flat_curve_and_a_single_point_are_drawn_too(chart: EquityChart) -> None:
    for values in (("5", "5", "5"), ("7",), ("0", "0")):
        chart.set(points(*values), "USD")
        assert not chart.grab().isNull()


def test_the_chart_follows_the_theme(chart: EquityChart, dressed: QApplication) -> None:
    chart.set(points("1", "2"), "USD")
    dark = chart._line.opts["pen"].color().name()
    theme.apply(dressed, theme.Theme(name=ThemeName.LIGHT))
    assert chart._line.opts["pen"].color().name() != dark


@pytest.mark.parametrize(
    ("value", "spacing", "text"),
    [(1_284_930, 0.0, "1 M"), (1_250_000, 50_000.0, "1.25 M"), (1_200_000, 200_000.0, "1.2 M"),
     (-3_500, 500.0, "−3.5 K"), (12, 1.0, "12")],
)
def test_axes_write_amounts_in_few_letters(value: float, spacing: float, text: str) -> None:
    if spacing:
        assert short(value, spacing) == text
    else:
        assert short(value, 1e6) == text


def test_amounts_stand_at_round_steps(dressed: QApplication) -> None:
    (step, found), = AmountAxis("right").tickValues(1.13e6, 1.38e6, 200)
    assert step == 50_000
    assert found == [1.15e6, 1.2e6, 1.25e6, 1.3e6, 1.35e6]


def test_months_are_labelled_on_their_first_day_in_new_york(dressed: QApplication) -> None:
    axis = TimeAxis("bottom")
    axis.zone = NEW_YORK
    low, high = seconds([datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)])
    (spacing, found), = axis.tickValues(float(low), float(high), 500)
    days = [datetime.fromtimestamp(each, UTC).astimezone(NEW_YORK) for each in found]
    assert all((day.day, day.hour) == (1, 0) for day in days)
    assert axis.tickStrings(found, 1.0, spacing)[0] == "Apr 2026"


def test_days_begin_at_new_yorks_midnight(dressed: QApplication) -> None:
    axis = TimeAxis("bottom")
    axis.zone = NEW_YORK
    low, high = seconds([datetime(2026, 11, 12, 15, tzinfo=UTC), datetime(2026, 11, 19, 15, tzinfo=UTC)])
    (spacing, found), = axis.tickValues(float(low), float(high), 600)
    assert {datetime.fromtimestamp(each, UTC).astimezone(NEW_YORK).hour for each in found} == {0}
    assert axis.tickStrings(found, 1.0, spacing)[0].endswith(" Nov")


def test_a_rings_slices_fill_the_circle_and_crumbs_stay_visible(dressed: QApplication, qtbot: QtBot) -> None:
    ring = Donut()
    qtbot.addWidget(ring)
    ring.set(
        [Slice("Stocks", 0.7, "70 %"), Slice("Cash", 0.2999, "30 %"), Slice("Crypto", 0.0001, "0.0 %", True)],
        caption="Value", value="$1.28 M",
    )
    angles = ring.angles()
    assert sum(width for _, width in angles) == pytest.approx(360)
    assert angles[2][1] > 1
    assert ring.accessibleDescription() == "Stocks 70 %; Cash 30 %; Crypto 0.0 %"
    ring.resize(180, 180)
    assert not ring.grab().isNull()


def test_the_keys_walk_round_the_ring(dressed: QApplication, qtbot: QtBot) -> None:
    ring = Donut()
    qtbot.addWidget(ring)
    ring.set([Slice("A", 0.5, "50 %"), Slice("B", 0.5, "50 %")], caption="Value", value="$1")
    seen: list[int] = []
    ring.pointed.connect(seen.append)
    for _ in range(3):
        qtbot.keyClick(ring, Qt.Key.Key_Right)
    assert seen == [0, 1, 0]


def test_pointing_at_a_slice_names_it(dressed: QApplication, qtbot: QtBot) -> None:
    ring = Donut()
    qtbot.addWidget(ring)
    ring.resize(180, 180)
    ring.set([Slice("A", 0.5, "50 %"), Slice("B", 0.5, "50 %")], caption="Value", value="$1")
    with qtbot.waitExposed(ring):
        ring.show()
    middle = ring.rect().center()
    assert ring._slice_under(QRectF(middle.x() + 72, middle.y(), 1, 1).topLeft()) == 0
    assert ring._slice_under(QRectF(middle.x() - 72, middle.y(), 1, 1).topLeft()) == 1
    assert ring._slice_under(QRectF(middle.x(), middle.y(), 1, 1).topLeft()) == -1


def test_an_empty_ring_is_drawn_without_slices(dressed: QApplication, qtbot: QtBot) -> None:
    ring = Donut()
    qtbot.addWidget(ring)
    ring.set([], caption="Value", value="—")
    assert ring.angles() == []
    assert not ring.grab().isNull()


def test_a_sparkline_rises_upwards_and_a_flat_one_lies_in_the_middle() -> None:
    area = QRectF(0, 0, 100, 20)
    up = sparkline.polyline([Decimal(1), Decimal(2), Decimal(4)], area)
    assert [point.y() for point in up] == sorted((point.y() for point in up), reverse=True)
    assert (up[0].x(), up[2].x(), up[2].y()) == (0, 100, 0)
    flat = sparkline.polyline([Decimal(3), Decimal(3)], area)
    assert {point.y() for point in flat} == {10}
    assert (sparkline.way([1, 2]), sparkline.way([2, 1]), sparkline.way([1]), sparkline.way([])) == (1, -1, 0, 0)
