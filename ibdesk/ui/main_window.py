"""The window itself: the environment's stripe, what covers the desk, its title, its place on the screens.

Before the first paint it needs Qt and nothing of ours (goal G6): it draws the outline of the unlock card in the colours
it wore last. `dress` follows the theme from then on. The desk's own view is made by whoever opens a desk. The namespace
`Qt` is left out on purpose: importing its enums alone costs 15 ms.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSettings, QSize, Signal
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from ibdesk.domain.modes import Mode

STRIPE = 3
SMALLEST, USUAL = QSize(860, 600), QSize(1440, 900)
GEOMETRY, COLOURS = "window/geometry", "window/colours"
#: This much of the window's width must lie on a screen, or it is pulled back.
REACHABLE = 120
#: What the system's title bar takes of a screen's height before it has told us, in pixels.
TITLE_BAR = 36
#: bg, surface, line and stripe of a first start: the dark theme's and the demo's (tokens.toml).
FIRST_COLOURS = ["#0d1014", "#14181e", "#262e39", "#9b7bff"]


class MainWindow(QMainWindow):
    """Shows either one desk or a cover (unlock, wizard, start). Emits `closing` instead of closing: work has to end
    first; `close_for_good` then closes it."""

    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._desk_view: QWidget | None = None
        self._may_close = False
        self._mode: Mode | None = None
        colours = _last_colours()
        self.stripe = QFrame()
        self.stripe.setFixedHeight(STRIPE)
        _fill(self.stripe, colours[3])
        self.stack = QStackedWidget()
        self.outline = _Outline(colours)
        self.stack.addWidget(self.outline)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stripe)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        self.setMinimumSize(SMALLEST)
        self.name("")
        self._restore_place()

    def dress(self) -> None:
        """Wear the theme's colours, now and whenever it changes."""
        from ibdesk.ui.theme import look

        self.stripe.setProperty("kind", "stripe")
        look().themeChanged.connect(self._follow_theme)
        self._follow_theme()

    def wear_mode(self, mode: "Mode | None") -> None:
        """Say the mode in the window's icon too; None while no desk is open."""
        self._mode = mode
        self._follow_theme()

    def name(self, text: str) -> None:
        """Set the title after the product's name: environment and account."""
        self.setWindowTitle(f"ibdesk — {text}" if text else "ibdesk")

    def cover(self, widget: QWidget) -> None:
        """Show this instead of the desk; what covered it before is deleted."""
        self.stack.setCurrentIndex(self.stack.addWidget(widget))
        self._remove_all_but(widget)
        widget.setFocus()

    def uncover(self) -> None:
        """Take the cover away; the desk behind is as it was, and no button of it is about to be pressed."""
        self._remove_all_but(None)
        if self._desk_view is not None:
            self._desk_view.setFocus()

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

    def come_forward(self) -> None:
        """Stand in front of other programs' windows, as far as the system allows."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def pull_back(self) -> None:
        """Bring the window onto a screen where it can be reached, no larger than that screen."""
        if self.isMaximized():
            return
        frame = self.geometry()
        for screen in QGuiApplication.screens():
            room = screen.availableGeometry()
            seen = room.intersected(frame)
            if seen.width() >= REACHABLE and seen.height() >= REACHABLE and seen.top() == frame.top():
                break
        else:
            room = QGuiApplication.primaryScreen().availableGeometry()
            self._place(room)
            return
        if frame.width() > room.width() or frame.height() > room.height() - TITLE_BAR:
            self._place(room)

    def _place(self, room: QRect) -> None:
        """Into the middle of a screen's room and no larger; `move` says where the title bar begins."""
        inside = room.adjusted(0, 0, 0, -TITLE_BAR)
        self.resize(self.size().boundedTo(inside.size()))
        left, top = (inside.width() - self.width()) // 2, (inside.height() - self.height()) // 2
        self.move(inside.left() + max(left, 0), inside.top() + max(top, 0))

    def closeEvent(self, event: QCloseEvent) -> None:
        QSettings().setValue(GEOMETRY, self.saveGeometry())
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.closing.emit()

    def _remove_all_but(self, kept: QWidget | None) -> None:
        for index in reversed(range(self.stack.count())):
            widget = self.stack.widget(index)
            if widget is not None and widget is not self._desk_view and widget is not kept:
                self.stack.removeWidget(widget)
                widget.hide()
                widget.deleteLater()

    def _follow_theme(self) -> None:
        from ibdesk.domain.modes import face_of
        from ibdesk.ui.modes.badge import badged
        from ibdesk.ui.theme import look

        wearing = look()
        self.setWindowIcon(badged(self._mode, wearing.colour("environment"), wearing.colour("ink")))
        word = wearing.theme.environment.value if self._mode is None else face_of(self._mode).word
        self.stripe.setAccessibleName(f"Environment: {word}")
        names = ("bg", "surface", "line", "environment")
        QSettings().setValue(COLOURS, [wearing.tokens[name] for name in names])

    def _restore_place(self) -> None:
        saved = QSettings().value(GEOMETRY)
        if saved is None or not self.restoreGeometry(saved):
            self.resize(USUAL)
        self.pull_back()


class _Outline(QWidget):
    """The ground and the outline of a card, for the moment before the theme is read.

    Filled widgets instead of a painter: QPainter's overloads bring in all of `Qt`.
    """

    def __init__(self, colours: list[QColor]) -> None:
        super().__init__()
        ground, surface, line, _ = colours
        _fill(self, ground)
        self._card = QWidget(self)
        inside = QWidget(self._card)
        _fill(self._card, line)
        _fill(inside, surface)
        self._card.resize(420, 240)
        inside.setGeometry(1, 1, 418, 238)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._card.move((self.width() - 420) // 2, self.height() // 2 - 150)


def _fill(widget: QWidget, colour: QColor) -> None:
    wearing = widget.palette()
    wearing.setColor(QPalette.ColorRole.Window, colour)
    widget.setPalette(wearing)
    widget.setAutoFillBackground(True)


def _last_colours() -> list[QColor]:
    saved = QSettings().value(COLOURS)
    if not isinstance(saved, list) or len(saved) != len(FIRST_COLOURS):
        saved = FIRST_COLOURS
    return [QColor(str(colour)) for colour in saved]
