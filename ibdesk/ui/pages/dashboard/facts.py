"""A card of facts: names and figures in two columns, and what each figure means."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ibdesk.ui import format as fmt
from ibdesk.ui.pages.dashboard import words
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Card, Label

Facts = Sequence[tuple[str, str, str]]
"""What, how much, and where it comes from or what it means."""


class FactCard(Card):
    """Names and figures in two columns, a muted note below where one helps."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._values: list[Label] = []
        self._is_stale = False
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        self.facts: Facts = ()
        self.add(self._grid)
        self.body.addStretch(1)

    def set(self, facts: Facts) -> None:
        """Show these facts; nothing is redrawn that has not changed."""
        if tuple(facts) == tuple(self.facts):
            return
        self.facts = tuple(facts)
        self._values = []
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for at, (name, figure, note) in enumerate(facts):
            self._add(at * 2, name, figure, note)

    def set_stale(self, age: str) -> None:
        """Draw the figures paler and say how old they are; empty makes them fresh again."""
        self.set_age(age)
        if bool(age) != self._is_stale:
            self._is_stale = bool(age)
            for value in self._values:
                value.set_tone("muted" if age or value.text() == words.NOT_REPORTED else "")

    def _add(self, at: int, name: str, figure: str, note: str) -> None:
        missing = self._is_stale or figure in (fmt.UNKNOWN, words.NOT_REPORTED)
        label = Label(name, tone="muted", wrap=True)
        value = Label(words.NOT_REPORTED if figure == fmt.UNKNOWN else figure, tone="muted" if missing else "")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(f"{name}: {value.text()}")
        value.setAccessibleDescription(note)
        self._values.append(value)
        self._grid.addWidget(label, at, 0)
        self._grid.addWidget(value, at, 1)
        if note:
            self._grid.addWidget(Label(note, kind=Text.CAPTION, tone="muted", wrap=True), at + 1, 0, 1, 2)
