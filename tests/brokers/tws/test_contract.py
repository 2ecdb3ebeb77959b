"""TWS in front of the demo keeps every contract it has a facet for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from ibdesk.brokers.base import Broker, ExerciseOrder
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.domain.errors import Refused
from tests.brokers.contract import (
    AccountsContract,
    ChainContract,
    ExercisingContract,
    MarketContract,
    StreamContract,
    TradingContract,
)
from tests.brokers.door import LUNCH
from tests.brokers.tws.door import at_tws


class _Tws:
    @asynccontextmanager
    async def connect(self) -> AsyncIterator[TwsBroker]:
        async with at_tws() as scene:
            yield scene.broker


class TestAccounts(_Tws, AccountsContract):
    pass


class TestMarket(_Tws, MarketContract):
    pass


class TestChain(_Tws, ChainContract):
    pass


class TestTrading(_Tws, TradingContract):
    pass


class TestExercising(_Tws, ExercisingContract):
    def test_an_instruction_is_kept_replaced_and_taken_back(self) -> None:
        """Kept; but the demo's TWS carries it out at once, and nothing takes it back."""

        async def scene(broker: Broker) -> None:
            assert broker.exercising is not None
            call, account = await self.held(broker), (await broker.accounts())[0].id
            wish = ExerciseOrder(account=account, instrument=call, quantity=Decimal(1), at=LUNCH)
            await broker.exercising.instruct(wish)
            assert await broker.exercising.instructions(account) == (wish,)
            with pytest.raises(Refused, match="does not take it back"):
                await broker.exercising.withdraw(account, call.conid)
            with pytest.raises(Refused, match="does not take it back"):
                await broker.exercising.instruct(wish)
            held = {each.instrument.conid: each.quantity for each in (await broker.snapshot(account)).positions}
            assert held[call.conid] == 1

        self.play(scene)


class TestStream(_Tws, StreamContract):
    pass
