"""How a setting of each type is edited: each editor takes and gives the text the settings file would hold."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from ibdesk.domain.settings import Meta, Settings, meta_of
from ibdesk.ui.pages.settings.switch import Switch
from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Label

Changed = Callable[[str], None]
#: Words for choices whose value alone says too little.
_WORDS = {
    "system": "As the system", "dark": "Dark", "light": "Light", "paper": "Paper Trading", "live": "Live Trading",
    "gateway": "Gateway", "oauth": "OAuth", "portal": "Client Portal", "tws": "TWS or IB Gateway",
    "America/New_York": "New York", "Europe/Zurich": "Zug", "Asia/Hong_Kong": "Hong Kong",
}


class Editor(Protocol):
    """A widget for one setting. `show_value` never reports a change."""

    @property
    def widget(self) -> QWidget: ...

    def show_value(self, value: Any) -> None: ...

    def mark_invalid(self, invalid: bool) -> None: ...


def editor_for(name: str, changed: Changed) -> Editor:
    """The editor that fits the setting's type; `changed` gets the new text."""
    default, meta = getattr(Settings(), name), meta_of(name)
    if isinstance(default, bool):
        return SwitchEditor(meta, changed)
    if isinstance(default, Enum):
        kinds = [item for item in type(default) if not (name == "default_environment" and item.value == "demo")]
        return ChoiceEditor(meta, tuple(str(item.value) for item in kinds), changed)
    return TextEditor(meta, changed, is_number=not isinstance(default, str))


class SwitchEditor:
    """On or off."""

    def __init__(self, meta: Meta, changed: Changed) -> None:
        self.widget = Switch(meta.title)
        self.widget.setAccessibleDescription(meta.help)
        self.widget.clicked.connect(lambda on: changed("true" if on else "false"))

    def show_value(self, value: Any) -> None:
        self.widget.setChecked(bool(value))

    def mark_invalid(self, _invalid: bool) -> None:
        """A switch has no wrong position."""


class ChoiceEditor:
    """One of a few."""

    def __init__(self, meta: Meta, values: tuple[str, ...], changed: Changed) -> None:
        self.widget = QComboBox()
        self.widget.setAccessibleName(meta.title)
        self.widget.setAccessibleDescription(meta.help)
        self.widget.setFixedWidth(200)
        self._values = values
        for value in values:
            self.widget.addItem(_WORDS.get(value, value))
        self.widget.activated.connect(lambda index: changed(values[index]))

    def show_value(self, value: Any) -> None:
        text = str(value.value)
        self.widget.setCurrentIndex(self._values.index(text) if text in self._values else -1)

    def mark_invalid(self, _invalid: bool) -> None:
        """Only allowed values are offered."""


class TextEditor:
    """A text or a number with its unit; what is typed counts on Enter or when the field is left."""

    def __init__(self, meta: Meta, changed: Changed, *, is_number: bool) -> None:
        self.widget = QWidget()
        self.field = QLineEdit()
        self.field.setAccessibleName(meta.title)
        self.field.setAccessibleDescription(meta.help)
        self.field.setFixedWidth(90 if is_number else 260)
        if is_number:
            self.field.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.field.setToolTip(_range(meta))
        self._changed, self._shown = changed, ""
        self.field.editingFinished.connect(self._finished)
        row = QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.field)
        if meta.unit:
            row.addWidget(Label(meta.unit, kind=Text.CAPTION, tone="muted"))
        self.widget.setFocusProxy(self.field)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        if not self.field.hasFocus() or self.field.property("invalid") != "true":
            self.field.setText(self._shown)

    def mark_invalid(self, invalid: bool) -> None:
        self.field.setProperty("invalid", "true" if invalid else "false")
        restyle(self.field)

    def _finished(self) -> None:
        text = self.field.text().strip()
        if text != self._shown or self.field.property("invalid") == "true":
            self._changed(text)


def _range(meta: Meta) -> str:
    if meta.minimum is None or meta.maximum is None:
        return ""
    return f"{meta.minimum} to {meta.maximum} {meta.unit}".rstrip()
