"""Everything that may happen to a desk, by name, and what has to hold once it is over."""

import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import aiohttp

from ibdesk.demo.faults import BadBytes
from ibdesk.demo.gateway import sign_in
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import AccountChanged
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.session import SessionState
from tests.journeys.simulated import World

Break = Callable[[World, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`hurts` begins it. While it `spoils` figures, prices are not the market's; holdings must be, whatever happens."""

    hurts: Break
    spoils: bool = False


def _calls(work: Callable[[World, random.Random], None], *, spoils: bool = False) -> Trouble:
    async def hurts(world: World, chance: random.Random) -> None:
        work(world, chance)

    return Trouble(hurts=hurts, spoils=spoils)


async def _kill(world: World, _chance: random.Random) -> None:
    await world.gateway.kill()


async def _restart(world: World, chance: random.Random) -> None:
    """It dies and is back before anybody noticed, with nobody signed in."""
    await world.gateway.kill()
    await world.time.pass_by(timedelta(seconds=chance.uniform(0.1, 20)))
    world.gateway.login.expire()
    await world.gateway.start()


def _move_our_clock(world: World, chance: random.Random) -> None:
    world.time.wrong = timedelta(seconds=chance.choice([-1, 1]) * chance.uniform(60, 6 * 3600))


PATHS = (".*", "portfolio", "positions/", "iserver", "tickle", "ledger", "summary", "auth/status")

TROUBLES: Mapping[str, Trouble] = {
    "kill": Trouble(hurts=_kill),
    "restart": Trouble(hurts=_restart),
    "expire": _calls(lambda world, _: world.gateway.expire_session()),
    "compete": _calls(lambda world, _: world.gateway.compete()),
    "lose brokerage": _calls(lambda world, _: world.gateway.lose_brokerage()),
    "limit": _calls(lambda world, _: world.gateway.limit()),
    "maintenance": _calls(lambda world, chance: world.gateway.maintain(chance.uniform(30, 1800))),
    "slow": _calls(lambda world, chance: world.gateway.slow(chance.uniform(0.5, 20), chance.choice(PATHS))),
    "hang": _calls(lambda world, _: world.gateway.hang()),
    "dribble": _calls(lambda world, chance: world.gateway.dribble(chance.uniform(0.01, 2), chance.choice(PATHS))),
    "half pages": _calls(lambda world, chance: world.gateway.half_pages(repeating=chance.random() < 0.5)),
    "lose reply": _calls(
        lambda world, chance: world.gateway.lose_reply(chance.choice(PATHS), times=chance.randint(1, 20))
    ),
    "unauthorized": _calls(lambda world, chance: world.gateway.unauthorized(chance.randint(0, 30))),
    "broker's clock": _calls(
        lambda world, chance: world.gateway.skew_clock(chance.choice([-1, 1]) * chance.uniform(60, 6 * 3600)),
        spoils=True,
    ),
    "our clock": _calls(_move_our_clock),
    "sleep": _calls(lambda world, chance: world.time.sleep(timedelta(hours=chance.uniform(0.05, 10)))),
    "silent sockets": _calls(lambda world, _: world.gateway.silence_sockets()),
    **{
        f"bad bytes: {kind.value}": _calls(
            lambda world, chance, kind=kind: world.gateway.bad_bytes(  # type: ignore[misc]
                kind.value, chance.choice(PATHS), times=chance.randint(1, 60)
            ),
            spoils=kind.value in ("unset", "unknown_class", "missing_fields", "nan_text"),
        )
        for kind in BadBytes
    },
}  # fmt: skip


async def heal(world: World) -> None:
    """The trouble is over; who had to sign in still has to."""
    world.gateway.heal()
    world.time.wrong = timedelta()
    if not world.gateway.is_running:
        await world.gateway.start()


async def person(world: World, chance: random.Random) -> None:
    """Somebody who signs in again some minutes after the desk asks for it, and never takes a session over."""
    while True:
        await world.time.pass_by(timedelta(seconds=20))
        session = world.desk.session
        if session is None or session.session.state is not SessionState.SIGNED_OUT:
            continue
        await world.time.pass_by(timedelta(minutes=chance.uniform(0.2, 8)))
        if not world.gateway.login.is_signed_in:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await sign_in(world.gateway.url)


@contextmanager
def own_log() -> Iterator[list[logging.LogRecord]]:
    """What is logged meanwhile, for the test to judge instead of the usual rule that nothing may be."""
    kept: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    root = logging.getLogger()
    before, root.handlers = root.handlers, [Keeper(logging.WARNING)]
    try:
        yield kept
    finally:
        root.handlers = before


class Recovery:
    """Waits for what a healed desk owes: a session that is ready and a fresh picture of every account. The first may
    have been on its way when the fault ended, so the second counts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._since = world.time.ours()
        self._fresh = Counter[AccountId]()
        self._unsubscribe = world.desk.hub.subscribe(AccountChanged, self._hear)

    def _hear(self, event: AccountChanged) -> None:
        self._fresh[event.account] += 1

    def is_complete(self) -> bool:
        session = self._world.desk.session
        accounts = {AccountId(each) for each in self._world.gateway.accounts}
        return session is not None and session.session.is_ready and all(self._fresh[each] > 1 for each in accounts)

    async def within(self, limit: timedelta) -> bool:
        """Whether it came in time."""
        try:
            return await self._world.until(self.is_complete, limit, timedelta(seconds=5))
        finally:
            self._unsubscribe()


async def check_stored(world: World, *, figures: bool = True) -> None:
    """Every account is stored whole: each holding once, with the quantity of the broker's book, now or at the instant
    the picture claims (clocks may be wrong). `figures`: the price is one the broker had about then."""
    pages = await world.desk.book.pages()
    assert {page.account.id for page in pages} == set(world.gateway.accounts)
    for page in pages:
        rows = {int(row.position.instrument.conid): row.position for row in page.rows}
        assert len(page.rows) == len(rows)
        stored = {conid: position.quantity for conid, position in rows.items()}
        told = [_holdings(world, page.account.id, at) for at in (page.as_of, world.time.true())]
        assert stored in told, f"{page.account.id}: {stored} and not {told}"
        for conid, position in rows.items():
            if figures:
                assert _is_price(world, conid, position.price, page.as_of), (conid, position.price, page.as_of)


def _holdings(world: World, account: AccountId, at: datetime) -> dict[int, Decimal]:
    """The broker's book: what is held of each instrument."""
    holdings = world.gateway.account.figures(account, at).holdings
    return {one.listing.conid: one.quantity for one in holdings if one.quantity}


def _is_price(world: World, conid: int, price: Decimal | None, as_of: datetime) -> bool:
    """A picture takes some seconds to take, and its pages may be ten seconds old."""
    market = world.gateway.account.market
    return any(
        market.price(conid, as_of + timedelta(seconds=off)) == price
        for off in range(-15, 60)
    )


async def check_doings(world: World, log: list[logging.LogRecord]) -> None:
    """Nothing broke that was not foreseen, every failed sync says why, nobody was thrown out, no limit was passed."""
    unforeseen = [(name, error) for name, error in world.failures if not isinstance(error, DeskError)]
    assert not unforeseen, unforeseen
    assert not [record for record in log if record.levelno >= logging.ERROR and record.exc_info]
    for record in await world.desk.activity.syncs(limit=100):
        assert record.status is SyncStatus.SUCCESS or (record.errors and all(record.errors)), record
    assert world.gateway.login.take_overs == 0
    assert world.gateway.budget.too_fast == 0


async def settle(world: World) -> None:
    """The desk has found its session and stored its first pictures."""
    assert await Recovery(world).within(timedelta(minutes=30))
