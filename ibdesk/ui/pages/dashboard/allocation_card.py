"""The card of the allocation: the ring, and the legend that says the same in words and figures."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from ibdesk.domain.portfolio import Share
from ibdesk.ui import format as fmt
from ibdesk.ui.charts.donut import Donut, Slice, series_colour
from ibdesk.ui.models.view import State, View
from ibdesk.ui.widgets import Card, EmptyState, Label, Segmented, SkeletonRows

#: More parts than this are one line "n more": a ring of crumbs tells nothing.
MOST_PARTS = 7
#: A low card shows fewer lines, so that none is cut; below this it scrolls.
FEWEST_PARTS = 3
#: Pixels between two lines.
GAP = 3


class AllocationCard(Card):
    """By class, currency or sector, cash included, of the sum of absolute values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Allocation", parent=parent)
        self._view = View()
        self._drawn: tuple[object, ...] | None = None
        self._is_stale = False
        self._shares: Sequence[Share] = ()
        self._most = MOST_PARTS
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
        self._grid.setVerticalSpacing(GAP)
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[_Swatch, Label, Label]] = []
        self._rest = Label(tone="muted")
        self._grid.addWidget(self._rest, MOST_PARTS, 1, 1, 2)
        self._places = QStackedWidget()
        self._full = QWidget()
        row = QHBoxLayout(self._full)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.donut, 3)
        self._scroll = scroll = _Scroll()
        scroll.resized.connect(self._fit)
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
            for _, name, percent in self._lines:
                for label in (name, percent):
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
        """Say other words on the labels that are there: prices move these shares all the time."""
        self._shares, self._most = shares, self._room_for(len(shares))
        shown, tone = shares[:self._most], "muted" if self._is_stale else ""
        for at in range(len(self._lines), len(shown)):
            self._add_line(at)
        for at, line in enumerate(self._lines):
            for part in line:
                part.setVisible(at < len(shown))
        for share, (_, name, percent) in zip(shown, self._lines, strict=False):
            owed = fmt.sign(share.value) < 0
            name.setText(f"{share.name} (short)" if owed else share.name)
            percent.setText(_percent(share))
            for label in (name, percent):
                label.set_tone(tone)
                label.setToolTip(fmt.money(share.value, base))
        more = len(shares) - self._most
        self._rest.setVisible(more > 0)
        self._rest.setText(f"{more} more, each smaller")
        self._rest.setToolTip("\n".join(f"{share.name} {_percent(share)}" for share in shares[self._most:]))

    def _room_for(self, parts: int) -> int:
        """How many parts have a line of their own: all, or as many as leave the line "n more" its place."""
        height = self._scroll.viewport().height()
        if not self._scroll.isVisible() or height <= 0:
            return MOST_PARTS
        lines = (height + GAP) // (self._rest.sizeHint().height() + GAP)
        return parts if parts <= min(lines, MOST_PARTS) else max(FEWEST_PARTS, min(MOST_PARTS, lines - 1))

    def _fit(self) -> None:
        """Another height: more lines, or fewer."""
        if self._shares and self._room_for(len(self._shares)) != self._most:
            self._fill_legend(self._shares, self._view.base)

    def _add_line(self, at: int) -> None:
        line = _Swatch(at, self), Label(), Label()
        line[2].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, part in enumerate(line):
            self._grid.addWidget(part, at, column)
        self._lines.append(line)

    def _point(self, at: int) -> None:
        for place, (_, name, _percent) in enumerate(self._lines):
            name.set_tone("accent" if place == at else "muted" if self._is_stale else "")


class _Scroll(QScrollArea):
    """Tells when there is another height to fill."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.resized.emit()


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
