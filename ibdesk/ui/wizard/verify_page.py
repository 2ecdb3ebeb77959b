"""Step 3: what was found behind the sign-in, and the two things only the person knows: which account, which level."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.services.findings import CheckId
from ibdesk.services.first_run import OPTIONS_LEVELS, FirstRun, choose_account, choose_level
from ibdesk.ui.widgets.states import labelled
from ibdesk.ui.wizard.diagnosis import DiagnosisCard
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading, WizardCheck

if TYPE_CHECKING:
    from ibdesk.ui.wizard.help import GatewayHelp

_LEVEL_NAMES = ("No options", "1 · covered calls", "2 · covered and long", "3 · limited loss", "4 · everything")


class VerifyPage(QWidget):
    """Five checks, the account when there are several, and the options level."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self.checks = tuple(WizardCheck(check_id, host) for check_id in CheckId)
        self.diagnosis = DiagnosisCard()
        self.diagnosis.fix_wanted.connect(host.fix)
        self.account, self.level = QComboBox(), QComboBox()
        self._stack()
        self.account.activated.connect(self._account_chosen)
        self.level.activated.connect(lambda index: host.change(lambda state: choose_level(state, _level_at(index))))

    def draw(self, state: FirstRun) -> None:
        """Show the checks and both choices."""
        for check in self.checks:
            check.draw(state)
        ids = [account.id for account in state.facts.accounts]
        if [self.account.itemData(row) for row in range(self.account.count())] != ids:
            self.account.clear()
            for account in state.facts.accounts:
                self.account.addItem(" · ".join(part for part in (account.id, account.alias or account.title) if part))
                self.account.setItemData(self.account.count() - 1, account.id)
        if state.entries.account in ids:
            self.account.setCurrentIndex(ids.index(state.entries.account))
        self.account.setEnabled(len(ids) > 1)
        self.level.setCurrentIndex(0 if state.entries.options_level is None else state.entries.options_level + 1)

    def draw_help(self, helped: "GatewayHelp") -> None:
        """Show why a check failed."""
        self.diagnosis.show_results(helped.failed, helped.results, is_running=helped.is_running)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading(
            "Verify your account", "Signed in through the gateway. Check that this is the account you mean to use."
        ))
        for check in self.checks:
            column.addWidget(check)
        column.addWidget(self.diagnosis)
        column.addSpacing(4)
        self.level.addItem("Not entered")
        for number in OPTIONS_LEVELS:
            self.level.addItem(_LEVEL_NAMES[number])
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(labelled("Account", self.account), 1)
        row.addLayout(labelled("Options level, as Client Portal shows it", self.level), 1)
        column.addLayout(row)
        column.addStretch(1)

    def _account_chosen(self, index: int) -> None:
        chosen = self.account.itemData(index)
        if chosen != self._host.state.entries.account:
            self._host.change(lambda state: choose_account(state, chosen))
            self._host.probe()


def _level_at(index: int) -> int | None:
    return None if index == 0 else index - 1
