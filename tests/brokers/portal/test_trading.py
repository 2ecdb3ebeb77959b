"""An order reaches the broker at most once, and every way of not hearing from it has its meaning."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from aiohttp import web

from ibdesk.brokers.base import Trading
from ibdesk.brokers.portal.trading import PortalTrading
from ibdesk.demo.gateway import DemoGateway
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Exits,
    Impossible,
    Leg,
    Order,
    OrderId,
    OrderRef,
    OrderState,
    OrderTicket,
    OrderType,
    OtherHalf,
    Placed,
    Questions,
    Rejected,
    Side,
    WhatIf,
    advance,
)
from ibdesk.domain.pairs import first_ref
from tests.brokers.door import LUNCH, MAIN, SECOND, Desk, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply
from tests.brokers.portal.tickets import AAPL, ES, OTHER, at_market, intent, option, stock

PLACE = f"POST /iserver/account/{MAIN}/orders"
ORDERS = f"/iserver/account/{MAIN}/orders"
QUESTION = '[{"id":"q-1","message":["Sure?"],"messageIds":["o163"]}]'
TAKEN = '[{"order_id":"7","order_status":"Submitted"}]'


def trading(desk: Desk) -> Trading:
    assert desk.broker.trading is not None
    return desk.broker.trading


def at_the_demo(scene: Callable[[Desk, DemoGateway], Awaitable[None]], seconds: float = 5.0) -> None:
    async def run() -> None:
        async with at_demo() as (desk, gateway):
            await scene(desk, gateway)

    asyncio.run(run())


def at_small(scene: Callable[[Desk, Small], Awaitable[None]], *, limit: float = 60.0, seconds: float = 5.0) -> None:
    """A gateway of one paper account that says what it is told to."""
    async def run() -> None:
        async with small() as server, connected(server.url, question_limit=limit, seconds=seconds) as desk:
            row = f'{{"id":"{MAIN}","accountId":"{MAIN}","currency":"USD","type":"DEMO","tradingType":"STKNOPT"}}'
            server.says("/portfolio/accounts", f"[{row}]")
            server.says("/iserver/accounts", f'{{"accounts":["{MAIN}"],"isPaper":true,"selectedAccount":"{MAIN}"}}')
            server.says("/iserver/account/orders", '{"orders":[],"snapshot":true}')
            server.says("/iserver/marketdata/snapshot", "[]")
            server.says("/trsrv/secdef", '{"secdef":[]}')
            await scene(desk, server)

    asyncio.run(run())


def listed(ref: str, status: str = "Submitted") -> str:
    return (
        f'{{"orders":[{{"acct":"{MAIN}","conid":265598,"orderId":7,"totalSize":5,"filledQuantity":0,"side":"BUY",'
        f'"status":"{status}","origOrderType":"LIMIT","price":"226.5","timeInForce":"CLOSE","order_ref":"{ref}"}}]}}'
    )


async def fails(work: Awaitable[object]) -> DeskError:
    with pytest.raises(DeskError) as failed:
        await work
    return failed.value


async def told_yes(desk: Desk, answer: object) -> Placed:
    """Say yes until the order is placed."""
    while isinstance(answer, Questions):
        answer = await trading(desk).reply(MAIN, answer.reply, yes=True)
    assert isinstance(answer, Placed), answer
    return answer


# --- placing ------------------------------------------------------------------------------------------------------


def test_an_order_is_placed_listed_changed_and_cancelled() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        placed = await trading(desk).place(intent(stock(limit=Decimal("226.50"))))
        assert isinstance(placed, Placed)
        (order,) = placed.orders
        assert (order.ref, order.state, order.limit) == ("ref-1", OrderState.HELD, Decimal("226.50"))
        (known,) = await trading(desk).orders(MAIN)
        assert (known.id, known.ref, known.state) == (order.id, "ref-1", OrderState.WORKING)
        changed = await trading(desk).modify(known, stock(limit=Decimal("227.10"), quantity=Decimal(7)))
        assert isinstance(changed, Placed)
        assert (changed.orders[0].id, changed.orders[0].limit) == (order.id, Decimal("227.10"))
        (known,) = await trading(desk).orders(MAIN)
        assert (known.limit, known.quantity, known.ref) == (Decimal("227.1"), 7, "ref-1")
        await trading(desk).cancel(known)
        (gone,) = await trading(desk).orders(MAIN)
        assert gone.state in (OrderState.CANCELLED, OrderState.CANCELLING)

    at_the_demo(scene)


def test_questions_are_answered_one_after_the_other() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.ask("o383", "o9999")
        asked = await trading(desk).place(intent(at_market()))
        seen = []
        while isinstance(asked, Questions):
            seen += [question.id for question in asked.questions]
            assert all(question.text and "<" not in question.text for question in asked.questions)
            answer = await trading(desk).reply(MAIN, asked.reply, yes=True)
            assert answer is not None
            asked = answer  # type: ignore[assignment]
        assert isinstance(asked, Placed) and asked.orders[0].ref == "ref-1"
        assert seen == ["o10151", "o383", "o9999"], "an unknown one is asked like any other"
        assert not any("suppress" in path for path in desk.sent)

    at_the_demo(scene)


def test_a_no_places_nothing_and_its_answer_is_nothing() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        asked = await trading(desk).place(intent(at_market()))
        assert isinstance(asked, Questions)
        assert await trading(desk).reply(MAIN, asked.reply, yes=False) is None
        assert await trading(desk).orders(MAIN) == ()
        again = await fails(trading(desk).reply(MAIN, asked.reply, yes=True))
        assert again.cause is Cause.QUESTION_STALE
        assert await trading(desk).orders(MAIN) == ()

    at_the_demo(scene)


def test_a_bracket_is_the_order_and_two_exits_that_name_it() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        ticket = stock(exits=Exits(take_profit=Decimal("232.00"), stop_loss=Decimal("220.00")))
        placed = await told_yes(desk, await trading(desk).place(intent(ticket)))
        parent, target, stop = placed.orders
        assert (parent.ref, target.ref, stop.ref) == ("ref-1", None, None)
        assert target.parent == stop.parent == "ref-1"
        assert (target.limit, stop.stop) == (Decimal("232.00"), Decimal("220.00"))
        orders = {each.id: each for each in await trading(desk).orders(MAIN)}
        assert {each.id for each in placed.orders} == set(orders)
        assert target.id is not None and stop.id is not None
        assert orders[target.id].parent == orders[stop.id].parent == "ref-1"
        assert orders[stop.id].stop == 220 and orders[target.id].legs[0].side is Side.SELL

    at_the_demo(scene)


def test_an_exit_the_answer_does_not_mention_is_unknown() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, TAKEN)
        placed = await trading(desk).place(intent(stock(exits=Exits(stop_loss=Decimal(200)))))
        assert isinstance(placed, Placed)
        assert [each.state for each in placed.orders] == [OrderState.WORKING, OrderState.UNKNOWN]

    at_small(scene)


def test_a_future_is_placed_and_cancelled_with_the_tags_its_venue_wants() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        market = desk.broker.market
        assert market is not None
        held = (await desk.broker.snapshot(MAIN)).positions
        future = next(each.instrument for each in held if each.instrument.asset_class is AssetClass.FUTURE)
        (quote,) = await market.quotes([future.conid])
        assert quote.bid is not None
        ticket = stock(legs=(Leg(instrument=future, side=Side.BUY),), quantity=Decimal(1), limit=quote.bid - 20)
        placed = await told_yes(desk, await trading(desk).place(intent(ticket)))
        await trading(desk).cancel(placed.orders[0])
        assert desk.sent[-1].startswith("DELETE") and "manualIndicator=true" in desk.sent[-1]
        assert desk.calls[-1].outcome == "ok"

    at_the_demo(scene)


def test_a_single_account_is_listed_without_any_condition() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says("/iserver/account/orders", listed("ref-1"))
        assert len(await trading(desk).orders(MAIN)) == 1
        assert "GET /iserver/account/orders" in desk.sent

    at_small(scene)


def test_a_refusal_is_the_brokers_own_words() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.reject_order("No trading permissions.")
        assert await trading(desk).place(intent(stock())) == Rejected(text="No trading permissions.")
        assert await trading(desk).orders(MAIN) == ()

    at_the_demo(scene)


def test_a_malformed_order_is_rejected_once_the_broker_does_not_list_it() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, '{"error":"Invalid price"}', 500)
        assert await trading(desk).place(intent(stock())) == Rejected(text="Invalid price")
        assert "GET /iserver/account/orders" in server.asked
        server.says("/iserver/account/orders", listed("ref-2"))
        placed = await trading(desk).place(intent(stock(), "ref-2"))
        assert isinstance(placed, Placed) and placed.orders[0].id == "7", "it was placed after all"

    at_small(scene)


# --- the unknown --------------------------------------------------------------------------------------------------


def _hang(server: Small, path: str) -> None:
    async def never(request: web.Request) -> web.Response:
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.01)
        return web.Response()

    server.routes[path] = never


def _cut(server: Small, path: str) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        raise web.HTTPBadRequest

    server.routes[path] = cut


LOSSES: dict[str, Callable[[Small, str], None]] = {
    "silence": _hang,
    "a cut line": _cut,
    "503": lambda server, path: server.says(path, "", 503),
    "504": lambda server, path: server.says(path, '{"error":"timeout"}', 504),
    "500 without a word": lambda server, path: server.says(path, "", 500),
    "a web page": lambda server, path: server.says(path, "<html>Sorry</html>"),
    "an empty answer": lambda server, path: server.says(path, ""),
    "half an answer": lambda server, path: server.says(path, '[{"order_id":'),
    "an answer of no shape": lambda server, path: server.says(path, "[{}]"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_an_order_whose_answer_is_lost_is_unknown_and_never_sent_again(loss: str) -> None:
    async def scene(desk: Desk, server: Small) -> None:
        LOSSES[loss](server, ORDERS)
        error = await fails(trading(desk).place(intent(stock())))
        assert isinstance(error, Unavailable) and error.cause is Cause.OUTCOME_UNKNOWN
        assert server.asked.count(PLACE) == 1
        again = await fails(trading(desk).place(intent(stock())))
        assert again.cause is Cause.OUTCOME_UNKNOWN, "the broker does not list it yet"
        server.says("/iserver/account/orders", listed("ref-1"))
        known = await trading(desk).place(intent(stock()))
        assert isinstance(known, Placed) and known.orders[0].state is OrderState.WORKING
        assert server.asked.count(PLACE) == 1

    at_small(scene, seconds=0.3)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_answer_to_a_reply_a_change_or_a_cancel_is_unknown_too(loss: str) -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, QUESTION)
        LOSSES[loss](server, "/iserver/reply/q-1")
        LOSSES[loss](server, f"/iserver/account/{MAIN}/order/7")
        LOSSES[loss](server, f"/iserver/account/{MAIN}/order/-1")
        await trading(desk).place(intent(stock()))
        (order,) = (replace(each, id=OrderId("7")) for each in (_order(),))
        for work in (
            trading(desk).reply(MAIN, "q-1", yes=True), trading(desk).modify(order, stock()),
            trading(desk).cancel(order), trading(desk).cancel_all(MAIN),
        ):
            assert (await fails(work)).cause is Cause.OUTCOME_UNKNOWN
        sent = [each for each in server.asked if "/reply/" in each or "/order/" in each]
        assert len(sent) == 4, "each once"

    at_small(scene, seconds=0.3)


def _order() -> Order:
    ticket = stock()
    return Order(
        account=MAIN, state=OrderState.WORKING, legs=ticket.legs, quantity=ticket.quantity,
        order_type=ticket.order_type, tif=ticket.tif, at=LUNCH, updated_at=LUNCH, ref=OrderRef("ref-1"),
    )


def test_an_order_that_never_left_is_not_unknown_and_may_be_sent_later() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, '{"error":"not authenticated","statusCode":401}', 401)
        assert (await fails(trading(desk).place(intent(stock())))).cause is Cause.BROKERAGE_LOST
        server.says(ORDERS, '{"error":"Please query /accounts first"}', 500)
        assert (await fails(trading(desk).place(intent(stock())))).cause is Cause.BROKERAGE_LOST
        assert server.asked.count(PLACE) == 2, "not even that is repeated by itself"
        server.says(ORDERS, TAKEN)
        assert isinstance(await trading(desk).place(intent(stock())), Placed)

    at_small(scene)


def test_a_gateway_that_is_gone_is_not_an_unknown_order() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        await trading(desk).what_if(stock())
        await gateway.kill()
        error = await fails(trading(desk).place(intent(stock())))
        assert error.cause is Cause.GATEWAY_NOT_RUNNING

    at_the_demo(scene)


@pytest.mark.parametrize("after", [False, True])
def test_a_gateway_that_dies_between_intent_and_answer_leaves_it_unknown(after: bool) -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.die_at(rf"account/{MAIN}/orders$", method="POST", after=after)
        error = await fails(trading(desk).place(intent(stock())))
        assert error.cause is Cause.OUTCOME_UNKNOWN

    at_the_demo(scene)


def test_a_503_that_was_carried_out_is_found_by_our_id() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.unavailable_but_done(rf"account/{MAIN}/orders$", method="POST")
        assert (await fails(trading(desk).place(intent(stock())))).cause is Cause.OUTCOME_UNKNOWN
        (order,) = [each for each in await trading(desk).orders(MAIN) if each.ref == "ref-1"]
        assert order.state is OrderState.WORKING
        assert sum(path == PLACE for path in desk.sent) == 1

    at_the_demo(scene)


def test_an_intent_the_broker_knows_is_answered_with_what_it_knows() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        await told_yes(desk, await trading(desk).place(intent(stock(limit=Decimal("226.50")))))
        async with connected(gateway.url, gateway.certificate_sha256) as another:  # a desk started anew
            known = await trading(another).place(intent(stock(limit=Decimal("226.50"))))
            assert isinstance(known, Placed) and known.orders[0].ref == "ref-1"
        assert len(gateway._state.exchange.orders) == 1

    at_the_demo(scene)


def test_an_intent_with_exits_that_the_broker_knows_is_answered_with_its_exits() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        ticket = stock(exits=Exits(take_profit=Decimal("232.00"), stop_loss=Decimal("220.00")))
        placed = await told_yes(desk, await trading(desk).place(intent(ticket)))
        async with connected(gateway.url, gateway.certificate_sha256) as another:
            known = await trading(another).place(intent(ticket))
        assert isinstance(known, Placed)
        assert {each.id for each in known.orders} == {each.id for each in placed.orders}
        assert [each.parent for each in known.orders] == [None, "ref-1", "ref-1"]

    at_the_demo(scene)


def test_a_pair_leaves_in_one_request_and_one_cancels_the_other() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        ticket = stock(Side.SELL, limit=Decimal("300.00"), other=OtherHalf(stop=Decimal("150.00")))
        wanted = replace(intent(ticket), ref=first_ref(OrderRef("ref-1")))
        placed = await told_yes(desk, await trading(desk).place(wanted))
        assert [each.ref for each in placed.orders] == ["ref-1-oco1", "ref-1-oco2"]
        assert [each.order_type for each in placed.orders] == [OrderType.LIMIT, OrderType.STOP]
        listed = {each.ref: each for each in await trading(desk).orders(MAIN)}
        assert {each.ref: each.id for each in placed.orders} == {ref: each.id for ref, each in listed.items()}
        one, other = gateway._state.exchange.orders.values()
        assert one.group and one.group == other.group
        async with connected(gateway.url, gateway.certificate_sha256) as another:
            known = await trading(another).place(wanted)
        assert isinstance(known, Placed) and len(known.orders) == 2
        assert len(gateway._state.exchange.orders) == 2

    at_the_demo(scene)


def test_a_request_that_arrives_twice_makes_one_order() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.deliver_twice(rf"account/{MAIN}/orders$", method="POST")
        answer = await trading(desk).place(intent(stock(limit=Decimal("226.50"))))
        assert isinstance(answer, Placed)
        assert len(gateway._state.exchange.orders) == 1

    at_the_demo(scene)


# --- questions and turns ------------------------------------------------------------------------------------------


def test_nothing_else_is_sent_between_a_question_and_its_answer() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        asked = await trading(desk).place(intent(at_market()))
        assert isinstance(asked, Questions)
        waiting = asyncio.create_task(trading(desk).what_if(stock()))  # noqa: TID251 - the test waits for it
        other = asyncio.create_task(trading(desk).place(intent(stock(), "ref-2")))  # noqa: TID251
        await trading(desk).what_if(stock(account=SECOND))
        await asyncio.sleep(0.05)
        assert f"POST /iserver/account/{MAIN}/orders/whatif" not in desk.sent and desk.sent.count(PLACE) == 1
        assert isinstance(await trading(desk).reply(MAIN, asked.reply, yes=True), Placed)
        assert isinstance(await waiting, WhatIf) and isinstance(await other, Placed)

    at_the_demo(scene)


def test_nobody_waits_for_ever_and_the_late_answer_is_refused_here() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, QUESTION)
        server.says(f"{ORDERS}/whatif", reply("what_if"))
        await trading(desk).place(intent(stock()))
        await trading(desk).what_if(stock())
        late = await fails(trading(desk).reply(MAIN, "q-1", yes=True))
        assert isinstance(late, Refused) and late.cause is Cause.QUESTION_STALE
        assert not any("/reply/" in each for each in server.asked)

    at_small(scene, limit=0.02)


def test_the_broker_that_forgot_its_question_placed_nothing() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        asked = await trading(desk).place(intent(at_market()))
        assert isinstance(asked, Questions)
        gateway.forget_reply()
        error = await fails(trading(desk).reply(MAIN, asked.reply, yes=True))
        assert isinstance(error, Refused) and error.cause is Cause.QUESTION_STALE
        assert "not placed" in error.message
        assert isinstance(await trading(desk).place(intent(at_market())), Rejected), "the same intent is not sent again"
        assert await trading(desk).orders(MAIN) == ()

    at_the_demo(scene)


def test_cancelling_everything_does_not_wait_for_a_person_with_a_question() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        await told_yes(desk, await trading(desk).place(intent(stock(limit=Decimal("226.50")))))
        asked = await trading(desk).place(intent(at_market(), "ref-2"))
        assert isinstance(asked, Questions)
        await trading(desk).cancel_all(MAIN)
        assert desk.sent[-1].startswith(f"DELETE /iserver/account/{MAIN}/order/-1")
        assert (await fails(trading(desk).reply(MAIN, asked.reply, yes=True))).cause is Cause.QUESTION_STALE
        assert not [each for each in await trading(desk).orders(MAIN) if each.state is OrderState.WORKING]

    at_the_demo(scene)


def test_the_same_intent_twice_at_once_is_one_order_and_one_question() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        both = await asyncio.gather(*(trading(desk).place(intent(stock(limit=Decimal("226.50")))) for _ in range(2)))
        assert all(isinstance(each, Placed) for each in both)
        assert desk.sent.count(PLACE) == 1
        first = await trading(desk).place(intent(at_market(), "ref-2"))
        assert first == await trading(desk).place(intent(at_market(), "ref-2"))
        assert desk.sent.count(PLACE) == 2

    at_the_demo(scene)


def test_a_change_may_be_asked_about_too() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        placed = await told_yes(desk, await trading(desk).place(intent(stock(limit=Decimal("226.50")))))
        gateway.ask("o163")
        asked = await trading(desk).modify(placed.orders[0], stock(limit=Decimal("227.00")))
        assert isinstance(asked, Questions)
        changed = await told_yes(desk, asked)
        assert (changed.orders[0].id, changed.orders[0].limit) == (placed.orders[0].id, Decimal("227.00"))
        assert isinstance(await trading(desk).place(intent(stock(limit=Decimal("226.50")))), Placed)

    at_the_demo(scene)


def test_a_change_that_is_taken_without_a_word_leaves_the_order_where_it_was() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(f"/iserver/account/{MAIN}/order/7", '[{"order_id":"7"}]')
        before = replace(_order(), id=OrderId("7"), filled=Decimal(2))
        changed = await trading(desk).modify(before, stock(limit=Decimal(230)))
        assert isinstance(changed, Placed)
        (order,) = changed.orders
        assert (order.state, order.filled, order.limit, order.id) == (OrderState.WORKING, 2, 230, "7")
        assert not isinstance(advance(before, order), Impossible)
        body = msgspec.json.decode(server.bodies[-1])
        assert body["price"] == 230 and not {"orders", "cOID"} & set(body), "a change is sent bare"

    at_small(scene)


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_a_cancel_of_what_is_not_there_is_refused_in_the_brokers_words() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        error = await fails(trading(desk).cancel(replace(_order(), id=OrderId("1"))))
        assert isinstance(error, Refused) and error.cause is Cause.ORDER_UNKNOWN
        assert "doesn't exist" in error.message
        for work in (trading(desk).cancel(_order()), trading(desk).modify(_order(), stock())):
            assert (await fails(work)).cause is Cause.ORDER_UNKNOWN, "the broker never named it"

    at_the_demo(scene)


def test_a_fill_may_be_faster_than_a_cancel() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        placed = await told_yes(desk, await trading(desk).place(intent(stock(limit=Decimal("226.50")))))
        gateway.fill_before_cancel()
        await trading(desk).cancel(placed.orders[0])
        (order,) = await trading(desk).orders(MAIN)
        assert order.state is OrderState.FILLED

    at_the_demo(scene)


# --- previews and rules -------------------------------------------------------------------------------------------


def test_a_preview_warms_the_prices_up_once_and_leaves_the_exits_out() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        seen = await trading(desk).what_if(stock(exits=Exits(stop_loss=Decimal(200))))
        assert seen.initial_margin.change is not None and seen.initial_margin.change > 0
        assert seen.amount is not None and seen.currency == "USD" and seen.refusal == ""
        await trading(desk).what_if(stock())
        assert sum("snapshot" in path for path in desk.sent) == 1
        assert await trading(desk).orders(MAIN) == ()

    at_the_demo(scene)


def test_sentinels_warnings_and_refusals_are_part_of_a_preview() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.spoil_what_if("sentinel")
        assert (await trading(desk).what_if(stock())).initial_margin.after is None
        gateway.spoil_what_if("warning")
        (warning,) = (await trading(desk).what_if(stock())).warnings
        assert warning.id == "21" and warning.text
        gateway.spoil_what_if("error")
        assert "not available" in (await trading(desk).what_if(stock())).refusal
        gateway.heal()
        odd = await trading(desk).what_if(stock(limit=Decimal("226.503")))
        assert odd.refusal

    at_the_demo(scene)


def test_a_refused_preview_keeps_the_figures_that_explain_it() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(f"{ORDERS}/whatif", reply("what_if_sentinels"))
        seen = await trading(desk).what_if(stock())
        assert seen.refusal == "The preview is not available."
        assert seen.maintenance_margin.current == Decimal("116965.5")
        server.says(f"{ORDERS}/whatif", '{"error":"Invalid price"}', 500)
        assert await trading(desk).what_if(stock()) == WhatIf(at=desk.dial.clock(), refusal="Invalid price")

    at_small(scene)


def test_a_preview_that_fails_is_unavailable_and_not_an_unknown_order() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(f"{ORDERS}/whatif", "", 503)
        assert (await fails(trading(desk).what_if(stock()))).cause is Cause.MAINTENANCE
        _hang(server, f"{ORDERS}/whatif")
        assert (await fails(trading(desk).what_if(stock()))).cause is Cause.TIMED_OUT

    at_small(scene, seconds=0.3)


def test_rules_are_asked_for_once() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        rules = await trading(desk).rules(AAPL.conid, Side.BUY)
        assert OrderType.LIMIT in rules.order_types and rules.step_at(Decimal(200)) == Decimal("0.01")
        assert await trading(desk).rules(AAPL.conid, Side.BUY) is rules
        assert desk.sent.count("POST /iserver/contract/rules") == 1
        assert (await fails(trading(desk).rules(Conid(123), Side.BUY))).cause is Cause.NOTHING_FOUND

    at_the_demo(scene)


# --- the environment ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ticket", [
    stock(mode=Mode.IBKR_LIVE), stock(mode=Mode.IBKR_PAPER), stock(mode=Mode.LOCAL_PAPER),
])
def test_a_ticket_of_another_mode_does_not_leave(ticket: OrderTicket) -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        for work in (trading(desk).place(intent(ticket)), trading(desk).what_if(ticket),
                     trading(desk).modify(replace(_order(), id=OrderId("1")), ticket)):
            error = await fails(work)
            assert isinstance(error, Refused) and error.cause is Cause.WRONG_ENVIRONMENT
        assert not any("/orders" in path or "/order/" in path for path in desk.sent)

    at_the_demo(scene)


def test_a_live_account_behind_a_paper_connection_is_refused_before_anything_is_sent() -> None:
    async def run() -> None:
        async with small() as server, connected(server.url) as desk:
            server.says("/portfolio/accounts", f'[{{"id":"{OTHER}","accountId":"{OTHER}","currency":"USD"}}]')
            server.says("/iserver/accounts", f'{{"accounts":["{OTHER}"],"isPaper":false}}')
            order = replace(_order(), account=OTHER, id=OrderId("1"))
            ticket = stock(account=OTHER)
            for work in (
                trading(desk).place(intent(ticket)), trading(desk).what_if(ticket), trading(desk).cancel(order),
                trading(desk).modify(order, ticket), trading(desk).cancel_all(OTHER),
                trading(desk).reply(OTHER, "q-1", yes=True),
            ):
                assert (await fails(work)).cause is Cause.WRONG_ENVIRONMENT
            assert all(each.startswith("GET") for each in server.asked)

    asyncio.run(run())


def test_an_account_of_somebody_else_and_a_change_for_another_account_are_refused() -> None:
    async def scene(desk: Desk, _: DemoGateway) -> None:
        assert (await fails(trading(desk).place(intent(stock(account=OTHER))))).cause is Cause.UNKNOWN_ACCOUNT
        order = replace(_order(), id=OrderId("1"))
        assert (await fails(trading(desk).modify(order, stock(account=SECOND)))).cause is Cause.ORDER_REFUSED

    at_the_demo(scene)


@pytest.mark.parametrize(("environment", "read_only", "may_trade"), [
    (Environment.LIVE, True, False), (Environment.LIVE, False, True), (Environment.PAPER, True, True),
    (Environment.DEMO, True, True),
])
def test_read_only_takes_trading_away_in_the_live_environment_only(
    environment: Environment, read_only: bool, may_trade: bool
) -> None:
    async def run() -> None:
        async with connected("http://127.0.0.1:9", environment=environment, read_only=read_only) as desk:
            assert (desk.broker.trading is not None) is may_trade
            assert desk.broker.book is not None
            assert isinstance(desk.broker.book, PortalTrading) is may_trade

    asyncio.run(run())


def test_a_signed_out_gateway_needs_a_person() -> None:
    async def scene(desk: Desk, gateway: DemoGateway) -> None:
        gateway.expire_session()
        assert isinstance(await fails(trading(desk).place(intent(stock()))), NeedsPerson)
        assert PLACE not in desk.sent

    at_the_demo(scene)


def test_what_the_wire_carries_is_the_ticket() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        server.says(ORDERS, TAKEN)
        combo = stock(
            legs=(Leg(instrument=option(111, "590"), side=Side.SELL), Leg(instrument=ES, side=Side.BUY)),
            limit=Decimal("-1.25"),
        )
        await trading(desk).place(intent(combo))
        (order,) = msgspec.json.decode(server.bodies[-1])["orders"]
        assert (order["cOID"], order["conidex"]) == ("ref-1", "28812380;;;111/-1,677773648/1")
        assert order["manualIndicator"] is True and order["price"] == -1.25

    at_small(scene)
