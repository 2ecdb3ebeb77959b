"""How everything that is held is closed at once, and nothing of it twice.

First the orders that would close something must be gone: what was just cancelled may still be filled. Then positions
are read anew, for what is closed already would be opened the other way. What an order that is still there may close is
left to it, and told. Two who ask for it at once are served one after the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Order, OrderRef, OrderState
from ibdesk.domain.prefilled import closing_ticket
from ibdesk.services.orders import Ask, Orders
from ibdesk.services.waiting import Wait, wait

log = logging.getLogger(__name__)

Holdings = Callable[[AccountId], Awaitable[Sequence[tuple[Instrument, Decimal]]]]
#: Asks the broker for the account's positions; why they could not be had, empty when they are as new as the question.
ReadAnew = Callable[[AccountId], Awaitable[str]]

#: How often the broker is asked whether cancelled orders are gone, and the seconds between.
LOOKS, REST = 5, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """What came of it: the orders that close positions, and by its words what was left, with the reason."""

    closing: tuple[OrderRef, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


async def as_stored(_account: AccountId) -> str:
    """What is stored is as new as it gets."""
    return ""


class Flattening:
    """Closes positions at the market, each through the same gate as any order."""

    def __init__(
        self, *, holdings: Holdings, read_anew: ReadAnew, new_draft: Callable[[], str], wait: Wait = wait
    ) -> None:
        self._holdings = holdings
        self._read_anew = read_anew
        self._new_draft = new_draft
        self._wait = wait
        self._one_by_one = asyncio.Lock()

    async def run(self, orders: Orders, accounts: Sequence[AccountId], ask: Ask) -> Flattened:
        """Close what these accounts hold; `ask` shows the broker's questions."""
        closing: list[OrderRef] = []
        left: list[tuple[str, str]] = []
        async with self._one_by_one:
            await self._settled(orders, accounts)
            for account in accounts:
                if why := await self._read_anew(account):
                    left.append((f"Every position of {account}", why))
                    continue
                for instrument, held in await self._holdings(account):
                    taken = min(abs(held), still_closing(orders.book.orders, account, instrument, held))
                    if taken:
                        left.append((instrument.label, _LEFT.format(taken)))
                    rest = held - taken if held > 0 else held + taken
                    if rest == 0:
                        continue
                    try:
                        closing.append(await self._close(orders, account, instrument, rest, ask))
                    except DeskError as error:
                        left.append((instrument.label, error.message))
        return Flattened(closing=tuple(closing), left=tuple(left))

    async def _settled(self, orders: Orders, accounts: Sequence[AccountId]) -> None:
        """Ask a few times, until no order is left that would close what is held."""
        for looked in range(LOOKS):
            try:
                await orders.book.refresh()
            except DeskError as error:
                log.info("The order book could not be asked for before closing: %s", error.message)
                return
            held = [(account, *row) for account in accounts for row in await self._holdings(account)]
            if looked == LOOKS - 1 or not any(still_closing(orders.book.orders, *row) for row in held):
                return
            await self._wait(REST, asyncio.Event())

    async def _close(
        self, orders: Orders, account: AccountId, instrument: Instrument, held: Decimal, ask: Ask
    ) -> OrderRef:
        shown = await orders.check(closing_ticket(account, orders.mode, instrument, held))
        yes = None if shown.verdict.is_blocked else orders.confirm(shown)
        order = await orders.send(self._new_draft(), shown, ask=ask, confirmation=yes)
        return order.ref or OrderRef("")


_LEFT = "An order that closes {:f} of it is not gone yet. Look whether it is filled, then close what is left."


def still_closing(orders: Sequence[Order], account: AccountId, instrument: Instrument, held: Decimal) -> Decimal:
    """How much of what is held orders may still close: those at work, those being cancelled or asked about, and those
    of which nobody knows what became of them."""
    return sum(
        (order.remaining * leg.ratio for order in orders
         if order.account == account and (order.is_open or order.state is OrderState.INTENDED)
         for leg in order.legs if leg.instrument.conid == instrument.conid and leg.side.sign * held < 0),
        ZERO,
    )  # fmt: skip
