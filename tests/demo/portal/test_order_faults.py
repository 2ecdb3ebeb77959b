"""What can go wrong between an order and its answer, each by name."""

import aiohttp
import pytest

from ibdesk.demo.gateway import DemoGateway
from tests.demo.door import MAIN, Door
from tests.demo.portal.test_order_routes import KO, ask, limit, place, play, row_of, send

ORDERS = "iserver/account/DU[0-9]+/orders$"
MARKET = {"conid": KO, "orderType": "MKT", "side": "BUY", "quantity": 1}


def test_a_lost_reply_leaves_the_order_placed() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.lose_reply(ORDERS, method="POST")
        with pytest.raises(aiohttp.ClientError):
            await send(door, limit(62.0, cOID="lost"))
        assert [one.ticket.ref for one in gateway.orders.values()] == ["lost"]
        assert "already registered" in (await send(door, limit(62.0, cOID="lost")))["error"]

    play(story)


def test_a_503_may_hide_an_accepted_order() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.unavailable_but_done(ORDERS, method="POST")
        hidden = await door.post(f"iserver/account/{MAIN}/orders", {"orders": [limit(62.0, cOID="hidden")]})
        assert hidden == (503, "")
        assert len(gateway.orders) == 1
        rows = (await door.ok("iserver/account/orders"))["orders"]
        assert [row["order_ref"] for row in rows] == ["hidden"]

    play(story)


def test_an_order_that_arrives_twice_is_one_order_with_an_error() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.deliver_twice(ORDERS, method="POST")
        assert "already registered" in (await send(door, limit(62.0, cOID="twice")))["error"]
        assert len(gateway.orders) == 1

    play(story)


def test_a_reply_that_arrives_twice_places_one_order() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        asked = (await send(door, MARKET))[0]["id"]
        gateway.deliver_twice("iserver/reply/", method="POST")
        assert (await door.post(f"iserver/reply/{asked}", {"confirmed": True}))[0] == 503
        assert len(gateway.orders) == 1

    play(story)


def test_a_forgotten_question_is_stale_and_nothing_is_placed() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.forget_reply()
        asked = (await send(door, MARKET))[0]["id"]
        stale = await door.post(f"iserver/reply/{asked}", {"confirmed": True})
        assert stale == (503, {"error": "reply id not found"})
        assert gateway.orders == {}
        assert await place(door, MARKET)

    play(story)


def test_an_unknown_question_is_asked_like_any_other() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.ask("o9999")
        body = await send(door, limit(62.0))
        assert (body[0]["messageIds"], len(body[0]["message"])) == (["o9999"], 1)
        _, body = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True})
        assert body[0]["order_id"]
        assert "order_id" in (await send(door, limit(62.0)))[0]

    play(story)


def test_questions_come_together_or_without_an_id() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.ask("o354+o383", "")
        body = await send(door, limit(62.0))
        assert (body[0]["messageIds"], len(body[0]["message"])) == (["o354", "o383"], 2)
        _, body = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True})
        assert "messageIds" not in body[0]
        assert "confirm" in body[0]["message"][0]
        _, body = await door.post(f"iserver/reply/{body[0]['id']}", {"confirmed": True})
        assert body[0]["order_id"]

    play(story)


def test_an_order_is_rejected_at_once_or_later() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.reject_order("no thanks")
        refused = await send(door, limit(62.0, cOID="a"))
        assert refused == {"error": "no thanks", "action": "order_cannot_be_created"}
        gateway.reject_order("on second thoughts", late=True)
        number = (await place(door, limit(62.0, cOID="a")))[0]
        assert (await row_of(door, number))["status"] == "Inactive"
        row = await door.ok(f"iserver/account/order/status/{number}")
        assert row["order_status_description"] == "on second thoughts"

    play(story)


def test_half_fills_and_then_it_is_cancelled() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.fill_half_then_cancel()
        number = (await place(door, limit(62.0, quantity=10)))[0]
        row = await row_of(door, number)
        assert (row["status"], row["filledQuantity"], row["sizeAndFills"]) == ("Cancelled", 5.0, "5/10")

    play(story)


def test_a_fill_wins_against_its_cancel() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        number = (await place(door, limit(62.0)))[0]
        gateway.fill_before_cancel()
        _, body = await door.delete(f"iserver/account/{MAIN}/order/{number}")
        assert body["msg"] == "Request was submitted"
        assert (await row_of(door, number))["status"] == "Filled"

    play(story)


@pytest.mark.parametrize(("kind", "key", "words"), [
    ("sentinel", "equity", "E308"), ("warning", "warn", "reviewed"), ("error", "error", "not available"),
])
def test_a_preview_can_be_useless(kind: str, key: str, words: str) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        gateway.spoil_what_if(kind)
        _, body = await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [limit(62.0)]})
        assert words in str(body[key])
        gateway.heal()
        _, body = await door.post(f"iserver/account/{MAIN}/orders/whatif", {"orders": [limit(62.0)]})
        assert words not in str(body[key])

    play(story)


def test_a_frozen_quote_keeps_its_price_and_its_time() -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        await ask(door)
        query = f"iserver/marketdata/snapshot?conids={KO}&fields=31,84,86"
        await door.ok(query)
        gateway.freeze_quotes(KO)
        before = (await door.ok(query))[0]
        gateway.clock.set(gateway.clock.now().replace(hour=19))
        assert (await door.ok(query))[0] == before
        gateway.heal()
        after = (await door.ok(query))[0]
        assert after["_updated"] > before["_updated"]
        assert after["31"] != before["31"]

    play(story)


@pytest.mark.parametrize("after", [False, True])
def test_the_gateway_dies_at_an_order_before_or_after_it_is_placed(after: bool) -> None:
    async def story(gateway: DemoGateway, door: Door) -> None:
        port = gateway.port
        gateway.die_at(ORDERS, method="POST", after=after)
        with pytest.raises(aiohttp.ClientError):
            await send(door, limit(62.0, cOID="dying"))
        assert not gateway.is_running
        with pytest.raises(aiohttp.ClientConnectorError):
            await door.get("tickle")
        assert len(gateway.orders) == after
        await gateway.restore()
        assert gateway.port == port
        rows = (await door.ok("iserver/account/orders"))["orders"]
        assert [row["order_ref"] for row in rows] == ["dying"] * after

    play(story)
