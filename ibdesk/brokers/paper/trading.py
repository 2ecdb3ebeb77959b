"""Orders of the account of our own: taken once, durably, and carried to a venue that is only pretended.

Nothing here asks a question, and nothing here can reach another account: the one it is for is checked in every call.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ibdesk.brokers.paper.engine import Engine
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.matching import Touch
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Answer,
    Order,
    OrderIntent,
    OrderRef,
    OrderRules,
    OrderTicket,
    OrderType,
    Placed,
    Rejected,
    Side,
    Tick,
    TimeInForce,
    WhatIf,
    faults,
)
from ibdesk.domain.pairs import Pairing, halves, other_ref
from ibdesk.domain.paper import preview, venue
from ibdesk.domain.paper.book import PaperBook, PaperOrder, told
from ibdesk.domain.paper.sessions import Spans
from ibdesk.domain.paper.shown import shown
from ibdesk.domain.paper.venue import Step
from ibdesk.domain.paper.worth import price_of

_log = logging.getLogger(__name__)

_CENT, _NICKEL = Decimal("0.01"), Decimal("0.05")
#: Options on these move in cents at every price, all others in nickels from 3.00 on (reference/compliance.md 4.2).
_PENNY = frozenset({"SPY", "QQQ", "IWM"})
_OUTSIDE = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})

#: What happens to orders when they, or their cancels, come to the venue.
Arrival = Callable[[PaperBook, Iterable[int], datetime], Step]


class PaperTrading:
    """Orders of one account. Raises DeskError branches; it never leaves an outcome open."""

    pairing = Pairing.KEEPS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        self.check(account)
        await self._engine.look(ask=True)
        book = self._engine.book  # finished ones too: a desk that died may not have heard of their end
        return tuple(told(book, order) for order in book.orders)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        self.check(account)
        await self._engine.look(ask=True)
        return tuple(fill for fill in self._engine.book.fills if fill.execution.at >= since)

    async def rules(self, conid: Conid, side: Side) -> OrderRules:  # noqa: ARG002
        found = await self._engine.instruments((conid,))
        if conid not in found:
            raise Refused(
                f"Nobody tells what contract {conid} is.", remedy="Search for it by its symbol, or try again.",
                cause=Cause.NOTHING_FOUND,
            )
        return OrderRules(
            conid=conid, order_types=frozenset(OrderType), outside_hours_types=_OUTSIDE, tifs=frozenset(TimeInForce),
            ticks=_ticks(found[conid]),
        )  # fmt: skip

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        self.check(ticket.account, ticket.mode)
        await self._engine.learn_rates(leg.instrument.currency for leg in ticket.legs)
        why = _words(self._engine.book, ticket, self._engine.now)
        if why:
            return WhatIf(at=self._engine.now, currency=self._engine.book.currency, refusal=why)
        book, touches = await self._priced(ticket)
        return preview.what_if(book, ticket, touches, self._engine.now)

    async def place(self, intent: OrderIntent) -> Answer:
        ticket = intent.ticket
        self.check(ticket.account, ticket.mode)
        if self._engine.book.by_ref(intent.ref) is None:
            for each in halves(ticket):
                seen = await self.what_if(each)
                if seen.refusal:
                    return Rejected(text=seen.refusal)
        spans = await self._spans(ticket)

        def take(book: PaperBook) -> Step:
            if book.by_ref(intent.ref) is not None:
                return Step(book)
            return venue.placed(book, intent.ref, ticket, self._engine.now, spans)

        step = await self._engine.take(take)
        if step.changed:
            await self._travel(tuple(step.changed), venue.arrived)
        return self._known(intent.ref)

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:  # noqa: ARG002
        self.check(account)
        raise Refused(
            "Local Paper asked nothing.", remedy="Look at the order book: the order was placed or refused.",
            cause=Cause.QUESTION_STALE,
        )

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        self.check(order.account)
        self.check(ticket.account, ticket.mode)
        known = self._mine(order)
        number, spans = known.number, await self._spans(ticket)
        more = ticket.quantity - known.resting.filled
        why = _words(self._engine.book, ticket, self._engine.now)
        if not why and more > 0:
            why = (await self.what_if(replace(ticket, quantity=more))).refusal
        if why:
            return Rejected(text=why)
        await self._engine.travel()

        def change(book: PaperBook) -> Step:
            known = book.order(number)
            if known.is_over or ticket.legs != known.ticket.legs or ticket.quantity <= known.resting.filled:
                return Step(book)
            return venue.changed(book, number, ticket, self._engine.now, spans)

        step = await self._engine.take(change)
        if not step.changed:
            return Rejected(text="The order is filled or over, or the change asks for other contracts or too few.")
        await self._engine.look(ask=True)
        return Placed(orders=(told(self._engine.book, self._engine.book.order(number)),))

    async def cancel(self, order: Order) -> None:
        self.check(order.account)
        await self._cancel((self._mine(order).number,))

    async def cancel_all(self, account: AccountId) -> None:
        self.check(account)
        await self._cancel(tuple(order.number for order in self._engine.book.working))

    def check(self, account: AccountId, mode: Mode = Mode.LOCAL_PAPER) -> None:
        """The last of three places that refuse an account or a ticket of another broker."""
        if account != self._engine.book.account or mode is not Mode.LOCAL_PAPER:
            raise Refused(
                "This order is not for the Local Paper account.",
                remedy="Open a new order ticket in the mode you want.", cause=Cause.WRONG_ENVIRONMENT,
            )

    async def _cancel(self, numbers: tuple[int, ...]) -> None:
        """Its end is safe before it is told; on the way to the venue a fill may still be quicker."""
        step = await self._engine.take(lambda book: venue.cancel_asked(book, numbers, self._engine.now))
        if step.changed:
            await self._travel(tuple(step.changed), venue.ended)

    async def _travel(self, numbers: tuple[int, ...], then: Arrival) -> None:
        """What was taken is on its way, whatever happens now; a step that cannot be saved is made at a later look."""
        await self._engine.travel()
        try:
            await self._engine.take(lambda book: then(book, numbers, self._engine.now))
        except DeskError as error:
            _log.info("Local Paper could not save a step yet: %s", error.message)
        await self._engine.look(ask=True)

    def _mine(self, order: Order) -> PaperOrder:
        found = self._engine.book.by_id(order.id)
        if found is None:
            raise Refused(
                "Local Paper does not know this order.", remedy="Look at the order book again.",
                cause=Cause.ORDER_UNKNOWN,
            )
        return found

    def _known(self, ref: OrderRef) -> Placed | Rejected:
        book = self._engine.book
        first = book.by_ref(ref)
        if first is None:
            return Rejected(text="Local Paper did not take the order.")
        other = other_ref(ref)
        rest = (each for each in book.orders
                if each.parent == first.number or (other is not None and each.ref == other))  # fmt: skip
        return Placed(orders=tuple(told(book, order) for order in (first, *rest)))

    async def _priced(self, ticket: OrderTicket) -> tuple[PaperBook, Mapping[Conid, Touch]]:
        """A copy of the book with the prices of the ticket's contracts and their underlyings, and what is shown."""
        every = {leg.instrument.conid: leg.instrument for leg in ticket.legs}
        under = {each.underlying_conid for each in every.values() if each.underlying_conid is not None}
        quotes = await self._engine.quotes((*every, *sorted(under)))
        book = self._engine.book
        for conid, quote in quotes.items():
            price = price_of(quote, is_option=conid in every and every[conid].option is not None)
            book = book if price is None else venue.with_mark(book, conid, price)
        return book, {conid: shown(quotes.get(conid), ()).touch for conid in every}

    async def _spans(self, ticket: OrderTicket) -> Mapping[Conid, Spans]:
        return {leg.instrument.conid: await self._engine.spans(leg.instrument) for leg in ticket.legs}


def _words(book: PaperBook, ticket: OrderTicket, now: datetime) -> str:
    """What is wrong with a ticket before anything is counted."""
    return " ".join(faults(ticket)) or preview.unfit(book, ticket, now)


def _ticks(instrument: Instrument) -> tuple[Tick, ...]:
    if instrument.asset_class is AssetClass.OPTION and instrument.symbol not in _PENNY:
        return (Tick(above=Decimal(0), step=_CENT), Tick(above=Decimal(3), step=_NICKEL))
    if instrument.asset_class in (AssetClass.FUTURE, AssetClass.FUTURE_OPTION):
        return ()
    if instrument.asset_class in (AssetClass.STOCK, AssetClass.ETF):
        return (Tick(above=Decimal(0), step=Decimal("0.0001")), Tick(above=Decimal(1), step=_CENT))
    return (Tick(above=Decimal(0), step=_CENT),)
