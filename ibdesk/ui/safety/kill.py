"""The kill switch's hands: the key that works everywhere in the window, the button, and what a press does at once.

The key is heard at the windows, before dialogs, menus and shortcuts get it (as `ui.idle` hears a person): a shortcut of
Qt's would be silent while a dialog or a menu is open. The lock is on before the first await.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.events import TradingLockChanged
from ibdesk.ui.icons import set_icon
from ibdesk.ui.safety.kill_panel import show_panel
from ibdesk.ui.safety.kill_words import BY_HAND, PRESS, TIP
from ibdesk.ui.widgets import Button

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_PRESSED = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_ALL = _PRESSED | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def ask_and_press(desk: "Desk", bridge: "Bridge", parent: QWidget) -> None:
    """Lock now and cancel every working order, without asking; then a panel says what was done and asks what next."""
    switch = desk.kill_switch
    if switch is None:
        bridge.say("No account is connected: there is nothing to stop.")
        return
    switch.engage(BY_HAND)
    with suppress(Refused):  # the desk is closing: nothing leaves it any more
        bridge.start("stop trading", switch.carry_out())
        show_panel(desk, bridge, parent)


class KillKey(QObject):
    """Ctrl+Shift+K in any window of the application, as long as `view` is on screen: a locked desk hears nobody."""

    def __init__(self, desk: "Desk", bridge: "Bridge", view: QWidget) -> None:
        super().__init__(view)
        self._desk, self._bridge, self._view = desk, bridge, view
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)  # noqa: S101 - a widget is there
        for window in app.topLevelWindows():
            self._listen(window)
        app.focusWindowChanged.connect(self._listen)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_K or event.modifiers() & _ALL != _PRESSED or not self._view.isVisible():
            return False
        if not event.isAutoRepeat():
            ask_and_press(self._desk, self._bridge, self._view)
        return True

    def _listen(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)


class KillButton(Button):
    """Presses it; while it is on, opens its panel instead. `is_brief` shows the icon alone."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None, *, is_brief: bool = False
    ) -> None:
        super().__init__("", tip=TIP, parent=parent)
        self._desk, self._bridge, self._is_brief = desk, bridge, is_brief
        self.clicked.connect(self._pressed)
        bridge.lock_changed.connect(self._lock_changed)
        bridge.second.connect(lambda _now: self.draw())
        self._is_on: bool | None = None
        if desk.kill_switch is None:
            self.hide()
        self.draw()

    def draw(self) -> None:
        """Show whether it is on."""
        switch = self._desk.kill_switch
        is_on = switch is not None and switch.lock is not None
        if is_on is self._is_on:
            return
        self._is_on = is_on
        self.setText("" if self._is_brief and not is_on else "Trading stopped" if is_on else PRESS)
        self.setAccessibleName("Trading is stopped: what was done" if is_on else TIP)
        self.setToolTip("What was done, and how it ends" if is_on else TIP)
        self.set_kind("danger" if is_on else "icon" if self._is_brief else "")
        set_icon(self, "stop", "ink" if is_on else "loss")

    def _pressed(self) -> None:
        if self._is_on:
            show_panel(self._desk, self._bridge, self)
        else:
            ask_and_press(self._desk, self._bridge, self)

    def _lock_changed(self, _event: TradingLockChanged) -> None:
        self.draw()
