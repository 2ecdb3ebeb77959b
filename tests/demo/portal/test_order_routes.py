"""Orders over the wire: three shapes of answer, questions in a chain, fills in the one account, every refusal."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.portal.login import Stage
from tests.demo.door import MAIN, SECOND, Door, open_demo, still_clock

AAPL, KO, META, NESN = 265598, 8894, 107113386, 12107812
VFIAX, BTC = 32998817, 479624278
SATURDAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
Story = Callable[[DemoGateway, Door], Awaitable[None]]


def play(story: Story, **settings: Any) -> None:
    """Run a story with the accounts and orders warmed up."""
    async def main() -> None:
        async with open_demo(**settings) as (gateway, door):
            await door.ok("iserver/accounts")
            await door.ok("iserver/account/orders")
            await door.ok("iserver/account/trades")
            await story(gateway, door)

    asyncio.run(main())


def limit(price: float, conid: int = KO, side: str = "BUY", quantity: float = 10, **more: Any) -> dict[str, Any]:
    return {
        "conid": conid, "orderType": "LMT", "side": side, "quantity": quantity, "tif": "DAY", "price": price, **more
    }


async def send(door: Door, *tickets: dict[str, Any], account: str = MAIN) -> Any:
    status, body = await door.post(f"iserver/account/{account}/orders", {"orders": list(tickets)})
    assert status == 200, body
    return body


async def place(door: Door, *tickets: dict[str, Any], account: str = MAIN) -> list[int]:
    """Order numbers, with every question answered yes."""
    body = await send(door, *tickets, account=account)
    while "message" in body[0]:
        status, body = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True})
        assert status == 200, body
    return [int(row["order_id"]) for row in body]


async def row_of(door: Door, number: int) -> dict[str, Any]:
    rows = (await door.ok("iserver/account/orders"))["orders"]
    return next(row for row in rows if row["orderId"] == number)


async def ask(door: Door, conid: int = KO) -> float:
    """What buying one costs now."""
    query = f"iserver/marketdata/snapshot?conids={conid}&fields=84,86"
    await door.ok(query)
    return float((await door.ok(query))[0]["86"].replace(",", ""))


def test_the_first_answer_about_live_orders_is_a_pre_flight() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert (await door.get("iserver/account/orders"))[0] == 500
            await door.ok("iserver/accounts")
            assert await door.ok("iserver/account/orders") == {"orders": [], "snapshot": False}
            assert await door.ok("iserver/account/orders") == {"orders": [], "snapshot": True}
            assert await door.ok("iserver/account/orders?force=true") == {"orders": [], "snapshot": False}
            assert await door.ok("iserver/account/trades/?days=7") == []

    asyncio.run(main())


def test_a_limit_at_the_ask_fills_and_every_window_agrees() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        price = await ask(door)
        held = (await door.ok(f"portfolio/{MAIN}/position/{KO}"))[0]["position"]
        before = await door.ok(f"portfolio/{MAIN}/ledger")
        body = await send(door, limit(price, cOID="mine-1"))
        assert (body[0]["order_status"], type(body[0]["order_id"])) == ("PreSubmitted", str)
        row = await row_of(door, int(body[0]["order_id"]))
        assert (row["status"], row["order_ref"], row["filledQuantity"]) == ("Filled", "mine-1", 10.0)
        assert row["orderDesc"].startswith("Bought 10 KO Limit")
        after = await door.ok(f"portfolio/{MAIN}/ledger")
        paid = before["USD"]["cashbalance"] - after["USD"]["cashbalance"]
        assert paid == pytest.approx(10 * float(row["avgPrice"]) + 1)
        (trade,) = await door.ok("iserver/account/trades")
        assert (trade["order_ref"], trade["side"], trade["size"], trade["commission"]) == ("mine-1", "B", 10.0, "1")
        assert trade["order_id"] == row["orderId"]
        flat = await door.ok(f"portfolio2/{MAIN}/positions")
        assert next(one for one in flat if one["conid"] == str(KO))["position"] == held + 10
        assert (await door.ok(f"portfolio/{SECOND}/position/{KO}"))[0]["position"] == 60

    play(story)


def test_a_small_order_asks_nothing_and_questions_follow_from_the_ticket() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        price = await ask(door)
        for ticket, wanted in (
            (limit(round(price * 0.9, 2)), ["o163"]),
            (limit(price, quantity=1500), ["o383"]),
            (limit(round(price * 0.9, 2), quantity=2000), ["o163", "o383", "o451"]),
            ({"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1}, ["o10151"]),
            ({"conid": KO, "orderType": "STP", "side": "SELL", "quantity": 1, "price": 50}, ["o10152"]),
            ({"conid": KO, "orderType": "STP", "side": "BUY", "quantity": 1, "price": 50}, ["o403", "o10152"]),
        ):
            heard = []
            body = await send(door, ticket)
            while "message" in body[0]:
                heard += body[0]["messageIds"]
                assert body[0]["messageOptions"] == ["Yes", "No"]
                _, body = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True})
            assert heard == wanted
            assert body[0]["order_id"].isdigit()

    play(story)


def test_without_market_data_the_broker_asks() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        body = await send(door, limit(78.0, NESN, quantity=1))
        assert body[0]["messageIds"] == ["o354"]
        assert "without market data" in body[0]["message"][0]

    play(story)


def test_a_no_discards_the_order() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        body = await send(door, {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1})
        _, said = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": False})
        assert "not confirmed" in said["error"]
        assert (await door.ok("iserver/account/orders"))["orders"] == []
        assert (await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True}))[0] == 503

    play(story)


@pytest.mark.parametrize("other", ["place", "preview", "cancel"])
def test_any_other_order_request_makes_a_question_stale(other: str) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        market = {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1}
        asked = (await send(door, market))[0]["id"]
        elsewhere = (await send(door, market, account=SECOND))[0]["id"]
        match other:
            case "place":
                await send(door, limit(60.0))
            case "preview":
                await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [limit(60.0)]})
            case _:
                await door.delete(f"iserver/account/{MAIN}/order/1")
        stale = await door.post(f"iserver/reply/{asked}", {"confirmed": True})
        assert stale == (503, {"error": "reply id not found"})
        assert (await door.post(f"iserver/reply/{elsewhere}", {"confirmed": True}))[0] == 200

    play(story)


def test_a_suppressed_question_is_not_asked_until_the_session_ends_or_a_reset() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        market = {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1}
        suppressed = await door.post("iserver/questions/suppress", {"messageIds": ["o10151"]})
        assert suppressed == (200, {"status": "submitted"})
        assert "order_id" in (await send(door, market))[0]
        await door.post("iserver/questions/suppress/reset")
        assert "message" in (await send(door, market))[0]
        await door.post("iserver/questions/suppress", {"messageIds": ["o10151"]})
        gateway.lose_brokerage()
        gateway.login.recover()
        assert gateway.login.stage is Stage.READY
        await door.ok("iserver/accounts")
        assert "message" in (await send(door, market))[0]
        assert (await door.post("iserver/questions/suppress", {"messageIds": ["x"] * 52}))[0] == 400

    play(story)


def test_an_id_of_ours_is_taken_for_a_day() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        await place(door, limit(55.0, cOID="once"))
        again = await send(door, limit(55.0, cOID="once"))
        assert again == {"error": "Order couldn't be submitted: Local order ID=once is already registered."}
        gateway.clock.advance(timedelta(hours=24, minutes=1))
        assert await place(door, limit(55.0, cOID="once"))

    play(story)


@pytest.mark.parametrize(
    ("ticket", "words"),
    [
        (limit(55.001), "minimum price variation"),
        (limit(200.0), "cannot accept an order at the limit price"),
        (limit(62.0, quantity=5_000_000), "MUST EXCEED THE INITIAL MARGIN"),
        (limit(62.0, quantity=1.5), "whole number"),
    ],
)
def test_a_refusal_comes_with_status_200_and_its_reason(ticket: dict[str, Any], words: str) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        body = await send(door, ticket)
        assert words in body["error"]
        assert (await door.ok("iserver/account/orders"))["orders"] == []

    play(story)


@pytest.mark.parametrize(("conid", "held", "too_fine"), [(VFIAX, 120.418, 0.0005), (BTC, 0.75, 0.000000005)])
def test_what_is_held_in_fractions_is_sold_in_fractions(conid: int, held: float, too_fine: float) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        selling = {"conid": conid, "orderType": "MKT", "side": "SELL", "tif": "DAY"}
        (number,) = await place(door, selling | {"quantity": held})
        assert (await row_of(door, number))["status"] in ("Submitted", "PreSubmitted", "Filled")
        assert "a multiple of" in (await send(door, selling | {"quantity": too_fine}))["error"]
        _, rules = await door.post("iserver/contract/rules", {"conid": conid, "isBuy": False})
        assert 0 < rules["sizeIncrement"] < 1

    play(story)


@pytest.mark.parametrize(
    "ticket",
    [
        {}, limit(-1), limit(60, side="HOLD"), limit(60, quantity=0), limit(60, quantity=-5), limit(60, quantity=None),
        limit(60, conid=1), {"conid": KO, "orderType": "LMT", "side": "BUY", "quantity": 1},
        limit(60, conidex="8894"), limit(60, orderType="WISH"), limit(60, quantity="1,5"),
        {"conid": KO, "orderType": "TRAIL", "side": "BUY", "quantity": 1}, limit(60, conid=None, conidex="1;;;8894/1"),
    ],
)
def test_an_order_that_cannot_be_read_is_an_error(ticket: dict[str, Any]) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        status, body = await door.post(f"iserver/account/{MAIN}/orders", {"orders": [ticket]})
        assert status == 500
        assert body["error"]

    play(story)


def test_a_body_without_orders_or_with_unrelated_ones_is_bad() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        for body in ({}, {"orders": []}, limit(60), {"orders": [limit(60), limit(61)]},
                     {"orders": [limit(60, acctId="DU1")]}, {"orders": [limit(60, parentId="nobody")]}):
            assert (await door.post(f"iserver/account/{MAIN}/orders", body))[0] == 400
        assert (await door.post("iserver/account/DU1/orders", {"orders": [limit(60)]}))[0] == 400

    play(story)


def test_futures_need_to_say_who_sends_them() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        future = gateway.account.market.catalogue.front_future.conid
        far = round(await ask(door, future) * 0.99) * 1.0
        body = await send(door, limit(far, future, quantity=1))
        assert "manualIndicator" in body["error"]
        number = (await place(door, limit(far, future, quantity=1, manualIndicator=True)))[0]
        path = f"iserver/account/{MAIN}/order/{number}"
        assert "manualIndicator" in (await door.delete(path))[1]["error"]
        assert (await door.delete(f"{path}?manualIndicator=true"))[1]["msg"] == "Request was submitted"
        assert (await row_of(door, number))["status"] == "Cancelled"

    play(story)


def test_modify_takes_a_bare_ticket_and_keeps_the_number() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, limit(62.0, cOID="mine")))[0]
        path = f"iserver/account/{MAIN}/order/{number}"
        assert (await door.post(path, {"orders": [limit(61.9)]}))[0] == 400
        _, body = await door.post(path, limit(61.9, quantity=20))
        assert body[0]["order_id"] == str(number)
        row = await row_of(door, number)
        assert (row["price"], row["totalSize"], row["order_ref"]) == ("61.9", 20.0, "mine")
        _, asked = await door.post(path, limit(50.0))
        assert asked[0]["messageIds"] == ["o163"]
        assert (await row_of(door, number))["price"] == "61.9"
        await door.post(f"iserver/reply/{asked[0]['id']}", {"confirmed": True})
        assert (await row_of(door, number))["price"] == "50"
        assert "cannot be modified" in (await door.post(path, limit(61.9, AAPL)))[1]["error"]
        assert (await door.post(f"iserver/account/{MAIN}/order/1", limit(60.0)))[1] == {
            "error": "OrderID 1 doesn't exist"
        }

    play(story)


def test_a_cancel_is_a_request_only() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, limit(62.0)))[0]
        _, body = await door.delete(f"iserver/account/{MAIN}/order/{number}")
        assert body == {"msg": "Request was submitted", "order_id": number, "conid": KO, "account": MAIN}
        assert gateway.orders[number].status == "PendingCancel"
        row = await row_of(door, number)
        assert (row["status"], row["remainingQuantity"]) == ("Cancelled", 0.0)
        again = await door.delete(f"iserver/account/{MAIN}/order/{number}")
        assert again[1] == {"error": f"OrderID {number} doesn't exist"}

    play(story)


def test_minus_one_cancels_all_of_one_account() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        mine = [(await place(door, limit(62.0)))[0], (await place(door, limit(64.8, side="SELL")))[0]]
        other = (await place(door, limit(62.0), account=SECOND))[0]
        _, body = await door.delete(f"iserver/account/{MAIN}/order/-1")
        assert body == {"msg": "Request was submitted", "order_id": -1, "conid": -1, "account": None}
        await door.ok("iserver/account/orders")
        assert {gateway.orders[one].status for one in mine} == {"Cancelled"}
        assert gateway.orders[other].status == "Submitted"
        rows = (await door.ok(f"iserver/account/orders?accountId={SECOND}"))["orders"]
        assert [row["orderId"] for row in rows] == [other]

    play(story)


def test_a_bracket_waits_for_its_parent_and_one_exit_cancels_the_other() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        price = await ask(door)
        parent, target, stop = await place(
            door,
            limit(62.0, cOID="in"),
            limit(70.0, side="SELL", parentId="in"),
            {"conid": KO, "orderType": "STP", "side": "SELL", "quantity": 10, "price": 40.0, "parentId": "in"},
        )
        assert [(await row_of(door, one))["status"] for one in (parent, target, stop)] == [
            "Submitted", "PreSubmitted", "PreSubmitted"
        ]
        assert (await row_of(door, target))["parentId"] == parent
        assert "order_ref" not in await row_of(door, target)
        await door.post(f"iserver/account/{MAIN}/order/{parent}", limit(price))
        assert [(await row_of(door, one))["status"] for one in (parent, target, stop)] == [
            "Filled", "Submitted", "PreSubmitted"
        ]
        await door.post(f"iserver/account/{MAIN}/order/{target}", limit(round(price * 0.999, 2), side="SELL"))
        gateway.clock.advance(timedelta(seconds=4))
        assert [(await row_of(door, one))["status"] for one in (target, stop)] == ["Filled", "Cancelled"]

    play(story)


def test_children_end_with_a_parent_that_is_cancelled() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        parent, child = await place(door, limit(62.0, cOID="in"), limit(70.0, side="SELL", parentId="in"))
        await door.delete(f"iserver/account/{MAIN}/order/{parent}")
        assert [(await row_of(door, one))["status"] for one in (parent, child)] == ["Cancelled"] * 2

    play(story)


def test_a_group_is_done_when_one_of_it_is() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        price = await ask(door)
        first, second = await place(
            door, limit(62.0, isSingleGroup=True), limit(price, isSingleGroup=True)
        )
        assert (await row_of(door, second))["status"] == "Filled"
        assert (await row_of(door, first))["status"] == "Cancelled"

    play(story)


def test_a_combination_fills_leg_by_leg_at_its_net_price() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        await door.ok("iserver/secdef/search?symbol=SPY")
        found = [
            (await door.ok(
                f"iserver/secdef/info?conid=756733&sectype=OPT&month=DEC26&strike={strike}&right=P"
            ))
            for strike in (580, 575)
        ]
        legs = [next(one["conid"] for one in rows if one["maturityDate"] == "20261218") for rows in found]
        conidex = f"28812380;;;{legs[0]}/-1,{legs[1]}/1"
        ticket = {
            "conidex": conidex, "orderType": "LMT", "side": "BUY", "quantity": 2, "tif": "DAY", "price": -0.5,
            "cOID": "spread",
        }
        status, preview = await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [ticket]})
        assert status == 200
        assert "position" not in preview
        assert 700 < int(preview["initial"]["change"].replace(",", "")) < 1000
        number = (await place(door, ticket))[0]
        row = await row_of(door, number)
        assert (row["status"], row["secType"], row["conid"], row["conidex"]) == ("Filled", "BAG", 28812380, conidex)
        assert float(row["avgPrice"]) <= -0.5
        trades = await door.ok("iserver/account/trades")
        sides = {(one["conid"], one["side"], one["size"]) for one in trades}
        assert sides == {(legs[0], "S", 2.0), (legs[1], "B", 2.0)}
        paid = sum((1 if one["side"] == "B" else -1) * Decimal(one["price"]) for one in trades)
        assert paid == Decimal(row["avgPrice"])

    play(story)


def test_a_preview_speaks_in_text() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        body = (await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [limit(60.0)]}))[1]
        assert body["amount"] == {"amount": "600.00 USD (10 Shares)", "commission": "1 USD", "total": "601.00 USD"}
        assert body["position"]["change"] == "10"
        assert "," in body["equity"]["current"]
        assert (body["warn"], body["error"]) == (None, None)
        too_much = limit(60.0, quantity=5_000_000)
        refused = (await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [too_much]}))[1]
        assert "INITIAL MARGIN" in refused["error"]
        assert (await door.ok("iserver/account/orders"))["orders"] == []

    play(story)


def test_order_status_spells_things_its_own_way() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, limit(62.0, cOID="mine")))[0]
        row = await door.ok(f"iserver/account/order/status/{number}")
        assert (row["side"], row["size"], row["total_size"], row["cum_fill"]) == ("B", "10", "10", "0")
        assert (row["order_status"], row["order_type"], row["tif"]) == ("Submitted", "LIMIT", "DAY")
        assert (await door.get("iserver/account/order/status/1"))[0] == 503
        await door.post("iserver/account", {"acctId": SECOND})
        assert (await door.get(f"iserver/account/order/status/{number}"))[0] == 503

    play(story)


def test_an_order_that_ended_before_the_session_is_not_known_any_more() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, limit(await ask(door))))[0]
        assert (await door.ok(f"iserver/account/order/status/{number}"))["order_status"] == "Filled"
        gateway.clock.advance(timedelta(seconds=5))
        gateway.lose_brokerage()
        gateway.login.recover()
        await door.ok("iserver/accounts")
        assert (await door.get(f"iserver/account/order/status/{number}"))[0] == 503

    play(story)


def test_a_closed_market_holds_orders_and_the_next_day_fills_them() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1}))[0]
        assert (await row_of(door, number))["status"] == "PreSubmitted"
        gateway.clock.set(datetime(2026, 11, 23, 14, 31, tzinfo=UTC))
        assert (await row_of(door, number))["status"] == "Filled"

    play(story, clock=still_clock(SATURDAY))


def test_live_orders_can_be_filtered_and_hold_today_only() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        filled = (await place(door, limit(await ask(door))))[0]
        working = (await place(door, limit(60.0, tif="GTC")))[0]
        rows = (await door.ok("iserver/account/orders?filters=submitted,sort_by_time"))["orders"]
        assert [row["orderId"] for row in rows] == [working]
        rows = (await door.ok("iserver/account/orders?filters=Filled"))["orders"]
        assert [row["orderId"] for row in rows] == [filled]
        gateway.clock.advance(timedelta(days=1))
        rows = (await door.ok("iserver/account/orders"))["orders"]
        assert [row["orderId"] for row in rows] == [working]
        assert len(await door.ok("iserver/account/trades?days=7")) >= 1

    play(story)
