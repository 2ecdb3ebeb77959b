"""A live account on the paper path is refused at three layers, and each of them suffices.

1. What the gateway says of the account: it is never taken into a paper desk, neither by the wizard nor by a sync.
2. The desk's own gate: every rule is asked, and mode and account do not belong together.
3. The adapter: the last one asks the gateway once more before the request is made.

Each is tried while the others are not there: the first without a ticket, the second before a broker that takes all, the
third without a desk.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order, OrderIntent, OrderRef, OrderTicket, Placed, Questions
from ibdesk.domain.receipts import Step
from ibdesk.domain.records import SyncStatus
from ibdesk.services.connector import Target
from ibdesk.services.findings import AccountSeen, CheckId, Failed, Finding, in_pairs
from ibdesk.store import vault as vaults
from ibdesk.store.accounts import load_accounts
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from tests.brokers.door import LUNCH, MAIN, Desk, connected
from tests.brokers.paper.desk import paper_desk
from tests.brokers.portal.tickets import stock
from tests.brokers.tws.door import at_tws, ticket_for
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import REAL, ticket
from tests.services.test_connector import make_connector
from tests.services.workshop import NOON, PASSPHRASE, workshop

LIVE = AccountId("U7654321")
drafts = (f"paper-path-{number}" for number in count())
days = (NOON + timedelta(days=7 * number) for number in count())


@asynccontextmanager
async def gateway_of(*, live: bool) -> AsyncIterator[DemoGateway]:
    gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off(), live=live)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


# --- 1. what the gateway says of the account ----------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_layer_1_the_wizard_takes_no_live_account_into_a_paper_desk(live: bool) -> None:
    async def walk() -> None:
        connector = make_connector()
        async with gateway_of(live=live) as gateway:
            target = Target(
                url=gateway.url, pin=in_pairs(gateway.certificate_sha256), environment=Environment.PAPER
            )
            async with aclosing(connector.verify(target, None)) as findings:
                found: list[Finding] = [finding async for finding in findings]
            await connector.abandon()
        if not live:
            assert any(isinstance(each, AccountSeen) for each in found)
            return
        failure = found[-1]
        assert isinstance(failure, Failed)
        assert (failure.check, failure.error.cause) == (CheckId.SIGN_IN, Cause.WRONG_ENVIRONMENT)
        assert failure.error.remedy and not any(isinstance(each, AccountSeen) for each in found)

    asyncio.run(walk())


@pytest.mark.parametrize("live", [True, False])
def test_layer_1_a_sync_stores_no_live_account_in_a_paper_desk(tmp_path: Path, live: bool) -> None:
    """The gateway may be signed in with the other user at any time: every sync looks again."""

    async def walk() -> None:
        async with workshop(tmp_path, environment=Environment.PAPER, live=live) as shop:
            await shop.session.refresh()
            outcome = await shop.sync.run()
            stored = await shop.database.read(load_accounts)
            if not live:
                assert outcome.status is SyncStatus.SUCCESS and stored
                return
            assert {record.cause for record in outcome.records} == {Cause.WRONG_ENVIRONMENT.value}
            assert not stored and await shop.book.pages() == ()

    asyncio.run(walk())


# --- 2. the gate, before a broker that would take everything ------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    vault, _ = vaults.create(tmp_path_factory.mktemp("paper-path") / "home", PASSPHRASE, cost=LOWEST_COST)
    database = open_database(vault)
    yield database
    asyncio.run(database.close())
    vault.close()


def paper_desk_with(shared: Database, account: AccountId, *, is_paper: bool) -> OrderBench:
    """A desk in paper mode whose picture is of this account: as if the first layer had let it in."""

    def change(context: Context) -> Context:
        seen = Account(id=account, title="", currency=context.account.currency, is_paper=is_paper,
                       margin_type=context.account.margin_type)  # fmt: skip
        assert context.summary is not None
        return replace(context, account=seen, summary=replace(context.summary, account=account))

    return OrderBench(database=shared, mode=Mode.IBKR_PAPER, now=next(days), change=change)


def wanted(account: AccountId) -> OrderTicket:
    return replace(ticket(), account=account, mode=Mode.IBKR_PAPER)


def test_layer_2_the_gate_blocks_a_live_account_and_writes_down_why(shared: Database) -> None:
    bench = paper_desk_with(shared, REAL, is_paper=False)
    with pytest.raises(Refused) as refused:
        asyncio.run(bench.send(next(drafts), wanted(REAL)))
    assert "is a live account and cannot trade in IBKR Paper" in refused.value.message and refused.value.remedy
    assert bench.broker.placed == [] and bench.book.orders == ()
    assert asyncio.run(bench.newest(Step.BLOCKED, since=bench.now))


def test_layer_2_nothing_else_stands_in_the_way_of_that_order(shared: Database) -> None:
    live = paper_desk_with(shared, REAL, is_paper=False)
    checked = asyncio.run(live.orders.check(wanted(REAL)))
    assert [each.code for each in checked.verdict.of(Severity.BLOCK)] == [Code.MODE]
    paper = paper_desk_with(shared, MAIN, is_paper=True)
    asyncio.run(paper.send(next(drafts), wanted(MAIN)))
    assert len(paper.broker.placed) == 1


def test_layer_2_an_order_of_a_live_account_is_not_changed_either(shared: Database) -> None:
    async def walk() -> None:
        bench = paper_desk_with(shared, MAIN, is_paper=True)
        order = await bench.send(next(drafts), wanted(MAIN))
        moved = replace(wanted(MAIN), limit=Decimal("100.01"))
        bench.change = lambda context: replace(context, account=replace(context.account, id=REAL, is_paper=False))
        shown = await bench.orders.check(moved, changes=order)
        with pytest.raises(Refused):
            await bench.orders.change(order, shown, ask=bench.ask)
        known = bench.book.newest(order)
        assert known.limit == order.limit

    asyncio.run(walk())


# --- 3. the adapter, without a desk before it ---------------------------------------------------------------------


async def place(desk: Desk, wanted: OrderTicket) -> tuple[Order, ...]:
    assert desk.broker.trading is not None
    answer = await desk.broker.trading.place(OrderIntent(ref=OrderRef("paper-path"), ticket=wanted, at=LUNCH))
    while isinstance(answer, Questions):
        answer = await desk.broker.trading.reply(wanted.account, answer.reply, yes=True)  # type: ignore[assignment]
    assert isinstance(answer, Placed), answer
    return answer.orders


def test_layer_3_the_portal_adapter_asks_the_gateway_and_sends_nothing() -> None:
    async def walk() -> None:
        async with gateway_of(live=True) as gateway, connected(
            gateway.url, gateway.certificate_sha256, environment=Environment.PAPER
        ) as desk:
            with pytest.raises(Refused) as refused:
                await place(desk, stock(account=LIVE, mode=Mode.IBKR_PAPER))
            assert refused.value.cause is Cause.WRONG_ENVIRONMENT and "live account" in refused.value.message
            assert not [path for method, path in gateway.calls if method != "GET" and "order" in path]
            assert gateway._state.exchange.orders == {}
        async with gateway_of(live=False) as gateway, connected(
            gateway.url, gateway.certificate_sha256, environment=Environment.PAPER
        ) as desk:
            assert await place(desk, stock(mode=Mode.IBKR_PAPER))

    asyncio.run(walk())


def test_layer_3_the_adapter_of_tws_goes_by_the_account_s_id() -> None:
    async def walk() -> None:
        async with at_tws(environment=Environment.PAPER) as stage:
            assert stage.broker.trading is not None
            good = replace(await ticket_for(stage.broker), mode=Mode.IBKR_PAPER)
            live = OrderIntent(ref=OrderRef("live"), ticket=replace(good, account=LIVE), at=LUNCH)
            with pytest.raises(Refused) as refused:
                await stage.broker.trading.place(live)
            assert refused.value.cause is Cause.WRONG_ENVIRONMENT
            assert stage.gateway._state.exchange.orders == {}

    asyncio.run(walk())


def test_layer_3_local_paper_takes_its_own_account_alone() -> None:
    async def walk() -> None:
        async with paper_desk() as desk:
            assert desk.broker.trading is not None
            theirs = replace(await desk.buys("AAPL", 1), account=LIVE)
            with pytest.raises(Refused) as refused:
                await desk.broker.trading.place(OrderIntent(ref=OrderRef("live"), ticket=theirs, at=desk.now))
            assert refused.value.cause is Cause.WRONG_ENVIRONMENT
            assert desk.broker.state.orders == () and desk.gateway.orders == {}

    asyncio.run(walk())
