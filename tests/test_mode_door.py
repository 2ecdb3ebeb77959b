"""What happens to what is open in a mode when the mode is changed; the questions are asked in tests/ui/test_app.py."""

import asyncio
from decimal import Decimal
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QDialog

from ibdesk import wiring
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Refused
from ibdesk.domain.going_live import Checklist, Evidence, checklist
from ibdesk.domain.modes import Mode, ModeFace
from ibdesk.domain.orders import Leg, OrderTicket, Question, Side
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Settings
from ibdesk.mode_door import ModeDoor, staying
from ibdesk.services.desk import Desk
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Reply
from ibdesk.services.tasks import Tasks
from tests.domain.test_going_live import ALL
from tests.services.scripted_broker import REAL
from tests.services.workshop import MAIN, eventually


async def yes(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    return Reply(yes=True)


async def synced(desk: Desk) -> Orders:
    session, orders = desk.session, desk.orders
    assert session is not None and orders is not None and desk.sync is not None
    await eventually(lambda: session.session.is_ready, within=20)
    await desk.sync.run()
    await eventually(lambda: orders.book.is_read, within=20)
    return orders


async def a_ticket(desk: Desk) -> OrderTicket:
    page = await desk.book.page(MAIN)
    assert page is not None
    share, price = page.rows[0].position.instrument, page.rows[0].position.price
    limit = ((price or Decimal(10)) * Decimal("0.95")).quantize(Decimal(1))
    return OrderTicket(
        account=MAIN, mode=desk.mode, legs=(Leg(instrument=share, side=Side.BUY),), quantity=Decimal(1), limit=limit)


def test_an_open_ticket_and_a_working_order_stay_with_the_mode_they_belong_to() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            orders, ticket = await synced(desk), await a_ticket(desk)
            await orders.save_draft("half done", ticket)
            left = await staying(desk)
            assert (left.working, left.tickets) == (len(orders.book.working), 1)
            await desk.preferences.choose_mode(Mode.LOCAL_PAPER)
            assert desk.reopen is not None
            desk = await desk.reopen()
            assert desk.mode is Mode.LOCAL_PAPER
            orders = await synced(desk)
            (draft,) = await orders.drafts()
            assert draft == ("half done", ticket)
            assert (await staying(desk)).tickets == 0  # it is the demo's, wherever it is looked at
            with pytest.raises(Refused):
                await orders.send("half done", await orders.check(ticket), ask=yes)
            assert orders.book.working == ()
        finally:
            await desk.close()

    asyncio.run(run())


class Asking:
    """A bridge whose person answers each dialog as told, and that notes what was asked for."""

    selected = None

    def __init__(self, *, yes: bool) -> None:
        self.yes = yes
        self.titles: list[str] = []
        self.commands: list[str] = []
        self.command = SimpleNamespace(emit=self.commands.append)

    async def ask(self, dialog: QDialog) -> bool:
        self.titles.append(dialog.windowTitle())
        dialog.deleteLater()
        return self.yes


class LiveDesk:
    """A live desk as far as unlocking sees it."""

    environment, mode, session, order_book, orders = Environment.LIVE, Mode.IBKR_LIVE, None, None, None

    def __init__(self, evidence: Evidence, *, read_only: bool) -> None:
        self.going_live, self.preferences, self._evidence = self, self, evidence
        self.settings = Settings(read_only=read_only)
        self.changed: list[tuple[str, str]] = []
        self.unlocked: list[str] = []
        self.is_live = True

    async def look(self, _account: AccountId | None = None) -> Checklist:
        return checklist(self._evidence)

    async def guarded(self) -> int:
        return 10

    async def unlock(self, account: AccountId, typed: str) -> None:
        self.unlocked.append(f"{account} {typed}")

    async def change(self, name: str, text: str) -> None:
        self.changed.append((name, text))

    async def credentials(self) -> tuple[Credentials, ...]:
        return (Credentials(environment=Environment.LIVE, gateway_url="", user_name="u", account=REAL),)


class Doorway:
    """Where the desk stands; notes that it was opened anew."""

    def __init__(self, desk: LiveDesk, bridge: Asking) -> None:
        self.desk, self.bridge, self.switched = desk, bridge, list[Mode]()

    async def switch(self, face: ModeFace) -> None:
        self.switched.append(face.mode)


def unlocking(desk: LiveDesk, *, yes: bool) -> tuple[Asking, Doorway]:
    bridge = Asking(yes=yes)
    doorway = Doorway(desk, bridge)

    async def run() -> None:
        tasks = Tasks()
        await ModeDoor(doorway, None, tasks=tasks).unlock()  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await tasks.close()

    asyncio.run(run())
    return bridge, doorway


@pytest.mark.usefixtures("qapp")
def test_an_open_checklist_is_shown_instead_of_the_question() -> None:
    desk = LiveDesk(Evidence(), read_only=False)
    bridge, _ = unlocking(desk, yes=True)
    assert bridge.commands == ["going-live"] and bridge.titles == [] and desk.unlocked == []


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("yes", [True, False])
def test_live_orders_are_unlocked_after_a_yes_alone(yes: bool) -> None:
    desk = LiveDesk(ALL, read_only=False)
    bridge, _ = unlocking(desk, yes=yes)
    assert bridge.titles == ["Unlock live orders?"]
    assert desk.unlocked == ([f"{REAL} {REAL}"] if yes else []) and desk.changed == []


@pytest.mark.usefixtures("qapp")
def test_a_read_only_desk_is_opened_anew_for_it() -> None:
    desk = LiveDesk(ALL, read_only=True)
    _, doorway = unlocking(desk, yes=True)
    assert desk.changed == [("read_only", "false")] and doorway.switched == [Mode.IBKR_LIVE]


@pytest.mark.usefixtures("qapp")
def test_outside_of_live_there_is_nothing_to_unlock() -> None:
    desk = LiveDesk(ALL, read_only=False)
    desk.is_live = False
    bridge, _ = unlocking(desk, yes=True)
    assert bridge.commands == ["going-live"] and bridge.titles == []
