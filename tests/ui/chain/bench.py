"""A chain on Qt's loop over the real wire to a demo gateway, and everything it said."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import shiboken6

from ibdesk.demo.gateway import sign_in
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.orders import Leg, Side
from ibdesk.services.chains import Chains
from ibdesk.services.desk import Desk
from ibdesk.services.live import Live
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.chain import ChainView
from tests.services.workshop import Workshop, workshop
from tests.ui.sample_desk import sample_desk

SPY, NESN, ES, AAPL = Conid(756733), Conid(12107812), Conid(11004968), Conid(265598)


@dataclass
class Bench:
    """What a test may touch."""

    shop: Workshop
    desk: Desk
    bridge: Bridge
    view: ChainView
    legs: list[tuple[Instrument, Side]] = field(default_factory=list)
    strategies: list[tuple[tuple[Leg, ...], str]] = field(default_factory=list)
    told: list[Sequence[Conid]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def until(self, holds: Callable[[], bool], within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while not holds():
                await asyncio.sleep(0.01)

    async def priced(self) -> None:
        """The band is there with its prices."""
        loader = self.view.loader
        assert loader is not None
        await self.until(lambda: loader.chain is not None and loader.chain.is_priced)

    async def sign_in_again(self) -> None:
        """As a person does in the browser; the session takes a few looks to be ready."""
        await sign_in(self.shop.gateway.url)
        while not (await self.shop.session.refresh()).is_ready:
            await asyncio.sleep(0.01)

    async def open(self, conid: Conid = SPY) -> None:
        self.view.show_underlying(conid)
        await self.priced()

    @property
    def labels(self) -> list[tuple[str, str]]:
        return [(side.value, instrument.label) for instrument, side in self.legs]


async def at_once(_seconds: float, _woken: asyncio.Event) -> None:
    """Time that passes by itself."""
    await asyncio.sleep(0)


@asynccontextmanager
async def chain_bench(folder: Path, *, ready: bool = True, streaming: bool = False) -> AsyncIterator[Bench]:
    """Everything is closed at the end, and nothing is left running. `streaming`: prices move by themselves."""
    async with workshop(folder) as shop:
        shop.dial.instant = shop.gateway.clock.now()
        if ready:
            await shop.session.refresh()
        assert shop.broker.market is not None and shop.broker.stream is not None
        live = Live(shop.broker.stream, session=shop.session, hub=shop.hub, tasks=shop.tasks, database=shop.database,
                    clock=shop.dial, wait=shop.dial.wait)  # fmt: skip
        if streaming:
            live.start()
        chains = Chains(
            shop.broker.market, session=shop.session, clock=shop.dial, streamed=lambda: live.quotes, wait=at_once
        )  # fmt: skip
        desk = replace(
            sample_desk(clock=shop.dial), hub=shop.hub, tasks=shop.tasks, session=shop.session, book=shop.book,
            chains=chains, live=live,
        )  # fmt: skip
        bridge = Bridge(shop.tasks)
        bridge.listen(shop.hub)
        view = ChainView(desk, bridge)
        made = Bench(shop, desk, bridge, view)
        view.leg_wanted.connect(lambda instrument, side: made.legs.append((instrument, side)))
        view.template_wanted.connect(lambda legs, title: made.strategies.append((legs, title)))
        view.conids_changed.connect(made.told.append)
        bridge.notice.connect(lambda notice: made.notices.append(notice.text or notice.error.message))
        bridge.command.connect(made.commands.append)
        view.resize(1100, 760)
        view.show()
        try:
            yield made
        finally:
            bridge.deafen()
            await shop.tasks.close()
            shiboken6.delete(view)
            shiboken6.delete(bridge)
