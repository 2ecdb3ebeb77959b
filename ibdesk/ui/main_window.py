"""The window itself: the environment's stripe, what covers the desk, its title, its place on the screens.

It is light on purpose: before the first paint it needs Qt, the theme and nothing else (goal G6), so the desk's own view
and everything behind it is imported by whoever opens a desk.
"""

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QFrame, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.icons import pixmap
from ibdesk.ui.theme import look

STRIPE = 3
SMALLEST, USUAL = QSize(860, 600), QSize(1440, 900)
GEOMETRY = "window/geometry"
#: This much of the window's width must lie on a screen, or it is pulled back.
REACHABLE = 120


class MainWindow(QMainWindow):
    """Shows either one desk or a cover (unlock, wizard, start). Emits `closing` instead of closing: work has to end
    first; `close_for_good` then closes it."""

    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._desk_view: QWidget | None = None
        self._may_close = False
        self.stripe = QFrame()
        self.stripe.setProperty("kind", "stripe")
        self.stripe.setFixedHeight(STRIPE)
        self.stack = QStackedWidget()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stripe)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        self.setMinimumSize(SMALLEST)
        self.name("")
        look().themeChanged.connect(self._show_icon)
        self._show_icon()
        self._restore_place()

    def name(self, text: str) -> None:
        """Set the title after the product's name: environment and account."""
        self.setWindowTitle(f"ibdesk — {text}" if text else "ibdesk")
        self.stripe.setAccessibleName(f"Environment: {look().theme.environment.value}")

    def cover(self, widget: QWidget) -> None:
        """Show this instead of the desk; what covered it before is deleted."""
        self.uncover()
        self.stack.setCurrentIndex(self.stack.addWidget(widget))
        widget.setFocus()

    def uncover(self) -> None:
        """Take the cover away; the desk behind is as it was."""
        for index in reversed(range(self.stack.count())):
            widget = self.stack.widget(index)
            if widget is not None and widget is not self._desk_view:
                self.stack.removeWidget(widget)
                widget.hide()
                widget.deleteLater()

    @property
    def is_covered(self) -> bool:
        """Whether something is shown instead of the desk."""
        return self.stack.currentWidget() is not self._desk_view

    def show_desk(self, view: QWidget) -> None:
        """Show this desk's view."""
        self.forget_desk()
        self._desk_view = view
        self.stack.setCurrentIndex(self.stack.addWidget(view))
        self.uncover()

    def forget_desk(self) -> None:
        """Drop the desk's view: its vault is closed."""
        view, self._desk_view = self._desk_view, None
        if view is not None:
            self.stack.removeWidget(view)
            view.hide()
            view.deleteLater()

    def close_for_good(self) -> None:
        """Close, now that all work has ended."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        QSettings().setValue(GEOMETRY, self.saveGeometry())
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.closing.emit()

    def _show_icon(self) -> None:
        made = QIcon()
        for size in (16, 24, 32, 48, 64, 128):
            made.addPixmap(pixmap("logo", look().colour("environment"), size))
        self.setWindowIcon(made)

    def _restore_place(self) -> None:
        saved = QSettings().value(GEOMETRY)
        if saved is None or not self.restoreGeometry(saved):
            self.resize(USUAL)
        self.pull_back()

    def pull_back(self) -> None:
        """Bring the window onto a screen where it can be reached, no larger than that screen."""
        if self.windowState() & Qt.WindowState.WindowMaximized:
            return
        frame = self.geometry()
        for screen in QGuiApplication.screens():
            seen = screen.availableGeometry().intersected(frame)
            if seen.width() >= REACHABLE and seen.height() >= REACHABLE and seen.top() == frame.top():
                return
        room = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(frame.size().boundedTo(room.size()))
        self.move(room.center() - self.rect().center())
