"""One choice of a few, side by side: 1D 1W 1M, or All Stocks Options."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from ibdesk.ui.theme import Text, font


class _Segment(QToolButton):
    """Leaves the arrow keys to the row: Qt's own handling would move the focus without choosing."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Segmented(QFrame):
    """Emits `chosen(key)` when the person chooses. Arrow keys move the choice, Tab enters and leaves as one stop."""

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str]], *, current: str = "", name: str = "", parent: QWidget | None = None
    ) -> None:
        """`choices` are (key, text) pairs; `name` says what is chosen, for screen readers."""
        super().__init__(parent)
        self.setProperty("kind", "segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._name = name
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, _Segment] = {}
        for key, text in choices:
            self._add(key, text)
        self.set_current(current or (choices[0][0] if choices else ""))

    @property
    def keys(self) -> tuple[str, ...]:
        """All choices, in order."""
        return tuple(self._buttons)

    @property
    def current(self) -> str:
        """The key that is chosen."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Choose without telling anyone."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
            self._one_stop()

    def set_text(self, key: str, text: str) -> None:
        """Rename one choice."""
        self._buttons[key].setText(text)
        self._buttons[key].setAccessibleName(f"{self._name}: {text}" if self._name else text)

    def set_choice_enabled(self, key: str, enabled: bool, why: str = "") -> None:
        """Offer or withhold one choice; `why` is shown on hover."""
        self._buttons[key].setEnabled(enabled)
        self._buttons[key].setToolTip(why)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not step:
            super().keyPressEvent(event)
            return
        keys = [key for key, button in self._buttons.items() if button.isEnabled()]
        if self.current in keys:
            self.choose(keys[(keys.index(self.current) + step) % len(keys)])

    def _add(self, key: str, text: str) -> None:
        button = _Segment(self)
        button.setProperty("kind", "segment")
        button.setFont(font(Text.CAPTION))
        button.setCheckable(True)
        button.setText(text)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self.choose(key))
        self._group.addButton(button)
        self._row.addWidget(button)
        self._buttons[key] = button
        self.set_text(key, text)

    def choose(self, key: str) -> None:
        """Choose as the person does, and tell."""
        had_focus = any(button.hasFocus() for button in self._buttons.values())
        self.set_current(key)
        if had_focus:
            self._buttons[key].setFocus(Qt.FocusReason.OtherFocusReason)
        self.chosen.emit(key)

    def _one_stop(self) -> None:
        for button in self._buttons.values():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if button.isChecked() else Qt.FocusPolicy.ClickFocus)
