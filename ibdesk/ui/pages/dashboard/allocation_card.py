"""The card of the allocation: the ring, and the legend that says the same in words and figures."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from ibdesk.domain.portfolio import Share
from ibdesk.ui import format as fmt
from ibdesk.ui.charts.donut import Donut, Slice, series_colour
from ibdesk.ui.models.view import State, View
from ibdesk.ui.widgets import Card, EmptyState, Label, Segmented, SkeletonRows

#: More parts than this are one line "n more": a ring of crumbs tells nothing.
MOST_PARTS = 7


class AllocationCard(Card):
    """By class, currency or sector, cash included, of the sum of absolute values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Allocation", parent=parent)
        self._view = View()
        self._drawn: tuple[object, ...] | None = None
        self._is_stale = False
        self.by = Segmented(
            (("class", "Class"), ("currency", "Currency"), ("sector", "Sector")), name="Allocation by"
        )
        self.by.chosen.connect(lambda _key: self.show_view(self._view))
        self.add_control(self.by)
        self.donut = Donut()
        self.donut.pointed.connect(self._point)
        self._legend = QWidget()
        self._grid = QGridLayout(self._legend)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self._names: list[Label] = []
        self._places = QStackedWidget()
        self._full = QWidget()
        row = QHBoxLayout(self._full)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.donut, 3)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(_centred(self._legend))
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("Allocation, in words")
        row.addWidget(scroll, 4)
        self._skeleton = SkeletonRows(5, columns=2)
        self._empty = EmptyState("portfolio", "Nothing to divide", "")
        for place in (self._skeleton, self._full, self._empty):
            self._places.addWidget(place)
        self.add(self._places, 1)

    def set_stale(self, age: str) -> None:
        """Draw paler what is old, and say how old."""
        self.donut.set_stale(age)
        if bool(age) != self._is_stale:
            self._is_stale = bool(age)
            for label in self._legend.findChildren(Label):
                label.set_tone("muted" if age else "")

    def show_view(self, view: View) -> None:
        """Draw the parts, or say why there are none."""
        self._view = view
        if view.state in (State.LOADING, State.WAITING):
            self._places.setCurrentWidget(self._skeleton)
            self._drawn = None
            return
        drawn = (view.rows, view.ledger, view.base, view.figures, self.by.current, fmt.is_discreet())
        if drawn == self._drawn:
            return
        self._drawn = drawn
        shares = view.shares(self.by.current)
        if not shares:
            self._empty.set("Nothing to divide", view.why_no_sum or "There are no positions and no cash yet.")
            self._places.setCurrentWidget(self._empty)
            return
        self._places.setCurrentWidget(self._full)
        self._draw(shares, view)

    def _draw(self, shares: Sequence[Share], view: View) -> None:
        shown = shares[:MOST_PARTS]
        figures = view.figures
        whole = figures.net_liquidation if figures is not None else None
        self.donut.set(
            [
                Slice(share.name, float(share.percent) / 100, _percent(share), fmt.sign(share.value) < 0)
                for share in shown
            ],
            caption="Value", value=fmt.compact(whole, view.base),
        )
        self._fill_legend(shares, view.base)

    def _fill_legend(self, shares: Sequence[Share], base: str) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._names = []
        for at, share in enumerate(shares[:MOST_PARTS]):
            owed = fmt.sign(share.value) < 0
            tone = "muted" if self._is_stale else ""
            name = Label(f"{share.name} (short)" if owed else share.name, tone=tone)
            percent = Label(_percent(share), tone=tone)
            percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for label in (name, percent):
                label.setToolTip(fmt.money(share.value, base))
            self._grid.addWidget(_Swatch(at, self), at, 0)
            self._grid.addWidget(name, at, 1)
            self._grid.addWidget(percent, at, 2)
            self._names.append(name)
        more = len(shares) - MOST_PARTS
        if more > 0:
            rest = Label(f"{more} more, each smaller", tone="muted")
            rest.setToolTip("\n".join(f"{share.name} {_percent(share)}" for share in shares[MOST_PARTS:]))
            self._grid.addWidget(rest, MOST_PARTS, 1, 1, 2)

    def _point(self, at: int) -> None:
        for place, name in enumerate(self._names):
            name.set_tone("accent" if place == at else "muted" if self._is_stale else "")


class _Swatch(QWidget):
    """The colour of one part; pointing at it points at the slice."""

    def __init__(self, at: int, card: AllocationCard) -> None:
        super().__init__()
        self._at, self._card = at, card
        self.setFixedSize(10, 10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(series_colour(self._at))
        painter.drawRoundedRect(QRectF(0, 0, 10, 10), 2.5, 2.5)

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._card.donut.point_at(self._at)


def _percent(share: Share) -> str:
    """Whole percents, and a tenth for what would read as zero."""
    return fmt.percent(share.percent, 0 if share.percent >= 1 else 1)


def _centred(widget: QWidget) -> QWidget:
    made = QWidget()
    made.setProperty("kind", "page")
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 4, 0)
    row.addWidget(widget, 1, Qt.AlignmentFlag.AlignVCenter)
    return made
