"""How an order gets to TWS at most once, and what each way of not hearing from it means.

TWS answers an order with frames under its number, or with an error. A line that ends or stays silent before either
leaves the outcome open: that is said (OUTCOME_UNKNOWN), and nothing is ever sent a second time.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ibdesk.brokers.tws import convert_orders as parse
from ibdesk.brokers.tws import failures, seam, words
from ibdesk.brokers.tws.book import TwsBook, must_know
from ibdesk.brokers.tws.connection import Line, Link, Setting
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.ears import LineGone, TwsError
from ibdesk.brokers.tws.inbox import Inbox
from ibdesk.brokers.tws.market import TwsMarket
from ibdesk.domain.accounts import Account, AccountId, looks_paper
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode, check_environment, ibkr_mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Answer,
    Order,
    OrderIntent,
    OrderRef,
    OrderRules,
    OrderState,
    OrderTicket,
    Placed,
    Rejected,
    Side,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing
from ibdesk.domain.paper.venue import exits_of

#: The state an order is in before TWS has said anything of the broker's.
_NOT_YET = ("PendingSubmit", "ApiPending")
#: Seconds after "inactive" in which the error that explains it may come.
_WHY_WITHIN = 0.3


class TwsTrading(TwsBook):
    """Orders, over the connection that is theirs: an order belongs to the client id that sent it."""

    pairing = Pairing.NOT_TAKEN

    def __init__(
        self, setting: Setting, main: Link, ordering: Link, inbox: Inbox, contracts: Contracts, market: TwsMarket
    ) -> None:
        super().__init__(setting, main, ordering, inbox, contracts)
        self._ordering, self._market = ordering, market
        self._sent: dict[OrderRef, int] = {}
        self._placing = asyncio.Lock()

    async def rules(self, conid: Conid, side: Side) -> OrderRules:  # noqa: ARG002 - the same for both sides here
        return await self._market.rules(conid)

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        """Asked as an order that is none; the first answer may hold nothing but "unset"."""
        line = await self._ready_to_order(ticket.account, ticket.mode)
        contract = await self._contract(ticket)
        order = seam.order(**parse.placing(replace(ticket, exits=None), None), whatIf=True)
        at = self._setting.clock()
        with self._listening(line) as (number, told):
            self._send(line, number, contract, order)
            state: Any = None
            try:
                async with asyncio.timeout(self._setting.timings.order_within):
                    while state is None or not parse.is_preview_told(state):
                        state = await told.get()
                        if isinstance(state, TwsError):
                            return WhatIf(at=at, refusal=_refusal(state))
                        if isinstance(state, LineGone):
                            raise failures.gone()
            except TimeoutError as problem:
                if state is None:
                    raise failures.late("a preview") from problem
        return parse.preview(state, at)

    async def place(self, intent: OrderIntent) -> Answer:
        ticket = intent.ticket
        if ticket.other is not None:
            return Rejected(text="Orders that cancel each other are not sent over the socket of TWS.")
        line = await self._ready_to_order(ticket.account, ticket.mode)
        async with self._placing:
            if intent.ref in self._sent or self._inbox.orders.by_ref(ticket.account, intent.ref) is not None:
                return await self._as_known(intent)
            contract = await self._contract(ticket)
            order = parse.placing(ticket, intent.ref)
            exits = exits_of(ticket)
            with contextlib.ExitStack() as stack:
                number, told = stack.enter_context(self._listening(line))
                children = [stack.enter_context(self._listening(line)) for _ in exits]
                if exits:
                    order["transmit"] = False
                self._sent[intent.ref] = number
                self._send(line, number, contract, seam.order(**order), ref=intent.ref)
                for place, ((child, _), exit_) in enumerate(zip(children, exits, strict=True), start=1):
                    await self._send_exit(line, number, child, exit_, is_last=place == len(exits))
                refusal = await self._outcome(told, "The order")
                for _, heard in children:
                    if refusal is None:
                        await self._outcome(heard, "An exit of the order")
        if refusal is not None:
            return Rejected(text=_refusal(refusal))
        return await self._placed(intent, number)

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:  # noqa: ARG002
        """TWS asks nothing over its socket: its presets answer."""
        raise Refused(
            "TWS asked nothing.", remedy="Look at the order book for what became of the order.",
            cause=Cause.QUESTION_STALE,
        )

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        line = await self._ready_to_order(order.account, ticket.mode)
        if ticket.account != order.account:
            raise Refused(
                "The change is for another account than the order.", remedy="Open the order again and change it.",
                cause=Cause.ORDER_REFUSED,
            )
        number = self._own_number(order)
        contract = await self._contract(ticket)
        changed = seam.order(**parse.placing(replace(ticket, exits=None), order.ref), permId=_perm_id(order))
        with self._hearing(line, number) as told:
            self._send(line, number, contract, changed)
            refusal = await self._outcome(told, "The change", wanted=changed)
        if refusal is not None:
            return Rejected(text=_refusal(refusal))
        known = self._inbox.orders.by_number(self._ordering.client_id, number)
        return Placed(orders=(known or order,))

    async def cancel(self, order: Order) -> None:
        line = await self._ready(order.account)
        number = self._own_number(order)
        with self._hearing(line, number) as told:
            line.send(lambda client: client.cancelOrder(number, ""))
            try:
                async with asyncio.timeout(self._setting.timings.order_within):
                    while not self._is_cancelling(await told.get()):
                        pass
            except (TimeoutError, LineGone) as problem:
                raise failures.unknown("The cancellation") from problem
            except TwsError as problem:
                raise failures.meaning(problem, "the cancellation") from problem

    async def cancel_all(self, account: AccountId) -> None:
        """The global cancel, which reaches orders of every client; and of every account, so with orders of others open
        ours are cancelled one by one."""
        line = await self._ready(account)
        await self.refresh()
        others = any(each.is_open for each in self._inbox.orders.all() if each.account != account)
        if not others:
            line.send(lambda client: client.reqGlobalCancel())
            await self._settled(account)
            return
        await self._cancel_each(account)

    # --- the steps -----------------------------------------------------------------------------------------------

    async def _cancel_each(self, account: AccountId) -> None:
        foreign = 0
        for order in self._inbox.orders.list(account):
            known = self._inbox.orders.number_of(order.id)
            if not order.is_open:
                continue
            if known is None or known[0] != self._ordering.client_id or known[1] <= 0:
                foreign += 1
                continue
            with contextlib.suppress(Refused):  # it ended meanwhile
                await self.cancel(order)
        if foreign:
            raise Refused(
                f"{foreign} working orders were placed by another program; they still work.",
                remedy="Cancel them at TWS itself: a cancel of all over its API would reach your other accounts too.",
                cause=Cause.ORDER_REFUSED,
            )

    async def _settled(self, account: AccountId) -> None:
        """Wait until nothing of the account works any more. The request is gone; who waits in vain is told so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._setting.timings.order_within):
                while True:
                    await self.refresh()
                    states = {each.state for each in self._inbox.orders.list(account)}
                    if not states & {OrderState.WORKING, OrderState.HELD, OrderState.PENDING}:
                        return
                    await asyncio.sleep(0.1)
        raise failures.unknown("The cancellation of all orders")

    async def _ready_to_order(self, account: AccountId, mode: Mode) -> Line:
        """For what could become an order. A cancel could not, and goes out also while the desk is read only."""
        if not self._setting.may_order():
            raise failures.not_allowed()
        return await self._ready(account, mode)

    async def _ready(self, account: AccountId, mode: Mode | None = None) -> Line:
        """The last of three places that refuse an account or a ticket of another environment."""
        environment = self._setting.place.environment
        check_environment(environment, Account(
            id=account, title=account, currency=USD, is_paper=looks_paper(account),
        ))  # fmt: skip
        if mode is not None and mode is not ibkr_mode(environment):
            raise Refused(
                "This order was made for another mode than the connection it would leave by.",
                remedy="Open a new order ticket in the mode you want.", cause=Cause.WRONG_ENVIRONMENT,
            )
        line = await self._ordering.ready()
        must_know(line, account)
        if self._inbox.is_broker_lost:
            raise failures.broker_lost()
        return line

    async def _contract(self, ticket: OrderTicket) -> Any:
        if not ticket.legs:
            raise Refused(
                "The order names nothing to buy or sell.", remedy="Choose a contract.", cause=Cause.ORDER_REFUSED
            )
        self._contracts.keep(leg.instrument for leg in ticket.legs)
        contracts = [await self._contracts.order_contract(leg.instrument) for leg in ticket.legs]
        return parse.combination(ticket, contracts) if ticket.is_combo else contracts[0]

    async def _send_exit(self, line: Line, parent: int, number: int, ticket: OrderTicket, *, is_last: bool) -> None:
        """A child waits for its parent; the last one lets all of them go."""
        contract = await self._contract(ticket)
        fields = parse.placing(ticket, None)
        self._send(line, number, contract, seam.order(**fields | {"parentId": parent, "transmit": is_last}))

    def _send(self, line: Line, number: int, contract: Any, order: Any, *, ref: OrderRef | None = None) -> None:
        try:
            line.send(lambda client: client.placeOrder(number, contract, order))
        except Unavailable:
            if ref is not None:
                self._sent.pop(ref, None)  # it never left
            raise

    @contextmanager
    def _listening(self, line: Line) -> Iterator[tuple[int, "asyncio.Queue[Any]"]]:
        """A new number, and what is told of it."""
        number = line.wire.new_id()
        with self._hearing(line, number) as told:
            yield number, told

    @contextmanager
    def _hearing(self, line: Line, number: int) -> "Iterator[asyncio.Queue[Any]]":
        told: asyncio.Queue[Any] = asyncio.Queue()
        listeners, hear = line.ears.orders.setdefault(number, []), told.put_nowait
        listeners.append(hear)
        try:
            yield told
        finally:
            listeners.remove(hear)
            if not listeners:
                line.ears.orders.pop(number, None)

    async def _outcome(self, told: "asyncio.Queue[Any]", what: str, *, wanted: Any = None) -> TwsError | None:
        """None when TWS has it, its error when it will not. Raises OUTCOME_UNKNOWN. A change (`wanted`) is taken when a
        frame shows it: older frames may be repeated before. One that shows something else counts if none better
        comes, since the broker may round."""
        is_shown = False
        try:
            async with asyncio.timeout(self._setting.timings.order_within):
                while True:
                    heard = await told.get()
                    match heard:
                        case LineGone():
                            raise failures.unknown(what) from heard
                        case TwsError(code=202):
                            return None  # it was taken, and is over already
                        case TwsError():
                            return heard
                        case "Inactive":
                            return await self._why(told)
                        case str() if heard in _NOT_YET or wanted is not None:
                            continue
                        case _ if wanted is None or parse.is_like(heard, wanted):
                            return None
                        case _:
                            is_shown = True
        except TimeoutError as problem:
            if is_shown:
                return None
            raise failures.unknown(what) from problem

    async def _why(self, told: "asyncio.Queue[Any]") -> TwsError | None:
        """An inactive order is refused if an error says so; else it waits, and may come alive."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WHY_WITHIN):
                while True:
                    heard = await told.get()
                    if isinstance(heard, TwsError):
                        return heard
        return None

    async def _as_known(self, intent: OrderIntent) -> Answer:
        """The same intent a second time: nothing is sent, TWS is asked what it knows."""
        try:
            await self.refresh()
        except DeskError as problem:
            raise failures.unknown("The order") from problem
        known = self._inbox.orders.by_ref(intent.ticket.account, intent.ref)
        if known is None:
            raise failures.unknown("The order")
        return Placed(orders=(known, *self._inbox.orders.children(intent.ref)))

    async def _placed(self, intent: OrderIntent, number: int) -> Answer:
        known = self._inbox.orders.by_number(self._ordering.client_id, number)
        if known is None:  # its state came, and the frame that shows it did not
            return await self._as_known(intent)
        if known.state is OrderState.REFUSED:
            return Rejected(text=known.message or "TWS refused it.")
        ours = replace(known, legs=known.legs or intent.ticket.legs, ref=intent.ref)
        return Placed(orders=(ours, *self._inbox.orders.children(intent.ref)))

    def _own_number(self, order: Order) -> int:
        known = self._inbox.orders.number_of(order.id)
        if known is None:
            raise Refused(
                "TWS does not know this order.", remedy="Look at the order book again.", cause=Cause.ORDER_UNKNOWN
            )
        client_id, number = known
        if client_id != self._ordering.client_id or number <= 0:
            raise Refused(
                "This order was placed by another program; TWS lets only that one change it.",
                remedy="Change or cancel it there, or at TWS itself.", cause=Cause.ORDER_REFUSED,
            )
        return number

    def _is_cancelling(self, heard: Any) -> bool:
        """Whether TWS took the cancellation; raises what it said against it."""
        match heard:
            case LineGone():
                raise heard
            case TwsError(code=202):
                return True
            case TwsError():
                raise heard
            case str():
                return parse.state_of(heard) in (OrderState.CANCELLING, OrderState.CANCELLED)
        return False


def _perm_id(order: Order) -> int:
    return int(order.id) if order.id is not None and order.id.isdecimal() else 0


def _refusal(problem: TwsError) -> str:
    """What TWS says against it, as one line. Raises Refused(READ_ONLY) where it takes no orders at all."""
    if failures.is_read_only(problem):
        raise failures.read_only() from problem
    return words.plain(problem.code, problem.text)

