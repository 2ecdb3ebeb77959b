"""The rail of rooms: eight buttons of which one is on, wide with names or narrow with icons."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.ui.icons import paint_icon
from ibdesk.ui.rooms import ROOMS, Room
from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets import line

WIDE, NARROW = 184, 56


class RailButton(QPushButton):
    """One room: icon, name, count, and the accent bar while it is open."""

    def __init__(self, room: Room, number: int) -> None:
        super().__init__()
        self.room, self.count = room, 0
        self._is_narrow = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedHeight(34)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(room.title)
        self.setToolTip(f"{room.title} (Ctrl+{number})")

    def set_narrow(self, narrow: bool) -> None:
        """Icons only."""
        self._is_narrow = narrow
        self.update()

    def set_count(self, count: int) -> None:
        """A number that wants attention; 0 shows none."""
        self.count = count
        self.setAccessibleName(f"{self.room.title}, {count}" if count else self.room.title)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, 34)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._paint_ground(painter)
        tone = "text" if self.isChecked() or self.underMouse() else "muted"
        left = (self.width() - 18) / 2 if self._is_narrow else 12
        paint_icon(painter, self.room.icon, QRectF(left, 8, 18, 18), look().colour(tone))
        if not self._is_narrow:
            painter.setFont(font(bold=self.isChecked()))
            painter.setPen(look().colour(tone))
            painter.drawText(QRectF(40, 0, self.width() - 76, self.height()), _LEFT, self.room.title)
        if self.count:
            self._paint_count(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(1, 0, -1, 0)
        if self.isChecked() or self.underMouse():
            painter.setBrush(look().colour("raised"))
            painter.drawRoundedRect(area, 7, 7)
        if self.isChecked():
            painter.setBrush(look().colour("accent"))
            painter.drawRoundedRect(QRectF(0, 4, 2.5, self.height() - 8), 1.2, 1.2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(look().colour("accent"))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            painter.setPen(Qt.PenStyle.NoPen)

    def _paint_count(self, painter: QPainter) -> None:
        badge = QRectF(self.width() - 32, 9, 22, 16) if not self._is_narrow else QRectF(self.width() - 22, 3, 18, 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("line"))
        painter.drawRoundedRect(badge, 8, 8)
        painter.setFont(font(Text.CAPTION, bold=True))
        painter.setPen(look().colour("text"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(self.count))


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Rail(QFrame):
    """All rooms, top to bottom. Emits `entered(key)` when the person chooses one; arrows move, Enter enters."""

    entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "band")
        self.setAccessibleName("Rooms")
        self.buttons: dict[str, RailButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 12, 8, 12)
        column.setSpacing(2)
        group = 0
        for number, room in enumerate(ROOMS, start=1):
            if room.group != group:
                group = room.group
                column.addSpacing(8)
                column.addWidget(line())
                column.addSpacing(8)
            column.addWidget(self._button(room, number))
        column.addStretch(1)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """Icons only, for small windows."""
        self.setFixedWidth(NARROW if narrow else WIDE)
        for button in self.buttons.values():
            button.set_narrow(narrow)

    def show_room(self, key: str) -> None:
        """Mark the room that is open."""
        self.buttons[key].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        order = list(self.buttons.values())
        here = next((index for index, button in enumerate(order) if button.hasFocus()), None)
        if not step or here is None:
            super().keyPressEvent(event)
            return
        order[(here + step) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)

    def _button(self, room: Room, number: int) -> RailButton:
        button = _Leaving(room, number)
        button.clicked.connect(lambda: self.entered.emit(room.key))
        self.buttons[room.key] = button
        return button


class _Leaving(RailButton):
    """Leaves the arrows to the rail; in an exclusive group Qt would enter a room with each of them."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
