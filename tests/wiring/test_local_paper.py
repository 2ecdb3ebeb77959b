"""A desk in Local Paper: its own account in front of a gateway's market, whatever that gateway is for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode, is_local
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderState, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.domain.receipts import Step
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Reply
from ibdesk.store import secrets, trades
from ibdesk.store import vault as vaults
from ibdesk.wiring.desks import World, build_desk
from tests.cli.order_desk import OrderDesk, _all_read, with_desk
from tests.services.workshop import eventually
from tests.store.fresh import fresh_vault

D = Decimal


class Opened:
    """A desk that watches, in front of a gateway with live or paper accounts, and a vault it can be opened on again."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self.folder, self.environment = folder, environment
        is_live = environment is Environment.LIVE
        self.gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off(), live=is_live)
        self.vault = fresh_vault(folder / "home")
        self.is_new = True

    async def run(self, *scenes: Callable[[Desk], Awaitable[None]]) -> None:
        """Each scene on a desk of its own, one after the other on the same vault."""
        await self.gateway.start()
        try:
            for scene in scenes:
                async with AsyncExitStack() as opened:
                    await scene(await self._open(opened))
        finally:
            await self.gateway.stop()
            self.vault.close()

    async def _open(self, opened: AsyncExitStack) -> Desk:
        world = World(
            home=self.folder / "home", clock=self.gateway.clock.now, variables={}, overrides={"local_paper": "true"},
            environment=self.environment, watching=True, ticks=lambda: time.monotonic() * 1000,
        )  # fmt: skip
        first = partial(_save, self.vault, Credentials(
            environment=self.environment, gateway_url=self.gateway.url, user_name="demo",
            account=AccountId(self.gateway.accounts[0]), certificate_sha256=self.gateway.certificate_sha256,
        )) if self.is_new else None  # fmt: skip
        desk = await build_desk(self.vault, opened, world, first=first)
        if self.is_new:
            await desk.preferences.acknowledge(_all_read(desk))
        self.is_new = False
        return desk


def _save(vault: vaults.OpenVault, credentials: Credentials, tx: object, at: object) -> None:
    secrets.save_credentials(tx, vault, credentials, at)  # type: ignore[arg-type]


async def ready(desk: Desk) -> Orders:
    session, orders = desk.session, desk.orders
    assert session is not None and orders is not None and desk.sync is not None and desk.live is not None
    await eventually(lambda: session.session.is_ready and orders.book.is_read, within=30)
    await desk.sync.run()
    live = desk.live
    await eventually(lambda: live.state.is_up, within=30)
    return orders


async def ticket(desk: Desk, symbol: str, **more: object) -> OrderTicket:
    (account,) = await desk.book.accounts()
    return OrderTicket(account=account.id, mode=desk.mode, legs=(Leg(instrument=await share(desk, symbol),
                       side=Side.BUY),), **more)  # type: ignore[arg-type]


async def share(desk: Desk, symbol: str) -> Instrument:
    assert desk.chains is not None
    conid = next(each.conid for each in await desk.chains.find(symbol) if each.symbol == symbol)
    return await desk.chains.instrument(conid)


async def send(orders: Orders, wanted: OrderTicket, draft: str) -> str:
    shown = await orders.preview(wanted)
    assert not shown.verdict.is_blocked, [each.sentence for each in shown.verdict.findings]
    order = await orders.send(draft, shown, ask=yes, confirmation=orders.confirm(shown))
    assert order.ref is not None
    return order.ref


async def yes(*_: object) -> Reply:
    return Reply(yes=True)


def test_a_demo_desk_in_local_paper_has_its_own_account_and_that_alone() -> None:
    async def run() -> None:
        first = await wiring.open_demo_desk(local_paper=True)
        assert first.mode is Mode.LOCAL_PAPER
        await first.preferences.choose_mode(Mode.DEMO)
        assert first.reopen is not None
        between = await first.reopen()
        assert between.mode is Mode.DEMO and all(not is_local(each.id) for each in await between.book.accounts())
        await between.preferences.choose_mode(Mode.LOCAL_PAPER)
        assert between.reopen is not None
        desk = await between.reopen()
        try:
            assert desk.mode is Mode.LOCAL_PAPER and desk.orders is not None and desk.sync is not None
            (account,) = await desk.book.accounts()
            assert account.id == "LP0000001" and account.title == "Local Paper"
            orders = desk.orders
            await eventually(lambda: orders.book.is_read, within=20)
            await desk.sync.run()
            (page,) = await desk.book.pages()
            assert page.summary.net_liquidation == 100_000
            assert await desk.activity.fault() is None
        finally:
            await desk.close()

    asyncio.run(run())


