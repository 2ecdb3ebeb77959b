"""Whatever a client sends, and whatever goes wrong in whatever order: the server lives, and tells the truth."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.session import HANDLERS, UNSUPPORTED, handle
from tests.demo.tws.door import AAPL, MAIN, UNSET, RawClient, open_tws, placing, signed_on

#: What fields hold when they hold something: ids, numbers in every spelling, words.
VALUES = st.sampled_from([
    "", "0", "1", "-1", "2", "7", "11", "3.5", "-2", "1e400", "nan", "inf", "-0", UNSET, "2147483647", "9" * 30, "x",
    "BUY", "SELL", "LMT", "MKT", "STP", "TRAIL", "DAY", "GTC", "STK", "OPT", "BAG", "CASH", "AAPL", "SMART", "USD",
    MAIN, "265598", "8894", "20261218", "202613", "C", "P", "230", "1 day", "1 D", "TRADES", "All", "20261118-17:00:00",
    "20269999-99:99:99", "20261118 17:00:00 Mars/Olympus", "\u00e9", "999999 Y",
])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(sorted({*HANDLERS, *UNSUPPORTED, 0, -5, 777})),
                          st.lists(VALUES, max_size=30)), min_size=1, max_size=40))
def test_no_request_ends_the_server(requests: list[tuple[int, list[str]]]) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service) as client:
            service.faults.pacing(False)
            for number, fields in requests:
                client.send(number, *fields)
                service.pulse()
            await client.settle()

    asyncio.run(main())


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.integers(1, 108), VALUES, max_size=8))
def test_no_order_ends_the_server(changes: dict[int, str]) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), signed_on(service) as client:
            fields = [str(one) for one in placing(1, limit=200)]
            for number, text in changes.items():
                fields[number] = text
            client.send(*fields)
            await client.settle()
            service.pulse()
            await client.settle()

    asyncio.run(main())


async def act(gateway: DemoGateway, service: TwsService, client: RawClient, chance: random.Random, number: int) -> None:
    """One thing a client does, or time."""
    chance.choice([
        lambda: client.send(*placing(number, chance.choice(["BUY", "SELL"]), chance.randint(1, 90), "MKT")),
        lambda: client.send(*placing(number, limit=chance.randint(200, 240))),
        lambda: client.send(4, 1, chance.randint(1, number)),
        lambda: client.send(61, 1), lambda: client.send(7, 3, number, 0, "", "", "", "", "", ""),
        lambda: client.send(94, number, MAIN, "", 265598), lambda: client.send(6, 2, 1, MAIN),
        lambda: client.send(1, 11, number, *AAPL, 0, "", 0, 0, ""), lambda: client.send(58, 1),
        lambda: gateway.clock.advance(timedelta(seconds=chance.choice([2, 60, 7200]))),
    ])()
    service.pulse()
    await asyncio.sleep(0)


def misbehave(service: TwsService, chance: random.Random) -> None:
    """One fault, any of them."""
    faults = service.faults
    chance.choice([
        faults.drop_mid_message, lambda: faults.drop_mid_message(rude=True), faults.half_open, faults.broker_lost,
        faults.broker_back, lambda: faults.broker_back(lost=True), lambda: faults.farms(lost=True),
        lambda: faults.slow_drip(0.00001), faults.big_bursts, lambda: faults.late_commissions(5),
        faults.lose_commissions, faults.double_commissions, faults.commissions_first, faults.double_executions,
        lambda: faults.correct_execution("230.5"), lambda: faults.retell_execution("1"), faults.orphan_executions,
        lambda: faults.write_times("unknown"), lambda: faults.lose_end("positions", "executions"), faults.sentinel_pnl,
        faults.nan_pnl, faults.wide_numbers, faults.empty_numbers, faults.strange_position, lambda: faults.storm(5000),
        faults.read_only, faults.reject_order, faults.compete, faults.delayed, faults.unknown_message,
        faults.short_frame, faults.word_for_number, lambda: faults.pacing(False), faults.heal, faults.heal,
    ])()


@pytest.mark.parametrize("seed", range(8))
def test_any_sequence_of_faults_leaves_a_server_that_tells_the_truth(seed: int) -> None:
    async def main() -> None:
        chance = random.Random(seed)
        async with open_tws() as (gateway, service):
            for attempt in range(6):
                async with RawClient(service.port) as client:
                    await asyncio.wait_for(client.greet(), 20)
                    client.send(71, 2, attempt, "")
                    for number in range(1, 30):
                        misbehave(service, chance)
                        await act(gateway, service, client, chance, attempt * 100 + number)
                if chance.random() < 0.3:
                    await service.faults.nightly_restart(0.001)
            service.faults.heal()
            async with signed_on(service, 99) as client:
                client.send(61, 1)
                rows = [one for one in await client.until("62") if one[0] == "61" and one[2] == MAIN]
                held = {one[3]: Decimal(one[14]) for one in rows}
                truth = gateway.account.figures(MAIN, gateway.clock.now())
                assert held == {str(one.listing.conid): one.quantity for one in truth.holdings if one.quantity}
                client.send(7, 3, 5, 0, "", "", "", "", "", "")
                told = {one[14] for one in await client.until("55") if one[0] == "11"}
                since = service.floor.start_of_day()
                assert told == {one.exec_id for one in service.executions if one.fill.at >= since}

    asyncio.run(main())


def test_every_request_has_one_answer() -> None:
    assert not set(HANDLERS) & set(UNSUPPORTED)
    assert callable(handle)
