"""How everything that is held is closed at once, and nothing of it twice.

First the orders that would close something must be gone: what was just cancelled may still be filled. Then positions
are read anew, for what is closed already would be opened the other way. What an order that is still there may close is
left to it, and told. Short options go first: what covers them may only go once they are bought back, and is tried once
more then. Two who ask for it at once are served one after the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import DeskError
from ibdesk.domain.instruments import Conid, Instrument, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Order, OrderRef, OrderState
from ibdesk.domain.prefilled import closing_ticket
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Ask
from ibdesk.services.waiting import Wait, wait

log = logging.getLogger(__name__)

Holding = Sequence[tuple[Instrument, Decimal]]
Holdings = Callable[[AccountId], Awaitable[Holding]]
#: Asks the broker for the account's positions; why they could not be had, empty when they are as new as the question.
ReadAnew = Callable[[AccountId], Awaitable[str]]

#: How often the broker is asked whether orders are gone or filled, and the seconds between.
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
                held = await self._holdings(account)
                sent, refused = await self._close_each(orders, account, held, ask)
                cover = {each.conid for each, _ in refused if covered_by(each, held)}
                if cover and sent and await self._done(orders, account, sent):
                    again, still = await self._close_each(orders, account, await self._holdings(account), ask, cover)
                    sent = [*sent, *again]
                    refused = [*(row for row in refused if row[0].conid not in cover), *still]
                closing += sent
                left += [(each.label, _told(why, covered_by(each, held))) for each, why in refused]
        return Flattened(closing=tuple(closing), left=tuple(left))

    async def _close_each(
        self, orders: Orders, account: AccountId, held: Holding, ask: Ask, only: Container[Conid] | None = None
    ) -> tuple[list[OrderRef], list[tuple[Instrument, str]]]:
        """One after the other, short options first; the orders, and what was left with the reason."""
        sent: list[OrderRef] = []
        left: list[tuple[Instrument, str]] = []
        for instrument, quantity in sorted(held, key=lambda row: not _is_short_option(*row)):
            if only is not None and instrument.conid not in only:
                continue
            taken = min(abs(quantity), still_closing(orders.book.orders, account, instrument, quantity))
            if taken:
                left.append((instrument, _LEFT.format(taken)))
            rest = quantity - taken if quantity > 0 else quantity + taken
            if rest == 0:
                continue
            try:
                sent.append(await self._close(orders, account, instrument, rest, ask))
            except DeskError as error:
                left.append((instrument, error.message))
        return sent, left

    async def _done(self, orders: Orders, account: AccountId, sent: Sequence[OrderRef]) -> bool:
        """Wait a little for these orders to be filled; whether positions could be read anew afterwards."""
        for _ in range(LOOKS):
            await self._wait(REST, asyncio.Event())
            try:
                await orders.book.refresh(account)
            except DeskError as error:
                log.info("The order book could not be asked for while closing: %s", error.message)
                return False
            if not any((order := orders.book.find(ref)) is not None and order.is_open for ref in sent):
                break
        return not await self._read_anew(account)

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


def covered_by(instrument: Instrument, held: Holding) -> str:
    """Which short options this position covers, in a word; empty when it covers none. Shares cover by being there, an
    option by having the same right."""
    sign = next((1 if quantity > 0 else -1 for each, quantity in held if each.conid == instrument.conid), 0)
    rights = {
        each.option.right for each, quantity in held
        if each.option is not None and _is_short_option(each, quantity) and _is_on(each, instrument)
    }  # fmt: skip
    right = (Right.CALL if sign > 0 else Right.PUT) if instrument.option is None else instrument.option.right
    if not sign or right not in rights or _is_short_option(instrument, Decimal(sign)):
        return ""
    return "calls" if right is Right.CALL else "puts"


def _is_on(option: Instrument, other: Instrument) -> bool:
    """Whether this option is on that share, or both on the same."""
    if other.option is None and option.underlying_conid is not None:
        return option.underlying_conid == other.conid
    return option.symbol == other.symbol


def _is_short_option(instrument: Instrument, quantity: Decimal) -> bool:
    return instrument.option is not None and quantity < 0


def _told(why: str, covers: str) -> str:
    return f"{why} Close again when the {covers} are bought back." if covers else why
