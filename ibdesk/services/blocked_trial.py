"""One paper order that a person's own limit blocks for certain, sent through the gate: how a block looks, and its
receipt. Seeing one is asked for before real money is traded (acceptance B82, B86)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Leg, OrderTicket, Question, Side
from ibdesk.domain.receipts import LoggedReceipt
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Reply

#: A share of the most liquid fund; nothing of it is bought.
SYMBOL = "SPY"


async def try_blocked(
    orders: Orders, instrument: Instrument, account: AccountId, *, most: int, now: datetime,
    newest_block: Callable[[], Awaitable[LoggedReceipt]],
) -> str:  # fmt: skip
    """Send twice `most` shares, more than the person ever allows; the id of the receipt. Refused in live modes, and
    where nothing would block it: then it is not sent."""
    if orders.is_live:
        raise _no("This is tried with paper orders alone.", "Change to Local Paper or IBKR Paper first.")
    ticket = OrderTicket(
        account=account, mode=orders.mode, legs=(Leg(instrument=instrument, side=Side.BUY),),
        quantity=Decimal(2 * most), limit=Decimal(1),
    )  # fmt: skip
    shown = await orders.check(ticket)
    if not shown.verdict.is_blocked:
        raise _no("Nothing blocks such an order, so it was not tried.", "Set “Never more shares than” in Settings.")
    try:
        await orders.send(f"trial of a block {now.isoformat()}", shown, ask=_never)
    except Refused as refusal:
        if refusal.cause is not Cause.ORDER_REFUSED:
            raise
    return (await newest_block()).receipt.correlation


async def _never(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    return Reply(yes=False)


def _no(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)
