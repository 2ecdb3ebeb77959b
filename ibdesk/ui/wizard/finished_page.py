"""The end of the wizard: it worked, and here is the recovery code, once."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.services.first_run import FirstRun
from ibdesk.ui.vault.code import CodePanel
from ibdesk.ui.widgets.card import Card
from ibdesk.ui.widgets.checks import Check, CheckRow
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading

CONNECTED = "IBKR account connected successfully!"


class FinishedPage(QWidget):
    """Says that everything is saved; with a recovery code, waits until it is written down."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self.connected = CheckRow(CONNECTED, check=Check.GOOD)
        self.card = Card("Recovery code")
        self.panel = CodePanel("")
        self.code, self.written = self.panel.code, self.panel.written
        self.panel.kept.connect(lambda: host.change(lambda state: state))
        self._stack()

    @property
    def is_done(self) -> bool:
        """Whether the person may leave."""
        return not self.code.text() or self.written.isChecked()

    def show_code(self, code: str) -> None:
        """Show the recovery code of a new vault; "" for a vault that was there."""
        self.code.setText(code)
        self.card.setVisible(bool(code))

    def draw(self, state: FirstRun) -> None:
        """Name the account that was connected."""
        account = state.tws.chosen if state.is_tws else state.facts.account
        then = " with its live figures" if state.is_tws else ""
        self.connected.set(Check.GOOD, CONNECTED, "" if account is None else f"{account.id} opens next{then}.")

    def _stack(self) -> None:
        self.card.add(self.panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Heading("Connected", "Everything is saved, encrypted, on this computer."))
        column.addWidget(self.connected)
        column.addWidget(self.card)
        column.addStretch(1)
