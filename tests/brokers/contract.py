"""What any broker must do, one suite per facet. An adapter's test subclasses them and says how to connect."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.brokers.base import Broker, ExerciseOrder, Exercising, StreamUp, Trading
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.market import BarSize, Quote, Span
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import (
    Leg,
    Order,
    OrderId,
    OrderIntent,
    OrderRef,
    OrderState,
    OrderTicket,
    OrderType,
    Placed,
    Questions,
    Side,
)
from ibdesk.domain.positions import Snapshot

Scene = Callable[[Broker], Awaitable[None]]
#: The demo's market stands here.
LUNCH = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


class _Suite(ABC):
    """`connect` gives an open broker in front of the demo's world, signed in."""

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Broker]: ...

    def play(self, scene: Scene) -> None:
        async def run() -> None:
            async with self.connect() as broker:
                await scene(broker)

        asyncio.run(run())


class AccountsContract(_Suite):
    """Accounts and snapshots: every broker."""

    def test_there_are_accounts_and_each_is_told_apart(self) -> None:
        async def scene(broker: Broker) -> None:
            accounts = await broker.accounts()
            assert accounts
            assert len({account.id for account in accounts}) == len(accounts)
            assert all(account.currency and account.title for account in accounts)

        self.play(scene)

    def test_a_snapshot_has_worth_cash_per_currency_and_positions_with_value_and_cost(self) -> None:
        async def scene(broker: Broker) -> None:
            snapshot = await self.first_snapshot(broker)
            assert snapshot.source is broker.source
            assert snapshot.summary.net_liquidation is not None
            assert len({line.currency for line in snapshot.ledger}) == len(snapshot.ledger) > 1
            assert snapshot.as_of <= snapshot.received_at
            for position in snapshot.positions:
                assert position.quantity != 0
                assert position.market_value is not None and position.average_cost is not None
                assert position.instrument.multiplier > 0

        self.play(scene)

    def test_every_class_is_in_it_and_each_instrument_once(self) -> None:
        async def scene(broker: Broker) -> None:
            snapshot = await self.first_snapshot(broker)
            classes = {position.instrument.asset_class for position in snapshot.positions}
            assert classes >= {
                AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION, AssetClass.FUTURE, AssetClass.BOND,
                AssetClass.FUND, AssetClass.CRYPTO, AssetClass.CFD,
            }
            assert len({position.key for position in snapshot.positions}) == len(snapshot.positions)
            assert snapshot.skipped == ()

        self.play(scene)

    def test_derivatives_are_whole(self) -> None:
        async def scene(broker: Broker) -> None:
            for position in (await self.first_snapshot(broker)).positions:
                if position.instrument.asset_class in (AssetClass.OPTION, AssetClass.FUTURE_OPTION):
                    assert position.instrument.option is not None
                if position.instrument.asset_class is AssetClass.FUTURE:
                    assert position.instrument.expiry is not None

        self.play(scene)

    def test_cash_and_values_add_up_to_the_brokers_own_worth(self) -> None:
        async def scene(broker: Broker) -> None:
            snapshot = await self.first_snapshot(broker)
            rates = {line.currency: line.rate for line in snapshot.ledger}
            cash = sum((line.cash * line.rate for line in snapshot.ledger), ZERO)
            held = sum(
                ((each.value or ZERO) * rates[each.instrument.currency] for each in snapshot.positions), ZERO
            )
            assert snapshot.summary.net_liquidation is not None
            # The broker rounds each line to a cent.
            assert abs(cash + held - snapshot.summary.net_liquidation) < Decimal("0.50")

        self.play(scene)

    def test_an_account_of_somebody_else_is_refused(self) -> None:
        async def scene(broker: Broker) -> None:
            with pytest.raises(Refused) as refused:
                await broker.snapshot(AccountId("U9999999"))
            assert refused.value.cause is Cause.UNKNOWN_ACCOUNT

        self.play(scene)

    async def first_snapshot(self, broker: Broker) -> Snapshot:
        return await broker.snapshot((await broker.accounts())[0].id)


