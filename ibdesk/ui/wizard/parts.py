"""The wizard's own small pieces: a check with its button, a card to choose, a page's heading, a question."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ibdesk.services.findings import Action, CheckId, Outcome
from ibdesk.services.first_run import FirstRun
from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.checks import Check, CheckRow
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.wording import START, VERBS, worded

_MARKS = {
    Outcome.PENDING: Check.PENDING, Outcome.PASSED: Check.GOOD, Outcome.WARNED: Check.WARN, Outcome.FAILED: Check.BAD,
}


class Heading(QWidget):
    """A page's title and one muted sentence below it."""

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(8)
        self.title = Label(title, kind=Text.TITLE, bold=True)
        self.sentence = Label(sentence, tone="muted", wrap=True)
        column.addWidget(self.title)
        column.addWidget(self.sentence)


class WizardCheck(CheckRow):
    """One check as the state has it, with the button of its one next step."""

    def __init__(self, check_id: CheckId, host: Host) -> None:
        super().__init__(check_id.value.capitalize())
        self.id, self._host = check_id, host
        self.button = Button("", kind="primary")
        self.button.clicked.connect(self._press)
        self.row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    def draw(self, state: FirstRun) -> None:
        """Show what was found."""
        check = state.check(self.id)
        self.set(_MARKS[check.outcome], *worded(state, self.id))
        can_start = check.action is Action.START_GATEWAY and self._host.can_start
        verb = "" if check.action is None else START if can_start else VERBS[check.action]
        self.button.setText(verb)
        self.button.setAccessibleName(verb)
        self.button.setVisible(bool(verb))

    def _press(self) -> None:
        action = self._host.state.check(self.id).action
        if action is not None:
            self._host.act(action)


class ChoiceCard(QFrame):
    """A big radio button: a title, what it means, and a click anywhere on it."""

    chosen = Signal()

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.radio = QRadioButton(title)
        self.radio.setAccessibleName(title)
        self.radio.setAccessibleDescription(sentence)
        made = self.radio.font()
        made.setWeight(made.Weight.DemiBold)
        self.radio.setFont(made)
        self.sentence = Label(sentence, kind=Text.CAPTION, tone="muted", wrap=True)
        self.sentence.setContentsMargins(27, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 14, 11)
        column.setSpacing(1)
        column.addWidget(self.radio)
        column.addWidget(self.sentence)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.radio.toggled.connect(self._toggled)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.radio.setFocus()
            self.radio.setChecked(True)

    def _toggled(self, on: bool) -> None:
        if on:
            self.chosen.emit()


class Question(QDialog):
    """A yes-or-no question that says what happens; with `word`, yes needs that word typed."""

    def __init__(
        self, title: str, text: str, yes: str, *, no: str = "Cancel", word: str = "", danger: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(440)
        self.yes = Button(yes, kind="danger" if danger else "primary")
        self.no = Button(no)
        self.typed = QLineEdit()
        self._word = word
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        self._stack(title, text)
        (self.typed if word else self.no).setFocus()

    def _stack(self, title: str, text: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(title, kind=Text.TITLE, bold=True))
        column.addWidget(Label(text, tone="muted", wrap=True))
        if self._word:
            self.typed.setAccessibleName(f"Type {self._word} to confirm")
            self.typed.setPlaceholderText(f"Type {self._word} to confirm")
            self.typed.textChanged.connect(lambda text: self.yes.setEnabled(text.strip() == self._word))
            self.typed.returnPressed.connect(self.yes.click)  # a click on a disabled button does nothing
            self.yes.setEnabled(False)
            column.addWidget(self.typed)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        column.addLayout(row)


def mark_invalid(field: QLineEdit, invalid: bool) -> None:
    """Give a field its red edge, or take it away."""
    field.setProperty("invalid", "true" if invalid else "false")
    restyle(field)
