"""A desk whose kill switch is the real one, over a scripted broker and a vault of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.positions import Position
from ibdesk.services.desk import Desk
from ibdesk.services.kill_switch import KillSwitch
from ibdesk.store.database import open_database
from ibdesk.ui.bridge import Bridge
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, SHARE
from tests.store.fresh import fresh_vault
from tests.ui.sample_desk import sample_desk

_drafts = count()


@dataclass
class Stopped:
    bench: OrderBench
    switch: KillSwitch
    desk: Desk
    bridge: Bridge
    build: Callable[[], KillSwitch]

    async def reopen(self) -> None:
        """Another desk on the same vault."""
        self.switch = self.build()
        await self.switch.open()
        self.desk = replace(self.desk, kill_switch=self.switch)


@contextmanager
def stopped_desk(home: Path, run: Any, *, held: int = 0, has_orders: bool = True, **parts: Any) -> Iterator[Stopped]:
    """Open it all, close it all. The account holds `held` shares."""
    vault = fresh_vault(home)
    database = open_database(vault)
    bench = OrderBench(database=database)

    async def accounts() -> tuple[AccountId, ...]:
        return (MAIN,)

    async def holdings(_account: AccountId) -> Sequence[tuple[Instrument, Decimal]]:
        return ((SHARE, Decimal(held)),) if held else ()

    def build() -> KillSwitch:
        return KillSwitch(
            mode=Mode.DEMO, orders=lambda: bench.orders if has_orders else None, accounts=accounts,
            holdings=holdings, loss_limit=lambda: Decimal(5), hub=bench.hub, tasks=bench.tasks, database=database,
            clock=bench.clock, new_draft=lambda: f"kill-{next(_drafts)}",
        )  # fmt: skip

    switch = build()
    bench.orders._killed = lambda: switch.why
    if held:
        position = Position(account=MAIN, instrument=SHARE, quantity=Decimal(held))
        bench.change = lambda context: replace(context, book=book_of((position,)))
    desk = sample_desk(
        clock=bench.clock, hub=bench.hub, tasks=bench.tasks, kill_switch=switch,
        orders=bench.orders if has_orders else None, **parts,
    )  # fmt: skip
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    switch.start()
    try:
        yield Stopped(bench, switch, desk, bridge, build)
    finally:
        bridge.deafen()
        run(desk.tasks.close())
        run(database.close())
        vault.close()
