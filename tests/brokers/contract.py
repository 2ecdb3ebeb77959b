"""What any broker must do, one suite per facet. An adapter's test subclasses them and says how to connect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from decimal import Decimal

import pytest

from ibdesk.brokers.base import Broker, StreamUp
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import BarSize, Quote, Span
from ibdesk.domain.money import ZERO
from ibdesk.domain.positions import Snapshot

Scene = Callable[[Broker], Awaitable[None]]


class _Suite:
    """`connect` gives an open broker in front of the demo's world, signed in."""

    def connect(self) -> AbstractAsyncContextManager[Broker]:
        raise NotImplementedError

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

    def test_the_equity_history_is_daily_and_oldest_first(self) -> None:
        async def scene(broker: Broker) -> None:
            curve = await broker.equity_history((await broker.accounts())[0].id)
            instants = [point.at for point in curve]
            assert len(instants) > 100
            assert instants == sorted(set(instants))

        self.play(scene)

    async def first_snapshot(self, broker: Broker) -> Snapshot:
        return await broker.snapshot((await broker.accounts())[0].id)


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
