"""The session's lamp in the system's tray: how it stands while the window is elsewhere, and the few things done there.

It speaks of the session alone: no account, no amount. A platform without a tray gets none, and nothing is said of it.
"""

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from ibdesk.domain.truth import Light
from ibdesk.ui.icons import pixmap
from ibdesk.ui.session.lamp import paint_light
from ibdesk.ui.theme import look

#: Pixels; the platforms scale these to what their bars take.
SIZES = (16, 22, 32, 48)
#: How long a notification stays where the platform lets us say, in milliseconds.
STAYS_MS = 10_000
#: Name and text of each entry. All but the first and the last are asleep while the desk is locked.
ENTRIES = (("open", "Open ibdesk"), ("sync", "Sync now"), ("lock", "Lock"), ("sign-in", "Sign in"), ("quit", "Quit"))
ALWAYS = frozenset({"open", "quit"})


class Tray(QObject):
    """One icon with its menu; `wanted` carries what was chosen. Without a tray (`is_there`) all is silent."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, is_there: bool | None = None) -> None:
        super().__init__(parent)
        self.is_there = QSystemTrayIcon.isSystemTrayAvailable() if is_there is None else is_there
        self._light, self._text, self._locked = Light.UNKNOWN, "", False
        self.menu = QMenu(parent)
        for name, text in ENTRIES:
            action = self.menu.addAction(text)
            action.setData(name)
        self.menu.triggered.connect(lambda action: self.wanted.emit(action.data()))
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._pressed)
        self.icon.messageClicked.connect(lambda: self.wanted.emit("open"))
        look().themeChanged.connect(self._draw)
        self._draw()
        if self.is_there:
            self.icon.show()

    def show_state(self, light: Light, text: str, *, is_locked: bool = False) -> None:
        """Show how the session stands; the text is the tooltip."""
        if (light, text, is_locked) == (self._light, self._text, self._locked):
            return
        self._light, self._text, self._locked = light, text, is_locked
        for action in self.menu.actions():
            action.setEnabled(not is_locked or action.data() in ALWAYS)
        self._draw()

    def withhold(self, *names: str) -> None:
        """Take entries away that have nothing to do."""
        for action in self.menu.actions():
            if action.data() in names:
                action.setVisible(False)

    def notify(self, title: str, text: str) -> bool:
        """Say something through the system; False where it cannot."""
        if not self.is_there or not QSystemTrayIcon.supportsMessages():
            return False
        self.icon.showMessage(title, text, self.icon.icon(), STAYS_MS)
        return True

    def _pressed(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.wanted.emit("open")

    def _draw(self) -> None:
        self.icon.setIcon(lamp_icon(self._light))
        self.icon.setToolTip(f"ibdesk — {self._text}" if self._text else "ibdesk")


def lamp_icon(light: Light) -> QIcon:
    """The desk's diamond in the environment's colour, with the lamp in its corner."""
    made = QIcon()
    for size in SIZES:
        drawn: QPixmap = pixmap("logo", look().colour("environment"), size)
        painter = QPainter(drawn)
        side = size * 0.5
        corner = QRectF(size - side, size - side, side, side)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        painter.drawEllipse(corner)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        inset = side * 0.2
        paint_light(painter, corner.adjusted(inset, inset, -inset, -inset), light)
        painter.end()
        made.addPixmap(drawn)
    return made
