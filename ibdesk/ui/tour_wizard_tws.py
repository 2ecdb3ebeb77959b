"""The tour’s walk through the wizard over TWS: way, place, a client id in use, and the account that is found."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Fix
from ibdesk.services.first_run import Step, Way, missing
from ibdesk.ui.wizard.dialog import WizardDialog
from ibdesk.ui.wizard.parts import Question

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.tour_doctor import Guide

SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = (
    "wizard-tws-1-way", "wizard-tws-2-place", "wizard-tws-3-client-id", "wizard-tws-4-connected",
    "wizard-tws-4-connected-large", "wizard-tws-5-verify",
)


async def visit_the_wizard_over_tws(guide: "Guide", bridge: "Bridge") -> None:
    """As from Settings, up to the disclosures; the desk's own connection has the first client id."""
    health = guide.desk.tws_health
    assert health is not None  # noqa: S101 - the demo has a TWS
    guide.resize(SMALL)
    dialog = WizardDialog(guide.desk.connector, bridge, environment=Environment.PAPER, parent=guide.view)
    panel = dialog.panel
    dialog.open()
    panel.environment.ways.cards[Way.TWS].radio.click()
    await guide.shoot("wizard-tws-1-way", dialog)
    await guide.happens(lambda: not missing(panel.state), "the way over TWS is chosen")
    await _press_on(guide, dialog, Step.TWS)
    panel.path.choose_port(int(health.known().address.rpartition(":")[2]))
    await guide.shoot("wizard-tws-2-place", dialog)
    panel.tws.connect_button.click()
    await guide.happens(lambda: panel.state.tws.seen is not None, "TWS answers")
    found = panel.state.tws.result(Check.TWS_CLIENT_ID)
    if found is not None and found.fix is Fix.USE_CLIENT_ID:
        await guide.shoot("wizard-tws-3-client-id", dialog)
        panel.tws.list.rows[Check.TWS_CLIENT_ID].button.click()
    await guide.happens(lambda: not missing(panel.state), "TWS names its accounts")
    await guide.shoot("wizard-tws-4-connected", dialog)
    dialog.resize(LARGE)
    await guide.shoot("wizard-tws-4-connected-large", dialog)
    dialog.resize(SMALL)
    await _press_on(guide, dialog, Step.TWS_ACCOUNT)
    await guide.shoot("wizard-tws-5-verify", dialog)
    panel.ask_to_cancel()
    await guide.happens(lambda: panel.findChild(Question) is not None, "leaving is asked about")
    question = panel.findChild(Question)
    assert question is not None  # noqa: S101 - it was just waited for
    question.yes.click()
    await guide.happens(lambda: not dialog.isVisible(), "the wizard leaves nothing behind")


async def _press_on(guide: "Guide", dialog: WizardDialog, step: Step) -> None:
    """Press Continue until it is taken: while something is being read it is not."""
    panel = dialog.panel

    def is_there() -> bool:
        if panel.state.step is not step:
            panel.next_button.click()
        return panel.state.step is step

    await guide.happens(is_there, f"the page of {step.value}")
