"""The wizard as a modal window over the desk, for Settings; the first run shows the same panel in the whole window.

A desk connects Paper and Live; the demo is a desk of its own and never comes into a person's vault.
"""

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.services.connector import Connector
from ibdesk.services.first_run import FirstRunResult
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.wizard.panel import WizardPanel

OFFERED = (Environment.PAPER, Environment.LIVE)


class WizardDialog(QDialog):
    """Accepted when an account is connected (`result_value`), rejected when nothing was changed."""

    def __init__(
        self,
        connector: Connector,
        bridge: Bridge,
        *,
        environment: Environment | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Connect an account")
        self.setModal(True)
        self.resize(1000, 700)
        self.setMinimumSize(820, 560)
        self.connected: FirstRunResult | None = None
        self.panel = WizardPanel(connector, bridge, environment=environment, offered=OFFERED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        stripe = QFrame()
        stripe.setProperty("kind", "stripe")
        stripe.setFixedHeight(3)
        column.addWidget(stripe)
        column.addWidget(self.panel)
        self.panel.completed.connect(self._completed)
        self.panel.cancelled.connect(self._left)
        self.panel.start()

    def reject(self) -> None:
        """Esc and the window's close button ask first."""
        if self.panel.state.is_over and self.connected is None and not self.isVisible():
            super().reject()
        else:
            self.panel.ask_to_cancel()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.result() == QDialog.DialogCode.Rejected.value and not self.panel.state.is_over and self.isVisible():
            event.ignore()
            self.panel.ask_to_cancel()
        else:
            super().closeEvent(event)

    def _left(self) -> None:
        # A slot named super().reject would be called as the overriding method, which only asks again.
        super().reject()

    def _completed(self, result: FirstRunResult) -> None:
        self.connected = result
        self.accept()
