import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.errors import Refused
from ibdesk.domain.executions import ExecId, Execution, Fill
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Right
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, Order, OrderRef, OrderState, OrderTicket, OrderType, Side
from ibdesk.domain.receipts import Step
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.orders import Orders
from ibdesk.services.picture import Pictures, day_trades_of, holdings
from ibdesk.services.questioning import Reply
from ibdesk.store import trades
from ibdesk.store.database import READERS
from tests.services.workshop import MAIN, Workshop, beside, workshop


async def said_yes(*_: object) -> Reply:
    return Reply(yes=True)


async def none_acknowledged() -> tuple[()]:
    return ()


async def level_three(_account: AccountId) -> int:
    return 3


async def no_options(_account: AccountId) -> int:
    return 0


def desk_of(
    shop: Workshop, entered: Callable[[AccountId], Awaitable[int | None]] = level_three
) -> tuple[Orders, Pictures]:
    trading = shop.broker.trading
    assert trading is not None

    async def accounts() -> tuple[str, ...]:
        return tuple(each.id for each in await shop.book.accounts())

    refs = iter(range(1, 100))
    book = LiveOrders(
        trading, environment=Environment.DEMO, mode=Mode.DEMO, accounts=accounts, hub=shop.hub, tasks=shop.tasks,  # type: ignore[arg-type]
        database=shop.database, clock=shop.dial,
    )  # fmt: skip
    pictures = Pictures(
        shop.book, trading, shop.broker.market, book, mode=Mode.DEMO, quotes=dict, session=lambda: None,
        settings=lambda: shop.settings, calendar=Calendar(closed={}, early={}), disclosures=(),
        acknowledged=none_acknowledged, database=shop.database, clock=shop.dial, entered_level=entered,
    )  # fmt: skip
    orders = Orders(
        trading, book, mode=Mode.DEMO, picture=pictures.of, database=shop.database, clock=shop.dial,
        ticks=lambda: 0.0, new_ref=lambda: OrderRef(f"test-{next(refs)}"),
    )  # fmt: skip
    return orders, pictures


def in_the_demo(folder: Path, life: Callable[[Workshop], Awaitable[None]]) -> None:
    async def run() -> None:
        async with workshop(folder) as shop:
            await shop.session.refresh()
            await life(shop)

    asyncio.run(run())


