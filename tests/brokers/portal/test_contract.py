"""The Client Portal in front of the demo keeps every contract it has a facet for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ibdesk.brokers.portal.broker import PortalBroker
from tests.brokers.contract import AccountsContract, MarketContract, SessionContract, StreamContract
from tests.brokers.door import at_demo


class _Portal:
    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PortalBroker]:
        async with at_demo() as (desk, _):
            yield desk.broker


class TestAccounts(_Portal, AccountsContract):
    pass


class TestSession(_Portal, SessionContract):
    pass


class TestMarket(_Portal, MarketContract):
    pass


class TestStream(_Portal, StreamContract):
    pass
