"""Two ways of orders, and each order on its own: chosen for a new one, remembered for an older one."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import OrdersHeard
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Answer,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderRoute,
    OrderRules,
    OrderState,
    OrderTicket,
    OtherHalf,
    Placed,
    Question,
    Questions,
    Side,
    WhatIf,
)
from ibdesk.domain.pairs import Pairing, intents_of
from ibdesk.services.routes import Routes
from ibdesk.store import trades
from ibdesk.store.database import Database
from tests.services.scripted_broker import MAIN, ticket
from tests.services.workshop import NOON

PORTAL, TWS = OrderRoute.PORTAL, OrderRoute.TWS


@dataclass
class Way:
    """Trading that keeps what it was asked for, and knows orders under numbers of its own."""

    number: str
    asked: list[str] = field(default_factory=list)
    known: list[Order] = field(default_factory=list)
    problem: DeskError | None = None
    asks: bool = False
    pairing: Pairing = Pairing.KEEPS

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.problem is not None:
            raise self.problem

    async def rules(self, conid: Conid, side: Side) -> OrderRules:
        raise NotImplementedError

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        self._note("what-if")
        return WhatIf(at=NOON)

    async def place(self, intent: OrderIntent) -> Answer:
        self._note(f"place {intent.ref}")
        if self.asks:
            return Questions(reply=f"question {intent.ref}", questions=(Question(id="o1", text="Sure?"),))
        made = replace(trades.intended(intent), state=OrderState.WORKING, id=OrderId(f"{self.number}{len(self.known)}"))
        self.known.append(made)
        return Placed(orders=(made,))

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:
        self._note(f"reply {question}")
        return None

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer:
        self._note(f"modify {order.ref}")
        return Placed(orders=(order,))

    async def cancel(self, order: Order) -> None:
        self._note(f"cancel {order.ref or order.id}")

    async def cancel_all(self, account: AccountId) -> None:
        self._note(f"cancel all {account}")

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        self._note("orders")
        return tuple(self.known)

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        self._note("executions")
        return ()


@dataclass
class Stage:
    """Both ways, and the choice."""

    database: Database
    portal: Way | None = field(default_factory=lambda: Way("1"))
    tws: Way | None = field(default_factory=lambda: Way("2"))
    chosen: OrderRoute = TWS
    problem: DeskError | None = None
    book: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.routes = Routes(
            {PORTAL: lambda: self.portal, TWS: lambda: self.tws}, mode=Mode.DEMO, chosen=lambda: self.chosen,
            stands_in_the_way=lambda route: self.problem, working=lambda: self.book, database=self.database,
        )  # fmt: skip

    async def place(self, ref: str) -> Order:
        """Written down with its way, then sent, as the service of orders does it."""
        intent = OrderIntent(ref=OrderRef(ref), ticket=ticket(), at=NOON, route=self.chosen)
        await self.database.write(trades.add_intent, intent, f"draft {ref}")
        answer = await self.routes.place(intent)
        assert isinstance(answer, Placed)
        self.book.append(answer.orders[0])
        return answer.orders[0]


def test_a_new_order_goes_the_chosen_way_and_is_changed_and_cancelled_where_it_was_sent(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database)
        assert stage.portal is not None and stage.tws is not None
        one = await stage.place("one")
        stage.chosen = PORTAL
        two = await stage.place("two")
        for order in (one, two):
            await stage.routes.modify(order, ticket())
            await stage.routes.cancel(order)
        assert stage.tws.asked == ["place one", "modify one", "cancel one"]
        assert stage.portal.asked == ["place two", "modify two", "cancel two"]
        elsewhere = replace(one, ref=None, id=OrderId("77"))
        await stage.routes.cancel(elsewhere)
        assert stage.portal.asked[-1] == "cancel 77"
        leg = replace(one, ref=None, id=OrderId("78"), parent=one.ref)
        await stage.routes.cancel(leg)
        assert stage.tws.asked[-1] == "cancel 78", "an exit goes with its order"

    asyncio.run(run())


def test_a_pair_is_what_the_chosen_way_makes_of_it_and_both_halves_are_followed_there(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database, tws=Way("2", pairing=Pairing.NOT_TAKEN), chosen=PORTAL)
        assert stage.portal is not None and stage.tws is not None
        assert stage.routes.pairing is Pairing.KEEPS
        pair = replace(ticket(), other=OtherHalf(stop=Decimal(90)))
        intent = OrderIntent(ref=OrderRef("x-oco1"), ticket=pair, at=NOON, route=PORTAL)
        halves = intents_of(intent)
        assert [each.route for each in halves] == [PORTAL, PORTAL]
        await stage.routes.place(intent)
        stage.chosen = TWS
        assert stage.routes.pairing is Pairing.NOT_TAKEN
        for each in halves:
            await stage.routes.cancel(trades.intended(each))
        assert stage.portal.asked[1:] == ["cancel x-oco1", "cancel x-oco2"] and not stage.tws.asked
        stage.tws = None
        assert stage.routes.pairing is Pairing.NOT_TAKEN

    asyncio.run(run())


def test_the_way_of_an_order_outlives_the_desk(database: Database) -> None:
    async def run() -> None:
        order = await Stage(database).place("kept")
        later = Stage(database, chosen=PORTAL)
        await later.routes.open()
        assert later.routes.of(order) is TWS
        await later.routes.cancel(order)
        assert later.tws is not None and later.tws.asked == ["cancel kept"]

    asyncio.run(run())


def test_what_was_written_down_decides_and_not_what_was_chosen_since(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database, chosen=PORTAL)
        await stage.routes.place(OrderIntent(ref=OrderRef("late"), ticket=ticket(), at=NOON, route=TWS))
        assert stage.tws is not None and stage.portal is not None
        assert (stage.tws.asked, stage.portal.asked) == (["place late"], [])

    asyncio.run(run())


def test_each_order_is_told_once_and_by_its_own_way(database: Database) -> None:
    """Both ways list everything, each under its own numbers."""

    async def run() -> None:
        stage = Stage(database)
        assert stage.portal is not None and stage.tws is not None
        one = await stage.place("one")
        stage.chosen = PORTAL
        two = await stage.place("two")
        manual = replace(one, ref=None, id=OrderId("9"))
        stage.tws.known += [replace(two, id=OrderId("222")), manual]
        stage.portal.known += [replace(one, id=OrderId("111")), manual]
        assert {(each.ref, each.id) for each in await stage.routes.orders(MAIN)} == {
            ("one", one.id), ("two", two.id), (None, "9")
        }
        told = stage.routes.sieve(OrdersHeard(orders=tuple(stage.tws.known), route=TWS))
        assert told is not None and [each.ref for each in told.orders] == ["one"]
        stage.book.clear()
        assert stage.routes.sieve(OrdersHeard(orders=(one,), route=TWS)) is None, "nothing of ours is open there"

    asyncio.run(run())


def test_an_order_whose_way_is_gone_is_followed_and_not_touched(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database, chosen=PORTAL)
        sent = await stage.place("by the portal")
        stage.portal, stage.chosen = None, TWS
        assert stage.tws is not None
        stage.tws.known.append(replace(sent, id=OrderId("222"), state=OrderState.FILLED, filled=sent.quantity))
        (told,) = await stage.routes.orders(MAIN)
        assert (told.state, told.id) == (OrderState.FILLED, None), "its number there is not the one it was sent under"
        for asked in (stage.routes.cancel(sent), stage.routes.modify(sent, ticket())):
            with pytest.raises(Refused) as caught:
                await asked
            assert caught.value.cause is Cause.ORDER_REFUSED and "TWS" in caught.value.remedy

    asyncio.run(run())


def test_names_that_other_programs_give_their_orders_are_not_ours(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database)
        assert stage.tws is not None
        one = await stage.place("one")
        stage.tws.known.append(replace(one, ref=OrderRef("somebody's robot"), id=OrderId("5")))
        assert [(each.ref, each.is_ours) for each in await stage.routes.orders(MAIN)] == [("one", True), (None, False)]

    asyncio.run(run())


def test_an_answer_goes_to_the_way_that_asked(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database, chosen=PORTAL)
        assert stage.portal is not None and stage.tws is not None
        stage.portal.asks = True
        answer = await stage.routes.place(OrderIntent(ref=OrderRef("a"), ticket=ticket(), at=NOON))
        assert isinstance(answer, Questions)
        stage.chosen = TWS
        assert await stage.routes.reply(MAIN, answer.reply, yes=False) is None
        assert stage.portal.asked == ["place a", "reply question a"] and not stage.tws.asked

    asyncio.run(run())


def test_all_orders_are_cancelled_over_every_way_that_has_one_whatever_fails(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database)
        assert stage.portal is not None and stage.tws is not None
        await stage.routes.cancel_all(MAIN)
        assert (stage.portal.asked, stage.tws.asked) == ([], [f"cancel all {MAIN}"])
        stage.chosen = PORTAL
        await stage.place("one")
        stage.chosen = TWS
        stage.tws.problem = Unavailable("TWS is gone.", remedy="Wait.", cause=Cause.TWS_GONE)
        with pytest.raises(Unavailable):
            await stage.routes.cancel_all(MAIN)
        assert stage.portal.asked[-1] == f"cancel all {MAIN}"

    asyncio.run(run())


def test_the_other_way_may_be_silent_and_the_chosen_one_not(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database, chosen=PORTAL)
        await stage.place("one")
        stage.chosen = TWS
        two = await stage.place("two")
        gone = Unavailable("gone", remedy="Wait.", cause=Cause.TWS_GONE)
        assert stage.portal is not None and stage.tws is not None
        stage.portal.problem = gone
        assert await stage.routes.orders(MAIN) == (two,)
        stage.portal.problem, stage.tws.problem = None, gone
        with pytest.raises(Unavailable):
            await stage.routes.orders(MAIN)
        stage.tws.problem = None
        assert await stage.routes.executions(MAIN, NOON - timedelta(days=1)) == ()
        assert stage.portal.asked[-1] != "executions", "both ways tell of all prints, under the same ids"

    asyncio.run(run())


def test_a_tws_that_takes_no_orders_stands_in_the_way_until_it_does(database: Database) -> None:
    async def run() -> None:
        stage = Stage(database)
        assert stage.tws is not None and stage.routes.obstacle is None
        stage.tws.problem = Refused("TWS is set to read-only.", remedy="Untick it.", cause=Cause.READ_ONLY)
        with suppress(Refused):
            await stage.routes.orders(MAIN)
        assert stage.routes.obstacle is stage.tws.problem
        stage.chosen = PORTAL
        assert stage.routes.obstacle is None
        stage.chosen, stage.tws.problem = TWS, None
        await stage.routes.orders(MAIN)
        assert stage.routes.obstacle is None
        stage.problem = Unavailable("down", remedy="Wait.", cause=Cause.TWS_GONE)
        assert stage.routes.obstacle is stage.problem
        stage.tws = None
        assert stage.routes.obstacle is not None and "Settings" in stage.routes.obstacle.remedy
        with pytest.raises(Refused):
            await stage.routes.what_if(ticket())

    asyncio.run(run())
