"""The desk's buttons by their weight; each has a name for those who do not see it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ibdesk.ui.icons import set_icon
from ibdesk.ui.stylesheet import restyle

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class _Pressed(QPushButton):
    """Enter presses the button that has the focus. Without this a dialog presses its default one instead, which may
    say the opposite; Qt's own auto-default would also let a button take Enter that the focus is not on."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in _ENTER or event.modifiers() not in _PLAIN:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()


class Button(_Pressed):
    """A plain button. `kind`: "" (plain), primary (the environment's colour), accent, danger, quiet or link."""

    def __init__(
        self, text: str, *, kind: str = "", icon: str = "", tip: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        self.setToolTip(tip)
        self.setAutoDefault(False)
        if icon:
            set_icon(self, icon, "ink" if kind in ("primary", "accent", "danger") else "muted")

    def set_kind(self, kind: str) -> None:
        """Change the weight."""
        self.setProperty("kind", kind)
        restyle(self)


class PrimaryButton(Button):
    """The one button a page wants pressed."""

    def __init__(self, text: str, *, icon: str = "", tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, kind="primary", icon=icon, tip=tip, parent=parent)


class IconButton(_Pressed):
    """A button that is only an icon; `name` is its accessible name and its tooltip."""

    def __init__(self, icon: str, name: str, *, tone: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "icon")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setAutoDefault(False)
        set_icon(self, icon, tone)