@pytest.mark.parametrize("environment", [Environment.LIVE, Environment.PAPER])
def test_it_trades_beside_any_gateway_and_the_gateway_gets_no_order(environment: Environment, tmp_path: Path) -> None:
    opened = Opened(tmp_path, environment)

    async def trade(desk: Desk) -> None:
        orders = await ready(desk)
        assert desk.environment is environment and not orders.is_live
        bought = await send(orders, await ticket(desk, "AAPL", quantity=D(5), order_type=OrderType.MARKET), "a")
        await send(orders, await ticket(desk, "KO", limit=D(60), tif=TimeInForce.GTC), "b")
        await eventually(lambda: orders.book.find(bought).state is OrderState.FILLED)  # type: ignore[arg-type, union-attr]
        sync = desk.sync
        assert sync is not None
        before = sync.last
        await eventually(lambda: sync.last is not before, within=20)  # what was traded is read by itself
        (page,) = await desk.book.pages()
        assert [(row.position.instrument.symbol, row.position.quantity) for row in page.rows] == [("AAPL", 5)]

    async def look_again(desk: Desk) -> None:
        orders = await ready(desk)
        (page,) = await desk.book.pages()
        assert [row.position.quantity for row in page.rows] == [5]
        assert [(order.label, order.is_open) for order in orders.book.orders] == [("AAPL", False), ("KO", True)]
        assert desk.kill_switch is not None
        report = await desk.kill_switch.press("enough")
        assert report.cancelled == ("LP0000001",) and not report.uncancelled
        await orders.book.refresh()
        assert orders.book.working == ()
        shown = await orders.check(await ticket(desk, "KO", limit=D(60)))
        assert Code.KILL_SWITCH in {each.code for each in shown.verdict.findings} and shown.verdict.is_blocked

    asyncio.run(opened.run(trade, look_again))
    written = {(method, path) for method, path in opened.gateway.calls if "order" in path and method != "GET"}
    assert written == set() and opened.gateway.orders == {}


def test_with_the_session_lost_no_order_leaves_and_what_rests_fills_when_it_is_back(tmp_path: Path) -> None:
    opened = Opened(tmp_path, Environment.PAPER)

    async def scene(desk: Desk) -> None:
        orders = await ready(desk)
        wanted = await ticket(desk, "AAPL", limit=D(1), tif=TimeInForce.GTC)
        ref = await send(orders, wanted, "a")
        assert desk.session is not None
        session = desk.session
        opened.gateway.expire_session()
        await session.look()
        await eventually(lambda: not session.session.is_ready)
        shown = await orders.check(wanted)
        assert shown.verdict.is_blocked and Code.SESSION in {each.code for each in shown.verdict.findings}
        order = orders.book.find(ref)  # type: ignore[arg-type]
        assert order is not None and order.is_open
        await orders.cancel(order)  # ours to cancel, whoever is signed in
        await eventually(lambda: orders.book.find(ref).state in (OrderState.CANCELLING, OrderState.CANCELLED))  # type: ignore[arg-type, union-attr]

    asyncio.run(opened.run(scene))


def test_two_accounts_never_share_a_page(tmp_path: Path) -> None:
    opened = Opened(tmp_path, Environment.PAPER)

    async def reset(desk: Desk) -> None:
        orders = await ready(desk)
        await send(orders, await ticket(desk, "KO", limit=D(60), tif=TimeInForce.GTC), "a")
        assert desk.local_paper is not None
        await desk.local_paper.reset()

    async def fresh(desk: Desk) -> None:
        orders = await ready(desk)
        assert [account.id for account in await desk.book.accounts()] == ["LP0000002"]
        assert orders.book.orders == () and len(await desk.book.pages()) == 1
        assert {account.id for account in await desk.book.every_account()} == {"LP0000001", "LP0000002"}

    asyncio.run(opened.run(reset, fresh))


def test_the_dial_of_the_demo_is_the_accounts_clock(tmp_path: Path) -> None:
    opened = Opened(tmp_path, Environment.DEMO)

    async def scene(desk: Desk) -> None:
        orders = await ready(desk)
        ref = await send(orders, await ticket(desk, "KO", limit=D(60)), "day")
        opened.gateway.clock.advance(timedelta(hours=5))
        await orders.book.refresh()
        order = orders.book.find(ref)  # type: ignore[arg-type]
        assert order is not None and order.state is OrderState.CANCELLED

    asyncio.run(opened.run(scene))


def test_an_order_that_never_left_a_desk_that_died_is_known_not_to_have(tmp_path: Path) -> None:
    opened = Opened(tmp_path, Environment.PAPER)

    async def dies(desk: Desk) -> None:
        orders = await ready(desk)
        wanted = await ticket(desk, "KO", limit=D(60))
        intent = OrderIntent(ref=OrderRef("never-left"), ticket=wanted, at=desk.clock())
        await orders.book.put(trades.intended(intent))

    async def opens_again(desk: Desk) -> None:
        orders = await ready(desk)
        await orders.book.refresh()
        found = orders.book.find(OrderRef("never-left"))
        assert found is not None and found.state is OrderState.REFUSED and "never left" in found.message
        assert [each.receipt.step for each in await orders.receipt(OrderRef("never-left"))] == [Step.NOT_PLACED]

    asyncio.run(opened.run(dies, opens_again))


@pytest.mark.parametrize("environment", [Environment.DEMO, Environment.LIVE])
def test_the_option_level_entered_with_the_connection_binds_here_too(environment: Environment, tmp_path: Path) -> None:
    """Local Paper practises with the level of the connection it stands before, whichever that is for (B61)."""

    async def life(typed: OrderDesk) -> None:
        shown = await typed.json("order", "preview", "--symbol", "SPY 261218P570", "--side", "buy", "--limit", "6")
        found = {each["code"]: each["severity"] for each in shown.json["findings"]}
        assert found.get("LEVEL_REQUIRED") == "block", found

    with_desk(life, tmp_path, environment=environment, options_level=1, overrides={"local_paper": "true"})
