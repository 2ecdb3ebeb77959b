"""The page where a new desk gets its passphrase: typed twice, with honest advice."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.services.connector import Connector
from ibdesk.services.first_run import FirstRun, demo_instead, passphrase_chosen
from ibdesk.ui.vault.fields import NewPassphrase
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading


class PassphrasePage(QWidget):
    """Keeps the passphrase in its fields alone; nothing else of the wizard ever sees it."""

    def __init__(self, host: Host, connector: Connector) -> None:
        super().__init__()
        self._host = host
        self.new = NewPassphrase(connector.advise, suggest=connector.suggest)
        self.first, self.second = self.new.first, self.new.second
        self.demo = Button("Try the demo instead", kind="link")
        self.backup = Button("I have a backup", kind="link", tip="Bring a vault from another computer or another day")
        self.demo.clicked.connect(lambda: host.change(demo_instead))
        self.new.changed.connect(lambda: host.change(lambda state: passphrase_chosen(state, self.new.is_good)))
        self._stack()

    @property
    def passphrase(self) -> str:
        return self.new.passphrase

    def draw(self, state: FirstRun) -> None:
        """Nothing in the state changes this page but whether the ways out are still open."""
        self.demo.setVisible(not state.past)
        self.backup.setVisible(not state.past)

    def forget(self) -> None:
        """Empty the fields."""
        self.new.forget()

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Heading(
            "Protect this desk",
            "Everything ibdesk keeps is encrypted on this computer. This passphrase opens it, nobody can reset it, and "
            "it is not your IBKR password.",
        ))
        column.addWidget(self.new)
        column.addStretch(1)
        ways = QHBoxLayout()
        ways.addWidget(self.demo)
        ways.addWidget(self.backup)
        ways.addStretch(1)
        column.addLayout(ways)
