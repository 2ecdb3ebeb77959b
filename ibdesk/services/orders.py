"""How a ticket becomes an order: checked, written down, sent once, its questions asked, and what came of it.

Nothing leaves that was not stored first, nothing that is blocked is stored as leaving, and nothing is sent twice: one
draft is one intent; one of unknown outcome is looked for and never sent again. Only here an `OrderIntent` is made.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn

from ibdesk.brokers.base import Trading
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.confirmation import Confirmation, Spent, confirmation_of
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Verdict
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.hours import NEW_YORK, midnight
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import (
    Order,
    OrderIntent,
    OrderRef,
    OrderRoute,
    OrderState,
    OrderTicket,
    Placed,
    Rejected,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing, first_ref, intents_of
from ibdesk.domain.receipts import EnteredBy, LoggedReceipt, Step
from ibdesk.services.desk import Clock
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.order_obstacles import asked, blocked, over, passes, refused, shape, spend, unconfirmed
from ibdesk.services.order_steps import Steps
from ibdesk.services.questioning import Ask, Questioning
from ibdesk.services.routes import Routes
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database

#: What was sent is looked back at over midnight: the longest that "the same order again" can be set to.
LONGEST_LOOK = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A ticket, the verdict on it and what it was based on. `unlocked`: live orders were unlocked for it alone."""

    ticket: OrderTicket
    verdict: Verdict
    context: Context
    unlocked: "Unlocked | None" = None


#: The account, the market and the desk for a ticket, without what only this service knows.
Picture = Callable[[OrderTicket], Awaitable[Context]]
Unlocked = Callable[[AccountId], bool]


