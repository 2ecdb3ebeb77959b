"""How a secret is typed: hidden until asked for; a new one twice, with honest advice, or one that is suggested."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QProgressBar, QVBoxLayout, QWidget

from ibdesk.ui.icons import icon
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import labelled

if TYPE_CHECKING:
    from ibdesk.store.passphrase import Advice

_HINT = "Unrelated words are strong and easy to type."


class SecretField(QLineEdit):
    """A line that hides what is typed, with an eye to show it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAccessibleName(name)
        self.eye = QAction(icon("eye"), "Show", self)
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self._show_letters)
        self.addAction(self.eye, QLineEdit.ActionPosition.TrailingPosition)

    def _show_letters(self, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self.eye.setIcon(icon("eye-off" if shown else "eye"))


class NewPassphrase(QWidget):
    """A new passphrase, typed twice. `changed` comes with every letter. `advise` judges it; `suggest`, where given,
    makes a strong random one, which is then shown: it has to be written down."""

    changed = Signal()

    def __init__(
        self, advise: "Callable[[str], Advice]", *, name: str = "Passphrase", suggest: Callable[[], str] | None = None
    ) -> None:
        super().__init__()
        self._advise, self._suggest = advise, suggest
        self.first, self.second = SecretField(name), SecretField(f"{name} again")
        self.strength = QProgressBar()
        self.strength.setRange(0, 4)
        self.strength.setTextVisible(False)
        self.strength.setAccessibleName("Strength of the passphrase")
        self.advice = Label(" ", kind=Text.CAPTION, tone="muted", wrap=True)
        self.suggest = Button("Suggest a strong one", kind="link")
        if suggest is None:
            self.suggest.hide()
        self.suggest.clicked.connect(self._fill)
        self.first.textChanged.connect(self._typed)
        self.second.textChanged.connect(self._typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(labelled(name, self.first, hint=_HINT))
        column.addWidget(self.strength)
        column.addLayout(labelled(f"{name} again", self.second))
        column.addWidget(self.advice)
        column.addWidget(self.suggest, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def passphrase(self) -> str:
        return self.first.text()

    @property
    def is_good(self) -> bool:
        """Whether it may protect a vault and was typed the same twice."""
        return self._advise(self.passphrase).acceptable and self.passphrase == self.second.text()

    def forget(self) -> None:
        """Empty the fields."""
        self.first.clear()
        self.second.clear()

    def _typed(self) -> None:
        text = self.passphrase
        advice = self._advise(text)
        same = text == self.second.text()
        self.strength.setValue(advice.score if text else 0)
        differs = bool(self.second.text()) and not same
        self.advice.setText("The two are not the same yet." if advice.acceptable and differs else advice.sentence)
        self.advice.set_tone("gain" if advice.acceptable and same else "warn" if text else "muted")
        self.changed.emit()

    def _fill(self) -> None:
        if self._suggest is None:
            return
        made = self._suggest()
        for field in (self.first, self.second):
            field.setText(made)
            field.eye.setChecked(True)
