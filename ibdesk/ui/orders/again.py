"""The broker's questions that are answered with yes by themselves, and the way back to being asked."""

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.ui.orders.questions import ABOUT
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Label

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: What a search in Settings finds it by.
WORDS = "broker questions answers remembered confirm orders ask again"
NEVER = "In a live mode every question is always asked."


class RememberedAnswers(Card):
    """What is remembered in the desk's mode. Hidden where nothing is traded."""

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__("The broker’s questions", parent=parent)
        self._desk, self._bridge = desk, bridge
        self.told = Label("", wrap=True)
        self.hint = Label(NEVER, kind=Text.CAPTION, tone="muted", wrap=True)
        self.again = Button("Ask me again")
        self.again.clicked.connect(lambda: bridge.start("ask again", self._forget(), busy=self.again))
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self.told, 1)
        row.addWidget(self.again)
        self.add(row)
        self.add(self.hint)
        self.show_remembered(frozenset())

    def search_for(self, words: list[str]) -> int:
        """Show it where every word fits; how many were found."""
        is_found = self._desk.orders is not None and all(word in WORDS for word in words)
        self.setVisible(is_found)
        return int(is_found)

    def show_remembered(self, ids: frozenset[str]) -> None:
        """Name them."""
        self.again.setVisible(bool(ids))
        if not ids:
            self.told.setText("Nothing is answered by itself: every question of the broker is shown before an order.")
            return
        named = "\n".join(f"•  {ABOUT.get(each, 'A question')} ({each})" for each in sorted(ids))
        self.told.setText(f"These are answered with yes by themselves:\n{named}")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._desk.orders is not None:
            with suppress(Refused):  # a desk that is closing has nothing more to tell
                self._bridge.start("read the remembered answers", self._read())

    async def _read(self) -> None:
        if self._desk.orders is not None:
            self.show_remembered(await self._desk.orders.remembered())

    async def _forget(self) -> None:
        if self._desk.orders is not None:
            await self._desk.orders.forget_answers()
            await self._read()
            self._bridge.say("The broker’s questions are asked again.")
