"""The two ways of orders of an open desk, and what stands in the way of the socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.line import LineState
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderRoute
from ibdesk.domain.positions import Source
from ibdesk.services.desk import Desk
from ibdesk.store import vault as vaults
from ibdesk.store.header import LOWEST_COST
from ibdesk.wiring.desks import World, build_desk
from tests.cli.conftest import PASSPHRASE
from tests.cli.order_desk import OrderDesk, _all_read
from tests.services.workshop import eventually

Life = Callable[[Desk, DemoGateway, TwsService], Awaitable[None]]


def beside_tws_alone(
    life: Life, folder: Path, *, environment: Environment = Environment.PAPER, watching: bool = True,
    settings: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """A desk of a person who has a TWS and no gateway."""

    async def run() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off())
        await gateway.start()
        async with AsyncExitStack() as opened:
            opened.push_async_callback(gateway.stop)
            service = gateway.tws_service(timings=TwsTimings.quick(), master=1)
            await service.start()
            opened.push_async_callback(service.stop)
            vault, _ = vaults.create(folder / "home", PASSPHRASE, cost=LOWEST_COST)
            opened.callback(vault.close)
            chosen = {
                "tws_enabled": "true", "tws_port": str(service.port), "order_route": "tws", "read_only": "false",
                "reconnect_min": "1",
            } | dict(settings or {})  # fmt: skip
            world = World(
                home=folder / "home", clock=gateway.clock.now, variables={}, overrides=chosen,
                environment=environment, watching=watching, ticks=time.monotonic,
            )  # fmt: skip
            await life(await build_desk(vault, opened, world), gateway, service)

    asyncio.run(run())


def test_a_person_with_tws_alone_has_a_whole_desk(tmp_path: Path) -> None:
    async def life(desk: Desk, _gateway: DemoGateway, service: TwsService) -> None:
        assert (desk.session, desk.mode, desk.book.source) == (None, Mode.IBKR_PAPER, Source.TWS)
        assert desk.market is not None and desk.chains is not None and desk.sync is not None
        assert desk.orders is not None and desk.orders.route is OrderRoute.TWS
        book = desk.orders.book
        await desk.sync.run()
        await eventually(lambda: book.is_read, within=20)
        pages = await desk.book.pages()
        assert {page.source for page in pages} == {Source.TWS} and pages[0].rows
        assert desk.orders.obstacle is None
        await eventually(lambda: {1, 2} <= {each.id for each in service.clients}, within=20)

    beside_tws_alone(life, tmp_path)


def test_the_connection_for_orders_is_opened_only_where_orders_may_leave(tmp_path: Path) -> None:
    """E10, E12."""

    async def life(desk: Desk, _gateway: DemoGateway, service: TwsService) -> None:
        assert desk.orders is not None and desk.live_pnl is not None
        book, live = desk.orders.book, desk.live_pnl
        assert desk.sync is not None
        await desk.sync.run()
        await eventually(lambda: book.is_read and live.line.state is LineState.UP, within=20)
        assert {each.id for each in service.clients} == {1}

    beside_tws_alone(life, tmp_path, settings={"read_only": "true"})


@pytest.mark.parametrize("environment", [Environment.LIVE])
def test_a_live_desk_takes_no_paper_account_over_tws(environment: Environment, tmp_path: Path) -> None:
    async def life(desk: Desk, _gateway: DemoGateway, _service: TwsService) -> None:
        assert desk.orders is not None and desk.tws_health is not None
        await desk.tws_health.look()
        why = desk.orders.obstacle
        assert isinstance(why, Refused) and why.cause is Cause.WRONG_ENVIRONMENT
        assert "DU7654321" in why.message and "paper" in why.message

    beside_tws_alone(life, tmp_path, environment=environment, watching=False)


def test_a_demo_desk_changes_the_way_of_its_orders_at_once() -> None:
    async def run() -> None:
        desk = await wiring.open_demo_desk()
        try:
            assert desk.orders is not None and desk.live_pnl is not None and desk.expiry is not None
            live = desk.live_pnl
            assert (desk.orders.route, desk.expiry.takes_instructions) == (OrderRoute.PORTAL, False)
            assert live.line.state is LineState.NEVER
            await desk.preferences.change("order_route", "tws")
            assert (desk.orders.route, desk.expiry.takes_instructions) == (OrderRoute.TWS, True)
            await eventually(lambda: live.line.state is LineState.UP, within=20)
            await desk.preferences.change("order_route", "portal")
            assert desk.orders.route is OrderRoute.PORTAL
        finally:
            await desk.close()

    asyncio.run(run())


def test_commands_place_orders_where_there_is_tws_alone(tmp_path: Path) -> None:
    """E24."""

    async def life(desk: Desk, gateway: DemoGateway, _service: TwsService) -> None:
        await desk.preferences.acknowledge(_all_read(desk))
        typed = OrderDesk(desk=desk, gateway=gateway)
        ran = await typed.accepted(
            "order", "place", "--account", "DU7654321", "--symbol", "AAPL", "--qty", "1", "--side", "buy", "--type",
            "LMT", "--limit", "10",
        )  # fmt: skip
        assert ran.code == 0, ran.out + ran.err
        assert desk.orders is not None
        (order,) = desk.orders.book.working
        assert order.is_ours and order.limit == 10
        assert typed.placed == 0

    beside_tws_alone(life, tmp_path, watching=False)
