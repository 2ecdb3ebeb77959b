"""A whole desk on the demo's own gateway, ready to trade: read, synced, and with every disclosure acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from ibdesk import __version__, wiring
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Leg, Order, OrderTicket, Side
from ibdesk.services.desk import Desk
from ibdesk.services.disclosures import load_disclosures, sha256
from ibdesk.services.questioning import Ask
from ibdesk.store.receipts import hash_of
from ibdesk.ui.bridge import Bridge
from tests.ui.orders.sample import MAIN
from tests.ui.sample_rooms import bridge_to


@asynccontextmanager
async def demo_desk(*, local_paper: bool = False) -> AsyncIterator[tuple[Desk, Bridge]]:
    """The desk and a bridge to it, both open; with `local_paper` it trades its own account in front of the gateway."""
    desk = await wiring.open_demo_desk(local_paper=local_paper)
    bridge = bridge_to(desk, None if local_paper else MAIN)
    try:
        assert desk.session is not None and desk.sync is not None and desk.order_book is not None
        session, book = desk.session, desk.order_book
        await until(lambda: session.session.is_ready and book.is_read)
        await desk.sync.run()
        if local_paper:
            bridge.select((await desk.book.accounts())[0].id)
        await _acknowledge(desk, bridge.selected or MAIN)
        yield desk, bridge
    finally:
        bridge.deafen()
        await desk.close()


async def until(is_so: Callable[[], bool], within: float = 20) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.02)


async def held(desk: Desk, symbol: str) -> Instrument:
    """The share of this symbol that the main account holds."""
    (page,) = [page for page in await desk.book.pages() if page.account.id == MAIN]
    found = (row.position.instrument for row in page.rows)
    return next(each for each in found if each.symbol == symbol and each.option is None)


async def ticket_for(desk: Desk, symbol: str, *, limit: str, quantity: int = 1) -> OrderTicket:
    """To buy some shares of what is held."""
    legs = (Leg(instrument=await held(desk, symbol), side=Side.BUY),)
    return OrderTicket(account=MAIN, mode=desk.mode, legs=legs, quantity=Decimal(quantity), limit=Decimal(limit))


async def send(desk: Desk, ticket: OrderTicket, ask: Ask) -> Order:
    """As the ticket's button does it, everything confirmed."""
    assert desk.orders is not None
    shown = await desk.orders.check(ticket)
    assert not shown.verdict.is_blocked, [each.sentence for each in shown.verdict.findings]
    return await desk.orders.send(
        f"draft {ticket.limit} {ticket.quantity}", shown, ask=ask, confirmation=desk.orders.confirm(shown))


async def _acknowledge(desk: Desk, account: AccountId) -> None:
    now = desk.clock()
    await desk.preferences.acknowledge([
        Acknowledgment(
            disclosure_id=text.id, version=text.version, sha256=text.sha256, statement_sha256=sha256(text.statement),
            shown_at=now, acknowledged_at=now, account_hash=hash_of(account), app_version=__version__,
        )
        for text in load_disclosures()
    ])
