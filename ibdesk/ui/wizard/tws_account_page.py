"""Step 3 over TWS: which account opens, what it is worth, and how the connection stands."""

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ibdesk.domain.accounts import Account
from ibdesk.domain.diagnosis import Check as Found
from ibdesk.domain.positions import Snapshot
from ibdesk.domain.sockets import named
from ibdesk.services.first_run import FirstRun
from ibdesk.services.first_run_tws import choose_tws_account
from ibdesk.services.tws_side import TwsSide
from ibdesk.ui import format as fmt
from ibdesk.ui.widgets.checks import Check, CheckRow
from ibdesk.ui.widgets.states import labelled
from ibdesk.ui.wizard.host import Host
from ibdesk.ui.wizard.parts import Heading


class TwsAccountPage(QWidget):
    """What TWS named; with several accounts all are read, and one opens first."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self.line = CheckRow("TWS")
        self.account = CheckRow("Account")
        self.read_only = CheckRow("Orders")
        self.restarts = CheckRow("Restarts")
        self.choice = QComboBox()
        self.choice.activated.connect(self._chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading(
            "Verify your account", "Signed in at TWS. Check that this is the account you mean to use."
        ))
        for row in (self.line, self.account, self.read_only, self.restarts):
            column.addWidget(row)
        column.addSpacing(4)
        column.addLayout(labelled("Account that opens first", self.choice))
        column.addStretch(1)

    def draw(self, state: FirstRun) -> None:
        """Show what was found."""
        side = state.tws
        self.line.set(
            Check.GOOD if side.seen is not None else Check.PENDING, f"Connected to {named(side.host, side.port)}",
            f"Client id {side.client_id} reads, {side.client_id + 1} is for orders · "
            f"{len(side.accounts)} account{'' if len(side.accounts) == 1 else 's'}",
        )
        self._draw_account(side)
        found = side.result(Found.TWS_READ_ONLY)
        self.read_only.set(
            Check.GOOD, "Read only", "ibdesk sends no orders over TWS until you switch its own setting off. "
            f"{'' if found is None else found.statement}",
        )
        restarts = side.result(Found.TWS_OUTAGES)
        self.restarts.set(Check.GOOD, "Expected outages", "" if restarts is None else restarts.statement)
        self._draw_choice(side)

    def _draw_account(self, side: TwsSide) -> None:
        chosen = side.chosen
        picture = None if chosen is None or side.seen is None else side.seen.picture(chosen.id)
        if chosen is None or picture is None:
            self.account.set(Check.PENDING, "Account", "It was not read yet.")
            return
        kind = "Paper" if chosen.is_paper else "Live"
        self.account.set(Check.GOOD, f"Account {chosen.id} · {kind} · {chosen.currency}", _worth(chosen, picture))

    def _draw_choice(self, side: TwsSide) -> None:
        ids = [account.id for account in side.accounts]
        if [self.choice.itemData(row) for row in range(self.choice.count())] != ids:
            self.choice.clear()
            for id_ in ids:
                self.choice.addItem(id_, id_)
        if side.chosen is not None:
            self.choice.setCurrentIndex(ids.index(side.chosen.id))
        self.choice.setEnabled(len(ids) > 1)

    def _chosen(self, index: int) -> None:
        account = self.choice.itemData(index)
        self._host.change(lambda state: choose_tws_account(state, account))


def _worth(account: Account, picture: Snapshot) -> str:
    summary = picture.summary
    held = len(picture.positions)
    return " · ".join((
        f"Net liquidation {fmt.money(summary.net_liquidation, summary.currency or account.currency)}",
        f"buying power {fmt.money(summary.buying_power, summary.currency or account.currency)}",
        f"{held} position{'' if held == 1 else 's'}",
    ))
