"""The doctor's page: the gateway, what it all comes to, the choice of a complaint, and the findings as they come."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import Complaint, Examined, Report
from ibdesk.domain.events import GatewayChanged
from ibdesk.ui.doctor.complaints import ComplaintList
from ibdesk.ui.doctor.findings import FindingsList
from ibdesk.ui.doctor.fixes import Fixes
from ibdesk.ui.doctor.wording import COMPLAINTS, MARKS, as_text, headline, in_the_demo, worst_of
from ibdesk.ui.gateway.acts import GatewayActs
from ibdesk.ui.gateway.card import GatewayCard
from ibdesk.ui.pages.help import HelpDialog
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Icon, Label, line

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.ui.bridge import Bridge


#: An examination younger than this is not made again by coming back to the page.
FRESH = timedelta(minutes=1)


class Examiner(Protocol):
    """What the page needs of the doctor."""

    def watch(self) -> AsyncIterator[Examined]:
        """Every finding as its check ends."""


class DoctorView(QWidget):
    """Examines when asked, and when it is shown with nothing fresh. `bundle_wanted` carries the report, if any."""

    bundle_wanted = Signal(object)

    def __init__(self, desk: "Desk", bridge: "Bridge", *, doctor: Examiner, keeper: "GatewayKeeper") -> None:
        super().__init__()
        self.setAccessibleName("Doctor")
        self._desk, self._bridge, self._doctor, self._keeper = desk, bridge, doctor, keeper
        self._results: list[Examined] = []
        self.report: Report | None = None
        self._is_running = False
        self.card = GatewayCard(is_main=False)
        self.mark = Icon("pending", size=24)
        self.headline = Label("", bold=True, wrap=True)
        self.sentence = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.examine_button = Button("Examine", kind="accent", icon="refresh")
        self.copy = Button("Copy report", icon="copy", tip="As text, without whole account numbers")
        self.bundle = Button("Support bundle…", tip="A file for whoever helps you; you see all of it first")
        self.complaints, self.findings = ComplaintList(), FindingsList()
        self.about, self.more = Label("", tone="muted", wrap=True), Button("Read more", kind="link")
        acts = GatewayActs(
            keeper, bridge, self, clock=desk.clock, revive=desk.faults[-1].run if desk.faults else None
        )
        self._acts, self._fixes = acts, Fixes(desk, bridge, acts, self)
        self._stack()
        self._wire()
        self._draw()

    async def look(self) -> None:
        """Show how the gateway's process stands."""
        self._show_process(await self._keeper.look())

    async def arrive(self) -> None:
        """What happens when the page is shown: a look at the gateway, and an examination unless one is fresh."""
        await self.look()
        if self.report is None or self._desk.clock() - self.report.at > FRESH:
            await self.examine()

    async def examine(self) -> None:
        """Run all checks; each shows as it ends. A second call while one runs does nothing."""
        if self._is_running:
            return
        self._is_running, self._results = True, []
        self._draw()
        try:
            async for found in self._doctor.watch():
                each = in_the_demo(found) if self._desk.faults else found
                self._results.append(each)
                if not self.findings.add(each):
                    self._draw()
            self.report = Report(at=self._desk.clock(), results=tuple(self._results))
        finally:
            self._is_running = False
            self._draw()
        await self.look()

    def show_about(self, complaint: Complaint | None) -> None:
        """Show only what answers a complaint, in the documents' order."""
        self.complaints.choose(complaint)

    @property
    def shown(self) -> tuple[Examined, ...]:
        """The findings on screen."""
        report = Report(at=self._desk.clock(), results=tuple(self._results))
        about = self.complaints.complaint
        return report.results if about is None else report.about(about)

    def _draw(self) -> None:
        about = self.complaints.complaint
        self.findings.show_results(self._results, about, is_whole=not self._is_running and self.report is not None)
        self.complaints.show_results(self._results)
        self.about.setText("" if about is None else COMPLAINTS[about][1])
        self.about.setVisible(about is not None)
        self.more.setVisible(about is not None)
        self.copy.setEnabled(self.report is not None)
        self.examine_button.setEnabled(not self._is_running)
        self._draw_headline()

    def _draw_headline(self) -> None:
        if self._is_running:
            title, sentence, icon = "Examining…", "Nothing is changed, and nothing is sent but a few questions.", None
        else:
            title, sentence = headline(self.shown)
            icon = worst_of(self.shown)
        self.headline.setText(title)
        self.sentence.setText(sentence)
        mark = MARKS[icon] if icon is not None else None
        self.mark.set(mark.icon if mark else "pending", mark.tone if mark else "muted")

    def _show_process(self, process: object) -> None:
        self.card.draw(process, self._keeper.folder, self._desk.clock(), is_demo=bool(self._desk.faults))  # type: ignore[arg-type]

    def _gateway_changed(self, event: GatewayChanged) -> None:
        self._show_process(event.process)

    def _wire(self) -> None:
        bridge = self._bridge
        self.examine_button.clicked.connect(lambda: bridge.start("examine", self.examine()))
        self.copy.clicked.connect(self._copy)
        self.more.clicked.connect(lambda: bridge.start("help", self._read_more()))
        self.bundle.clicked.connect(lambda: self.bundle_wanted.emit(self.report))
        self.complaints.chosen.connect(lambda _about: self._draw())
        self.findings.fix_wanted.connect(lambda found: bridge.start("help with a finding", self._fix(found)))
        self.card.wanted.connect(lambda name: bridge.start(f"gateway {name}", self._act(name), self.card))
        bridge.gateway_changed.connect(self._gateway_changed)

    async def _fix(self, found: Examined) -> None:
        if await self._fixes.do(found):
            await self.examine()

    async def _act(self, name: str) -> None:
        if await self._acts.do(name) and name != "conf":
            await self.examine()
        await self.look()

    async def _read_more(self) -> None:
        about = self.complaints.complaint
        heading = "" if about is None else COMPLAINTS[about][0]
        await self._bridge.ask(HelpDialog("trouble", self, heading=heading))

    def _copy(self) -> None:
        if self.report is not None:
            QGuiApplication.clipboard().setText(as_text(self.report))
            self._bridge.say("The report is copied, without whole account numbers.")

    def _stack(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.headline)
        words.addWidget(self.sentence)
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 12, 8)
        head.setSpacing(12)
        head.addWidget(self.mark)
        head.addLayout(words, 1)
        for button in (self.bundle, self.copy, self.examine_button):
            head.addWidget(button)
        self.about.setContentsMargins(14, 8, 14, 4)
        right = QVBoxLayout()
        right.setSpacing(0)
        said = QHBoxLayout()
        said.addWidget(self.about, 1)
        said.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        right.addLayout(said)
        right.addWidget(self.findings, 1)
        middle = QHBoxLayout()
        middle.setContentsMargins(8, 8, 4, 4)
        middle.setSpacing(8)
        middle.addWidget(self.complaints)
        middle.addWidget(line(vertical=True))
        middle.addLayout(right, 1)
        report = Card()
        report.edge_to_edge()
        report.body.setSpacing(0)
        for part in (head, line(), middle):
            report.add(part, 1 if part is middle else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.card)
        column.addWidget(report, 1)
