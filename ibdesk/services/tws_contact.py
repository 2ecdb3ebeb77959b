"""One meeting with a TWS or IB Gateway for the wizard and the doctor: a knock, and if it greets, a few questions."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

from ibdesk.brokers.base import Broker, TwsPlace
from ibdesk.domain.accounts import Account, AccountId
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.positions import Snapshot
from ibdesk.domain.sockets import USUAL_PORTS, Knock
from ibdesk.services.socket_health import broker_lost

#: Knock at a host's port.
Knocking = Callable[[str, int], Awaitable[Knock]]
#: A broker at a place, for as long as the block lasts.
Opening = Callable[[TwsPlace], AbstractAsyncContextManager[Broker]]
#: Opening, the accounts and their pictures; TWS answers each in milliseconds when it is well.
QUESTIONS_WITHIN = 20.0
#: Pictures of so many accounts are enough to see whether anything is held.
MOST_ACCOUNTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsSeen:
    """What a meeting told. `others` are usual ports of the same computer where TWS greets, looked at when this one does
    not; `error` is what ended the questions; `is_read_only` is TWS's own setting, None while
    nothing said so; `is_lost` where a desk's own line was there and went."""

    place: TwsPlace
    at: datetime
    knock: Knock
    others: tuple[int, ...] = ()
    accounts: tuple[Account, ...] = ()
    pictures: tuple[Snapshot, ...] = ()
    is_read_only: bool | None = None
    error: DeskError | None = None
    is_lost: bool = False

    def picture(self, account: AccountId) -> Snapshot | None:
        """What was read of one account."""
        return next((each for each in self.pictures if each.account == account), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsAccess:
    """How an open desk, or one without a vault, reaches the TWS of its settings. `line` is what the live book says of
    the socket, None where nobody follows it; `moved` where it stands now, if it may stand elsewhere than at `place`."""

    place: TwsPlace
    knock: Knocking
    opening: Opening
    line: Callable[[], Line] | None = None
    moved: Callable[[], TwsPlace] | None = None


@dataclass(slots=True, kw_only=True)
class _Told:
    accounts: tuple[Account, ...] = ()
    pictures: list[Snapshot] = field(default_factory=list)
    is_read_only: bool | None = None


async def meet(place: TwsPlace, *, knock: Knocking, opening: Opening, clock: Callable[[], datetime]) -> TwsSeen:
    """Look at a place without changing anything there. Never raises DeskError; the error is part of the answer."""
    heard = await knock(place.host, place.port)
    if heard is not Knock.GREETED:
        others = () if heard is Knock.NO_HOST else await greeting_ports(place, knock)
        return TwsSeen(place=place, at=clock(), knock=heard, others=others)
    told, error = _Told(), None
    try:
        async with asyncio.timeout(QUESTIONS_WITHIN), opening(place) as broker:
            await _ask(broker, told)
    except DeskError as problem:
        error = problem
    except TimeoutError:
        error = _too_slow()
    return TwsSeen(
        place=place, at=clock(), knock=heard, accounts=told.accounts, pictures=tuple(told.pictures),
        is_read_only=told.is_read_only, error=error,
    )  # fmt: skip


async def visit(access: TwsAccess, *, within: float, clock: Callable[[], datetime]) -> TwsSeen:
    """The same for a desk's own TWS, so many seconds at most; a broker that TWS has lost is known from the line."""
    place = access.place if access.moved is None else access.moved()
    line = None if access.line is None else access.line()
    if line is not None and line.state is LineState.BROKER_LOST:
        return TwsSeen(place=place, at=clock(), knock=Knock.GREETED, error=broker_lost(line))
    try:
        async with asyncio.timeout(within):
            seen = await meet(place, knock=access.knock, opening=access.opening, clock=clock)
            return replace(seen, is_lost=line is not None and line.state is LineState.DOWN)
    except TimeoutError:
        return TwsSeen(place=place, at=clock(), knock=Knock.GREETED, error=_too_slow())


async def greeting_ports(place: TwsPlace, knock: Knocking) -> tuple[int, ...]:
    """The usual ports of the same computer, but this one, where TWS or IB Gateway greets."""
    ports = [each.port for each in USUAL_PORTS if each.port != place.port]
    heard = await asyncio.gather(*(knock(place.host, port) for port in ports))
    return tuple(port for port, each in zip(ports, heard, strict=True) if each is Knock.GREETED)


def _too_slow() -> Unavailable:
    return Unavailable(
        "TWS greeted and then took too long to answer.", remedy="Look at TWS: it may be starting, or wait for you.",
        cause=Cause.TWS_SILENT,
    )


async def _ask(broker: Broker, told: _Told) -> None:
    told.accounts = await broker.accounts()
    if broker.book is not None and told.accounts:
        try:
            await broker.book.orders(told.accounts[0].id)
            told.is_read_only = False
        except DeskError as problem:  # in its read-only mode TWS refuses to tell orders, too (reference/tws-api.md 2)
            if problem.cause is Cause.READ_ONLY:
                told.is_read_only = True
    for account in told.accounts[:MOST_ACCOUNTS]:
        told.pictures.append(await broker.snapshot(account.id))
