"""How long nobody has touched a key or the mouse, and whom to tell when that was long enough.

Listens to the windows, not to the whole application: a window hears each key, click and movement once, while an
application-wide filter would cross into Python for every paint and timer of every widget (goal G9: idle costs nothing).
Input only notes the time; one timer sleeps until the nearest limit and looks again. A computer that sleeps stops the
timer and its clock; that is for `lock_with_system`, not for this file.
"""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

#: What a person does. Events that a program makes of these (hover, enter, shortcut) are not needed.
TOUCHES = frozenset({
    QEvent.Type.KeyPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick,
    QEvent.Type.Wheel, QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TabletPress,
})
MINUTE_MS = 60_000


class IdleWatcher(QObject):
    """Emits `reached(name)` once each time nothing was touched for the minutes given with `after(name, minutes)`.

    `elapsed` is a clock in milliseconds that never goes back; by default Qt's own.
    """

    reached = Signal(str)

    def __init__(self, app: QGuiApplication, elapsed: Callable[[], int] | None = None) -> None:
        super().__init__(app)
        self._elapsed = elapsed or _stopwatch()
        self._limits: dict[str, int] = {}
        self._told: set[str] = set()
        self._touched_at = self._elapsed()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        for window in app.topLevelWindows():
            self._listen(window)
        app.focusWindowChanged.connect(self._listen)

    @property
    def is_waiting(self) -> bool:
        """Whether a limit lies ahead; without one nothing ticks."""
        return self._timer.isActive()

    def after(self, name: str, minutes: int) -> None:
        """Tell `name` after so many idle minutes from now on; 0 is never. Saying the same again changes nothing."""
        limit = minutes * MINUTE_MS
        if self._limits.get(name, 0) == limit:
            return
        self._limits.pop(name, None)
        self._told.discard(name)
        if limit > 0:
            self._limits[name] = limit
        self.look()

    def touch(self) -> None:
        """A person is here: all waiting begins anew."""
        self._touched_at = self._elapsed()
        if self._told:
            self._told.clear()
            self.look()

    def look(self) -> None:
        """Tell those whose time is up, and sleep until the next."""
        idle = self._elapsed() - self._touched_at
        for name in [name for name, limit in self._limits.items() if limit <= idle and name not in self._told]:
            self._told.add(name)
            self.reached.emit(name)
        ahead = [limit - idle for name, limit in self._limits.items() if name not in self._told]
        if ahead:
            self._timer.start(max(1, min(ahead)))
        else:
            self._timer.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in TOUCHES:
            self.touch()
        return False

    def _listen(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)  # a second time moves it to the front: still heard once


def _stopwatch() -> Callable[[], int]:
    watch = QElapsedTimer()
    watch.start()
    return watch.elapsed