class EquityContract(_Suite):
    """Brokers that keep what an account was worth."""

    def test_the_equity_history_is_daily_and_oldest_first(self) -> None:
        async def scene(broker: Broker) -> None:
            curve = await broker.equity_history((await broker.accounts())[0].id)
            instants = [point.at for point in curve]
            assert len(instants) > 100
            assert instants == sorted(set(instants))

        self.play(scene)


class SessionContract(_Suite):
    """Brokers with a sign-in."""

    def test_a_signed_in_session_is_ready_and_says_whose_it_is(self) -> None:
        async def scene(broker: Broker) -> None:
            assert broker.session is not None
            flags = await broker.session.status()
            assert flags.reachable and flags.signed_in and flags.authenticated and flags.established
            assert (await broker.session.tickle()).authenticated
            assert (await broker.session.signed_in_as()).user_name

        self.play(scene)

    def test_signing_out_ends_it(self) -> None:
        async def scene(broker: Broker) -> None:
            assert broker.session is not None
            await broker.session.sign_out()
            flags = await broker.session.status()
            assert flags.reachable and not flags.signed_in and not flags.authenticated

        self.play(scene)


class MarketContract(_Suite):
    """Brokers with market data."""

    def test_a_symbol_leads_to_its_contract_quote_and_history(self) -> None:
        async def scene(broker: Broker) -> None:
            assert broker.market is not None
            hit = (await broker.market.find("aapl"))[0]
            assert hit.symbol == "AAPL"
            assert (await broker.market.details(hit.conid)).currency == "USD"
            (quote,) = await broker.market.quotes([hit.conid])
            assert quote.last is not None
            bars = await broker.market.history(hit.conid, Span.MONTH, BarSize.DAY)
            assert [bar.at for bar in bars] == sorted(bar.at for bar in bars)
            assert all(bar.low <= bar.close <= bar.high for bar in bars)

        self.play(scene)

    def test_nothing_found_is_an_empty_answer(self) -> None:
        async def scene(broker: Broker) -> None:
            assert broker.market is not None
            assert await broker.market.find("NOSUCHTHING") == ()
            assert await broker.market.find("  ") == ()
            assert await broker.market.quotes([]) == ()

        self.play(scene)


