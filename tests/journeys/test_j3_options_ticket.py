"""Journey J3: from the chain to a ticket, its verdict, the order, its fill and its end, in the demo and in Local Paper.

The whole desk but its window: wiring, services, vault and the wire to the demo gateway.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.chains import Chain
from ibdesk.domain.compliance.exercise import Wish
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode, is_local
from ibdesk.domain.orders import Leg, Order, OrderState, OrderTicket, OrderType, Side
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.receipts import Step
from ibdesk.services.chains import Underlying
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Reply
from tests.cli.order_desk import OrderDesk, with_desk

MODES = (Mode.DEMO, Mode.LOCAL_PAPER)
#: Contracts of the ticket: a size no position of the demo has.
SIZE = Decimal(3)


class Trader:
    """What a person does at the desk, one thing after the other."""

    def __init__(self, bench: OrderDesk) -> None:
        self.bench, self.desk = bench, bench.desk
        self.drafts = 0

    @property
    def orders(self) -> Orders:
        assert self.desk.orders is not None
        return self.desk.orders

    async def sign_in(self) -> None:
        await self.page()
        await self.orders.book.refresh()

    async def page(self) -> AccountPage:
        """The account after a sync."""
        assert self.desk.sync is not None
        outcome = await self.desk.sync.run()
        assert outcome.error is None, outcome.error
        return (await self.desk.book.pages())[0]

    async def chain(self, symbol: str) -> tuple[Underlying, Chain]:
        chains = self.desk.chains
        assert chains is not None
        conid = next(each.conid for each in await chains.find(symbol) if each.symbol == symbol)
        underlying = await chains.open(conid)
        _, expiry = await chains.first(underlying)
        assert expiry is not None
        async with aclosing(chains.follow(underlying, expiry)) as steps:
            async for step in steps:
                if step.is_priced:
                    return underlying, step
        raise AssertionError("the chain was never priced")

    async def put_spread(self) -> OrderTicket:
        """Sell a put below the money, buy the one two strikes lower, at what the market pays now."""
        underlying, chain = await self.chain("SPY")
        spot = underlying.quote.last if underlying.quote is not None else None
        assert spot is not None
        quotes = {quote.conid: quote for quote in chain.quotes}
        puts = [row.put for row in chain.rows if row.put is not None and row.put.conid in quotes and row.strike < spot]
        short, long = puts[-2], puts[-4]
        return replace(
            await self.ticket((short, Side.SELL), (long, Side.BUY)), quantity=SIZE,
            limit=_ask(quotes, long) - _bid(quotes, short) + Decimal("0.05"),
        )

    async def ticket(self, *legs: tuple[Instrument, Side]) -> OrderTicket:
        (account, *_) = await self.desk.book.accounts()
        return OrderTicket(
            account=account.id, mode=self.desk.mode, legs=tuple(Leg(instrument=each, side=side) for each, side in legs)
        )

    async def send(self, ticket: OrderTicket) -> Order:
        """Preview, read, confirm, send, say yes to what is asked, and wait for the end."""
        shown = await self.orders.preview(ticket)
        assert not shown.verdict.is_blocked, [each.sentence for each in shown.verdict.findings]
        self.drafts += 1
        order = await self.orders.send(
            f"draft-{self.drafts}", shown, ask=self.yes, confirmation=self.orders.confirm(shown)
        )
        return await self.filled(order)

    async def filled(self, order: Order) -> Order:
        assert order.ref is not None
        async with asyncio.timeout(20):
            while (known := self.orders.book.find(order.ref)) is None or known.state is not OrderState.FILLED:
                await asyncio.sleep(0.1)
                await self.orders.book.refresh()
        await self.orders.book.refresh()  # the prints, which a desk that follows the stream hears by itself
        return known

    async def yes(self, *_: object) -> Reply:
        return Reply(yes=True)

    async def steps(self, order: Order) -> list[Step]:
        assert order.ref is not None
        return [each.receipt.step for each in await self.orders.receipt(order.ref)]


def _bid(quotes: dict[Conid, Quote], instrument: Instrument) -> Decimal:
    bid = quotes[instrument.conid].bid
    assert bid is not None
    return bid


def _ask(quotes: dict[Conid, Quote], instrument: Instrument) -> Decimal:
    ask = quotes[instrument.conid].ask
    assert ask is not None
    return ask


def live(folder: Path, mode: Mode, life: Callable[[Trader], Awaitable[None]]) -> None:
    async def run(bench: OrderDesk) -> None:
        assert bench.desk.mode is mode
        trader = Trader(bench)
        await trader.sign_in()
        await life(trader)

    with_desk(run, folder, overrides={"local_paper": "true" if mode is Mode.LOCAL_PAPER else "false"})


def quantities(page: AccountPage) -> dict[Conid, Decimal]:
    return {row.position.instrument.conid: row.position.quantity for row in page.rows}


@pytest.mark.parametrize("mode", MODES)
def test_a_spread_goes_from_the_chain_to_its_fill_and_back(mode: Mode, tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        before = quantities(await trader.page())
        wanted = await trader.put_spread()
        shown = await trader.orders.preview(wanted)
        assert shown.context.what_if is not None and shown.context.what_if.initial_margin.change is not None
        assert wanted.account == (await trader.desk.book.accounts())[0].id

        order = await trader.send(wanted)
        assert order.filled == SIZE and wanted.limit is not None
        assert order.average_price is not None and order.average_price <= wanted.limit
        steps = await trader.steps(order)
        assert steps[:2] == [Step.CHECK_RUN, Step.CONFIRMED_OVERRIDE] and steps.count(Step.FILL) == 2
        assert Step.SENT in steps and Step.BROKER_ACK in steps

        page = await trader.page()
        held = {conid: count - before.get(conid, Decimal(0)) for conid, count in quantities(page).items()}
        assert {leg.instrument.conid: held[leg.instrument.conid] for leg in wanted.legs} == {
            leg.instrument.conid: SIZE * leg.side.sign for leg in wanted.legs}  # fmt: skip

        turned = tuple(replace(leg, side=leg.side.opposite) for leg in wanted.legs)
        trader.bench.gateway.clock.advance(timedelta(seconds=30))  # past the guard against the same order twice
        await trader.page()
        closed = await trader.send(replace(wanted, legs=turned, order_type=OrderType.MARKET, limit=None))
        assert closed.filled == SIZE
        assert quantities(await trader.page()) == before
        assert (trader.bench.placed > 0) is (mode is Mode.DEMO), "Local Paper sends the gateway nothing"

    live(tmp_path, mode, life)


@pytest.mark.parametrize("mode", MODES)
def test_a_blocked_order_leaves_nothing_at_the_broker_but_a_receipt_here(mode: Mode, tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        wanted = replace(await trader.put_spread(), quantity=Decimal(90_000))
        shown = await trader.orders.check(wanted)
        assert shown.verdict.is_blocked
        with pytest.raises(ValueError, match="block"):
            trader.orders.confirm(shown)
        with pytest.raises(Refused) as refused:
            await trader.orders.send("blocked", shown, ask=trader.yes)
        assert refused.value.cause is Cause.ORDER_REFUSED
        assert trader.bench.placed == 0
        await trader.orders.book.refresh()
        assert trader.orders.book.orders == ()
        told = [each.receipt for each in await trader.desk.activity.receipts()]
        assert {each.step for each in told} == {Step.CHECK_RUN, Step.BLOCKED}
        assert len({each.correlation for each in told}) == 1

    live(tmp_path, mode, life)


def test_a_call_is_exercised_in_local_paper_and_the_account_outlives_the_desk(tmp_path: Path) -> None:
    held: dict[Conid, Decimal] = {}

    async def life(trader: Trader) -> None:
        underlying, chain = await trader.chain("SPY")
        call = next(row.call for row in chain.rows if row.call is not None)  # the lowest strike: in the money
        wanted = replace(await trader.ticket((call, Side.BUY)), order_type=OrderType.MARKET)
        await trader.send(wanted)
        page = await trader.page()
        expiry = trader.desk.expiry
        assert expiry is not None and expiry.takes_instructions
        board = await expiry.board(page.account.id)
        row = next((line.row for line in board.lines if line.row.instrument.conid == call.conid), None)
        wish = Wish(instrument=call, contracts=Decimal(1))
        assert row is not None
        await expiry.instruct(page.account.id, wish, expiry.check(row, wish))
        trader.bench.gateway.clock.set(_evening(trader.desk.clock()))
        page = await trader.page()
        assert quantities(page) == {underlying.conid: Decimal(100)}
        await trader.orders.book.refresh()
        told = [each.receipt.step for each in await trader.desk.activity.receipts()]
        assert Step.EXERCISE in told
        held.update(quantities(page))
        local = trader.desk.local_paper
        assert local is not None
        book = await local.load()
        assert {each.instrument.conid: each.quantity for each in book.ledger.holdings} == held
        assert book.instructions == () and is_local(book.account)

    live(tmp_path, Mode.LOCAL_PAPER, life)


def test_the_demo_says_that_its_broker_takes_no_instruction(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        assert trader.desk.expiry is not None and not trader.desk.expiry.takes_instructions

    live(tmp_path, Mode.DEMO, life)


def _evening(now: datetime) -> datetime:
    return now.astimezone(NEW_YORK).replace(hour=17, minute=31, second=0, microsecond=0)
