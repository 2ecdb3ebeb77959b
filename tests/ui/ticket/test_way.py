"""What is said above a ticket whose order would go over TWS and cannot."""

import asyncio

from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.orders import OrderRoute
from ibdesk.ui.ticket.head import TicketHead
from ibdesk.ui.ticket.way import is_over_socket, no_way
from tests.ui.ticket.samples import NOON, form


def test_read_only_stands_before_every_ticket_over_tws_until_it_is_turned_off() -> None:
    """E12."""

    async def run() -> None:
        desk = await wiring.open_demo_desk(watching=False)
        try:
            assert no_way(desk) is None and not is_over_socket(desk), "orders go through the portal as shipped"
            await desk.preferences.change("order_route", OrderRoute.TWS.value)
            told = no_way(desk)
            assert is_over_socket(desk) and told is not None
            assert "Read only" in told.text and told.command == "setting:read_only"
            await desk.preferences.change("read_only", "false")
            assert no_way(desk) is None
        finally:
            await desk.close()

    asyncio.run(run())


def test_a_ticket_says_that_its_order_goes_over_tws(dressed: QApplication) -> None:
    head, shown = TicketHead(), form(Severity.PASS)
    head.draw(shown, NOON.date())
    assert head.account.text() == shown.ticket.account
    head.is_over_socket = True
    head.draw(shown, NOON.date())
    assert head.account.text() == f"{shown.ticket.account} · over TWS"
    assert "over TWS" in head.account.accessibleName()
    head.deleteLater()
