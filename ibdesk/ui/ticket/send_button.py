"""The button that sends: pressed where no real money is, held down where it is, by mouse and by keys alike."""

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from ibdesk.ui.bridge import FRAME_MS
from ibdesk.ui.theme import Text, font, look, metrics
from ibdesk.ui.widgets import PrimaryButton

#: How long a live send is held (shared look, rule 1): long enough that no slip of the finger lasts so long.
HOLD_MS = 800
_KEYS = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})
_HINT = "Ctrl ↵"


class SendButton(PrimaryButton):
    """`sent` comes once for each press, or for each hold that lasted. `hold_ms` is how long a hold lasts."""

    sent = Signal()

    def __init__(self, text: str = "Send", *, hold_ms: int = HOLD_MS, parent: QWidget | None = None) -> None:
        super().__init__(text, parent=parent)
        self.is_held = False
        self._hold_ms = hold_ms
        self._since = QElapsedTimer()
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._tick)
        self.setMinimumHeight(36)

    def set_words(self, text: str, *, is_held: bool) -> None:
        """What it says, and whether it has to be held."""
        self.is_held = is_held
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip("Hold it down, or Ctrl+Enter" if is_held else "Ctrl+Enter")

    @property
    def progress(self) -> float:
        """How much of the hold has passed, 0.0 to 1.0."""
        return min(1.0, self._since.elapsed() / self._hold_ms) if self._frames.isActive() else 0.0

    def press(self) -> None:
        """Send, or begin to hold: somebody presses the keys that send."""
        if not self.isEnabled():
            return
        if not self.is_held:
            self.sent.emit()
        elif not self._frames.isActive():
            self._since.start()
            self._frames.start()
            application = QApplication.instance()
            assert application is not None  # noqa: S101 - widgets need one
            application.installEventFilter(self)

    def let_go(self) -> None:
        """Released too early: nothing happened."""
        if self._frames.isActive():
            self._frames.stop()
            application = QApplication.instance()
            if application is not None:
                application.removeEventFilter(self)
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While it is held, any key or button let go and any other window ends it."""
        kinds = (QEvent.Type.KeyRelease, QEvent.Type.MouseButtonRelease, QEvent.Type.ApplicationDeactivate,
                 QEvent.Type.WindowDeactivate)  # fmt: skip
        is_repeat = isinstance(event, QKeyEvent) and event.isAutoRepeat()
        if event.type() in kinds and not is_repeat:
            self.let_go()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and self.is_held:
            self.press()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.let_go()
        is_inside = self.rect().contains(event.position().toPoint())
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and is_inside and not self.is_held:
            self.press()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS and not event.isAutoRepeat():
            self.press()
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        elif event.key() not in _KEYS:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS:
            if not event.isAutoRepeat():
                self.let_go()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.let_go()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.let_go()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        done = self.progress
        if done > 0:
            self._paint_hold(painter, done)
        elif self.isEnabled() and self.width() > 210:
            self._paint_hint(painter)

    def _paint_hold(self, painter: QPainter, done: float) -> None:
        """The bar fills over the button, and the words stay readable on both its parts."""
        box = QPainterPath()
        box.addRoundedRect(QRectF(self.rect()), metrics().control_radius, metrics().control_radius)
        painter.setClipPath(box)
        painter.fillRect(QRectF(0, 0, self.width() * done, self.height()), look().colour("text"))
        painter.setClipRect(QRectF(0, 0, self.width() * done, self.height()))
        painter.setFont(self.font())
        painter.setPen(look().colour("bg"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())

    def _paint_hint(self, painter: QPainter) -> None:
        painter.setFont(font(Text.CAPTION))
        wide = painter.fontMetrics().horizontalAdvance(_HINT) + 10
        box = QRectF(self.width() - wide - 10, self.height() / 2 - 8.5, wide, 17)
        ink = look().colour("ink")
        painter.setPen(ink)
        painter.setOpacity(0.65)
        painter.drawRoundedRect(box, 4, 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _HINT)

    def _tick(self) -> None:
        self.update()
        if self._since.elapsed() >= self._hold_ms:
            self.let_go()
            self.sent.emit()
