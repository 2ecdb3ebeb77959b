"""One setting: its title, what it does, its editor, and where its value came from."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.settings import Origin, Sourced, meta_of
from ibdesk.ui.pages.settings.editors import editor_for
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Chip, Label, line

_SET_ELSEWHERE = (Origin.ENVIRONMENT, Origin.COMMAND_LINE)


class SettingRow(QWidget):
    """`changed(name, text)` and `reset(name)` ask the page; `refuse` shows what is allowed."""

    def __init__(self, name: str, changed: Callable[[str, str], None], reset: Callable[[str], None]) -> None:
        super().__init__()
        self.name, meta = name, meta_of(name)
        self.title = Label(meta.title, bold=True)
        self.help = Label(meta.help, kind=Text.CAPTION, tone="muted", wrap=True)
        self.error = Label("", kind=Text.CAPTION, tone="loss", wrap=True)
        self.origin = Chip()
        self.rule = line()
        self.reset = Button("Reset", kind="link")
        self.reset.setAccessibleName(f"Reset {meta.title}")
        self.editor = editor_for(name, lambda text: changed(name, text))
        self.reset.clicked.connect(lambda: reset(name))
        self._words = f"{name} {meta.title} {meta.help} {meta.section} {' '.join(meta.env)}".lower()
        self._stack()
        self.error.hide()

    def show_value(self, sourced: Sourced) -> None:
        """Show the value in force and its origin; one set elsewhere cannot be edited here."""
        origin = sourced.origins[self.name]
        self.refuse(None)
        self.editor.show_value(getattr(sourced.settings, self.name))
        is_elsewhere = origin in _SET_ELSEWHERE
        self.editor.widget.setEnabled(not is_elsewhere)
        variable = sourced.variables.get(self.name, "")
        words = {
            Origin.DEFAULT: "default", Origin.FILE: "settings file", Origin.ENVIRONMENT: f"overridden by {variable}",
            Origin.COMMAND_LINE: "overridden by the command line",
        }
        self.origin.setText(words[origin])
        self.origin.set_tone("warn" if is_elsewhere else "accent" if origin is Origin.FILE else "")
        self.origin.setToolTip(f"Set by {origin.value} {variable}".strip())
        winner = sourced.settings.unused(self.name)
        if winner:
            self.origin.setText(f"not used: {meta_of(winner).title} wins")
            self.origin.set_tone("warn")
            self.editor.widget.setEnabled(False)
        self.reset.setVisible(origin is Origin.FILE)

    def refuse(self, error: Refused | None) -> None:
        """Say why a value is not taken; None takes it back."""
        self.error.setText("" if error is None else f"{error.message} {error.remedy}")
        self.error.setVisible(error is not None)
        self.editor.mark_invalid(error is not None)

    def offer(self, text: str, pressed: Callable[[], object]) -> None:
        """A button of what the setting counts for."""
        button = Button(text, kind="link")
        button.clicked.connect(lambda: pressed())
        self._below.insertWidget(1, button)

    def matches(self, words: list[str]) -> bool:
        """Whether every word occurs in what this setting is called or does."""
        return all(word in self._words for word in words)

    def _stack(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(2)
        for label in (self.title, self.help, self.error):
            left.addWidget(label)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.editor.widget, 0, Qt.AlignmentFlag.AlignRight)
        self._below = below = QHBoxLayout()
        below.setSpacing(6)
        below.addStretch(1)
        below.addWidget(self.reset)
        below.addWidget(self.origin)
        right.addLayout(below)
        row = QHBoxLayout()
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(24)
        row.addLayout(left, 1)
        row.addLayout(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.rule)
        column.addLayout(row)
