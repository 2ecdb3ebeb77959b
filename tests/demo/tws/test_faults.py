"""Every fault by its name: what a client meets on the wire, and what is true all the while."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.faults import TimeStyle
from ibdesk.demo.tws.server import TwsService
from tests.demo.door import Ticks
from tests.demo.tws.door import MAIN, UNSET, RawClient, open_tws, placing, signed_on

Script = Callable[[DemoGateway, TwsService, RawClient], Awaitable[None]]


def talk(script: Script, **settings: object) -> None:
    async def main() -> None:
        async with open_tws(**settings) as (gateway, service), signed_on(service) as client:
            await script(gateway, service, client)

    asyncio.run(main())


async def buy(client: RawClient, order_id: int, quantity: int = 5, side: str = "BUY") -> list[list[str]]:
    """Trade at the market; everything up to the order's end."""
    client.send(*placing(order_id, side, quantity, "MKT"))
    heard: list[list[str]] = []
    while not any(one[0] == "3" and one[2] == "Filled" for one in heard):
        heard += await client.until("3")
    return heard + await client.settle()


def kinds(messages: list[list[str]], *wanted: str) -> list[str]:
    return [one[0] for one in messages if one[0] in wanted]


# --- connections -------------------------------------------------------------------------------------------------


def test_a_refused_client_id_is_326_until_healed() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.refuse_client_id(3)
            async with RawClient(service.port) as client:
                await client.greet()
                client.send(71, 2, 3, "")
                assert (await client.receive())[3] == "326"
                assert await client.is_closed()
            service.faults.heal()
            async with signed_on(service, 3):
                pass

    asyncio.run(main())


def test_one_may_be_accepted_and_never_answered_or_closed_at_once() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.accept_and_hang()
            async with RawClient(service.port) as client:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.greet(), 0.1)
            service.faults.accept_and_close()
            async with RawClient(service.port) as client:
                assert await client.is_closed()

    asyncio.run(main())


@pytest.mark.parametrize("rude", [False, True])
def test_a_message_may_end_in_its_middle_with_the_connection(rude: bool) -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.drop_mid_message(rude=rude)
        client.send(49, 1)
        with pytest.raises(ConnectionResetError if rude else asyncio.IncompleteReadError):
            await client.receive()

    talk(script)


def test_a_half_open_connection_says_nothing_and_holds_its_id_until_it_is_noticed() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.half_open(client_id=1, keeps=0.2)
        client.send(49, 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.receive(), 0.05)
        client.writer.transport.abort()
        async with RawClient(service.port) as second:
            await second.greet()
            second.send(71, 2, 1, "")
            assert (await second.receive())[3] == "326"
        while any(one.id == 1 for one in service.clients):
            await asyncio.sleep(0.01)
        async with signed_on(service, 1):
            pass

    talk(script)


def test_a_nightly_restart_cuts_and_refuses_and_comes_back_with_the_days_executions_and_ids() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        await buy(client, 1)
        restart = asyncio.create_task(service.faults.nightly_restart(0.1))  # noqa: TID251 - a test's own
        assert await client.is_closed()
        with pytest.raises(ConnectionRefusedError):
            await RawClient(service.port).__aenter__()
        await restart
        async with RawClient(service.port) as again:
            await again.greet()
            again.send(71, 2, 1, "")
            assert (await again.next("9"))[2] == "2"
            again.send(7, 3, 5, 0, "", "", "", "", "", "")
            told = await again.until("55")
            assert "AAPL" in [one[4] for one in told if one[0] == "11"]

    talk(script)


def test_after_midnight_yesterdays_executions_are_not_told() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        await buy(client, 1)
        gateway.clock.advance(timedelta(hours=12))
        client.send(7, 3, 5, 0, "", "", "", "", "", "")
        assert kinds(await client.until("55"), "11", "55") == ["55"]
        assert len(service.executions) == 2

    talk(script)