def test_before_the_first_sync_nothing_can_be_checked(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        orders, _ = desk_of(shop)
        with pytest.raises(Refused, match="not been read"):
            await orders.check(OrderTicket(account=MAIN, mode=Mode.DEMO))

    in_the_demo(tmp_path, life)


def test_a_share_order_goes_through_the_demo_gateway_and_is_cancelled(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        orders, _ = desk_of(shop)
        held = [pair for pair in await holdings(shop.book, MAIN) if pair[0].asset_class is AssetClass.STOCK]
        instrument = held[0][0]
        await orders.book.refresh()
        quotes = await shop.broker.market.quotes([instrument.conid])  # type: ignore[union-attr]
        limit = (quotes[0].bid or Decimal(0)).quantize(Decimal(1)) - 1
        ticket = OrderTicket(
            account=MAIN, mode=Mode.DEMO, legs=(Leg(instrument=instrument, side=Side.BUY),), limit=limit
        )
        shop.dial.advance(timedelta(seconds=1))
        shown = await orders.preview(ticket)
        assert shown.context.day_trades is not None and shown.context.rules and shown.context.quotes
        assert shown.context.settings.risk_broker_level == "Level 3" and shown.context.cash is None
        assert (dict(shown.context.usual), shown.context.deficits, shown.context.was_refused) == ({}, (), False)
        assert not shown.verdict.is_blocked, [finding for finding in shown.verdict.findings if finding.severity == 4]
        yes = orders.confirm(shown)
        order = await orders.send("draft", shown, ask=said_yes, confirmation=yes)
        assert order.is_open
        await orders.cancel(order)
        for _ in range(20):
            await orders.book.refresh()
            if not orders.book.working:
                break
        known = orders.book.find(order.ref or OrderRef(""))
        assert known is not None and known.state is OrderState.CANCELLED
        steps = [each.receipt.step for each in await orders.receipt(order.ref or OrderRef(""))]
        assert steps[:3] == [Step.CHECK_RUN, Step.CONFIRMED_OVERRIDE, Step.SENT]
        assert steps[-2:] == [Step.CANCEL, Step.CANCELLED]

    in_the_demo(tmp_path, life)


def test_a_check_after_the_preview_waits_for_the_vault_only_where_it_was_written_meanwhile(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        orders, _ = desk_of(shop)
        await orders.book.refresh()
        instrument = (await holdings(shop.book, MAIN))[0][0]
        ticket = OrderTicket(account=MAIN, mode=Mode.DEMO, legs=(Leg(instrument=instrument, side=Side.BUY),))
        shown = await orders.check(ticket)
        release = threading.Event()
        busy = [beside(shop.database.read(lambda _: release.wait(40))) for _ in range(READERS)]
        await asyncio.sleep(0)  # every reader of the vault is kept busy from here on
        async with asyncio.timeout(20):
            again = await orders.check(ticket)
        moved = {"quotes": again.context.quotes, "now": again.context.now}  # these are asked for each time
        assert again.context == replace(shown.context, **moved) and not release.is_set()
        release.set()
        await asyncio.gather(*busy)
        shop.dial.advance(timedelta(hours=1))
        await shop.sync.run()
        later = (await orders.check(ticket)).context.summary
        assert later is not None and later.received_at == shop.dial.instant

    in_the_demo(tmp_path, life)


Told = tuple[tuple[float, int], ...]


@pytest.mark.parametrize(
    ("told", "known", "filled", "most"),
    [
        ((), 10, 0, 10),
        (((60, -4),), 6, 0, 6),
        (((60, -10),), 0, 0, 0),
        (((-60, -4),), 10, 0, 10),  # the positions have it
        (((-2, -4),), 10, 0, 6),  # or may not have it yet
        (((2, -4),), 6, 0, 6),
        (((2, 4),), 14, 0, 10),
        ((), 10, 4, 6),  # the order knows of it, no print has come
        (((60, -4),), 6, 4, 6),  # once is once
        (((60, -3),), 7, 4, 6),
    ],
)
def test_what_was_traded_since_the_positions_were_read_is_not_sold_again(
    tmp_path: Path, told: Told, known: int, filled: int, most: int
) -> None:
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        page = await shop.book.page(MAIN, with_history=False)
        assert page is not None
        share = next(row.position for row in page.rows if row.position.instrument.asset_class is AssetClass.STOCK)
        extra = share.quantity - 10  # as if ten were held
        ref, at = OrderRef("mine"), page.as_of
        fills = [
            Fill(execution=Execution(
                exec_id=ExecId(f"e{after}"), account=MAIN, instrument=share.instrument, quantity=Decimal(abs(signed)),
                side=Side.BUY if signed > 0 else Side.SELL, price=Decimal(1), at=at + timedelta(seconds=after), ref=ref,
            )) for after, signed in told
        ]  # fmt: skip
        await shop.database.write(trades.save_fills, tuple(fills))
        orders, pictures = desk_of(shop)
        await orders.book.put(Order(
            account=MAIN, state=OrderState.CANCELLED, legs=(Leg(instrument=share.instrument, side=Side.SELL),),
            quantity=Decimal(10), order_type=OrderType.LIMIT, tif=None, at=at, updated_at=at + timedelta(seconds=60),
            ref=ref, filled=Decimal(filled),
        ))  # fmt: skip
        shop.dial.advance(timedelta(seconds=90))

        def selling(quantity: Decimal) -> OrderTicket:
            return OrderTicket(account=MAIN, mode=Mode.DEMO, quantity=quantity, order_type=OrderType.MARKET,
                               legs=(Leg(instrument=share.instrument, side=Side.SELL),))  # fmt: skip

        seen = await pictures.of(selling(Decimal(1)))
        assert seen.book.quantity(share.instrument) - extra == known
        killed = replace(seen, desk=replace(seen.desk, killed="test"))
        for quantity in (1, 4, 6, 7, 10, 11):
            if extra + quantity > 0:
                findings = check(selling(extra + quantity), killed, policies_at(seen.now.date())).findings
                stop = next(each for each in findings if each.code is Code.KILL_SWITCH)
                assert (stop.severity is Severity.NOTE) is (quantity <= most), quantity

    in_the_demo(tmp_path, life)


def test_what_was_traded_since_the_positions_were_read_is_held_and_was_not_held_before(tmp_path: Path) -> None:
    """A share that was bought after the sync is there to be closed, and selling it the same day is a day trade."""

    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        page = await shop.book.page(MAIN, with_history=False)
        assert page is not None
        first = next(row.position.instrument for row in page.rows
                     if row.position.instrument.asset_class is AssetClass.STOCK)  # fmt: skip
        bought = replace(first, conid=Conid(4_444_444), symbol="NEWONE")
        done = Execution(
            exec_id=ExecId("new"), account=MAIN, instrument=bought, quantity=Decimal(7), side=Side.BUY,
            price=Decimal(1), at=page.as_of + timedelta(seconds=60),
        )  # fmt: skip
        await shop.database.write(trades.save_fills, (Fill(execution=done),))
        assert (bought, Decimal(7)) in await holdings(shop.book, MAIN)
        now = page.as_of + timedelta(seconds=90)
        fills = await shop.database.read(trades.load_fills, MAIN, page.as_of)
        state, _ = day_trades_of(page, fills, now, Calendar(closed={}, early={}))
        assert state.base[(MAIN, bought.conid)] == 0, "nothing of it was held before"

    in_the_demo(tmp_path, life)


def test_a_change_of_an_order_filled_since_the_positions_were_read_is_no_closing(tmp_path: Path) -> None:
    """Ten are held and ten of them for sale, four are sold: fourteen would be ten more against six."""
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        held = [pair for pair in await holdings(shop.book, MAIN) if pair[0].asset_class is AssetClass.STOCK]
        share, whole = held[0]
        orders, pictures = desk_of(shop)
        shop.dial.advance(timedelta(seconds=60))
        before = Order(
            account=MAIN, state=OrderState.WORKING, legs=(Leg(instrument=share, side=Side.SELL),), quantity=whole,
            order_type=OrderType.LIMIT, tif=None, at=shop.dial(), updated_at=shop.dial(), ref=OrderRef("mine"),
            filled=Decimal(4), limit=Decimal(1),
        )  # fmt: skip
        await orders.book.put(before)
        for quantity, lowers in ((whole + 4, False), (whole + 1, False), (whole, True), (whole - 1, True)):
            ticket = OrderTicket(account=MAIN, mode=Mode.DEMO, quantity=quantity, limit=Decimal(1), legs=before.legs)
            seen = (await pictures.of(ticket)).without(before)
            killed = replace(seen, desk=replace(seen.desk, killed="test"))
            findings = check(ticket, killed, policies_at(seen.now.date())).findings
            stop = next(each for each in findings if each.code is Code.KILL_SWITCH)
            assert (stop.severity is Severity.NOTE) is lowers

    in_the_demo(tmp_path, life)


def test_no_options_entered_with_the_connection_blocks_what_opens_one_and_lets_it_be_closed(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        orders, _ = desk_of(shop, no_options)
        await orders.book.refresh()
        held = (pair for pair in await holdings(shop.book, MAIN))
        call, quantity = next((each, held) for each, held in held if each.option is not None and held > 0)
        for side, word in ((Side.BUY, True), (Side.SELL, False)):
            legs = (Leg(instrument=call, side=side),)
            ticket = OrderTicket(
                account=MAIN, mode=Mode.DEMO, legs=legs, quantity=min(quantity, Decimal(1)),
                order_type=OrderType.MARKET,
            )  # fmt: skip
            found = (await orders.check(ticket)).verdict.findings
            blocks = [each for each in found if each.code is Code.LEVEL_REQUIRED and each.severity is Severity.BLOCK]
            assert bool(blocks) is word
            assert not blocks or "Level 0" in blocks[0].sentence

    in_the_demo(tmp_path, life)


def test_a_call_that_is_sold_is_seen_with_the_next_dividend_of_its_shares(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await shop.sync.run()
        _, pictures = desk_of(shop)
        held = (pair[0] for pair in await holdings(shop.book, MAIN))
        call = next(each for each in held if each.option is not None and each.option.right is Right.CALL)
        for side in Side:
            ticket = OrderTicket(account=MAIN, mode=Mode.DEMO, legs=(Leg(instrument=call, side=side),))
            told = (await pictures.of(ticket)).dividends
            assert set(told) == ({call.underlying_conid} if side is Side.SELL else set())

    in_the_demo(tmp_path, life)
