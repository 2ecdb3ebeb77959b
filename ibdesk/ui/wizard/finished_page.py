"""The end of the wizard: it worked, and here is the recovery code, once."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.services.first_run import FirstRun
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.card import Card
from ibdesk.ui.widgets.checks import Check, CheckRow
from ibdesk.ui.widgets.labels import Label
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
        self.code = Label("", wrap=True)
        self.written = QCheckBox("I have written it down")
        self.written.setAccessibleName("I have written it down")
        self.written.toggled.connect(lambda: host.change(lambda state: state))
        self.copy = Button("Copy", icon="copy")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.code.text()))
        self._stack()

    @property
    def is_done(self) -> bool:
        """Whether the person may leave."""
        return not self.code.text() or self.written.isChecked()

    def show_code(self, code: str) -> None:
        """Show the recovery code of a new vault; "" for a vault that was there."""
        self.code.setText(code)
        self.card.setVisible(bool(code))
        self.written.setVisible(bool(code))

    def draw(self, state: FirstRun) -> None:
        """Name the account that was connected."""
        account = state.facts.account
        self.connected.set(Check.GOOD, CONNECTED, "" if account is None else f"{account.id} opens next.")

    def _stack(self) -> None:
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.code.font().pointSizeF() * 1.25)
        self.code.setFont(mono)
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.code.setAccessibleName("Recovery code")
        self.card.add(Label(
            "It opens the vault when the passphrase is lost. It is shown once: write it down and keep it away from "
            "this computer.", tone="muted", wrap=True,
        ))
        row = QHBoxLayout()
        row.addWidget(self.code, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.card.add(row)
        self.card.add(self.written)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Heading("Connected", "Everything is saved, encrypted, on this computer."))
        column.addWidget(self.connected)
        column.addWidget(self.card)
        column.addStretch(1)
