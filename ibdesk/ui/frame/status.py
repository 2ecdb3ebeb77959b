"""The line at the bottom that tells the machinery: gateway, request budget, database, the demo's menu, market clock."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ibdesk.ui.frame.demo_menu import DemoMenu
from ibdesk.ui.frame.wording import Words
from ibdesk.ui.theme import Text, look
from ibdesk.ui.widgets import Label, hold_size, paint_dot

HEIGHT = 28
#: Below this width the gateway says only where it is, and the database keeps to itself.
ROOMY = 1040
#: Below this width the demo's menu only counts what it broke.
BROAD = 1400


class StatusLine(QFrame):
    """Shows what it is told; says less of the request budget and the gateway in a narrow window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "band")
        self.setFixedHeight(HEIGHT)
        self.dot = _Dot()
        self.gateway, self.rate, self.database, self.market = (_part(name) for name in _NAMES)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.dot)
        row.addWidget(self.gateway)
        for part in (self.rate, self.database):
            row.addSpacing(12)
            row.addWidget(part)
        self.demo = DemoMenu()
        row.addSpacing(4)
        row.addWidget(self.demo)
        row.addStretch(1)
        row.addWidget(self.market)
        self.market.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show_gateway(self, words: Words) -> None:
        """Where the gateway is and how fast it answers."""
        self.demo.set_narrow(self.width() < BROAD)
        self.dot.set(words.tone)
        _say(self.gateway, words.full if self.width() >= ROOMY else words.short, words)

    def show_rate(self, words: Words) -> None:
        """How much of the request budget is in use."""
        self.rate.set_tone(words.tone or "muted")
        _say(self.rate, words.full if self.width() >= 760 else words.short, words)

    def show_database(self, text: str) -> None:
        """What the vault takes on disk."""
        _say(self.database, text, None)
        self.database.setVisible(self.width() >= ROOMY)

    def show_market(self, text: str) -> None:
        """The exchange's state and clock."""
        _say(self.market, text, None)


_NAMES = ("Gateway", "Request budget", "Database", "Market clock")


def _part(name: str) -> Label:
    label = Label("", kind=Text.CAPTION, tone="muted")
    label.setObjectName(name)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return label


def _say(label: Label, text: str, words: Words | None) -> None:
    if text != label.text():
        label.setText(text)
        label.setAccessibleName(f"{label.objectName()}: {text}")
        hold_size(label)
    tip = words.tip if words is not None else ""
    if tip != label.toolTip():
        label.setToolTip(tip)


class _Dot(QWidget):
    """The mark before the gateway."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = "muted"
        self.setFixedSize(10, 10)
        look().themeChanged.connect(self.update)

    def set(self, tone: str) -> None:
        if tone != self._tone:
            self._tone = tone
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(10, 10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_dot(QPainter(self), QPointF(5, 5), self._tone)
