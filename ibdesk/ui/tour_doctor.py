"""The tour's visit to the doctor: well, ill and healed again, with what can be handed to those who help."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QWidget

from ibdesk.domain.diagnosis import Complaint, Verdict
from ibdesk.services.gateway_conf import Conf, parse_conf
from ibdesk.ui.gateway.conf_dialog import ConfDialog
from ibdesk.ui.pages.activity.doctor_tab import DoctorTab
from ibdesk.ui.pages.activity.page import ActivityPage
from ibdesk.ui.support.bundle import BundleDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibdesk.services.desk import Desk
    from ibdesk.ui.frame.desk_view import DeskView

SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
#: A conf.yaml as the gateway ships it, in what matters: it lets strangers in.
_SHIPPED = """\
ip2loc: "US"
proxyRemoteSsl: true
proxyRemoteHost: "https://api.ibkr.com"
listenPort: 5000
listenSsl: true
svcEnvironment: "v1"
sslCert: "vertx.jks"
ips:
  allow:
    - 192.*
    - 131.216.*
    - 127.0.0.1
  deny:
    - 212.90.324.10
"""


class Guide(Protocol):
    """What a visit needs of the tour."""

    @property
    def desk(self) -> "Desk": ...

    @property
    def view(self) -> "DeskView": ...


    async def happens(self, holds: "Callable[[], bool]", what: str) -> None:
        """Wait for it, or fail the tour."""

    async def shoot(self, name: str, widget: QWidget | None = None) -> None:
        """A picture in both themes."""

    def resize(self, size: QSize) -> None:
        """Another size of the window."""


async def visit_the_doctor(guide: Guide) -> None:
    """The page on a well desk and on a dead gateway, its dialogs, and the healing button."""
    tab = await _enter(guide)
    await _see_a_well_desk(guide, tab)
    await _see_the_dialogs(guide, tab)
    await _see_a_dead_gateway(guide, tab)


async def _enter(guide: Guide) -> DoctorTab:
    guide.view.run("activity:doctor")
    await guide.happens(lambda: isinstance(guide.view.page("activity"), ActivityPage), "Activity opens")
    page = guide.view.page("activity")
    assert isinstance(page, ActivityPage)  # noqa: S101 - it was just waited for
    tab = page.tab("doctor")
    assert isinstance(tab, DoctorTab)  # noqa: S101 - its file says so
    return tab


async def _see_a_well_desk(guide: Guide, tab: DoctorTab) -> None:
    view, before = tab.view, tab.view.report
    view.examine_button.click()  # where the page itself began an examination, it is waited for
    await guide.happens(
        lambda: view.report is not before and view.examine_button.isEnabled(), "the doctor examines")
    for name, size in (("1280x800", SMALL), ("1920x1080", LARGE)):
        guide.resize(size)
        await guide.shoot(f"doctor-well-{name}")
    guide.resize(SMALL)
    view.show_about(Complaint.NOT_SYNCING)
    await guide.shoot("doctor-complaint")
    view.show_about(None)


async def _see_the_dialogs(guide: Guide, tab: DoctorTab) -> None:
    path = Path("clientportal.gw", "root", "conf.yaml")
    conf: Conf = parse_conf(path, _SHIPPED)
    editor = ConfDialog(conf, guide.desk.clock, port=5000, parent=guide.view)
    editor.show()
    await guide.shoot("gateway-conf", editor)
    editor.safe.click()
    await guide.shoot("gateway-conf-changed", editor)
    bundle = BundleDialog(await guide.desk.support.preview(tab.view.report), guide.view)
    editor.hide()
    bundle.show()
    bundle.names.setCurrentRow(2)
    await guide.shoot("support-bundle", bundle)
    for dialog in (editor, bundle):
        _end(dialog)


async def _see_a_dead_gateway(guide: Guide, tab: DoctorTab) -> None:
    faults = {fault.name: fault for fault in guide.desk.faults}
    view = tab.view
    await faults["kill"].run()
    view.examine_button.click()
    await guide.happens(
        lambda: any(each.verdict is Verdict.BAD for each in view.shown) and view.examine_button.isEnabled(),
        "the doctor finds the gateway dead",
    )
    for name, size in (("1280x800", SMALL), ("1920x1080", LARGE)):
        guide.resize(size)
        await guide.shoot(f"doctor-killed-{name}")
    view.card.start.click()
    session = guide.desk.session
    await guide.happens(lambda: session is None or session.session.is_ready, "the gateway lives again")
    await guide.happens(view.examine_button.isEnabled, "the doctor has looked again")


def _end(dialog: QDialog) -> None:
    dialog.hide()
    dialog.deleteLater()
