"""How an order gets to the broker at most once, and what each way of not hearing from it means.

Only a request that was answered, or that never left, has a known outcome. A time-out, a cut line, a 503 and an answer
nobody can read leave it open: that is said (OUTCOME_UNKNOWN), and nothing is ever sent a second time.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ibdesk.brokers.failures import may_have_arrived
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import Declined, Faulted
from ibdesk.brokers.portal.book import PortalBook
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.brokers.portal.lines import Lines
from ibdesk.brokers.portal.parse import contracts as parse_contracts
from ibdesk.brokers.portal.parse import outcomes, tickets, what_if
from ibdesk.brokers.portal.parse.market import FIELDS
from ibdesk.brokers.portal.replies import QUESTION_LIMIT, Turns, stale
from ibdesk.brokers.throttle import Clock
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import BadData, Cause, DeskError, Refused, Unavailable
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode, check_environment, ibkr_mode
from ibdesk.domain.orders import (
    Answer,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderRules,
    OrderTicket,
    Placed,
    Questions,
    Rejected,
    Side,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing, halves, other_ref

#: What the broker says of our own id when it has the order already (reference/client-portal-api.md 7.4).
_DUPLICATE = "is already registered"
#: And of a question it does not remember.
_FORGOTTEN = "reply id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a request is about, until its last question is answered: a new order, or a change of `changed`."""

    ticket: OrderTicket
    ref: OrderRef | None
    changed: Order | None = None

    @property
    def name(self) -> str:
        return "The order" if self.changed is None else "The change"


