"""Days at a TWS in seconds: the socket's real services on a real vault, the demo's TWS with everything that can go
wrong at one, and what the two must agree on in the end, to the cent.

The desk is as wiring builds it beside a window: the live book and the pictures of the accounts. Its process may be
killed: then nothing is said, nothing more is written, and another one opens the vault.
"""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.convert import stem
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.hours import is_trading_day, session
from ibdesk.demo.tickets import DemoLeg, Ticket
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.executions import Fill
from ibdesk.domain.line import LineState
from ibdesk.domain.orders import Side, TimeInForce
from ibdesk.domain.positions import Source
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.settings import Settings
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.store import live_book, snapshots, trades
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.vault import OpenVault
from ibdesk.wiring.tws import TwsDesk, tws_at
from tests.demo.door import shared_identity
from tests.journeys.simulated import Time
from tests.services.workshop import MAIN, PASSPHRASE, SECOND

NEW_YORK = ZoneInfo("America/New_York")
OURS = 1
#: While nothing happens the server looks every few minutes, so that days are bearable; in trouble every second, and
#: tells figures more rarely: they only cost time.
QUIET, AWAKE = TwsTimings(pulse=300.0, pnl=1800.0, updates=3600.0), TwsTimings(pulse=1.0, pnl=30.0)
#: The longest half-open connection, a heartbeat missed twice, the longest back-off with its fifth more, stock taken at
#: the slowest, and as much again.
AGREES_WITHIN = timedelta(minutes=10)

#: Quantity (signed), price, commission, realised profit.
Print = tuple[Decimal, Decimal, Decimal | None, Decimal | None]


@dataclass(kw_only=True)
class Process:
    """One life of the desk, from its opening to its end."""

    vault: OpenVault
    database: Database
    tasks: Tasks
    opened: AsyncExitStack
    tws: TwsDesk
    failures: list[tuple[str, BaseException]]

    async def end(self) -> None:
        """As a person closes it."""
        await self.tasks.close()
        await self.opened.aclose()
        await self.database.close()
        self.vault.close()

    async def die(self) -> None:
        """As the system ends it: the disk first, so that nobody writes a last word."""
        await self.database.close()
        await self.tasks.close()
        with suppress(DeskError):
            await self.opened.aclose()
        self.vault.close()


async def opened(home: Path, place: TwsPlace, time: Time) -> Process:
    """A new process on the vault."""
    failures: list[tuple[str, BaseException]] = []
    vault = vaults.open(home, PASSPHRASE)
    database, stack = open_database(vault), AsyncExitStack()
    tasks = Tasks(lambda name, error: failures.append((name, error)))
    settings = Settings(sync_interval=7200)
    tws = await tws_at(
        place, stack, settings=lambda: settings, hub=Hub(), tasks=tasks, database=database, clock=time.ours,
        ticks=time.ticks, carries_orders=lambda: False, stands_beside=True,
    )
    tws.start(is_wanted=True)
    return Process(vault=vault, database=database, tasks=tasks, opened=stack, tws=tws, failures=failures)


