"""A switch: on or off at a glance, by position as much as by colour."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ibdesk.ui.theme import look

_SIZE = QSize(42, 24)


class Switch(QAbstractButton):
    """Checkable with click and Space."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look().themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return _SIZE

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(3, 3, 36, 18)
        is_on = self.isChecked()
        fill = "faint" if not self.isEnabled() else "accent" if is_on else "raised"
        painter.setPen(QPen(look().colour("faint" if not is_on else fill), 1))
        painter.setBrush(look().colour(fill))
        painter.drawRoundedRect(track, 9, 9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("ink" if is_on else "muted"))
        painter.drawEllipse(QRectF(23 if is_on else 5, 5, 14, 14))
        if self.hasFocus():
            painter.setPen(QPen(look().colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(1, 1, 40, 22), 11, 11)
