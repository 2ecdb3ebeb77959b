"""Closing everything: each position once, whatever orders are still on their way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Order, OrderState, Side
from ibdesk.domain.positions import Position
from ibdesk.services.flattening import LOOKS, Flattened, Flattening, as_stored, covered_by, still_closing
from ibdesk.store.database import Database
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, REAL, SHARE, ticket


class Desk:
    """An account that holds so many shares; `rests` counts the waits, and `meanwhile` happens in each."""

    def __init__(self, database: Database, held: int) -> None:
        self.bench, self.held, self.rests = OrderBench(database=database), held, 0
        self.meanwhile: Callable[[], None] = lambda: None
        drafts = count()
        self.flattening = Flattening(
            holdings=self._holdings, read_anew=as_stored, new_draft=lambda: f"flat {next(drafts)}", wait=self._rest
        )  # fmt: skip
        position = Position(account=MAIN, instrument=SHARE, quantity=Decimal(held))
        self.bench.change = lambda context: replace(context, book=book_of((position,)))

    async def _holdings(self, _account: AccountId) -> Sequence[tuple[Instrument, Decimal]]:
        return ((SHARE, Decimal(self.held)),) if self.held else ()

    async def _rest(self, _seconds: float, _woken: asyncio.Event) -> None:
        self.rests += 1
        self.meanwhile()

    async def run(self) -> Flattened:
        return await self.flattening.run(self.bench.orders, (MAIN,), self.bench.ask)

    async def selling(self, quantity: str, state: OrderState) -> Order:
        """An order that closes part of it and is in this state at the broker."""
        order = await self.bench.send(f"exit {quantity}", ticket(quantity, Side.SELL))
        assert order.ref is not None
        self.bench.broker.known[order.ref] = found = replace(order, state=state)
        self.bench.pass_by(20)
        return found

    def sold(self, done: Flattened) -> Decimal:
        return sum((self.bench.broker.known[ref].quantity for ref in done.closing), Decimal(0))


@pytest.mark.parametrize(("is_read_only", "is_killed", "closes"), [
    (False, True, True), (False, False, False), (True, True, False),
])  # fmt: skip
def test_live_positions_are_closed_without_unlocking_under_the_kill_switch_alone_and_never_when_read_only(
    database: Database, is_read_only: bool, is_killed: bool, closes: bool
) -> None:
    bench = OrderBench(database=database, mode=Mode.IBKR_LIVE, read_only=is_read_only, is_armed=False)
    position = Position(account=REAL, instrument=SHARE, quantity=Decimal(5))
    bench.change = lambda context: replace(context, book=book_of((position,)))
    bench.killed = "pressed" if is_killed else ""

    async def held(_account: AccountId) -> Sequence[tuple[Instrument, Decimal]]:
        return ((SHARE, Decimal(5)),)

    flattening = Flattening(holdings=held, read_anew=as_stored, new_draft=lambda: "flat")
    done = asyncio.run(flattening.run(bench.orders, (REAL,), bench.ask))
    assert (len(done.closing), len(done.left)) == ((1, 0) if closes else (0, 1))
    assert len(bench.broker.placed) == len(done.closing)


def on(database: Database, held: int, life: Callable[[Desk], Awaitable[None]]) -> None:
    asyncio.run(life(Desk(database, held)))


def test_every_position_is_closed_by_its_opposite(database: Database) -> None:
    async def life(desk: Desk) -> None:
        done = await desk.run()
        (ref,) = done.closing
        order = desk.bench.broker.known[ref]
        assert (order.legs[0].side, order.quantity, done.left, desk.rests) == (Side.SELL, 5, (), 0)

    on(database, 5, life)


def test_what_an_order_that_is_not_gone_may_close_is_left_to_it_and_told(database: Database) -> None:
    async def life(desk: Desk) -> None:
        await desk.selling("3", OrderState.CANCELLING)
        done = await desk.run()
        assert desk.sold(done) == 2 and desk.rests == LOOKS - 1
        ((label, why),) = done.left
        assert label == SHARE.label and "closes 3 of it is not gone yet" in why

    on(database, 5, life)


def test_all_of_it_is_closed_once_the_cancelled_order_is_gone(database: Database) -> None:
    async def life(desk: Desk) -> None:
        order = await desk.selling("5", OrderState.CANCELLING)

        def gone() -> None:
            assert order.ref is not None
            desk.bench.broker.known[order.ref] = replace(order, state=OrderState.CANCELLED)

        desk.meanwhile = gone
        done = await desk.run()
        assert (desk.sold(done), done.left, desk.rests) == (5, (), 1)

    on(database, 5, life)


def test_what_was_filled_before_its_cancel_arrived_is_not_sold_again(database: Database) -> None:
    async def life(desk: Desk) -> None:
        order = await desk.selling("5", OrderState.CANCELLING)

        def filled() -> None:
            assert order.ref is not None
            desk.bench.broker.known[order.ref] = replace(order, state=OrderState.FILLED, filled=order.quantity)
            desk.held = 0

        desk.meanwhile = filled
        assert await desk.run() == Flattened()

    on(database, 5, life)


def test_asking_for_it_twice_at_once_closes_it_once(database: Database) -> None:
    async def life(desk: Desk) -> None:
        first, second = await asyncio.gather(desk.run(), desk.run())
        assert desk.sold(first) + desk.sold(second) == 5 and len(desk.bench.broker.placed) == 1
        assert first.left or second.left

    on(database, 5, life)


CALL = Instrument(
    conid=Conid(5), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, multiplier=Decimal(100),
    option=OptionTerms(right=Right.CALL, strike=Decimal(110), expiry=date(2026, 12, 18)),
    underlying_conid=SHARE.conid,
)  # fmt: skip


class Covered(Desk):
    """100 shares that cover a call, under the kill switch. `is_open`: regular hours, in which the call is bought back
    at once."""

    def __init__(self, database: Database, *, is_filled: bool) -> None:
        super().__init__(database, 100)
        self.bench.killed = "pressed"
        self.is_short = True
        self.bench.change = self._see
        self.meanwhile = self._fill if is_filled else lambda: None

    async def _holdings(self, _account: AccountId) -> Sequence[tuple[Instrument, Decimal]]:
        return ((SHARE, Decimal(100)), *(((CALL, Decimal(-1)),) if self.is_short else ()))

    def _see(self, context: Context) -> Context:
        rows = [(SHARE, Decimal(100)), *([(CALL, Decimal(-1))] if self.is_short else [])]
        held = tuple(Position(account=MAIN, instrument=each, quantity=quantity) for each, quantity in rows)
        quote = replace(context.quotes[SHARE.conid], conid=CALL.conid, bid=Decimal("1.00"), ask=Decimal("1.05"))
        return replace(context, book=book_of(held), quotes={**context.quotes, CALL.conid: quote})

    def _fill(self) -> None:
        self.bench.broker.fill(list(self.bench.broker.known))
        self.is_short = False

    def sides(self) -> list[tuple[Conid, Side]]:
        legs = [self.bench.broker.known[ref].legs[0] for ref in self.bench.broker.placed]
        return [(leg.instrument.conid, leg.side) for leg in legs]


def test_short_calls_are_bought_back_first_and_then_the_shares_that_covered_them_are_sold(database: Database) -> None:
    async def life() -> None:
        desk = Covered(database, is_filled=True)
        done = await desk.run()
        assert desk.sides() == [(CALL.conid, Side.BUY), (SHARE.conid, Side.SELL)]
        assert (len(done.closing), done.left, desk.rests) == (2, (), 1)

    asyncio.run(life())


def test_shares_whose_calls_are_not_bought_back_yet_stay_and_go_when_asked_for_again(database: Database) -> None:
    async def life() -> None:
        desk = Covered(database, is_filled=False)
        done = await desk.run()
        assert desk.sides() == [(CALL.conid, Side.BUY)]
        ((label, why),) = done.left
        assert label == SHARE.label and why.endswith("Close again when the calls are bought back.")
        assert "only orders that lower risk leave" in why
        desk._fill()
        again = await desk.run()
        assert desk.sides() == [(CALL.conid, Side.BUY), (SHARE.conid, Side.SELL)] and not again.left

    asyncio.run(life())


def test_shares_are_not_sold_after_their_calls_while_positions_cannot_be_read_anew(database: Database) -> None:
    async def life() -> None:
        desk, reads = Covered(database, is_filled=True), count()

        async def once(_account: AccountId) -> str:
            return "Nobody answers." if next(reads) else ""

        desk.flattening = Flattening(
            holdings=desk._holdings, read_anew=once, new_draft=lambda: f"once {next(reads)}", wait=desk._rest
        )
        done = await desk.run()
        assert desk.sides() == [(CALL.conid, Side.BUY)]
        assert [label for label, _ in done.left] == [SHARE.label]

    asyncio.run(life())


def test_what_a_position_covers_is_told_by_side_and_right() -> None:
    put = replace(CALL, conid=Conid(6), option=replace(CALL.option, right=Right.PUT))  # type: ignore[type-var]
    far = replace(CALL, conid=Conid(7), option=replace(CALL.option, strike=Decimal(120)))  # type: ignore[type-var]
    other = replace(CALL, conid=Conid(8), symbol="QQQ", underlying_conid=Conid(320227571))
    one = Decimal(1)
    assert covered_by(SHARE, ((SHARE, one), (CALL, -one))) == "calls"
    assert covered_by(SHARE, ((SHARE, -one), (put, -one))) == "puts"
    assert covered_by(far, ((far, one), (CALL, -one))) == "calls"
    assert covered_by(SHARE, ((SHARE, one), (put, -one), (other, -one), (far, one))) == ""
    assert covered_by(CALL, ((SHARE, one), (CALL, -one))) == ""


def test_only_orders_on_the_other_side_of_a_position_close_it(database: Database) -> None:
    async def life(desk: Desk) -> None:
        order = await desk.selling("3", OrderState.UNKNOWN)
        partly = replace(order, filled=Decimal(1), state=OrderState.WORKING)
        assert still_closing((order, partly), MAIN, SHARE, Decimal(5)) == 5
        assert still_closing((order,), MAIN, SHARE, Decimal(-5)) == 0
        assert still_closing((order,), AccountId("DU7654322"), SHARE, Decimal(5)) == 0
        done = replace(order, state=OrderState.CANCELLED)
        assert still_closing((done,), MAIN, SHARE, Decimal(5)) == 0

    on(database, 5, life)
