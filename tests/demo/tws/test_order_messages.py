"""Orders over the socket: they live in the one exchange, belong to their client, and end as the broker's do."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService
from tests.demo.door import Door
from tests.demo.tws.door import AAPL, MAIN, UNSET, RawClient, open_tws, placing, signed_on

Script = Callable[[DemoGateway, TwsService, RawClient], Awaitable[None]]


def talk(script: Script, **settings: object) -> None:
    """Run a script with one raw client (id 1) on a fresh TWS."""
    async def main() -> None:
        async with open_tws(**settings) as (gateway, service), signed_on(service) as client:
            await script(gateway, service, client)

    asyncio.run(main())


async def place(client: RawClient, order_id: int, *args: object, **more: object) -> list[str]:
    """Place an order and hear its first status."""
    client.send(*placing(order_id, *args, **more))
    return await client.next("3")


def test_a_resting_order_is_told_as_open_order_and_status() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, limit=200, ref="mine", tif="GTC"))
        told = await client.until("3")
        assert [one[0] for one in told] == ["5", "3"]
        row, status = told[0], told[1]
        assert (row[1], row[2], row[13], row[14], row[15], row[16], row[18]) == (
            "1", "265598", "BUY", "5", "LMT", "200", "GTC")
        assert (row[20], row[23], row[24]) == (MAIN, "mine", "1")
        number = next(iter(gateway.orders))
        assert row[25] == str(number)
        assert status[1:4] == ["1", "PreSubmitted", "0"]
        assert (await client.next("3"))[2] == "Submitted"
        assert gateway.orders[number].ticket.ref == "mine"

    talk(script)


@pytest.mark.parametrize(
    ("version", "fields"), [(157, 128), (164, 131), (170, 136), (176, 136), (177, 135), (178, 135)]
)
def test_an_open_order_has_as_many_fields_as_captured_ones(version: int, fields: int) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service, versions=f"v157..{version}") as client:
            # the order itself is placed by another, whose version is simple to write
            async with signed_on(service, 2) as other:
                other.send(*placing(1, limit=200))
                await other.next("3")
            client.send(16, 1)
            told = await client.until("53")
            assert [one[0] for one in told] == ["5", "3", "53"]
            assert len(told[0]) == fields
            assert told[0][95:104] == [UNSET] * 9 if version < 177 else told[0][94:103] == [UNSET] * 9

    asyncio.run(main())


@pytest.mark.parametrize(("version", "fields"), [(157, 96), (169, 96), (170, 101), (176, 101), (177, 100), (178, 100)])
def test_a_completed_order_has_as_many_fields_as_captured_ones(version: int, fields: int) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service, versions=f"v157..{version}") as client:
            async with signed_on(service, 2) as other:
                other.send(*placing(1, kind="MKT"))
                while (await other.next("3"))[2] != "Filled":
                    pass
            client.send(99, 0)
            told = await client.until("102")
            assert [len(one) for one in told] == [fields, 1]
            assert "Filled Size: 5" in told[0]

    asyncio.run(main())


def test_a_market_order_is_told_in_the_captured_order() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, kind="MKT"))
        told = await client.until("59")
        assert [one[0] for one in told] == ["5", "3", "11", "5", "3", "5", "59"]
        assert [one[2] for one in told if one[0] == "3"] == ["PreSubmitted", "Filled"]
        report = told[2]
        assert len(report) == 31
        assert (report[1], report[2], report[18], report[19]) == ("-1", "1", "BOT", "5")
        truth = service.executions[-1]
        assert told[-1][2:6] == [truth.exec_id, "1", "USD", UNSET]
        assert told[5][104] == "1"

    talk(script)


def test_an_order_of_the_portal_is_seen_and_one_of_the_socket_is_seen_there() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        await place(client, 1, limit=200, ref="sock")
        await gateway.start()
        try:
            async with Door(gateway.url) as door:
                await door.get("iserver/accounts")
                await door.get("iserver/account/orders")
                rows = (await door.ok("iserver/account/orders"))["orders"]
                assert [(one["order_ref"], one["price"]) for one in rows] == [("sock", "200")]
                body = {"conid": 8894, "orderType": "LMT", "price": 62, "side": "BUY", "tif": "GTC", "quantity": 3,
                        "cOID": "web"}
                await door.post(f"iserver/account/{MAIN}/orders", {"orders": [body]})
        finally:
            await gateway.stop()
        client.send(16, 1)
        rows = {one[23]: (one[1], one[24]) for one in await client.until("53") if one[0] == "5"}
        assert rows == {"sock": ("1", "1"), "web": ("0", "0")}
        client.send(5, 1)
        assert [one[23] for one in await client.until("53") if one[0] == "5"] == ["sock"]

    talk(script)


def test_another_client_hears_nothing_of_an_order_but_the_master_all() -> None:
    async def main() -> None:
        async with (open_tws(master=8) as (_, service), signed_on(service, 1) as owner,
                    signed_on(service, 2) as other, signed_on(service, 8) as master):
            owner.send(*placing(1, kind="MKT"))
            await owner.until("59")
            assert not await other.settle()
            assert [one[0] for one in await master.until("59")] == ["5", "3", "11", "5", "3", "5", "59"]

    asyncio.run(main())


def test_client_zero_binds_the_orders_of_nobody() -> None:
    async def main() -> None:
        async with open_tws() as (gateway, service), signed_on(service, 0) as client:
            client.send(15, 1, 1)
            await gateway.start()
            async with Door(gateway.url) as door:
                await door.get("iserver/accounts")
                body = {"conid": 8894, "orderType": "LMT", "price": 62, "side": "BUY", "tif": "GTC", "quantity": 3}
                await door.post(f"iserver/account/{MAIN}/orders", {"orders": [body]})
            await gateway.stop()
            row = await client.next("5")
            assert (row[1], row[24]) == ("-1", "0")
            client.send(4, 1, -1)
            assert (await client.error(202))[0] == "-1"

    asyncio.run(main())


def test_a_cancel_ends_in_status_and_202_in_either_order() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        await place(client, 1, limit=200)
        client.send(4, 1, 1)
        told = await client.until("4")
        assert [one[2] for one in told if one[0] == "3"][-2:] == ["PendingCancel", "Cancelled"]
        assert told[-1][2:4] == ["1", "202"]
        service.faults.cancel_words_first()
        await place(client, 2, limit=200)
        client.send(4, 1, 2)
        await client.error(202)
        assert (await client.next("3"))[2] == "Cancelled"

    talk(script)


def test_cancels_of_what_is_not_there_or_over_are_refused() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(4, 1, 77)
        assert (await client.error())[:2] == ["77", "10147"]
        client.send(*placing(1, kind="MKT"))
        await client.until("59")
        client.send(4, 1, 1)
        assert (await client.error(10148))[0] == "1"

    talk(script)


def test_a_global_cancel_ends_everybodys_orders() -> None:
    async def main() -> None:
        async with (open_tws() as (gateway, service), signed_on(service, 1) as one, signed_on(service, 2) as two):
            await place(one, 1, limit=200)
            await place(two, 1, limit=201, account="DU7654322")
            two.send(58, 1)
            await one.error(202)
            await two.error(202)
            assert all(order.is_over for order in gateway.orders.values())

    asyncio.run(main())


def test_a_second_place_order_changes_the_first() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        await place(client, 1, limit=200)
        client.send(*placing(1, limit=205, quantity=7))
        while (await client.next("5"))[16] != "205":
            pass
        order = next(iter(gateway.orders.values()))
        assert (order.resting.limit, order.resting.quantity, len(gateway.orders)) == (205, 7, 1)
        client.send(*placing(1, side="SELL", limit=205))
        assert (await client.error(105))[0] == "1"
        client.send(*placing(1, kind="MKT", quantity=7))
        await client.until("59")
        client.send(*placing(1, limit=205))
        assert (await client.error(104))[0] == "1"

    talk(script)


@pytest.mark.parametrize(("args", "code"), [
    ({"limit": "200.005"}, "110"), ({"limit": 9999}, "201"), ({"limit": 200, "account": "U1"}, "321"),
    ({"limit": 200, "account": ""}, "435"), ({"kind": "VWAP"}, "387"), ({"limit": UNSET}, "201"),
    ({"limit": 200, "quantity": 0}, "201"), ({"limit": 200, "quantity": 100_000_000}, "201"),
    ({"limit": 200, "parent": 99}, "135"), ({"limit": 200, "contract": (1, *AAPL[1:])}, "200"),
    ({"limit": 200, "contract": (0, "", "STK", *AAPL[3:])}, "200"), ({"limit": 200, "tif": "FOREVER"}, "201"),
    ({"kind": "MKT", "quantity": 90_000}, "201"),
])
def test_an_order_that_makes_no_sense_is_refused_on_its_id(args: dict[str, object], code: str) -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*placing(5, **args))
        assert (await client.error())[:2] == ["5", code]
        assert not gateway.orders

    talk(script)


def test_a_used_id_is_not_taken_twice_and_the_next_one_follows_it() -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        await place(client, 10, limit=200)
        client.send(*placing(9, limit=200))
        assert (await client.error())[:2] == ["9", "103"]
        client.send(8, 1, 1)
        assert (await client.next("9"))[2] == "11"

    talk(script)


def test_an_order_that_is_not_transmitted_waits_in_silence_for_its_children() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, limit=200, transmit=0))
        client.send(*placing(2, "SELL", limit=260, transmit=0, parent=1))
        assert not await client.settle()
        assert not gateway.orders
        client.send(*placing(3, "SELL", kind="STP", aux=190, parent=1))
        rows = [one for one in await client.settle() if one[0] == "5"]
        assert [one[1] for one in rows][:3] == ["1", "2", "3"]
        parent, *children = gateway.orders.values()
        assert [one.parent for one in children] == [parent.number] * 2
        client.send(4, 1, 1)
        ended: set[str] = set()
        while len(ended) < 3:
            ended.add((await client.error(202))[0])

    talk(script)


def test_one_of_an_oca_group_ends_the_others() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        await place(client, 1, limit=200, group="pair")
        await place(client, 2, limit=201, group="pair")
        await place(client, 3, limit=202)
        client.send(*placing(4, kind="MKT", group="pair"))
        ended = {(await client.error(202))[0], (await client.error(202))[0]}
        assert ended == {"1", "2"}
        assert not next(one for one in gateway.orders.values() if one.resting.limit == 202).is_over

    talk(script)


def test_a_preview_tells_margins_and_changes_nothing() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, limit=231, quantity=10, what_if=1))
        row = await client.next("5")
        assert (row[1], row[93], row[94]) == ("1", "1", "PreSubmitted")
        before, change, after = (float(row[number]) for number in (95, 98, 101))
        assert after == pytest.approx(before + change)
        assert change > 0
        assert row[104] == "1"
        assert not gateway.orders
        service.faults.sentinel_what_if()
        client.send(*placing(1, limit=231, quantity=10, what_if=1))
        assert [(await client.next("5"))[95] == UNSET for _ in range(2)] == [True, False]
        client.send(*placing(1, kind="MKT", quantity=90_000, what_if=1))
        assert (await client.error(201))[0] == "1"
        assert not [one for one in await client.settle() if one[0] == "3"]

    talk(script)


@pytest.mark.parametrize(("args", "shown"), [
    ({"kind": "STP", "side": "SELL", "aux": 200}, ("STP", "0.0", "200")),
    ({"kind": "STP LMT", "side": "SELL", "limit": 199, "aux": 200}, ("STP LMT", "199", "200")),
    ({"kind": "TRAIL", "side": "SELL", "aux": 15}, ("TRAIL", "0.0", "15")),
    ({"kind": "TRAIL", "side": "SELL", "trail_percent": 6}, ("TRAIL", "0.0", "0.0")),
    ({"kind": "MOC"}, ("MOC", "0.0", "0.0")), ({"kind": "LOC", "limit": 200}, ("LOC", "200", "0.0")),
])
def test_every_order_type_comes_back_as_it_was_sent(args: dict[str, object], shown: tuple[str, str, str]) -> None:
    async def script(_gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, **args))
        row = await client.next("5")
        assert tuple(row[15:18]) == shown
        if args.get("trail_percent"):
            assert row[75] == "6"

    talk(script)


def test_orders_and_their_questions_are_refused_in_read_only_mode() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.read_only()
        for message, wanted in (
            (placing(6, limit=200), "6"), ((4, 1, 6), "6"), ((58, 1), "-1"), ((5, 1), "-1"), ((16, 1), "-1"),
            ((99, 0), "-1"), ((21, 2, 9, *AAPL[:8], *AAPL[9:], 1, 1, MAIN, 0), "9"),
        ):
            client.send(*message)
            number, code, text = await client.error()
            assert (number, code) == (wanted, "321")
            assert "Read-Only" in text
        client.send(61, 1)
        await client.until("62")
        assert not gateway.orders

    talk(script)


def test_what_is_said_about_an_order_does_not_end_it() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.say_about_order(399, "Order Message: held until the market opens")
        client.send(*placing(1, limit=200))
        assert (await client.error())[:2] == ["1", "399"]
        assert not next(iter(gateway.orders.values())).is_over
        service.faults.reject_order()
        client.send(*placing(2, limit=200))
        assert (await client.error())[:2] == ["2", "201"]
        gateway.reject_order("Found wanting", late=True)
        client.send(*placing(3, limit=200))
        assert (await client.error(201))[2] == "Order rejected - reason:Found wanting"
        assert (await client.next("3"))[2] == "Inactive"

    talk(script)


def test_a_day_order_ends_at_the_close() -> None:
    async def script(gateway: DemoGateway, _service: TwsService, client: RawClient) -> None:
        await place(client, 1, limit=200)
        gateway.clock.advance(timedelta(hours=4))
        assert (await client.error(202))[0] == "1"

    talk(script)
