"""The real window in front of a gateway and the TWS beside it, both the demo's: opened, and turned to the live figures.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.app import DeskApp
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.tickets import DemoLeg, Ticket
from ibdesk.demo.timings import DemoTimings
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.tape import Report
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.accounts import Account, Environment
from ibdesk.domain.executions import Fill
from ibdesk.domain.line import LineState
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side, TimeInForce
from ibdesk.domain.pnl import PnlRow
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from ibdesk.services.live_pnl import LivePnl
from ibdesk.store import trades
from ibdesk.ui.live.view import LiveView
from ibdesk.ui.pages.portfolio import Portfolio
from ibdesk.ui.unlock import UnlockScreen
from tests.announced import outside_of_windows
from tests.demo.door import shared_identity
from tests.journeys.hands import PASSPHRASE, application, happens, type_into
from tests.services.workshop import MAIN


@dataclass(kw_only=True)
class LiveScene:
    """The window, its live view, and the TWS behind it with its truth."""

    app: DeskApp
    desk: Desk
    live: LivePnl
    view: LiveView
    service: TwsService

    def row(self, symbol: str) -> PnlRow:
        """The book's."""
        return next(
            row for row in self.live.book.shown
            if row.account == MAIN and row.instrument.symbol == symbol and row.instrument.label == symbol
        )

    def shown(self, symbol: str, column: int) -> str:
        """What a cell of the table says."""
        model = self.view.table.live
        return str(model.index(model.line_of(self.row(symbol).key) or 0, column).data())

    def truth(self, symbol: str) -> list[Report]:
        """The server's word on the day's prints of a stock."""
        return [
            each for each in self.service.executions
            if each.fill.listing.symbol == symbol and each.fill.account == MAIN and not each.fill.listing.is_option
            and each.fill.at >= self.service.floor.start_of_day()
        ]

    def is_true(self, symbol: str) -> bool:
        """Whether the book's prints of a stock are the server's, with their cost and profit."""
        return _worded(self.row(symbol).fills) == [
            (each.exec_id, abs(each.fill.quantity), each.fill.price, each.fill.commission, each.realized)
            for each in self.truth(symbol)
        ]  # fmt: skip

    async def check_stored(self, symbol: str) -> None:
        """What was shown is in the vault, which any door of the desk may have written since."""
        fills = await self.live._database.read(trades.load_fills, MAIN, self.live.book.since)
        conid = self.row(symbol).instrument.conid
        ours = tuple(each for each in fills if each.execution.instrument.conid == conid)
        assert _worded(ours) == _worded(self.row(symbol).fills), (ours, self.row(symbol).fills)

    def trade(self, symbol: str, quantity: int, side: Side = Side.SELL) -> None:
        """Somebody trades at another program."""
        floor = self.service.floor
        listing = next(each for each in floor.catalogue if each.symbol == symbol and not each.is_option)
        floor.exchange.place([Ticket(
            account=MAIN, legs=(DemoLeg(listing=listing),), conidex=str(listing.conid), side=side, wire_type="MKT",
            quantity=Decimal(quantity), limit=None, stop=None, trail=None, tif=TimeInForce.DAY, outside_hours=False,
            ref=f"j{len(floor.exchange.orders)}", parent="", is_group=False, is_manual=True,
        )], floor.now)  # fmt: skip
        floor.exchange.run(floor.now)

    async def is_up(self, within: float = 30) -> None:
        await happens(lambda: self.live.line.state is LineState.UP, "the line is up", within)


def _worded(fills: tuple[Fill, ...]) -> list[tuple[object, ...]]:
    return [
        (each.execution.exec_id, each.execution.quantity, each.execution.price,
         each.commission and each.commission.amount, each.commission and each.commission.realized)
        for each in fills
    ]  # fmt: skip


@asynccontextmanager
async def live_window(qt: QApplication, home: Path) -> AsyncIterator[LiveScene]:
    """The vault is unlocked, the portfolio's live view is open, and its line is up."""
    gateway = DemoGateway(
        clock=DemoClock(outside_of_windows(), ticks=time.monotonic), timings=DemoTimings.quick(),
        identity=shared_identity(),
    )
    service = gateway.tws_service(timings=TwsTimings(pulse=0.05, pnl=0.25), master=1)
    await gateway.start()
    await service.start()
    try:
        await _vault_for(gateway, home)
        overrides = {"tws_enabled": "true", "tws_port": str(service.port)}
        async with application(qt, home, clock=outside_of_windows, overrides=overrides) as app:
            yield await _opened(app, service)
    finally:
        await service.stop()
        await gateway.kill()


async def _vault_for(gateway: DemoGateway, home: Path) -> None:
    credentials = Credentials(
        environment=Environment.PAPER, gateway_url=gateway.url, user_name="demo", account=MAIN,
        certificate_sha256=bytes.fromhex(gateway.certificate_sha256).hex(":").upper(),
    )  # fmt: skip
    account = Account(id=MAIN, title="Demo Desk", currency=USD, is_paper=True)
    found = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(home, PASSPHRASE, found, watching=False)
    await desk.close()


async def _opened(app: DeskApp, service: TwsService) -> LiveScene:
    screen = app.window.stack.currentWidget()
    assert isinstance(screen, UnlockScreen)
    await type_into(screen.field, PASSPHRASE, Qt.Key.Key_Return)
    await happens(lambda: app.desk is not None and app.view is not None, "the desk opens")
    desk, window = app.desk, app.view
    assert desk is not None and window is not None and desk.live_pnl is not None
    window.open_room("portfolio")
    await happens(lambda: isinstance(window.page("portfolio"), Portfolio), "the portfolio")
    page = window.page("portfolio")
    assert isinstance(page, Portfolio)
    page.tabs.choose("live")
    scene = LiveScene(app=app, desk=desk, live=desk.live_pnl, view=page.live, service=service)
    await scene.is_up()
    return scene
