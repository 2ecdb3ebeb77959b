"""The designed states of a place without data: empty, loading, and something to say above it."""


from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.ui.icons import paint_icon
from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets.buttons import Button, IconButton
from ibdesk.ui.widgets.labels import Label

#: What each tone's banner shows beside its colour.
BANNER_ICONS = {"warn": "warn", "loss": "warn", "accent": "info", "gain": "check"}


class Icon(QWidget):
    """An icon as a picture, in the colour of a token."""

    def __init__(self, name: str, *, tone: str = "muted", size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._tone, self._size = name, tone, size
        self.setFixedSize(size, size)
        look().themeChanged.connect(self.update)

    def set(self, name: str, tone: str) -> None:
        """Show another icon or colour."""
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_icon(painter, self._name, QRectF(0, 0, self._size, self._size), look().colour(self._tone))


class EmptyState(QWidget):
    """Says what is missing and why, and offers the one button that helps."""

    pressed = Signal()

    def __init__(
        self, icon: str, title: str, why: str, *, action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = Label(title, bold=True)
        self.why = Label(why, tone="muted", wrap=True)
        self.button = Button(action)
        self.button.clicked.connect(self.pressed)
        self._icon = Icon(icon, tone="faint", size=36)
        self._stack()
        self.set(title, why, action=action, icon=icon)

    def set(self, title: str, why: str, *, action: str = "", icon: str = "") -> None:
        """Say something else."""
        self.title.setText(title)
        self.why.setText(why)
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))
        self.setAccessibleName(title)
        self.setAccessibleDescription(why)
        if icon:
            self._icon.set(icon, "faint")

    def make_brief(self) -> None:
        """Without icon and with little air, for a low place."""
        self._icon.hide()
        column = self.layout()
        if column is not None:
            column.setContentsMargins(16, 0, 16, 8)
            column.setSpacing(2)
        self.why.setMaximumWidth(720)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self.title, self.why):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.title)
        # A wrapped label asks for its narrowest height; a fixed measure keeps the lines short and the height right.
        self.why.setMinimumWidth(280)
        self.why.setMaximumWidth(460)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.why, 4)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(4)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)


class SkeletonRows(QWidget):
    """Grey bars where a table will appear. They do not move: nothing flashes on this desk."""

    def __init__(self, rows: int = 8, *, columns: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows, self._columns = rows, columns
        self.setAccessibleName("Loading")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look().themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, self._rows * look().row_height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("raised"))
        height, width = look().row_height, (self.width() - 16) / (self._columns + 1)
        for row in range(min(self._rows, self.height() // height)):
            for column in range(self._columns):
                painter.drawRoundedRect(self._bar(row, column, width, height), 4, 4)

    @staticmethod
    def _bar(row: int, column: int, width: float, height: int) -> QRectF:
        """The first column is text and left aligned, the others are numbers of different length, right aligned."""
        top = row * height + height / 2 - 5
        if column == 0:
            return QRectF(14, top, width * (1.2 + 0.15 * (row % 3)), 10)
        long = width * (0.45 + 0.1 * ((row * 7 + column * 3) % 3))
        return QRectF(14 + (column + 2) * width - long - 12, top, long, 10)


class Banner(QFrame):
    """One sentence above a page with one action. `tone` is warn, loss, accent or gain."""

    pressed = Signal()
    closed = Signal()

    def __init__(
        self, text: str = "", *, tone: str = "warn", action: str = "", closable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self.icon = Icon(BANNER_ICONS[tone], tone=tone)
        self.text = Label(text, wrap=True)
        self.detail = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.button = Button(action)
        self.close_button = IconButton("cross", "Dismiss")
        self.button.clicked.connect(self.pressed)
        self.close_button.clicked.connect(self.closed)
        self._row()
        self.close_button.setVisible(closable)
        self.set(text, tone=tone, action=action)

    def set(self, text: str, *, detail: str = "", tone: str = "warn", action: str = "") -> None:
        """Say something else."""
        self.text.setText(text)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))
        self.icon.set(BANNER_ICONS[tone], tone)
        self.setAccessibleName(text)
        self.setAccessibleDescription(detail)
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)

    def _row(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.text)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)


def labelled(text: str, field: QWidget, *, hint: str = "") -> QVBoxLayout:
    """A field under its label; the label names it for screen readers, the hint describes it."""
    column = QVBoxLayout()
    column.setSpacing(4)
    label = QLabel(text)
    label.setBuddy(field)
    column.addWidget(label)
    column.addWidget(field)
    field.setAccessibleName(text)
    if hint:
        column.addWidget(Label(hint, kind=Text.CAPTION, tone="muted", wrap=True))
        field.setAccessibleDescription(hint)
    return column


