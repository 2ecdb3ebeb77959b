"""Journey J3 over the socket of TWS: preview, place, change, cancel, close, exercise and the kill switch, through the
same gate as any order; and whatever happens to the line, no intent is sent twice.

The whole desk but its window: wiring, services, vault, and the wire to the demo's TWS beside its gateway.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.demo.tws.server import TwsService
from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.exercise import Wish
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order, OrderIntent, OrderRef, OrderRoute, OrderState, OrderTicket, OrderType, Side
from ibdesk.domain.receipts import Step
from ibdesk.store import trades
from tests.cli.order_desk import OrderDesk, with_desk
from tests.journeys.test_j3_options_ticket import Trader, quantities

Life = Callable[[Trader], Awaitable[None]]


def live(folder: Path, life: Life, **settings: str) -> None:
    async def run(bench: OrderDesk) -> None:
        trader = Trader(bench)
        await trader.page()
        if settings.get("read_only") != "true":
            await trader.sign_in()
        await life(trader)

    with_desk(run, folder, over_tws=True, overrides=settings)


def service_of(trader: Trader) -> TwsService:
    assert trader.bench.tws is not None
    return trader.bench.tws


async def share(trader: Trader) -> Instrument:
    """One whose stock the account holds."""
    (page, *_) = await trader.desk.book.pages()
    return next(row.position.instrument for row in page.rows if row.position.instrument.symbol == "AAPL")


async def resting(trader: Trader, limit: str = "10", quantity: int = 2) -> OrderTicket:
    """Far below the market."""
    return replace(
        await trader.ticket((await share(trader), Side.BUY)), order_type=OrderType.LIMIT, limit=Decimal(limit),
        quantity=Decimal(quantity),
    )


async def placed(trader: Trader, ticket: OrderTicket, draft: str) -> Order:
    shown = await trader.orders.preview(ticket)
    assert not shown.verdict.is_blocked, [each.sentence for each in shown.verdict.findings]
    return await trader.orders.send(draft, shown, ask=trader.yes, confirmation=trader.orders.confirm(shown))


def test_an_order_is_previewed_placed_changed_and_cancelled_over_the_socket(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        wanted = await resting(trader)
        shown = await trader.orders.preview(wanted)
        assert shown.context.desk.route is OrderRoute.TWS and shown.context.what_if is not None
        assert shown.context.what_if.initial_margin.change is not None and not shown.context.what_if.refusal
        order = await placed(trader, wanted, "one")
        assert order.is_ours and order.state in (OrderState.HELD, OrderState.WORKING)
        assert trader.bench.placed == 0, "the gateway was sent nothing"
        assert {each.id for each in service_of(trader).clients} == {1, 2}, "orders have a connection of their own"
        assert order.ref is not None
        (intent,) = await stored(trader)
        assert (intent.ref, intent.route) == (order.ref, OrderRoute.TWS)

        dearer = replace(wanted, limit=Decimal(11), quantity=Decimal(1))
        shown = await trader.orders.preview(dearer, changes=order)
        changed = await trader.orders.change(
            order, shown, ask=trader.yes, confirmation=trader.orders.confirm(shown)
        )
        assert (changed.limit, changed.quantity, changed.id) == (Decimal(11), Decimal(1), order.id)

        await trader.orders.cancel(changed)
        await trader.orders.book.refresh()
        known = trader.orders.book.find(order.ref)
        assert known is not None and known.state is OrderState.CANCELLED
        steps = await trader.steps(order)
        assert [step for step in steps if step in (Step.SENT, Step.BROKER_ACK, Step.CHANGED, Step.CANCEL)] == [
            Step.SENT, Step.BROKER_ACK, Step.CHANGED, Step.CANCEL
        ]
        with pytest.raises(DeskError) as caught:
            await trader.orders.cancel(changed)
        assert "no more" in caught.value.message or "not know" in caught.value.message

    live(tmp_path, life)


async def stored(trader: Trader) -> tuple[OrderIntent, ...]:
    """What is on disk, which is what counts."""
    return await trader.desk.book._database.read(trades.load_intents, Mode.DEMO)


def test_a_spread_is_bought_and_closed_over_the_socket(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        before = quantities(await trader.page())
        wanted = await trader.put_spread()
        order = await trader.send(wanted)
        assert order.filled == wanted.quantity
        steps = await trader.steps(order)
        assert steps.count(Step.FILL) >= 2 and steps.index(Step.SENT) < steps.index(Step.BROKER_ACK)
        turned = tuple(replace(leg, side=leg.side.opposite) for leg in wanted.legs)
        trader.bench.gateway.clock.advance(timedelta(seconds=30))
        await trader.page()
        await trader.send(replace(wanted, legs=turned, order_type=OrderType.MARKET, limit=None))
        assert quantities(await trader.page()) == before
        assert trader.bench.placed == 0

    live(tmp_path, life)


def test_read_only_keeps_every_order_back_and_opens_no_connection_for_orders(tmp_path: Path) -> None:
    """E12: it is so as shipped."""

    async def life(trader: Trader) -> None:
        ticket = await resting(trader)
        shown = await trader.orders.check(ticket)
        assert Code.READ_ONLY in {each.code for each in shown.verdict.findings} and shown.verdict.is_blocked
        with pytest.raises(Refused) as caught:
            await trader.orders.send("no", shown, ask=trader.yes)
        assert caught.value.remedy == "Turn read only off in Settings."
        with pytest.raises(Refused) as caught:
            await trader.orders.preview(ticket)
        assert caught.value.cause is Cause.READ_ONLY
        said = await trader.bench.json(
            "order", "place", "--symbol", "AAPL", "--qty", "1", "--side", "buy", "--type", "MKT"
        )
        assert said.code != 0
        assert {each.id for each in service_of(trader).clients} <= {1}
        assert not trader.bench.gateway._state.exchange.orders

    live(tmp_path, life, read_only="true")


def test_a_tws_set_to_read_only_is_named_with_its_one_step(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        service_of(trader).faults.read_only()
        with pytest.raises(Refused) as caught:
            await trader.orders.preview(await resting(trader))
        assert caught.value.cause is Cause.READ_ONLY and "Read-Only API" in caught.value.remedy
        shown = await trader.orders.check(await resting(trader))
        assert shown.verdict.is_blocked
        assert caught.value.message in {each.sentence for each in shown.verdict.findings}
        service_of(trader).faults.read_only(False)
        await trader.orders.preview(await resting(trader))
        assert trader.orders.obstacle is None

    live(tmp_path, life)


def test_the_commands_of_a_desk_go_over_the_socket_too(tmp_path: Path) -> None:
    """E24."""

    async def life(trader: Trader) -> None:
        ran = await trader.bench.accepted(
            "order", "place", "--symbol", "AAPL", "--qty", "1", "--side", "buy", "--type", "LMT", "--limit", "10"
        )
        assert ran.code == 0, ran.out + ran.err
        assert trader.bench.placed == 0
        assert [each.is_ours for each in trader.orders.book.working] == [True]

    live(tmp_path, life)


def test_an_option_is_exercised_by_tws_and_one_out_of_the_money_only_when_overridden(tmp_path: Path) -> None:
    """B51."""

    async def life(trader: Trader) -> None:
        underlying, chain = await trader.chain("SPY")
        rich = next(row.call for row in chain.rows if row.call is not None)
        poor = next(row.call for row in reversed(chain.rows) if row.call is not None)
        before = quantities(await trader.page())
        for call in (rich, poor):
            await trader.send(replace(await trader.ticket((call, Side.BUY)), order_type=OrderType.MARKET))
        page = await trader.page()
        expiry, account = trader.desk.expiry, page.account.id
        assert expiry is not None and expiry.takes_instructions
        row = await expiry.position(account, poor.conid)
        wish = Wish(instrument=poor, contracts=Decimal(1))
        verdict = expiry.check(row, wish)
        assert verdict.is_blocked and any("not in the money" in each.sentence for each in verdict.findings)
        with pytest.raises(Refused):
            await expiry.instruct(account, wish, verdict)
        assert quantities(await trader.page())[poor.conid] == before.get(poor.conid, Decimal(0)) + 1

        for call, is_overridden in ((rich, False), (poor, True)):
            wish = Wish(instrument=call, contracts=Decimal(1), is_overridden=is_overridden)
            row = await expiry.position(account, call.conid)
            await expiry.instruct(account, wish, expiry.check(row, wish))
        now = quantities(await trader.page())
        gained = now.get(underlying.conid, Decimal(0)) - before.get(underlying.conid, Decimal(0))
        assert gained == Decimal(200)
        told = [each.receipt.step for each in await trader.desk.activity.receipts()]
        assert told.count(Step.EXERCISE) == 3 and Step.BLOCKED in told

    live(tmp_path, life)


def test_the_kill_switch_cancels_all_of_the_account_over_the_socket_also_what_others_sent(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        ours = await placed(trader, await resting(trader), "ours")
        robot = TwsBroker(
            TwsPlace(port=service_of(trader).port, client_id=11, order_client_id=12, environment=Environment.DEMO,
                     read_only=False), clock=trader.desk.clock,
        )  # fmt: skip
        assert robot.trading is not None
        await robot.trading.place(OrderIntent(
            ref=OrderRef("a robot's"), ticket=await resting(trader, quantity=7), at=trader.desk.clock()
        ))
        await robot.close()
        await trader.orders.book.refresh()
        theirs = next(each for each in trader.orders.book.working if each.quantity == 7)
        assert not theirs.is_ours, "what another program sent is marked as such, whatever it calls it"
        with pytest.raises(Refused) as caught:
            await trader.orders.cancel(theirs)
        assert "another program" in caught.value.message
        switch = trader.desk.kill_switch
        assert switch is not None and ours.ref is not None
        report = await switch.press("enough")
        assert not report.uncancelled and report.cancelled
        await trader.orders.book.refresh()
        known = trader.orders.book.find(ours.ref)
        assert known is not None and known.state is OrderState.CANCELLED
        assert trader.orders.book.newest(theirs).state is OrderState.CANCELLED
        shown = await trader.orders.check(await resting(trader))
        assert Code.KILL_SWITCH in {each.code for each in shown.verdict.findings} and shown.verdict.is_blocked

    live(tmp_path, life)


def test_a_lost_answer_is_unknown_and_found_again_by_our_name(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        ticket = await resting(trader)
        shown = await trader.orders.preview(ticket)
        exchange = trader.bench.gateway._state.exchange
        order = await dropped_on_the_way(trader, shown, "lost")
        assert order.ref is not None and order.state is OrderState.UNKNOWN
        again = await trader.orders.send("lost", shown, ask=trader.yes, confirmation=trader.orders.confirm(shown))
        assert again.ref == order.ref, "the same draft is the same order"
        await settled(trader)
        known = trader.orders.book.find(order.ref)
        assert known is not None
        (arrived,) = [each for each in exchange.orders.values() if each.ticket.ref == order.ref]
        assert known.state in (OrderState.HELD, OrderState.WORKING) and known.id == str(arrived.number)
        steps = await trader.steps(order)
        assert steps.count(Step.SENT) == 1 and Step.OUTCOME_UNKNOWN in steps

    live(tmp_path, life)


async def dropped_on_the_way(trader: Trader, shown: object, draft: str) -> Order:
    """Send it while TWS stops answering in the middle of a message."""
    service_of(trader).faults.drop_mid_message(client_id=2)
    with suppress(DeskError):
        return await trader.orders.send(
            draft, shown, ask=trader.yes, confirmation=trader.orders.confirm(shown)  # type: ignore[arg-type]
        )
    return trader.orders.book.orders[-1]


async def settled(trader: Trader) -> None:
    """Ask until the line is there again."""
    async with asyncio.timeout(20):
        while True:
            try:
                await trader.orders.book.refresh()
            except DeskError:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_drops_silences_and_repeats_sends_an_intent_twice(seed: int, tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        chance = random.Random(seed)
        faults, exchange = service_of(trader).faults, trader.bench.gateway._state.exchange
        troubles: tuple[Callable[[], None], ...] = (
            lambda: faults.drop_mid_message(client_id=2), lambda: faults.drop_mid_message(rude=True),
            lambda: faults.double_executions(3), lambda: faults.late_commissions(0.1),
            lambda: faults.say_about_order(399, "Order Message:\nheld"), lambda: faults.cancel_words_first(),
            lambda: faults.reject_order(), lambda: faults.broker_lost(), lambda: None, lambda: None,
        )  # fmt: skip
        drafts: dict[str, object] = {}
        for step in range(8):
            draft = f"draft {chance.randrange(4)}"
            faults.heal()
            if draft not in drafts:
                with suppress(DeskError):
                    drafts[draft] = await trader.orders.preview(await resting(trader, quantity=step + 1))
            shown = drafts.get(draft)
            if shown is None:
                continue
            chance.choice(troubles)()
            for _ in range(chance.choice((1, 2))):
                with suppress(DeskError):
                    await trader.orders.send(
                        draft, shown, ask=trader.yes, confirmation=trader.orders.confirm(shown)  # type: ignore[arg-type]
                    )
            if chance.random() < 0.5:
                with suppress(DeskError):
                    await trader.orders.book.refresh()
        faults.heal()
        await settled(trader)
        intents = await stored(trader)
        names = [each.ticket.ref for each in exchange.orders.values()]
        assert len(names) == len(set(names)), "each arrived once"
        assert set(names) <= {each.ref for each in intents}, "and none that was not written down"
        for name in set(names):
            known = trader.orders.book.find(name)  # type: ignore[arg-type]
            assert known is not None and known.state is not OrderState.UNKNOWN, "what arrived is known again"

    live(tmp_path, life)
