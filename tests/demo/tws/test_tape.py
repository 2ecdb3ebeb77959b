"""Whatever happens, and however it is told: what a careful listener adds up is the account's truth, to the cent."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tws.orders import NOBODY, OrderDesk
from ibdesk.demo.tws.server import TwsService
from tests.demo.tws.door import MAIN, UNSET, RawClient, open_tws, placing, signed_on

CONIDS = (265598, 8894, 272093)


class Listener:
    """What a client knows from executions and commissions: the highest revision of each, the newest report."""

    def __init__(self) -> None:
        self.prints: dict[str, tuple[str, Decimal, Decimal]] = {}
        self.realized: dict[str, Decimal] = {}
        self.fees: dict[str, Decimal] = {}

    def hear(self, messages: list[list[str]]) -> None:
        for one in messages:
            if one[0] == "11":
                base, revision = one[14].rsplit(".", 1)
                known = self.prints.get(base)
                if known is None or known[0] < revision:
                    self.prints[base] = revision, Decimal(one[19]) * (1 if one[18] == "BOT" else -1), Decimal(one[20])
            elif one[0] == "59":
                base = one[2].rsplit(".", 1)[0]
                self.fees[base] = Decimal(one[3])
                self.realized[base] = Decimal(0) if one[5] == UNSET else Decimal(one[5])


def misbehave(service: TwsService, chance: random.Random) -> None:
    """One of the faults of reports, or none."""
    faults = service.faults
    chance.choice([
        faults.double_executions, faults.double_commissions, faults.commissions_first, lambda: None,
        lambda: faults.late_commissions(chance.choice([0, 5, 40])), faults.commissions_before_end,
        lambda: faults.correct_execution(f"{chance.uniform(60, 400):.2f}"), faults.heal,
    ])()


async def trade(
    gateway: DemoGateway, service: TwsService, client: RawClient, chance: random.Random, number: int
) -> None:
    conid = chance.choice(CONIDS)
    contract = (conid, *[""] * 11)
    side, quantity = chance.choice(["BUY", "SELL"]), chance.randint(1, 300)
    client.send(*placing(number, side, quantity, "MKT", contract=contract))
    service.pulse()
    gateway.clock.advance(timedelta(seconds=chance.choice([2, 30])))
    service.pulse()


@pytest.mark.parametrize("seed", range(6))
def test_positions_realized_profit_and_commissions_add_up(seed: int) -> None:
    async def main() -> None:
        chance = random.Random(seed)
        async with open_tws() as (gateway, service), signed_on(service) as client:
            listener = Listener()
            for number in range(1, 25):
                misbehave(service, chance)
                await trade(gateway, service, client, chance, number)
                listener.hear(await client.settle())
            service.faults.heal()
            client.send(7, 3, 5, 0, "", "", "", "", "", "")
            listener.hear(await client.until("55"))
            listener.hear(await client.settle())
            truth = {one.base: one for one in service.executions}
            assert set(listener.prints) == set(truth)
            holdings = {one.listing.conid: one for one in gateway.account.figures(MAIN, gateway.clock.now()).holdings}
            for conid in CONIDS:
                mine = [base for base, one in truth.items() if one.fill.listing.conid == conid]
                start = gateway.account.standing(MAIN, conid, gateway.clock.now()).quantity
                assert start + sum(listener.prints[base][1] for base in mine) == holdings[conid].quantity
                told = sum((truth[base].realized or Decimal(0) for base in mine), Decimal(0))
                assert told == holdings[conid].realized
                charged = [base for base in mine if base in listener.fees]
                assert all(listener.realized[base] == (truth[base].realized or 0) for base in charged)
                assert all(listener.fees[base] == truth[base].fill.commission for base in charged)
                assert all(listener.prints[base][2] == truth[base].price for base in mine)

    asyncio.run(main())


def test_the_desk_keeps_every_clients_own_numbers() -> None:
    desk = OrderDesk()
    desk.use(1, 7)
    assert (desk.next_id(1), desk.next_id(2)) == (8, 1)
    assert desk.owner(5) is NOBODY
    assert desk.number(1, 7) is None
    first, second = desk.bind(100), desk.bind(101)
    assert (first.order_id, second.order_id) == (-1, -2)
    assert desk.bind(100) == first
    assert desk.number(0, -2) == 101