def test_bytes_may_drip_or_come_in_bursts() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.slow_drip(0.0001)
        client.send(17, 1)
        assert (await client.next("15"))[2] == "DU7654321,DU7654322"
        service.faults.slow_drip(0)
        service.faults.big_bursts()
        client.send(61, 1)
        assert len(await client.until("62")) == 25
        service.faults.heal()
        client.send(17, 1)
        await client.next("15")

    talk(script)


def test_pacing_can_be_turned_off() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.pacing(False)
        for _ in range(300):
            client.send(49, 1)
        assert not kinds([await client.receive() for _ in range(300)], "4")

    talk(script)


# --- the broker behind it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [True, False])
def test_while_the_broker_is_lost_nothing_moves_and_fills_are_not_told_later(lost: bool) -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_tws(ticks=ticks) as (gateway, service), signed_on(service) as client:
            client.send(*placing(1, limit=229))
            await client.until("3")
            client.send(94, 8, MAIN, "", 265598)
            await client.until("95")
            service.faults.broker_lost()
            assert (await client.error(1100))[0] == "-1"
            ticks.pass_by(5)
            await client.error(1100)
            client.send(49, 1)
            await client.next("49")
            number = next(iter(gateway.orders))
            gateway.clock.set(gateway.clock.now() + timedelta(days=1))  # somewhere on the way the limit is met
            while not gateway.orders[number].is_over:
                service.pulse()
                gateway.clock.advance(timedelta(days=1))
            service.faults.broker_back(lost=lost)
            heard = await client.until("4", code="1101" if lost else "1102")
            assert not kinds(heard, "3", "5", "11", "59")
            ticks.pass_by(5)
            service.pulse()
            moved = kinds(await client.settle(), "95")
            assert bool(moved) is not lost

    asyncio.run(main())


def test_orders_are_refused_while_the_broker_is_lost() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(*placing(1, limit=200))
        await client.until("3")
        service.faults.broker_lost(2110)
        await client.error(2110)
        client.send(*placing(2, limit=200))
        assert (await client.error(201))[0] == "2"
        client.send(4, 1, 1)
        assert (await client.error(161))[0] == "1"
        client.send(58, 1)
        assert (await client.error())[:2] == ["-1", "2110"]
        client.send(*placing(2, limit=200, what_if=1))
        assert (await client.error(201))[0] == "2"
        client.send(20, 6, 265598, *[""] * 11, 0, "", "1 day", "1 D", 1, "TRADES", 1, 0, "")
        assert (await client.error(162))[0] == "6"
        client.send(1, 11, 5, 265598, *[""] * 11, 0, "", 0, 0, "")
        assert not kinds(await client.settle(), "1", "2")
        assert len(gateway.orders) == 1

    talk(script)


def test_farms_come_and_go() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.farms(lost=True)
        assert [(await client.error())[1] for _ in range(2)] == ["2103", "2105"]
        service.faults.farms(lost=False)
        assert [(await client.error())[1] for _ in range(3)] == ["2104", "2106", "2158"]

    talk(script)


# --- reports -----------------------------------------------------------------------------------------------------


def test_commissions_may_be_late_lost_doubled_or_first() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_tws(ticks=ticks) as (_, service), signed_on(service) as client:
            faults = service.faults
            faults.late_commissions(60)
            assert not kinds(await buy(client, 1), "59")
            ticks.pass_by(61)
            service.pulse()
            assert kinds(await client.settle(), "59") == ["59"]
            faults.late_commissions(0)
            faults.lose_commissions()
            assert not kinds(await buy(client, 2), "59")
            faults.double_commissions()
            assert kinds(await buy(client, 3), "59") == ["59", "59"]
            faults.commissions_first()
            assert kinds(await buy(client, 4), "11", "59") == ["59", "11"]
            client.send(7, 3, 5, 0, "", "", "AAPL", "", "", "")
            told = await client.until("55") + await client.settle()
            assert kinds(told, "11", "55", "59") == ["11"] * 4 + ["55"] + ["59"] * 3
            faults.commissions_before_end()
            client.send(7, 3, 6, 0, "", "", "AAPL", "", "", "")
            assert kinds(await client.until("55"), "11", "55", "59") == ["11"] * 4 + ["59"] * 3 + ["55"]

    asyncio.run(main())


