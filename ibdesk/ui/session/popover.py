"""A card that hangs below a button of the header, over the page: Esc, a click beside it or walking out close it."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsDropShadowEffect, QVBoxLayout, QWidget

#: Between the button and the card, and to the window's edges.
GAP, EDGE = 8, 12


class Popover(QWidget):
    """Lies over `parent` like a pane of glass and holds `content` in a card below `anchor`, `width` pixels wide."""

    closed = Signal()

    def __init__(self, content: QWidget, anchor: QWidget, parent: QWidget, *, width: int) -> None:
        super().__init__(parent)
        self._anchor, self._width, self._below = anchor, width, parent
        self._focus_before: QWidget | None = None
        self.card = QFrame(self)
        self.card.setProperty("kind", "card")
        self.card.setAccessibleName(content.accessibleName())
        column = QVBoxLayout(self.card)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)
        shadow = QGraphicsDropShadowEffect(self.card)
        shadow.setBlurRadius(36)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 110))
        self.card.setGraphicsEffect(shadow)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show it; the content takes the focus itself."""
        self._focus_before = self.window().focusWidget()
        self.setGeometry(self._below.rect())
        self.show()
        self.raise_()
        self.place()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    def shut(self) -> None:
        """Close and give the focus back, where nobody took it meanwhile."""
        if not self.isVisible():
            return
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.disconnect(self._focus_moved)
        inside = self._holds(self.window().focusWidget())
        self.hide()
        if inside and self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._focus_before = None
        self.closed.emit()

    def place(self) -> None:
        """Put the card under its anchor, inside the window."""
        width = min(self._width, self.width() - 2 * EDGE)
        self.card.setFixedWidth(width)
        layout = self.card.layout()
        assert layout is not None  # noqa: S101 - made in __init__
        for widget in self.card.findChildren(QWidget):
            if widget.layout() is not None:
                widget.layout().activate()  # type: ignore[union-attr]
        layout.activate()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else self.card.sizeHint().height()
        below = self._anchor.mapTo(self._below, QPoint(0, self._anchor.height() + GAP))
        left = max(EDGE, min(below.x(), self.width() - width - EDGE))
        self.card.setGeometry(left, below.y(), width, min(height, self.height() - below.y() - EDGE))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._below.rect())
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()
        QTimer.singleShot(0, self, self.place)  # once more when the header has moved its pill

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.shut()

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        """A walk with Tab out of the card closes it; another window in front does not."""
        if new is not None and new.window() is self.window() and not self._holds(new):
            self.shut()

    def _holds(self, widget: QWidget | None) -> bool:
        return widget is not None and (widget is self or self.isAncestorOf(widget))
