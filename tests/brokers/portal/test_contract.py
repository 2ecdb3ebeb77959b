"""The Client Portal in front of the demo keeps every contract it has a facet for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ibdesk.brokers.portal.broker import PortalBroker
from tests.brokers.contract import (
    AccountsContract,
    ChainContract,
    EquityContract,
    MarketContract,
    SessionContract,
    StreamContract,
    TradingContract,
)
from tests.brokers.door import at_demo


class _Portal:
    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PortalBroker]:
        async with at_demo() as (desk, _):
            yield desk.broker


class TestAccounts(_Portal, AccountsContract):
    pass


class TestEquity(_Portal, EquityContract):
    pass


class TestSession(_Portal, SessionContract):
    pass


class TestMarket(_Portal, MarketContract):
    pass


class TestChain(_Portal, ChainContract):
    pass


class TestTrading(_Portal, TradingContract):
    pass


class TestStream(_Portal, StreamContract):
    pass
