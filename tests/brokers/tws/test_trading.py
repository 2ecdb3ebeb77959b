"""Orders over the socket: sent at most once, refused in TWS's words, and unknown when nobody answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.brokers.tws.connection import TwsTimings
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Refused, Unavailable
from ibdesk.domain.instruments import Right
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import (
    Exits,
    Leg,
    OrderId,
    OrderState,
    OrderTicket,
    OrderType,
    OtherHalf,
    Placed,
    Rejected,
    Side,
    TimeInForce,
    Trail,
)
from ibdesk.domain.pairs import Pairing
from tests.brokers.tws.door import MAIN, SECOND, Scene, at_other, at_tws, sent, ticket_for, watching

HASTY = TwsTimings(open_within=2.0, answer_within=2.0, order_within=0.5, quotes_within=1.0)


def play(scene: Callable[[Scene], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)

    asyncio.run(run())


async def resting(stage: Scene, *, quantity: int = 2, limit: str = "100", account: str = MAIN) -> OrderTicket:
    """Far below the market."""
    ticket = await ticket_for(stage.broker, quantity=quantity)
    return replace(ticket, order_type=OrderType.LIMIT, limit=Decimal(limit), account=account)  # type: ignore[arg-type]


def test_while_reading_only_there_is_no_trading_but_the_book() -> None:
    async def scene(stage: Scene) -> None:
        assert (stage.broker.trading, stage.broker.exercising) == (None, None)
        assert stage.broker.book is not None
        assert await stage.broker.book.orders(MAIN) == ()
        assert {each.id for each in stage.service.clients} == {1}

    play(scene, read_only=True)


def test_orders_leave_by_the_connection_that_is_theirs() -> None:
    async def scene(stage: Scene) -> None:
        answer = await sent(stage.broker, await resting(stage), "two")
        assert isinstance(answer, Placed)
        assert {each.id for each in stage.service.clients} == {1, 2}
        assert answer.orders[0].state is OrderState.WORKING and answer.orders[0].limit == 100

    play(scene)


def test_a_refusal_is_told_in_the_brokers_words() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.reject_order("Order rejected - reason:YOUR ACCOUNT HAS A MINIMUM")
        answer = await sent(stage.broker, await resting(stage), "refused")
        assert isinstance(answer, Rejected) and "YOUR ACCOUNT HAS A MINIMUM" in answer.text

    play(scene)


def test_words_beside_an_order_do_not_end_it() -> None:
    """10349, "time in force was set by a preset": both libraries would call the order cancelled."""

    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        remark = "The broker remarks: held until the market opens"
        for number, (code, said, words) in enumerate((
            (10349, "TIF was set to DAY", "TIF was set to DAY"),
            (399, "Order Message:\nheld until the market opens", remark),
        )):  # fmt: skip
            stage.service.faults.say_about_order(code, said)
            answer = await sent(stage.broker, await resting(stage), f"worded-{number}")
            assert isinstance(answer, Placed)
            (known,) = [each for each in await stage.broker.trading.orders(MAIN) if each.ref == f"worded-{number}"]
            assert known.is_open and known.message == words

    play(scene)


def test_an_order_nobody_answers_is_unknown_and_never_sent_again() -> None:
    async def scene(stage: Scene) -> None:
        ticket = await resting(stage)
        assert stage.broker.trading is not None
        await stage.broker.trading.orders(MAIN)
        stage.service.faults.half_open(client_id=2)
        with pytest.raises(Unavailable) as caught:
            await sent(stage.broker, ticket, "lost")
        assert caught.value.cause is Cause.OUTCOME_UNKNOWN
        with pytest.raises(Unavailable) as caught:
            await sent(stage.broker, ticket, "lost")
        assert caught.value.cause is Cause.OUTCOME_UNKNOWN

    play(scene, timings=HASTY)


def test_a_line_that_ends_under_an_order_leaves_it_unknown_and_the_book_knows_it_later() -> None:
    async def scene(stage: Scene) -> None:
        ticket = await resting(stage)
        assert stage.broker.trading is not None
        await stage.broker.trading.orders(MAIN)
        stage.service.faults.half_open(client_id=2, keeps=0.1)
        with pytest.raises(Unavailable) as caught:
            await sent(stage.broker, ticket, "cut")
        assert caught.value.cause is Cause.OUTCOME_UNKNOWN
        stage.service.faults.heal()
        known = [each for each in await stage.broker.trading.orders(MAIN) if each.ref == "cut"]
        again = await sent(stage.broker, ticket, "cut") if known else None
        assert again is None or (isinstance(again, Placed) and again.orders[0].id == known[0].id)
        assert sum(each.ref == "cut" for each in await stage.broker.trading.orders(MAIN)) <= 1

    play(scene)


def test_a_second_desk_knows_our_order_by_its_id_and_does_not_send_it_again() -> None:
    async def scene(stage: Scene) -> None:
        ticket = await resting(stage)
        first = await sent(stage.broker, ticket, "once")
        await stage.broker.close()
        async with at_other(stage, client_id=1, order_client_id=2) as later:
            assert later.trading is not None
            await later.trading.orders(MAIN)
            again = await sent(later, ticket, "once")
            assert isinstance(first, Placed) and isinstance(again, Placed)
            assert again.orders[0].id == first.orders[0].id
            await later.trading.cancel(again.orders[0])

    play(scene)


def test_an_order_of_another_program_is_shown_and_left_to_it() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        async with at_other(stage) as other:
            await sent(other, await resting(stage), "theirs")
            (order,) = await stage.broker.trading.orders(MAIN)
            assert order.ref == "theirs" and order.is_open
            with pytest.raises(Refused) as caught:
                await stage.broker.trading.cancel(order)
            assert "another program" in caught.value.message
            await stage.broker.trading.cancel_all(MAIN)
            (order,) = await stage.broker.trading.orders(MAIN)
            assert order.state is OrderState.CANCELLED

    play(scene)


def test_a_cancel_of_all_leaves_the_orders_of_another_account() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        await sent(stage.broker, await resting(stage), "main")
        await sent(stage.broker, await resting(stage, quantity=1, account=SECOND), "second")
        await stage.broker.trading.cancel_all(MAIN)
        (ours,) = await stage.broker.trading.orders(MAIN)
        (other,) = await stage.broker.trading.orders(SECOND)
        assert ours.state in (OrderState.CANCELLED, OrderState.CANCELLING) and other.is_open

    play(scene)


def test_cancelling_what_is_filled_is_refused() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        answer = await sent(stage.broker, await ticket_for(stage.broker), "filled")
        assert isinstance(answer, Placed)
        async with watching(stage.broker):
            with pytest.raises(Refused):
                await stage.broker.trading.cancel(answer.orders[0])

    play(scene)


def test_words_and_status_of_a_cancel_come_in_either_order() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        for number, first in enumerate((True, False)):
            stage.service.faults.cancel_words_first(first)
            answer = await sent(stage.broker, await resting(stage), f"cancel-{number}")
            assert isinstance(answer, Placed)
            await stage.broker.trading.cancel(answer.orders[0])
            (known,) = [each for each in await stage.broker.trading.orders(MAIN) if each.ref == f"cancel-{number}"]
            assert known.state is OrderState.CANCELLED

    play(scene)


def test_a_read_only_tws_says_what_to_untick() -> None:
    async def scene(stage: Scene) -> None:
        ticket = await resting(stage)
        stage.service.faults.read_only()
        assert stage.broker.book is not None and stage.broker.trading is not None
        for asked in (sent(stage.broker, ticket, "no"), stage.broker.trading.what_if(ticket)):
            with pytest.raises(Refused) as caught:
                await asked
            assert caught.value.cause is Cause.READ_ONLY and "Read-Only API" in caught.value.remedy
        with pytest.raises(Refused) as caught:
            await stage.broker.book.orders(MAIN)
        assert caught.value.cause is Cause.READ_ONLY and "Read-Only API" in caught.value.remedy
        assert (await stage.broker.snapshot(MAIN)).positions

    play(scene)


def test_the_first_answer_to_a_preview_may_hold_nothing_yet() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        stage.service.faults.sentinel_what_if()
        seen = await stage.broker.trading.what_if(await ticket_for(stage.broker))
        assert seen.initial_margin.after is not None and seen.commission_to is not None
        refused = await stage.broker.trading.what_if(replace(
            await ticket_for(stage.broker), order_type=OrderType.LIMIT, limit=Decimal("1.00001")
        ))
        assert refused.refusal and refused.initial_margin.after is None

    play(scene)


def test_a_bracket_is_one_order_with_two_that_wait_for_it() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        ticket = replace(
            await resting(stage), exits=Exits(take_profit=Decimal(300), stop_loss=Decimal(90)), tif=TimeInForce.GTC
        )
        answer = await sent(stage.broker, ticket, "bracket")
        assert isinstance(answer, Placed)
        parent, *children = answer.orders
        assert parent.ref == "bracket" and len(children) == 2
        assert {each.order_type for each in children} == {OrderType.LIMIT, OrderType.STOP}
        assert {each.parent for each in children} == {"bracket"}

    play(scene)


def test_a_combination_is_bought_and_its_credit_is_negative() -> None:
    async def scene(stage: Scene) -> None:
        market, trading = stage.broker.market, stage.broker.trading
        assert market is not None and trading is not None
        spy = (await market.find("SPY"))[0].conid
        month = (await market.chain_months(spy))[1]
        strikes = await market.chain_strikes(spy, month)
        middle = len(strikes) // 2
        puts = [
            next(each for each in await market.chain_contracts(spy, month, strike)
                 if each.option and each.option.right is Right.PUT)
            for strike in strikes[middle - 4 : middle - 2]
        ]
        ticket = OrderTicket(
            account=MAIN, mode=Mode.DEMO, quantity=Decimal(1), limit=Decimal("-5.00"),
            legs=(Leg(instrument=puts[1], side=Side.SELL), Leg(instrument=puts[0], side=Side.BUY)),
        )
        assert isinstance(await sent(stage.broker, ticket, "spread"), Placed)
        (known,) = [each for each in await trading.orders(MAIN) if each.ref == "spread"]
        assert set(known.legs) == set(ticket.legs) and known.limit == ticket.limit

    play(scene)


@pytest.mark.parametrize("is_percent", [False, True])
def test_a_trailing_stop_keeps_its_distance_and_its_unit(is_percent: bool) -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        ticket = replace(
            await ticket_for(stage.broker, side=Side.SELL, quantity=1), order_type=OrderType.TRAILING,
            trail=Trail(amount=Decimal(7), is_percent=is_percent),
        )
        assert isinstance(await sent(stage.broker, ticket, "trail"), Placed)
        (known,) = [each for each in await stage.broker.trading.orders(MAIN) if each.ref == "trail"]
        assert (known.order_type, known.trail) == (OrderType.TRAILING, ticket.trail)

    play(scene)


def test_a_ticket_of_another_mode_or_account_never_leaves() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        ticket = await resting(stage)
        with pytest.raises(Refused) as caught:
            await sent(stage.broker, replace(ticket, mode=Mode.IBKR_LIVE), "wrong")
        assert caught.value.cause is Cause.WRONG_ENVIRONMENT
        answer = await sent(stage.broker, ticket, "right")
        assert isinstance(answer, Placed)
        with pytest.raises(Refused):
            await stage.broker.trading.modify(answer.orders[0], replace(ticket, account=SECOND))
        with pytest.raises(Refused):
            await stage.broker.trading.modify(replace(answer.orders[0], id=OrderId("7")), ticket)
        with pytest.raises(Refused) as caught:
            await stage.broker.trading.reply(MAIN, "anything", yes=True)
        assert caught.value.cause is Cause.QUESTION_STALE

    play(scene)


def test_two_orders_that_cancel_each_other_are_refused_in_words_and_nothing_leaves() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None and stage.broker.trading.pairing is Pairing.NOT_TAKEN
        pair = replace(await resting(stage), other=OtherHalf(stop=Decimal(50)))
        answer = await sent(stage.broker, pair, "pair")
        assert isinstance(answer, Rejected) and "not sent over the socket" in answer.text
        assert stage.gateway._state.exchange.orders == {}

    play(scene)


def test_a_paper_account_is_not_traded_live() -> None:
    async def scene(stage: Scene) -> None:
        ticket = replace(await ticket_for(stage.broker), mode=Mode.IBKR_LIVE)
        with pytest.raises(Refused) as caught:
            await sent(stage.broker, ticket, "live")
        assert caught.value.cause is Cause.WRONG_ENVIRONMENT

    play(scene, environment=Environment.LIVE)


def test_a_change_that_is_refused_leaves_the_order_as_it_was() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.trading is not None
        ticket = await resting(stage)
        answer = await sent(stage.broker, ticket, "steady")
        assert isinstance(answer, Placed)
        stage.service.faults.reject_order("too far from the market")
        changed = await stage.broker.trading.modify(answer.orders[0], replace(ticket, limit=Decimal(1)))
        assert isinstance(changed, Rejected)
        (known,) = await stage.broker.trading.orders(MAIN)
        assert known.is_open and known.limit == ticket.limit

    play(scene)
