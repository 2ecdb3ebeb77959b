"""The truth panel: headline, the one next action, five lamps, and the three things a person may do with a session."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.events import LinkChanged
from ibdesk.domain.session import NextStep
from ibdesk.domain.truth import Lamp, Truth
from ibdesk.ui.session import wording
from ibdesk.ui.session.lamp import LampMark, LampRow
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label, line

#: Status, Re-authenticate and Log out are the document's own words (acceptance B37).
BUTTONS = (
    ("check-session", "Status", "Ask the Gateway now"),
    ("sign-in", "Re-authenticate", "Open the Gateway's sign-in page in your browser"),
    ("sign-out", "Log out", "End the session at the broker"),
)


class TruthPanel(QWidget):
    """Shows a `Truth`; `wanted` carries the commands of its buttons, `left` that another login may keep the session."""

    wanted = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Session")
        self._is_left = False
        self._truth = Truth(lamps=(), headline="")
        self._link: LinkChanged | None = None
        self.mark = LampMark(18)
        self.headline = Label("", bold=True, wrap=True)
        self.search = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.action = Button("", kind="accent")
        self.try_now = Button("Try now", tip="Look for the Gateway at once")
        self.rows = {lamp: LampRow(lamp) for lamp in Lamp}
        self.competing = Competing()
        self.buttons = {name: Button(text, tip=tip) for name, text, tip in BUTTONS}
        self.action.hide()
        self._wire()
        self._lay_out()

    def show_truth(self, truth: Truth, now: datetime, link: LinkChanged | None = None) -> None:
        """Show what is true; `link` tells how the search for a lost gateway goes."""
        self._truth, self._link = truth, link
        self.mark.set(wording.worst(truth))
        self.headline.setText(truth.headline)
        action = wording.ACTIONS.get(truth.action)
        is_asked = truth.action is NextStep.ASK_TAKE_OVER
        self._is_left = self._is_left and is_asked
        self.action.setVisible(action is not None and (self._is_left or not is_asked))
        if action is not None:
            self.action.setText(action[0])
            self.action.setAccessibleName(action[0])
        self.competing.setVisible(is_asked and not self._is_left)
        for lamp in truth.lamps:
            self.rows[lamp.lamp].show_lamp(lamp, now, hide=truth.action)
        self._show_search(now)

    def show_time(self, now: datetime) -> None:
        """A second passed."""
        for row in self.rows.values():
            row.show_time(now)
        self._show_search(now)

    def take_focus(self) -> None:
        """Give the keys to what helps most."""
        first = next((each for each in (self.competing.leave, self.action, self.try_now) if each.isVisibleTo(self)),
                     self.buttons["check-session"])
        first.setFocus()

    def _leave(self) -> None:
        """Answered: ask no more until another login comes anew. The action stays, for who thinks again."""
        self._is_left = True
        self.competing.hide()
        self.action.show()
        self.left.emit()

    def _show_search(self, now: datetime) -> None:
        is_for_person = self._truth.action in (NextStep.ASK_TAKE_OVER, NextStep.SIGN_IN)
        is_ready = wording.is_ready(self._truth)
        text = "" if is_for_person else wording.search(self._link, now, is_ready=is_ready)
        self.search.setText(text)
        self.search.setVisible(bool(text))
        waits = is_ready or wording.must_wait(self._truth) or wording.is_expected(self._link, now)
        self.try_now.setVisible(bool(text) and not waits)

    def _wire(self) -> None:
        self.action.clicked.connect(lambda: self.wanted.emit(wording.ACTIONS[self._truth.action][1]))
        self.try_now.clicked.connect(lambda: self.wanted.emit("try-now"))
        self.competing.wanted.connect(self.wanted)
        self.competing.left.connect(self._leave)
        for row in self.rows.values():
            row.wanted.connect(self.wanted)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, name=name: self.wanted.emit(name))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.mark)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.headline)
        words.addWidget(self.search)
        head.addLayout(words, 1)
        head.addWidget(self.try_now)
        head.addWidget(self.action)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for button in self.buttons.values():
            foot.addWidget(button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(10)
        column.addWidget(self.competing)
        column.addSpacing(2)
        for row in self.rows.values():
            column.addWidget(line())
            column.addWidget(row)
        column.addWidget(line())
        column.addSpacing(12)
        column.addLayout(foot)
        self.competing.hide()


class Competing(QFrame):
    """Another login has the session: a question with both answers explained, and how to need it no more."""

    wanted = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self.setAccessibleName(wording.COMPETING_TITLE)
        self.take = Button(f"{wording.TAKE_OVER[0]}…", kind="danger")
        self.leave = Button(wording.LEAVE_IT[0])
        self.take.setAccessibleDescription(wording.TAKE_OVER[1])
        self.leave.setAccessibleDescription(wording.LEAVE_IT[1])
        self.take.clicked.connect(lambda: self.wanted.emit("take-over"))
        self.leave.clicked.connect(self.left)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(10)
        column.addWidget(Label(wording.COMPETING_TITLE, bold=True, wrap=True))
        for button, (_, text) in ((self.leave, wording.LEAVE_IT), (self.take, wording.TAKE_OVER)):
            button.setMinimumWidth(126)
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(button)
            row.addWidget(Label(text, kind=Text.CAPTION, tone="muted", wrap=True), 1)
            column.addLayout(row)
        column.addWidget(Label(wording.RECIPE, kind=Text.CAPTION, tone="muted", wrap=True))
