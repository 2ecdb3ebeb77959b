"""Why a step of the wizard failed: the doctor's findings on it, with their facts and the button that helps."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.services.findings import CheckId
from ibdesk.ui.doctor.row import ExaminedRow
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.labels import Label, line

#: Which examinations answer which failed check of the wizard.
ANSWERS: dict[CheckId, tuple[Check, ...]] = {
    CheckId.GATEWAY: (
        Check.PORT_OWNER, Check.GATEWAY_PROCESS, Check.GATEWAY_ANSWERS, Check.ENCRYPTION, Check.GATEWAY_FOLDER,
        Check.GATEWAY_CONF, Check.JAVA, Check.CERTIFICATE, Check.CLOCK, Check.RATE_BUDGET,
    ),
    CheckId.SIGN_IN: (
        Check.GATEWAY_ANSWERS, Check.COMPETING, Check.USER_NAME, Check.BROKERAGE, Check.SIGN_ON, Check.CLOCK,
        Check.RATE_BUDGET,
    ),
    CheckId.ACCOUNT: (Check.USER_NAME, Check.ACCOUNTS, Check.BROKERAGE, Check.GATEWAY_ANSWERS, Check.RATE_BUDGET),
}
_TOLD = (Verdict.BAD, Verdict.WARN, Verdict.EXPECTED)
#: What follows from a gateway that does not run: it is silent, and its finding offers the folder.
_FOLLOWS = (Check.GATEWAY_ANSWERS, Check.GATEWAY_FOLDER)
#: More than this says less.
MOST = 4


def telling(failed: CheckId, results: Sequence[Examined]) -> tuple[Examined, ...]:
    """The findings that explain a failed check, what is broken before what is doubtful."""
    order = ANSWERS.get(failed, ())
    about = [each for check in order for each in results if each.check is check and each.verdict in _TOLD]
    if any(each.check is Check.GATEWAY_PROCESS and each.verdict is Verdict.BAD for each in about):
        about = [each for each in about if each.check not in _FOLLOWS]
    return tuple(sorted(about, key=lambda each: _TOLD.index(each.verdict)))[:MOST]


class DiagnosisCard(QFrame):
    """Hidden while there is nothing to say. `fix_wanted` carries the finding whose button was pressed; starting the
    gateway has its button on the page already."""

    fix_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self.setAccessibleName("Why it failed")
        self.title = Label("", kind=Text.CAPTION, bold=True, tone="muted")
        self.title.setContentsMargins(14, 8, 14, 0)
        self.rows: tuple[ExaminedRow, ...] = ()
        self._shown: tuple[Examined, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._column.setSpacing(0)
        self._column.addWidget(self.title)
        self.hide()

    def show_results(self, failed: CheckId | None, results: Sequence[Examined], *, is_running: bool) -> None:
        """Show what explains the failed check; None hides it."""
        found = () if failed is None else telling(failed, results)
        self.setVisible(failed is not None and (bool(found) or is_running))
        self.title.setText("Looking for the reason…" if is_running else "What was found on this computer")
        if found != self._shown:
            self._shown = found
            self._fill(found)

    def _fill(self, found: Sequence[Examined]) -> None:
        while (item := self._column.takeAt(1)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        made: list[ExaminedRow] = []
        for each in found:
            if made:
                self._column.addWidget(line())
            row = ExaminedRow(each.check)
            row.show_result(replace(each, fix=None) if each.fix is Fix.START_GATEWAY else each)
            row.fix_wanted.connect(self.fix_wanted)
            self._column.addWidget(row)
            made.append(row)
        first = next((row for row in made if row.button.text()), None)
        if first is not None and found[0].fix is not Fix.START_GATEWAY:
            first.set_next(True)
        self.rows = tuple(made)
