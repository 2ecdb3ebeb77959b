"""What is done when a person wants another mode: asked, told what stays behind, and the desk opened anew in it.

Charter. What: changing the mode, connecting an account, the guided way to live trading and the unlocking of live
orders, from the question to the open desk. Beside `desk_door` and not in it, for that opens and closes desks and knows
no mode; and not in `ui`, for a view cannot end the desk it belongs to. A mode is never changed by itself: every way
leads through a question that names the mode, and no order is sent or cancelled on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibdesk.desk_door import DeskDoor
    from ibdesk.domain.accounts import AccountId, Environment
    from ibdesk.domain.errors import Refused
    from ibdesk.domain.modes import Mode, ModeFace
    from ibdesk.services.desk import Desk
    from ibdesk.services.tasks import Tasks
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.main_window import MainWindow

GO_ON = "guide"
#: After a TWS was connected: the command that shows what moves.
LIVE_VIEW = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """What the mode that is left keeps: orders that go on working there, and tickets nobody sent."""

    working: int
    tickets: int


class ModeDoor:
    """Works on the open desk of `door`; its methods run in that desk's tasks, reopening it in the application's."""

    def __init__(self, door: DeskDoor, window: MainWindow, *, tasks: Tasks) -> None:
        self._door, self._window, self._tasks = door, window, tasks

    async def change(self, value: str) -> None:
        """Go to the mode of this name, after a yes; what cannot be entered says why."""
        from ibdesk.domain.modes import Mode, face_of
        from ibdesk.ui.modes import questions
        from ibdesk.ui.modes.choices import choice_of
        from ibdesk.ui.modes.selector import standing_of

        desk, bridge = self._open_desk()
        mode = Mode(value)
        if mode is desk.mode:
            return
        standing = await standing_of(desk)
        choice = choice_of(mode, standing)
        if not choice.is_open:
            bridge.failed("change the mode", _closed(choice.note))
            return
        if mode is Mode.IBKR_LIVE:
            await self.guide()
            return
        if mode is Mode.IBKR_PAPER and choice.face.environment not in standing.connected:
            await self.connect(choice.face.environment)
            return
        left = await staying(desk)
        question = questions.change_mode(
            face_of(desk.mode), choice.face, working=left.working, tickets=left.tickets, parent=self._window)
        if await bridge.ask(question):
            await self._enter(desk, mode)

    async def connect(self, environment: Environment | None = None) -> None:
        """The wizard; a connected account's mode is opened."""
        from ibdesk.domain.modes import ibkr_mode
        from ibdesk.ui.wizard.dialog import WizardDialog

        desk, bridge = self._open_desk()
        if desk.environment == "demo":
            bridge.say("This is the demo. Quit it and open ibdesk to connect an account of your own.")
            return
        dialog = WizardDialog(desk.connector, bridge, environment=environment, parent=self._window)
        if await bridge.ask(dialog) and dialog.connected is not None:
            result = dialog.connected
            await self._enter(desk, ibkr_mode(result.environment), then="" if result.tws is None else LIVE_VIEW)

    async def guide(self) -> None:
        """The steps from paper to live, from wherever the desk is on that way."""
        from ibdesk.domain.accounts import Environment
        from ibdesk.domain.live_switch import Stage
        from ibdesk.domain.modes import Mode, face_of
        from ibdesk.ui.modes import questions
        from ibdesk.ui.modes.guide import GuidedSwitch

        desk, bridge = self._open_desk()
        if desk.environment == "demo":
            bridge.say("This is the demo. Quit it and open ibdesk to trade on an account of your own.")
            return
        dialog = GuidedSwitch(desk, bridge, self._window)
        await dialog.look()
        if not await bridge.ask(dialog):
            return
        if dialog.chosen is Stage.CONNECT:
            await self._connect_live(desk, bridge)
        elif dialog.chosen is Stage.CHANGE:
            left = await staying(desk)
            face = face_of(Mode.IBKR_LIVE)
            question = questions.change_mode(
                face_of(desk.mode), face, working=left.working, tickets=left.tickets, parent=self._window)
            if face.environment is Environment.LIVE and await bridge.ask(question):
                await self._enter(desk, Mode.IBKR_LIVE, then=GO_ON)
        elif dialog.chosen is Stage.TEST:
            bridge.command.emit("going-live")

    async def unlock(self) -> None:
        """Let live orders of the selected account leave, once everything is proved and its number is typed."""
        from ibdesk.ui.modes import questions

        desk, bridge = self._open_desk()
        live = desk.going_live
        if live is None or not live.is_live:
            bridge.command.emit("going-live")
            return
        account = await self._account(desk, bridge)
        if (await live.look(account)).missing or account is None:
            bridge.command.emit("going-live")
            return
        settings = desk.preferences.settings
        question = questions.unlock(
            account, guarded=await live.guarded(), is_read_only=settings.read_only, parent=self._window)
        if not await bridge.ask(question):
            return
        if settings.read_only:
            await desk.preferences.change("read_only", "false")
            self._tasks.start("unlock live orders", self._reopen_and_unlock(desk, account))
        else:
            await live.unlock(account, account)

    async def reset_paper(self) -> None:
        """A new Local Paper account in the place of the one in use, after a yes; the desk opens anew where it is on
        it."""
        from ibdesk.domain.modes import Mode, face_of
        from ibdesk.ui.modes import questions

        desk, bridge = self._open_desk()
        local = desk.local_paper
        if local is None:
            return
        cash = desk.preferences.settings.local_paper_cash
        if not await bridge.ask(questions.reset_paper(await local.load(), cash, parent=self._window)):
            return
        await local.reset()
        if desk.mode is Mode.LOCAL_PAPER:
            self._tasks.start("reset Local Paper", self._switch(face_of(desk.mode), ""))
        else:
            bridge.say("The next Local Paper desk opens with a new account.")

    async def open_anew(self) -> None:
        """The same mode again, with everything that the settings say by now."""
        from ibdesk.domain.modes import face_of

        desk, _ = self._open_desk()
        self._tasks.start("open the desk anew", self._door.switch(face_of(desk.mode)))

    async def _reopen_and_unlock(self, desk: Desk, account: AccountId) -> None:
        """The broker takes orders only when it is opened to: the desk is opened anew, then unlocked once signed in."""
        from datetime import timedelta

        from ibdesk.domain.modes import face_of

        await self._door.switch(face_of(desk.mode))
        fresh, bridge = self._door.desk, self._door.bridge
        if fresh is None or bridge is None or fresh.going_live is None or fresh.session is None:
            return
        live, session = fresh.going_live, fresh.session

        async def arm() -> None:
            await session.wait_until_ready(timedelta(seconds=30))
            await live.unlock(account, account)

        bridge.start("unlock live orders", arm())

    async def _connect_live(self, desk: Desk, bridge: Bridge) -> None:
        """The wizard with “Live Trading”; the guide goes on after it, and no desk is changed yet."""
        from ibdesk.domain.accounts import Environment
        from ibdesk.ui.wizard.dialog import WizardDialog

        dialog = WizardDialog(desk.connector, bridge, environment=Environment.LIVE, parent=self._window)
        await bridge.ask(dialog)
        await self.guide()

    async def _account(self, desk: Desk, bridge: Bridge) -> AccountId | None:
        """The account whose orders are unlocked: the one looked at, else the connection's."""
        if bridge.selected is not None:
            return bridge.selected
        known = await desk.preferences.credentials()
        return next((each.account for each in known if each.environment is desk.environment), None)

    async def _enter(self, desk: Desk, mode: Mode, *, then: str = "") -> None:
        from ibdesk.domain.modes import face_of

        await desk.preferences.choose_mode(mode)
        self._tasks.start("change the mode", self._switch(face_of(mode), then))

    async def _switch(self, face: ModeFace, then: str) -> None:
        await self._door.switch(face)
        if then == LIVE_VIEW and self._door.view is not None:
            self._door.view.run(LIVE_VIEW)
        if then == GO_ON and self._door.bridge is not None and self._door.desk is not None:
            self._door.bridge.start("the way to live", self.guide())

    def _open_desk(self) -> tuple[Desk, Bridge]:
        assert self._door.desk is not None  # noqa: S101 - the command came from it
        assert self._door.bridge is not None  # noqa: S101
        return self._door.desk, self._door.bridge


async def staying(desk: Desk) -> Staying:
    """What stays behind in the desk's mode."""
    working = () if desk.order_book is None else desk.order_book.working
    drafts = () if desk.orders is None else await desk.orders.drafts()
    return Staying(working=len(working), tickets=sum(ticket.mode is desk.mode for _, ticket in drafts))


def _closed(note: str) -> Refused:
    from ibdesk.domain.errors import Cause, Refused

    why, _, remedy = note.partition(". ")
    return Refused(f"{why}.", remedy=remedy or "Choose another mode.", cause=Cause.WRONG_ENVIRONMENT)