def test_a_correction_has_the_next_revision_and_changes_what_later_sales_realised() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        await buy(client, 1, 500, "SELL")  # all 420 go, and 80 are short
        first = service.executions[-1]
        service.faults.correct_execution("231.50")
        told = await client.until("59")
        report = next(one for one in told if one[0] == "11")
        assert (report[14], report[20]) == (f"{first.base}.02", "231.5")
        truth = service.executions[-1]
        assert Decimal(told[-1][5]) == truth.realized != first.realized
        figures = gateway.account.figures(MAIN, gateway.clock.now())
        held = next(one for one in figures.holdings if one.listing.conid == 265598)
        assert held.realized == truth.realized
        await buy(client, 2, 80)
        service.faults.correct_execution("230.00")
        await client.until("59")
        total = sum(one.realized or 0 for one in service.executions if one.fill.listing.conid == 265598)
        figures = gateway.account.figures(MAIN, gateway.clock.now())
        assert next(one for one in figures.holdings if one.listing.conid == 265598).realized == total

    talk(script)


def test_a_correction_of_a_purchase_tells_anew_what_its_sale_realised() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        ko = (8894, "KO", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")
        client.send(*placing(1, "BUY", 10, "MKT", contract=ko))
        await client.until("59")
        bought = service.executions[-1]
        gateway.clock.advance(timedelta(seconds=4))
        client.send(*placing(2, "SELL", 410, "MKT", contract=ko))
        await client.until("59")
        sold = service.executions[-1]
        service.faults.correct_execution("60.00", bought.base)
        told = await client.until("59") + await client.settle()
        changed = {one[2]: one[5] for one in told if one[0] == "59"}
        assert set(changed) == {f"{bought.base}.02", sold.exec_id}
        now_sold = next(one for one in service.executions if one.exec_id == sold.exec_id)
        assert Decimal(changed[sold.exec_id]) == now_sold.realized != sold.realized

    talk(script)


def test_executions_may_be_told_twice_or_at_a_wrong_price_or_as_orphans() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.double_executions()
        assert kinds(await buy(client, 1), "11") == ["11", "11"]
        truth = service.executions[-1]
        service.faults.retell_execution("1.25")
        report = await client.next("11")
        assert (report[14], report[20]) == (truth.exec_id, "1.25")
        assert service.executions[-1].price == truth.price
        service.faults.orphan_executions()
        heard = await buy(client, 2)
        report = next(one for one in heard if one[0] == "11")
        assert (report[2], report[21]) == ("2147483647", "0")

    talk(script)


@pytest.mark.parametrize(("style", "text"), [
    ("zone", "20261118 12:48:00 America/New_York"), ("naive", "20261118  12:48:00"), ("dash", "20261118-17:48:00"),
    ("utc", "20261118 17:48:00 UTC"), ("short", "20261118 12:48:00 EST"), ("unknown", "20261118 12:48:00 Mars/Olympus"),
])
def test_instants_of_executions_have_every_spelling(style: str, text: str) -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.write_times(style)
        report = next(one for one in await buy(client, 1) if one[0] == "11")
        assert report[15] == text
        assert TimeStyle[style.upper()] == text

    talk(script)


@pytest.mark.parametrize(("name", "ask", "last"), [
    ("positions", (61, 1), "62"), ("orders", (5, 1), "53"), ("completed", (99, 0), "102"),
    ("executions", (7, 3, 5, 0, "", "", "", "", "", ""), "55"), ("account", (6, 2, 1, MAIN), "54"),
])
def test_an_end_marker_may_never_come(name: str, ask: tuple[object, ...], last: str) -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(*ask)
        await client.until(last)
        service.faults.lose_end(name)
        client.send(*ask)
        assert not kinds(await client.settle(), last)

    talk(script)


@pytest.mark.parametrize(("fault", "text"), [("sentinel_pnl", UNSET), ("nan_pnl", "nan")])
def test_profit_may_be_a_sentinel_or_not_a_number(fault: str, text: str) -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(94, 8, MAIN, "", 265598)
        client.send(92, 9, MAIN, "")
        assert (await client.next("95"))[2:] == ["0", UNSET, UNSET, UNSET, UNSET]
        while (await client.next("95"))[3] == UNSET:
            pass
        getattr(service.faults, fault)()
        while (line := await client.next("95"))[3] != text:
            pass
        assert line[2:] == ["420", text, text, text, text]
        while (await client.next("94"))[2:] != [text] * 3:
            pass
        service.faults.heal()
        while (await client.next("95"))[3] in (UNSET, "nan"):
            pass

    talk(script)


def test_numbers_may_be_wide_or_empty_and_names_have_accents() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.wide_numbers()
        service.faults.empty_numbers()
        service.faults.accents()
        client.send(61, 1)
        rows = {one[3]: one for one in await client.until("62") if one[0] == "61" and one[2] == MAIN}
        assert rows["265598"][14:] == ["420.0", ""]
        assert rows["32998817"][14] == "120.418"
        client.send(9, 8, 5, 265598, *[""] * 11, 0, "", "")
        assert "\\u00e9" in "".join(await client.next("10"))

    talk(script)


def test_one_position_may_be_strange() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.strange_position("ZZZ", "XYZ")
        client.send(61, 1)
        odd = (await client.until("62"))[-2]
        assert (odd[3], odd[5], odd[11]) == ("999999999", "XYZ", "ZZZ")
        assert len(odd) == 16
        client.send(9, 8, 5, 999999999, *[""] * 11, 0, "", "")
        assert (await client.error())[:2] == ["5", "200"]

    talk(script)


def test_a_storm_of_profit_ends_with_the_truth() -> None:
    async def script(gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(94, 8, MAIN, "", 265598)
        service.faults.storm(20_000)
        for _ in range(2000):
            await client.next("95")
        service.faults.storm(0)
        held = next(one for one in gateway.account.figures(MAIN, gateway.clock.now()).holdings
                    if one.listing.conid == 265598)
        while Decimal((await client.next("95"))[6]) != held.market_value:
            pass

    talk(script)


# --- quotes and bad frames ---------------------------------------------------------------------------------------


def test_a_competing_session_takes_the_quotes_away() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        client.send(1, 11, 5, 265598, *[""] * 11, 0, "", 0, 0, "")
        await client.next("1")
        service.faults.compete()
        assert (await client.error(10197))[0] == "5"
        client.send(1, 11, 6, 8894, *[""] * 11, 0, "", 0, 0, "")
        assert (await client.error(10197))[0] == "6"
        service.faults.compete(False)
        assert (await client.next("1"))[2] == "6"

    talk(script)


def test_data_may_be_delayed() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.delayed()
        client.send(1, 11, 5, 265598, *[""] * 11, 0, "", 0, 0, "")
        assert (await client.error())[:2] == ["5", "10167"]
        assert (await client.next("58"))[3] == "3"
        assert (await client.next("1"))[3] == "66"

    talk(script)


def test_bad_frames_come_between_good_ones() -> None:
    async def script(_gateway: DemoGateway, service: TwsService, client: RawClient) -> None:
        service.faults.unknown_message()
        service.faults.short_frame()
        service.faults.word_for_number()
        told = await client.settle()
        assert [one[0] for one in told] == ["199", "61", "61"]
        assert len(told[1]) < 16
        assert told[2][14] == "several"

    talk(script)