class ChainContract(_Suite):
    """Brokers with option chains."""

    def test_an_underlying_leads_to_months_strikes_contracts_and_prices(self) -> None:
        async def scene(broker: Broker) -> None:
            market = broker.market
            assert market is not None
            spy = (await market.find("SPY"))[0].conid
            months = await market.chain_months(spy)
            assert len(months) > 3 and list(months) == sorted(months) and all(month.day == 1 for month in months)
            strikes = await market.chain_strikes(spy, months[1])
            assert len(strikes) > 20 and list(strikes) == sorted(set(strikes))
            contracts = await market.chain_contracts(spy, months[1], strikes[len(strikes) // 2])
            assert {each.option.right for each in contracts if each.option} == set(Right)
            assert {each.option.strike for each in contracts if each.option} == {strikes[len(strikes) // 2]}
            assert all(each.expiry and each.expiry.replace(day=1) == months[1] for each in contracts)
            assert all(each.underlying_conid == spy and each.multiplier > 0 for each in contracts)
            quotes = await market.quotes([each.conid for each in contracts[:4]])
            assert all(quote.bid is not None and quote.ask is not None for quote in quotes) and len(quotes) == 4
            assert await market.instruments([each.conid for each in contracts]) == contracts

        self.play(scene)


class TradingContract(_Suite):
    """Brokers that take orders, in an account that may trade shares of AAPL."""

    def test_an_order_far_from_the_market_works_until_it_is_changed_and_cancelled(self) -> None:
        async def scene(broker: Broker) -> None:
            trading, ticket = _trading(broker), await self.ticket(broker, away=Decimal(5))
            (order,) = (await self.placed(broker, ticket, "contract-1")).orders
            assert order.ref == "contract-1" and order.is_open
            known = await self.listed(broker, ticket, "contract-1")
            assert known.is_open and known.legs == ticket.legs and known.limit == ticket.limit
            await trading.modify(known, replace(ticket, limit=ticket.limit and ticket.limit - 1))
            known = await self.listed(broker, ticket, "contract-1")
            assert ticket.limit is not None and known.limit == ticket.limit - 1
            await trading.cancel(known)
            gone = await self.listed(broker, ticket, "contract-1")
            assert gone.state in (OrderState.CANCELLING, OrderState.CANCELLED) and gone.filled == 0

        self.play(scene)

    def test_an_order_at_the_market_is_filled_once_and_told_with_its_price(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = replace(await self.ticket(broker), order_type=OrderType.MARKET, limit=None)
            await self.placed(broker, ticket, "contract-2")
            order = await self.listed(broker, ticket, "contract-2")
            assert (order.state, order.filled) == (OrderState.FILLED, ticket.quantity)
            fills = await _trading(broker).executions(ticket.account, order.at - timedelta(days=1))
            ours = [each.execution for each in fills if each.execution.ref == "contract-2"]
            assert sum(each.quantity for each in ours) == ticket.quantity
            assert all(each.side is Side.BUY and each.price > 0 for each in ours)
            assert len({each.execution.exec_id for each in fills}) == len(fills)

        self.play(scene)

    def test_the_same_intent_twice_is_one_order(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = await self.ticket(broker, away=Decimal(5))
            first = await self.placed(broker, ticket, "contract-3")
            again = await self.placed(broker, ticket, "contract-3")
            assert again.orders[0].id == first.orders[0].id
            orders = await _trading(broker).orders(ticket.account)
            assert sum(each.ref == "contract-3" for each in orders) == 1

        self.play(scene)

    def test_cancel_all_reaches_every_working_order(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = await self.ticket(broker, away=Decimal(5))
            for number in range(3):
                await self.placed(broker, ticket, f"contract-4-{number}")
            await _trading(broker).cancel_all(ticket.account)
            orders = await _trading(broker).orders(ticket.account)
            assert not [each for each in orders if each.state in (OrderState.WORKING, OrderState.HELD)]

        self.play(scene)

    def test_a_preview_places_nothing(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = await self.ticket(broker)
            seen = await _trading(broker).what_if(ticket)
            assert seen.initial_margin.after is not None and seen.refusal == ""
            assert await _trading(broker).orders(ticket.account) == ()

        self.play(scene)

    def test_rules_tell_types_and_steps(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = await self.ticket(broker)
            rules = await _trading(broker).rules(ticket.legs[0].instrument.conid, Side.BUY)
            assert {OrderType.LIMIT, OrderType.MARKET} <= rules.order_types
            assert rules.step_at(Decimal(200)) is not None

        self.play(scene)

    def test_cancelling_what_was_never_placed_is_refused(self) -> None:
        async def scene(broker: Broker) -> None:
            ticket = await self.ticket(broker, away=Decimal(5))
            (order,) = (await self.placed(broker, ticket, "contract-5")).orders
            with pytest.raises(Refused):
                await _trading(broker).cancel(replace(order, id=OrderId("1")))

        self.play(scene)

    mode = Mode.DEMO

    async def ticket(self, broker: Broker, *, away: Decimal = ZERO) -> OrderTicket:
        """Two shares, `away` below the bid."""
        assert broker.market is not None
        conid = (await broker.market.find("AAPL"))[0].conid
        (instrument,) = await broker.market.instruments([conid])
        (quote,) = await broker.market.quotes([conid])
        assert quote.bid is not None
        return OrderTicket(
            account=(await broker.accounts())[0].id, mode=self.mode, quantity=Decimal(2), limit=quote.bid - away,
            legs=(Leg(instrument=instrument, side=Side.BUY),),
        )

    async def placed(self, broker: Broker, ticket: OrderTicket, ref: str) -> Placed:
        """Say yes to whatever is asked."""
        answer: object = await _trading(broker).place(OrderIntent(ref=OrderRef(ref), ticket=ticket, at=LUNCH))
        while isinstance(answer, Questions):
            answer = await _trading(broker).reply(ticket.account, answer.reply, yes=True)
        assert isinstance(answer, Placed), answer
        return answer

    async def listed(self, broker: Broker, ticket: OrderTicket, ref: str) -> Order:
        """What the broker's book says of it."""
        (found,) = [each for each in await _trading(broker).orders(ticket.account) if each.ref == ref]
        return found


def _trading(broker: Broker) -> Trading:
    assert broker.trading is not None
    return broker.trading


class ExercisingContract(_Suite):
    """Brokers that take instructions on options, in an account that may buy calls on SPY."""

    mode = Mode.DEMO

    def test_an_instruction_is_kept_replaced_and_taken_back(self) -> None:
        async def scene(broker: Broker) -> None:
            call = await self.held(broker)
            account, exercising = (await broker.accounts())[0].id, _exercising(broker)
            assert await exercising.instructions(account) == ()
            for count in (1, 2):
                await exercising.instruct(_wish(account, call, Decimal(count)))
            (kept,) = await exercising.instructions(account)
            assert (kept.instrument, kept.quantity, kept.is_lapse) == (call, Decimal(2), False)
            await exercising.withdraw(account, call.conid)
            assert await exercising.instructions(account) == ()
            with pytest.raises(Refused):
                await exercising.withdraw(account, call.conid)

        self.play(scene)

    def test_more_than_is_held_and_what_is_not_held_is_refused(self) -> None:
        async def scene(broker: Broker) -> None:
            call = await self.held(broker)
            account, exercising = (await broker.accounts())[0].id, _exercising(broker)
            for wish in (_wish(account, call, Decimal(3)), _wish(account, call, Decimal(0)),
                         _wish(account, replace(call, conid=Conid(1)), Decimal(1))):  # fmt: skip
                with pytest.raises(Refused):
                    await exercising.instruct(wish)
            assert await exercising.instructions(account) == ()

        self.play(scene)

    def test_letting_lapse_before_the_last_day_is_refused(self) -> None:
        async def scene(broker: Broker) -> None:
            call = await self.held(broker)
            account = (await broker.accounts())[0].id
            with pytest.raises(Refused):
                await _exercising(broker).instruct(replace(_wish(account, call, Decimal(1)), is_lapse=True))

        self.play(scene)

    async def held(self, broker: Broker) -> Instrument:
        """Two calls on SPY of a later month, bought at the market."""
        market, trading = broker.market, _trading(broker)
        assert market is not None
        spy = (await market.find("SPY"))[0].conid
        month = (await market.chain_months(spy))[2]
        strikes = await market.chain_strikes(spy, month)
        contracts = await market.chain_contracts(spy, month, strikes[len(strikes) // 2])
        call = next(each for each in contracts if each.option and each.option.right is Right.CALL)
        ticket = OrderTicket(
            account=(await broker.accounts())[0].id, mode=self.mode, quantity=Decimal(2),
            order_type=OrderType.MARKET, legs=(Leg(instrument=call, side=Side.BUY),),
        )
        answer: object = await trading.place(OrderIntent(ref=OrderRef("contract-6"), ticket=ticket, at=LUNCH))
        while isinstance(answer, Questions):
            answer = await trading.reply(ticket.account, answer.reply, yes=True)
        assert isinstance(answer, Placed), answer
        return call


def _wish(account: AccountId, instrument: Instrument, quantity: Decimal) -> ExerciseOrder:
    return ExerciseOrder(account=account, instrument=instrument, quantity=quantity, at=LUNCH)


def _exercising(broker: Broker) -> Exercising:
    assert broker.exercising is not None
    return broker.exercising


class StreamContract(_Suite):
    """Brokers that push."""

    def test_watched_instruments_and_the_accounts_pnl_arrive(self) -> None:
        async def scene(broker: Broker) -> None:
            assert broker.stream is not None
            wanted = [position.instrument.conid for position in
                      (await broker.snapshot((await broker.accounts())[0].id)).positions[:3]]
            await broker.stream.watch(wanted)
            seen: set[Conid] = set()
            kinds: set[type] = set()
            async with aclosing(_until(broker.stream.events(), seconds=5)) as events:
                async for event in events:
                    kinds.add(type(event))
                    if isinstance(event, Quote):
                        seen.add(event.conid)
                    if seen == set(wanted) and {StreamUp, AccountPnl} <= kinds:
                        return
            raise AssertionError(f"only {seen} and {kinds}")

        self.play(scene)


async def _until(batches: AsyncIterator[tuple[object, ...]], *, seconds: float) -> AsyncIterator[object]:
    async with asyncio.timeout(seconds), aclosing(batches) as opened:  # type: ignore[type-var]
        async for batch in opened:
            for event in batch:
                yield event
