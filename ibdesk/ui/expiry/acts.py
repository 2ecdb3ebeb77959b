"""What a person does about a position near its end: close it, exercise it, let it lapse, take that back."""

from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QWidget

from ibdesk.domain.modes import face_of
from ibdesk.domain.prefilled import closing_ticket
from ibdesk.services.expiry_board import Line
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.expiry.details import Details
from ibdesk.ui.expiry.dialog import ExerciseDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.expiry import Expiry
    from ibdesk.ui.bridge import Bridge


class Where(Protocol):
    """What the acts need of the board they belong to."""

    details: Details

    @property
    def selected(self) -> Line | None: ...

    def refresh(self) -> None: ...

    def window(self) -> QWidget: ...


class ExpiryActs:
    """Each act is for the position the board shows in full; what cannot be done now does nothing."""

    def __init__(self, desk: "Desk", bridge: "Bridge", board: Where) -> None:
        self._desk, self._bridge, self._board = desk, bridge, board

    def close(self) -> None:
        """Open a ticket that closes the position."""
        chosen = self._board.selected
        if chosen is not None and self._desk.orders is not None:
            row = chosen.row
            ticket = closing_ticket(row.account, self._desk.mode, row.instrument, row.quantity)
            self._bridge.ticket_wanted.emit(ticket, None)

    def exercise(self) -> None:
        """Ask how many are exercised, and tell the broker."""
        self._ask_about("exercise", self._board.details.exercise, lapses=False)

    def lapse(self) -> None:
        """Ask how many are left to lapse, and tell the broker."""
        self._ask_about("let lapse", self._board.details.lapse, lapses=True)

    def withdraw(self) -> None:
        """Take back what the broker was told."""
        chosen, expiry = self._board.selected, self._desk.expiry
        if chosen is not None and chosen.instruction is not None and expiry is not None:
            self._bridge.start("withdraw", self._withdraw(chosen, expiry), busy=self._board.details.withdraw)

    def _ask_about(self, name: str, button: QWidget, *, lapses: bool) -> None:
        chosen, expiry = self._board.selected, self._desk.expiry
        if chosen is not None and expiry is not None and not button.isHidden() and button.isEnabled():
            self._bridge.start(name, self._ask(chosen, expiry, lapses=lapses), busy=button)

    async def _ask(self, chosen: Line, expiry: "Expiry", *, lapses: bool) -> None:
        row = chosen.row
        dialog = ExerciseDialog(
            row, lambda wish: expiry.check(row, wish), self._desk.clock(), lapses=lapses, mode=self._desk.mode,
            parent=self._board.window(),
        )
        if not await self._bridge.ask(dialog):
            return
        wish, shown = dialog.wish, dialog.verdict
        await expiry.instruct(row.account, wish, shown)
        named = words.contract_words(row, self._desk.clock())
        verb = "let lapse" if lapses else "exercise"
        who = face_of(self._desk.mode).word
        self._bridge.say(f"{who} was told to {verb} {fmt.quantity(wish.contracts)} × {named}.")
        self._board.refresh()

    async def _withdraw(self, chosen: Line, expiry: "Expiry") -> None:
        assert chosen.instruction is not None  # noqa: S101 - asked before starting
        await expiry.withdraw(chosen.instruction)
        self._bridge.say("The instruction was taken back.")
        self._board.refresh()
