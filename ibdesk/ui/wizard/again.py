"""The disclosures once more: asked when a live desk opens and a text is new, changed, or was agreed to a year ago."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.disclosures import Disclosure, outstanding
from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.first_run import FirstRun, Step, Tick, begin, missing
from ibdesk.services.first_run_result import acknowledgments
from ibdesk.ui.links import open_link
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.wizard.acknowledge_page import AcknowledgePage

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

_WHY = (
    "Once a year, and whenever a text has changed. Until then the desk shows and closes as before, but orders that "
    "open positions are held back."
)


class AcknowledgeAgain(QDialog):
    """The wizard's page in a window of its own; accepted when every text is acknowledged. `ticks` is what was given."""

    def __init__(
        self, texts: tuple[Disclosure, ...], clock: Callable[[], datetime], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Acknowledge again")
        self.resize(760, 640)
        self.state: FirstRun = replace(begin(disclosures=texts, needs_passphrase=False), step=Step.ACKNOWLEDGE)
        self.page = AcknowledgePage(self, clock)
        self.hint = Label("", tone="muted")
        self.yes, self.later = Button("Done", kind="primary"), Button("Later")
        self.yes.clicked.connect(self.accept)
        self.later.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(12)
        column.addWidget(self.page, 1)
        column.addWidget(Label(_WHY, tone="muted", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.hint, 1)
        row.addWidget(self.later)
        row.addWidget(self.yes)
        column.addLayout(row)
        self._draw()
        self.page.open_first()

    @property
    def ticks(self) -> tuple[Tick, ...]:
        return self.state.ticks

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""
        self.state = step(self.state)
        self._draw()

    def help(self, topic: str) -> None:
        """Open one of the help texts."""
        HelpDialog(topic, self).open()

    def open_page(self, address: str) -> None:
        """Show a page of the web."""
        open_link(address)

    def _draw(self) -> None:
        self.page.draw(self.state)
        why = missing(self.state)
        self.hint.setText(why)
        self.yes.setEnabled(not why)


async def ask_again(desk: "Desk", bridge: "Bridge", parent: QWidget) -> bool:
    """Ask for what is outstanding and keep the proof; whether nothing is outstanding any more."""
    given = await desk.preferences.acknowledgments()
    texts = outstanding(load_disclosures(), given, desk.clock())
    return not texts or await acknowledge(desk, bridge, texts, parent)


async def acknowledge(desk: "Desk", bridge: "Bridge", texts: tuple[Disclosure, ...], parent: QWidget) -> bool:
    """Have these texts read and agreed to, and keep the proof; whether the person did."""
    dialog = AcknowledgeAgain(texts, desk.clock, parent)
    if not await bridge.ask(dialog):
        return False
    accounts = await desk.book.accounts()
    account = accounts[0].id if accounts else AccountId("")
    await desk.preferences.acknowledge(acknowledgments(texts, dialog.ticks, account, desk.connector.app_version))
    bridge.say("Acknowledged. What you agreed to, and when, is in Activity, Disclosures.")
    return True