class Orders:
    """Orders of the open desk's one mode. `new_ref` gives an id no order ever had; `killed` says why the kill switch
    is on, empty when it is off; `is_read_only` is the person's setting, which binds live modes and every order over
    TWS; `is_armed` counts in live modes alone. `way` chooses the way of orders, where there is a choice."""

    def __init__(
        self,
        trading: Trading,
        book: LiveOrders,
        *,
        mode: Mode,
        picture: Picture,
        database: Database,
        clock: Clock,
        ticks: Callable[[], float],
        new_ref: Callable[[], OrderRef],
        killed: Callable[[], str] = lambda: "",
        is_read_only: Callable[[], bool] = lambda: True,
        is_armed: Unlocked = lambda account: False,
        entered_by: Callable[[], EnteredBy] = EnteredBy,
        way: Routes | None = None,
    ) -> None:
        self.book = book
        self.mode = mode
        self._trading = trading
        self._picture = picture
        self._database = database
        self._clock = clock
        self._steps = Steps(database, clock=clock, ticks=ticks, entered_by=entered_by)
        self._questioning = Questioning(trading, database, self._steps, mode=mode, clock=clock)
        self._new_ref = new_ref
        self._killed = killed
        self._is_read_only = is_read_only
        self._is_armed = is_armed
        self._way = way
        self._spent = Spent()
        self._deciding = asyncio.Lock()

    @property
    def pairing(self) -> Pairing:
        """Whether orders may cancel each other here, and what becomes of one when the other is cancelled."""
        return self._trading.pairing

    @property
    def is_live(self) -> bool:
        return face_of(self.mode).environment is Environment.LIVE

    @property
    def route(self) -> OrderRoute:
        """The way of a new order."""
        return OrderRoute.PORTAL if self._way is None else self._way.chosen

    @property
    def obstacle(self) -> DeskError | None:
        """Why no order can leave by that way, as far as is known; not what the Portal's session says."""
        return None if self._way is None else self._way.obstacle

    async def check(
        self, ticket: OrderTicket, what_if: WhatIf | None = None, *, changes: Order | None = None,
        unlocked: Unlocked | None = None,
    ) -> Checked:  # fmt: skip
        """Every rule's answer now; `what_if` is the broker's preview of exactly this ticket, `changes` the working
        order it is to take the place of, `unlocked` the unlocking of live orders for it alone. Nothing is sent."""
        now = self._clock()
        since = midnight(now - LONGEST_LOOK)
        context, sent = await asyncio.gather(
            self._picture(ticket), self._database.recall(trades.load_intents, self.mode, since)
        )
        desk = replace(
            context.desk, mode=self.mode, killed=self._killed(), is_read_only=self._is_bound, route=self.route,
            obstacle=None if (why := self.obstacle) is None else (why.message, why.remedy),
            is_armed=not self.is_live or (unlocked or self._is_armed)(ticket.account),
            takes_pairs=ticket.other is None or self.pairing is not Pairing.NOT_TAKEN,
        )
        mine = tuple(order for order in self.book.working if order.account == ticket.account)
        context = replace(context, desk=desk, what_if=what_if or context.what_if, sent=sent, working=mine,
                          undone=self.book.undone)  # fmt: skip
        context = context if changes is None else context.without(self.book.newest(changes))
        verdict = check(ticket, context, policies_at(now.astimezone(NEW_YORK).date()))
        return Checked(ticket=ticket, verdict=verdict, context=context, unlocked=unlocked)

    async def preview(
        self, ticket: OrderTicket, *, changes: Order | None = None, unlocked: Unlocked | None = None
    ) -> Checked:
        """The same with the broker's own preview. Raises DeskError."""
        return await self.check(ticket, await self._trading.what_if(ticket), changes=changes, unlocked=unlocked)

    def confirm(self, shown: Checked) -> Confirmation:
        """The person's yes to what was shown; ValueError when it is blocked."""
        return confirmation_of(shown.ticket, shown.verdict, shown.context)

    async def save_draft(self, draft: str, ticket: OrderTicket) -> None:
        """Keep a ticket through a crash. A draft is never sent by itself."""
        await self._database.write(trades.save_draft, draft, ticket, self._clock())

    async def drop_draft(self, draft: str) -> None:
        await self._database.write(trades.drop_draft, draft)

    async def drafts(self) -> tuple[tuple[str, OrderTicket], ...]:
        return await self._database.read(trades.load_drafts)

    async def receipt(self, ref: OrderRef) -> tuple[LoggedReceipt, ...]:
        """Every step that was written down of one order, sent or blocked."""
        return await self._database.read(receipts.load, ref)

    async def send(
        self, draft: str, shown: Checked, *, ask: Ask, confirmation: Confirmation | None = None
    ) -> Order:
        """Send the ticket that was shown, once for this draft, and see it through its questions.

        A draft that was sent before answers with its order and sends nothing. Refused(ORDER_REFUSED) when it may not
        leave, with the receipt of that stored; any other DeskError means that nothing was placed. An order whose
        outcome is not known is no error: its state says so.
        """
        async with self._deciding:
            intent, fresh = await self._decide(draft, shown, confirmation)
            for each in intents_of(intent) if fresh is not None else ():
                self.book.begin(trades.intended(each))
        if fresh is None:
            return self.book.find(intent.ref) or trades.intended(intent)
        try:
            return await self._carry(intent, fresh, ask)
        finally:
            for each in intents_of(intent):
                self.book.leave(each.ref)

    async def change(
        self, order: Order, shown: Checked, *, ask: Ask, confirmation: Confirmation | None = None
    ) -> Order:
        """Change a working order to the ticket that was shown. Raises like `send`, and Unavailable(OUTCOME_UNKNOWN)
        when nobody knows whether the change arrived: it is not sent again, the book will tell."""
        if shape(shown.ticket) != shape(order) or shown.ticket.other is not None:
            raise refused("A change keeps the account, the contracts and the sides of its order.",
                           "Cancel the order and send another one.")  # fmt: skip
        ref = order.ref or OrderRef(f"#{order.id}")
        async with self._deciding:
            fresh = await self._checked_again(shown, order)
            obstacle = over(self.book.newest(order)) or self._in_the_way(fresh, shown, confirmation)
            if obstacle is not None:
                await self._refuse(ref, fresh, obstacle)
            self._spent = spend(self._spent, confirmation)
            codes = () if confirmation is None else tuple(sorted(asked(shown.verdict)))
            await self._steps.write(
                self._steps.of(Step.CHANGED, shown.ticket, ref, fresh, order_id=order.id, acknowledged=codes)
            )
        if why := self._held_back(fresh):
            await self._steps.write(self._steps.of(Step.BLOCKED, shown.ticket, ref, decision=f"{why}."))
            raise refused(f"{why} before the change left.", "Nothing was sent.")
        newest = self.book.newest(order)
        if (obstacle := over(newest)) is not None:  # while it was written down
            await self._steps.write(self._steps.of(Step.BLOCKED, shown.ticket, ref, decision=obstacle.message))
            raise obstacle
        try:
            answer = await self._trading.modify(newest, shown.ticket)
            last = await self._questioning.talk(
                answer, shown.ticket, ref, ask, held_back=lambda: self._held_back(fresh)
            )
        except DeskError as error:
            with suppress(DeskError):  # a vault that cannot be written makes no other outcome
                await self._steps.failed(error, shown.ticket, (ref,))
            raise
        if isinstance(last, Rejected):
            await self._steps.write(self._steps.of(Step.BROKER_REJECT, shown.ticket, ref, broker_text=last.text))
        if isinstance(last, Placed):
            told = self._with_news(last.orders[0])
            await self.book.hear((told, *last.orders[1:]))
            return self.book.newest(told)
        raise refused("The change was not made." if last is None else last.text, "Look at the order again.")

    async def cancel(self, order: Order) -> None:
        """Ask the broker to cancel; a fill may be quicker. Raises DeskError."""
        ref = order.ref or OrderRef(f"#{order.id}")
        ticket = OrderTicket(account=order.account, mode=self.mode, legs=order.legs, quantity=order.quantity)
        await self._steps.write(self._steps.of(Step.CANCEL, ticket, ref, order_id=order.id))
        await self._trading.cancel(order)
        if order.ref is not None and order.is_open and order.state is not OrderState.UNKNOWN:
            await self.book.settle(order.ref, OrderState.CANCELLING)

    async def settle_unknown(self, ref: OrderRef, *, was_placed: bool, note: str) -> Order:
        """Take a person's word for what became of an order nobody knows of (`LiveOrders.settle_by_hand`)."""
        return await self.book.settle_by_hand(ref, was_placed=was_placed, note=note)

    async def cancel_all(self, account: AccountId) -> None:
        """Ask for every working order of the account, whoever placed it."""
        ticket = OrderTicket(account=account, mode=self.mode)
        await self._steps.write(self._steps.of(Step.CANCEL, ticket, self._new_ref(), decision="cancel all"))
        await self._trading.cancel_all(account)

    async def cancel_unwritten(self, account: AccountId) -> None:
        """The same at once, for the kill switch, which writes it down itself: no disk may keep orders alive."""
        await self._trading.cancel_all(account)

    async def remembered(self) -> frozenset[str]:
        """The ids of the broker's questions that are answered with yes by themselves in this mode."""
        return await self._database.read(trades.remembered, self.mode)

    async def forget_answers(self) -> None:
        """Ask again what was to be answered with yes by itself."""
        await self._database.write(trades.forget_answers, self.mode)

    async def _decide(
        self, draft: str, shown: Checked, confirmation: Confirmation | None
    ) -> tuple[OrderIntent, Checked | None]:
        """The stored intent of this draft, and if it is new the check it passed. One transaction holds intent and
        receipts, and sees whether the draft was sent before; what may not leave is looked up first, for it may have
        left already."""
        try:
            fresh = await self._checked_again(shown)
        except DeskError:
            if (before := await self._intent_of(draft)) is None:
                raise
            return before, None
        ref, obstacle = self._new_ref(), self._in_the_way(fresh, shown, confirmation)
        if obstacle is not None:
            if (before := await self._intent_of(draft)) is None:
                await self._refuse(ref, fresh, obstacle)
            return before, None
        self._spent = spend(self._spent, confirmation)
        ref = ref if shown.ticket.other is None else first_ref(ref)
        intent = OrderIntent(ref=ref, ticket=shown.ticket, at=self._clock(), route=fresh.context.desk.route)
        steps = [self._steps.of(Step.CHECK_RUN, shown.ticket, ref, fresh, decision=fresh.verdict.severity.word)]
        if confirmation is not None:
            codes = tuple(sorted(asked(shown.verdict)))
            steps.append(self._steps.of(Step.CONFIRMED_OVERRIDE, shown.ticket, ref, shown, acknowledged=codes))
        steps.append(self._steps.of(Step.SENT, shown.ticket, ref))
        steps += [step for each in intents_of(intent)[1:] for step in self._steps.of_other(each, fresh)]
        known = await self._steps.begin(intent, draft, tuple(steps))
        return (intent, fresh) if known is None else (known, None)

    async def _checked_again(self, shown: Checked, changes: Order | None = None) -> Checked:
        """Check once more at the moment of sending."""
        return await self.check(shown.ticket, shown.context.what_if, changes=changes, unlocked=shown.unlocked)

    async def _intent_of(self, draft: str) -> OrderIntent | None:
        return await self._database.read(trades.intent_of, draft)

    async def _refuse(self, ref: OrderRef, fresh: Checked, obstacle: Refused) -> NoReturn:
        """Write down why it does not leave, and raise it."""
        run = self._steps.of(Step.CHECK_RUN, fresh.ticket, ref, fresh, decision=fresh.verdict.severity.word)
        stopped = self._steps.of(Step.BLOCKED, fresh.ticket, ref, fresh, decision=obstacle.message)
        await self._steps.write(run, stopped)
        raise obstacle

    def _with_news(self, answer: Order) -> Order:
        """The answer to a change tells the order as it is now, but of its fills and its end no more than was known when
        it was asked for: what was heard since stands."""
        newest = self.book.newest(answer)
        state = answer.state if over(newest) is None else newest.state
        return replace(answer, state=state, filled=max(answer.filled, newest.filled))

    def _in_the_way(self, fresh: Checked, shown: Checked, confirmation: Confirmation | None) -> Refused | None:
        """Why it may not leave; what the person has not seen has to be shown first."""
        if fresh.ticket.mode is not self.mode:
            return refused("This ticket was opened for another mode than the desk is in.",
                            "Open a new ticket in this mode.")  # fmt: skip
        return blocked(fresh.verdict, shown.verdict) or unconfirmed(
            fresh.verdict, shown.verdict, shown.ticket, shown.context, confirmation, now=self._clock(),
            spent=self._spent,
        )  # fmt: skip

    async def _carry(self, intent: OrderIntent, fresh: Checked, ask: Ask) -> Order:
        """From the stored intent to an outcome."""
        ticket, ref = intent.ticket, intent.ref
        refs = tuple(each.ref for each in intents_of(intent))
        if why := self._held_back(fresh):
            said = f"{why} before it left."
            await self._steps.of_each(Step.NOT_PLACED, ticket, refs, decision=said)
            await self.book.settle_each(refs, OrderState.REFUSED, said)
            raise refused(f"{why} before the order left.", "Nothing was sent.")

        async def told() -> None:
            await self.book.settle_each(refs, OrderState.ASKED)

        try:
            answer = await self._trading.place(intent)
            last = await self._questioning.talk(answer, ticket, ref, ask, told, lambda: self._held_back(fresh))
        except DeskError as error:
            if error.cause is Cause.OUTCOME_UNKNOWN:
                with suppress(DeskError):  # a vault that cannot be written makes no less of an unknown order
                    await self._steps.failed(error, ticket, refs)
                    await self.book.settle_each(refs, OrderState.UNKNOWN, error.message)
                return self._unknown(intent)
            await self._steps.failed(error, ticket, refs)
            await self.book.settle_each(refs, OrderState.REFUSED, error.message)
            raise
        try:
            order = await self._conclude(last, ticket, refs, self._held_back(fresh))
        except DeskError:  # the vault's word and not the broker's, which has it: nobody may think it was not placed
            if not isinstance(last, Placed):
                raise
            return self._unknown(intent)
        if self._stopped(fresh.verdict):  # it was on its way while all others were cancelled
            for each in (order, *(self.book.find(other) for other in refs[1:])):
                if each is not None and each.is_open:
                    with suppress(DeskError):  # it was placed all the same; the kill switch tells of it, tries again
                        await self.cancel(each)
        return self.book.find(ref) or order

    def _unknown(self, intent: OrderIntent) -> Order:
        """The order as one that may have been placed, until the book is read."""
        for each in intents_of(intent):
            self.book.leave(each.ref)
        return self.book.find(intent.ref) or trades.intended(intent)

    async def _conclude(
        self, last: Placed | Rejected | None, ticket: OrderTicket, refs: tuple[OrderRef, ...], why: str
    ) -> Order:
        if last is None:
            said = f"{why} before it was answered." if why else "You answered no."
            await self._steps.of_each(Step.NOT_PLACED, ticket, refs, decision=said)
            return await self.book.settle_each(refs, OrderState.DECLINED, said)
        if isinstance(last, Rejected):
            await self._steps.of_each(Step.BROKER_REJECT, ticket, refs, broker_text=last.text)
            return await self.book.settle_each(refs, OrderState.REFUSED, last.text)
        ref, first = refs[0], last.orders[0]
        words = " ".join(order.message for order in last.orders if order.message)
        for own, each in zip(refs, last.orders, strict=False):  # the exits of a bracket have no receipt of their own
            await self._steps.of_each(
                Step.BROKER_ACK, ticket, (own,), order_id=each.id, broker_text=words, decision=each.state.value
            )
        await self.book.hear((replace(first, ref=ref), *last.orders[1:]))
        return self.book.find(ref) or first

    def _held_back(self, checked: Checked) -> str:
        """What was done since the check that keeps this order from going on; empty when nothing was."""
        if self._stopped(checked.verdict):
            return "The kill switch was pressed"
        if self._is_bound:
            return "Read only was turned on"
        is_armed = not self.is_live or (checked.unlocked or self._is_armed)(checked.ticket.account)
        if not is_armed and not passes(checked.verdict, Code.MODE):
            return "Live orders were locked"
        return ""

    @property
    def _is_bound(self) -> bool:
        """Whether read only keeps orders back now."""
        return self._is_read_only() and (self.is_live or self.route is OrderRoute.TWS)

    def _stopped(self, verdict: Verdict) -> bool:
        """Whether the kill switch stands against this order: not when it was proved to lower risk while it was on."""
        return bool(self._killed()) and not passes(verdict, Code.KILL_SWITCH)