@dataclass(kw_only=True)
class Days:
    """The world: time, the server with its truth, and the desk's present life."""

    time: Time
    gateway: DemoGateway
    service: TwsService
    home: Path
    place: TwsPlace
    chance: random.Random
    process: Process
    diary: list[str] = field(default_factory=list)
    is_held_for_good: bool = False

    @property
    def now(self) -> datetime:
        return self.service.floor.now.astimezone(NEW_YORK)

    @property
    def is_open(self) -> bool:
        """Whether stocks trade, and will for a moment."""
        now, day = self.now, self.now.date()
        opens, closes = session("XNYS", day)
        return is_trading_day("XNYS", day) and opens <= now < closes - timedelta(minutes=1)

    def note(self, text: str) -> None:
        self.diary.append(f"{self.now:%a %H:%M:%S} {text}")

    def trade(self) -> None:
        """Somebody buys or sells, by another way than this TWS."""
        floor, chance = self.service.floor, self.chance
        symbol = chance.choice(("AAPL", "MSFT", "SPY"))
        listing = next(each for each in floor.catalogue if each.symbol == symbol and not each.is_option)
        floor.exchange.place([Ticket(
            account=chance.choice((MAIN, SECOND)), legs=(DemoLeg(listing=listing),), conidex=str(listing.conid),
            side=chance.choice((Side.BUY, Side.SELL)), wire_type="MKT", quantity=Decimal(chance.randint(1, 7)),
            limit=None, stop=None, trail=None, tif=TimeInForce.DAY, outside_hours=False,
            ref=f"t{len(floor.exchange.orders)}", parent="", is_group=False, is_manual=True,
        )], floor.now)  # fmt: skip
        floor.exchange.run(floor.now)

    async def reborn(self) -> None:
        """The desk's process is killed, and started again a moment later."""
        assert not self.process.failures, self.process.failures
        await self.process.die()
        await self.time.pass_by(timedelta(seconds=self.chance.uniform(0, 90)))
        self.process = await opened(self.home, self.place, self.time)

    async def heal(self) -> None:
        """Everything is well again. A TWS that never notices that we are gone has to be restarted by somebody: until
        then it says that our number is in use."""
        self.service.faults.heal()
        if self.is_held_for_good:
            self.is_held_for_good = False
            await self.service.kill()
        if not self.service.is_running:
            await self.service.start()

    # --- truth and what is known of it ---------------------------------------------------------------------------

    def prints(self, since: datetime | None = None) -> dict[str, Print]:
        """The server's truth of every execution, by the part of its id that corrections keep."""
        return {
            each.base: (each.fill.quantity, each.fill.price, each.fill.commission, each.realized)
            for each in self.service.executions
            if not each.is_combo and (since is None or each.fill.at >= since)
        }

    def holdings(self) -> dict[tuple[AccountId, int], Decimal]:
        return {
            (account, each.listing.conid): each.quantity
            for account in (MAIN, SECOND)
            for each in self.service.floor.figures(account).holdings if each.quantity
        }

    async def stored_prints(self) -> dict[str, Print]:
        """What the vault holds of every execution; of a corrected one its last wording."""
        read = self.process.database.read
        return _worded([fill for account in (MAIN, SECOND) for fill in await read(trades.load_fills, account)])

    async def stored_holdings(self) -> dict[tuple[AccountId, int], Decimal]:
        rows = await self.process.database.read(live_book.load_rows, Source.TWS)
        return {row.key: row.quantity for row in rows}

    async def pictured_holdings(self) -> dict[tuple[AccountId, int], Decimal]:
        """What the newest pictures of the accounts hold."""
        return {
            (account, each.instrument.conid): each.quantity for account in (MAIN, SECOND)
            for each in await self.process.database.read(snapshots.load_positions, account, Source.TWS)
        }

    def book_prints(self) -> dict[str, Print]:
        return _worded([fill for row in self.process.tws.live_pnl.book.shown for fill in row.fills])

    def book_holdings(self) -> dict[tuple[AccountId, int], Decimal]:
        return {row.key: row.quantity for row in self.process.tws.live_pnl.book.shown if row.quantity}

    async def what_differs(self) -> dict[str, object]:
        """Where vault and book are not the server's truth; empty when all is well."""
        pnl, today = self.process.tws.live_pnl, self.service.floor.start_of_day()
        truth, held, of_today = self.prints(), self.holdings(), self.prints(today)
        realized = {key: Decimal(0) for key in held}
        for each in self.service.executions:
            if not each.is_combo and each.fill.at >= today:
                key = (AccountId(each.fill.account), each.fill.listing.conid)
                realized[key] = realized.get(key, Decimal(0)) + (each.realized or 0)
        booked = {row.key: row.realized for row in pnl.book.shown}
        found = {
            "line": (pnl.line.state, LineState.UP),
            "prints in the vault": (await self.stored_prints(), truth),
            "positions in the vault": (await self.stored_holdings(), held),
            "positions in the book": (self.book_holdings(), held),
        }
        if pnl.book.since == today:  # the book of a day begins with the first word of it
            found["prints in the book"] = (self.book_prints(), of_today)
            found["realised in the book"] = (booked, realized)
        return {name: _difference(*both) for name, both in found.items() if both[0] != both[1]}

    async def agrees(self, within: timedelta = AGREES_WITHIN) -> None:
        """Wait until vault and book are the server's truth."""
        ends = self.time.world_ticks() + within.total_seconds()
        while differs := await self.what_differs():
            assert self.time.world_ticks() < ends, differs
            await self.time.pass_by(timedelta(seconds=5))
        assert not self.process.failures, self.process.failures

    async def pictures_agree(self) -> None:
        """Read the accounts anew: the pictures hold what the server holds, too."""
        outcome = await self.process.tws.sync.run()
        assert outcome.status is SyncStatus.SUCCESS, outcome
        assert await self.pictured_holdings() == self.holdings()


def _worded(fills: list[Fill]) -> dict[str, Print]:
    found: dict[str, Print] = {}
    for fill in fills:
        base = stem(fill.execution.exec_id)
        assert base not in found, f"{base} counts twice"
        paid = fill.commission
        found[base] = (
            fill.execution.signed, fill.execution.price, paid and paid.amount, paid and paid.realized,
        )  # fmt: skip
    return found


def _difference(ours: object, theirs: object) -> object:
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        return ours, theirs
    keys = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    return {key: (ours.get(key), theirs.get(key)) for key in keys}


@asynccontextmanager
async def days_at_tws(time: Time, folder: Path, chance: random.Random) -> AsyncIterator[Days]:
    """The demo's TWS, and a desk in front of it that has taken stock."""
    gateway = DemoGateway(
        clock=DemoClock(time.true(), ticks=time.world_ticks), ticks=time.world_ticks, identity=shared_identity()
    )
    service = gateway.tws_service(timings=AWAKE, master=OURS)
    await service.start()
    home = folder / "home"
    vaults.create(home, PASSPHRASE, cost=LOWEST_COST)[0].close()
    place = TwsPlace(
        host="127.0.0.1", port=service.port, client_id=OURS, order_client_id=OURS + 1, environment=Environment.DEMO,
        read_only=True,
    )
    process = await opened(home, place, time)
    days = Days(
        time=time, gateway=gateway, service=service, home=home, place=place, chance=chance, process=process
    )
    try:
        yield days
    finally:
        await days.process.end()
        await service.stop()