class PortalTrading(PortalBook):
    """Orders of the brokerage session. `operator` names who enters them, which futures venues want to know. What the
    broker does with a group one of which a person cancels is not published."""

    pairing = Pairing.MAY_CANCEL

    def __init__(
        self,
        calls: Calls,
        contracts: Contracts,
        *,
        lines: Lines,
        environment: Environment,
        clock: Clock,
        operator: Callable[[], str] = lambda: "",
        question_limit: float = QUESTION_LIMIT,
    ) -> None:
        super().__init__(calls, contracts, clock=clock)
        self._environment, self._operator = environment, operator
        self._turns: Turns[Errand] = Turns(question_limit)
        self._sent: dict[OrderRef, Answer | None] = {}
        self._rules: dict[tuple[Conid, Side], OrderRules] = {}
        self._lines = lines

    async def rules(self, conid: Conid, side: Side) -> OrderRules:
        known = self._rules.get((conid, side))
        if known is None:
            await self._calls.brokerage_accounts()
            try:
                body = await self._calls.post(endpoints.ORDER_RULES, {"conid": conid, "isBuy": side is Side.BUY})
            except (Declined, Faulted) as problem:
                if problem.cause is not Cause.BROKER_ERROR:
                    raise
                raise Refused(
                    f"The broker has no order rules for contract {conid}.", remedy="Search for it by its symbol.",
                    cause=Cause.NOTHING_FOUND,
                ) from problem
            known = self._rules[conid, side] = parse_contracts.rules(body, conid)
        return known

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        await self._check(ticket.account, ticket.mode)
        body = tickets.placing(replace(ticket, exits=None, other=None), None, self._operator())
        await self._warm_quotes([leg.instrument.conid for leg in ticket.legs])
        async with self._turns.turn(ticket.account):
            try:
                answer = await self._calls.post(endpoints.what_if(ticket.account), body)
            except (Declined, Faulted) as problem:
                if not problem.said or problem.cause is not Cause.BROKER_ERROR:
                    raise
                if isinstance(problem, Faulted):
                    return WhatIf(at=self._clock(), refusal=outcomes.plain_words(problem.said))
                answer = problem.body  # the refusal stands beside the figures that explain it
        return what_if.preview(answer, self._clock())

    async def place(self, intent: OrderIntent) -> Answer:
        ticket = intent.ticket
        await self._check(ticket.account, ticket.mode)
        body = tickets.placing(ticket, intent.ref, self._operator())
        self._contracts.keep(leg.instrument for leg in ticket.legs)
        errand = Errand(ticket=ticket, ref=intent.ref)
        asked = self._sent.get(intent.ref)
        if isinstance(asked, Questions) and self._turns.is_open(ticket.account, asked.reply):
            return asked
        async with self._turns.turn(ticket.account):
            if intent.ref in self._sent:
                return await self._sent_before(errand)
            self._sent[intent.ref] = None
            return await self._send(errand, endpoints.orders(ticket.account), body)

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:
        await self._check(account)
        async with self._turns.answering(account, question) as errand:
            path = endpoints.reply(question)
            if yes:
                return await self._send(errand, path, b'{"confirmed":true}', is_reply=True)
            self._note(errand, Rejected(text="You answered no."))
            with contextlib.suppress(DeskError):  # an order whose question is not confirmed is never placed
                await self._calls.once("POST", path, b'{"confirmed":false}')
            return None

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        await self._check(order.account, ticket.mode)
        if ticket.account != order.account:
            raise _refused("The change is for another account than the order.", "Open the order again and change it.")
        path = endpoints.order(order.account, _id_of(order))
        body = tickets.changing(ticket, self._operator())
        await self.warm_orders(order.account)
        async with self._turns.turn(order.account):
            return await self._send(Errand(ticket=ticket, ref=order.ref, changed=order), path, body)

    async def cancel(self, order: Order) -> None:
        await self._cancel(order.account, _id_of(order))

    async def cancel_all(self, account: AccountId) -> None:
        await self._cancel(account, endpoints.EVERY_ORDER)

    async def _cancel(self, account: AccountId, number: OrderId) -> None:
        """At once, whatever is being asked: taking risk away does not wait for a person who adds some."""
        await self._check(account)
        self._turns.give_up(account)
        try:
            query = tickets.tags(self._operator())
            outcomes.requested(await self._calls.once("DELETE", endpoints.order(account, number), b"", query))
        except Declined as problem:
            is_gone = "exist" in problem.said
            raise Refused(
                f"The broker did not take the cancellation: {problem.said or problem.message}",
                remedy="Look at the order again; it may have been filled or cancelled meanwhile.",
                cause=Cause.ORDER_UNKNOWN if is_gone else Cause.ORDER_REFUSED,
            ) from problem
        except DeskError as problem:
            if not isinstance(problem, Faulted) and not _is_open(problem):
                raise
            raise _unknown("The cancellation") from problem

    async def _send(self, errand: Errand, path: str, body: bytes, *, is_reply: bool = False) -> Answer:
        """One request and what it means; a question keeps the account until it is answered."""
        try:
            answer = self._meaning(errand, await self._calls.once("POST", path, body))
        except (Declined, Faulted) as problem:
            answer = await self._after(errand, problem, is_reply=is_reply)
        except DeskError as problem:
            if _is_open(problem):
                raise _unknown(errand.name) from problem
            if not is_reply and errand.changed is None and errand.ref is not None:
                self._sent.pop(errand.ref, None)  # it never left
            raise
        self._note(errand, answer)
        if isinstance(answer, Questions):
            self._turns.ask(errand.ticket.account, answer.reply, errand)
        return answer

    def _meaning(self, errand: Errand, body: bytes) -> Answer:
        found = outcomes.answer(body)
        if not isinstance(found, tuple):
            return found
        ticket, at = errand.ticket, self._clock()
        own = halves(ticket)
        first = outcomes.taken(own[0], found[0], at, ref=errand.ref)
        if errand.changed is not None:
            return Placed(orders=(_changed(errand.changed, first, is_told=bool(found[0].status or found[0].error)),))
        others = [(each, {"parent": errand.ref}) for each in tickets.exits_of(ticket)]
        if errand.ref is not None:
            others += [(each, {"ref": other_ref(errand.ref)}) for each in own[1:]]
        rest = (found[number] if number < len(found) else None for number in range(1, 1 + len(others)))
        told = zip(others, rest, strict=True)
        return Placed(orders=(first, *(outcomes.taken(each, one, at, **whose) for (each, whose), one in told)))

    async def _after(self, errand: Errand, problem: Declined | Faulted, *, is_reply: bool) -> Answer:
        """The broker said something else than an answer: no, that it knows the order, or that it failed."""
        if is_reply and _FORGOTTEN in problem.said.lower():
            self._note(errand, Rejected(text="The broker forgot its question; the order was not placed."))
            raise stale(errand.name) from problem
        if isinstance(problem, Declined):
            if _DUPLICATE in problem.said:
                return await self._as_known(errand, problem)
            return Rejected(text=outcomes.plain_words(problem.said) or problem.message)
        if problem.cause is not Cause.BROKER_ERROR or not problem.said or is_reply or errand.changed is not None:
            raise _unknown(errand.name) from problem
        return await self._listed(errand) or Rejected(text=outcomes.plain_words(problem.said))

    def _note(self, errand: Errand, answer: Answer) -> None:
        if errand.changed is None and errand.ref is not None:
            self._sent[errand.ref] = answer

    async def _sent_before(self, errand: Errand) -> Answer:
        """The same intent a second time: nothing is sent, the broker is asked what it knows."""
        known = self._sent[errand.ref] if errand.ref is not None else None
        return known if isinstance(known, Rejected) else await self._as_known(errand, None)

    async def _as_known(self, errand: Errand, problem: DeskError | None) -> Answer:
        """What became of an order the broker has had from us. Raises OUTCOME_UNKNOWN while it does not list it."""
        known = await self._listed(errand)
        if known is None:
            raise _unknown(errand.name) from problem
        return known

    async def _listed(self, errand: Errand) -> Placed | None:
        """The order by our id, with its exits or its other half; None when today's list has none such. Raises
        OUTCOME_UNKNOWN."""
        try:
            listed = await self.orders(errand.ticket.account)
        except DeskError as problem:
            raise _unknown(errand.name) from problem
        found = [each for each in listed if each.ref == errand.ref]
        other = None if errand.ref is None else other_ref(errand.ref)
        rest = (each for each in listed if each.parent == errand.ref or (other is not None and each.ref == other))
        return Placed(orders=(found[0], *rest)) if found else None

    async def _check(self, account: AccountId, mode: Mode | None = None) -> None:
        """The last of three places that refuse an account or a ticket of another environment."""
        check_environment(self._environment, await self._calls.must_know(account))
        if mode is not None and mode is not ibkr_mode(self._environment):
            raise Refused(
                "This order was made for another mode than the connection it would leave by.",
                remedy="Open a new order ticket in the mode you want.", cause=Cause.WRONG_ENVIRONMENT,
            )
        await self._calls.brokerage_accounts()

    async def _warm_quotes(self, conids: Sequence[Conid]) -> None:
        """A preview wants the prices to have been asked for in this session."""
        cold = [conid for conid in conids if not self._lines.is_open(conid)]
        if cold:
            await self._lines.snapshot(cold, FIELDS)


def _changed(before: Order, after: Order, *, is_told: bool) -> Order:
    """The order after a change was taken; without a word about its state it is where it was."""
    state = after.state if is_told else before.state
    return replace(after, state=state, id=after.id or before.id, at=before.at, filled=before.filled)


def _id_of(order: Order) -> OrderId:
    if order.id is None:
        raise Refused(
            "The broker has not said yet that it has this order.",
            remedy="Wait until the order book knows what became of it.", cause=Cause.ORDER_UNKNOWN,
        )
    return order.id


def _is_open(problem: DeskError) -> bool:
    """Whether the request may have done its work although nobody told us."""
    return isinstance(problem, BadData) or may_have_arrived(problem)


def _refused(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)


def _unknown(what: str) -> Unavailable:
    return Unavailable(
        f"{what} was sent, and no answer came that says what became of it.",
        remedy="It is not sent again: wait until the order book knows, or look in the broker's own app.",
        cause=Cause.OUTCOME_UNKNOWN,
    )
