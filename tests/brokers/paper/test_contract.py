"""Local Paper in front of the demo's market keeps every contract it has a facet for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from ibdesk.brokers.paper.broker import PaperBroker
from ibdesk.domain.modes import Mode
from ibdesk.domain.paper.book import Mark, PaperBook, new_book
from ibdesk.domain.paper.ledger import CashLine, Holding, Ledger
from tests.brokers.contract import (
    AccountsContract,
    ChainContract,
    EquityContract,
    ExercisingContract,
    MarketContract,
    SessionContract,
    StreamContract,
    TradingContract,
)
from tests.brokers.door import LUNCH, MAIN, at_demo
from tests.brokers.paper.desk import LOCAL, paper_desk


async def _rich() -> PaperBook:
    """A book that holds what the demo's main account holds, with its history."""
    async with at_demo() as (desk, _):
        picture = await desk.broker.snapshot(MAIN)
        curve = await desk.broker.equity_history(MAIN)
    held = tuple(
        Holding(instrument=each.instrument, quantity=each.quantity, cost=each.cost or each.quantity)
        for each in picture.positions
    )
    ledger = Ledger(
        cash=tuple(CashLine(currency=line.currency, amount=line.cash) for line in picture.ledger), holdings=held
    )
    marks = tuple(Mark(conid=each.instrument.conid, price=each.price) for each in picture.positions if each.price)
    return replace(
        new_book(LOCAL, Decimal(0), LUNCH), base=ledger, ledger=ledger, marks=marks, curve=curve,
        rates=tuple((line.currency, line.rate) for line in picture.ledger),
    )


class _Paper:
    mode = Mode.LOCAL_PAPER

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PaperBroker]:
        async with paper_desk() as desk:
            yield desk.broker


class _Holding:
    """With an account that holds something of every class."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PaperBroker]:
        rich = await _rich()
        async with paper_desk(book=lambda _: rich) as desk:
            yield desk.broker


class TestAccounts(_Holding, AccountsContract):
    pass


class TestEquity(_Holding, EquityContract):
    pass


class TestSession(_Paper, SessionContract):
    pass


class TestMarket(_Paper, MarketContract):
    pass


class TestChain(_Paper, ChainContract):
    pass


class TestTrading(_Paper, TradingContract):
    pass


class TestStream(_Holding, StreamContract):
    pass


class TestExercising(_Paper, ExercisingContract):
    mode = Mode.LOCAL_PAPER
