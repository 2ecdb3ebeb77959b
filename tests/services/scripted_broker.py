"""A broker that does what a test tells it to, and keeps every order it ever got: the other side of the wire."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountSummary, MarginType
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.errors import Cause, Refused, Unavailable
from ibdesk.domain.executions import Fill
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Answer,
    Leg,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderRules,
    OrderState,
    OrderTicket,
    OrderType,
    Placed,
    Question,
    Questions,
    Rejected,
    Side,
    Tick,
    TimeInForce,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing, intents_of
from ibdesk.services.desk import Clock

MAIN, REAL = AccountId("DU7654321"), AccountId("U7654321")
SHARE = Instrument(conid=Conid(756733), symbol="SPY", asset_class=AssetClass.ETF, currency=USD)


def ticket(quantity: str = "1", side: Side = Side.BUY, limit: str = "100.00", mode: Mode = Mode.DEMO) -> OrderTicket:
    return OrderTicket(
        account=account(mode).id, mode=mode, legs=(Leg(instrument=SHARE, side=side),), quantity=Decimal(quantity),
        limit=Decimal(limit),
    )  # fmt: skip


def account(mode: Mode = Mode.DEMO) -> Account:
    return Account(
        id=REAL if mode is Mode.IBKR_LIVE else MAIN, title="", currency=USD, is_paper=mode is not Mode.IBKR_LIVE,
        margin_type=MarginType.MARGIN,
    )  # fmt: skip


def picture(clock: Clock, mode: Mode = Mode.DEMO) -> Context:
    """A rich account and a quiet market."""
    now = clock()
    quote = Quote(
        conid=SHARE.conid, received_at=now, delay=Delay.LIVE, last=Decimal(100), bid=Decimal("99.99"),
        ask=Decimal("100.01"), prior_close=Decimal(100), bid_size=Decimal(100), ask_size=Decimal(100),
    )  # fmt: skip
    summary = AccountSummary(
        account=account(mode).id, currency=USD, as_of=now, received_at=now, net_liquidation=Decimal(1_000_000),
        total_cash=Decimal(900_000), equity_with_loan=Decimal(1_000_000), available_funds=Decimal(900_000),
        excess_liquidity=Decimal(900_000), buying_power=Decimal(3_600_000), initial_margin=Decimal(0),
        maintenance_margin=Decimal(0), margin_type=MarginType.MARGIN,
    )  # fmt: skip
    return Context(
        now=now, account=account(mode), desk=Desk(mode=mode), calendar=Calendar(closed={}, early={}),
        summary=summary, daily_pnl=Decimal(0), rates={USD: Decimal(1)}, quotes={SHARE.conid: quote},
    )  # fmt: skip


class ScriptedBroker:
    """Answers each `place` and `reply` with the next word of `script`: take, ask, reject, lost (it arrived, the answer
    did not), gone (nothing left). Without a word it takes. Orders are known by our id; a second one is seen."""

    pairing = Pairing.KEEPS

    def __init__(self, clock: Clock, *script: str) -> None:
        self.script = deque(script)
        self.known: dict[OrderRef, Order] = {}
        self.others: list[Order] = []
        self.placed: list[OrderRef] = []
        self.replies: list[bool] = []
        self.asked: dict[str, OrderIntent] = {}
        self.cancelled: list[str] = []
        self.fills: list[Fill] = []
        self.is_down = False
        self._clock = clock

    async def place(self, intent: OrderIntent) -> Answer:
        self._up()
        self.placed.append(intent.ref)
        return self._answer(intent)

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:
        self._up()
        intent = self.asked.pop(question, None)
        if intent is None:
            raise Refused("The broker forgot its question.", remedy="Send it again.", cause=Cause.QUESTION_STALE)
        self.replies.append(yes)
        return self._answer(intent) if yes else None

    def _answer(self, intent: OrderIntent) -> Answer:
        word = self.script.popleft() if self.script else "take"
        if word == "gone":
            raise Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)
        if word == "reject":
            return Rejected(text="No.")
        if word == "ask":
            name = f"question-{len(self.asked)}-{len(self.replies)}-{intent.ref}"
            self.asked[name] = intent
            return Questions(reply=name, questions=(Question(id="o10151", text="It takes any price. Sure?"),))
        if word == "lost-before":
            raise _unknown()
        every = intents_of(intent)
        for each in every:
            self.known[each.ref] = self._order(each)
        if word == "lost":
            raise _unknown()
        return Placed(orders=tuple(self.known[each.ref] for each in every))

    def _order(self, intent: OrderIntent) -> Order:
        asked = intent.ticket
        return Order(
            account=asked.account, state=OrderState.WORKING, legs=asked.legs, quantity=asked.quantity,
            order_type=asked.order_type, tif=TimeInForce.DAY, at=intent.at, updated_at=self._clock(), ref=intent.ref,
            id=OrderId(f"{1000 + len(self.known)}"), limit=asked.limit, stop=asked.stop,
        )  # fmt: skip

    async def rules(self, conid: Conid, side: Side) -> OrderRules:
        return OrderRules(
            conid=conid, order_types=frozenset(OrderType), outside_hours_types=frozenset(),
            tifs=frozenset(TimeInForce), ticks=(Tick(above=Decimal(0), step=Decimal("0.01")),),
        )  # fmt: skip

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        return WhatIf(at=self._clock())

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        self._up()
        assert order.ref is not None
        self.known[order.ref] = replace(self.known[order.ref], quantity=ticket.quantity, limit=ticket.limit)
        return Placed(orders=(self.known[order.ref],))

    async def cancel(self, order: Order) -> None:
        self._up()
        self.cancelled.append(str(order.id))
        self._cancel(lambda each: each.id == order.id)

    async def cancel_all(self, account: AccountId) -> None:
        self._up()
        self.cancelled.append("all")
        self._cancel(lambda each: each.is_open)

    def _cancel(self, chosen: object) -> None:
        for ref, each in self.known.items():
            if chosen(each) and each.is_open:  # type: ignore[operator]
                self.known[ref] = replace(each, state=OrderState.CANCELLED)
        self.others = [replace(each, state=OrderState.CANCELLED) for each in self.others]

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        self._up()
        return (*self.known.values(), *self.others)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        self._up()
        return tuple(self.fills)

    def fill(self, refs: Iterable[OrderRef]) -> None:
        for ref in refs:
            each = self.known[ref]
            if each.is_open:
                self.known[ref] = replace(each, state=OrderState.FILLED, filled=each.quantity)

    def _up(self) -> None:
        if self.is_down:
            raise Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)


def _unknown() -> Unavailable:
    return Unavailable("No answer came.", remedy="Wait.", cause=Cause.OUTCOME_UNKNOWN)
