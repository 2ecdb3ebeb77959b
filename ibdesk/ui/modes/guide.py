"""The guided switch from paper to live: five steps, each ticked by what is so, one button for the one to do now."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from ibdesk.domain.accounts import Environment
from ibdesk.domain.live_switch import Progress, Stage, SwitchEvidence, SwitchStep, steps
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Check, CheckRow, Label

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

TITLES = {
    Stage.DISCONNECT: "Disconnect paper", Stage.CONNECT: "Connect again as “Live Trading”",
    Stage.CHANGE: "Change to IBKR Live", Stage.SIGN_IN: "Sign in with the live user name",
    Stage.TEST: "Test the connection",
}  # fmt: skip
VERBS = {
    Stage.DISCONNECT: "Sign out", Stage.CONNECT: "Connect…", Stage.CHANGE: "Change to IBKR Live",
    Stage.SIGN_IN: "Sign in", Stage.TEST: "Read the account",
}  # fmt: skip
_MARKS = {Progress.DONE: Check.GOOD, Progress.NOW: Check.WARN, Progress.LATER: Check.PENDING}
_LATER = ("Orders stay locked on the way: IBKR Live opens to look at only, until the going-live checklist is ticked "
          "and you unlock live orders by typing the account's number.")  # fmt: skip


async def switch_evidence(desk: "Desk") -> SwitchEvidence:
    """What is so of the way from paper to live, read now."""
    known = next((each for each in await desk.preferences.credentials() if each.environment is Environment.LIVE), None)
    page = None if known is None or desk.environment is not Environment.LIVE else await desk.book.page(known.account)
    return SwitchEvidence(
        mode=desk.mode, session=None if desk.session is None else desk.session.session,
        live_user="" if known is None else known.user_name, live_account=None if known is None else known.account,
        read_at=None if page is None else page.received_at,
    )  # fmt: skip


class GuideRow(CheckRow):
    """One step with its button, which is there while the step is the one to do."""

    def __init__(self, number: int, stage: Stage, press: Callable[[], None]) -> None:
        super().__init__(f"{number}. {TITLES[stage]}")
        self.stage, self._number = stage, number
        self.button = Button(VERBS[stage], kind="danger" if stage is Stage.CHANGE else "accent")
        self.button.clicked.connect(press)
        self.row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_step(self, step: SwitchStep) -> None:
        """How it stands."""
        self.set(_MARKS[step.progress], f"{self._number}. {TITLES[step.stage]}", step.sentence)
        self.title.set_tone("muted" if step.progress is Progress.LATER else "")
        self.button.setVisible(step.progress is Progress.NOW)


class GuidedSwitch(QDialog):
    """Accepted with `chosen` saying which step the application is to do: CONNECT or CHANGE; TEST when all is done and
    the checklist is wanted next. Signing in and out and the test are done here."""

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change to live trading")
        self.setMinimumWidth(640)
        self._desk, self._bridge = desk, bridge
        self.chosen: Stage | None = None
        self.rows = {
            stage: GuideRow(number, stage, partial(self._press, stage))
            for number, stage in enumerate(Stage, start=1)
        }
        self.close_button = Button("Close")
        self.checklist = Button("Going live checklist…", kind="primary")
        self._stack()
        self.close_button.clicked.connect(self.reject)
        self.checklist.clicked.connect(lambda: self._leave(Stage.TEST))
        bridge.session_changed.connect(self._look)
        bridge.account_changed.connect(self._look)
        bridge.settings_changed.connect(self._look)

    def show_steps(self, found: tuple[SwitchStep, ...]) -> None:
        """Draw every step; the checklist is offered when all are done."""
        for step in found:
            self.rows[step.stage].show_step(step)
        is_done = all(step.progress is Progress.DONE for step in found)
        self.checklist.setVisible(is_done)
        todo = next((step.stage for step in found if step.progress is Progress.NOW), None)
        button = self.checklist if todo is None else self.rows[todo].button
        focused = self.focusWidget()
        if focused is None or not focused.isVisible():
            button.setFocus(Qt.FocusReason.OtherFocusReason)

    async def look(self) -> None:
        """Read how everything stands and show it."""
        found = steps(await switch_evidence(self._desk))
        if isValid(self):  # it may have been closed meanwhile
            self.show_steps(found)

    def _look(self, _event: object) -> None:
        self._bridge.start("look at the switch", self.look())

    def _press(self, stage: Stage) -> None:
        session, sync = self._desk.session, self._desk.sync
        button = self.rows[stage].button
        if stage in (Stage.CONNECT, Stage.CHANGE):
            self._leave(stage)
        elif stage is Stage.DISCONNECT and session is not None:
            self._bridge.start("sign out", session.sign_out(), button)
        elif stage is Stage.SIGN_IN and session is not None:
            session.sign_in(self._desk.connector.open_browser)
        elif stage is Stage.TEST and sync is not None:
            self._bridge.start("test the connection", self._test(), button)

    async def _test(self) -> None:
        session, sync = self._desk.session, self._desk.sync
        assert session is not None and sync is not None  # noqa: S101 - asked before starting
        await session.refresh()
        outcome = await sync.run()
        if outcome.error is not None and isValid(self):
            self.rows[Stage.TEST].set(Check.BAD, detail=f"{outcome.error.message} {outcome.error.remedy}")
            return
        await self.look()

    def _leave(self, stage: Stage) -> None:
        self.chosen = stage
        self.accept()

    def _stack(self) -> None:
        stripe = QFrame()
        stripe.setFixedHeight(3)
        stripe.setProperty("kind", "stripe")
        inside = QVBoxLayout()
        inside.setContentsMargins(24, 20, 24, 20)
        inside.setSpacing(10)
        inside.addWidget(Label("From paper to live trading", kind=Text.TITLE, bold=True))
        inside.addWidget(Label(_LATER, tone="muted", wrap=True))
        inside.addSpacing(4)
        for row in self.rows.values():
            inside.addWidget(row)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        foot.addWidget(self.checklist)
        inside.addSpacing(6)
        inside.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(stripe)
        column.addLayout(inside)
