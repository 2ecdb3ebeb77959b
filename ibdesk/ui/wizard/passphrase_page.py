"""The page where a new desk gets its passphrase: typed twice, with honest advice."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QProgressBar, QVBoxLayout, QWidget

from ibdesk.services.connector import Connector
from ibdesk.services.first_run import FirstRun, demo_instead, passphrase_chosen
from ibdesk.ui.icons import icon
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.widgets.states import labelled
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading


class PassphrasePage(QWidget):
    """Keeps the passphrase in its fields alone; nothing else of the wizard ever sees it."""

    def __init__(self, host: Host, connector: Connector) -> None:
        super().__init__()
        self._host, self._advise = host, connector.advise
        self.first, self.second = _secret("Passphrase"), _secret("Passphrase again")
        self.strength = QProgressBar()
        self.strength.setRange(0, 4)
        self.strength.setTextVisible(False)
        self.strength.setAccessibleName("Strength of the passphrase")
        self.advice = Label(" ", kind=Text.CAPTION, tone="muted", wrap=True)
        self.demo = Button("Try the demo instead", kind="link")
        self.demo.clicked.connect(lambda: host.change(demo_instead))
        self.first.textChanged.connect(self._typed)
        self.second.textChanged.connect(self._typed)
        self._stack()

    @property
    def passphrase(self) -> str:
        return self.first.text()

    def draw(self, state: FirstRun) -> None:
        """Nothing in the state changes this page but whether the demo is still a way out."""
        self.demo.setVisible(not state.past)

    def forget(self) -> None:
        """Empty the fields."""
        self.first.clear()
        self.second.clear()

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Heading(
            "Protect this desk",
            "Everything ibdesk keeps is encrypted on this computer. This passphrase opens it, nobody can reset it, and "
            "it is not your IBKR password.",
        ))
        column.addLayout(labelled("Passphrase", self.first, hint="Unrelated words are strong and easy to type."))
        column.addWidget(self.strength)
        column.addLayout(labelled("Passphrase again", self.second))
        column.addWidget(self.advice)
        column.addStretch(1)
        column.addWidget(self.demo, 0, Qt.AlignmentFlag.AlignLeft)

    def _typed(self) -> None:
        text = self.first.text()
        advice = self._advise(text)
        same = text == self.second.text()
        self.strength.setValue(advice.score if text else 0)
        differs = bool(self.second.text()) and not same
        self.advice.setText("The two are not the same yet." if advice.acceptable and differs else advice.sentence)
        self.advice.set_tone("gain" if advice.acceptable and same else "warn" if text else "muted")
        self._host.change(lambda state: passphrase_chosen(state, advice.acceptable and same))


def _secret(name: str) -> QLineEdit:
    """A field that hides what is typed, with an eye to show it."""
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(name)
    eye = QAction(icon("eye"), "Show", field)
    eye.setCheckable(True)

    def toggled(on: bool) -> None:
        field.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        eye.setIcon(icon("eye-off" if on else "eye"))

    eye.toggled.connect(toggled)
    field.addAction(eye, QLineEdit.ActionPosition.TrailingPosition)
    return field
