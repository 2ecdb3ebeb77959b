"""What happens to what is open in a mode when the mode is changed; the questions are asked in tests/ui/test_app.py."""

import asyncio
from decimal import Decimal

import pytest

from ibdesk import wiring
from ibdesk.domain.errors import Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderTicket, Question, Side
from ibdesk.mode_door import staying
from ibdesk.services.desk import Desk
from ibdesk.services.orders import Orders, Reply
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
